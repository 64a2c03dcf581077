"""Emits the forward pass: every layer in order, then every loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..layers.trace import Trace
from ..losses.loss import LossInputs, Saved
from .network import LossSite, Network
from .program import Emitter, Layout, Value


@dataclass(frozen=True, slots=True)
class LossTrace:
    """What the backward pass of a loss needs."""

    site: LossSite
    inputs: LossInputs
    saved: Saved
    factor: float
    """What one row's loss counts in the total: weight / rows. A row is a sample, a position or,
    where outputs count by themselves, an output."""
    rows: Value
    """The loss of each row."""
    weights: Value | None = None
    """What each row counts, where they differ."""


@dataclass(slots=True)
class Swaps:
    """Values that were laid out anew where one region reads from another."""

    made: dict[int, Value] = field(default_factory=dict)
    """By the number of the value in its own layout."""

    def swapped(self, e: Emitter, value: Value, layout: Layout) -> Value:
        """A value in a layout; each is swapped once."""
        if value.layout == layout or len(value.shape) != 4:
            return value
        if value.id not in self.made:
            self.made[value.id] = e.laid_out(value, layout)
        return self.made[value.id]


@dataclass(frozen=True, slots=True)
class Forward:
    """The traces of a forward pass."""

    layers: dict[str, Trace]
    losses: tuple[LossTrace, ...]
    total: Value | None
    """The weighted sum of the losses, a scalar."""
    swaps: Swaps


def emit_forward(
    network: Network,
    e: Emitter,
    parameters: Mapping[str, Mapping[str, Value]],
    feeds: dict[str, Value],
) -> Forward:
    """Emits all layers and losses. New feeds for targets are added to `feeds`."""
    traces: dict[str, Trace] = {}
    swaps = Swaps()
    for node in network.nodes:
        e.layer = node.name
        if not node.inputs:
            output = feeds[node.name]
            traces[node.name] = Trace((), {}, output, ())
            continue
        layout: Layout = "chwn" if node.name in network.innermost else "nhwc"
        inputs = tuple(swaps.swapped(e, traces[name].output, layout) for name in node.inputs)
        e.layout = layout
        own = parameters.get(node.shares or node.name, {})
        flow = node.layer.forward(e, inputs, own)
        if any(flow.output.id == value.id for value in inputs):
            raise AssertionError(f"`{node.layer.word}` must make a value of its own")
        traces[node.name] = Trace(inputs, dict(own), flow.output, flow.saved)
    e.layout = "nhwc"

    losses: list[LossTrace] = []
    total: Value | None = None
    for site in network.losses:
        e.layer = f"loss {site.loss.word}"
        prediction = traces[site.prediction].output
        if site.target is not None:
            target = e.view(traces[site.target].output, prediction.shape)
        else:
            if site.feed not in feeds:
                feeds[site.feed] = e.new_value(prediction.shape, region="feeds", name=site.feed)
            target = feeds[site.feed]
        if site.loss.weighs_outputs():
            shape = (*prediction.shape, 1)
            prediction, target = e.view(prediction, shape), e.view(target, shape)
        compared = LossInputs(prediction, target, site.reads_logits)
        per_row, saved = site.loss.forward(e, compared)
        rows, weights = per_row, None
        if site.weighted:
            if site.weight_feed not in feeds:
                feeds[site.weight_feed] = e.new_value(
                    per_row.shape, region="feeds", name=site.weight_feed
                )
            weights = feeds[site.weight_feed]
            per_row = e.emit("multiply", per_row, weights)
        factor = site.loss.factor * e.batch / (e.total_batch * per_row.size)
        value = e.emit("sum_all", per_row, e.ones_over(*per_row.shape), factor=factor)
        total = value if total is None else e.emit("add", total, value)
        losses.append(LossTrace(site, compared, saved, factor, rows, weights))
    return Forward(traces, tuple(losses), total, swaps)
