"""The forward pass of a network in C: a function for each distinct instruction, the calls of a
sample, and the memory that they work in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...lower.plan import Buffer, Plan, Step, item_bytes
from ..chains import Chain, chains_of
from ..functions import FunctionTable, operands_of
from ..target import CTarget
from ..writer import HEADERS, Needs, read_header
from .layout import indented
from .names import comment_text
from .needed import needed_text
from .portable import PORTABLE_TEMPLATES

PROGRAM = "evaluate"
WITHOUT_EXTENSIONS = frozenset({"base.h", "reductions.h"})
"""The headers of which `compiler/native/c/c99/` has another one, in plain C."""
FIXED = ("parameters", "kept", "prepared", "constants")
"""Regions whose numbers never change."""


@dataclass(frozen=True, slots=True)
class FixedRange:
    """Bytes of a region that become an array of constants."""

    region: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ForwardPass:
    """The parts of the text."""

    functions: str
    """Definitions, headers and functions."""
    calls: str
    """The statements for one sample."""
    fixed: tuple[FixedRange, ...]
    """The arrays `weights_0`, `weights_1` and so on."""
    feeds: dict[str, str]
    """The pointers from which the calls read inputs, by the name of the feed."""
    outputs: dict[str, str]
    """The address of each output afterwards, by node."""
    arena: int
    """Numbers in the array `arena`."""
    workspace: int
    """Numbers in the array `workspace`."""


@dataclass(frozen=True, slots=True)
class Untranslated:
    """Instructions that C has no template for: the row and the layer of each."""

    rows: tuple[tuple[str, str], ...]


def write_forward(plan: Plan) -> ForwardPass | Untranslated:
    """The C of the program `evaluate` of a native plan for one sample."""
    writer = _ForwardWriter(plan)
    calls = list(writer.calls())
    if writer.missing:
        return Untranslated(tuple(writer.missing))
    outputs = {
        node: writer.address(plan.buffers[index]) for node, index in plan.outputs[PROGRAM].items()
    }
    size = item_bytes("f", plan.precision)
    return ForwardPass(
        writer.text(),
        "\n".join(calls),
        tuple(writer.fixed),
        {name: writer.feeds[plan.buffers[index].offset] for name, index in plan.feeds.items()},
        outputs,
        max(plan.bytes["arena"] // size, 1),
        max(-(-writer.functions.source.workspace_bytes // size), 1),
    )


@dataclass(slots=True)
class _ForwardWriter:
    plan: Plan
    functions: FunctionTable = field(init=False)
    fixed: list[FixedRange] = field(init=False)
    feeds: dict[int, str] = field(init=False)
    """The pointer of each feed, by its place in its region."""
    missing: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        plan = self.plan
        item = item_bytes("f", plan.precision)
        self.functions = FunctionTable(CTarget(plan.precision, item), templates=PORTABLE_TEMPLATES)
        self.fixed = list(_fixed_ranges(plan))
        self.feeds = {
            plan.buffers[index].offset: f"input_{number}"
            for number, index in enumerate(plan.feeds.values())
        }

    def calls(self) -> Iterator[str]:
        """The statements, with the names of the layers before them."""
        layer = ""
        for chain in chains_of(self.plan, PROGRAM):
            own = ", ".join(dict.fromkeys(comment_text(step.layer) for step in chain.steps))
            if own != layer:
                yield f"/* {own} */"
                layer = own
            yield from self._loops(chain) if chain.elements else self._row(chain.steps[0])

    def text(self) -> str:
        """The definitions and functions that the calls need."""
        target, source = self.functions.target, self.functions.source
        written = [function for function in self.functions.functions.values() if function]
        needs = Needs()
        for function in written:
            needs.add(function.needs)
        single = target.precision == "f32"
        helpers = [text for name, (text, _) in source.texts.items() if name in needs.helpers]
        functions = indented("\n\n".join([*helpers, *(item.text() for item in written)]))
        headers = [_portable_header(name) for name in HEADERS if name in needs.headers]
        return "\n\n".join(
            part.strip()
            for part in (
                f"typedef {'float' if single else 'double'} real;",
                f"#define REAL_IS_FLOAT {int(single)}\n",
                _portable_header("base.h"),
                needed_text(headers, functions),
                functions,
            )
            if part
        )

    def address(self, buffer: Buffer) -> str:
        """The C expression of a buffer's address."""
        if buffer.region == "feeds":
            return self.feeds[buffer.offset]
        item = item_bytes(buffer.dtype, self.plan.precision)
        name, offset = str(buffer.region), buffer.offset
        if buffer.region in FIXED:
            number, part = next(
                (number, part)
                for number, part in enumerate(self.fixed)
                if part.region == buffer.region and part.start <= buffer.offset < part.end
            )
            name, offset = f"weights_{number}", buffer.offset - part.start
        return f"{name} + {offset // item}" if offset else name

    def _loops(self, chain: Chain) -> Iterator[str]:
        for loop in chain.loops:
            name = self.functions.loop(loop.elements, loop.kept, False)
            arguments = (self.address(self.plan.buffers[index]) for index in loop.buffers)
            yield f"{name}({', '.join(arguments)});"

    def _row(self, step: Step) -> Iterator[str]:
        operands = operands_of(self.plan, step)
        attributes: dict[str, Any] = dict(step.attributes)
        found = None
        if operands is not None and all(operand.buffer.dtype == "f" for operand in operands):
            found = self.functions.row(step.row, operands, attributes, False)
        if operands is None or found is None:
            self.missing.append((step.row, step.layer))
            return
        arguments = [self.address(operands[place].buffer) for place in found.operands]
        yield f"{found.function}({', '.join([*arguments, '(char *)workspace'])});"


def _fixed_ranges(plan: Plan) -> Iterator[FixedRange]:
    """The bytes that the program reads of regions that never change: those that overlap are one
    range."""
    steps: Sequence[Step] = plan.programs[PROGRAM]
    read = {index for step in steps for index in step.operands}
    read |= set(plan.outputs[PROGRAM].values())
    for region in FIXED:
        buffers = [plan.buffers[index] for index in read if plan.buffers[index].region == region]
        ends = sorted((b.offset, b.offset + plan.bytes_of(b, looped=False)) for b in buffers)
        yield from (FixedRange(region, start, end) for start, end in _joined(ends))


def _joined(ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Sorted ranges, those that overlap as one."""
    current: tuple[int, int] | None = None
    for start, end in ranges:
        if current is not None and start < current[1]:
            current = (current[0], max(current[1], end))
            continue
        if current is not None:
            yield current
        current = (start, end)
    if current is not None:
        yield current


def _portable_header(name: str) -> str:
    """The text of a file in `compiler/native/c/`, or of the one that takes its place."""
    return read_header(f"c99/{name}" if name in WITHOUT_EXTENSIONS else name)
