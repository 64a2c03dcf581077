"""Emits the forward pass: every layer in order, then every loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..ops.trace import Trace
from ..program import Emitter, Value
from .network import LossSite, Network


@dataclass(frozen=True, slots=True)
class LossTrace:
    """What the backward pass of a loss needs."""

    site: LossSite
    prediction: Value
    target: Value
    saved: tuple[Value, ...]
    factor: float
    """What one sample's loss counts in the total: weight / samples (or positions)."""


@dataclass(frozen=True, slots=True)
class Forward:
    """The traces of a forward pass."""

    layers: dict[str, Trace]
    losses: tuple[LossTrace, ...]
    total: Value | None
    """The weighted sum of the losses, a scalar."""


def emit_forward(
    network: Network,
    e: Emitter,
    parameters: Mapping[str, Mapping[str, Value]],
    feeds: dict[str, Value],
) -> Forward:
    """Emits all layers and losses. New feeds for targets are added to `feeds`."""
    traces: dict[str, Trace] = {}
    for node in network.nodes:
        e.layer = node.name
        if not node.inputs:
            output = feeds[node.name]
            traces[node.name] = Trace((), {}, output, ())
            continue
        inputs = tuple(traces[name].output for name in node.inputs)
        own = parameters.get(node.shares or node.name, {})
        flow = node.layer.forward(e, inputs, own)
        if any(flow.output.id == value.id for value in inputs):
            raise AssertionError(f"`{node.layer.word}` must make a value of its own")
        traces[node.name] = Trace(inputs, dict(own), flow.output, flow.saved)

    losses: list[LossTrace] = []
    total: Value | None = None
    for site in network.losses:
        e.layer = f"loss {site.loss.word}"
        prediction = traces[site.prediction].output
        if site.target is not None:
            target = e.view(traces[site.target].output, prediction.shape)
        else:
            name = f"target:{site.output}"
            if name not in feeds:
                feeds[name] = e.new_value(prediction.shape, region="feeds", name=name)
            target = feeds[name]
        per_sample, saved = site.loss.forward(e, prediction, target, reads_logits=site.reads_logits)
        factor = site.loss.weight * e.batch / (e.total_batch * per_sample.size)
        value = e.emit("sum_all", per_sample, e.ones_over(*per_sample.shape), factor=factor)
        total = value if total is None else e.emit("add", total, value)
        losses.append(LossTrace(site, prediction, target, saved, factor))
    return Forward(traces, tuple(losses), total)
