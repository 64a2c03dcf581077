"""Samples as pictures, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...array_types import Array
from ...plots.tiles import Tile
from .maps import picture_shape
from .opening import Inspection


def title_of(inspection: Inspection) -> str:
    """`mnist, test part`."""
    part = {"train": ", training part", "val": ", validation part", "test": ", test part"}
    return Path(inspection.loaded.dataset.name).name + part.get(inspection.loaded.part, "")


def sample_name(inspection: Inspection, index: int) -> str:
    """`mnist, test part, sample 3`."""
    return f"{title_of(inspection)}, sample {inspection.places[index]}"


def sample_pixels(inspection: Inspection, index: int) -> Array | None:
    """A sample of the input as (rows, columns) of grey or (rows, columns, 3) of colours, from
    0 to 1: as it was read where that is a picture, else as the network gets it. None where it is no
    picture."""
    number = inspection.input_number
    read = np.asarray(inspection.read.inputs[number][index : index + 1])[0]
    if read.ndim == 3 and read.shape[2] in (1, 3):
        if read.dtype.kind == "u":
            pixels: Array = read / np.iinfo(read.dtype).max
        else:
            pixels = read / (inspection.loaded.state.scale(number).white or 1.0)
        return pixels[:, :, 0] if read.shape[2] == 1 else pixels
    name = inspection.input
    shape = picture_shape(inspection, name)
    if shape is None:
        return None
    x = np.asarray(inspection.encoded.inputs[name][index]).reshape(shape)
    low, high = float(x.min()), float(x.max())
    scaled: Array = (x - low) / ((high - low) or 1.0)
    return scaled if shape[2] == 3 else scaled.mean(axis=-1)


def in_rows(tiles: Sequence[Tile]) -> list[Sequence[Tile]]:
    """At most eight in a row, and about as many in each."""
    across = -(-len(tiles) // -(-len(tiles) // 8))
    return [tiles[start : start + across] for start in range(0, len(tiles), across)]
