"""What a network of one or two features answers everywhere: regions of classes, or a curve, with
the training samples on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...compiler.lower.network import loss_sites
from ..array_types import Array, Doubles
from ..data.dataset import Split
from ..data.fitted_prep import prepare
from ..data.target_prep import TargetSteps, undo_target
from ..events import EpochDone, EpochStarted, Event, Reporter
from ..plots.style import COLOURS
from ..training.session import Session

SIDE = 80
"""Points of the grid along each of two axes."""
POINTS = 240
"""Along one axis."""
MARGIN = 0.08
"""How far the grid goes beyond the samples, as a share of their range."""
MOST_SNAPSHOTS = 48


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Where a network is asked, and the samples there."""

    axes: tuple[str, ...]
    """The names of one or two features."""
    grid: Doubles
    """(points, features): rows of the plane, from the lowest up."""
    samples: Doubles
    """(N, features) of the training part, as they were read."""
    truth: Array
    """(N,): class indices, or numbers."""
    classes: tuple[str, ...]
    """Empty where the targets are numbers."""
    target: str
    output: str
    """The node that is asked."""
    threshold: float
    probabilities: bool
    undo: TargetSteps = ()
    """What `prep on=target` did to the numbers that the network learns."""

    @property
    def limits(self) -> list[tuple[float, float]]:
        """The ends of each axis."""
        return [(float(x.min()), float(x.max())) for x in self.grid.T]


def plane_of(session: Session) -> Plane | None:
    """The plane of a network of one or two features; None for others. It needs the samples as they
    were read."""
    dataset, objective = session.dataset, session.objective
    if len(objective.inputs) != 1 or not dataset.unprepared or not objective.encodings:
        return None
    part = dataset.unprepared[0]
    if part.inputs[0].shape[1:] not in ((1,), (2,)) or any(dataset.categories):
        return None
    samples = np.asarray(part.inputs[0], np.float64)
    usual = ("x",) if samples.shape[1] == 1 else ("x1", "x2")
    return _with_target(session, part, samples, dataset.columns or usual)


def _with_target(
    session: Session, part: Split, samples: Doubles, axes: tuple[str, ...]
) -> Plane | None:
    dataset, objective = session.dataset, session.objective
    encoding = objective.encodings[0]
    site = next(
        item
        for item in loss_sites(session.spec.model, session.spec.graph)
        if item.feed == encoding.feed
    )
    measured = next((m for m in objective.measured_outputs if m.output == site.output), None)
    target = dataset.target_columns[0] if dataset.target_columns else "y"
    common: dict[str, Any] = {
        "axes": axes,
        "grid": _grid(samples),
        "samples": samples,
        "target": target,
        "output": site.output,
    }
    if measured is not None and measured.classes is not None:
        if measured.several or measured.classes > len(COLOURS):
            return None
        labels = encoding.labels(part.targets[encoding.target])
        names = measured.names or tuple(map(str, range(measured.classes)))
        if labels.ndim != 1 or (len(axes) == 1 and measured.classes != 2):
            return None
        return Plane(
            truth=labels,
            classes=names,
            threshold=measured.threshold,
            probabilities=not measured.linear,
            **common,
        )
    numbers = part.targets[encoding.target].reshape(len(part), -1)
    if encoding.kind != "numbers" or numbers.shape[1] != 1:
        return None
    return Plane(
        truth=numbers[:, 0].astype(np.float64),
        classes=(),
        threshold=0.0,
        probabilities=False,
        undo=encoding.steps,
        **common,
    )


def _grid(samples: Doubles) -> Doubles:
    low, high = samples.min(axis=0), samples.max(axis=0)
    room = MARGIN * np.where(high > low, high - low, 1.0)
    count = SIDE if samples.shape[1] == 2 else POINTS
    lines = [np.linspace(*ends, count) for ends in zip(low - room, high + room, strict=True)]
    return np.stack([axis.ravel() for axis in np.meshgrid(*lines)], axis=1)


def answers(session: Session, plane: Plane) -> Doubles:
    """What the network gives at every point of the grid, (points, outputs)."""
    engine, dataset, settings = session.engine, session.dataset, session.settings
    ((node, shape),) = session.objective.inputs.items()
    dtype = np.dtype(engine.feeds[node].dtype)
    x: Array = plane.grid
    if dataset.steps:
        raw = plane.grid.reshape(-1, *dataset.raw_shape)
        x = prepare(raw, dataset.steps, dtype)
    x = np.ascontiguousarray(x, dtype).reshape(len(x), *shape)
    found = []
    for start in range(0, len(x), settings.evaluation_batch):
        rows = x[start : start + settings.evaluation_batch]
        engine.resize(len(rows))
        engine.feeds[node][: len(rows)] = rows
        engine.evaluate_step()
        found.append(engine.outputs[plane.output][: len(rows)].reshape(len(rows), -1).copy())
    whole = undo_target(plane.undo, np.concatenate(found))
    return np.asarray(whole, np.float64)


@dataclass(slots=True)
class SurfaceRecorder:
    """Hands events on, and asks the network before the first epoch and after each; of long runs,
    after every second one, every fourth one and so on."""

    session: Session
    plane: Plane
    reporter: Reporter
    found: dict[int, Doubles] = field(default_factory=dict)
    """By epoch; 0 is before training."""
    every: int = 1

    def __call__(self, event: Event) -> None:
        self.reporter(event)
        if isinstance(event, EpochStarted) and event.epoch == 1:
            self._ask(0)
        if isinstance(event, EpochDone) and event.epoch % self.every == 0:
            self._ask(event.epoch)
            if len(self.found) > MOST_SNAPSHOTS:
                self.every *= 2
                self.found = {n: x for n, x in self.found.items() if n % self.every == 0}

    def _ask(self, epoch: int) -> None:
        with np.errstate(all="ignore"):
            self.found[epoch] = answers(self.session, self.plane)
