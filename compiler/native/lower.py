"""Lowers a plan to C. The whole way on one screen: each instruction becomes a function, one for all
with equal sizes and attributes; each stretch between two meetings of the shards a function that
calls them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..lower.isa import ROWS
from ..lower.plan import Buffer, Plan, Step, item_bytes
from .chains import Chain, chains_of
from .functions import FunctionTable, memory_of, operands_of
from .program import (
    CLOCKS,
    EXCHANGE,
    REGIONS,
    SHARD_GRADIENTS,
    WORKSPACE,
    KernelUnit,
    NativePlan,
    NativeUnit,
    Phase,
    ProgramUnit,
)
from .target import C_TYPES, CTarget


def lower_to_c(
    plan: Plan,
    target: CTarget,
    programs: Iterable[str],
    *,
    sharded: bool = False,
    timed: bool = False,
    parts: int = 1,
) -> NativePlan:
    """The C text of programs of a plan. With `sharded` it is the plan of a shard: what it computes
    goes to where the whole batch's outputs are, and `update` begins with the sum of all shards'
    gradients. With `timed`, each call is timed. With `parts`, the work of large instructions is
    divided into so many."""
    lowering = _Lowering(plan, target, sharded, timed, parts)
    phases = {name: lowering.program(name) for name in programs if name in plan.programs}
    return NativePlan(
        lowering.functions.sources(lowering.texts, ("clock.h",) if timed else ()),
        tuple(lowering.pointers),
        phases,
        lowering.functions.source.workspace_bytes,
        plan.count_exchanged(),
        lowering.functions.count(),
        tuple(lowering.loops),
        tuple(lowering.clocks),
    )


@dataclass(slots=True)
class _Lowering:
    plan: Plan
    target: CTarget
    sharded: bool
    timed: bool
    parts: int
    functions: FunctionTable = field(init=False)
    pointers: list[str] = field(default_factory=lambda: [*REGIONS, WORKSPACE])
    texts: list[str] = field(default_factory=list)
    """The functions of the programs."""
    feeds: dict[int, str] = field(init=False)
    exchanged: int = 0
    loops: list[tuple[str, ...]] = field(default_factory=list)
    clocks: list[tuple[Step, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        plan = self.plan
        self.functions = FunctionTable(self.target, self.parts)
        self.feeds = {plan.buffers[index].offset: name for name, index in plan.feeds.items()}

    def program(self, name: str) -> tuple[Phase, ...]:
        """The phases of a program."""
        phases: list[list[ProgramUnit]] = [[]]
        stretch = _Stretch(self, name, len(self.texts))
        waiting: list[str] = []
        self.exchanged = 0

        def meet() -> None:
            phases[-1].extend(stretch.finish())
            phases.append([])
            stretch.statements.extend(waiting)
            waiting.clear()

        if self.sharded and name == "update":
            stretch.statements.append(self._add_gradients())
            meet()
        for chain in chains_of(self.plan, name):
            step = chain.steps[0]
            row = ROWS[step.row]
            if row.name == "sum_shards":
                leave, take = self._exchange(step)
                stretch.add(leave, chain.steps)
                waiting.append(take)
                continue
            if waiting or row.collective:
                meet()
            call = self._chain(chain)
            if call is None:
                phases[-1].extend(stretch.finish())
                phases[-1].append(KernelUnit(chain.steps))
            elif call.divided:
                phases[-1].extend(stretch.finish())
                stretch.add(call.text, chain.steps)
                phases[-1].extend(stretch.finish(divided=True))
            else:
                text = self._timed(call.text, chain.steps)
                stretch.add(f"if (part == 0) {{ {text} }}" if row.once else text, chain.steps)
            if row.collective:
                meet()
        if waiting:
            meet()
        if self.sharded and name in ("gradients", "evaluate"):
            stretch.statements.extend(self._collect(name))
        phases[-1].extend(stretch.finish())
        return tuple(tuple(phase) for phase in phases)

    def _timed(self, text: str, steps: tuple[Step, ...]) -> str:
        """A statement with a clock around it, where that is asked for."""
        if not self.timed:
            return text
        shown = f"((double *){self.pointer(CLOCKS)})[{len(self.clocks)}]"
        self.clocks.append(steps)
        ended = f"{shown} = 1e-9 * (double)(nanoseconds_now() - began);"
        return f"{{ const int64_t began = nanoseconds_now();\n{text}\n{ended} }}"

    def pointer(self, name: str) -> str:
        """An address that every function gets."""
        if name not in self.pointers:
            self.pointers.append(name)
        return f"at[{self.pointers.index(name)}]"

    def address(self, buffer: Buffer) -> str:
        """The C expression of a buffer's address."""
        kind = C_TYPES[buffer.dtype]
        if buffer.region == "feeds":
            return f"({kind} *){self.pointer(f'feed:{self.feeds[buffer.offset]}')}"
        return f"({kind} *)({self.pointer(buffer.region)} + {buffer.offset})"

    def _chain(self, chain: Chain) -> _Call | None:
        """What does the instructions of a chain; None without a template."""
        if chain.loop is not None:
            return _Call(self._slices(chain)) if chain.elements else None
        if not chain.elements:
            return self._row(chain.steps[0])
        return _Call("\n".join(self._loops(chain, None)))

    def _row(self, step: Step) -> _Call | None:
        operands = operands_of(self.plan, step)
        if operands is None:
            return None
        attributes: dict[str, Any] = dict(step.attributes)
        stream = attributes.pop("stream", None) if ROWS[step.row].random else None
        found = self.functions.row(step.row, operands, attributes, stream is not None)
        if found is None:
            return None
        arguments = [self.address(operands[place].buffer) for place in found.operands]
        if stream is not None:
            arguments.append(self.pointer(f"stream:{stream}"))
        arguments.append(self.pointer(WORKSPACE))
        arguments += ["part"] if found.divided else []
        return _Call(f"{found.function}({', '.join(arguments)});", found.divided)

    def _loops(self, chain: Chain, begin: str | None) -> Iterator[str]:
        """Calls of the loops of a chain; from element `begin` on for `count` ones, or over all."""
        length = self.plan.buffers[chain.steps[0].operands[0]].shape
        for loop in chain.loops:
            name = self.functions.loop(loop.elements, loop.kept, begin is not None)
            self.loops.append(tuple(element.row for element in loop.elements))
            arguments = []
            for index in loop.buffers:
                buffer = self.plan.buffers[index]
                moves = begin is not None and buffer.shape == length and buffer.region != "arena"
                address = self.address(buffer)
                arguments.append(f"{address} + {begin}" if moves else address)
            if begin is not None:
                arguments.append("count")
            yield f"{name}({', '.join(arguments)});"

    def _slices(self, chain: Chain) -> str:
        """A chain over this part's slice of the flat vectors, so much at a time as stays in the
        cache between its loops."""
        length = self.plan.buffers[chain.steps[0].operands[0]].shape[0]
        calls = "\n".join(self._loops(chain, "begin"))
        return (
            f"{{ int64_t begin, end; own_slice({length}, part, parts, &begin, &end);\n"
            f"for (; begin < end; begin += {self.plan.loop_step}) {{\n"
            f"const int64_t count = end - begin < {self.plan.loop_step} ? end - begin : "
            f"{self.plan.loop_step};\n{calls}\n}} }}"
        )

    def _exchange(self, step: Step) -> tuple[str, str]:
        """What a shard leaves for the others, and what it makes of what all have left."""
        x, y = (self.plan.buffers[index] for index in (step.operands[0], step.results[0]))
        size, row, start = x.shape[0], self.plan.count_exchanged(), self.exchanged
        self.exchanged += size
        place = f"(real *){self.pointer(EXCHANGE)} + {start}"
        leave = f"memcpy({place} + part * {row}, {self.address(x)}, {size} * sizeof(real));"
        take = f"sum_parts({place}, parts, {row}, {self.address(y)}, {size});"
        return leave, take

    def _add_gradients(self) -> str:
        size = self.plan.bytes["gradients"] // item_bytes("f", self.plan.precision)
        return (
            f"add_gradients((real *const *){self.pointer(SHARD_GRADIENTS)}, {size}, part, parts);"
        )

    def _collect(self, program: str) -> Iterator[str]:
        """What a shard computed, to where callers read it."""
        for name, index in self.plan.outputs[program].items():
            buffer = self.plan.buffers[index]
            size = memory_of(self.plan, index, looped=False).bytes
            yield f"memcpy({self.pointer(f'output:{name}')}, {self.address(buffer)}, {size});"


class _Call(NamedTuple):
    """Statements that do instructions, maybe one part of their work."""

    text: str
    divided: bool = False


@dataclass(slots=True)
class _Stretch:
    """Statements that become one function."""

    lowering: _Lowering
    program: str
    first: int
    statements: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def add(self, text: str, steps: Sequence[Step]) -> None:
        self.statements.append(text)
        self.steps.extend(steps)

    def finish(self, *, divided: bool = False) -> Iterator[NativeUnit]:
        """The function of the statements so far, where there are any."""
        if not self.statements:
            return
        texts = self.lowering.texts
        name = f"{self.program}_{len(texts) - self.first}"
        body = "\n".join(self.statements)
        texts.append(
            f"EXPORTED void {name}(char **at UNUSED, int64_t part UNUSED, int64_t parts UNUSED)"
            f" {{\n{body}\n}}"
        )
        unit = NativeUnit(name, tuple(self.steps), divided)
        self.statements.clear()
        self.steps.clear()
        yield unit
