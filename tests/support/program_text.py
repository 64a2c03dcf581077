"""Networks and programs as text, for tests of what rewrites them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

from netc.compiler.lower.network import Network
from netc.compiler.lower.program import Instruction, Program, Value
from netc.compiler.shapes import shape_text


def text_of(subject: Network | Program) -> str:
    """One line for each node or instruction. Temporaries are numbered as they appear."""
    lines = _network_lines(subject) if isinstance(subject, Network) else _program_lines(subject)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _network_lines(network: Network) -> Iterator[str]:
    for node in network.nodes:
        layout = "  batch-innermost" if node.name in network.innermost else ""
        reads = f" <- {' '.join(node.inputs)}" if node.inputs else ""
        yield f"{node.name} {shape_text(node.shape)}{reads}{layout}"
    for site in network.losses:
        logits = ", its logits" if site.reads_logits else ""
        yield f"loss {site.loss.word} <- {site.prediction}{logits}"
    yield "outputs: " + " ".join(
        name if name == node else f"{name} = {node}" for name, node in network.outputs.items()
    )


def _program_lines(program: Program) -> Iterator[str]:
    names: dict[int, str] = {}
    numbers = count(1)

    def name(value: Value, *, shaped: bool = False) -> str:
        if value.storage not in names:
            known = value.name or (f"{value.fill:g}" if value.fill is not None else "")
            if value.region not in ("arena", "prepared"):
                known = known or f"{value.region}[{value.offset}:{value.offset + value.size}]"
            names[value.storage] = known or f"%{next(numbers)}"
        shape = f" {shape_text(value.shape) or 'scalar'}" if shaped else ""
        return names[value.storage] + shape

    def lines(instructions: Sequence[Instruction]) -> Iterator[str]:
        for item in instructions:
            reads = " ".join(name(value) for value in item.operands)
            makes = ", ".join(name(value, shaped=True) for value in item.results)
            options = "".join(f" {key}={value}" for key, value in item.attributes)
            yield f"  {f'{makes} = ' if makes else ''}{item.row} {reads}{options}"

    if program.prepared:
        yield "prepare"
        yield from lines(program.prepared)
    yield program.name
    yield from lines(program.instructions)
    yield "  outputs: " + ", ".join(f"{key} is {name(v)}" for key, v in program.outputs.items())
