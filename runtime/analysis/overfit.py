"""One batch that a network must memorise: the first thing to try with a new one.

Nothing that keeps it from learning is on: no noise layers, augmentation, schedule, label smoothing,
regularization or weight decay of `reg`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...compiler.graph import Graph
from ...compiler.ir import Model
from ...compiler.language.frozen import change
from ...compiler.lower.network import loss_sites
from ...compiler.optimizers.optimizer import Stepping
from ...grammar.problem import Problems
from ..array_types import Doubles
from ..engine.selection import AnyEngine, Build, EngineOptions, closing_after
from ..events import Reporter, StepDone
from ..plots.curves import Curve, draw_curves
from ..plots.picture import Picture
from ..plots.style import FAINT, set_title
from ..training.diagnosis.dead_units import find_dead_units
from ..training.engine_choice import build_of, start_workers
from ..training.loading.spec_data import load_data
from ..training.objectives.batches import (
    EncodedSplit,
    SampleIndices,
    epoch_order,
    fill,
    read_batches,
)
from ..training.prerequisites import report_missing_prerequisites
from ..training.session import Session, open_session
from ..training.spec import RunOptions, Spec

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BATCH = 32
"""Samples, unless another number is asked for."""
STEPS = 1000
NEARLY = 0.01
"""This share of the first loss is nearly zero."""
DEAD = 0.5
"""This share of dead units is worth a word where a batch is not learned."""
FALLING = 0.9
"""If this share of the last steps made the loss smaller, it still falls."""
EQUAL = 1e-4
"""Outputs that differ by no more than this share of the largest one are the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """What training on the batch came to with one learning rate."""

    rate: float
    losses: Doubles
    """(steps,): before each step."""
    right: int | None
    """Labels that are right at the end; None where the targets are numbers."""
    learned: bool

    @property
    def steps(self) -> int:
        return len(self.losses)


@dataclass(frozen=True, slots=True, eq=False)
class OverfitReport:
    """What one batch came to, and what is likely where it was not learned."""

    samples: int
    labels: int
    """Those that can be right or wrong: one per sample, or per position."""
    training: int
    """Samples of the training part."""
    data: str
    off: tuple[str, ...]
    """What the spec asks for and is off."""
    goal: float
    """The loss that is nearly zero."""
    attempt: Attempt
    findings: tuple[str, ...] = ()
    """What was measured that explains why it was not learned."""


def overfit(
    spec: Spec,
    options: RunOptions,
    batch: int | None,
    *,
    root: Path,
    problems: Problems,
    reporter: Reporter,
) -> OverfitReport | None:
    """Trains on one batch until it is learned, or `STEPS` steps are over; None after a problem.
    `batch` is how many samples; None: `BATCH`."""
    optimizer = spec.model.optimizer
    report_missing_prerequisites(spec, problems)
    if problems.has_errors():
        return None
    assert isinstance(optimizer, Stepping)
    quiet, off = _quiet(spec, batch)
    dataset = load_data(quiet, root=root, problems=problems, reporter=reporter)
    if dataset is None:
        return None
    build = partial(_build_without_noise, build_of(options, reporter))
    session = open_session(quiet, dataset, problems, options, build=build)
    if session is None:
        return None
    try:
        start_workers(session.engine, quiet.place("train"), reporter)
        case = _case(session)
        attempt = _train(session, case, optimizer.lr, reporter)
        report = OverfitReport(
            data=dataset.name,
            samples=len(case.rows),
            training=len(dataset.train),
            labels=case.labels,
            off=off,
            goal=NEARLY * float(attempt.losses[0]),
            attempt=attempt,
        )
        if attempt.learned:
            return report
        found = list(_findings(session, case, report))
    finally:
        session.engine.close()
    for rate in _other_rates(attempt):
        again = open_session(quiet, dataset, problems, options, build=build)
        assert again is not None  # as the first one
        other = closing_after(again.engine, partial(_train, again, case, rate, reporter))
        if other.learned:
            found.insert(0, f"with `lr={rate:g}` it is learned in {other.steps:,} steps")
            break
    return replace(report, findings=tuple(found))


# The batch, and training on it


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """The batch."""

    part: EncodedSplit
    rows: SampleIndices
    labels: int


def _quiet(spec: Spec, batch: int | None) -> tuple[Spec, tuple[str, ...]]:
    """The spec without what keeps a network from memorising, and what that was."""
    model = spec.model
    losses = tuple(loss.without_smoothing() for loss in model.losses)
    noisy = [
        node.layer.word for node in spec.graph.nodes if node.layer.without_noise() != node.layer
    ]
    off = {
        **dict.fromkeys(noisy),
        **({"augment": None} if model.augment is not None else {}),
        **({"smoothing": None} if losses != model.losses else {}),
        **({"reg": None} if model.regularizers else {}),
        **({"schedule": None} if model.schedule is not None else {}),
        **({"stop": None} if model.stops else {}),
    }
    quiet = change(
        model,
        losses=losses,
        augment=None,
        regularizers=(),
        schedule=None,
        stops=(),
        expectations=(),
        tune=None,
        train=change(model.train, batch=batch or BATCH),
    )
    return spec.with_model(quiet), tuple(off)


def _build_without_noise(
    build: Build, model: Model, graph: Graph, options: EngineOptions
) -> AnyEngine:
    nodes = tuple(node._replace(layer=node.layer.without_noise()) for node in graph.nodes)
    return build(model, replace(graph, nodes=nodes), options)


def _case(session: Session) -> _Case:
    """The first batch of training."""
    part, settings = session.encoded().train, session.settings
    order = epoch_order(settings.seed, 1, len(part), shuffle=settings.shuffle)
    rows = order[: settings.batch]
    labels = sum(
        int((part.truths[index][rows] >= 0).sum())
        for index, output in enumerate(session.objective.measured_outputs)
        if output.classes is not None
    )
    return _Case(part, rows, labels)


def _train(session: Session, case: _Case, rate: float, reporter: Reporter) -> Attempt:
    """Steps on the batch, until it is learned."""
    engine = session.engine
    _fill(session, case)
    losses: list[float] = []
    learned = False
    with np.errstate(all="ignore"):
        for step in range(1, STEPS + 1):
            engine.train_step(rate)
            losses.append(engine.loss())
            reporter(StepDone(1, step, losses[-1], 0.0))
            if not isfinite(losses[-1]):
                break
            near = losses[-1] <= NEARLY * losses[0]
            learned = near and _right(session, case) == case.labels and _explained(session, case)
            if learned:
                break
    right = _right(session, case) if isfinite(losses[-1]) else 0
    return Attempt(rate, np.array(losses), right if case.labels else None, learned)


def _other_rates(attempt: Attempt) -> tuple[float, ...]:
    """Learning rates that are worth trying where one has failed: larger ones only where the loss
    still fell."""
    rate, losses = attempt.rate, attempt.losses
    if not isfinite(losses[-1]) or losses[-1] > losses[0] or not _still_falls(losses):
        return rate / 10, rate / 100, rate * 10
    return rate * 10, rate * 100


def _still_falls(losses: Doubles) -> bool:
    """Whether nearly every one of the last steps made the loss smaller, and all of them by more
    than a thousandth."""
    last = losses[-(len(losses) // 10) :]
    return float((np.diff(last) < 0).mean()) > FALLING and last[-1] < 0.999 * last[0]


def _fill(session: Session, case: _Case) -> None:
    session.engine.resize(len(case.rows))
    ((rows, read),) = read_batches(case.part, case.rows, len(case.rows), None)
    fill(session.engine.feeds, case.part, rows, len(rows), read)


def _right(session: Session, case: _Case) -> int:
    """Labels that the outputs of the last step answer rightly."""
    right = 0
    for index, output in enumerate(session.objective.measured_outputs):
        if output.classes is None:
            continue
        metrics = replace(output, metrics=(("acc", "acc"),)).new_metrics()
        found = session.engine.outputs[output.output][: len(case.rows)]
        predicted, true = output.arranged(found, case.part.truths[index][case.rows])
        metrics.add(predicted, true)
        right += round(metrics.values()["acc"] * true.size)
    return right


def _explained(session: Session, case: _Case) -> bool:
    """Whether numbers are learned but for a hundredth of their variance: a loss that is small
    beside its first value may only have found their mean."""
    return all(unexplained <= NEARLY for unexplained in _unexplained(session))


def _unexplained(session: Session) -> Iterator[float]:
    """Of each target that is numbers, the squared errors of the outputs of the last step over the
    squared distances from the mean."""
    engine, kinds = session.engine, {item.feed: item.kind for item in session.objective.encodings}
    for site in loss_sites(session.spec.model, session.spec.graph):
        if kinds.get(site.feed) == "numbers":
            target, output = engine.feeds[site.feed], engine.outputs[site.output]
            spread = float(((target - target.mean(axis=0)) ** 2).sum())
            yield float(((output - target) ** 2).sum()) / spread if spread else 0.0


# What explains that it was not learned


def _findings(session: Session, case: _Case, report: OverfitReport) -> Iterator[str]:
    losses = report.attempt.losses
    yield from _course_of(losses)
    if not isfinite(losses[-1]):
        return
    conflicts = _conflicts(case)
    if conflicts:
        yield f"{conflicts} samples of the batch equal another one that has another target"
    model, graph, engine = session.spec.model, session.spec.graph, session.engine
    inputs = {name: np.asarray(x[case.rows]) for name, x in case.part.inputs.items()}
    for units in find_dead_units(model, graph, engine.parameters(), inputs):
        dead = int(units.dead.sum())
        if dead >= DEAD * len(units.dead):
            yield f"{dead} of {len(units.dead)} units of `{units.activation}` are 0 for all of them"
    for name, array in engine.parameters().items():
        columns = array.reshape(-1, array.shape[-1])
        if array.ndim > 1 and columns.shape[1] > 1 and (columns == columns[:, :1]).all():
            yield f"all units of `{name.rpartition('.')[0]}` have equal weights, and stay equal"
    yield from _of_outputs(session, case)
    parameters = graph.parameter_count() or 0
    numbers = report.labels or sum(
        engine.feeds[item.feed].size for item in session.objective.encodings
    )
    if parameters < numbers:
        yield f"{parameters:,} parameters are too few for {numbers:,} targets"


def _course_of(losses: Doubles) -> Iterator[str]:
    """How the loss went."""
    if not isfinite(losses[-1]):
        step = len(losses)
        yield f"the loss became {losses[-1]:g} in step {step:,}: the learning rate is too large"
        return
    window = len(losses) // 10
    before, last = float(losses[-2 * window : -window].mean()), float(losses[-window:].mean())
    if last > float(losses[0]):
        yield f"the loss rose from {losses[0]:.4g} to {last:.4g}: the learning rate is too large"
    elif _still_falls(losses):
        yield (
            f"the loss still falls, from {before:.4g} to {last:.4g} in the last {window:,} steps: "
            "the learning rate is small"
        )


def _conflicts(case: _Case) -> int:
    """Samples that equal another one of the batch and have another target."""
    targets: dict[bytes, set[bytes]] = {}
    keys = []
    for row in case.rows:
        key = b"".join(np.asarray(x[row]).tobytes() for x in case.part.inputs.values())
        wanted = b"".join(
            (target.rows[row] if target.index is None else target.index[row]).tobytes()
            for target in case.part.targets
        )
        targets.setdefault(key, set()).add(wanted)
        keys.append(key)
    return sum(len(targets[key]) > 1 for key in keys)


def _of_outputs(session: Session, case: _Case) -> Iterator[str]:
    engine = session.engine
    engine.evaluate_step()
    numbers = {item.feed for item in session.objective.encodings if item.kind == "numbers"}
    for site in loss_sites(session.spec.model, session.spec.graph):
        output = engine.outputs[site.output]
        low, high = float(output.min()), float(output.max())
        if (np.ptp(output, axis=0) <= EQUAL * max(abs(low), abs(high))).all():
            yield f"the output of `{site.output}` is the same for all samples"
        elif site.feed in numbers:
            target = engine.feeds[site.feed]
            least, most = float(target.min()), float(target.max())
            if high - low < 0.5 * (most - least):
                yield (
                    f"the targets are from {least:.4g} to {most:.4g}, the outputs of "
                    f"`{site.output}` from {low:.4g} to {high:.4g}"
                )


def overfit_picture(report: OverfitReport, title: str) -> Picture:
    """The loss of the batch over the steps."""
    losses = report.attempt.losses.tolist()
    steps = list(range(1, len(losses) + 1))

    def fill(figure: Figure) -> None:
        figure.set_size_inches(4.8, 3.0)
        axis = figure.subplots()
        curve = Curve("", steps, losses)
        draw_curves(axis, [curve], label="loss of the batch", over="step", log="y")
        axis.axhline(report.goal, color=FAINT, linewidth=0.8, linestyle="dashed")
        axis.annotate(
            "nearly zero",
            (0.01, report.goal),
            xycoords=("axes fraction", "data"),
            va="bottom",
            fontsize=7.5,
        )
        set_title(figure, title)

    return Picture("overfit", fill, {"step": steps, "loss": losses})
