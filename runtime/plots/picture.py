"""A drawing and the numbers that it shows, as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from ..packages import package_trouble
from ..storage.files import write_atomically
from .animation import animate
from .style import SUFFIXES, draw_all

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Columns = Mapping[str, Sequence[object]]
"""Columns by name. A shorter column ends in empty cells, and None is one."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Something to draw."""

    name: str
    """Of its files, without a suffix: `curves`."""
    fill: Callable[[Figure], None]
    """Draws it into an empty figure."""
    table: Columns
    """The numbers that are drawn."""
    frames: Sequence[Callable[[Figure], None]] = ()
    """Drawings that follow each other in an animation."""


def csv_text(table: Columns) -> str:
    """The columns as CSV. Floats have all their digits."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip_longest(*table.values(), fillvalue=None))
    return out.getvalue()


def save_pictures(pictures: Iterable[Picture], folder: Path) -> tuple[Path, ...]:
    """Writes `NAME.csv`, `NAME.png` and `NAME.svg` of each picture into a folder, which is made,
    and `NAME.gif` where it has frames, and gives the paths; without matplotlib, only the CSV.
    Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    suffixes = () if package_trouble("matplotlib") else SUFFIXES
    written = []
    for picture in pictures:
        files = {".csv": csv_text(picture.table).encode()}
        if suffixes:
            files |= draw_all(picture.fill, suffixes)
        if suffixes and picture.frames:
            files[".gif"] = animate(picture.frames)
        for suffix, content in files.items():
            path = folder / f"{picture.name}{suffix}"
            write_atomically(path, content)
            written.append(path)
    return tuple(written)
