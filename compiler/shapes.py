"""Shapes of one sample, without the batch: `(28, 28, 1)`, `(784,)`, `(None, 8)`."""

from __future__ import annotations

from math import prod

from ..grammar.text import shape_text as shape_text

Shape = tuple[int | None, ...]
"""Height, width, channels; length, channels; or features. `None` is a free size."""

Pair = tuple[int, int]
Margins = tuple[Pair, Pair]
"""Padding before and after, for rows and for columns; negative where positions are dropped."""

LARGEST = 2**40
"""The most elements that one tensor may have: 4 TiB of float32, beyond any machine netc is for."""


def is_turned(shape: Shape, sample: Shape) -> bool:
    """Whether one has the sizes of the other in another order. A view of such samples would mix
    their axes."""
    here, there = ([size for size in sizes if size != 1] for sizes in (shape, sample))
    if None in here or None in there or here == there:
        return False
    return sorted(map(int, filter(None, here))) == sorted(map(int, filter(None, there)))


def elements(shape: Shape) -> int | None:
    """How many numbers a sample has, or None when a size is free."""
    if any(size is None for size in shape):
        return None
    return prod(size for size in shape if size is not None)


def may_be_equal(one: Shape, other: Shape) -> bool:
    """Whether two shapes are equal where their sizes are known."""
    return len(one) == len(other) and all(
        a is None or b is None or a == b for a, b in zip(one, other, strict=True)
    )
