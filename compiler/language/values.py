"""What an argument is after `$` was read and arithmetic was done.

The same classes serve every call: a layer, a directive, a block, an element of a list. Each
carries the span of what the author wrote, so that a wrong value is shown at its place.
"""

from __future__ import annotations

from typing import NamedTuple

from ...grammar.source import Span


class Number(NamedTuple):
    """A number with its unit (`ep it % min h s`) or none."""

    value: int | float
    unit: str | None
    span: Span


class ShapeValue(NamedTuple):
    """`3x3`, `?x8`. A plain number is a `Number`, never a shape of one size."""

    sizes: tuple[int | None, ...]
    span: Span


class Text(NamedTuple):
    """A string in quotes."""

    text: str
    span: Span


class WordValue(NamedTuple):
    """A bare word."""

    text: str
    span: Span


class LabelValue(NamedTuple):
    """`@name`, read."""

    name: str
    span: Span


class Extent(NamedTuple):
    """How large a value is with all that lies in it, which need not be walked to know it."""

    weight: int
    """How many values it holds; a long text or shape counts as several."""
    depth: int
    """How many lists and functions lie inside each other."""


class Sequence(NamedTuple):
    """`(64, 128)`."""

    items: tuple[WrittenValue, ...]
    span: Span
    extent: Extent


class FunctionValue(NamedTuple):
    """`log(1e-4, 1e-1)`."""

    name: str
    arguments: tuple[WrittenValue, ...]
    span: Span
    extent: Extent


class UnknownValue(NamedTuple):
    """A value that something wrong elsewhere keeps unknown, about which nothing more is said."""

    span: Span


WrittenValue = Number | ShapeValue | Text | WordValue | LabelValue | Sequence | FunctionValue


def extent_of(value: WrittenValue) -> Extent:
    """The extent of one value."""
    match value:
        case Sequence() | FunctionValue():
            return value.extent
        case Text() | WordValue():
            return Extent(1 + len(value.text) // 64, 0)
        case ShapeValue():
            return Extent(1 + len(value.sizes) // 16, 0)
        case _:
            return Extent(1, 0)


def extent_around(items: tuple[WrittenValue, ...]) -> Extent:
    """The extent of a list or function of these values."""
    inside = [extent_of(item) for item in items]
    weight = sum(extent.weight for extent in inside)
    return Extent(1 + weight, 1 + max((extent.depth for extent in inside), default=0))
