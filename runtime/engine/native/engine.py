"""The native engine: like `Engine` and `ShardedEngine`, but its programs are functions of a library
that is compiled, and its workers are threads of this process.

The shards of a batch are a property of the plan, as in `ShardedEngine`, and the bits do not depend
on the number of threads. They need not be those of the NumPy engine, which adds in other orders.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from functools import cache, partial
from math import prod
from time import perf_counter

import numpy as np

from ....compiler.lower.plan import LOSS, Plan
from ....compiler.lower.program import Algorithm
from ....compiler.native.program import CLOCKS, EXCHANGE, SHARD_GRADIENTS, KernelUnit
from ...array_types import Array
from ..blas import ONE_BLAS_THREAD
from ..engine import CallWrapper
from ..memory import DTYPES, allocate_bytes, create_memory, view
from ..slices import BatchSizes, divide
from ..state import EngineState, EngineStateError, stream_names
from ..surface import EngineName
from ..together import ALONE, Together
from .batches import NativeBatch, PlanKey, TimedProgram
from .binding import BoundItem, ShardSpace, bind_program, create_space, run_items
from .compiled import CompiledPlan, PlanCompiler
from .pool import ThreadPool

PlanForShard = Callable[[int, int | None], Plan]
"""Lowers the network for so many samples, of a batch of so many where that is divided."""

TRAINING = ("train", "gradients", "update")
EVALUATION = ("prepare", "evaluate")


class NativeEngine:
    """Runs the plans of one network in C."""

    name: EngineName = "native"
    together: Together = ALONE

    def __init__(
        self,
        plan_for: PlanForShard,
        compiler: PlanCompiler,
        *,
        batch: int,
        largest: int,
        shards: int = 1,
        workers: int = 1,
        parts: int = 1,
        seed: int = 0,
    ) -> None:
        """`largest` is the most samples that are expected. `parts` are those into which the work
        of a large instruction is divided where so few samples are evaluated that they are one
        shard. Nothing is compiled before a program is first run."""
        self._plan_for = cache(plan_for)
        self._compiler = compiler
        self._shards = shards
        self._parts = parts
        self._batch = batch
        plan = self._plan_of(divide(batch, shards)[0], batch)
        self.memory = create_memory(plan, seed=seed)
        size = plan.bytes["gradients"]
        own = [self.memory.regions["gradients"], *(allocate_bytes(size) for _ in range(1, shards))]
        self._memories = [self.memory.for_shard(s, own[s]) for s in range(shards)]
        self._streams = stream_names(plan)
        self._dtype = np.dtype(DTYPES[plan.precision])
        self._pool = ThreadPool(compiler.pool_library(), min(workers, max(shards, parts)))
        # of an engine that nobody closes
        weakref.finalize(self, ONE_BLAS_THREAD.release, self._pool).atexit = False
        cells = self.memory.regions["cells"]
        self._cells = [cells, *(cells.copy() for _ in range(1, self._pool.workers))]
        """Every worker keeps its own count of the steps."""
        self._batches: dict[int, NativeBatch] = {}
        self.compile_seconds = 0.0
        self._compiled: dict[PlanKey, CompiledPlan] = {}
        self._losses = np.zeros(shards, self._dtype)
        self._exchange = np.zeros((shards, plan.count_exchanged()), self._dtype)
        self._version = 0
        self._ran = "evaluate"
        self.algorithms: Mapping[str, Algorithm] = {}
        self.refused = ""
        self._feeds: dict[str, Array] = {}
        self._outputs: dict[str, Array] = {}
        self._room = 0
        self._reserve(max(batch, largest))

    # What callers use

    def compile(self, sizes: BatchSizes, *, at_once: int) -> None:
        """Compiles what batches of these sizes need, so many libraries at a time. Raises
        NativeError."""
        wanted: dict[PlanKey, Plan] = {}
        for programs, batches in ((TRAINING, sizes.training), (EVALUATION, sizes.evaluation)):
            for batch in batches:
                shares = divide(batch, self._shards)
                for rows in shares:
                    plan = self._plan_of(rows, batch)
                    wanted[self._key(plan, programs, rows, batch, len(shares))] = plan
        start = perf_counter()
        work = {key: partial(self._compile_plan, key, plan) for key, plan in wanted.items()}
        self._compiled |= self._compiler.compile_together(work, at_once)
        self.compile_seconds += perf_counter() - start

    @property
    def compiled(self) -> tuple[CompiledPlan, ...]:
        """What was compiled so far."""
        return tuple(self._compiled.values())

    @property
    def identity(self) -> str:
        """What its bits depend on, beside the plan."""
        return self._compiler.identity

    @property
    def plan(self) -> Plan:
        """The plan in use: that of the first shard."""
        return self._plan_of(divide(self._batch, self._shards)[0], self._batch)

    @property
    def shards(self) -> int:
        """The parts into which a batch is divided."""
        return self._shards

    @property
    def workers(self) -> int:
        """Threads that work on a batch."""
        return self._pool.workers

    @property
    def feeds(self) -> dict[str, Array]:
        """The arrays to fill before a step, for the whole batch."""
        return {name: array[: self._batch] for name, array in self._feeds.items()}

    @property
    def outputs(self) -> dict[str, Array]:
        """What the last program computed, by node; valid until the next one runs."""
        if self._shards > 1:
            return {name: array[: self._batch] for name, array in self._outputs.items()}
        space = self._bound(self._batch).spaces[0]
        return {name: space.array(index) for name, index in space.plan.outputs[self._ran].items()}

    def step_bytes(self) -> int:
        """The memory that a training step works in: what all share, and what each shard has. Not
        what NumPy kernels work in, where an instruction has no template."""
        plan = self.plan
        own = sum(plan.bytes[region] for region in ("arena", "constants", "gradients", "prepared"))
        return plan.total_bytes() - plan.bytes["scratch"] + (self._shards - 1) * own

    def start(self) -> None:
        """Starts the threads, which otherwise the first program does, also after `close`."""
        if not self._pool.serves:
            # A worker is a core: threads under it would only take each other's place.
            ONE_BLAS_THREAD.hold(self._pool)
            self._pool.start()
            self.refused = self._pool.refused

    def close(self) -> None:
        """Ends the threads; the parameters stay readable. It can be called again."""
        self._pool.stop()
        ONE_BLAS_THREAD.release(self._pool)

    def resize(self, batch: int) -> None:
        """Works on another number of samples."""
        self._reserve(batch)
        self._batch = batch

    def train_step(self, lr: float) -> None:
        """Forward, backward and update on the batch in the feeds."""
        self.set_cell("lr", lr)
        if self._shards == 1:
            self._run("train")
        else:
            self._run("gradients")
            self._run("update")
            self._ran = "gradients"
        self.parameters_changed()

    def gradient_step(self) -> None:
        """Forward and backward on the batch in the feeds: a training step without the update."""
        self._run("gradients")
        total, *others = [
            memory.regions["gradients"].view(self._dtype) for memory in self._memories
        ]
        for gradients in others[: len(self._bound(self._batch).shares) - 1]:
            total += gradients
        self.parameters_changed()

    def evaluate_step(self) -> None:
        """Forward in evaluation mode on the batch in the feeds."""
        bound = self._bound(self._batch)
        if bound.version != self._version:
            self._run("prepare")
            bound.version = self._version
        self._run("evaluate")

    def loss(self) -> float:
        """The data loss of the last step: the weighted sum of the losses' means."""
        if self._shards == 1:
            return float(self.outputs[LOSS])
        active = len(self._bound(self._batch).shares)
        return float(self._losses[:active].astype(np.float64).sum())

    def parameters(self) -> dict[str, Array]:
        """Views of all parameters; see `Engine.parameters`."""
        self.parameters_changed()
        return self.memory.parameters()

    def parameters_changed(self) -> None:
        """Makes the next evaluation work out again what depends on parameters alone."""
        self._version += 1

    def gradients(self) -> dict[str, Array]:
        """Views of the gradients of the last step, summed over the shards."""
        return self.memory.gradients()

    def set_cell(self, name: str, value: float) -> None:
        """Sets a scalar of the plan, such as `lr`."""
        plan = self._bound(self._batch).spaces[0].plan
        buffer = plan.buffers[plan.cells[name]]
        for cells in self._cells:
            view(cells, buffer, plan.precision)[...] = value

    def state(self) -> EngineState:
        """Copies of all that steps change."""
        positions = [memory.positions_of(self._streams) for memory in self._memories]
        return self.memory.state(np.stack(positions))

    def restore(self, state: EngineState) -> None:
        """Goes on from the state of another engine of the same network, with the same shards.
        Raises EngineStateError."""
        expected = (self._shards, len(self._streams))
        if state.streams.shape[:2] != expected:
            raise EngineStateError(f"{state.streams.shape[:2]} random streams, not {expected}")
        self.memory.restore(state.parameters, state.optimizer, state.cells)
        for memory, positions in zip(self._memories, state.streams, strict=True):
            memory.move_streams(self._streams, positions)
        for cells in self._cells[1:]:
            np.copyto(cells, self._cells[0])
        self.parameters_changed()

    def bind_timed(self, program: str, watch: CallWrapper) -> TimedProgram:
        """A program of a whole batch on one thread, with a clock around each call in C; `watch`
        puts clocks around those of NumPy. Raises NativeError."""
        plan = self.plan
        compiled = self._compiler.compile(plan, (program,), sharded=False, timed=True)
        seconds = np.zeros(max(len(compiled.native.clocks), 1))
        space = create_space(plan, self.memory, self.feeds, {CLOCKS: seconds})
        items = bind_program(program, [compiled], [space], watch)
        run = partial(run_items, items, self._pool.run)
        return TimedProgram(run, compiled.native.clocks, seconds, space)

    # Work

    def _run(self, program: str) -> None:
        self.start()
        self._ran = program
        items = self._items(program)
        with np.errstate(all="ignore"):
            run_items(items, self._pool.run)

    def _items(self, program: str) -> tuple[BoundItem, ...]:
        bound = self._bound(self._batch)
        if program not in bound.programs:
            bound.programs[program] = self._bind(bound, program)
        return bound.programs[program]

    def _bind(self, bound: NativeBatch, program: str) -> tuple[BoundItem, ...]:
        wanted = TRAINING if program in TRAINING else EVALUATION
        shares = len(bound.shares)
        if program != "update":
            compiled = [
                self._compile(space.plan, wanted, rows, shares) for space, rows in self._rows(bound)
            ]
            parts = self._parts_of(wanted, shares)
            return bind_program(program, compiled, bound.spaces, parts=parts)
        first = self._compile(bound.spaces[0].plan, wanted, bound.shares[0], shares)
        spaces = bound.update_spaces = self._update_spaces(bound)
        units = (unit for phase in first.native.programs["update"] for unit in phase)
        if any(isinstance(unit, KernelUnit) for unit in units):
            # a NumPy kernel does all of the vectors, with the counters of the first worker
            spaces = spaces[:1]
        return bind_program(program, [first] * len(spaces), spaces)

    def _rows(self, bound: NativeBatch) -> list[tuple[ShardSpace, slice]]:
        return list(zip(bound.spaces, bound.shares, strict=True))

    def _compile(
        self, plan: Plan, wanted: tuple[str, ...], rows: slice, shares: int
    ) -> CompiledPlan:
        key = self._key(plan, wanted, rows, self._batch, shares)
        if key not in self._compiled:
            self._compiled[key] = self._compile_plan(key, plan)
        return self._compiled[key]

    def _compile_plan(self, key: PlanKey, plan: Plan) -> CompiledPlan:
        return self._compiler.compile(plan, key.programs, sharded=self._shards > 1, parts=key.parts)

    def _key(
        self, plan: Plan, wanted: tuple[str, ...], rows: slice, batch: int, shares: int
    ) -> PlanKey:
        programs = tuple(name for name in wanted if name in plan.programs)
        parts = self._parts_of(wanted, shares)
        return PlanKey(rows.stop - rows.start, self._total(batch), programs, parts)

    def _parts_of(self, wanted: tuple[str, ...], shares: int) -> int:
        return self._parts if wanted == EVALUATION and shares == 1 else 1

    def _bound(self, batch: int) -> NativeBatch:
        if batch not in self._batches:
            shares = divide(batch, self._shards)
            gradients = self._gradient_list(len(shares))
            spaces = [
                create_space(
                    self._plan_of(rows, batch),
                    self._memories[shard],
                    {name: array[rows] for name, array in self._feeds.items()},
                    self._addresses(shard, rows, gradients),
                )
                for shard, rows in enumerate(shares)
            ]
            self._batches[batch] = NativeBatch(shares, spaces)
        return self._batches[batch]

    def _addresses(self, shard: int, rows: slice, gradients: Array) -> dict[str, Array]:
        """What a shard's functions are given beside regions and feeds."""
        if self._shards == 1:
            return {}
        outputs = {f"output:{name}": array[rows] for name, array in self._outputs.items()}
        return {
            **outputs,
            f"output:{LOSS}": self._losses[shard:],
            EXCHANGE: self._exchange,
            SHARD_GRADIENTS: gradients,
        }

    def _gradient_list(self, active: int) -> Array:
        """The addresses of the gradients of the first shards, and 0 as their end."""
        vectors = [memory.regions["gradients"] for memory in self._memories[:active]]
        return np.array([*(array.ctypes.data for array in vectors), 0], np.int64)

    def _update_spaces(self, bound: NativeBatch) -> list[ShardSpace]:
        """One for each worker, with its own counters."""
        first = bound.spaces[0]
        return [
            create_space(first.plan, self._memories[0], first.feeds, first.addresses, cells)
            for cells in self._cells
        ]

    def _plan_of(self, rows: slice, batch: int) -> Plan:
        return self._plan_for(rows.stop - rows.start, self._total(batch))

    def _total(self, batch: int) -> int | None:
        return batch if self._shards > 1 else None

    def _reserve(self, rows: int) -> None:
        """Makes the feeds and outputs long enough for so many samples."""
        if rows <= self._room:
            return
        self._room = rows
        plan = self._plan_of(divide(self._batch, self._shards)[0], self._batch)
        self._feeds = {n: self._take(rows, plan, i) for n, i in plan.feeds.items()}
        computed = dict(item for own in plan.outputs.values() for item in own.items())
        self._outputs = {
            name: self._take(rows, plan, index)
            for name, index in computed.items()
            if name != LOSS and self._shards > 1
        }
        self._batches.clear()

    def _take(self, rows: int, plan: Plan, index: int) -> Array:
        shape = (rows, *plan.buffers[index].shape[1:])
        return allocate_bytes(prod(shape) * self._dtype.itemsize).view(self._dtype).reshape(shape)
