"""Shapes that do not fit together: ranks, merges, counts of numbers, contracts in a pipe.

What goes wrong with windows is in `windows.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import ClassVar

from ...grammar.problem import Edit, Fix, Label, Problem
from ...grammar.source import Span
from ..shapes import LARGEST, Shape, elements, shape_text


def named(shape: Shape) -> str:
    """A shape with what it is: "the image `28x28x1`"."""
    kind = {1: "vector", 2: "sequence", 3: "image"}.get(len(shape), "shape")
    return f"the {kind} `{shape_text(shape)}`"


def product(shape: Shape) -> str:
    """`6*6*256 = 9216`."""
    return f"{'*'.join(str(size) for size in shape)} = {elements(shape)}"


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
        return _gives(self.maker, self.shape, self.at)

    def help(self) -> tuple[str, ...]:
        if not self.flattens:
            return (f"give it a vector of tokens: `input 12 -> {self.layer}` reads twelve",)
        sum_ = "" if elements(self.shape) is None else f": {product(self.shape)}"
        return (f"`-> flatten` before it makes a vector{sum_}",)

    def fixes(self) -> tuple[Fix, ...]:
        if not self.flattens:
            return ()
        start = Span(self.at.source, self.at.start, self.at.start)
        return (Fix("put `flatten` before it", (Edit(start, "flatten -> "),), safe=False),)


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
        return _gives(self.maker, self.shape, self.at)

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


def _gives(maker: Span, shape: Shape, at: Span) -> tuple[Label, ...]:
    """The label on the producing call, unless the problem stands there itself."""
    return () if maker == at else (Label(maker, f"gives {shape_text(shape)}"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnequalAddends(Problem):
    """Tensors of different shapes are added, multiplied, averaged or compared.

    `add`, `mul`, `max` and `avg` work number by number, so all their shapes must be equal.
    netc never stretches one to fit the other. In a residual net the usual way out is a 1x1
    convolution on the skip, with the stride of the other branch; after an unpadded window it is
    padding.

    ```netc
    input 8x8x16 -> add [conv 32 3x3 pad=1 | id]
    ```

    Instead:

    ```netc
    input 8x8x16 -> add [conv 32 3x3 pad=1 | conv 32 1x1]
    ```
    """

    code: ClassVar[str] = "E0304"
    title: ClassVar[str] = "unequal shapes merged"

    layer: str
    first: Shape
    other: Shape
    first_maker: Span
    other_maker: Span
    ways: tuple[str, ...] = ()

    def message(self) -> str:
        left, right = shape_text(self.first), shape_text(self.other)
        return f"`{self.layer}` needs equal shapes, but gets `{left}` and `{right}`"

    def label(self) -> str:
        if len(self.first) != len(self.other):
            return f"{named(self.first)} and {named(self.other)}".replace("`", "")
        pairs = zip(axis_names(self.first), self.first, self.other, strict=True)
        return ", ".join(f"{name} {_size(a)} and {_size(b)}" for name, a, b in pairs if a != b)

    def labels(self) -> tuple[Label, ...]:
        return _both(self.first_maker, self.first, self.other_maker, self.other, self.at)

    def help(self) -> tuple[str, ...]:
        return self.ways or ("make the branches give the same shape",)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnequalPositions(Problem):
    """Tensors with different positions are concatenated.

    `concat` puts channels behind channels (of vectors: numbers behind numbers). Rows and columns
    must agree, because each position of the result holds that position of every branch.

    ```netc
    input 8x8x16 -> concat [conv 8 3x3 | conv 8 1x1]
    ```

    Instead:

    ```netc
    input 8x8x16 -> concat [conv 8 3x3 pad=1 | conv 8 1x1]
    ```
    """

    code: ClassVar[str] = "E0305"
    title: ClassVar[str] = "unequal positions concatenated"

    first: Shape
    other: Shape
    first_maker: Span
    other_maker: Span
    ways: tuple[str, ...] = ()

    def message(self) -> str:
        left, right = shape_text(self.first), shape_text(self.other)
        if len(self.first) != len(self.other):
            return f"`concat` cannot join {named(self.first)} and {named(self.other)}"
        return f"`concat` joins channels at equal positions, but gets `{left}` and `{right}`"

    def label(self) -> str:
        if len(self.first) != len(self.other):
            return ""
        pairs = list(zip(axis_names(self.first), self.first, self.other, strict=True))[:-1]
        return ", ".join(f"{name} {_size(a)} and {_size(b)}" for name, a, b in pairs if a != b)

    def labels(self) -> tuple[Label, ...]:
        return _both(self.first_maker, self.first, self.other_maker, self.other, self.at)

    def help(self) -> tuple[str, ...]:
        return self.ways or ("make the branches give the same rows and columns",)


def axis_names(shape: Shape) -> tuple[str, ...]:
    """What the axes are called."""
    if len(shape) == 3:
        return ("height", "width", "channels")
    return ("length", "channels") if len(shape) == 2 else ("size",)


def _size(size: int | None) -> str:
    return "?" if size is None else str(size)


def _both(
    first_maker: Span, first: Shape, other_maker: Span, other: Shape, at: Span
) -> tuple[Label, ...]:
    if first_maker == other_maker:
        return ()
    return _gives(first_maker, first, at) + _gives(other_maker, other, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsDoNotDivide(Problem):
    """Channels cannot be split into equal groups.

    `groups=` of a convolution splits the channels that flow in and the filters into as many equal
    parts; `gn` splits the channels that it normalises. The number of groups must divide each.

    ```netc
    input 8x8x16 -> conv 32 3x3 groups=3
    ```

    Instead:

    ```netc
    input 8x8x16 -> conv 32 3x3 groups=4
    ```
    """

    code: ClassVar[str] = "E0306"
    title: ClassVar[str] = "groups do not divide the channels"

    layer: str
    groups: int
    channels: int
    what: str
    """"channels that flow in" or "filters"."""
    others: tuple[int, ...] = ()
    """What else the groups must divide."""

    def message(self) -> str:
        return f"{self.groups} groups cannot share {self.channels} {self.what} equally"

    def label(self) -> str:
        return (
            f"{self.channels} / {self.groups} leaves a remainder of {self.channels % self.groups}"
        )

    def help(self) -> tuple[str, ...]:
        counts = (self.channels, *self.others)
        near = min(
            (n for n in range(1, min(counts) + 1) if all(c % n == 0 for c in counts)),
            key=lambda n: (abs(n - self.groups), n),
        )
        each = ", ".join(f"{count} / {near} = {count // near}" for count in counts)
        return (f"{near} {'group' if near == 1 else 'groups'} would: {each}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReshapeChangesCount(Problem):
    """A reshape would make or lose numbers.

    `reshape` only arranges the numbers anew, row by row, so both shapes hold equally many. One
    size may be `?`, which is then worked out.

    ```netc
    input 784 -> reshape 28x27x1
    ```

    Instead:

    ```netc
    input 784 -> reshape 28x28x1
    ```
    """

    code: ClassVar[str] = "E0307"
    title: ClassVar[str] = "reshape changes the number of elements"

    shape: Shape
    target: Shape
    maker: Span

    def message(self) -> str:
        to, came = shape_text(self.target), shape_text(self.shape)
        return f"`reshape {to}` cannot hold the {elements(self.shape)} numbers of `{came}`"

    def label(self) -> str:
        if elements(self.target) is not None:
            return f"{product(self.target)}, not {elements(self.shape)}"
        known = prod(size for size in self.target if size is not None)
        left = (elements(self.shape) or 0) % known
        return f"{elements(self.shape)} / {known} leaves a remainder of {left}"

    def labels(self) -> tuple[Label, ...]:
        return _gives(self.maker, self.shape, self.at)

    def help(self) -> tuple[str, ...]:
        count = elements(self.shape) or 0
        for at in range(len(self.target)):
            rest = prod(s for i, s in enumerate(self.target) if i != at and s is not None)
            others_known = all(s is not None for i, s in enumerate(self.target) if i != at)
            if others_known and rest and count % rest == 0:
                fitting = (*self.target[:at], count // rest, *self.target[at + 1 :])
                return (f"`reshape {shape_text(fitting)}` holds them: {product(fitting)}",)
        return (f"choose sizes whose product is {count}",)


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
        return ", ".join(
            f"{name} {_size(a)} expected, {_size(b)} found"
            for name, a, b in pairs
            if a is not None and a != b
        )

    def labels(self) -> tuple[Label, ...]:
        return _gives(self.maker, self.shape, self.at)

    def help(self) -> tuple[str, ...]:
        return (f"change the layers before it, or expect `{shape_text(self.shape)}`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorTooLarge(Problem):
    """A tensor has more numbers than any machine can hold.

    netc counts with whole numbers of any size, but refuses a tensor of more than 2^40 numbers
    (4 TiB in single precision). It is nearly always a slip: a zero too many, a product where a
    sum was meant.

    ```netc
    input 784 -> dense 10000000000
    ```

    Instead:

    ```netc
    input 784 -> dense 1000
    ```
    """

    code: ClassVar[str] = "E0309"
    title: ClassVar[str] = "tensor too large"

    layer: str
    shape: tuple[int | None, ...]
    what: str
    """"an output" or "weights"."""

    def message(self) -> str:
        return f"`{self.layer}` would have {self.what} of {elements(self.shape):,} numbers"

    def label(self) -> str:
        return f"{product(self.shape)}, and netc holds at most 2^40 = {LARGEST}"

    def help(self) -> tuple[str, ...]:
        return ("look for a size with a digit too many",)


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

    shape: Shape

    def message(self) -> str:
        return f"`{shape_text(self.shape)}` has {len(self.shape)} sizes, and a shape has at most 3"

    def label(self) -> str:
        return "height x width x channels at most"

    def help(self) -> tuple[str, ...]:
        text = shape_text(self.shape[-3:])
        return (f"leave the batch away: `{text}` is the shape of one sample",)


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeUnknown(Problem):
    """A layer needs a size that is free.

    `?` leaves a size to the data: fully convolutional nets take images of any height and width.
    What decides the shape of weights must be known, such as the numbers that `dense` reads and
    the channels of a convolution.

    ```netc
    input ?x28x1 -> flatten -> dense 10
    ```

    Instead:

    ```netc
    input ?x28x1 -> conv 8 3x3 pad=1 -> gap -> dense 10
    ```
    """

    code: ClassVar[str] = "E0314"
    title: ClassVar[str] = "size unknown"

    layer: str
    shape: Shape
    what: str
    """What has to be known: "the number of channels"."""
    maker: Span

    def message(self) -> str:
        found = shape_text(self.shape)
        return f"`{self.layer}` must know {self.what}, but it is free in `{found}`"

    def labels(self) -> tuple[Label, ...]:
        return _gives(self.maker, self.shape, self.at)

    def help(self) -> tuple[str, ...]:
        return ("write the size in `input` instead of `?`, or `-> gap`, which needs no size",)


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingToMerge(Problem):
    """A merge has fewer than two tensors.

    `add`, `mul`, `max`, `avg` and `concat` bring several tensors together: branches in brackets,
    or labels. With one there is nothing to do, so a branch or a label was forgotten.

    ```netc
    input 8 -> add [dense 8]
    ```

    Instead:

    ```netc
    input 8 -> add [dense 8 | id]
    ```
    """

    code: ClassVar[str] = "E0317"
    title: ClassVar[str] = "nothing to merge"

    word: str
    count: int = field(default=1)

    def message(self) -> str:
        found = "one" if self.count == 1 else "none"
        return f"`{self.word}` merges two tensors or more, but gets {found}"

    def help(self) -> tuple[str, ...]:
        return (f"`{self.word} [... | id]` merges a branch with what flows in",)


PROBLEMS: tuple[type[Problem], ...] = (
    VectorNeeded,
    PositionsNeeded,
    UnequalAddends,
    UnequalPositions,
    GroupsDoNotDivide,
    ReshapeChangesCount,
    ShapeNotExpected,
    TensorTooLarge,
    TooManyAxes,
    SizeUnknown,
    NothingToMerge,
)
