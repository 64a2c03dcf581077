"""Shapes of one sample, without the batch: `(28, 28, 1)`, `(784,)`, `(None, 8)`."""

from __future__ import annotations

from math import prod

Shape = tuple[int | None, ...]
"""Height, width, channels; length, channels; or features. `None` is a free size."""

LARGEST = 2**40
"""The most elements that one tensor may have: 4 TiB of float32, beyond any machine netc is for."""


def shape_text(shape: Shape) -> str:
    """As the language writes it: `28x28x1`."""
    return "x".join("?" if size is None else str(size) for size in shape)


def elements(shape: Shape) -> int | None:
    """How many numbers a sample has, or None when a size is free."""
    if any(size is None for size in shape):
        return None
    return prod(size for size in shape if size is not None)
