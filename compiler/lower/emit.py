"""Emits the programs of a plan, before any pass: evaluation, training, and the update alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import prod

from ..ir import Model
from .adversarial import emit_adversarial
from .backward import emit_backward
from .context import Context
from .forward import Forward, emit_forward
from .layout import ParameterLayout
from .network import Network
from .plan import LOSS, Slot
from .program import Emitter, Program, Value
from .update import emit_update
from .vectors import Lasting


@dataclass(frozen=True, slots=True)
class Emitted:
    """A program, and what the caller fills and sets."""

    program: Program
    feeds: dict[str, Value] = field(default_factory=dict)
    lasting: Lasting = field(default_factory=Lasting)


def emit_evaluation(network: Network, layout: ParameterLayout, context: Context) -> Emitted:
    """Forward only, with the losses when the caller feeds targets."""
    e = _emitter("evaluate", context)
    feeds = _feeds(network, e)
    forward = emit_forward(network, e, _parameters(layout, e), feeds)
    _name_outputs(network, forward, e.program)
    return Emitted(e.program, feeds)


def emit_training(
    model: Model, network: Network, layout: ParameterLayout, context: Context, *, updates: bool
) -> Emitted:
    """Forward and backward, and the update where `updates` says so."""
    e = _emitter("train" if updates else "gradients", context)
    feeds = _feeds(network, e)
    parameters = _parameters(layout, e)
    seen = feeds
    if model.train.adversarial and context.purpose in ("step", "train"):
        seen = emit_adversarial(network, e, parameters, feeds)
    forward = emit_forward(network, e, parameters, seen)
    gradients = emit_backward(network, e, forward, feeds)
    _name_outputs(network, forward, e.program)
    for name in network.request.gradients:
        if name in gradients.outputs:
            e.program.outputs[f"gradient:{name}"] = gradients.outputs[name]
    wanted = layout.trained if network.request.parameters else ()
    homes = _place_gradients(wanted, e, gradients.parameters)
    emitted = Emitted(e.program, feeds)
    if updates and model.optimizer is not None:
        lasting = emit_update(model.optimizer, layout, e, precision=context.precision)
        emitted = replace(emitted, lasting=lasting)
    _relocate(e.program, homes)
    return emitted


def emit_update_alone(model: Model, layout: ParameterLayout, context: Context) -> Emitted:
    """The update as a program of its own, for when all shards have their gradients."""
    e = _emitter("update", context)
    if model.optimizer is None:
        return Emitted(e.program)
    lasting = emit_update(model.optimizer, layout, e, precision=context.precision)
    return Emitted(e.program, lasting=lasting)


def _emitter(name: str, context: Context) -> Emitter:
    backward, purpose = name != "evaluate", context.purpose
    training = backward and purpose != "differentiate"
    return Emitter(
        Program(name),
        context.batch,
        context.total_batch or context.batch,
        training,
        backward=backward,
        noise=training or purpose == "sample",
        sharded=context.total_batch is not None,
        exact=context.exact,
        native=context.choices.native,
        algorithms=context.choices.algorithms if backward else {},
    )


def _feeds(network: Network, e: Emitter) -> dict[str, Value]:
    """The samples of every input."""
    return {
        node.name: e.new_value(
            (e.batch, *(size for size in node.shape if size is not None)),
            region="feeds",
            name=node.name,
        )
        for node in network.nodes
        if not node.inputs
    }


def _parameters(layout: ParameterLayout, e: Emitter) -> dict[str, dict[str, Value]]:
    """All parameters, by node and name."""
    parameters: dict[str, dict[str, Value]] = {}
    for slot in layout.trained + layout.kept:
        value = e.new_value(slot.shape, region=slot.region, offset=slot.offset, name=slot.name)
        parameters.setdefault(slot.node, {})[slot.parameter.name] = value
    return parameters


def _name_outputs(network: Network, forward: Forward, program: Program) -> None:
    for name, node in network.outputs.items():
        program.outputs[name] = forward.layers[node].output
    if network.request.rows:
        for trace in forward.losses:
            program.outputs[trace.site.rows_output] = trace.rows
    if forward.total is not None:
        program.outputs[LOSS] = forward.total


def _place_gradients(
    slots: tuple[Slot, ...], e: Emitter, gradients: dict[tuple[str, str], Value]
) -> dict[int, Value]:
    """Each gradient is computed where it belongs in the flat vector, or copied there."""
    homes: dict[int, Value] = {}
    made = {value.id for item in e.program.instructions for value in item.results}
    for slot in slots:
        gradient = gradients.get((slot.node, slot.parameter.name))
        if gradient is None:
            gradient = e.emit("fill", S=prod(slot.shape), value=0.0)
        elif gradient.storage not in made or gradient.storage in homes:
            gradient = e.emit("copy", e.view(gradient, slot.shape))
        homes[gradient.storage] = Value(
            gradient.storage, slot.shape, gradient.dtype, "gradients", offset=slot.offset
        )
    return homes


def _relocate(program: Program, homes: dict[int, Value]) -> None:
    """Moves values, and the views of them, out of the arena."""

    def moved(values: tuple[Value, ...]) -> tuple[Value, ...]:
        return tuple(
            replace(homes[value.id], shape=value.shape)
            if value.id in homes
            else value.renamed(homes)
            for value in values
        )

    for at, item in enumerate(program.instructions):
        operands, results = moved(item.operands), moved(item.results)
        if operands != item.operands or results != item.results:
            program.instructions[at] = replace(item, operands=operands, results=results)
