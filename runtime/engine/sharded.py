"""An engine whose batches are divided into shards, worked on by several processes.

The shards are a property of the plan: their number, who sums what in which order. How many
workers there are changes only who does the work, so the numbers are the same, to the bit, for any
number of workers. Parameters, gradients, optimizer state, feeds and outputs lie in memory that all
workers share; temporaries are each worker's own.

A training step: every shard computes its gradients, meeting the others where batch normalisation
needs the moments of the whole batch; then every worker adds up the shards' gradients on its slices
of the flat vector and updates the parameters there.
"""

from __future__ import annotations

import os
import signal
import traceback
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count, starmap
from math import prod

import numpy as np

from ...compiler.lower.plan import LOSS, Plan
from ...compiler.lower.program import Algorithm
from ..array_types import Array
from ..kernels.kernel import Call
from .blas import ONE_BLAS_THREAD
from .children import NO_ROOM, end_children, has_ended
from .engine import BoundPlan, ShardContext, bind, count_phases
from .memory import DTYPES, create_memory, view
from .slices import divide, own_slices
from .state import WIDTH, EngineState, EngineStateError, stream_names
from .surface import EngineName
from .synchronization import Control, WorkerError, shared_bytes, wait
from .together import ALONE, Together

PROGRAMS = ("gradients", "evaluate")
STREAMS = "streams"
"""The order to say how far the random streams have come, which every worker draws by itself."""
ORDERS = (*PROGRAMS, STREAMS)
PlanFor = Callable[[int, int], Plan]
"""Lowers the network for so many samples of a batch of so many."""


@dataclass(slots=True, eq=False)
class BoundBatch:
    """One size of the batch, bound by one worker: its shards, and its part of the update."""

    shards: dict[int, BoundPlan]
    programs: dict[str, list[list[Call]]]
    """All phases of a program, with the work of all shards of this worker in each."""
    prepare: list[Call]
    version: int = -1
    """Of the parameters from which the prepared weights were made."""


class ShardedEngine:
    """An engine like `Engine`, on several processor cores."""

    name: EngineName = "numpy"
    together: Together = ALONE

    def __init__(
        self,
        plan_for: PlanFor,
        *,
        batch: int,
        largest: int,
        shards: int,
        workers: int,
        seed: int = 0,
    ) -> None:
        """`largest` is the most samples that `resize` will be asked for. `start` forks the
        workers."""
        self._plan_for = plan_for
        self._shards = shards
        self._worker = 0
        self._bounds: dict[int, BoundBatch] = {}
        plan = plan_for(*self._first_shard(batch))
        self._plan = plan
        self.memory = create_memory(plan, seed=seed, allocate=shared_bytes)
        # Every worker keeps its own count of the steps.
        self.memory.regions["cells"] = np.array(self.memory.regions["cells"])
        size = plan.bytes["gradients"]
        gradients = [self.memory.regions["gradients"]]
        gradients += [shared_bytes(size) for _ in range(1, shards)]
        self._memories = [self.memory.for_shard(s, gradients[s]) for s in range(shards)]
        self._feeds = {
            name: self._share(largest, plan.buffers[index].shape)
            for name, index in plan.feeds.items()
        }
        self._outputs = {
            name: self._share(largest, plan.buffers[index].shape)
            for name, index in plan.outputs["evaluate"].items()
            if name != LOSS
        }
        self._losses = shared_bytes(8 * shards).view(np.float64)
        self._exchange = self._share(shards, (0, plan.count_exchanged()))
        self._streams = stream_names(plan)
        positions = shared_bytes(8 * WIDTH * shards * len(self._streams)).view(np.uint64)
        self._positions = positions.reshape(shards, len(self._streams), WIDTH)
        self._batch = batch
        self._control = Control.create(min(workers, shards))
        self._children: list[int] = []
        self._watch: Callable[[], None] | None = None
        """What a waiting worker does now and then; None for the first one, which looks after the
        others. (Its own method would be a circle, and engines stay until that is found.)"""
        self._started = False
        self._holder = object()
        # of an engine that nobody closes
        weakref.finalize(self, ONE_BLAS_THREAD.release, self._holder).atexit = False
        self.algorithms: Mapping[str, Algorithm] = {}
        self.identity = ""
        self.refused = ""
        """Why there are fewer workers than were asked for."""

    def _first_shard(self, batch: int) -> tuple[int, int]:
        rows = divide(batch, self._shards)[0]
        return rows.stop - rows.start, batch

    def _share(self, rows: int, shape: tuple[int, ...]) -> Array:
        dtype = np.dtype(DTYPES[self._plan.precision])
        whole = (rows, *shape[1:])
        return shared_bytes(prod(whole) * dtype.itemsize).view(dtype).reshape(whole)

    # What callers use

    @property
    def plan(self) -> Plan:
        """The plan of the first shard of the batch in use."""
        return self._plan_of(divide(self._batch, self._shards)[0], self._batch)

    @property
    def shards(self) -> int:
        return self._shards

    @property
    def workers(self) -> int:
        return self._control.workers

    @property
    def children(self) -> tuple[int, ...]:
        """The process numbers of the workers that were forked."""
        return tuple(self._children)

    @property
    def feeds(self) -> dict[str, Array]:
        """The arrays to fill before a step, for the whole batch."""
        return {name: array[: self._batch] for name, array in self._feeds.items()}

    @property
    def outputs(self) -> dict[str, Array]:
        """What the last program computed, for the whole batch."""
        return {name: array[: self._batch] for name, array in self._outputs.items()}

    def step_bytes(self) -> int:
        """The memory that a training step works in: what all share, and what each shard has."""
        plan = self.plan
        own = sum(plan.bytes[region] for region in ("arena", "constants", "gradients", "prepared"))
        return plan.total_bytes() + (self._shards - 1) * own

    def resize(self, batch: int) -> None:
        """Works on another number of samples, at most as many as `largest`."""
        self._batch = batch

    def train_step(self, lr: float) -> None:
        """Forward, backward and update on the batch in the feeds."""
        self._control.rates[0] = lr
        self._order("gradients")
        self.parameters_changed()

    def evaluate_step(self) -> None:
        """Forward in evaluation mode on the batch in the feeds."""
        self._order("evaluate")

    def loss(self) -> float:
        """The data loss of the last step."""
        return float(self._losses[: len(divide(self._batch, self._shards))].sum())

    def parameters(self) -> dict[str, Array]:
        """Views of all parameters; see `Engine.parameters`."""
        self.parameters_changed()
        return self.memory.parameters()

    def parameters_changed(self) -> None:
        """Makes the next evaluation work out again what depends on parameters alone."""
        self._control.set("version", self._control.get("version") + 1)

    def gradients(self) -> dict[str, Array]:
        """Views of the gradients of the last step, summed over the shards."""
        return self.memory.gradients()

    def state(self) -> EngineState:
        """Copies of all that steps change."""
        if self._streams:
            self._order(STREAMS)
        return self.memory.state(self._positions.copy())

    def restore(self, state: EngineState) -> None:
        """Goes on from the state of another engine of the same network, with the same shards and
        any number of workers; before `start`. Raises EngineStateError."""
        if self._started:
            raise RuntimeError("the workers have counters and random streams of their own by now")
        if state.streams.shape != self._positions.shape:
            raise EngineStateError(
                f"{state.streams.shape[:2]} random streams, not {self._positions.shape[:2]}"
            )
        self.memory.restore(state.parameters, state.optimizer, state.cells)
        for memory, positions in zip(self._memories, state.streams, strict=True):
            memory.move_streams(self._streams, positions)
        self.parameters_changed()

    def start(self) -> None:
        """Forks the workers, which the first order does otherwise: before threads that may hold
        locks."""
        if self._started:
            return
        self._started = True
        try:
            # A worker is a core: threads under it would only take each other's place.
            ONE_BLAS_THREAD.hold(self._holder)
            self._fork()
        except BaseException:
            # Nobody may wait for a worker that was never forked.
            self.close()
            raise

    def close(self) -> None:
        """Ends the workers; the parameters stay readable. Where an interrupt comes into it, it can
        be called again."""
        self._control.set("stop", 1)
        end_children(self._children)
        ONE_BLAS_THREAD.release(self._holder)

    def _order(self, program: str) -> None:
        if self._control.get("stop"):
            raise WorkerError("the workers of this engine have ended")
        self.start()
        control = self._control
        control.set("program", ORDERS.index(program))
        control.set("batch", self._batch)
        control.set("workers", control.workers)
        control.set("turn", control.get("turn") + 1)
        try:
            with np.errstate(all="ignore"):
                self._perform(program, self._batch)
        except BaseException:
            # Nobody may wait for a worker that has left in the middle of a step.
            self.close()
            raise

    def _fork(self) -> None:
        parent = os.getpid()
        try:
            for worker in range(1, self._control.workers):
                # one call of C forks and keeps the number: no interrupt comes between the two
                self._children.extend(starmap(os.fork, ((),)))
                if self._children[-1] == 0:
                    self._worker = worker
                    self._children = []
                    self._serve(parent)
        except OSError as error:
            if error.errno not in NO_ROOM or os.getpid() != parent:
                raise
            self.refused = (error.strerror or str(error)).lower()
            self._control.workers = 1 + len(self._children)
        finally:
            # an interrupt before `_serve` watches: the rest of the program is not for a worker
            if os.getpid() != parent:
                os._exit(1)

    def _serve(self, parent: int) -> None:
        """The life of a worker process. It never returns, and ends with its parent."""
        # Ctrl-C and a terminal that closes reach every process: the first one decides
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

        def is_lost() -> None:
            if self._control.get("stop") or os.getppid() != parent:
                os._exit(0)

        self._watch = is_lost
        control = self._control
        try:
            with np.errstate(all="ignore"):
                for done in count():
                    wait(partial(control.has_order, done), is_lost)
                    control.workers = control.get("workers")
                    self._perform(ORDERS[control.get("program")], control.get("batch"))
        except BaseException:
            self._control.report_failure(traceback.format_exc())
            os._exit(1)

    def _look_after(self) -> None:
        """Raises when a worker has died."""
        for child in self._children:
            if has_ended(child):
                self._children.remove(child)
                self._control.set("stop", 1)
                raise WorkerError(self._control.failure() or f"worker process {child} was killed")

    # Work

    def _perform(self, program: str, batch: int) -> None:
        """This worker's part of a program. All workers do this at once."""
        control, worker = self._control, self._worker
        if program == STREAMS:
            for shard in range(worker, self._shards, control.workers):
                self._positions[shard] = self._memories[shard].positions_of(self._streams)
            control.barrier(worker, self._watch or self._look_after)
            return
        bound = self._bound(batch)
        if program == "gradients":
            self._set_rate()
        elif bound.version != control.get("version"):
            for call in bound.prepare:
                call()
            bound.version = control.get("version")
        for phase in bound.programs[program]:
            for call in phase:
                call()
            control.barrier(worker, self._watch or self._look_after)

    def _set_rate(self) -> None:
        plan = self._plan
        buffer = plan.buffers[plan.cells["lr"]]
        view(self.memory.regions["cells"], buffer, plan.precision)[...] = self._control.rates[0]

    def _bound(self, batch: int) -> BoundBatch:
        if batch not in self._bounds:
            self._bounds[batch] = self._bind(batch)
        return self._bounds[batch]

    def _bind(self, batch: int) -> BoundBatch:
        """Binds this worker's part of a batch."""
        shares = divide(batch, self._shards)
        workers = self._control.workers
        bindings = {
            shard: self._bind_shard(shard, shares[shard], batch)
            for shard in range(self._worker, len(shares), workers)
        }
        plan = self._plan_of(shares[0], batch)
        programs: dict[str, list[list[Call]]] = {}
        for name in PROGRAMS:
            if name in plan.programs:
                phases: list[list[Call]] = [[] for _ in range(count_phases(plan.programs[name]))]
                for shard, binding in bindings.items():
                    for phase, calls in zip(phases, binding.phases[name], strict=True):
                        phase.extend(calls)
                    phases[-1].extend(self._collect(name, shard, shares[shard], binding))
                programs[name] = phases
        if "gradients" in programs:
            programs["gradients"].extend(self._bind_update(plan, len(shares)))
        prepare = [
            call
            for binding in bindings.values()
            for phase in binding.phases.get("prepare", ())
            for call in phase
        ]
        return BoundBatch(bindings, programs, prepare)

    def _plan_of(self, share: slice, batch: int) -> Plan:
        return self._plan_for(share.stop - share.start, batch)

    def _bind_shard(self, shard: int, share: slice, batch: int) -> BoundPlan:
        feeds = {name: array[share] for name, array in self._feeds.items()}
        active = len(divide(batch, self._shards))
        place = ShardContext(feeds, self._exchange[:active], self._worker, self._control.workers)
        programs = ("gradients", "evaluate", "prepare")
        return bind(self._plan_of(share, batch), self._memories[shard], place, programs)

    def _collect(
        self, program: str, shard: int, share: slice, binding: BoundPlan
    ) -> Iterator[Call]:
        """What a shard computed, to where callers read it."""
        for name, array in binding.outputs[program].items():
            if name == LOSS:
                yield partial(np.copyto, self._losses[shard : shard + 1], array.reshape(1))
            else:
                yield partial(np.copyto, self._outputs[name][share], array)

    def _bind_update(self, plan: Plan, active: int) -> list[list[Call]]:
        """Adds up the gradients of the shards and updates, on this worker's slices."""
        workers = self._control.workers
        place = ShardContext(None, None, self._worker, workers)
        binding = bind(plan, self._memories[0], place, ("update",))
        dtype = np.dtype(DTYPES[plan.precision])
        first, *others = (m.regions["gradients"].view(dtype) for m in self._memories[:active])
        added: list[Call] = []
        for part in own_slices(len(first), plan.loop_step, self._worker, workers):
            added.extend(partial(np.add, first[part], o[part], first[part]) for o in others)
        phases = [list(phase) for phase in binding.phases["update"]]
        # Slices of the vector and of a segment in it need not be the same.
        return [added, *phases]
