"""Which metrics are measured at which output, and why some cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ....compiler.ir import Model
from ....compiler.losses.loss import Loss, Target
from ....compiler.problems.running import MetricCannotBeMeasured, PartIsEmpty
from ....compiler.spans import Place
from ....compiler.training.metrics import Averaged, fitting
from ....compiler.training.monitors import STATIC
from ....grammar.problem import Problems
from ...array_types import Array
from ...data.dataset import Dataset
from ...data.target_prep import undo_target
from ..metrics.class_metrics import ClassificationMetrics
from ..metrics.regression_metrics import RegressionMetrics
from ..spec import Spec
from .batches import GroundTruth


@dataclass(frozen=True, slots=True)
class MeasuredOutput:
    """What is measured at one output."""

    output: str
    """The node that its metrics read."""
    label: str
    """The label in the spec, where it has one."""
    truth: GroundTruth
    classes: int | None
    """None when its metrics compare numbers."""
    threshold: float
    """Above it a single output answers class 1."""
    names: tuple[str, ...] = ()
    """Of the classes, where they have any."""
    several: bool = False
    """Whether the classes are labels, of which a sample has several."""
    linear: bool = False
    """Whether its outputs are no probabilities."""
    metrics: tuple[tuple[str, str], ...] = ()
    """Each with the name that it is reported by: ("acc", "aux_acc"). Tables are among them."""
    averages: Mapping[str, str] = field(default_factory=dict)
    """What metrics are averaged by, where the spec says it."""

    def possible(self) -> tuple[str, ...]:
        """The metrics that say something about it."""
        return fitting(self.classes, several=self.several)

    def new_metrics(self) -> ClassificationMetrics | RegressionMetrics:
        """A new gatherer of its metrics."""
        wanted = tuple(metric for metric, _ in self.metrics)
        if self.classes is not None:
            return ClassificationMetrics(
                self.classes,
                wanted,
                self.threshold,
                self.averages,
                self.names,
                self.several,
                self.linear,
            )
        return RegressionMetrics(wanted)

    def arranged(self, output: Array, true: Array) -> tuple[Array, Array]:
        """Outputs and truths of a batch as its gatherer takes them: where each position has a
        class, each is a sample of its own."""
        if self.classes is None:
            encoding = self.truth.encoding
            measured = output if encoding is None else undo_target(encoding.steps, output)
            return measured.reshape(len(output), -1), true
        rows = output.reshape(-1, output.shape[-1])
        if self.several:
            return rows, true.reshape(rows.shape)
        labels = true.reshape(-1)
        counted = labels >= 0
        return (rows, labels) if counted.all() else (rows[counted], labels[counted])


def measured_output(loss: Loss, node: str, truth: GroundTruth, dataset: Dataset) -> MeasuredOutput:
    """What can be measured at the output of a loss."""
    encoding = truth.encoding
    several = encoding is not None and encoding.kind == "bits"
    classes: int | None = None
    names: tuple[str, ...] = ()
    if encoding is not None and encoding.codes is not None:
        classes, names = len(encoding.codes), dataset.classes_of(encoding.target) or ()
    elif encoding is not None and several:
        classes, names = encoding.shape[-1], dataset.target_columns
    return MeasuredOutput(
        node,
        loss.on or "",
        truth,
        classes,
        threshold=0.0 if Target.SIGN in loss.targets else 0.5,
        names=names if len(names) == classes else (),
        several=several,
        linear=loss.needs not in ("softmax", "sigmoid"),
    )


def choose_metrics(
    spec: Spec,
    dataset: Dataset,
    measured_outputs: tuple[MeasuredOutput, ...],
    problems: Problems,
) -> tuple[MeasuredOutput, ...]:
    """`acc` where there are classes, then what `metric`, `expect`, `stop` and `schedule` name."""
    model = spec.model
    wanted = dict.fromkeys(("acc",) if any(r.classes is not None for r in measured_outputs) else ())
    asked = [(metric.word, f"metrics.{index}") for index, metric in enumerate(model.metrics)]
    for quantity, path in _watched(model):
        bare = quantity.removeprefix("val_").removeprefix("train_")
        if bare in STATIC:
            continue
        unseen = dataset.test is None if bare == quantity else dataset.validation is None
        if unseen and not quantity.startswith("train_"):
            _report_empty(quantity, wanted, dataset, spec.place(path), problems)
        elif bare != "loss":
            asked.append((bare, path))
    for word, path in asked:
        if any(word in reading.possible() for reading in measured_outputs):
            wanted[word] = None
            continue
        place = spec.place(path)
        if not measured_outputs:
            reason = "the target of the loss is part of the network, not of the data"
        elif measured_outputs[0].classes is None:
            reason = "its targets are numbers"
        elif measured_outputs[0].several:
            reason = "its targets are several labels per sample"
        elif word == "subset_acc":
            reason = "its targets are one class per sample, for which `acc` is the same"
        elif word not in fitting(None):
            reason = f"its targets are {measured_outputs[0].classes} classes"
        else:
            reason = "its targets are classes"
        problems.add(
            MetricCannotBeMeasured(at=place, metric=word, data=dataset.name, reason=reason)
        )
    averages = {
        metric.word: metric.average
        for metric in model.metrics
        if isinstance(metric, Averaged) and metric.average is not None
    }
    named = _name_metrics(tuple(wanted), measured_outputs)
    return tuple(replace(reading, averages=averages) for reading in named)


def _name_metrics(
    wanted: tuple[str, ...], measured_outputs: tuple[MeasuredOutput, ...]
) -> tuple[MeasuredOutput, ...]:
    """Each reading with its metrics; those with none are left out."""
    taken: set[str] = set()
    named = []
    for reading in measured_outputs:
        metrics = []
        for metric in wanted:
            table = metric in ("confusion", "report")
            if metric not in reading.possible() or (table and metric in taken):
                continue
            metrics.append((metric, f"{reading.label}_{metric}" if metric in taken else metric))
            taken.add(metric)
        if metrics:
            named.append(replace(reading, metrics=tuple(metrics)))
    return tuple(named)


def _report_empty(
    quantity: str, wanted: Mapping[str, None], dataset: Dataset, place: Place, problems: Problems
) -> None:
    prefixes = ["train_"]
    if dataset.validation is not None:
        prefixes.append("val_")
    known = tuple(prefix + name for prefix in prefixes for name in ("loss", *wanted))
    problems.add(PartIsEmpty(at=place, quantity=quantity, known=known))


def _watched(model: Model) -> Iterator[tuple[str, str]]:
    """Every quantity that a statement looks at, with the statement's path."""
    for index, expectation in enumerate(model.expectations):
        yield expectation.quantity, f"expectations.{index}"
    for index, stop in enumerate(model.stops):
        watch = stop.watch()
        if watch is not None:
            yield watch.quantity, f"stops.{index}"
    watch = None if model.schedule is None else model.schedule.watch()
    if watch is not None:
        yield watch.quantity, "schedule"
