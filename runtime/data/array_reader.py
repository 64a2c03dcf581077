"""Arrays as samples and targets, and what is wrong with them: of files and of programs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile

from ...compiler.problems.arrays import ArraysDifferInLength, PickleRefused
from ...compiler.problems.data import DataFileDamaged, DataFileMissing
from ...compiler.problems.numbers import DataIsNoNumber, DataNotFinite, NumberTooLarge
from ...compiler.problems.weighting import WeightsWrong
from ...compiler.spans import Place
from ...grammar.problem import Problem, Problems
from ..array_types import FLOAT, Array, Doubles, precision_of
from .array_header import is_unicode, member_shortfall, shortfall
from .bounded_reading import DAMAGE, MISSING, RefusedError, reason_of, why_no_file
from .dataset import drop_class, mark_ignored


@dataclass(slots=True)
class ArrayReader:
    """One source being read: where it was named, and what is wrong with it so far."""

    shown: str
    """What the source is called; empty for arrays of a program."""
    place: Place
    problems: Problems
    good: bool = True
    dtype: np.dtype[Any] = FLOAT
    """What the network computes with, which must be able to hold every number."""
    imputes: bool = False
    """Whether NaN is a missing value that is filled later."""
    hashes: dict[str, str] = field(default_factory=dict)
    files: ExitStack = field(default_factory=ExitStack)
    """What is open; for its owner to close."""

    def report(self, cls: type[Problem], **facts: Any) -> None:
        self.good = False
        self.problems.add(cls(at=self.place, **facts))

    def open(self, path: Path, shown: str) -> Array | NpzFile | None:
        """The array or the archive of a file, without running anything in it."""
        reason = why_no_file(path)
        if reason:
            if reason == MISSING:
                self.report(DataFileMissing, path=shown)
            else:
                self.report(DataFileDamaged, path=shown, reason=reason)
            return None
        start = b""
        try:
            file = self.files.enter_context(path.open("rb"))
            start = file.read(1)
            file.seek(0)
            reason = shortfall(file, path.stat().st_size)
            if reason:
                self.report(DataFileDamaged, path=shown, reason=reason)
                return None
            file.seek(0)
            content: Array | NpzFile = np.load(file, allow_pickle=False)
            if isinstance(content, np.ndarray):
                _must_be_text(content, "it")
            with path.open("rb") as whole:
                self.hashes[path.name] = hashlib.file_digest(whole, "sha256").hexdigest()
        except DAMAGE as error:
            if start == b"\x80":  # how a pickle begins
                self.report(PickleRefused, path=shown, name="")
            else:
                self._refuse(error, shown)
            return None
        return content

    def member(self, archive: NpzFile, name: str) -> Array | None:
        """One array of an archive."""
        assert archive.zip is not None  # until it is closed
        try:
            stored = name if name in archive.zip.namelist() else f"{name}.npy"
            reason = member_shortfall(archive.zip, stored)
            if archive.zip.namelist().count(stored) > 1:
                reason = "the archive has it more than once"
            if reason:
                self.report(DataFileDamaged, path=self.shown, reason=f"`{name}`: {reason}")
                return None
            array: Any = archive[name]
            if not isinstance(array, np.ndarray):
                raise ValueError("NumPy gives the bytes of a member that is no array")
            _must_be_text(array, f"`{name}`")
        except DAMAGE as error:
            self._refuse(error, self.shown, name)
            return None
        return array

    def _refuse(self, error: Exception, shown: str, name: str = "") -> None:
        # NumPy calls everything a pickle that it does not know
        if isinstance(error, ValueError) and "Object arrays" in str(error):
            self.report(PickleRefused, path=shown, name=name)
            return
        which = f"`{name}`" if name else "it"
        reason = "" if isinstance(error, EOFError) else reason_of(error, which)
        self.report(
            DataFileDamaged,
            path=shown,
            reason=reason or f"{which} is truncated, corrupt, or not a NumPy file",
        )

    def features(self, array: Array, name: str, what: str = "a feature") -> Array | None:
        """The samples as floats, (N, ...); a plain list of numbers is one feature."""
        numbers = self._numbers(array, name, what)
        if numbers is None:
            return None
        return numbers.reshape(-1, 1) if numbers.ndim == 1 else numbers

    def target(
        self, array: Array, name: str, ignored: int | None = None
    ) -> tuple[Array, tuple[str, ...] | None] | None:
        """The targets: class indices of text, int64, or floats. The label `ignored` becomes
        `IGNORED`."""
        if array.dtype.kind in "US":
            names, index = np.unique(array, return_inverse=True)
            labels = index.reshape(array.shape).astype(np.int64)
            return drop_class(labels, tuple(str(item) for item in names), ignored)
        if array.dtype.kind in "iub" and array.ndim:
            return mark_ignored(array.astype(np.int64), ignored), None
        numbers = self._numbers(array, name, "a target")
        return None if numbers is None else (mark_ignored(numbers, ignored), None)

    def weights(self, array: Array, name: str) -> Doubles | None:
        """What each sample counts, (N,): numbers of at least 0; None after a problem."""
        numbers = self._numbers(array, name, "a weight")
        if numbers is None:
            return None
        if numbers.ndim == 2 and numbers.shape[1] == 1:
            numbers = numbers[:, 0]
        where = tuple(int(index) for index in np.argwhere(numbers < 0)[:1].ravel())
        if numbers.ndim != 1 or where:
            self.report(
                WeightsWrong,
                name=name,
                data=self._source(name),
                found=f"{numbers[where]:g}" if where else "",
                sample=f"sample {where[0] + 1}" if where else "",
                axes=numbers.ndim,
            )
            return None
        return numbers.astype(np.float64)

    def groups(self, archive: NpzFile, name: str) -> Array | None:
        """What each sample belongs to, (N,); None after a problem."""
        array = self.member(archive, name)
        if array is not None and (array.ndim != 1 or array.dtype.kind not in "iubUS"):
            reason = f"`{name}`: groups are whole numbers or texts, one per sample"
            self.report(DataFileDamaged, path=self.shown, reason=reason)
            return None
        return array

    def _numbers(self, array: Array, name: str, what: str) -> Array | None:
        if array.ndim == 0 or 0 in array.shape[1:] or array.dtype.kind not in "fiub":
            found = "a single value" if array.ndim == 0 else _kind(array)
            self.report(DataIsNoNumber, path=self._source(name), name=name, found=found, what=what)
            return None
        with np.errstate(over="ignore"):
            numbers = np.ascontiguousarray(array, keeping_type(array))
            held = np.isfinite(numbers)
            if self.imputes and what == "a feature":
                held |= np.isnan(numbers)
            if numbers.itemsize > self.dtype.itemsize:
                # NaN, which `prep impute` may allow, is not larger than anything
                held &= ~(np.abs(numbers) > np.finfo(self.dtype).max)
        if not held.all():
            self._report_not_held(array, held, name)
            return None
        return numbers

    def _report_not_held(self, array: Array, held: Array, name: str) -> None:
        """Values that are NaN or infinite, or too large for the precision of the network."""
        bad = ~np.isfinite(array)
        if bad.any():
            self.report(
                DataNotFinite,
                path=self._source(name),
                name=name,
                nans=int(np.isnan(array).sum()),
                infinite=int(np.isinf(array).sum()),
                sample=int(np.argwhere(bad)[0][0]) + 1,
            )
            return
        first = tuple(int(index) for index in np.argwhere(~held)[0])
        where = f"sample {first[0] + 1}" + f", column {first[-1] + 1}" * (len(first) == 2)
        source = self._source(name)
        self.report(
            NumberTooLarge,
            path=source or name,
            where=f"`{name}`, {where}" if source else where,
            found=f"{array[first]:g}",
            precision=precision_of(self.dtype),
        )

    def _source(self, name: str) -> str:
        """The file that an array is a part of."""
        return "" if name == self.shown else self.shown

    def same_length(self, arrays: Mapping[str, Array]) -> None:
        """Every array has as many samples as the first."""
        names = list(arrays)
        for name in names[1:]:
            if len(arrays[name]) != len(arrays[names[0]]):
                self.report(
                    ArraysDifferInLength,
                    path=self.shown,
                    first=names[0],
                    first_length=len(arrays[names[0]]),
                    other=name,
                    other_length=len(arrays[name]),
                )
        if self.good and names and not len(arrays[names[0]]):
            self.report(DataFileDamaged, path=self.shown, reason="it holds no samples")


def keeping_type(array: Array) -> np.dtype[Any]:
    """The type of floats that holds numbers as they are: single precision where that is enough."""
    return np.dtype(np.float64 if array.dtype.itemsize > 8 else np.result_type(array, np.float32))


def _kind(array: Array) -> str:
    kinds = {"U": "text", "S": "text", "c": "complex numbers", "M": "dates", "m": "durations"}
    if 0 in array.shape[1:]:
        return "no values"
    return kinds.get(array.dtype.kind, f"values of type {array.dtype}")


def _must_be_text(array: Array, called: str) -> None:
    """Raises `RefusedError` for an array of text with invalid characters."""
    if array.dtype.kind == "U" and not is_unicode(array):
        raise RefusedError(f"{called} has text that is not Unicode")
