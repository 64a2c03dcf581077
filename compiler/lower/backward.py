"""Differentiates by a reverse walk over the layers, each of which emits its own gradient.

Where a value is read twice, its gradients are added; where a parameter is shared, likewise.
"""

from __future__ import annotations

from dataclasses import dataclass

from .forward import Forward
from .network import Network
from .program import Emitter, Value


@dataclass(frozen=True, slots=True)
class NetworkGradients:
    """The gradients of what is differentiated."""

    parameters: dict[tuple[str, str], Value]
    """By node and parameter name."""
    outputs: dict[str, Value]
    """Of inputs, and of what layers give that the caller reads, by the name in the graph."""


def emit_backward(
    network: Network, e: Emitter, forward: Forward, feeds: dict[str, Value]
) -> NetworkGradients:
    """Emits the gradients of the total loss, or of the node that is asked for; its seed is added
    to the feeds."""
    gradients: dict[int, Value] = {}
    of = network.request.of
    if of:
        output = forward.layers[network.outputs[of]].output
        seed = e.new_value(output.shape, region="feeds", name=f"seed:{of}")
        feeds[seed.name] = gradients[output.id] = seed
    parameters: dict[tuple[str, str], Value] = {}
    for trace in forward.losses:
        e.layer = f"loss {trace.site.loss.word}"
        loss = trace.site.loss
        gradient = loss.backward(e, trace.inputs, trace.saved, factor=trace.factor)
        if trace.weights is not None:
            gradient = e.emit("scale_rows", gradient, trace.weights)
        output = forward.layers[trace.site.prediction].output
        if gradient.shape != output.shape:
            gradient = e.view(gradient, output.shape)
        _accumulate(e, gradients, output, gradient)

    for node in reversed(network.nodes):
        layer = forward.layers[node.name]
        e.layer = node.name
        swapped = forward.swaps.made.get(layer.output.id)
        if swapped is not None and swapped.id in gradients:
            back = e.laid_out(gradients[swapped.id], layer.output.layout)
            _accumulate(e, gradients, layer.output, back)
        arrived = gradients.get(layer.output.id)
        if arrived is None or not node.inputs:
            continue
        e.layout = layer.output.layout
        found = node.layer.backward(e, layer, arrived)
        for value, gradient_in in zip(layer.inputs, found.inputs, strict=True):
            if gradient_in is not None:
                _accumulate(e, gradients, value, gradient_in)
        for name, gradient_of in found.parameters.items():
            key = (node.shares or node.name, name)
            if key in parameters:
                parameters[key] = e.emit("add", parameters[key], gradient_of)
            else:
                parameters[key] = gradient_of
    e.layout = "nhwc"
    read = network.outputs | {name: name for name in network.inputs()}
    numbers = {name: forward.layers[node].output.id for name, node in read.items()}
    outputs = {name: gradients[number] for name, number in numbers.items() if number in gradients}
    return NetworkGradients(parameters, outputs)


def _accumulate(e: Emitter, gradients: dict[int, Value], value: Value, gradient: Value) -> None:
    known = gradients.get(value.id)
    gradients[value.id] = gradient if known is None else e.emit("add", known, gradient)
