"""The tables with which NumPy's Generator draws normal numbers: a ziggurat of 256 layers of equal
area (Marsaglia and Tsang 2000; Doornik 2005).

NumPy has the tables as numbers. They follow from the edge of the lowest layer and the area of a
layer, when each step is rounded to double precision; the decimal module rounds logarithms and
exponentials correctly, which not every C library does.
"""

from __future__ import annotations

from decimal import Context, Decimal
from functools import cache
from math import nextafter, sqrt
from typing import NamedTuple

EDGE = 3.6541528853610088
AREA = 0.004928673233974652
LAYERS = 256
BITS = {"f32": 23, "f64": 52}
"""Of a random number that is scaled to the width of a layer."""
_ODD_LAYER = 38
"""Its density is one unit in the last place too large in NumPy's table."""
_DIGITS = Context(prec=40)


class Ziggurat(NamedTuple):
    """By layer, for one precision."""

    widths: tuple[float, ...]
    """Of a layer, for one unit of the random number."""
    densities: tuple[float, ...]
    """exp(-x²/2) at the edge of a layer."""
    inside: tuple[int, ...]
    """Random numbers below this are under the curve without a further look."""


@cache
def ziggurat_tables(precision: str) -> Ziggurat:
    """The tables, `f32` or `f64`; single precision is rounded from double."""
    edges, densities = _layers()
    scale = 2.0 ** BITS[precision]
    inside = [round(edges[-1] * densities[-1] / AREA * 2.0**52), 0]
    inside += [round(edges[i - 1] / edges[i] * 2.0**52) for i in range(2, LAYERS)]
    dropped = 2 ** (52 - BITS[precision])
    widths = tuple(edge / scale for edge in edges)
    return Ziggurat(widths, tuple(densities), tuple(round(n / dropped) for n in inside))


def _layers() -> tuple[list[float], list[float]]:
    """The edges of the layers and the densities there, from the lowest to the highest layer."""
    edges = [0.0] * LAYERS
    densities = [1.0] * LAYERS
    edges[-1], densities[-1] = EDGE, _density(EDGE)
    for layer in range(LAYERS - 2, 0, -1):
        height = AREA / edges[layer + 1] + densities[layer + 1]
        edges[layer] = sqrt(-2.0 * float(_DIGITS.ln(Decimal(height))))
        densities[layer] = _density(edges[layer])
        if layer == _ODD_LAYER:
            densities[layer] = nextafter(densities[layer], 1.0)
    edges[0] = AREA / densities[-1]
    return edges, densities


def _density(x: float) -> float:
    return float(_DIGITS.exp(Decimal(-0.5 * x * x)))
