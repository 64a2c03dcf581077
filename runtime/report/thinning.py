"""Fewer points of a long curve, which looks as it did."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

MOST_POINTS = 400


def thinned(values: Sequence[float], most: int = MOST_POINTS) -> list[int]:
    """The indices of the values that are kept: of every stretch the first, the least, the largest
    and the last one, and the first that is not finite."""
    if len(values) <= most:
        return list(range(len(values)))
    stretch = -(-len(values) // (most // 4))
    kept: set[int] = set()
    for start in range(0, len(values), stretch):
        here = range(start, min(start + stretch, len(values)))
        finite = [at for at in here if isfinite(values[at])]
        kept |= {here[0], here[-1]}
        if finite:
            kept |= {min(finite, key=values.__getitem__), max(finite, key=values.__getitem__)}
        if len(finite) < len(here):
            kept.add(next(at for at in here if not isfinite(values[at])))
    return sorted(kept)
