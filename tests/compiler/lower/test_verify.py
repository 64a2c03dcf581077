"""Whatever a pass may break in a network or a program, the verifier names it, and the pass."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace

import pytest
from netc.compiler.lower.context import Choices
from netc.compiler.lower.network import Network
from netc.compiler.lower.program import Instruction, Program, Value
from netc.compiler.lower.verify import VerificationError, verify
from pass_states import Case, plan_of

TEXT = "input 6x6x1 -> conv 2 3x3 tanh -> dropout 0.5 -> flatten -> dense 3 softmax; loss ce"


@pytest.fixture(scope="module")
def lowered() -> tuple[Network, Program]:
    """The network after its last pass, and the program that trains it after its last."""
    seen: dict[str, Network | Program] = {}

    def keep(ran: str, subject: Network | Program) -> None:
        seen["network" if isinstance(subject, Network) else subject.name] = copy(subject)

    plan_of(TEXT, Case(TEXT, "train", batch=16), Choices(inspect=keep))
    network, program = seen["network"], seen["train"]
    assert isinstance(network, Network)
    assert isinstance(program, Program)
    return network, program


def _twice(network: Network) -> Network:
    return replace(network, nodes=(*network.nodes, network.nodes[0]))


def _backwards(network: Network) -> Network:
    return replace(network, nodes=network.nodes[::-1])


def _uncomputed(network: Network) -> Network:
    return replace(network, outputs={"y": "nobody"})


def _innermost(network: Network) -> Network:
    return replace(network, innermost=frozenset(network.outputs.values()))


NETWORKS = [
    (_twice, "two nodes have the name"),
    (_backwards, "before it is computed"),
    (_uncomputed, "nobody is read, but no node computes it"),
    (_innermost, "is batch-innermost, but is read outside"),
]


@pytest.mark.parametrize(("damage", "says"), NETWORKS)
def test_a_damaged_network_is_found(
    damage: Callable[[Network], Network], says: str, lowered: tuple[Network, Program]
) -> None:
    network, _ = lowered
    verify("", network)
    with pytest.raises(VerificationError, match=f"after some_pass: .*{says}"):
        verify("some_pass", damage(network))


def _with(program: Program, change: Callable[[Instruction], Instruction | None]) -> Program:
    """A program whose first instruction that can be changed is."""
    instructions = list(program.instructions)
    for at, item in enumerate(instructions):
        changed = change(item)
        if changed is not None:
            instructions[at] = changed
            return replace(program, instructions=instructions)
    raise AssertionError("nothing was changed")


def _wider(value: Value) -> Value:
    return replace(value, shape=(*value.shape[:-1], value.shape[-1] + 1))


def _on_arena(item: Instruction) -> int | None:
    """Which operand of several is a temporary."""
    places = (at for at, value in enumerate(item.operands) if value.region == "arena")
    return next(places, None)


def _reads_what_is_not_there(item: Instruction) -> Instruction | None:
    at = _on_arena(item)
    if at is None:
        return None
    operands = list(item.operands)
    operands[at] = replace(operands[at], id=99_999, root=None)
    return item.reading(tuple(operands))


def _reads_another_size(item: Instruction) -> Instruction | None:
    at = _on_arena(item)
    if at is None:
        return None
    operands = list(item.operands)
    operands[at] = _wider(operands[at])
    return item.reading(tuple(operands))


def _one_operand_too_many(item: Instruction) -> Instruction | None:
    if item.row != "tanh":
        return None
    return replace(item, operands=(*item.operands, item.operands[-1]))


def _other_rank(item: Instruction) -> Instruction | None:
    if item.row != "swap_layout":
        return None
    flat = replace(item.results[0], shape=(item.results[0].size,))
    return replace(item, results=(flat,))


def _other_scratch(item: Instruction) -> Instruction | None:
    if not item.scratch:
        return None
    return replace(item, scratch=(_wider(item.scratch[0]), *item.scratch[1:]))


def _draws_nothing(item: Instruction) -> Instruction | None:
    if not item.rule.random:
        return None
    return replace(item, attributes=tuple(i for i in item.attributes if i[0] != "stream"))


PROGRAMS = [
    (_reads_what_is_not_there, "reads 99999 before it is computed"),
    (_reads_another_size, "with another size"),
    (_one_operand_too_many, "1 operands wanted, 2 given"),
    (_other_rank, "its pattern is"),
    (_other_scratch, "padded: N is 16 and 17"),
    (_draws_nothing, "only a random instruction has a `stream`"),
]


@pytest.mark.parametrize(("damage", "says"), PROGRAMS)
def test_a_damaged_instruction_is_found(
    damage: Callable[[Instruction], Instruction | None],
    says: str,
    lowered: tuple[Network, Program],
) -> None:
    _, program = lowered
    verify("", program)
    with pytest.raises(VerificationError, match=f"after some_pass: .*({says})"):
        verify("some_pass", _with(program, damage))


def test_a_value_that_is_made_twice_is_found(lowered: tuple[Network, Program]) -> None:
    _, program = lowered
    maker = next(item for item in program.instructions if item.results)
    with pytest.raises(VerificationError, match="a second time"):
        verify("", replace(program, instructions=[maker, *program.instructions]))


def test_an_output_that_nothing_computes_is_found(lowered: tuple[Network, Program]) -> None:
    _, program = lowered
    with pytest.raises(VerificationError, match=r"after emission: .*nothing computes the output"):
        verify("", replace(program, instructions=[], prepared=[]))
