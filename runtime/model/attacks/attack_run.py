"""`netc attack`: the accuracy of a classifier against the size of an attack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....compiler.problems.asking import NothingToAttack
from ....grammar.problem import Problems
from ...array_types import Array, Doubles, Labels
from ...data.data_range import DataRange
from ...events import Reporter
from ...training.evaluation import PartName, load_part, open_part
from ...training.fitting import OpenedPart
from ...training.metrics.class_metrics import predicted_classes
from ...training.prerequisites import report_missing_prerequisites
from ...training.spec import Spec
from ...training.trained_state import TrainedState
from ..reading import prediction_rule, probabilities_of
from .attack import Attacked, AttackedNetwork, build_of
from .options import AttackOptions


@dataclass(frozen=True, slots=True, eq=False)
class AttackPoint:
    """What an attack of one size comes to."""

    eps: float
    accuracy: float
    loss: float
    predicted: Labels
    """The class of each sample."""
    probabilities: Doubles | None
    """Of that class; None where the outputs are margins."""
    samples: Array
    """What the first input has become, (N, ...), in the unit of the data."""


@dataclass(frozen=True, slots=True, eq=False)
class AttackReport:
    """Accuracy against eps."""

    data: str
    part: PartName
    options: AttackOptions
    classes: tuple[str, ...]
    truths: Labels
    ranges: tuple[DataRange, ...]
    points: tuple[AttackPoint, ...]


def attack_on_data(
    spec: Spec,
    state: TrainedState,
    epsilons: Sequence[float],
    options: AttackOptions,
    *,
    root: Path,
    part: PartName,
    most: int,
    problems: Problems,
    reporter: Reporter,
) -> AttackReport | None:
    """Attacks samples of a part of the data, at most so many, evenly spread; None after a
    problem."""
    rule = prediction_rule(spec.model, spec.graph)
    classes = rule.classes(state)
    if classes is None or rule.has_several(state) or len(spec.graph.node(rule.output).shape) > 1:
        place = spec.place("losses.0" if spec.model.losses else "nodes.0")
        problems.add(NothingToAttack(at=place))
        return None
    report_missing_prerequisites(spec, problems, purpose="differentiate")
    if problems.has_errors():
        return None
    loaded = load_part(spec, state, root=root, part=part, problems=problems, reporter=reporter)
    if loaded is None:
        return None
    build = build_of(spec.graph)
    session = open_part(spec, loaded, problems, build=build, purpose="differentiate")
    if session is None:
        return None
    count = len(loaded.samples)
    rows = np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.intp))
    network = AttackedNetwork(OpenedPart(session, loaded.samples, loaded.state))
    truths = loaded.samples.y[rows].reshape(len(rows)).astype(np.int64)

    def point(found: Attacked) -> AttackPoint:
        output = found.outputs[rule.output].reshape(len(rows), -1)
        predicted = predicted_classes(output, rule.threshold)
        each = probabilities_of(output)
        picked = each[np.arange(len(rows)), predicted] if rule.is_probability else None
        share = float((predicted == truths).mean())
        return AttackPoint(found.eps, share, found.loss, predicted, picked, found.inputs[0])

    points = tuple(map(point, network.attack(rows, epsilons, options)))
    names = tuple(str(label) for label in classes.tolist())
    return AttackReport(loaded.dataset.name, part, options, names, truths, network.ranges, points)
