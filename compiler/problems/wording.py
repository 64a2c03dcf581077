"""Words that problems about shapes share."""

from __future__ import annotations

from ...grammar.problem import Edit, Fix, Label
from ...grammar.source import Span
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


def gives(maker: Span, shape: Shape, at: Span) -> tuple[Label, ...]:
    """The label on the producing call, unless the problem stands there itself."""
    return () if maker == at else (Label(maker, f"gives {shape_text(shape)}"),)


def rewrite(at: Span, old: str, new: str) -> tuple[Fix, ...]:
    """The fix that writes another value, where the old one stands in plain text."""
    if at.text != old:
        return ()
    return (Fix(f"write `{new}` instead of `{old}`", (Edit(at, new),), safe=False),)


def shortened(text: str, most: int = 60) -> str:
    """A value in a sentence: the beginning of one that is longer than a line."""
    return text if len(text) <= most else text[: most - 1] + "…"
