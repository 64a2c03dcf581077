"""Samples to predict, from files: arrays, tables, pictures.

| file | samples |
|---|---|
| `.npy` | an array (N, ...), or a single sample |
| `.npz` | an array for each input, by its name; `x`, or the only array, for a network with one |
| `.csv` | a row each; the header says where the columns are that the network was trained on; |
|        | without one, or without names to look for, all columns in their order but the target |
| a picture | one sample, byte / 255; grey or in colours as the network was trained |
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile

from ...compiler.data.files import Images
from ...compiler.problems.arrays import PickleRefused
from ...compiler.problems.data import ColumnUnknown, DataFileDamaged
from ...compiler.problems.pictures import PillowMissing
from ...compiler.problems.samples import FileNotSamples, SamplesDiffer
from ...grammar.problem import Problem, Problems
from ..array_types import Array
from ..storage.files import place_of
from .array_header import member_shortfall, shortfall
from .pictures.decoding import Target, Undecodable, decode, read_facts
from .pictures.reading import quiet_pillow
from .pictures.stores import SUFFIXES
from .table import (
    cut,
    is_header,
    missing_columns,
    names_columns,
    read_lines,
    read_number,
)


@dataclass(frozen=True, slots=True)
class SampleReader:
    """What a network takes."""

    names: tuple[str, ...]
    """Its inputs."""
    samples: tuple[tuple[int, ...], ...]
    """The shape of a sample of each before it is prepared."""
    target: str | None
    """The column of a table that is no feature."""
    columns: tuple[str, ...] = ()
    """Those of the table that it was trained on, where it was."""
    images: Images | None = None
    """The images that it was trained on, where it was: they say how others are resized."""

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
            except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
                reason = "it is truncated, corrupt, or not of the format that its name says"
                found = DataFileDamaged(at=at, path=str(path), reason=reason)
                if isinstance(error, ValueError) and "Object arrays" in str(error):
                    found = PickleRefused(at=at, path=str(path), name="")
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
            return self._refuse(
                path, f"the network has inputs {names}: pass an .npz file with one array each"
            )
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
        return self._refuse(path, "its name must end with .npy, .npz, .csv, .png, .jpg, ...")

    def _read_archive(self, path: Path) -> Any | Problem:
        archive = np.load(path, allow_pickle=False)
        if not isinstance(archive, NpzFile):
            return self._refuse(path, "it is a single array: name it .npy")
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
        return self._refuse(path, f"it has {has}, but the network needs {wanted}")

    def _read_table(self, path: Path) -> Array | Problem:
        lines = read_lines(path.read_bytes())
        if isinstance(lines, str):
            return DataFileDamaged(at=place_of(path).span, path=str(path), reason=lines)
        first = [cell.strip() for cell in lines[0][1]] if lines else []
        by_name = names_columns(first, self.columns)
        header = first if by_name or (first and is_header(first)) else None
        lines = lines if header is None else lines[1:]
        if not lines:
            return self._refuse(path, "it has no rows")
        wide = len(first)
        if by_name:
            missing = missing_columns(first, self.columns)
            if missing:
                return ColumnUnknown(
                    at=place_of(path).span,
                    column=missing[0],
                    path=str(path),
                    columns=tuple(first),
                    others=len(missing) - 1,
                )
            twice = next((name for name in self.columns if first.count(name) > 1), None)
            if twice is not None:
                return self._refuse(path, f"several columns are named `{cut(twice)}`")
            used = [first.index(name) for name in self.columns]
        else:
            dropped = self._dropped(header, wide)
            used = [column for column in range(wide) if column not in dropped]
        features = np.empty((len(lines), len(used)))
        for index, (line, row) in enumerate(lines):
            kept = [row[column] for column in used] if len(row) == wide else []
            numbers = [read_number(cell) for cell in kept]
            if len(row) != wide or None in numbers:
                reason = f"line {line} has {len(row)} values, the first line has {wide}"
                if len(row) == wide:
                    column = used[numbers.index(None)]
                    wrong = cut(row[column].strip())
                    name = f"column {column + 1}" if header is None else f"`{cut(first[column])}`"
                    is_what = f"is `{wrong}`, not a finite number" if wrong else "is empty"
                    reason = f"line {line}: {name} {is_what}"
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
            import PIL.Image  # noqa: F401 - whether it is there
        except ImportError:
            return PillowMissing(at=place_of(path).span, path=str(path))
        raw, images = self.samples[0], self.images or Images(path=".")
        try:
            with quiet_pillow(), path.open("rb") as file:
                facts = read_facts(file)
                height, width = images.resize or (facts.height, facts.width)
                colours = raw[-1] == 3 if len(raw) == 3 else prod(raw) == 3 * width * height
                target = Target(
                    height,
                    width,
                    3 if colours else 1,
                    facts.deep,
                    images.resize is not None,
                    images.fit,
                    images.background,
                )
                file.seek(0)
                pixels = decode(file.read(), target)
        except Undecodable as error:
            return DataFileDamaged(at=place_of(path).span, path=str(path), reason=str(error))
        if len(raw) == 3 and (height, width) != raw[:2]:
            return SamplesDiffer(
                at=place_of(path).span,
                name=str(path),
                sample=target.shape,
                wanted=raw,
                reader=self.names[0],
            )
        return (pixels / np.iinfo(pixels.dtype).max)[None]

    def _refuse(self, path: Path, reason: str) -> Problem:
        return FileNotSamples(at=place_of(path).span, path=str(path), reason=reason)
