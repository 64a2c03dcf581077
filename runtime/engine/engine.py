"""The engine: a plan bound to memory, a flat list of calls.

The engine knows arrays and kernels and nothing about layers. All memory is taken before the first
step: the lasting regions once, and an arena, feeds and constants for each size of the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np

from ...compiler.lower.isa import ROWS
from ...compiler.lower.plan import LOSS, Plan, Step
from ...compiler.lower.program import Algorithm
from ..array_types import Array
from ..kernels import KERNELS
from ..kernels.kernel import Call
from .memory import Memory, allocate_bytes, create_memory, view
from .slices import own_slices
from .state import EngineState, EngineStateError, stream_names
from .surface import EngineName
from .together import ALONE, Together

Phases = tuple[list[Call], ...]
"""The calls of a program, cut where the shards of a batch meet."""


@dataclass(slots=True)
class BoundPlan:
    """A plan for one size of the batch, bound."""

    plan: Plan
    feeds: dict[str, Array]
    outputs: dict[str, dict[str, Array]]
    phases: dict[str, Phases]
    prepared: bool = False
    """Whether what `evaluate` needs has been worked out from the present parameters."""


@dataclass(frozen=True, slots=True, eq=False)
class ShardContext:
    """The position of a binding among the shards of a batch and the workers.

    A plan that is bound alone has no others to meet.
    """

    feeds: dict[str, Array] | None = None
    """This shard's rows of the feeds; None: the binding has its own."""
    exchange: Array | None = None
    """Memory of all workers, a row a shard, for what the shards leave for each other."""
    worker: int = 0
    workers: int = 1
    """Turns of a loop over the flat vectors are dealt out to the workers in turn."""


UNSHARDED = ShardContext()

CallWrapper = Callable[[Step, Call], Call]  # what is put around a call: a clock, for a profile


def bind(
    plan: Plan, memory: Memory, place: ShardContext = UNSHARDED,
    programs: tuple[str, ...] | None = None, watch: CallWrapper | None = None,
) -> BoundPlan:  # fmt: skip
    """Takes the plan's own memory and turns its programs, or the named ones, into calls."""
    chosen = {n: s for n, s in plan.programs.items() if programs is None or n in programs}
    own = {
        region: allocate_bytes(plan.bytes[region])
        for region in ("arena", "scratch", "feeds", "constants", "prepared")
        if region != "feeds" or place.feeds is None
    }
    regions = memory.regions | own
    names = {plan.buffers[index].offset: name for name, index in plan.feeds.items()}
    arrays: dict[int, Array] = {}

    def array(index: int) -> Array:
        if index not in arrays:
            buffer = plan.buffers[index]
            if buffer.region == "feeds" and place.feeds is not None:
                arrays[index] = place.feeds[names[buffer.offset]].reshape(buffer.shape)
            else:
                arrays[index] = view(regions[buffer.region], buffer, plan.precision)
            if buffer.region == "constants":
                arrays[index][...] = buffer.fill
        return arrays[index]

    binder = Binder(plan, memory, place, array, regions, watch)
    return BoundPlan(
        plan,
        {} if place.feeds is None and programs else {n: array(i) for n, i in plan.feeds.items()},
        {
            program: {name: array(index) for name, index in outputs.items()}
            for program, outputs in plan.outputs.items()
            if program in chosen
        },
        {name: binder.bind_program(steps) for name, steps in chosen.items()},
    )


@dataclass(slots=True)
class Binder:
    """Turns instructions into calls."""

    plan: Plan
    memory: Memory
    place: ShardContext
    array: Callable[[int], Array]
    regions: dict[str, Array]
    watch: CallWrapper | None
    exchanged: int = 0
    """Elements of the exchange that are taken."""

    def bind_program(self, steps: tuple[Step, ...]) -> Phases:
        phases: list[list[Call]] = [[]]
        waiting: list[Call] = []
        """What a shard does first when all have come as far as this one."""
        for group in groups_of(steps):
            row = ROWS[group[0].row]
            if row.name == "sum_shards":
                leave, take = self._bind_exchange(group[0])
                phases[-1].append(leave)
                waiting.append(take)
                continue
            if waiting or row.collective:
                phases.append(waiting)
                waiting = []
            if not (row.once and self.memory.shard):
                phases[-1].extend(self.bind_group(group))
            if row.collective:
                # It reads what all have written, so nobody goes on before all have read.
                phases.append([])
        if waiting:
            phases.append(waiting)
        return tuple(phases)

    def _bind_exchange(self, step: Step) -> Iterator[Call]:
        """What a shard leaves for the others, and what it makes of what all have left."""
        exchange = self.place.exchange
        if exchange is None:
            raise ValueError("the plan of a shard needs other shards to meet")
        size = self.plan.buffers[step.operands[0]].shape[0]
        parts = exchange[:, self.exchanged : self.exchanged + size]
        self.exchanged += size
        x, y = self.array(step.operands[0]), self.array(step.results[0])
        yield from KERNELS[step.row](x=x, y=y, parts=parts, shard=self.memory.shard)

    def bind_group(self, group: tuple[Step, ...]) -> Iterator[Call]:
        """The calls of an instruction, or of neighbours in one loop over the flat vectors."""
        if group[0].loop is None:
            yield from self._bind_step(group[0], self.array)
            return
        plan = self.plan
        length = plan.buffers[group[0].operands[0]].shape[0]
        place = self.place
        for own in own_slices(length, plan.loop_step, place.worker, place.workers):

            def part(index: int, own: slice = own) -> Array:
                buffer = plan.buffers[index]
                if buffer.shape != (length,):
                    return self.array(index)
                if buffer.region == "arena":
                    short = replace(buffer, shape=(own.stop - own.start,))
                    return view(self.regions["arena"], short, plan.precision)
                return self.array(index)[own]

            for step in group:
                yield from self._bind_step(step, part)

    def _bind_step(self, step: Step, array: Callable[[int], Array]) -> Iterator[Call]:
        for call in _bind_step(step, self.memory, array):
            yield call if self.watch is None else self.watch(step, call)


def count_phases(steps: tuple[Step, ...]) -> int:
    """How many phases a program has: the same for all shards of a batch."""
    rows = [ROWS[step.row] for step in steps]
    count = 1
    for row, after in zip(rows, [*rows[1:], None], strict=True):
        if row.name == "sum_shards":
            count += after is None or after.name != "sum_shards"
        elif row.collective:
            count += 2
    return count


def groups_of(steps: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    """Neighbouring instructions of one loop together, every other one alone."""
    start = 0
    while start < len(steps):
        end = start + 1
        loop = steps[start].loop
        while loop is not None and end < len(steps) and steps[end].loop == loop:
            end += 1
        yield steps[start:end]
        start = end


def _bind_step(
    step: Step, memory: Memory, array: Callable[[int], Array]
) -> Iterator[Callable[[], Any]]:
    row = ROWS[step.row]
    named: dict[str, Any] = {}
    wanted = row.pattern.operands
    single = step.operands
    if wanted and wanted[0].many:
        count = len(single) - len(wanted) + 1
        named[wanted[0].name] = tuple(array(index) for index in single[:count])
        wanted, single = wanted[1:], single[count:]
    for operands, indices in (
        (wanted, single),
        (row.pattern.results, step.results),
        (row.pattern.scratch, step.scratch),
    ):
        named.update((o.name, array(index)) for o, index in zip(operands, indices, strict=True))
    attributes: dict[str, Any] = dict(step.attributes)
    if row.random:
        attributes["generator"] = memory.stream(attributes.pop("stream"))
    yield from KERNELS[step.row](**named, **attributes)


class Engine:
    """Runs the plans of one network, for full batches and for shorter ones."""

    name: EngineName = "numpy"
    together: Together = ALONE

    def __init__(self, plan_for: Callable[[int], Plan], *, batch: int, seed: int = 0) -> None:
        """`plan_for` lowers the network for a batch size; `batch` is the usual one."""
        self._plan_for = plan_for
        plan = plan_for(batch)
        self.memory = create_memory(plan, seed=seed)
        self._bindings = {batch: bind(plan, self.memory)}
        self._now = self._bindings[batch]
        self._ran = "evaluate"
        self.algorithms: Mapping[str, Algorithm] = {}
        """Those of convolutions that were measured, by node."""
        self.refused = ""
        """Why there are fewer workers than were asked for."""
        self.identity = ""
        """Of a compiler and a processor: NumPy has none."""

    @property
    def plan(self) -> Plan:
        """The plan in use."""
        return self._now.plan

    @property
    def feeds(self) -> dict[str, Array]:
        """The arrays to fill before a step: one an input node, `target:NODE` for each loss."""
        return self._now.feeds

    @property
    def outputs(self) -> dict[str, Array]:
        """What the last program computed, by node; valid until the next one runs."""
        return self._now.outputs[self._ran]

    @property
    def workers(self) -> int:
        """Processes that work on a batch."""
        return 1

    @property
    def shards(self) -> int:
        """The parts into which a batch is divided."""
        return 1

    def step_bytes(self) -> int:
        """The memory that a training step works in."""
        return self.plan.total_bytes()

    def start(self) -> None: ...  # nothing to begin

    def close(self) -> None: ...  # one process has started nothing that must end

    def resize(self, batch: int) -> None:
        """Uses the plan for another number of samples; made when first needed."""
        if batch not in self._bindings:
            self._bindings[batch] = bind(self._plan_for(batch), self.memory)
        self._now = self._bindings[batch]

    def train_step(self, lr: float) -> None:
        """Forward, backward and update on the batch in the feeds."""
        self.set_cell("lr", lr)
        self._run("train")
        self.parameters_changed()

    def gradient_step(self) -> None:
        """Forward and backward on the batch in the feeds: a training step without the update."""
        self._run("gradients")
        self.parameters_changed()

    def evaluate_step(self) -> None:
        """Forward in evaluation mode on the batch in the feeds."""
        if not self._now.prepared:
            self._run("prepare")
            self._now.prepared = True
        self._run("evaluate")

    def loss(self) -> float:
        """The data loss of the last step: the weighted sum of the losses' means."""
        return float(self.outputs[LOSS])

    def parameters(self) -> dict[str, Array]:
        """Views of all parameters, by `node.name`. Writing to one changes the network: at once,
        or, when the view was kept from before the last step, after `parameters_changed`."""
        self.parameters_changed()
        return self.memory.parameters()

    def parameters_changed(self) -> None:
        """Makes the next evaluation work out again what depends on parameters alone."""
        for binding in self._bindings.values():
            binding.prepared = False

    def gradients(self) -> dict[str, Array]:
        """Views of the gradients of the last training step, laid out like the parameters."""
        return self.memory.gradients()

    def state(self) -> EngineState:
        """Copies of all that steps change."""
        return self.memory.state(self.memory.positions_of(stream_names(self.plan))[None])

    def restore(self, state: EngineState) -> None:
        """Goes on from the state of another engine of the same network. Raises EngineStateError."""
        names = stream_names(self.plan)
        if state.streams.shape[:2] != (1, len(names)):
            raise EngineStateError(f"{state.streams.shape[:2]} random streams, not {1, len(names)}")
        self.memory.restore(state.parameters, state.optimizer, state.cells)
        self.memory.move_streams(names, state.streams[0])
        self.parameters_changed()

    def set_cell(self, name: str, value: float) -> None:
        """Sets a scalar of the plan, such as `lr`."""
        buffer = self.plan.buffers[self.plan.cells[name]]
        view(self.memory.regions["cells"], buffer, self.plan.precision)[...] = value

    def _run(self, program: str) -> None:
        self._ran = program
        # BLAS sets the processor's flags also for lanes of its vectors that it does not use, and
        # the loss tells of a network that overflows
        with np.errstate(all="ignore"):
            for call in chain.from_iterable(self._now.phases[program]):
                call()
