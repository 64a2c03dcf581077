"""Elementwise instructions as loops: neighbours over the same elements share one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from math import prod
from typing import Any

from ..lower.isa import ROWS
from ..lower.pattern import ELLIPSIS, Operand
from .target import CTarget
from .templates.elementwise import ELEMENTWISE


class Spread(Enum):
    """Which number of an operand belongs to the element in row r and column c."""

    FULL = "r * columns + c"
    COLUMN = "c"
    ROW = "r"
    SCALAR = "0"


@dataclass(frozen=True, slots=True)
class ElementOperand:
    """An operand or result of an elementwise instruction."""

    name: str
    """In the row's pattern."""
    memory: int
    """Which parameter of the function it is: the same number for the same memory."""
    spread: Spread
    type: str
    read: bool
    written: bool


@dataclass(frozen=True, slots=True)
class ElementStep:
    """An elementwise instruction, its sizes and its operands."""

    row: str
    grid: tuple[int, int] | None
    """Rows and columns where its operands need them; None: any division of its elements will do."""
    size: int
    operands: tuple[ElementOperand, ...]
    attributes: tuple[tuple[str, Any], ...]
    """Those of the row, and `columns`, the last axis of its elements."""


@cache
def spread_of(row: str, operand: Operand) -> Spread:
    """How an operand of a row is spread, by its axes in the pattern."""
    full = max((o.axes for o in elementwise_operands(row)), key=_length)
    if operand.axes == full:
        return Spread.FULL
    if not operand.axes:
        return Spread.SCALAR
    if full[0] == ELLIPSIS:
        return Spread.ROW if operand.axes == full[:-1] else Spread.COLUMN
    return Spread.ROW


def _length(axes: tuple[str, ...]) -> int:
    return len(axes) + (10 if axes[:1] == (ELLIPSIS,) else 0)


def elementwise_operands(row: str) -> tuple[Operand, ...]:
    """Operands and results of a row: its scratch memory is variables here."""
    pattern = ROWS[row].pattern
    return (*pattern.operands, *pattern.results)


def grid_of(row: str, shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, int] | None:
    """The rows and columns into which the elements of a row fall, where an operand needs them."""
    operands = elementwise_operands(row)
    spreads = {operand.name: spread_of(row, operand) for operand in operands}
    if set(spreads.values()) <= {Spread.FULL, Spread.SCALAR}:
        return None
    full = next(shapes[name] for name, spread in spreads.items() if spread is Spread.FULL)
    for operand in operands:
        if spreads[operand.name] is Spread.COLUMN:
            columns = prod(shapes[operand.name])
            return prod(full) // columns, columns
    rows = next(prod(shapes[n]) for n, spread in spreads.items() if spread is Spread.ROW)
    return rows, prod(full) // rows


def can_join(steps: Sequence[ElementStep], step: ElementStep) -> bool:
    """Whether an instruction can share the loop of others: over as many elements, in the same
    rows and columns, and nothing that it spreads is made by them."""
    if step.size != steps[0].size:
        return False
    grids = {s.grid for s in (*steps, step)} - {None}
    made = {o.memory for s in steps for o in s.operands if o.written}
    apart = {o.memory for o in step.operands if o.spread is not Spread.FULL}
    spread = {o.memory for s in steps for o in s.operands if o.spread is not Spread.FULL}
    written = {o.memory for o in step.operands if o.written}
    return len(grids) <= 1 and not (made & apart) and not (spread & written)


def write_loop(
    steps: Sequence[ElementStep], kept: frozenset[int], target: CTarget, *, counted: bool
) -> str:
    """The statements of a function over the memories m0, m1, ...; of what it makes, the memories
    in `kept` are stored. With `counted` the number of elements is the parameter `count`."""
    grid = next((s.grid for s in steps if s.grid is not None), None)
    rows, columns = grid or (1, steps[0].size)
    body = "\n".join(_statements(steps, kept, target))
    scalars = "\n".join(_scalars(steps))
    if grid is None:
        end = "count" if counted else str(columns)
        return f"{scalars}\nIVDEP for (int64_t i = 0; i < {end}; i++) {{\n{body}\n}}"
    return (
        f"{scalars}\nfor (int64_t r = 0; r < {rows}; r++) {{\n"
        f"IVDEP for (int64_t c = 0; c < {columns}; c++) {{\n"
        f"const int64_t i = r * {columns} + c;\n{body}\n}}\n}}"
    )


_INDEX = {Spread.FULL: "i", Spread.COLUMN: "c", Spread.ROW: "r"}


def _scalars(steps: Sequence[ElementStep]) -> Iterator[str]:
    """The numbers that do not change in the loop, read once."""
    known: set[int] = set()
    for operand in (o for step in steps for o in step.operands):
        if operand.spread is Spread.SCALAR and operand.memory not in known:
            known.add(operand.memory)
            yield f"const {operand.type} s{operand.memory} = *m{operand.memory};"


def _statements(
    steps: Sequence[ElementStep], kept: frozenset[int], target: CTarget
) -> Iterator[str]:
    """What is done for one element: each instruction in a block of its own, where its names are
    those of its pattern; v0, v1, ... hold what memories have."""
    loaded: dict[int, None] = {}
    stored: dict[int, None] = {}
    blocks: list[str] = []
    reads: list[str] = []
    for step in steps:
        lines = ["{"]
        for o in step.operands:
            if o.spread is Spread.SCALAR:
                lines.append(f"const {o.type} {o.name} = s{o.memory};")
                continue
            if o.memory not in loaded:
                loaded[o.memory] = None
                first = f"m{o.memory}[{_INDEX[o.spread]}]" if o.read else "0"
                reads.append(f"{o.type} v{o.memory} = {first};")
            kind = o.type if o.written else f"const {o.type}"
            lines.append(f"{kind} {o.name} = v{o.memory};" if o.read else f"{kind} {o.name};")
        lines.append(fill_in(ELEMENTWISE[step.row], step.attributes, target))
        for o in step.operands:
            if o.written:
                stored[o.memory] = None
                lines.append(f"v{o.memory} = {o.name};")
        blocks.append("\n".join([*lines, "}"]))
    yield from reads
    yield from blocks
    yield from (f"m{memory}[i] = v{memory};" for memory in stored if memory in kept)


def fill_in(text: str, attributes: Iterable[tuple[str, Any]], target: CTarget) -> str:
    """C text with the attributes in its braces as literals: `{name}` in the plan's precision,
    `{name_f64}` in double precision."""
    numbers = {n: value for n, value in attributes if isinstance(value, (bool, int, float))}
    literals = {
        name: str(int(value)) if isinstance(value, (bool, int)) else target.number(value)
        for name, value in numbers.items()
    }
    doubles = {f"{name}_f64": float(value).hex() for name, value in numbers.items()}
    return text.format_map({**literals, **doubles})
