"""Many pictures at once: what their heads say, and their pixels, decoded by several threads."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...array_types import Array
from ..bounded_reading import DAMAGE, reason_of
from ..streamed import UnreadableError
from .decoding import PictureFormat, Undecodable, decode, read_facts
from .masks import decode_mask
from .stores import Store

Size = tuple[int, int]
"""Width and height."""
Damaged = dict[str, str]
"""Pictures that cannot be read, each with the reason."""


@dataclass(slots=True)
class FolderSurvey:
    """What the heads of all pictures say."""

    sizes: Counter[Size] = field(default_factory=Counter)
    first: dict[Size, str] = field(default_factory=dict)
    """The first picture of each size."""
    greys: int = 0
    colours: int = 0
    first_grey: str = ""
    first_colour: str = ""
    several: list[str] = field(default_factory=list)
    """Animations, and files of several pages."""
    deep: bool = False
    damaged: Damaged = field(default_factory=dict)


def survey(store: Store, paths: Sequence[str]) -> FolderSurvey:
    """Reads the heads of all pictures."""
    found = FolderSurvey()
    with quiet_pillow():
        for path in paths:
            try:
                with store.open(path) as file:
                    facts = read_facts(file)
            except Undecodable as error:
                found.damaged[path] = str(error)
                continue
            except DAMAGE as error:
                found.damaged[path] = reason_of(error, "it") or "it cannot be read"
                continue
            size = facts.width, facts.height
            found.sizes[size] += 1
            found.first.setdefault(size, path)
            if facts.grey:
                found.greys, found.first_grey = found.greys + 1, found.first_grey or path
            else:
                found.colours, found.first_colour = found.colours + 1, found.first_colour or path
            found.deep = found.deep or facts.deep
            if facts.several:
                found.several.append(path)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class PictureReader:
    """Decodes any pictures of a set, all to the same shape."""

    store: Store
    paths: Sequence[str]
    target: PictureFormat

    def read(self, rows: Sequence[int], out: Array, pool: Executor) -> Damaged:
        """Decodes pictures into `out`, (len(rows), height, width, channels); gives those that
        cannot be read."""
        jobs = [pool.submit(self.read_one, row, out[index]) for index, row in enumerate(rows)]
        reasons = [(self.paths[row], job.result()) for row, job in zip(rows, jobs, strict=True)]
        return {path: reason for path, reason in reasons if reason}

    def read_one(self, row: int, out: Array) -> str:
        """Decodes one picture; gives why it cannot be read."""
        try:
            out[...] = decode(self.store.read(self.paths[row]), self.target)
        except Undecodable as error:
            return str(error)
        except DAMAGE as error:
            return reason_of(error, "it") or "it cannot be read"
        return ""


@dataclass(frozen=True, slots=True, eq=False)
class PicturesOnDisk:
    """What `Streamed` reads pictures from."""

    reader: PictureReader

    @property
    def shape(self) -> tuple[int, ...]:
        return self.reader.target.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.reader.target.dtype

    def read(self, rows: NDArray[np.intp], out: Array) -> None:
        """Decodes some pictures. Raises `UnreadableError`."""
        for index, row in enumerate(rows.tolist()):
            reason = self.reader.read_one(row, out[index])
            if reason:
                raise UnreadableError(self.reader.paths[row], reason)


@dataclass(frozen=True, slots=True, eq=False)
class MaskReader:
    """Decodes the masks of any pictures of a set."""

    store: Store
    masks: Store
    paths: Sequence[str]
    """Of the pictures."""
    mask_paths: Sequence[str]
    target: PictureFormat

    def read(self, rows: Sequence[int], out: Array, pool: Executor) -> Damaged:
        """Decodes masks into `out`, (len(rows), height, width); gives those that cannot be
        read."""
        jobs = [pool.submit(self._read_one, row, out[index]) for index, row in enumerate(rows)]
        reasons = [
            (self.mask_paths[row], job.result()) for row, job in zip(rows, jobs, strict=True)
        ]
        return {path: reason for path, reason in reasons if reason}

    def _read_one(self, row: int, out: Array) -> str:
        try:
            with self.store.open(self.paths[row]) as file:
                facts = read_facts(file)
            raw = self.masks.read(self.mask_paths[row])
            out[...] = decode_mask(raw, self.target, (facts.width, facts.height))
        except Undecodable as error:
            return str(error)
        except DAMAGE as error:
            return reason_of(error, "it") or "it cannot be read"
        return ""


def quiet_pillow() -> warnings.catch_warnings[None]:
    """Pillow warns of metadata, which are not used, and of large pictures, which have a bound. To
    be entered once around many pictures, because filters belong to the process."""
    return warnings.catch_warnings(action="ignore")
