"""What a network makes of the part that was held out: the test part, else the validation part, else
the training part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....compiler.shapes import elements
from ...array_types import Array, Doubles
from ...data.dataset import Split
from ...data.lints import PartTitle
from ...training.diagnosis.balance import counts_by_part
from ...training.metrics.class_metrics import ClassificationMetrics
from ...training.objectives.batches import EncodedSplit, fill, read_batches
from ...training.objectives.measured_outputs import MeasuredOutput
from ...training.session import Session
from ..charts.markup import cut
from ..data import CategoryRow, ConfusedPair, ReportedClasses, RocCurve
from ..thinning import thinned

MOST_SAMPLES = 20_000
"""So many are measured again, for what is said of classes."""
MOST_SCORES = 4_000_000
"""Numbers that are kept for the curves of classes."""
LARGEST_MATRIX = 100
"""Classes of a confusion matrix that is shown."""
MOST_CONFUSED = 15
LONGEST_NAME = 60
"""Letters of the name of a class."""
MOST_ROCS = 8


def held_out_title(session: Session) -> PartTitle:
    """The name of the part that is looked at."""
    if session.dataset.test is not None:
        return "test"
    return "training" if session.dataset.validation is None else "validation"


def held_out_number(session: Session) -> int:
    """Its place among the parts that there are: it is the last one."""
    return len(session.dataset.parts()) - 1


@dataclass(frozen=True, slots=True, eq=False)
class FoundClasses:
    """What is said of classes."""

    classes: ReportedClasses
    rocs: tuple[RocCurve, ...]


def find_classes(session: Session) -> FoundClasses | None:
    """Of the first output with classes or labels; None without one."""
    outputs = session.objective.measured_outputs
    index = next((n for n, one in enumerate(outputs) if one.classes is not None), None)
    if index is None:
        return None
    reading = outputs[index]
    metrics = _measured(session, index, reading)
    count = reading.classes or 0
    names = tuple(cut(name, LONGEST_NAME) for name in reading.names)
    names = names or tuple(str(number) for number in range(count))
    samples = _samples(session.dataset.parts(), session, reading)
    figures = metrics.by_class()
    rows = tuple(
        CategoryRow(
            name,
            tuple(int(part[number]) for part in samples),
            float(figures["precision"][number]),
            float(figures["recall"][number]),
            float(figures["f1"][number]),
            _known(figures["auc"][number]) if "auc" in figures else None,
            int(figures["samples"][number]),
        )
        for number, name in enumerate(names)
    )
    confusion = metrics.confusion
    found = ReportedClasses(held_out_title(session), rows)
    if not reading.several:
        small = count <= LARGEST_MATRIX
        found = ReportedClasses(
            held_out_title(session),
            rows,
            tuple(tuple(map(int, row)) for row in confusion) if small else (),
            _confused(confusion, names),
            int(np.trace(confusion)),
            int(confusion.sum()),
            "positions" if _has_positions(session, reading) else "samples",
        )
    return FoundClasses(found, _rocs(metrics, names, reading))


def _measured(session: Session, index: int, reading: MeasuredOutput) -> ClassificationMetrics:
    """Passes the part through the network."""
    encoded = session.encoded()
    part = encoded.test or encoded.validation or encoded.train
    count = min(len(part), MOST_SAMPLES)
    classes = reading.classes or 0
    scores = count * classes * (elements(part.truths[index].shape[1:]) or 1)
    keeps = scores <= MOST_SCORES and not _has_positions(session, reading)
    metrics = ClassificationMetrics(
        classes,
        ("report",) if keeps else (),
        reading.threshold,
        several=reading.several,
        linear=reading.linear,
    )
    engine, size = session.engine, session.settings.evaluation_batch
    order = np.arange(count) * len(part) // count
    with np.errstate(all="ignore"):
        for rows, read in read_batches(part, order, size, None):
            engine.resize(len(rows))
            fill(engine.feeds, part, rows, len(rows), read)
            engine.evaluate_step()
            output = engine.outputs[reading.output][: len(rows)]
            metrics.add(*reading.arranged(output, _truth(part, index, rows, read)))
    return metrics


def _truth(part: EncodedSplit, index: int, rows: Array, read: object) -> Array:
    found = part.truths_of(rows, read)[index]  # type: ignore[arg-type]
    return np.asarray(found)


def _has_positions(session: Session, reading: MeasuredOutput) -> bool:
    return not reading.several and len(session.spec.graph.node(reading.output).shape) > 1


def _samples(parts: tuple[Split, ...], session: Session, reading: MeasuredOutput) -> list[Array]:
    """How many of each class every part has."""
    encoding = reading.truth.encoding
    if encoding is None:
        return []
    if not reading.several:
        return list(counts_by_part(session.dataset, encoding).values())
    targets = [np.asarray(part.targets[encoding.target]) for part in parts]
    return [(y.reshape(len(y), -1) == 1).sum(axis=0) for y in targets]


def _confused(confusion: Array, names: tuple[str, ...]) -> tuple[ConfusedPair, ...]:
    """The most frequent confusions."""
    wrong = np.array(confusion)
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:MOST_CONFUSED]
    pairs = [divmod(int(at), len(names)) for at in order]
    return tuple(
        ConfusedPair(names[true], names[predicted], int(wrong[true, predicted]))
        for true, predicted in pairs
        if wrong[true, predicted]
    )


def _rocs(
    metrics: ClassificationMetrics, names: tuple[str, ...], reading: MeasuredOutput
) -> tuple[RocCurve, ...]:
    """Of two classes that of the second one, of labels that of each."""
    if "report" not in metrics.wanted or not (reading.several or reading.classes == 2):
        return ()
    scores, positive = metrics.against_the_rest()
    areas = metrics.by_class()["auc"]
    shown = range(len(names))[:MOST_ROCS] if reading.several else (1,)
    return tuple(
        roc_curve(names[number], scores[:, number], positive[:, number], float(areas[number]))
        for number in shown
        if np.isfinite(areas[number])
    )


def roc_curve(name: str, score: Array, positive: Array, area: float) -> RocCurve:
    """The shares of negatives and of positives above every threshold."""
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(positive[order])
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(order) - 1)
    true: Doubles = np.append(0.0, hits[ends] / max(int(hits[-1]), 1))
    false: Doubles = np.append(0.0, (ends + 1 - hits[ends]) / max(len(order) - int(hits[-1]), 1))
    kept = thinned((true - false).tolist(), 200)
    return RocCurve(name, tuple(false[kept].tolist()), tuple(true[kept].tolist()), area)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
