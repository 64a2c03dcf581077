"""What a trained network answers: its mistakes, and the samples on which its loss is highest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ....compiler.lower.network import loss_sites
from ...array_types import Array, Doubles, Labels
from ...training.metrics.class_metrics import predicted_classes
from ...training.objectives.batches import SampleIndices
from ...training.objectives.measured_outputs import MeasuredOutput
from .opening import Inspection


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What came out for each sample."""

    losses: Doubles
    """The weighted sum of the losses, (N,), without weights of samples and classes."""
    confusion: Labels | None
    """Rows are the true classes, columns the predicted ones; None without single classes."""
    names: tuple[str, ...]
    """Of the classes."""
    true: Labels | None
    """The class of each sample, (N,), -1 where it is ignored; None where it has several or none."""
    predicted: Labels | None
    scores: Doubles | None
    """What the network gives the predicted class."""

    def worst(self, count: int) -> Labels:
        """The indices of the samples with the highest losses, the highest first."""
        return np.argsort(-self.losses, kind="stable")[:count]


@dataclass(slots=True)
class OutcomeGatherer:
    """Gathers the outcomes, batch by batch."""

    inspection: Inspection
    losses: list[Doubles] = field(default_factory=list)
    outputs: list[Array] = field(default_factory=list)
    """Of the measured output, where a sample has one class."""
    confusion: Labels | None = None

    def add(self, rows: SampleIndices, outputs: Mapping[str, Array]) -> None:
        """What was computed for the samples `rows`."""
        spec = self.inspection.spec
        total = np.zeros(len(rows))
        for site in loss_sites(spec.model, spec.graph):
            each = outputs[site.rows_output].reshape(len(rows), -1)
            total += site.loss.factor * each.mean(axis=1, dtype=np.float64)
        self.losses.append(total)
        reading = classified_output(self.inspection)
        if reading is None:
            return
        output = outputs[reading.output]
        truth = np.asarray(self._truth(reading)[rows])
        scores, labels = reading.arranged(output, truth)
        classes = reading.classes or 0
        answers = predicted_classes(scores, reading.threshold)
        counts = np.bincount(labels * classes + answers, minlength=classes**2)
        counts = counts.reshape(classes, classes)
        self.confusion = counts if self.confusion is None else self.confusion + counts
        if truth.size == len(rows):
            self.outputs.append(output.reshape(len(rows), -1).copy())

    def _truth(self, reading: MeasuredOutput) -> Array:
        readings = self.inspection.session.objective.measured_outputs
        outputs = [one.output for one in readings]
        return self.inspection.encoded.truths[outputs.index(reading.output)]

    def outcomes(self) -> Outcomes:
        """What has come together."""
        losses = np.concatenate(self.losses)
        reading = classified_output(self.inspection)
        if reading is None:
            return Outcomes(losses, None, (), None, None, None)
        names = reading.names
        if not self.outputs:
            return Outcomes(losses, self.confusion, names, None, None, None)
        scores = np.concatenate(self.outputs)
        predicted = predicted_classes(scores, reading.threshold)
        if scores.shape[1] == 1:
            # one output for two classes
            given = (
                scores[:, 0]
                if reading.linear
                else np.where(predicted == 1, scores[:, 0], 1 - scores[:, 0])
            )
        else:
            given = scores[np.arange(len(scores)), predicted]
        true = self._truth(reading).reshape(len(losses))
        return Outcomes(losses, self.confusion, names, true, predicted, given.astype(np.float64))


def classified_output(inspection: Inspection) -> MeasuredOutput | None:
    """The first output with one class per sample or position."""
    readings = inspection.session.objective.measured_outputs
    found = next((one for one in readings if one.classes and not one.several), None)
    if found is None or found.names:
        return found
    return replace(found, names=tuple(map(str, range(found.classes or 0))))
