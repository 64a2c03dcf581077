"""The pictures of an inspection, each with its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ...array_types import Array
from ...plots.histograms import Bars, draw_histograms
from ...plots.matrix import NamedMatrix, cut_name, draw_matrix
from ...plots.picture import Picture
from ...plots.tiles import Tile, TileGrid, TileScale, draw_mosaic, draw_tiles
from ..confusion import confusion_picture
from .explained_pictures import (
    features_picture,
    optimum_picture,
    saliency_picture,
    units_picture,
)
from .figures import ActivationFigures, ParameterFigures
from .looking import Findings, InputFindings, InspectionRequest
from .maps import FeatureMaps, Filters
from .opening import Inspection
from .outcomes import Outcomes
from .reconstructions import Reconstructions
from .samples import in_rows, sample_name, sample_pixels, title_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_FILTERS = 96
MOST_MAPS = 16
MOST_LAYERS = 8
MOST_UNITS = 8
MOST_MISTAKES = 24
MOST_PANELS = 12


def pictures_of(
    inspection: Inspection, findings: Findings, wanted: InspectionRequest
) -> Iterator[Picture]:
    """The pictures of what was found."""
    report, aspects = findings.report, wanted.aspects
    called = title_of(inspection)
    is_picture = sample_pixels(inspection, 0) is not None
    if "layers" in aspects:
        weights = [item for item in report.parameters if len(item.shape) > 1]
        gradients = [item for item in findings.gradients if len(item.shape) > 1]
        yield histograms_picture("weights", weights, "Weights by layer", "weight")
        title = f"{called}: outputs by layer"
        yield histograms_picture("activations", report.activations, title, "output")
        title = f"{called}: gradients of one batch by layer"
        yield histograms_picture("gradients", gradients, title, "gradient")
    if findings.maps:
        index = findings.explained[0]
        yield maps_picture(inspection, index, findings.maps, sample_name(inspection, index))
    if "units" in aspects and report.responses is not None and is_picture:
        yield units_picture(inspection, report.responses, findings.units[:MOST_UNITS], called)
    for item in findings.inputs:
        several = len(inspection.encoded.inputs) > 1
        for picture in _pictures_of_input(inspection.at_input(item.name), item, findings.explained):
            yield replace(picture, name=f"{picture.name}_{item.name}") if several else picture
    counts = report.outcomes.confusion
    if "confusion" in aspects and counts is not None:
        yield confusion_picture(counts, report.outcomes.names, called)
    if "mistakes" in aspects and is_picture:
        yield mistakes_picture(inspection, report.outcomes, called)
    if findings.rebuilt is not None:
        yield reconstructions_picture(inspection, findings.rebuilt, called)


def _pictures_of_input(
    inspection: Inspection, item: InputFindings, explained: Sequence[int]
) -> Iterator[Picture]:
    if item.filters is not None:
        yield filters_picture(item.filters)
    if item.optimum is not None:
        yield optimum_picture(inspection, item.optimum)
    if not (item.saliency or item.occlusion):
        return
    if sample_pixels(inspection, 0) is not None:
        yield saliency_picture(inspection, item, explained)
    elif item.saliency:
        yield features_picture(inspection, item, explained)


# What the first layer looks for


def filters_picture(filters: Filters) -> Picture:
    """The weights of the first layer: tiles of pictures, else a map."""
    weights = filters.weights[:MOST_FILTERS]
    some = f"the first {len(weights)} of " if len(weights) < len(filters.weights) else ""
    title = f"{filters.parameter}: {some}{len(filters.weights)} units of {filters.heading}"
    table = {f"unit {n + 1}": unit.ravel().tolist() for n, unit in enumerate(weights)}
    if weights.ndim == 4:
        fill = partial(_draw_filters, weights=weights, title=title)
    else:
        fill = partial(_draw_weight_map, weights=weights, title=title)
    return Picture("filters", fill, table)


def _draw_filters(figure: Figure, weights: Array, title: str) -> None:
    channels = weights.shape[-1]
    if channels == 3:
        most = np.abs(weights).max() or 1.0
        draw_mosaic(figure, 0.5 + weights / (2 * most), title=f"{title}, 0 is grey", scale="grey")
        return
    label = "weight" if channels == 1 else f"weight, mean of {channels} channels"
    draw_mosaic(figure, weights.mean(axis=-1), title=title, scale="signed", label=label)


def _draw_weight_map(figure: Figure, weights: Array, title: str) -> None:
    if weights.ndim == 3:
        draw_mosaic(figure, weights, title=title, scale="signed", label="weight")
        return
    draw_matrix(figure, NamedMatrix(weights, title, "unit", "feature", "weight", signed=True))


# What layers make of a sample


def maps_picture(
    inspection: Inspection, index: int, maps: Sequence[FeatureMaps], called: str
) -> Picture:
    """The first channels of each layer for one sample, each layer on its own scale."""
    shown = maps[:MOST_LAYERS]
    table: dict[str, list[float]] = {}
    for item in shown:
        for channel in range(min(item.maps.shape[-1], MOST_MAPS)):
            values = item.maps[:, :, channel].ravel().tolist()
            table[f"{item.layer.name} channel {channel + 1}"] = values
    some = f", the first {len(shown)} layers" if len(shown) < len(maps) else ""
    title = f"{called}: feature maps{some}"
    image = sample_pixels(inspection, index)
    return Picture("maps", partial(_draw_maps, maps=shown, image=image, title=title), table)


def _draw_maps(
    figure: Figure, maps: Sequence[FeatureMaps], image: Array | None, title: str
) -> None:
    rows: list[list[Tile]] = [] if image is None else [[Tile(image)]]
    names = [] if image is None else ["picture"]
    across = MOST_MAPS // 2
    for item in maps:
        channels = np.moveaxis(item.maps, -1, 0)[:MOST_MAPS].astype(np.float64)
        signed = bool((channels < 0).any())
        scale: TileScale = "signed" if signed else "strength"
        bound = float(np.abs(channels).max())
        limits = (-bound, bound) if signed else (0.0, bound or 1.0)
        for start in range(0, len(channels), across):
            some = channels[start : start + across]
            rows.append([Tile(one, scale=scale, limits=limits) for one in some])
            of = f" of {item.maps.shape[-1]}" if len(channels) < item.maps.shape[-1] else ""
            names.append(
                f"{item.layer.name}: {item.layer.heading}\nchannels {start + 1} to "
                f"{start + len(some)}{of}\n{-bound if signed else 0:.2g} to {bound:.2g}"
            )
    draw_tiles(figure, TileGrid(rows, title, names=names, size=0.8))


# What comes out


def mistakes_picture(inspection: Inspection, outcomes: Outcomes, called: str) -> Picture:
    """The samples with the highest losses."""
    tiles: list[Tile] = []
    for index in outcomes.worst(MOST_MISTAKES):
        pixels = sample_pixels(inspection, int(index))
        assert pixels is not None
        tiles.append(Tile(pixels, verdict(inspection, outcomes, int(index))))
    grid = in_rows(tiles)
    note = "above each: the number of the sample, its class, the predicted class, the loss"
    fill = partial(draw_tiles, grid=TileGrid(grid, f"{called}: the highest losses", note=note))
    return Picture("mistakes", fill, mistakes_table(inspection, outcomes, MOST_MISTAKES))


def reconstructions_picture(
    inspection: Inspection, rebuilt: Reconstructions, called: str
) -> Picture:
    """Samples, and below each what the network gives back."""
    low, high = float(rebuilt.samples.min()), float(rebuilt.samples.max())
    limits = (low, high if high > low else low + 1)
    rows, table = [], {}
    for name, pictures in (("sample", rebuilt.samples), ("output", rebuilt.outputs)):
        if pictures.shape[-1] == 3:
            rows.append([Tile((one - low) / (limits[1] - low)) for one in pictures])
        else:
            rows.append([Tile(one.mean(axis=-1), limits=limits) for one in pictures])
        for index, one in zip(rebuilt.indices, pictures, strict=True):
            table[f"{name} {inspection.places[index]}"] = one.ravel().tolist()
    grid = TileGrid(rows, f"{called}: what the network gives back", names=("samples", "outputs"))
    return Picture("reconstructions", partial(draw_tiles, grid=grid), table)


def mistakes_table(
    inspection: Inspection, outcomes: Outcomes, count: int
) -> dict[str, list[object]]:
    """The samples with the highest losses as columns."""
    worst = outcomes.worst(count)
    table: dict[str, list[object]] = {
        "sample": inspection.places[worst].tolist(),
        "loss": outcomes.losses[worst].tolist(),
    }
    if outcomes.true is not None and outcomes.predicted is not None:
        names = (*outcomes.names, "ignored")
        table["true"] = [names[label] for label in outcomes.true[worst]]
        table["predicted"] = [names[label] for label in outcomes.predicted[worst]]
    return table


def verdict(inspection: Inspection, outcomes: Outcomes, index: int) -> str:
    """The number of the sample, its class, the predicted one and its loss, in two lines."""
    place, loss = inspection.places[index], f"{outcomes.losses[index]:.3g}"
    if outcomes.true is None or outcomes.predicted is None:
        return f"{place}\nloss {loss}"
    names = (*outcomes.names, "ignored")
    true, predicted = (
        cut_name(names[labels[index]], 11) for labels in (outcomes.true, outcomes.predicted)
    )
    return f"{place}: {true}\nas {predicted}, {loss}"


# Histograms


def histograms_picture(
    name: str,
    figures: Sequence[ParameterFigures] | Sequence[ActivationFigures],
    title: str,
    label: str,
) -> Picture:
    """A panel per layer."""
    bars, table = [], {}
    for item in figures[:MOST_PANELS]:
        note = f"mean {item.mean:.3g}, deviation {item.deviation:.3g}"
        bars.append(Bars(item.name, note, item.histogram.edges, item.histogram.counts))
    for item in figures:
        table[f"{item.name} from"] = item.histogram.edges[:-1].tolist()
        table[f"{item.name} count"] = item.histogram.counts.tolist()
    if len(bars) < len(figures):
        title += f", the first {len(bars)} of {len(figures)}"
    return Picture(name, partial(draw_histograms, bars=bars, title=title, label=label), table)
