"""Many pictures at once: what their heads say, and their pixels, decoded by several threads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...array_types import Array
from ...held_state import Holding
from ..bounded_reading import DAMAGE, reason_of
from ..quiet import QUIET_PILLOW
from ..streamed import UnreadableError
from .decoding import PictureFormat, Undecodable, decode, read_facts
from .labelling import Labelled, counted
from .masks import decode_mask
from .stores import Store

SMALL = 64 * 64
"""Pixels of pictures that threads decode no faster than one: they wait for each other longer."""
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

    def notes(self, target: PictureFormat) -> list[str]:
        """What is unusual about them."""
        notes = []
        if self.colours and target.channels == 1:
            count = f"{self.colours:,} of {self.sizes.total():,} images"
            notes.append(f"{count} in colour (`{self.first_colour}`) read as grey")
        elif self.greys and self.colours:
            rare, name, kind = min(
                (self.greys, self.first_grey, "grey"),
                (self.colours, self.first_colour, "in colour"),
            )
            count = f"{rare:,} of {self.sizes.total():,} images"
            notes.append(f"{count} {kind} (`{name}`), all read with 3 channels")
        if self.several:
            notes.append(f"first frame of {counted(self.several, 'animated image')}")
        return notes


def survey(store: Store, paths: Sequence[str]) -> FolderSurvey:
    """Reads the heads of all pictures."""
    found = FolderSurvey()
    with Holding(QUIET_PILLOW):
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
    """Decodes any pictures of a set, or their masks, all to the same shape."""

    names: Sequence[str]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    decode: Callable[[int], Array]
    """Decodes the picture of a number. Raises `Undecodable`, and what `DAMAGE` lists."""

    def read_all(self, rows: Sequence[int], out: Array, pool: Executor) -> Damaged:
        """Decodes pictures into `out`, (len(rows), *shape); gives those that cannot be read."""
        if prod(self.shape[:2]) <= SMALL:
            reasons = list(map(self._read_one, rows, out))
        else:
            jobs = [pool.submit(self._read_one, row, out[index]) for index, row in enumerate(rows)]
            reasons = [job.result() for job in jobs]
        named = zip(rows, reasons, strict=True)
        return {self.names[row]: reason for row, reason in named if reason}

    def read(self, rows: NDArray[np.intp], out: Array) -> None:
        """Decodes some pictures. Raises `UnreadableError`."""
        for index, row in enumerate(rows.tolist()):
            reason = self._read_one(row, out[index])
            if reason:
                raise UnreadableError(self.names[row], reason, len(self.names))

    def _read_one(self, row: int, out: Array) -> str:
        """Decodes one picture; gives why it cannot be read."""
        try:
            out[...] = self.decode(row)
        except Undecodable as error:
            return str(error)
        except DAMAGE as error:
            return reason_of(error, "it") or "it cannot be read"
        return ""


def picture_reader(store: Store, paths: Sequence[str], target: PictureFormat) -> PictureReader:
    """Reads pictures, (height, width, channels)."""
    return PictureReader(
        paths, target.shape, target.dtype, lambda row: decode(store.read(paths[row]), target)
    )


def mask_reader(
    store: Store, masks: Store, labelled: Labelled, target: PictureFormat, folder: str
) -> PictureReader:
    """Reads masks, (height, width). `folder` is where they lie, as messages name it."""

    def one(row: int) -> Array:
        with store.open(labelled.paths[row]) as file:
            facts = read_facts(file)
        raw = masks.read(labelled.masks[row])
        return decode_mask(raw, target, (facts.width, facts.height))

    names = [f"{folder}/{path}" for path in labelled.masks]
    return PictureReader(names, target.shape[:2], np.dtype(np.int64), one)
