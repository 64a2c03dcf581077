"""What weights, outputs and gradients of each layer look like, epoch by epoch.

Vanishing and exploding gradients, saturation, dead units and a symmetry that is never broken are
seen there. What is recorded is what a training step would compute on one batch of the training
part, always the same, at the start and after every epoch; the run itself stays as it is to the last
bit.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ...array_types import Array
from ...engine.engine import Engine
from ...engine.selection import EngineOptions, set_weights
from ...events import Diverged, EpochDone, Event, Reporter, Started
from ...training.objectives.batches import EncodedSplit, fill
from ...training.session import Session
from .figures import distinct_units
from .layers import ShownLayer, shown_layers
from .opening import build_transparent

MOST_SAMPLES = 64
MOST_VALUES = 4096
"""Numbers of a layer that are kept of an epoch."""

Snapshots = dict[str, list[Array]]
"""By layer or parameter: some of its numbers after each epoch."""


@dataclass(slots=True)
class LayerHistory:
    """What was recorded, epoch by epoch; 0 is the start."""

    epochs: list[int] = field(default_factory=list)
    weights: Snapshots = field(default_factory=dict)
    outputs: Snapshots = field(default_factory=dict)
    gradients: Snapshots = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)
    """Of each parameter."""
    distinct: dict[str, int] = field(default_factory=dict)
    """How many units of a parameter have weights of their own, after the last epoch."""


@dataclass(slots=True)
class LayerRecorder:
    """Records a run: its `reporter` is to be told the events of the run."""

    session: Session
    engine: Engine
    part: EncodedSplit
    """The batch."""
    layers: tuple[ShownLayer, ...]
    history: LayerHistory = field(default_factory=LayerHistory)

    def reporter(self, event: Event) -> None:
        """Records at the start, after every epoch, and where the loss is not finite any more."""
        if isinstance(event, Started):
            self._record(0)
        elif isinstance(event, EpochDone | Diverged):
            self._record(event.epoch)

    def beside(self, other: Reporter) -> Reporter:
        """A reporter that tells both."""

        def tell(event: Event) -> None:
            self.reporter(event)
            other(event)

        return tell

    def _record(self, epoch: int) -> None:
        engine, history = self.engine, self.history
        set_weights(engine, self.session.engine.parameters())
        engine.memory.reset_streams()
        rows = np.arange(len(self.part))
        fill(engine.feeds, self.part, rows, len(rows))
        # as in a run, what overflows is seen in what comes out
        with np.errstate(all="ignore"):
            engine.gradient_step()
        history.epochs.append(epoch)
        gradients = {name: array for name, array in engine.gradients().items() if array.ndim > 1}
        parameters = engine.parameters()
        for name, array in gradients.items():
            history.gradients.setdefault(name, []).append(some_of(array))
            history.weights.setdefault(name, []).append(some_of(parameters[name]))
            history.units[name] = array.shape[-1]
            history.distinct[name] = distinct_units(parameters[name])
        for layer in self.layers:
            output = engine.outputs[layer.last.name]
            history.outputs.setdefault(layer.name, []).append(some_of(output))


def open_recorder(session: Session) -> LayerRecorder:
    """A recorder of a session that is about to be trained."""
    count = min(MOST_SAMPLES, len(session.dataset.train))
    rows = np.arange(count) * len(session.dataset.train) // count
    few = session.dataset.train.take(rows)
    dataset = replace(session.dataset, train=few, validation=None, test=None)
    spec, settings = session.spec, session.settings
    options = EngineOptions(
        count, count, settings.seed, "gradients", sample_weights=few.weights is not None
    )
    engine = build_transparent(spec.model, spec.graph, options)
    count = min(count, engine.plan.batch)
    engine.resize(count)
    part = (
        replace(session, dataset=replace(dataset, train=few.take(slice(0, count)))).encoded().train
    )
    return LayerRecorder(session, engine, part, shown_layers(spec.graph))


def some_of(array: Array) -> Array:
    """At most `MOST_VALUES` of the numbers, evenly spaced."""
    flat = array.ravel()
    return flat[:: -(-flat.size // MOST_VALUES)].copy()
