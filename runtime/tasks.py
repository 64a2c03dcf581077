"""What a network is asked to do: how targets are coded, and what is measured.

Joins three things that must agree: the outputs of the network, what its losses compare them
with, and what the targets of the data are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..compiler.graph import Graph
from ..compiler.ir import Model
from ..compiler.problems.data import ClassesDiffer, InputDiffersFromData, TargetDoesNotFit
from ..compiler.problems.running import CannotRunYet, MetricCannotBeMeasured, PartIsEmpty
from ..compiler.shapes import elements
from ..compiler.spans import Place, Spans
from ..compiler.words.losses import Loss, Target
from ..compiler.words.quantities import STATIC
from ..compiler.words.schedules import Plateau
from ..compiler.words.stops import Patience, When
from ..grammar.problem import Problems
from .data.dataset import Dataset
from .feeding import Coding, Truth
from .metrics import CLASS_METRICS, NUMBER_METRICS, ClassTally, NumberTally

CLASSED = (Target.CLASS, Target.SIGN, Target.SHARES, Target.BITS)


@dataclass(frozen=True, slots=True)
class Task:
    """The agreement: what to feed, and what to measure at which output."""

    source: str
    """The input node."""
    shape: tuple[int, ...]
    """Of one sample at the input."""
    codings: tuple[Coding, ...]
    output: str
    """The node that metrics read: that of the first loss."""
    metrics: tuple[str, ...]
    """Those that are measured on every part, tables among them."""
    classes: int | None
    """None when metrics compare numbers."""
    threshold: float
    """Above it a single output answers class 1."""
    truth: Truth = "target"
    """What metrics compare the output with."""

    def tally(self) -> ClassTally | NumberTally | None:
        """A new gatherer of the metrics; None when there is nothing to measure."""
        if not self.metrics:
            return None
        if self.classes is not None:
            return ClassTally(self.classes, self.metrics, self.threshold)
        return NumberTally(self.metrics)

    def measured(self) -> tuple[str, ...]:
        """The quantities of one part in the order of a table."""
        return ("loss", *(name for name in self.metrics if name != "confusion"))


def wants_classes(losses: Sequence[Loss]) -> bool:
    """Whether the losses that the data is compared with learn classes."""
    return any(loss.target is None and loss.targets[0] in CLASSED for loss in losses)


def agree(
    model: Model, graph: Graph, dataset: Dataset, spans: Spans, problems: Problems
) -> Task | None:
    """The task of a model on a data set, or None after problems."""
    before = len(problems)
    source, shape = _match_input(model, graph, dataset, spans, problems)
    codings: list[Coding] = []
    primary: Coding | None = None
    for index, loss in enumerate(model.losses):
        if loss.target is not None:
            continue
        node = graph.labels[loss.on] if loss.on is not None else graph.outputs[0]
        units = elements(graph.node(node).shape)
        coding = _code(loss, index, node, units or 0, dataset, spans, problems)
        if coding is None:
            continue
        if not any(coding.feed == other.feed for other in codings):
            codings.append(coding)
        primary = primary if index else coding
    if len(problems) > before:
        return None
    first = model.losses[0]
    output = graph.labels[first.on] if first.on is not None else graph.outputs[0]
    as_classes = primary is not None and primary.codes is not None
    mirrors = first.target is not None and graph.labels[first.target] == source
    metrics = _choose_metrics(
        model,
        dataset,
        spans,
        problems,
        as_classes=as_classes,
        compares=primary is not None or mirrors,
    )
    if len(problems) > before:
        return None
    return Task(
        source,
        shape,
        tuple(codings),
        output,
        metrics,
        dataset.classes if as_classes else None,
        0.0 if Target.SIGN in first.targets else 0.5,
        "input" if mirrors else "target",
    )


def _match_input(
    model: Model, graph: Graph, dataset: Dataset, spans: Spans, problems: Problems
) -> tuple[str, tuple[int, ...]]:
    """The input node and its shape. A free size takes what the sample has there."""
    inputs = [index for index, node in enumerate(model.nodes) if not node.inputs]
    node = graph.node(model.nodes[inputs[0]].name)
    sample = dataset.sample_shape
    place = _place(spans, f"nodes.{inputs[0]}")
    if len(inputs) > 1:
        other = _place(spans, f"nodes.{inputs[1]}")
        what = "a second input"
        problems.add(CannotRunYet(at=other.span, calls=other.calls, what=what))
    if None in node.shape:
        problems.add(CannotRunYet(at=place.span, calls=place.calls, what="a free size"))
    elif elements(node.shape) != elements(sample):
        problems.add(
            InputDiffersFromData(
                at=place.span,
                calls=place.calls,
                shape=node.shape,
                sample=sample,
                data=dataset.name,
            )
        )
    return node.name, tuple(size for size in node.shape if size is not None)


def _code(
    loss: Loss,
    index: int,
    node: str,
    units: int,
    dataset: Dataset,
    spans: Spans,
    problems: Problems,
) -> Coding | None:
    place = _place(spans, f"losses.{index}")
    feed = f"target:{node}"

    def refuse(reason: str, advice: str) -> None:
        problems.add(
            TargetDoesNotFit(
                at=place.span,
                calls=place.calls,
                loss=loss.word,
                data=dataset.name,
                reason=reason,
                advice=advice,
            )
        )

    def differ(wanted: int, what: str) -> None:
        problems.add(
            ClassesDiffer(
                at=place.span,
                calls=place.calls,
                outputs=units,
                data=dataset.name,
                wanted=wanted,
                what=what,
            )
        )

    if dataset.classes is None:
        wide = dataset.train.y.shape[1]
        if Target.REALS not in loss.targets and not _in_range(loss, dataset):
            reason = "they are measured numbers, it learns classes"
            refuse(reason, "`loss mse` learns numbers")
        elif units != wide:
            differ(wide, "numbers a target" if wide > 1 else "number a target")
        else:
            return Coding(feed, None)
        return None
    if units == 1 and dataset.classes == 2 and loss.targets != (Target.CLASS,):
        low = -1.0 if Target.SIGN in loss.targets else 0.0
        return Coding(feed, np.array([[low], [1.0]]))
    if units == dataset.classes and not loss.one_unit:
        return Coding(feed, np.eye(units))
    differ(dataset.classes, "classes")
    return None


def _in_range(loss: Loss, dataset: Dataset) -> bool:
    """Whether measured targets are what a loss of shares or bits takes."""
    if Target.BITS in loss.targets or Target.SHARES in loss.targets:
        y = dataset.train.y
        inside = bool((y >= 0).all() and (y <= 1).all())
        return inside and (
            Target.BITS in loss.targets or bool(np.allclose(y.sum(axis=1), 1, atol=1e-3))
        )
    if Target.SIGN in loss.targets:
        return bool(np.isin(dataset.train.y, (-1, 1)).all())
    return False


def _choose_metrics(
    model: Model,
    dataset: Dataset,
    spans: Spans,
    problems: Problems,
    *,
    as_classes: bool,
    compares: bool,
) -> tuple[str, ...]:
    """`acc` where there are classes, then what `metric`, `expect`, `stop` and `schedule` name."""
    possible = CLASS_METRICS if as_classes else NUMBER_METRICS if compares else ()
    wanted = dict.fromkeys(("acc",) if as_classes else ())
    asked = [(metric.word, f"metrics.{index}") for index, metric in enumerate(model.metrics)]
    for quantity, path in _watched(model):
        bare = quantity.removeprefix("val_").removeprefix("train_")
        if bare in STATIC:
            continue
        unseen = dataset.test is None if bare == quantity else dataset.validation is None
        if unseen and not quantity.startswith("train_"):
            place = _place(spans, path)
            prefixes = ["train_"]
            if dataset.validation is not None:
                prefixes.append("val_")
            known = tuple(prefix + name for prefix in prefixes for name in ("loss", *wanted))
            problems.add(
                PartIsEmpty(at=place.span, calls=place.calls, quantity=quantity, known=known)
            )
        elif bare != "loss":
            asked.append((bare, path))
    for word, path in asked:
        if word in possible:
            wanted[word] = None
            continue
        place = _place(spans, path)
        if not compares:
            reason = "the loss compares with a part of the network, not with targets or the input"
        elif as_classes:
            reason = "its targets are classes"
        else:
            reason = "its targets are numbers"
        problems.add(
            MetricCannotBeMeasured(
                at=place.span, calls=place.calls, metric=word, data=dataset.name, reason=reason
            )
        )
    return tuple(wanted)


def _watched(model: Model) -> Iterator[tuple[str, str]]:
    """Every quantity that a statement looks at, with the statement's path."""
    for index, expectation in enumerate(model.expectations):
        yield expectation.quantity, f"expectations.{index}"
    for index, stop in enumerate(model.stops):
        if isinstance(stop, Patience):
            yield stop.on, f"stops.{index}"
        elif isinstance(stop, When):
            yield stop.quantity, f"stops.{index}"
    if isinstance(model.schedule, Plateau):
        yield model.schedule.on, "schedule"


def _place(spans: Spans, path: str) -> Place:
    place = spans.get(path)
    if place is None:
        raise ValueError(f"the model has no place for `{path}`")
    return place
