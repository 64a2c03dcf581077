"""Predicted masks as PNG files, whose pixels are classes as in masks that netc reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np

from ..array_types import Array
from ..plots.style import COLOURS
from ..storage.files import write_atomically
from .predict_files import Prediction, Predictions

LEVELS = 256


def why_no_masks(answers: Predictions) -> str:
    """Why predictions cannot be written as masks; empty when they can."""
    classes = np.array((0, 1) if answers.several else answers.labels or ())
    if not classes.size or any(_mask(item).ndim != 2 for item in answers.items):
        return "the network does not predict a class per pixel"
    levels = classes.astype(np.uint8) if classes.dtype.kind in "biuf" else None
    if levels is None or (levels != classes).any():
        return f"the classes of a PNG are whole numbers from 0 to {LEVELS - 1}"
    return ""


def write_masks(answers: Predictions, folder: Path) -> int:
    """Writes a PNG per sample into a folder, which is made, and gives their number. It has the name
    of its picture, or of the array file with the row. Raises OSError, and ImportError without
    Pillow."""
    import PIL.Image

    palette = _palette()
    for item, name in zip(answers.items, _names(answers), strict=True):
        image = PIL.Image.fromarray(_mask(item).astype(np.uint8), "L")
        image.putpalette(palette)
        content = BytesIO()
        image.save(content, "PNG")
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content.getvalue())
    return len(answers.items)


def _mask(item: Prediction) -> Array:
    """(H, W), from (H, W) or (H, W, 1)."""
    mask = np.asarray(item.answer)
    return mask[..., 0] if mask.ndim == 3 and mask.shape[-1] == 1 else mask


def _names(answers: Predictions) -> Iterator[Path]:
    """Folders that all files are in are left out, and so are suffixes unless only they differ."""
    rows = Counter(item.file for item in answers.items)
    alike = Counter(Path(file).with_suffix("") for file in rows)
    paths = [Path(item.file) for item in answers.items]
    outer = 0
    while len({path.parts[outer : outer + 1] for path in paths}) == 1 and all(
        len(path.parts) > outer + 1 for path in paths
    ):
        outer += 1
    for path, item in zip(paths, answers.items, strict=True):
        stem = path.stem if alike[path.with_suffix("")] == 1 else path.name
        stem += f"_{item.row}" if rows[item.file] > 1 else ""
        yield Path(*path.parts[outer:-1], f"{stem}.png")


def _palette() -> bytes:
    """Black, white, then the colours of pictures over and over, but for black."""
    colours = [bytes.fromhex(colour[1:]) for colour in COLOURS[:-1]]
    rest = (colours[level % len(colours)] for level in range(LEVELS - 2))
    return b"\x00\x00\x00\xff\xff\xff" + b"".join(rest)
