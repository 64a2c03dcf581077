"""Samples to predict, from files: arrays, tables, pictures.

| file | samples |
|---|---|
| `.npy` | an array (N, ...), or a single sample |
| `.npz` | an array for each input, by its name; `x`, or the only array, for a network with one |
| a table | a row each: `.csv`, `.tsv`, `.txt`, `.parquet`, `.xlsx`; the header says where the |
|        | columns are that the network was trained on; without one they are in their order, |
|        | and no others |
| a picture | one sample, in the scale, size and channels of the training data |
| a folder | its pictures, in the order of their names |
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile

from ...compiler.data.files import Images
from ...compiler.problems.arrays import PickleRefused
from ...compiler.problems.data import DataFileDamaged
from ...compiler.problems.pictures import PicturesDamaged, PillowMissing
from ...compiler.problems.samples import ColumnsHoldText, FileNotSamples, SamplesDiffer
from ...compiler.problems.wording import first_of
from ...grammar.problem import Problem, Problems
from ..array_types import Array
from ..held_state import Holding
from ..packages import package_trouble
from ..storage.files import place_of
from .array_header import member_shortfall, shortfall
from .bounded_reading import DAMAGE, reason_of, why_no_file
from .pictures.decoding import PictureFormat, Undecodable, decode, read_facts
from .pictures.labelling import is_other_format
from .pictures.stores import LARGEST_FILE, SUFFIXES, natural, open_store
from .pixel_scale import UNKNOWN, PixelScale
from .quiet import QUIET_PILLOW
from .streamed import reading_threads
from .tables.samples import TrainedColumns, file_samples

TABLES = (".csv", ".tsv", ".tab", ".txt", ".dat", ".gz", ".parquet", ".xlsx")
CONVERT = "its format is not supported: convert it to JPEG or PNG"
TOGETHER = 256
"""Pictures of a folder that are read at a time."""


@dataclass(frozen=True, slots=True)
class SampleReader:
    """What a network takes."""

    names: tuple[str, ...]
    """Its inputs."""
    samples: tuple[tuple[int, ...], ...]
    """The shape of a sample of each before it is prepared."""
    table: TrainedColumns
    """What it knows of the table that it was trained on, where it was."""
    images: Images | None = None
    """The images that it was trained on, where it was: they say how others are resized."""
    scale: PixelScale = UNKNOWN
    """Of the first input."""

    def read(self, path: Path, problems: Problems) -> Iterator[tuple[Any, tuple[str, ...] | None]]:
        """The samples of a file, an array or a dict of arrays, or of the pictures of a folder,
        some at a time, with the names of their files. Nothing after a problem."""
        if os.path.isdir(path) and len(self.names) == 1:
            yield from self._read_folder(path, problems)
            return
        with Holding(QUIET_PILLOW):
            found = self._read_file(path)
        if isinstance(found, Problem):
            problems.add(found)
        elif isinstance(found, Problems):
            for problem in found:
                problems.add(problem)
        else:
            yield found, None

    def _read_file(self, path: Path) -> Any | Problem:
        reason = why_no_file(path)
        if reason:
            return FileNotSamples(at=place_of(path), path=str(path), reason=reason)
        try:
            return self._read(path)
        except DAMAGE as error:
            if isinstance(error, ValueError) and "Object arrays" in str(error):
                return PickleRefused(at=place_of(path), path=str(path), name="")
            told = isinstance(error, OSError | MemoryError | RuntimeError)
            known = reason_of(error, "it") if told else ""
            reason = known or "it is truncated, corrupt, or not in the format of its extension"
            return DataFileDamaged(at=place_of(path), path=str(path), reason=reason)

    def _read_folder(
        self, folder: Path, problems: Problems
    ) -> Iterator[tuple[Any, tuple[str, ...] | None]]:
        """All pictures of a folder and of those in it, those of one size together."""
        with open_store(folder) as store:
            paths, damaged = sorted(store.pictures, key=natural), dict(store.damaged)
            damaged |= {path: CONVERT for path in store.others if is_other_format(path)}
        if not paths and not damaged:
            problems.add(self._refuse(folder, "it contains no images"))
        total = len(paths) + len(damaged)
        for start in range(0, len(paths), TOGETHER):
            names = [str(folder / path) for path in paths[start : start + TOGETHER]]
            with reading_threads() as pool:
                found = list(pool.map(lambda name: self._read_file(Path(name)), names))
            groups: dict[tuple[int, ...], list[int]] = {}
            for index, pixels in enumerate(found):
                if isinstance(pixels, DataFileDamaged):
                    damaged[pixels.path] = pixels.reason
                elif isinstance(pixels, Problem):
                    problems.add(pixels)
                    return
                else:
                    groups.setdefault(pixels.shape, []).append(index)
            for rows in groups.values() if not damaged else ():
                yield np.concatenate([found[i] for i in rows]), tuple(names[i] for i in rows)
        if damaged:
            problems.add(
                PicturesDamaged(
                    at=place_of(folder),
                    path=str(folder),
                    damaged=tuple(damaged.items()),
                    total=total,
                )
            )

    def _read(self, path: Path) -> Any | Problem:
        suffix = path.suffix.lower()
        if suffix in (".npz", ".npy") and self.table.request.texts():
            columns = self.table.request.texts()
            return ColumnsHoldText(at=place_of(path), name=str(path), columns=columns)
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
        if suffix in TABLES:
            return self._read_table(path)
        if suffix in SUFFIXES:
            return self._read_picture(path)
        if is_other_format(path.name):
            return self._refuse(path, CONVERT)
        return self._refuse(path, "its name must end with .npy, .npz, .csv, .png, .jpg, ...")

    def _read_archive(self, path: Path) -> Any | Problem:
        with path.open("rb") as file, ExitStack() as stack:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, NpzFile):
                return self._refuse(path, "it is a single array: name it .npy")
            stack.enter_context(archive)
            held = tuple(archive.files)
            names = self.names
            if len(names) == 1 and names[0] not in held:
                names = ("x",) if "x" in held else held if len(held) == 1 else names
            if set(names) <= set(held):
                assert archive.zip is not None  # until it is closed
                members = set(archive.zip.namelist())
                for name in names:
                    stored = name if name in members else f"{name}.npy"
                    reason = member_shortfall(archive.zip, stored)
                    if reason:
                        return self._refuse(path, f"`{stored}`: {reason}")
                arrays: list[Any] = [archive[name] for name in names]
                if not all(isinstance(array, np.ndarray) for array in arrays):
                    raise ValueError("NumPy gives the bytes of a member that is no array")
                return arrays[0] if len(names) == 1 else dict(zip(names, arrays, strict=True))
        has = first_of(held) or "nothing"
        wanted = ", ".join(f"`{name}`" for name in self.names)
        return self._refuse(path, f"it has {has}, but the network needs {wanted}")

    def _read_table(self, path: Path) -> Array | Problems:
        problems = Problems()
        found = file_samples(path, self.table, problems)
        return problems if found is None else found

    def _read_picture(self, path: Path) -> Array | Problem:
        trouble = package_trouble("pillow")
        if trouble is not None:
            reason, command = trouble.reason, trouble.command
            at = place_of(path)
            return PillowMissing(at=at, path=str(path), reason=reason, command=command)
        raw, images = self.samples[0], self.images or Images(path=".")
        if self.scale.white is None:
            return self._refuse(
                path,
                "the network was not trained on pixels from 0 to 1 or 0 to 255, so it is unknown "
                "how to scale a picture: use an .npy file",
            )
        size = path.stat().st_size
        if size > LARGEST_FILE:
            return self._refuse(path, f"it has {size:,} bytes, a picture at most {LARGEST_FILE:,}")
        try:
            with path.open("rb") as file:
                facts = read_facts(file)
                height, width = images.resize or (facts.height, facts.width)
                colours = raw[-1] == 3 if len(raw) == 3 else prod(raw) == 3 * width * height
                target = PictureFormat(
                    height,
                    width,
                    3 if colours else 1,
                    facts.deep,
                    images.resize is not None,
                    images.fit,
                    images.background,
                )
                if len(raw) == 3 and (height, width) != raw[:2]:
                    return SamplesDiffer(
                        at=place_of(path),
                        name=str(path),
                        sample=target.shape,
                        wanted=raw,
                        reader=self.names[0],
                    )
                file.seek(0)
                pixels = decode(file.read(), target)
        except Undecodable as error:
            return DataFileDamaged(at=place_of(path), path=str(path), reason=str(error))
        return (pixels / np.iinfo(pixels.dtype).max * self.scale.white)[None]

    def _refuse(self, path: Path, reason: str) -> Problem:
        return FileNotSamples(at=place_of(path), path=str(path), reason=reason)
