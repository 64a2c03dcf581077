"""Verifies a network or program between two passes. Tests run it after each pass,
and so does `netc show --plan --verify`."""

from __future__ import annotations

from .network import Network
from .pattern import Bindings, PatternError, expand, unify
from .program import Program


class VerificationError(Exception):
    """A pass or an op broke a program: a bug in netc."""


def verify(name: str, subject: Network | Program) -> None:
    """Raises VerificationError, which names the pass that ran before, when something is wrong."""
    try:
        if isinstance(subject, Network):
            verify_network(subject)
        else:
            verify_program(subject)
    except (PatternError, VerificationError) as error:
        raise VerificationError(f"after {name or 'emission'}: {error}") from error


def verify_network(network: Network) -> None:
    """Raises VerificationError when a node, a loss or the caller reads what nothing computes, when
    two nodes have one name, or when a loss or the caller reads a node that is batch-innermost."""
    made: set[str] = set()
    for node in network.nodes:
        if missing := set(node.inputs) - made:
            raise VerificationError(f"{node.name} reads {missing.pop()} before it is computed")
        if node.name in made:
            raise VerificationError(f"two nodes have the name {node.name}")
        made.add(node.name)
    read = network.read_outside()
    if missing := read - made:
        raise VerificationError(f"{missing.pop()} is read, but no node computes it")
    if wrong := read & network.innermost:
        raise VerificationError(f"{wrong.pop()} is batch-innermost, but is read outside")


def verify_program(program: Program) -> None:
    """Raises VerificationError when a value is read before it is made or made twice, when an
    instruction does not fit its row, or when a view is larger than what it is a view of."""
    made: dict[int, int] = {}
    for instruction in (*program.prepared, *program.instructions):
        row = instruction.rule
        where = f"{program.name}: {instruction.row} of {instruction.layer}"
        for value in instruction.operands:
            if value.region == "arena" and value.storage not in made:
                raise VerificationError(f"{where} reads {value.id} before it is computed")
            if made.get(value.storage, value.size) != value.size:
                raise VerificationError(f"{where} reads {value.id} with another size")
        attributes = dict(instruction.attributes)
        sizes: Bindings = {}
        wanted = expand(row.pattern.operands, len(instruction.operands))
        unify(wanted, tuple(value.shape for value in instruction.operands), sizes)
        unify(row.pattern.results, tuple(value.shape for value in instruction.results), sizes)
        for item, value in zip(row.pattern.scratch, instruction.scratch, strict=True):
            unify((item,), (value.shape,), sizes)
        if row.random != ("stream" in attributes):
            raise VerificationError(f"{where}: only a random instruction has a `stream`")
        for value in instruction.results:
            if value.id in made:
                raise VerificationError(f"{where} computes {value.id} a second time")
            made[value.id] = value.size
    for name, value in program.outputs.items():
        if value.region == "arena" and value.storage not in made:
            raise VerificationError(f"{program.name}: nothing computes the output {name}")
