"""Pictures of what units respond to, and of what answers depend on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from ...array_types import Array
from ...plots.matrix import NamedMatrix, draw_matrix
from ...plots.picture import Picture
from ...plots.tiles import Tile, TileGrid, draw_tiles
from .looking import InputFindings, Optimum
from .maps import picture_shape
from .opening import Inspection
from .receptive import field_of
from .saliency import data_range, strength
from .samples import in_rows, sample_pixels, title_of
from .units import Responses

MOST_SAMPLES = 9

# What a unit responds to


def units_picture(
    inspection: Inspection, responses: Responses, units: Sequence[int], called: str
) -> Picture:
    """The samples that units respond to most; of a layer with positions, the part that the unit
    sees there."""
    grid: list[list[Tile]] = []
    table: dict[str, list[object]] = {name: [] for name in ("unit", "rank", "sample", "response")}
    for unit in units:
        row: list[Tile] = []
        for rank, index in enumerate(responses.strongest(unit, MOST_SAMPLES)):
            value = float(responses.values[index, unit])
            pixels = sample_pixels(inspection, int(index))
            if pixels is not None:
                position = responses.position(int(index), unit)
                crop = cropped(inspection, responses, pixels, position)
                row.append(Tile(crop, f"{inspection.places[index]}: {value:.3g}"))
            entry = (unit + 1, rank + 1, int(inspection.places[index]), value)
            for name, item in zip(table, entry, strict=True):
                table[name].append(item)
        grid.append(row)
    layer = responses.layer
    title = f"{called}: what units of {layer.name} ({layer.heading}) respond to most"
    names = [f"unit {unit + 1}" for unit in units]
    before = "" if layer.responding is layer.last else f" before {layer.last.layer.word}"
    note = (
        f"above each: the number of the sample, and the unit's output{before}; blue: beyond edges"
    )
    fill = partial(draw_tiles, grid=TileGrid(grid, title, names=names, note=note))
    return Picture("units", fill, table)


def cropped(
    inspection: Inspection, responses: Responses, pixels: Array, position: tuple[int, ...]
) -> Array:
    """The part of a picture that a position of the layer sees; NaN beyond its edges."""
    seen = field_of(inspection.graph, responses.layer.last.name, position)
    shape = picture_shape(inspection, inspection.input)
    if seen is None or len(seen) != 2 or shape is None:
        return pixels
    rows, columns = seen
    # what is drawn may be the data before `prep pad=`
    top, left = (shape[0] - pixels.shape[0]) // 2, (shape[1] - pixels.shape[1]) // 2
    size = max(rows[1], shape[0]) + 1, max(columns[1], shape[1]) + 1
    below = max(-rows[0], 0), max(-columns[0], 0)
    wide = np.full((size[0] + below[0], size[1] + below[1], *pixels.shape[2:]), np.nan)
    wide[
        below[0] + top : below[0] + top + pixels.shape[0],
        below[1] + left : below[1] + left + pixels.shape[1],
    ] = pixels
    return wide[
        rows[0] + below[0] : rows[1] + below[0] + 1,
        columns[0] + below[1] : columns[1] + below[1] + 1,
    ]


# What an answer depends on


def saliency_picture(
    inspection: Inspection, findings: InputFindings, explained: Sequence[int]
) -> Picture:
    """A row per sample: the picture, the gradient of the score, and the score with a patch."""
    rows: list[list[Tile]] = []
    names, heads, notes = [], ["picture"], []
    table: dict[str, list[float]] = {}
    for number, index in enumerate(explained):
        pixels = sample_pixels(inspection, index)
        assert pixels is not None
        row, place = [Tile(pixels)], inspection.places[index]
        if findings.saliency:
            item = findings.saliency[number]
            for called, gradient in (("gradient", item.gradient), ("SmoothGrad", item.smooth)):
                row.append(Tile(strength(gradient), scale="strength"))
                table[f"sample {place} {called}"] = gradient.ravel().tolist()
            score = item.score
        if findings.occlusion:
            found = findings.occlusion[number]
            low, high = found.covered.min(), found.covered.max()
            row.append(Tile(found.covered, f"{low:.3g} to {high:.3g}", "strength"))
            table[f"sample {place} occlusion"] = found.covered.ravel().tolist()
            score = found.score
        rows.append(row)
        names.append(f"sample {place}\nscore of {score.name}")
    if findings.saliency:
        heads += ["gradient", "SmoothGrad"]
        last = findings.saliency[0].score.before(inspection.graph)
        before = f" before the {last}" if last else ""
        notes.append(f"gradient: of the score{before}, the largest size over the channels")
    if findings.occlusion:
        heads.append("occlusion")
        size = findings.occlusion[0].size
        notes.append(f"occlusion: the score with a patch of {size}x{size} there")
    title = f"{title_of(inspection)}: what predictions depend on"
    grid = TileGrid(rows, title, heads=heads, names=names, note="\n".join(notes), size=1.35)
    name = "saliency" if findings.saliency else "occlusion"
    return Picture(name, partial(draw_tiles, grid=grid), table)


def features_picture(
    inspection: Inspection, findings: InputFindings, explained: Sequence[int]
) -> Picture:
    """The gradients of vectors: a row per sample, a column per feature."""
    first = findings.saliency[0].gradient
    values = np.array(
        [item.gradient.reshape(-1, first.shape[-1]).sum(0) for item in findings.saliency]
    )
    columns = inspection.columns
    names = [
        f"sample {inspection.places[index]}: {item.score.name}"
        for index, item in zip(explained, findings.saliency, strict=True)
    ]
    called = columns if len(columns) == values.shape[1] else ()
    title = f"{title_of(inspection)}: the gradient of scores"
    matrix = NamedMatrix(values, title, "", "feature", "gradient", names, called, signed=True)
    table: dict[str, Sequence[object]] = {"sample": names}
    for column in range(values.shape[1]):
        name = called[column] if called else f"feature {column + 1}"
        table[name] = values[:, column].tolist()
    return Picture("saliency", partial(draw_matrix, matrix=matrix), table)


def optimum_picture(inspection: Inspection, optimum: Optimum) -> Picture:
    """The inputs that units respond to strongly."""
    name = inspection.input
    shape = picture_shape(inspection, name)
    assert shape is not None
    low, high, _ = data_range(inspection, name, shape)
    tiles = []
    place = tuple((size or 0) // 2 for size in optimum.layer.last.shape[:-1])
    seen = field_of(inspection.graph, optimum.layer.last.name, place)
    for called, item in zip(optimum.names, optimum.inputs, strict=True):
        pixels = (item.pixels - low) / ((high - low) or 1.0)
        pixels = pixels if shape[2] == 3 else pixels.mean(axis=-1)
        if seen is not None and len(seen) == 2:
            (top, bottom), (left, right) = seen
            pixels = pixels[max(top, 0) : bottom + 1, max(left, 0) : right + 1]
        tiles.append(Tile(pixels, f"{called}: {item.response:.3g}", limits=(0.0, 1.0)))
    layer = optimum.layer
    before = "" if layer.rising is layer.last else f" before {layer.last.layer.word}"
    title = f"Inputs optimised for units of {layer.name} ({layer.heading})"
    note = f"above each: the unit, and its output{before}"
    grid = in_rows(tiles)
    table = {
        called: item.pixels.ravel().tolist()
        for called, item in zip(optimum.names, optimum.inputs, strict=True)
    }
    fill = partial(draw_tiles, grid=TileGrid(grid, title, note=note))
    return Picture("optimum", fill, table)
