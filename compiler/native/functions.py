"""The functions of a C text: one for all instructions of a row with equal sizes and attributes."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple

from ..lower.isa import ROWS
from ..lower.plan import Buffer, Plan, Step
from .loops import ElementStep, write_loop
from .target import C_TYPES, CTarget
from .templates import TEMPLATES
from .writer import Argument, FunctionWriter, Needs, SourceWriter, Template

MOST_UNITS = 4
"""Translation units that are compiled at once."""
LEAST_UNIT = 20_000
"""Characters of a translation unit that is worth a compiler of its own."""


@dataclass(frozen=True, slots=True)
class RowFunction:
    """A function in C."""

    declaration: str
    body: str
    needs: Needs
    divided: bool = False
    """Whether it is called for each part of its work, with the number of the part."""

    def text(self) -> str:
        return f"{self.declaration} {{\n{self.body}\n}}"


class MemoryRange(NamedTuple):
    """The memory of a buffer: equal ones are the same memory."""

    region: str
    start: int
    bytes: int
    dtype: str

    def overlaps(self, other: MemoryRange) -> bool:
        """Whether two memories share bytes without being the same."""
        return (
            self != other
            and self.region == other.region
            and self.start < other.start + other.bytes
            and other.start < self.start + self.bytes
        )


class CalledRow(NamedTuple):
    """How an instruction calls its function."""

    function: str
    operands: list[int]
    """Which of its operands are arguments."""
    divided: bool
    """Whether the number of a part is one too."""


class RowOperand(NamedTuple):
    """An operand or result of an instruction, and where it is."""

    name: str
    buffer: Buffer
    memory: MemoryRange
    written: bool
    many: bool


@dataclass(slots=True)
class FunctionTable:
    """All functions of a text, by what they do."""

    target: CTarget
    parts: int = 1
    """Into how many the work of an instruction may be divided."""
    templates: Mapping[str, Template] = field(default_factory=lambda: TEMPLATES)
    source: SourceWriter = field(init=False)
    functions: dict[Hashable, RowFunction | None] = field(default_factory=dict)
    names: dict[Hashable, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.source = SourceWriter(self.target)

    def row(
        self, row: str, operands: Sequence[RowOperand], attributes: dict[str, Any], stream: bool
    ) -> CalledRow | None:
        """The function of an instruction; None where no template covers it."""
        firsts = _firsts(operands)
        key = (
            row,
            tuple((o.name, o.buffer.shape, o.buffer.dtype) for o in operands),
            tuple(firsts),
            tuple(sorted((name, repr(value)) for name, value in attributes.items())),
        )
        if key not in self.functions:
            self.functions[key] = self._write_row(key, row, operands, attributes, stream)
        function = self.functions[key]
        if function is None:
            return None
        return CalledRow(self.names[key], sorted(set(firsts)), function.divided)

    def loop(self, steps: tuple[ElementStep, ...], kept: frozenset[int], counted: bool) -> str:
        """The function of a loop over elements."""
        key = (steps, kept, counted)
        if key not in self.functions:
            types: dict[int, str] = {}
            written: set[int] = set()
            used = set(kept)
            for operand in (o for step in steps for o in step.operands):
                if operand.memory not in types and operand.read:
                    used.add(operand.memory)
                types[operand.memory] = operand.type
                if operand.written:
                    written.add(operand.memory)
            name = self._name(key, steps[0].row)
            parameters = [
                f"{'' if memory in written else 'const '}{types[memory]} *restrict m{memory}"
                f"{'' if memory in used else ' UNUSED'}"
                for memory in sorted(types)
            ]
            if counted:
                parameters.append("int64_t count")
            needs = Needs()
            FunctionWriter(self.source, needs).use("functions.h")
            self.functions[key] = RowFunction(
                f"ROW void {name}({', '.join(parameters)})",
                write_loop(steps, kept, self.target, counted=counted),
                needs,
            )
        return self.names[key]

    def count(self) -> int:
        """How many functions there are."""
        return sum(function is not None for function in self.functions.values())

    def sources(self, programs: Sequence[str], more: Sequence[str] = ()) -> tuple[str, ...]:
        """The translation units: the functions in some of about equal length, the programs, which
        call them and need `more` headers, in the last one."""
        written = [function for function in self.functions.values() if function is not None]
        total = sum(len(function.body) for function in written)
        count = max(1, min(MOST_UNITS, total // LEAST_UNIT))
        ends, done = [], 0
        for function in written:
            done += len(function.body)
            ends.append(min(count - 1, done * count // (total + 1)))
        units = [
            self._unit([function for _, function in group])
            for _, group in groupby(zip(ends, written, strict=True), key=lambda pair: pair[0])
        ]
        declarations = [f"{function.declaration};" for function in written]
        preamble = self.source.preamble(Needs(dict.fromkeys(("parts.h", *more))))
        last = "\n".join([preamble, *declarations, *programs]) + "\n"
        return (*units, last)

    def _unit(self, functions: Sequence[RowFunction]) -> str:
        needs = Needs()
        for function in functions:
            needs.add(function.needs)
        return "\n".join([self.source.preamble(needs), *(f.text() for f in functions)]) + "\n"

    def _name(self, key: Hashable, row: str) -> str:
        self.names[key] = f"{row}_{len(self.names)}"
        return self.names[key]

    def _write_row(
        self,
        key: Hashable,
        row: str,
        operands: Sequence[RowOperand],
        attributes: dict[str, Any],
        stream: bool,
    ) -> RowFunction | None:
        template = self.templates.get(row)
        if template is None:
            return None
        firsts = _firsts(operands)
        arguments: dict[str, Any] = {}
        parameters: dict[int, str] = {}
        for place, operand in enumerate(operands):
            first = firsts[place]
            name = operands[first].name + (str(first) if operands[first].many else "")
            kind = C_TYPES[operand.buffer.dtype]
            argument = Argument(name, operand.buffer.shape, kind)
            if operand.many:
                arguments[operand.name] = (*arguments.get(operand.name, ()), argument)
            else:
                arguments[operand.name] = argument
            written = any(o.written for o, f in zip(operands, firsts, strict=True) if f == first)
            parameters[first] = f"{'' if written else 'const '}{kind} *restrict {name}"
        if stream:
            arguments["generator"] = Argument("generator", (), "random_stream")
        writer = FunctionWriter(self.source, parts=self.parts)
        body = template(writer, **arguments, **attributes)
        if body is None:
            return None
        declared = [parameters[first] for first in sorted(parameters)]
        declared += ["void *restrict generator"] if stream else []
        declared.append("char *restrict workspace UNUSED")
        declared += ["int64_t part"] if writer.divided else []
        name = self._name(key, row)
        declaration = f"ROW void {name}({', '.join(declared)})"
        return RowFunction(declaration, body, writer.needs, writer.divided)


def _firsts(operands: Sequence[RowOperand]) -> list[int]:
    """For each operand the first one that has the same memory."""
    memories = [operand.memory for operand in operands]
    return [memories.index(memory) for memory in memories]


def memory_of(plan: Plan, index: int, *, looped: bool) -> MemoryRange:
    """The memory of a buffer, by its number; `looped` in a loop over the flat vectors."""
    buffer = plan.buffers[index]
    size = plan.bytes_of(buffer, looped=looped)
    return MemoryRange(buffer.region, buffer.offset, size, buffer.dtype)


def operands_of(plan: Plan, step: Step) -> list[RowOperand] | None:
    """The operands and results of an instruction; None where one is written that shares bytes with
    another without being the same, as pointers in C are `restrict`."""
    operands = [
        RowOperand(name, plan.buffers[index], memory_of(plan, index, looped=False), written, many)
        for name, index, written, many in row_operands(step)
    ]
    if any(a.written and a.memory.overlaps(b.memory) for a in operands for b in operands):
        return None
    return operands


def row_operands(step: Step) -> Iterator[tuple[str, int, bool, bool]]:
    """The operands and results of an instruction: name, number of the buffer, whether it is
    written, and whether it is one of many with this name."""
    pattern = ROWS[step.row].pattern
    first = pattern.operands[0] if pattern.operands and pattern.operands[0].many else None
    many = len(step.operands) - len(pattern.operands) + 1 if first is not None else 0
    if first is not None:
        for index in step.operands[:many]:
            yield first.name, index, False, True
    single = pattern.operands if first is None else pattern.operands[1:]
    for operand, index in zip(single, step.operands[many:], strict=True):
        yield operand.name, index, operand.changed, False
    for operand, index in zip(pattern.results, step.results, strict=True):
        yield operand.name, index, True, False
