"""Shapes of the wrong kind: a vector where positions are needed, an axis too many, a contract in a
pipe that does not hold.

Counts of numbers are in `sizes.py`, merges in `merges.py`, and what goes wrong with windows in
`windows.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...grammar.problem import Edit, Fix, Label, Problem
from ...grammar.source import Span
from ..shapes import Shape, elements, shape_text
from .wording import axis_names, gives, named, product, rewrite, size_text


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorNeeded(Problem):
    """A layer that reads a vector gets rows, columns or channels.

    `dense` and `poly` connect every number of a vector, and `embed` looks up every token of one.
    An image or a sequence has to become a vector first, and netc does not do that on its own:
    a forgotten `flatten` is the commonest wrong net that still trains. `flatten` lays the numbers
    out row by row; `gap` averages every channel instead.

    ```netc
    input 6x6x256 -> dense 10
    ```

    Instead:

    ```netc
    input 6x6x256 -> flatten -> dense 10
    ```
    """

    code: ClassVar[str] = "E0301"
    title: ClassVar[str] = "vector needed"

    layer: str
    """As written: `dense 10`."""
    shape: Shape
    maker: Span
    """The call that gives this shape."""
    flattens: bool = True
    """Whether flattening is the way out: not for tokens, which are no pixels."""

    def message(self) -> str:
        return f"`{self.layer}` reads a vector, but gets {named(self.shape)}"

    def label(self) -> str:
        if elements(self.shape) is None:
            return ""
        return f"{product(self.shape)} numbers, not yet in one row"

    def labels(self) -> tuple[Label, ...]:
        return gives(self.maker, self.shape, self.at)

    def help(self) -> tuple[str, ...]:
        if not self.flattens:
            return (f"give it a vector of tokens: `input 12 -> {self.layer}` reads twelve",)
        if elements(self.shape) is None:
            return (f"`-> gap` before it averages each channel: {self.shape[-1]}",)
        return (f"`-> flatten` before it makes a vector: {product(self.shape)}",)

    def fixes(self) -> tuple[Fix, ...]:
        if not self.flattens:
            return ()
        start = Span(self.at.source, self.at.start, self.at.start)
        word = "gap" if elements(self.shape) is None else "flatten"
        return (Fix(f"put `{word}` before it", (Edit(start, f"{word} -> "),), safe=False),)


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionsNeeded(Problem):
    """A layer that works on positions gets a vector.

    Convolution, pooling, padding and their kin move over rows and columns (`28x28x1`: height,
    width, channels) or along a sequence (`100x8`: length, channels). A vector has neither.

    ```netc
    input 784 -> conv 8 3x3
    ```

    Instead:

    ```netc
    input 28x28x1 -> conv 8 3x3
    ```
    """

    code: ClassVar[str] = "E0302"
    title: ClassVar[str] = "positions needed"

    layer: str
    shape: Shape
    maker: Span

    def message(self) -> str:
        return f"`{self.layer}` needs an image or a sequence, but gets {named(self.shape)}"

    def label(self) -> str:
        return "there are no positions to move over"

    def labels(self) -> tuple[Label, ...]:
        return gives(self.maker, self.shape, self.at)

    def help(self) -> tuple[str, ...]:
        seen = _as_image(self.shape)
        if seen is None:
            return ("write the input as height x width x channels, or `-> reshape` before it",)
        text = shape_text(seen)
        if self.maker.text.split()[:1] == ["input"]:
            return (f"`input {text}` reads the same {elements(seen)} numbers as an image",)
        return (f"`-> reshape {text}` before it makes an image: {product(seen)}",)

    def fixes(self) -> tuple[Fix, ...]:
        seen = _as_image(self.shape)
        if seen is None:
            return ()
        flat = shape_text(self.shape)
        if self.maker.text.split()[:2] == ["input", flat]:
            begin = self.maker.start + self.maker.text.index(flat)
            size = Span(self.maker.source, begin, begin + len(flat))
            edit = Edit(size, shape_text(seen))
            return (Fix(f"write `input {shape_text(seen)}`", (edit,), safe=False),)
        start = Span(self.at.source, self.at.start, self.at.start)
        text = f"reshape {shape_text(seen)} -> "
        return (
            Fix(f"put `reshape {shape_text(seen)}` before it", (Edit(start, text),), safe=False),
        )


def _as_image(shape: Shape) -> Shape | None:
    """The square image with one or three channels that has as many numbers."""
    size = elements(shape)
    if size is None:
        return None
    for channels in (1, 3):
        side = round((size / channels) ** 0.5)
        if side > 1 and side * side * channels == size:
            return (side, side, channels)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeNotExpected(Problem):
    """A shape in a pipe is not the one that `expect` names.

    `expect 6x6x256` in a pipe states what flows there, so that a change further up is noticed at
    once. A `?` in it stands for any size.

    ```netc
    input 28x28x1 -> conv 8 3x3 -> expect 28x28x8
    ```

    Instead:

    ```netc
    input 28x28x1 -> conv 8 3x3 -> expect 26x26x8
    ```
    """

    code: ClassVar[str] = "E0308"
    title: ClassVar[str] = "shape is not the expected one"

    shape: Shape
    expected: Shape
    maker: Span

    def message(self) -> str:
        wanted, found = shape_text(self.expected), shape_text(self.shape)
        return f"`{wanted}` is expected here, but `{found}` flows in"

    def label(self) -> str:
        if len(self.shape) != len(self.expected):
            return f"{len(self.expected)} and {len(self.shape)} sizes"
        pairs = zip(axis_names(self.shape), self.expected, self.shape, strict=True)
        return "; ".join(
            f"{name} {size_text(a)} expected, {size_text(b)} found"
            for name, a, b in pairs
            if a is not None and a != b
        )

    def labels(self) -> tuple[Label, ...]:
        return gives(self.maker, self.shape, self.at)

    def help(self) -> tuple[str, ...]:
        return (f"change the layers before it, or expect `{shape_text(self.shape)}`",)

    def fixes(self) -> tuple[Fix, ...]:
        return rewrite(self.at, shape_text(self.expected), shape_text(self.shape))


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyAxes(Problem):
    """A shape has more axes than height, width and channels.

    netc knows vectors (`784`), sequences (`100x8`: length, channels) and images (`28x28x1`:
    height, width, channels). The batch is never written.

    ```netc
    input 64x28x28x1 -> flatten
    ```

    Instead:

    ```netc
    input 28x28x1 -> flatten
    ```
    """

    code: ClassVar[str] = "E0310"
    title: ClassVar[str] = "too many axes"

    layer: str
    """`input` or `reshape`."""
    shape: Shape

    def message(self) -> str:
        return f"`{shape_text(self.shape)}` has {len(self.shape)} sizes, and a shape has at most 3"

    def label(self) -> str:
        return "height x width x channels at most"

    def help(self) -> tuple[str, ...]:
        if self.layer == "reshape":
            return ("multiply neighbouring sizes until three are left",)
        text = shape_text(self.shape[-3:])
        return (f"leave the batch away: `{text}` is the shape of one sample",)


PROBLEMS: tuple[type[Problem], ...] = (
    VectorNeeded,
    PositionsNeeded,
    ShapeNotExpected,
    TooManyAxes,
)
