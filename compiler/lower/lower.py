"""Lowers a model to a plan. The whole way on one screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Literal

from ..graph import Graph
from ..ir import Model
from .allocate import Allocation, allocate, item_bytes
from .backward import emit_backward
from .forward import Forward, emit_forward
from .layout import Layout, lay_out
from .network import Network, build_network
from .passes.choose_layouts import LEAST_BATCH, choose_layouts
from .passes.fold_batchnorm import fold_batchnorm
from .passes.fuse_bias import fuse_bias
from .passes.fuse_losses import fuse_losses
from .passes.fuse_norm import fuse_norm
from .passes.merge_common import merge_common, rename
from .passes.pool_first import pool_first
from .passes.prepare_weights import prepare_weights
from .passes.recompute import recompute
from .passes.remove_dead_code import remove_dead_code
from .passes.share_softmax import share_softmax
from .plan import ALIGNMENT, LOSS, Buffer, Plan, Step
from .program import Emitter, Instruction, Program, Value, Way
from .update import Lasting, emit_update

GRAPH_PASSES: tuple[Callable[[Network], Network], ...] = (fuse_losses, pool_first)
PROGRAM_PASSES: tuple[Callable[[Program], None], ...] = (
    merge_common,
    share_softmax,
    fuse_bias,
    fuse_norm,
    remove_dead_code,
)

LOOP_STEP = 32_768
"""Elements of the flat vectors an optimizer handles before it goes on: five such slices of
float32 fit in the 2 MiB second-level cache of a core."""


Purpose = Literal["evaluate", "gradients", "step", "train"]
"""What a plan is for: forward passes; the gradients of the losses; training steps; or training
steps and the evaluations between them."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a caller may decide about a plan, none of which changes what it computes."""

    graph_passes: tuple[Callable[[Network], Network], ...] = GRAPH_PASSES
    program_passes: tuple[Callable[[Program], None], ...] = PROGRAM_PASSES
    narrow_batch: int | None = LEAST_BATCH
    """Samples from which regions of few channels have their samples innermost; None: never."""
    prepares: bool = True
    """Whether evaluation folds batch normalisation and works on prepared weights."""
    inspect: Callable[[Program], None] | None = None
    """Called with every program after each of its passes: `verify`, in tests."""
    loop_step: int = LOOP_STEP
    ways: Mapping[str, Way] = field(default_factory=dict)
    """How the convolutions of training are computed where it was measured, by node."""


def lower(
    model: Model,
    graph: Graph,
    *,
    batch: int,
    total_batch: int | None = None,
    purpose: Purpose = "train",
    choices: Choices | None = None,
) -> Plan:
    """The plan of a model for a batch of this many samples, with the programs of its purpose.

    With `total_batch` the samples are one shard of a larger batch: losses and moments are over
    all of it, and a step is two programs, `gradients` for each shard and `update` for all.
    Every size of the graph must be known. Without a loss the plan cannot train, and without an
    optimizer a step changes no weight.
    """
    choices = choices or Choices()
    precision = model.train.precision if model.train is not None else "f32"
    exact = model.train is not None and model.train.exact
    network = build_network(model, graph)
    for graph_pass in choices.graph_passes:
        network = graph_pass(network)
    layout = lay_out(model, graph)
    building = _Building(network, layout, batch, total_batch, precision, choices, exact)
    if purpose in ("evaluate", "train"):
        building.add_evaluate()
    if model.losses and purpose != "evaluate":
        building.add_train(model, updates=purpose != "gradients")
    return building.finish()


@dataclass(slots=True)
class _Building:
    """A plan in the making: the buffers known so far, and the programs."""

    network: Network
    layout: Layout
    batch: int
    total_batch: int | None
    precision: str
    choices: Choices
    exact: bool
    buffers: list[Buffer] = field(default_factory=list)
    programs: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    outputs: dict[str, dict[str, int]] = field(default_factory=dict)
    feeds: dict[str, int] = field(default_factory=dict)
    cells: dict[str, int] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    prepared: dict[int, int] = field(default_factory=dict)
    """Where the prepared values stand: `prepare` makes them and `evaluate` reads them."""
    constants: dict[tuple[float | None, str], int] = field(default_factory=dict)
    """The longest array of one number and one type: every shorter one is its beginning."""

    def add_evaluate(self) -> None:
        """Forward only, with the losses when the caller feeds targets."""
        program, e, feeds, parameters = self._begin("evaluate", training=False)
        forward = emit_forward(self.network, e, parameters, feeds, self._narrow())
        self._name_outputs(program, forward)
        prepare = Program("prepare")
        if self.choices.prepares:
            fold_batchnorm(program, e)
            self._inspect(program)
            prepare = prepare_weights(program)
        self._run_passes(program)
        self._place(prepare, {}, Lasting({}, 0))
        self._place(program, feeds, Lasting({}, 0))

    def add_train(self, model: Model, *, updates: bool) -> None:
        """Forward, backward, update."""
        sharded = self.total_batch is not None
        name = "train" if updates and not sharded else "gradients"
        program, e, feeds, parameters = self._begin(name, training=True)
        forward = emit_forward(self.network, e, parameters, feeds, self._narrow())
        gradients = emit_backward(self.network, e, forward)
        self._name_outputs(program, forward)
        homes = self._home_gradients(e, gradients)
        if sharded and updates:
            self._add_update(model)
        lasting = Lasting({}, 0)
        if model.optimizer is not None and name == "train":
            lasting = emit_update(model, self.layout, e)
        _relocate(program, homes)
        self._inspect(program)
        self._run_passes(program)
        if model.train is not None and model.train.memory == "low":
            recompute(program, self._arena_bytes)
            self._inspect(program)
        self._place(program, feeds, lasting)

    def _arena_bytes(self, program: Program) -> int:
        return allocate(program, self.precision, self.choices.loop_step).size

    def _add_update(self, model: Model) -> None:
        """The update as a program of its own, for when all shards have their gradients."""
        program, e, _, _ = self._begin("update", training=True)
        lasting = Lasting({}, 0)
        if model.optimizer is not None:
            lasting = emit_update(model, self.layout, e)
        self._inspect(program)
        self._place(program, {}, lasting)

    def _narrow(self) -> frozenset[str]:
        """The nodes whose samples stand innermost."""
        least = self.choices.narrow_batch
        if least is None or self.batch < least:
            return frozenset()
        return choose_layouts(self.network, exact=self.exact)

    def _run_passes(self, program: Program) -> None:
        for program_pass in self.choices.program_passes:
            program_pass(program)
            self._inspect(program)

    def _inspect(self, program: Program) -> None:
        if self.choices.inspect is not None:
            self.choices.inspect(program)

    def _begin(
        self, name: str, *, training: bool
    ) -> tuple[Program, Emitter, dict[str, Value], dict[str, dict[str, Value]]]:
        program = Program(name)
        e = Emitter(
            program,
            self.batch,
            self.total_batch or self.batch,
            training,
            sharded=self.total_batch is not None,
            exact=self.exact,
            ways=self.choices.ways if training else {},
        )
        feeds = {
            node.name: e.new_value(
                (self.batch, *(size for size in node.shape if size is not None)),
                region="feeds",
                name=node.name,
            )
            for node in self.network.nodes
            if not node.inputs
        }
        parameters: dict[str, dict[str, Value]] = {}
        for region, slots in (("parameters", self.layout.trained), ("kept", self.layout.kept)):
            for slot in slots:
                value = e.new_value(slot.shape, region=region, offset=slot.offset, name=slot.name)
                parameters.setdefault(slot.node, {})[slot.parameter.name] = value
        return program, e, feeds, parameters

    def _name_outputs(self, program: Program, forward: Forward) -> None:
        for name, node in self.network.outputs.items():
            program.outputs[name] = forward.layers[node].output
        if forward.total is not None:
            program.outputs[LOSS] = forward.total

    def _home_gradients(
        self, e: Emitter, gradients: dict[tuple[str, str], Value]
    ) -> dict[int, Value]:
        """Each gradient is computed where it belongs in the flat vector, or copied there."""
        homes: dict[int, Value] = {}
        made = {value.id for item in e.program.instructions for value in item.results}
        for slot in self.layout.trained:
            gradient = gradients.get((slot.node, slot.parameter.name))
            if gradient is None:
                gradient = e.emit("fill", S=prod(slot.shape), value=0.0)
            elif gradient.storage not in made or gradient.storage in homes:
                gradient = e.emit("copy", e.view(gradient, slot.shape))
            homes[gradient.storage] = Value(
                gradient.storage, slot.shape, gradient.dtype, "gradients", offset=slot.offset
            )
        return homes

    def _place(self, program: Program, feeds: dict[str, Value], lasting: Lasting) -> None:
        """Gives the values of a program their bytes and writes it down."""
        allocation = allocate(program, self.precision, self.choices.loop_step)
        binder = _Numbering(self, allocation)
        for name, feed in feeds.items():
            self.feeds.setdefault(name, binder.number(feed))
        self.programs[program.name] = tuple(binder.step(item) for item in program.instructions)
        self.outputs[program.name] = {
            name: binder.number(value) for name, value in program.outputs.items()
        }
        self.cells.update({name: binder.number(cell) for name, cell in lasting.cells.items()})
        self.bytes["arena"] = max(self.bytes.get("arena", 0), allocation.size)
        state = lasting.state_size * item_bytes("f", self.precision)
        self.bytes["state"] = max(self.bytes.get("state", 0), state)

    def finish(self) -> Plan:
        size = item_bytes("f", self.precision)
        trains = bool({"train", "gradients"} & set(self.programs))
        self.bytes["parameters"] = self.layout.trained_size * size
        self.bytes["gradients"] = self.layout.trained_size * size if trains else 0
        self.bytes["kept"] = self.layout.kept_size * size
        for region in ("feeds", "cells", "prepared"):
            self.bytes.setdefault(region, 0)
        return Plan(
            precision=self.precision,
            batch=self.batch,
            buffers=tuple(self._place_constants()),
            programs=self.programs,
            outputs=self.outputs,
            feeds=self.feeds,
            slots=self.layout.trained + self.layout.kept,
            cells=self.cells,
            bytes=self.bytes,
            loop_step=self.choices.loop_step,
        )

    def _place_constants(self) -> Iterator[Buffer]:
        """All buffers, now that the longest constant of each kind is known."""
        starts: dict[tuple[float | None, str], int] = {}
        end = 0
        for (fill, dtype), size in self.constants.items():
            starts[fill, dtype] = end
            length = size * item_bytes(dtype, self.precision)
            end += -(-length // ALIGNMENT) * ALIGNMENT
        self.bytes["constants"] = end
        for buffer in self.buffers:
            if buffer.region == "constants":
                buffer = replace(buffer, offset=starts[buffer.fill, buffer.dtype])
            yield buffer

    def place_after(self, region: str, value: Value) -> int:
        """The next free bytes of a region that only grows."""
        offset = self.bytes.get(region, 0)
        length = max(1, value.size) * item_bytes(value.dtype, self.precision)
        self.bytes[region] = offset + -(-length // ALIGNMENT) * ALIGNMENT
        return offset


@dataclass(slots=True)
class _Numbering:
    """Turns the values of one program into numbers of buffers."""

    building: _Building
    allocation: Allocation
    known: dict[int, int] = field(default_factory=dict)
    growing: dict[int, int] = field(default_factory=dict)
    """Where the storages of feeds and cells stand."""

    def step(self, item: Instruction) -> Step:
        return Step(
            item.row,
            tuple(self.number(value) for value in item.operands),
            tuple(self.number(value) for value in item.results),
            tuple(self.number(value) for value in item.scratch),
            item.attributes,
            item.layer,
            item.loop,
        )

    def number(self, value: Value) -> int:
        if value.id not in self.known:
            buffer = Buffer(
                value.region,
                self._offset(value),
                value.shape,
                value.dtype,
                value.storage,
                value.fill,
            )
            self.known[value.id] = len(self.building.buffers)
            self.building.buffers.append(buffer)
        return self.known[value.id]

    def _offset(self, value: Value) -> int:
        building = self.building
        if value.region == "arena":
            return self.allocation.offsets[value.storage]
        if value.region in ("parameters", "gradients", "kept", "state"):
            return value.offset * item_bytes(value.dtype, building.precision)
        if value.region == "feeds" and value.name in building.feeds:
            return building.buffers[building.feeds[value.name]].offset
        if value.region == "constants":
            kind = (value.fill, value.dtype)
            building.constants[kind] = max(building.constants.get(kind, 1), value.size)
            return 0
        growing = building.prepared if value.region == "prepared" else self.growing
        if value.storage not in growing:
            growing[value.storage] = building.place_after(value.region, value)
        return growing[value.storage]


def _relocate(program: Program, homes: dict[int, Value]) -> None:
    """Moves values, and the views of them, out of the arena."""

    def moved(values: tuple[Value, ...]) -> tuple[Value, ...]:
        return tuple(
            replace(homes[value.id], shape=value.shape)
            if value.id in homes
            else rename(value, homes)
            for value in values
        )

    program.instructions[:] = [
        replace(item, operands=moved(item.operands), results=moved(item.results))
        for item in program.instructions
    ]


def plan_bytes(plan: Plan) -> int:
    """All bytes of a plan's regions."""
    return sum(plan.bytes.values())
