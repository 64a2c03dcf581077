"""Samples to predict, from files: arrays, tables, pictures.

| file | samples |
|---|---|
| `.npy` | an array (N, ...), or a single sample |
| `.npz` | an array for each input, by its name; `x`, or the only array, for a network with one |
| `.csv` | a row each; a header is passed over, and so is the column of the target |
| a picture | one sample, byte / 255; grey or in colours as the network was trained |
"""

from __future__ import annotations

import csv
import io
import math
import warnings
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile

from ..compiler.problems.data import DataFileDamaged
from ..compiler.problems.pictures import PillowMissing
from ..compiler.problems.samples import FileNotSamples, SamplesDiffer
from ..grammar.problem import Problem, Problems
from .data.dataset import Array
from .data.pictures import BYTES, SUFFIXES
from .data.promised import member_shortfall, shortfall
from .data.table import cut, read_number
from .saved import place_of


@dataclass(frozen=True, slots=True)
class Reader:
    """What a network takes."""

    names: tuple[str, ...]
    """Its inputs."""
    samples: tuple[tuple[int, ...], ...]
    """The shape of a sample of each before it is prepared."""
    target: str | None
    """The column of a table that is no feature."""

    def read(self, path: Path, problems: Problems) -> Any:
        """The samples of a file, an array or a dict of arrays; None after a problem."""
        at = place_of(path).span
        found: Any | Problem
        if not path.is_file():
            reason = "it is a folder" if path.is_dir() else "there is no such file"
            found = FileNotSamples(at=at, path=str(path), reason=reason)
        else:
            try:
                found = self._read(path)
            except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error):
                reason = "it is cut short, corrupt, or of another format than its name says"
                found = DataFileDamaged(at=at, path=str(path), reason=reason)
        if isinstance(found, Problem):
            problems.add(found)
            return None
        return found

    def _read(self, path: Path) -> Any | Problem:
        suffix = path.suffix.lower()
        if suffix == ".npz":
            return self._read_archive(path)
        if len(self.names) > 1:
            names = ", ".join(f"`{name}`" for name in self.names)
            return self._refuse(path, f"the network reads {names}, each an array of an .npz file")
        if suffix == ".npy":
            with path.open("rb") as file:
                reason = shortfall(file, path.stat().st_size)
            if reason:
                return self._refuse(path, reason)
            array = np.load(path, allow_pickle=False)
            single = array.size == prod(self.samples[0]) and array.ndim <= len(self.samples[0])
            return array[None] if single else array
        if suffix == ".csv":
            return self._read_table(path)
        if suffix in SUFFIXES:
            return self._read_picture(path)
        return self._refuse(path, "its name ends with none of .npy, .npz, .csv, .png, .jpg, ...")

    def _read_archive(self, path: Path) -> Any | Problem:
        archive = np.load(path, allow_pickle=False)
        if not isinstance(archive, NpzFile):
            return self._refuse(path, "it is a single array: call it .npy")
        with archive:
            held = tuple(archive.files)
            assert archive.zip is not None  # until it is closed
            for name in archive.zip.namelist():
                reason = member_shortfall(archive.zip, name)
                if reason:
                    return self._refuse(path, f"`{name}`: {reason}")
            if all(name in held for name in self.names):
                return {name: archive[name] for name in self.names}
            if len(self.names) == 1 and ("x" in held or len(held) == 1):
                return archive["x" if "x" in held else held[0]]
        has = ", ".join(f"`{name}`" for name in held) or "nothing"
        wanted = ", ".join(f"`{name}`" for name in self.names)
        return self._refuse(path, f"it has {has}, the network reads {wanted}")

    def _read_table(self, path: Path) -> Array | Problem:
        text = path.read_text(encoding="utf-8-sig")
        rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
        header: Sequence[str] | None = None
        if rows and _is_header(rows[0]):
            header = [cell.strip() for cell in rows.pop(0)]
        if not rows:
            return self._refuse(path, "it has no rows")
        wide = len(rows[0])
        dropped = self._dropped(header, wide)
        features = np.empty((len(rows), wide - len(dropped)))
        for index, row in enumerate(rows):
            kept = [cell for column, cell in enumerate(row) if column not in dropped]
            numbers = [read_number(cell) for cell in kept]
            if len(row) != wide or None in numbers:
                line = index + (2 if header else 1)
                reason = f"row {line} has {len(row)} cells, the others {wide}"
                if len(row) == wide:
                    wrong = cut(kept[numbers.index(None)].strip())
                    reason = f"`{wrong}` in row {line} is no finite number"
                    reason = reason if wrong else f"a cell of row {line} is empty"
                return self._refuse(path, reason)
            features[index] = numbers
        return features

    def _dropped(self, header: Sequence[str] | None, wide: int) -> tuple[int, ...]:
        """The column of the target, where there is one."""
        if header is not None and self.target is not None and self.target in header:
            return (header.index(self.target),)
        last = self.target is None and header is not None
        return (wide - 1,) if last and wide == prod(self.samples[0]) + 1 else ()

    def _read_picture(self, path: Path) -> Array | Problem:
        try:
            from PIL import Image
        except ImportError:
            return PillowMissing(at=place_of(path).span, path=str(path))
        raw = self.samples[0]
        with warnings.catch_warnings(), Image.open(path) as image:
            warnings.simplefilter("error")
            width, height = image.size
            colours = raw[-1] == 3 if len(raw) == 3 else prod(raw) == 3 * width * height
            if image.mode not in BYTES:
                return self._refuse(path, f"its pixels are no bytes (Pillow's mode {image.mode})")
            pixels = np.asarray(image.convert("RGB" if colours else "L"), np.float32) / 255
        if len(raw) == 3 and (height, width) != raw[:2]:
            return SamplesDiffer(
                at=place_of(path).span,
                name=str(path),
                sample=(height, width, 3 if colours else 1),
                wanted=raw,
                reader=self.names[0],
            )
        return pixels[None]

    def _refuse(self, path: Path, reason: str) -> Problem:
        return FileNotSamples(at=place_of(path).span, path=str(path), reason=reason)


def _is_header(row: Sequence[str]) -> bool:
    """Whether a table's first row names its columns: it has no number, or a word. A cell that is
    empty, `nan`, or begins like a number is a sample's, and wrong."""
    cells = [cell.strip() for cell in row]
    if all(read_number(cell) is None for cell in cells):
        return not any(_is_no_finite_number(cell) for cell in cells)
    return any(cell and cell[0] not in "+-.0123456789" for cell in cells) and not any(
        _is_no_finite_number(cell) for cell in cells
    )


def _is_no_finite_number(cell: str) -> bool:
    """Whether a cell says `nan` or `inf`."""
    try:
        return not math.isfinite(float(cell))
    except ValueError:
        return False


def count_of(samples: Any) -> int:
    """How many samples there are."""
    first = next(iter(samples.values())) if isinstance(samples, Mapping) else samples
    return len(first)
