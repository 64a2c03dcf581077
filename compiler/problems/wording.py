"""Words that problems about shapes share."""

from __future__ import annotations

from collections.abc import Iterable

from ...grammar.problem import Edit, Fix
from ...grammar.source import Span
from ...grammar.text import listed
from ..shapes import Shape, elements, shape_text


def named(shape: Shape) -> str:
    """A shape with what it is: "the image `28x28x1`"."""
    kind = {1: "vector", 2: "sequence", 3: "image"}.get(len(shape), "shape")
    return f"the {kind} `{shape_text(shape)}`"


def product(shape: Shape) -> str:
    """`6*6*256 = 9216`."""
    return f"{'*'.join(str(size) for size in shape)} = {elements(shape)}"


def axis_names(shape: Shape) -> tuple[str, ...]:
    """What the axes are called."""
    if len(shape) == 3:
        return ("height", "width", "channels")
    return ("length", "channels") if len(shape) == 2 else ("size",)


def size_text(size: int | None) -> str:
    return "?" if size is None else str(size)


def rewrite(at: Span, old: str, new: str) -> tuple[Fix, ...]:
    """The fix that writes another value, where the old one is in plain text."""
    if at.text != old:
        return ()
    return (Fix(f"write `{new}` instead of `{old}`", (Edit(at, new),), safe=False),)


def first_of(names: tuple[str, ...], most: int = 12) -> str:
    """The first names in a row, and how many more there are."""
    return listed(names, most=most)


def alike_names(names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Those of the names that differ only in case or in blanks, in groups."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(" ".join(name.casefold().split()), []).append(name)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)
