"""Predicted masks as PNG files, whose pixels are classes as in masks that netc reads."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np

from ..array_types import Array
from ..packages import require_package
from ..plots.style import COLOURS
from ..storage.files import write_atomically
from .predict_files import Prediction, Predictions

LEVELS = 256


def why_no_masks(predictions: Predictions) -> str:
    """Why the predictions of the first output cannot be written as masks; empty when they can."""
    output = predictions.outputs[0]
    classes = np.array((0, 1) if output.several else output.labels or ())
    if not classes.size or any(_mask(prediction).ndim != 2 for prediction in output.predictions):
        return "the network does not predict a class per pixel"
    levels = classes.astype(np.uint8) if classes.dtype.kind in "biuf" else None
    if levels is None or (levels != classes).any():
        return f"the classes of a PNG are whole numbers from 0 to {LEVELS - 1}"
    return ""


def replaced_picture(predictions: Predictions, folder: Path) -> Path | None:
    """A picture that was read and that a mask in this folder would replace."""
    read = {os.path.realpath(file) for file, _ in predictions.rows}
    paths = (folder / name for name in _names(predictions.rows))
    return next((path for path in paths if os.path.realpath(path) in read), None)


def write_masks(predictions: Predictions, folder: Path) -> int:
    """Writes a PNG per sample into a folder, which is made, and gives their number. It has the name
    of its picture, or of the array file with the row. Raises OSError, and
    UnusablePackageError without Pillow."""
    require_package("pillow", "a PNG needs")
    import PIL.Image

    palette = _palette()
    masks = predictions.outputs[0].predictions
    for prediction, name in zip(masks, _names(predictions.rows), strict=True):
        image = PIL.Image.fromarray(_mask(prediction).astype(np.uint8), "L")
        image.putpalette(palette)
        content = BytesIO()
        image.save(content, "PNG")
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content.getvalue())
    return len(predictions.rows)


def _mask(prediction: Prediction) -> Array:
    """(H, W), from (H, W) or (H, W, 1)."""
    mask = np.asarray(prediction.value)
    return mask[..., 0] if mask.ndim == 3 and mask.shape[-1] == 1 else mask


def _names(rows: tuple[tuple[str, int], ...]) -> Iterator[Path]:
    """Folders that all files are in are left out, and so are suffixes unless only they differ."""
    counts = Counter(file for file, _ in rows)
    alike = Counter(Path(file).with_suffix("") for file in counts)
    paths = [Path(file) for file, _ in rows]
    outer = 0
    while len({path.parts[outer : outer + 1] for path in paths}) == 1 and all(
        len(path.parts) > outer + 1 for path in paths
    ):
        outer += 1
    for path, (file, row) in zip(paths, rows, strict=True):
        stem = path.stem if alike[path.with_suffix("")] == 1 else path.name
        stem += f"_{row}" if counts[file] > 1 else ""
        yield Path(*path.parts[outer:-1], f"{stem}.png")


def _palette() -> bytes:
    """Black, white, then the colours of pictures over and over, but for black."""
    colours = [bytes.fromhex(colour[1:]) for colour in COLOURS[:-1]]
    rest = (colours[level % len(colours)] for level in range(LEVELS - 2))
    return b"\x00\x00\x00\xff\xff\xff" + b"".join(rest)
