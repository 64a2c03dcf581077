"""Weights, outputs and gradients by layer."""

from __future__ import annotations

from collections.abc import Sequence

from ....grammar.problem import Problems
from ...analysis.inspection.figures import ActivationFigures, ParameterFigures
from ...analysis.inspection.gradients import gradient_figures
from ...analysis.inspection.opening import Inspection, open_inspection
from ...analysis.inspection.report import InspectionReport
from ...training.evaluation import LoadedPart, PartName
from ...training.fitting import trained_state_of
from ...training.session import Session
from ..data import Insides, LayerOutput, ReportHistogram
from .held_out import held_out_number, held_out_title

MOST_SAMPLES = 2000
LEAST_SAMPLES = 16
MULTIPLY_ADDS = 2e10
"""How much is computed for a look inside, about: a second or two."""
MOST_SHOWN = 16
"""Layers whose histograms are shown."""
MOST_ROWS = 500
"""Layers whose figures are shown."""
PART_NAMES: dict[str, PartName] = {"training": "train", "validation": "val", "test": "test"}


def inspect_session(session: Session, problems: Problems) -> Inspection | None:
    """The trained network of a session with samples of the part that was held out; None after a
    problem. The session has kept its samples as they were read."""
    dataset = session.dataset
    samples = dataset.unprepared[held_out_number(session)]
    classes = tuple(dataset.classes_of(index) for index in range(len(dataset.target_names)))
    part = PART_NAMES[held_out_title(session)]
    loaded = LoadedPart(dataset, part, samples, classes, trained_state_of(session))
    most = sample_budget(session)
    return open_inspection(session.spec, loaded, most=most, places=(), problems=problems)


def sample_budget(session: Session) -> int:
    """How many samples are looked at: fewer of a network that takes long."""
    cost = sum(node.multiply_adds or 0 for node in session.spec.graph.nodes)
    return max(LEAST_SAMPLES, min(MOST_SAMPLES, int(MULTIPLY_ADDS / max(cost, 1))))


def insides_of(inspection: Inspection, report: InspectionReport, part: str) -> Insides:
    """The figures of a look inside."""
    weights = [item for item in report.parameters if len(item.shape) > 1]
    gradients = [item for item in gradient_figures(inspection) if len(item.shape) > 1]
    layers = len(report.activations)
    return Insides(
        len(inspection.encoded),
        part,
        _histograms(weights),
        _histograms(report.activations),
        _histograms(gradients),
        tuple(_output(item) for item in report.activations[:MOST_ROWS]),
        max(0, max(layers, len(weights)) - MOST_SHOWN),
    )


def _histograms(
    items: Sequence[ParameterFigures] | Sequence[ActivationFigures],
) -> tuple[ReportHistogram, ...]:
    """Of very many some, evenly spaced, the first and the last among them."""
    count = len(items)
    if count > MOST_SHOWN:
        chosen = [round(n * (count - 1) / (MOST_SHOWN - 1)) for n in range(MOST_SHOWN)]
    else:
        chosen = list(range(count))
    return tuple(
        ReportHistogram(
            item.name,
            float(item.histogram.edges[0]),
            float(item.histogram.edges[-1]),
            tuple(map(int, item.histogram.counts)),
            item.mean,
            item.deviation,
        )
        for item in (items[number] for number in chosen)
    )


def _output(item: ActivationFigures) -> LayerOutput:
    return LayerOutput(
        item.name,
        item.heading,
        item.mean,
        item.deviation,
        item.least,
        item.most,
        item.zeros,
        item.saturated,
        item.dead,
        item.units,
    )
