"""How the targets of the data become what a loss reads, and why they sometimes cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ....compiler.data.preparations import Prep
from ....compiler.losses.loss import Loss, Target
from ....compiler.problems.arrays import LabelsOutOfRange, TargetSizeDiffers
from ....compiler.problems.data import ClassesDiffer, TargetDoesNotFit
from ....compiler.problems.tables import AMOUNT
from ....compiler.problems.targets import TargetNotPrepared
from ....compiler.shapes import elements
from ....compiler.spans import Place
from ....grammar.problem import Problem, Problems
from ...array_types import Array
from ...data.dataset import IGNORED, Dataset, first_row
from ...data.streamed import distinct, portions, streamed
from ...data.target_prep import TargetSteps, fit_target
from .batches import EncodingKind, TargetEncoding

FEW_LABELS = 256
"""Labels that a message looks at one by one, at the most: the bytes of a mask."""
CLASSED = (Target.CLASS, Target.SIGN, Target.SHARES, Target.BITS)
SUM_TOLERANCE = 1e-3
"""By how much the probabilities of a target may miss 1: they were rounded by somebody."""


@dataclass(frozen=True, slots=True)
class LossTarget:
    """One loss that is compared with the data: at which output, with which target."""

    loss: Loss
    place: Place
    node: str
    shape: tuple[int, ...]
    """Of the output, for one sample."""
    target: int
    """Which target of the data."""
    preps: tuple[Prep, ...] = ()
    """What prepares it, where it is numbers."""
    fitted: TargetSteps | None = None
    """The same as fitted by an earlier run; None: to be fitted."""

    @property
    def units(self) -> int:
        return self.shape[-1]

    @property
    def positions(self) -> tuple[int, ...]:
        return self.shape[:-1]


def encode_target(
    loss_target: LossTarget, dataset: Dataset, problems: Problems
) -> TargetEncoding | None:
    """How the loss reads its target; None after a problem."""
    return _TargetEncoder(loss_target, dataset, problems).encode()


def units_of(loss: Loss, y: Array, names: tuple[str, ...] | None) -> int:
    """How many outputs a loss needs for a target, of which `names` are the classes: one for each
    number, one for each class, one for two classes where the loss can do with it."""
    learns_classes = loss.targets[0] in CLASSED
    if names is None and (y.ndim > 1 or not learns_classes or not _is_whole(y)):
        return elements(y.shape[1:]) or 1
    counted = y[y != IGNORED]
    classes = len(names) if names is not None else int(counted.max(initial=1)) + 1
    return 1 if loss.one_unit or (classes <= 2 and not loss.of_distribution) else max(2, classes)


@dataclass(frozen=True, slots=True)
class _TargetEncoder:
    loss_target: LossTarget
    dataset: Dataset
    problems: Problems

    @property
    def name(self) -> str:
        names, columns = self.dataset.target_names, self.dataset.target_columns
        if len(names) == len(columns) == 1:
            return columns[0]
        return names[self.loss_target.target]

    def encode(self) -> TargetEncoding | None:
        """Named classes, class indices, or numbers: by what there is and what the loss learns."""
        loss_target, y = self.loss_target, self._train()
        names = self.dataset.classes_of(loss_target.target)
        if names is not None:
            return self._named(names)
        learns_classes = loss_target.loss.targets[0] in CLASSED
        per_place = y.shape[1:] in (loss_target.positions, (*loss_target.positions, 1))
        if learns_classes and per_place and (loss_target.units > 1 or self._all(_is_whole)):
            return self._indices()
        return self._numbers()

    # Classes

    def _named(self, names: tuple[str, ...]) -> TargetEncoding | None:
        loss_target, y, count = self.loss_target, self._train(), len(names)
        if not names:
            self._refuse(f"all labels of `{self.name}` are ignored", "use another `ignore=`")
            return None
        if count > len(y) / 2 and all(map(AMOUNT.fullmatch, names)):
            self._refuse(
                f"`{self.name}` has {count:,} texts such as `{names[0]}`, which are numbers",
                "write them without signs and units",
            )
            return None
        if y.shape[1:] != loss_target.positions:
            self._size_differs(classes=True)
            return None
        codes = self._codes(count)
        if codes is None:
            needs_numbers = loss_target.units == 1 and Target.REALS in loss_target.loss.targets
            self._report(
                ClassesDiffer,
                outputs=loss_target.units,
                data=self.dataset.name,
                wanted=count,
                what="classes",
                names=names,
                note=self.dataset.note,
                text=self.name if needs_numbers else "",
                loss=loss_target.loss.word,
                single=loss_target.loss.one_unit,
            )
            return None
        return self._coding(codes, "indices")

    def _codes(self, count: int) -> Array | None:
        """What the loss wants at the outputs for each class; None where their numbers differ."""
        loss, units = self.loss_target.loss, self.loss_target.units
        if units == 1 and count == 2 and loss.targets != (Target.CLASS,):
            low = -1.0 if Target.SIGN in loss.targets else 0.0
            return np.array([[low], [1.0]])
        return np.eye(units) if units == count > 1 and not loss.one_unit else None

    def _indices(self) -> TargetEncoding | None:
        """Whole numbers, one for each sample or position."""
        loss_target = self.loss_target
        if not self._all(_is_whole):
            reason = f"`{self.name}` holds numbers, but it needs classes"
            self._refuse(reason, "use `loss mse` for numbers")
            return None
        ends = [(int(y.min()), int(y.max())) for y in self._every(counted=True) if y.size]
        least = min((low for low, _ in ends), default=0)
        most = max((high for _, high in ends), default=0)
        signs = Target.SIGN in loss_target.loss.targets and loss_target.units == 1 and least == -1
        if signs and all(map(_is_sign, self._every(counted=True))):
            return self._coding(self._codes(2), "signs")
        classes = max(2, loss_target.units)
        if least < 0 or most >= classes:
            self._labels_differ(least, most, classes)
            return None
        codes = self._codes(max(2, most + 1))
        if codes is None:
            self._report(
                ClassesDiffer,
                outputs=loss_target.units,
                data=self.dataset.name,
                wanted=max(2, most + 1),
                what="classes",
            )
            return None
        return self._coding(codes, "indices")

    def _labels_differ(self, least: int, most: int, classes: int) -> None:
        found: list[tuple[int, float, str]] = []
        ignores = self.loss_target.loss.ignored() is not None
        for split in self.dataset.parts():
            before = 0
            for y in portions(split.targets[self.loss_target.target]):
                strange = (y < 0) | (y >= classes)
                if ignores:
                    strange &= y != IGNORED
                at = np.flatnonzero(strange.reshape(len(y), -1).any(axis=1))
                if len(at):
                    first = split.first_of(before + at)
                    here = y[first - before][strange[first - before]]
                    found.append((int(split.numbers()[first]), here.flat[0], split.name_of(first)))
                before += len(y)
        _, value, called = found[first_row(np.array([row for row, *_ in found]))]
        labels = np.unique(np.concatenate(self._every(counted=True), axis=None))
        loss = self.loss_target.loss
        self._report(
            LabelsOutOfRange,
            data=self.dataset.name,
            name=self.name,
            found=f"{value:g}",
            sample=called,
            outputs=self.loss_target.units,
            least=least,
            most=most,
            held=tuple(labels.tolist()) if len(labels) <= FEW_LABELS else (),
            loss=loss.word if "ignore" in type(loss).model_fields else "",
            places=bool(self.loss_target.positions),
            ignored=loss.ignored(),
        )

    # Numbers

    def _numbers(self) -> TargetEncoding | None:
        """One number for each output: measured, probabilities, or a 1 for the class."""
        loss_target, y, loss = self.loss_target, self._train(), self.loss_target.loss
        if loss.ignored() is not None:
            if self._all(_is_whole) and y.shape[1:] != loss_target.shape:
                self._size_differs(classes=True)
            else:
                self._refuse(f"`{self.name}` has no single label to ignore", "remove `ignore=`")
            return None
        count = elements(y.shape[1:])
        fits = count == elements(loss_target.shape)
        if Target.REALS in loss.targets:
            if fits:
                return self._prepared()
            if y.ndim > 2 or loss_target.positions:
                self._size_differs(classes=False)
                return None
            self._report(
                ClassesDiffer,
                outputs=loss_target.units,
                data=self.dataset.name,
                wanted=count,
                what="values per target",
            )
            return None
        if not fits:
            # a column of numbers has no class in it, whatever the number of outputs is
            if y.dtype.kind == "f" and y.shape[1:] in ((), (1,)) and not loss_target.positions:
                reason = f"`{self.name}` holds numbers, but it needs classes"
                self._refuse(reason, "use `loss mse` for numbers")
                return None
            self._size_differs(classes=loss_target.units > 1)
            return None
        if Target.BITS in loss.targets:
            return self._bits()
        if loss_target.units > 1:
            return self._shares()
        reason = f"`{self.name}` holds numbers, but it needs classes"
        self._refuse(reason, "use `loss mse` for numbers")
        return None

    def _prepared(self) -> TargetEncoding | None:
        """Numbers, prepared by what is fitted on the training part."""
        loss_target, steps = self.loss_target, self.loss_target.fitted
        if steps is None:
            y = self._train()
            y = y.reshape(len(y), *loss_target.shape)
            found = fit_target(loss_target.preps, y)
            if isinstance(found, str):
                self._report(TargetNotPrepared, prep="log", reason=f"`{self.name}` {found}")
                return None
            steps = found
        return replace(self._coding(None, "numbers"), steps=steps)

    def _bits(self) -> TargetEncoding | None:
        ends = [(float(y.min()), float(y.max())) for y in self._every()]
        low, high = min(end[0] for end in ends), max(end[1] for end in ends)
        if low >= 0 and high <= 1:
            labels = self.loss_target.units > 1 and self._all(_is_whole)
            return self._coding(None, "bits" if labels else "numbers")
        reason = f"`{self.name}` ranges from {low:g} to {high:g}, but it needs numbers from 0 to 1"
        signed = (low, high) == (-1, 1) and self._all(_is_sign)
        advice = "use `loss logistic` for -1 and +1" if signed else "use `loss mse` for numbers"
        self._refuse(reason, advice)
        return None

    def _shares(self) -> TargetEncoding | None:
        """Probabilities of the classes; where they are 0 and 1, the classes themselves."""
        loss_target = self.loss_target
        negative, certain, totals = False, True, []
        for y in self._targets():
            for some in portions(y):
                part = some.reshape(-1, loss_target.units)
                negative |= bool((part < 0).any())
                certain &= bool(((part == 0) | (part == 1)).all())
                totals.append(part.sum(axis=1, dtype=np.float64))
        sums = np.concatenate(totals)
        wrong = np.flatnonzero(np.abs(sums - 1) > SUM_TOLERANCE)
        if negative:
            self._refuse(
                f"`{self.name}` holds negative numbers, not probabilities",
                "use `loss mse` for numbers",
            )
            return None
        if len(wrong):
            per_sample = int(np.prod(loss_target.positions, dtype=np.int64))
            sample, called = self._first(np.unique(wrong // per_sample))
            total = sums[wrong[wrong // per_sample == sample][0]]
            self._refuse(
                f"the probabilities of {called} add up to {total:.4g}, not to 1",
                "divide each row by its sum",
            )
            return None
        if certain:
            return self._coding(np.eye(loss_target.units), "one_hot")
        if Target.SHARES not in loss_target.loss.targets:
            self._refuse(
                f"`{self.name}` holds probabilities, but it needs one class per sample",
                "use `loss ce` for probabilities",
            )
            return None
        return self._coding(None, "numbers")

    # Small things

    def _train(self) -> Array:
        return self.dataset.train.targets[self.loss_target.target]

    def _targets(self) -> list[Array]:
        """The target in every part."""
        return [part.targets[self.loss_target.target] for part in self.dataset.parts()]

    def _every(self, *, counted: bool = False) -> list[Array]:
        """The numbers of the target in every part, of those on the disk each once; with `counted`
        only those labels that are not ignored."""
        every = [y if streamed(y) is None else distinct(y)[0] for y in self._targets()]
        if counted and self.loss_target.loss.ignored() is not None:
            return [y[y != IGNORED] for y in every]
        return every

    def _first(self, samples: Array) -> tuple[int, str]:
        """Of some samples, counted through all parts, the first in the file, and its name."""
        rows = np.concatenate([part.numbers() for part in self.dataset.parts()])[samples]
        first = first_row(rows)
        return int(samples[first]), self.dataset.train.name_of_row(int(rows[first]))

    def _all(self, holds: Callable[[Array], bool]) -> bool:
        return all(holds(y) for y in self._every())

    def _coding(self, codes: Array | None, kind: EncodingKind) -> TargetEncoding:
        loss_target = self.loss_target
        return TargetEncoding(
            f"target:{loss_target.node}",
            codes,
            loss_target.shape,
            kind,
            loss_target.target,
            ignores=loss_target.loss.ignored() is not None,
        )

    def _size_differs(self, *, classes: bool) -> None:
        self._report(
            TargetSizeDiffers,
            data=self.dataset.name,
            name=self.name,
            target=self._train().shape[1:],
            output=self.loss_target.shape,
            classes=classes,
        )

    def _refuse(self, reason: str, advice: str) -> None:
        self._report(
            TargetDoesNotFit,
            loss=self.loss_target.loss.word,
            data=self.dataset.name,
            reason=reason,
            advice=advice,
        )

    def _report(self, cls: type[Problem], **facts: Any) -> None:
        place = self.loss_target.place
        self.problems.add(cls(at=place, **facts))


def _is_whole(y: Array) -> bool:
    return y.dtype.kind == "i" or bool((y == np.floor(y)).all())


def _is_sign(y: Array) -> bool:
    return bool((np.abs(y) == 1).all())
