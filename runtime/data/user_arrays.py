"""Arrays that a program hands over, as samples and targets.

Samples are an array, or for several inputs a dict by their names or a tuple in the order of the
spec; the targets of several losses likewise, by the labels in `on=`. Numbers stay as they are.

Labels are classes where the loss learns classes: texts, booleans, whole numbers of any type. The
classes are 0 to K - 1 when all labels are whole numbers in that range and the network has K
outputs, else the distinct labels in sorted order. Rows with a single 1 among zeros (one-hot)
count as labels where the loss learns one class a sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...compiler.graph import Graph
from ...compiler.ir import Model
from ...compiler.losses.loss import Loss, Target
from ...compiler.problems.data import ColumnUnknown
from ...compiler.problems.samples import (
    ArraysDiffer,
    ColumnsHoldText,
    LabelUnknown,
    NotAnArray,
    TargetsMissing,
)
from ...compiler.shapes import Shape, elements
from ...compiler.spans import Place
from ...grammar.problem import Problems
from ...grammar.source import Source, Span
from ..array_types import Array, float_type
from .array_reader import ArrayReader
from .dataset import IGNORED, DataRequest, RawDataset, Split, are_counted
from .object_arrays import TOO_LARGE, is_whole, plain_array, spelled, why_unusable
from .pixel_scale import OtherScale, PixelScale, scaled_levels
from .tables.names import cut
from .tables.samples import TrainedColumns, columns_of, frame_samples, is_frame

ARRAYS = "arrays"
"""What a data set is called that a program hands over."""

LEARNS_LABELS = (Target.CLASS, Target.SIGN, Target.BITS, Target.SHARES)


@dataclass(frozen=True, slots=True)
class ExpectedTarget:
    """One target that the network is compared with."""

    name: str
    loss: Loss
    shape: Shape
    """Of the output that its loss reads."""

    @property
    def classes(self) -> int:
        """How many classes the output tells apart; one unit tells two."""
        units = self.shape[-1] or 0
        return 2 if elements(self.shape) == 1 else units


def expected_targets(model: Model, graph: Graph) -> tuple[ExpectedTarget, ...]:
    """The targets that losses need from outside, each once."""
    expected: dict[str, ExpectedTarget] = {}
    nodes = graph.by_name()
    for loss in model.losses:
        if loss.target is None:
            name = loss.on or "y"
            node = graph.labels[loss.on] if loss.on is not None else graph.outputs[0]
            expected.setdefault(name, ExpectedTarget(name, loss, nodes[node].shape))
    return tuple(expected.values())


def input_names(model: Model) -> tuple[str, ...]:
    """The input nodes in the order of the spec."""
    return tuple(node.name for node in model.nodes if not node.inputs)


@dataclass(slots=True)
class UserArrays:
    """Takes arrays in and says what is wrong with them."""

    model: Model
    graph: Graph
    problems: Problems
    scales: tuple[PixelScale, ...] = ()
    """What the level of a pixel is as a number, for each input of a trained network."""
    table: TrainedColumns = field(default_factory=lambda: TrainedColumns(DataRequest()))
    """What a trained network knows of the columns of data frames; what an untrained one has seen
    of them."""
    coded: bool = False
    """Whether arrays hold the codes of categories already, as those of files do."""

    def samples(self, x: Any, name: str = "x") -> tuple[Array, ...] | None:
        """One array of floats an input, all of one length; None after a problem."""
        wanted = input_names(self.model)
        parts = self._by_name(x, wanted, name, "inputs")
        if parts is None:
            return None
        reading = self._reading()
        found: dict[str, Array] = {}
        for index, (key, part) in enumerate(zip(wanted, parts, strict=True)):
            called = name if len(wanted) == 1 else f"{name}[{key}]"
            if is_frame(part) and len(wanted) == 1:
                return self._frame(part, called)
            if not self.coded and (texts := self.table.request.texts()):
                self.problems.add(ColumnsHoldText(at=_nowhere(), name=called, columns=texts))
                return None
            array = self._array(part, called)
            if array is not None and self.scales:
                levels = scaled_levels(array, self.scales[index])
                if isinstance(levels, OtherScale):
                    self.problems.add(levels.problem(_nowhere(), called))
                    return None
                array = levels
            numbers = None if array is None else reading.features(array, called)
            if numbers is None:
                return None
            found[called] = numbers
        reading.same_length(found)
        return tuple(found.values()) if reading.good else None

    def _frame(self, frame: Any, name: str) -> tuple[Array, ...] | None:
        """The features of a data frame, whose columns are kept for frames to come."""
        found = frame_samples(frame, name, self.table, Place(_nowhere()), self.problems)
        if found is None:
            return None
        x, columns, categories = found
        if not len(x):
            self.problems.add(NotAnArray(at=_nowhere(), name=name, reason="it holds no samples"))
            return None
        request = replace(self.table.request, columns=columns, categories=categories)
        self.table = replace(self.table, request=request)
        return (x,)

    def targets(
        self, y: Any, known: tuple[Array | None, ...] | None = None, name: str = "y"
    ) -> tuple[tuple[Array, ...], tuple[Array | None, ...]] | None:
        """The targets as class indices or numbers, and the labels of the indices. `known` are
        the classes of a trained model, in which labels are looked up."""
        expected = expected_targets(self.model, self.graph)
        if not expected:
            return (), ()
        if y is None:
            self.problems.add(TargetsMissing(at=_nowhere(), loss=expected[0].loss.word))
            return None
        parts = self._by_name(y, tuple(target.name for target in expected), name, "targets")
        if parts is None:
            return None
        arrays: list[Array] = []
        classes: list[Array | None] = []
        for index, (target, part) in enumerate(zip(expected, parts, strict=True)):
            called = name if len(expected) == 1 else f"{name}[{target.name}]"
            if is_frame(part) and len(expected) == 1:
                part = self._target_columns(part, called)
            array = None if part is None else self._array(part, called)
            if array is None:
                return None
            labels = as_labels(array, target)
            if known is not None and (known[index] is None) != (labels is None):
                labels = None if known[index] is None else array
            if labels is None:
                numbers = self._reading().features(array, called, "a target")
                if numbers is None:
                    return None
                arrays.append(numbers)
                classes.append(None)
                continue
            counted = are_counted(labels, target.loss.ignored())
            held = labels[counted]
            names = classes_of(held, target) if known is None else known[index]
            assert names is not None
            found = self._indices(labels, names, called, counted)
            if found is None:
                return None
            arrays.append(found)
            classes.append(names)
        return tuple(arrays), tuple(classes)

    def _target_columns(self, frame: Any, name: str) -> Any:
        """The columns of a data frame of targets, in the order of training; None after a
        problem. A single column is the target, whatever it is called."""
        given = {str(column): column for column in columns_of(frame)}
        names = self.table.request.target_columns
        if len(names) < 2 or len(given) < 2:
            names = tuple(given)
        missing = [column for column in names if column not in given]
        if missing:
            others, columns = len(missing) - 1, tuple(given)
            self.problems.add(
                ColumnUnknown(
                    at=_nowhere(), column=missing[0], path=name, columns=columns, others=others
                )
            )
            return None
        self.table = replace(self.table, request=replace(self.table.request, target_columns=names))
        found = [np.asarray(frame[given[column]]) for column in names]
        return found[0] if len(found) == 1 else np.stack(found, axis=1)

    def split(
        self,
        x: Any,
        y: Any,
        known: tuple[Array | None, ...] | None = None,
        mark: str = "",
        weights: Any = None,
    ) -> tuple[Split, tuple[Array | None, ...]] | None:
        """Samples, targets and weights of one length; None after a problem."""
        inputs = self.samples(x, f"x{mark}")
        found = self.targets(y, known, f"y{mark}")
        if inputs is None or found is None:
            return None
        targets, classes = found
        reading = self._reading()
        reading.same_length(
            {f"x{mark}": inputs[0], **{f"y{mark}": targets[0] for _ in targets[:1]}}
            | {f"y{mark}[{index}]": array for index, array in enumerate(targets) if index}
        )
        if not reading.good:
            return None
        y_first = targets[0] if targets else np.zeros((len(inputs[0]), 0), float_type(self.model))
        split = Split(inputs[0], y_first, inputs[1:], targets[1:])
        if weights is None:
            return split, classes
        name = f"sample_weight{mark}"
        array = self._array(weights, name)
        counts = None if array is None else reading.weights(array, name)
        if counts is None:
            return None
        reading.same_length({f"x{mark}": inputs[0], name: counts})
        return (replace(split, weights=counts), classes) if reading.good else None

    def per_sample(self, given: Any, name: str, count: int) -> Array | None:
        """One value for each of the samples; None after a problem."""
        array = self._array(given, name)
        if array is None:
            return None
        if array.ndim == 2 and array.shape[1] == 1:
            array = array[:, 0]
        if array.ndim != 1:
            reason = f"it has {array.ndim} axes, and one value per sample is needed"
            self.problems.add(NotAnArray(at=_nowhere(), name=name, reason=reason))
            return None
        reading = self._reading()
        reading.same_length({"x": np.empty(count), name: array})
        return array if reading.good else None

    def raw_data(self, split: Split, classes: tuple[Array | None, ...]) -> RawDataset:
        """The samples as a set that can be divided."""
        names = tuple(
            None if labels is None else tuple(str(label) for label in labels.tolist())
            for labels in classes
        )
        expected = expected_targets(self.model, self.graph)
        return RawDataset(
            split,
            classes=names[0] if names else None,
            input_names=input_names(self.model),
            target_names=tuple(target.name for target in expected) or ("y",),
            more_classes=names[1:],
            columns=self.table.request.columns,
            categories=self.table.request.categories,
            target_columns=self.table.request.target_columns,
        )

    def _by_name(
        self, given: Any, wanted: tuple[str, ...], name: str, what: str
    ) -> tuple[Any, ...] | None:
        parts: tuple[Any, ...] | None = None
        if isinstance(given, Mapping):
            told: tuple[str, ...] | int = tuple(str(key) for key in given)
            if set(given) == set(wanted):
                parts = tuple(given[key] for key in wanted)
        elif isinstance(given, tuple) and len(wanted) > 1:
            told = len(given)
            parts = given if len(given) == len(wanted) else None
        else:
            told = 1
            parts = (given,) if len(wanted) == 1 else None
        if parts is None:
            self.problems.add(
                ArraysDiffer(at=_nowhere(), name=name, given=told, wanted=wanted, what=what)
            )
        return parts

    def _array(self, given: Any, name: str) -> Array | None:
        reason = ""
        try:
            array = np.asarray(given)
        except ValueError:
            reason = "its rows have different lengths"
        except OverflowError:
            reason = TOO_LARGE
        except (TypeError, RuntimeError) as error:  # tensors that are elsewhere, or have gradients
            reason = str(error).partition("\n")[0] or "NumPy cannot convert it"
        else:
            array = plain_array(array) if array.dtype == object else array
            reason = why_unusable(given, array)
        if reason:
            self.problems.add(NotAnArray(at=_nowhere(), name=name, reason=reason))
            return None
        return array

    def _indices(self, labels: Array, names: Array, name: str, counted: Array) -> Array | None:
        """The index of each label among the classes; `IGNORED` where it does not count. Numbers
        match the texts that spell them, because the classes of a data set are texts, even if they
        are digits."""
        if names.dtype.kind == "U" and labels.dtype.kind == "b":
            labels = spelled(labels, names)
        elif names.dtype.kind == "U" and is_whole(labels):
            labels = labels.astype(np.int64).astype(np.str_)
        if not len(names):  # all are ignored
            return np.full(labels.shape, IGNORED)
        order = np.argsort(names, kind="stable")
        try:
            at = np.searchsorted(names, labels, sorter=order).clip(0, len(names) - 1)
            found = order[at]
            good = np.asarray(names[found] == labels) | ~counted
        except (TypeError, np.exceptions.DTypePromotionError):
            good = np.zeros(labels.shape, np.bool_)
            found = np.zeros(labels.shape, np.int64)
        if good.shape != labels.shape or not good.all():
            where = tuple(int(i) for i in np.argwhere(~np.broadcast_to(good, labels.shape))[0])
            self.problems.add(
                LabelUnknown(
                    at=_nowhere(),
                    name=name,
                    found=cut(str(labels[where])),
                    sample=f"sample {where[0] + 1}",
                    classes=tuple(str(label) for label in names.tolist()),
                    is_text=labels.dtype.kind == "U" and names.dtype.kind in "iu",
                )
            )
            return None
        return np.where(counted, found.astype(np.int64), IGNORED)

    def _reading(self) -> ArrayReader:
        dtype, imputes = float_type(self.model), self.table.request.imputes
        return ArrayReader("", Place(_nowhere()), self.problems, dtype=dtype, imputes=imputes)


def as_labels(array: Array, target: ExpectedTarget) -> Array | None:
    """The labels among targets, or None when they are measured numbers."""
    if array.ndim == 1 + len(target.shape) and array.shape[-1] == 1:
        array = array[..., 0]
    kind = array.dtype.kind
    positions = target.shape[:-1]
    if array.ndim == 1 + len(positions):
        if kind in "USb":
            return array
        learns = target.loss.targets[0] in LEARNS_LABELS
        if kind in "iu" and (learns or target.classes > 2):
            return array
        if kind == "f" and learns and array.size and np.isfinite(array).all():
            return array if bool((array == np.round(array)).all()) else None
        return None
    one_class = target.loss.targets[0] is Target.CLASS
    fits = array.ndim == 2 and (target.shape == (None,) or array.shape[1] == target.classes)
    if one_class and fits and kind in "iufb":
        ones = (array == 1).sum(axis=1) == 1
        zeros = (array == 0).sum(axis=1) == array.shape[1] - 1
        if bool((ones & zeros).all()):
            return np.asarray(array.argmax(axis=1), np.int64)
    return None


def classes_of(labels: Array, target: ExpectedTarget) -> Array:
    """The classes that the labels are of, in index order."""
    if labels.dtype.kind in "iuf" and labels.size:
        if labels.min() >= 0 and labels.max() < target.classes:
            return np.arange(target.classes, dtype=labels.dtype)
    elif labels.dtype.kind == "b":
        return np.array([False, True])
    return np.unique(labels)


def _nowhere() -> Span:
    return Span(Source(f"<{ARRAYS}>", ""), 0, 0)
