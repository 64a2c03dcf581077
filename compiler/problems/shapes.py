"""Shapes of the wrong kind: a vector where positions are needed, an axis too many, a contract in a
pipe that does not hold.

Counts of numbers are in `sizes.py`, merges in `merges.py`, and what goes wrong with windows in
`windows.py`.
"""

from __future__ import annotations

from ...grammar.problem import Edit, Fix, Problem
from ...grammar.source import Span
from ...grammar.text import counted
from ..shapes import Shape, elements, shape_text
from .wording import axis_names, named, product, rewrite, size_text


class VectorNeeded(Problem):
    """A layer that needs a vector gets an image or a sequence.

    `dense` and `poly` read all numbers of a vector, and `embed` reads a vector of tokens. netc
    never flattens implicitly: a forgotten `flatten` is a common mistake that would still train.
    `flatten` lays out the numbers row by row; `gap` (global average pooling) averages each channel.

    ```netc
    input 6x6x256 -> dense 10
    ```

    Instead:

    ```netc
    input 6x6x256 -> flatten -> dense 10
    ```
    """

    code = "E0301"
    title = "vector needed"
    place_texts = {"maker": "gives {shape}"}
    layer: str
    """As written: `dense 10`."""
    shape: Shape
    maker: Span
    """The call that gives this shape."""
    flattens: bool = True
    """Whether flattening is the way out; it is not for tokens."""

    def message(self) -> str:
        return f"`{self.layer}` needs a vector, got {named(self.shape)}"

    def label(self) -> str:
        if elements(self.shape) is None:
            return ""
        return f"{product(self.shape)} numbers, not flattened"

    def help(self) -> tuple[str, ...]:
        if not self.flattens:
            return (f"`embed` reads a vector of tokens, such as `input 12 -> {self.layer}`",)
        if elements(self.shape) is None:
            return (f"add `-> gap` before it to average each channel: gives {self.shape[-1]}",)
        return (f"add `-> flatten` before it: gives {product(self.shape)}",)

    def fixes(self) -> tuple[Fix, ...]:
        word = "gap" if elements(self.shape) is None else "flatten"
        return _put_before(self.at, word) if self.flattens else ()


class PositionsNeeded(Problem):
    """A layer that needs an image or a sequence gets a vector.

    Convolution, pooling, padding and similar layers work on the rows and columns of an image
    (`28x28x1`: height, width, channels) or the positions of a sequence (`100x8`: length, channels).

    ```netc
    input 784 -> conv 8 3x3
    ```

    Instead:

    ```netc
    input 28x28x1 -> conv 8 3x3
    ```
    """

    code = "E0302"
    title = "image or sequence needed"
    label_text = "a vector has no rows and columns"
    place_texts = {"maker": "gives {shape}"}
    layer: str
    shape: Shape
    maker: Span

    def message(self) -> str:
        return f"`{self.layer}` needs an image or a sequence, got {named(self.shape)}"

    def help(self) -> tuple[str, ...]:
        seen = _as_image(self.shape)
        if seen is None:
            return ("write the input as height x width x channels, or add `-> reshape` before it",)
        text = shape_text(seen)
        if self.maker.text.split()[:1] == ["input"]:
            return (f"write `input {text}`: the same {elements(seen)} numbers as an image",)
        return (f"add `-> reshape {text}` before it: {product(seen)}",)

    def fixes(self) -> tuple[Fix, ...]:
        seen = _as_image(self.shape)
        if seen is None:
            return ()
        flat, text = shape_text(self.shape), shape_text(seen)
        if self.maker.text.split()[:2] == ["input", flat]:
            begin = self.maker.start + self.maker.text.index(flat)
            edit = Edit(Span(self.maker.source, begin, begin + len(flat)), text)
            return (Fix(f"write `input {text}`", (edit,), safe=False),)
        return _put_before(self.at, f"reshape {text}")


def _put_before(at: Span, call: str) -> tuple[Fix, ...]:
    return (Fix(f"put `{call}` before it", (Edit(at.before, f"{call} -> "),), safe=False),)


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


class ShapeNotExpected(Problem):
    """The shape at an `expect` differs from the stated one.

    `expect 6x6x256` in a pipe states the shape at that point, so that a change before it does not
    go unnoticed. A `?` matches any size.

    ```netc
    input 28x28x1 -> conv 8 3x3 -> expect 28x28x8
    ```

    Instead:

    ```netc
    input 28x28x1 -> conv 8 3x3 -> expect 26x26x8
    ```
    """

    code = "E0308"
    title = "unexpected shape"
    message_text = "expected shape `{expected}`, got `{shape}`"
    place_texts = {"maker": "gives {shape}"}
    help_texts = ("change the layers before it, or write `expect {shape}`",)
    shape: Shape
    expected: Shape
    maker: Span

    def label(self) -> str:
        if len(self.shape) != len(self.expected):
            return f"expected {counted(len(self.expected), 'size')}, got {len(self.shape)}"
        pairs = zip(axis_names(self.shape), self.expected, self.shape, strict=True)
        return "; ".join(
            f"expected {name} {size_text(a)}, got {size_text(b)}"
            for name, a, b in pairs
            if a is not None and a != b
        )

    def fixes(self) -> tuple[Fix, ...]:
        return rewrite(self.at, shape_text(self.expected), shape_text(self.shape))


class TooManyAxes(Problem):
    """A shape has more than three sizes.

    Samples are vectors (`784`), sequences (`100x8`: length, channels) or images (`28x28x1`: height,
    width, channels). The batch size is not part of a shape.

    ```netc
    input 64x28x28x1 -> flatten
    ```

    Instead:

    ```netc
    input 28x28x1 -> flatten
    ```
    """

    code = "E0310"
    title = "too many axes"
    label_text = "at most height x width x channels"
    layer: str
    """`input` or `reshape`."""
    shape: Shape

    def message(self) -> str:
        return f"`{shape_text(self.shape)}` has {len(self.shape)} sizes; a shape has at most 3"

    def help(self) -> tuple[str, ...]:
        if self.layer == "reshape":
            return ("multiply adjacent sizes until three are left",)
        text = shape_text(self.shape[-3:])
        return (f"omit the batch size: `{text}` is the shape of one sample",)
