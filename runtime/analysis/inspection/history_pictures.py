"""The pictures of a layer history: a panel per layer, and the epochs from left to right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from ...array_types import Array, Doubles
from ...plots.densities import Density, draw_densities
from ...plots.picture import Picture
from .layer_history import LayerHistory

BINS = 48
MOST_PANELS = 12
OUTLIERS = 0.002
"""The share of numbers at each end that may lie beyond the edges; they count in the last bins."""


def history_pictures(history: LayerHistory, called: str) -> Iterator[Picture]:
    """Weights, outputs and gradients."""
    epochs = history.epochs
    panels = []
    for name, arrays in history.weights.items():
        note = _range("deviation", [_deviation(array) for array in arrays])
        note += _equal(history.units[name], history.distinct[name])
        panels.append(_panel(name, arrays, note))
    yield _picture("layer_weights", panels, epochs, f"{called}: weights by layer", "weight")
    panels = []
    for name, arrays in history.outputs.items():
        note = _range("deviation", [_deviation(array) for array in arrays])
        panels.append(_panel(name, [array[array != 0] for array in arrays], note + _zeros(arrays)))
    title = f"{called}: outputs by layer"
    yield _picture("layer_outputs", panels, epochs, title, "output (without zeros)")
    sizes = {
        name: [_sizes(array) for array in arrays] for name, arrays in history.gradients.items()
    }
    # on one scale, so that layers can be compared
    edges = edges_for([array for arrays in sizes.values() for array in arrays])
    panels = []
    for name, arrays in history.gradients.items():
        medians = [_median(*pair) for pair in zip(sizes[name], arrays, strict=True)]
        note = _range("median", medians) + _zeros(arrays)
        panels.append(_panel(name, sizes[name], note, edges))
    title = f"{called}: size of the gradients by layer"
    yield _picture("layer_gradients", panels, epochs, title, "log10 of the size (without zeros)")


def _sizes(gradient: Array) -> Doubles:
    """The decimal logarithms of those that are finite and not 0."""
    kept = gradient[np.isfinite(gradient) & (gradient != 0)].astype(np.float64)
    sizes: Doubles = np.log10(np.abs(kept))
    return sizes


def _median(sizes: Doubles, gradient: Array) -> float:
    """Of the sizes; of none, that is 0, or not a number where no gradient is finite."""
    if sizes.size:
        return 10 ** float(np.median(sizes))
    return 0.0 if np.isfinite(gradient).any() else float("nan")


def _deviation(array: Array) -> float:
    with np.errstate(all="ignore"):
        return float(np.std(array, dtype=np.float64))


def _range(what: str, values: Sequence[float]) -> str:
    return f"{what} {values[0]:.2g} to {values[-1]:.2g}"


def _zeros(arrays: Sequence[Array]) -> str:
    """What the last epoch has that is not drawn."""
    zeros, finite = float(np.mean(arrays[-1] == 0)), float(np.mean(np.isfinite(arrays[-1])))
    text = f", {zeros:.0%} are 0" if zeros > 0.005 else ""
    return text + (f", {1 - finite:.0%} not finite" if finite < 1 else "")


def _equal(units: int, distinct: int) -> str:
    if distinct == units:
        return ""
    return ", all units equal" if distinct == 1 else f", {units - distinct} equal units"


def _panel(name: str, arrays: Sequence[Array], note: str, edges: Doubles | None = None) -> Density:
    edges = edges_for(arrays) if edges is None else edges
    return Density(name, note, edges, np.array([shares_in(array, edges) for array in arrays]))


def _picture(
    name: str, panels: Sequence[Density], epochs: Sequence[int], title: str, label: str
) -> Picture:
    if len(panels) > MOST_PANELS:
        title += f", the first {MOST_PANELS} of {len(panels)}"
    shown = panels[:MOST_PANELS]
    fill = partial(draw_densities, panels=shown, epochs=epochs, title=title, label=label)
    return Picture(name, fill, _table(panels, epochs))


def edges_for(arrays: Sequence[Array]) -> Doubles:
    """Bins for almost all of the finite numbers."""
    every = np.concatenate([array.ravel() for array in arrays]).astype(np.float64)
    finite = every[np.isfinite(every)]
    if not finite.size:
        return np.linspace(-0.5, 0.5, BINS + 1)
    low, high = np.quantile(finite, (OUTLIERS, 1 - OUTLIERS))
    if high - low < 1e-9 * max(abs(low), abs(high), 1e-9):
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, BINS + 1)


def shares_in(array: Array, edges: Doubles) -> Doubles:
    """The share of the finite numbers in each bin; those beyond the edges are in the last ones."""
    finite = array[np.isfinite(array)].astype(np.float64).clip(edges[0], edges[-1])
    counts, _ = np.histogram(finite, edges)
    shares: Doubles = counts / max(len(finite), 1)
    return shares


def _table(panels: Sequence[Density], epochs: Sequence[int]) -> dict[str, list[object]]:
    table: dict[str, list[object]] = {"epoch": [epoch for epoch in epochs for _ in range(BINS)]}
    for panel in panels:
        table[f"{panel.name} from"] = panel.edges[:-1].tolist() * len(epochs)
        table[f"{panel.name} share"] = panel.shares.ravel().tolist()
    return table
