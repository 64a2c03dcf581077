"""The options of a window that slides over positions, and its positions."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from ..geometry import Axis, Rounding, count, extent, padding_after, same_padding
from ..language.kinds import Count, Sizes, SizesFromZero
from ..shapes import Shape

Padding = SizesFromZero | Literal["same"]

# The options that several layers with windows have.
KernelSize = Annotated[
    Sizes, Field(description="the window's size, one number for all axes or height x width")
]
Stride = Annotated[Sizes, Field(description="how many positions the window moves at a time")]
PaddingOption = Annotated[
    Padding,
    Field(
        description="zeros added on each side of each axis; `same` gives ceil(n / stride) "
        "positions, with an extra row of zeros at the end if their number is odd"
    ),
]
Dilation = Annotated[
    Sizes,
    Field(description="the distance between neighbouring window elements; 1 is a dense window"),
]
Groups = Annotated[
    Count,
    Field(
        description="how many equal groups channels and filters are divided into; each group of "
        "filters sees its group of channels only"
    ),
]
LastWindow = Annotated[
    Rounding,
    Field(
        description="what to do when the last window does not fit: `floor` drops the positions "
        "left over, `ceil` covers them with padding; without it that is an error"
    ),
]


class SlidingWindow(NamedTuple):
    """The options of a window as they were written: one size for all axes, or one for each."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pad: Padding
    dilation: tuple[int, ...]
    rounding: Rounding
    stride_follows: bool = False
    """True where no stride was written and that of a pool is its window."""

    def sizes(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """The options that are sizes, by name."""
        given = (("kernel", self.kernel), ("stride", self.stride), ("dilation", self.dilation))
        return given if self.pad == "same" else (*given, ("pad", self.pad))


def spread(sizes: tuple[int, ...], axes: int) -> tuple[int, ...]:
    """One size for each axis."""
    return sizes if len(sizes) == axes else sizes * axes


def axes_of(walk: SlidingWindow, shape: Shape) -> tuple[Axis | None, ...]:
    """The window on each position axis; None where the size is free."""
    axes = len(shape) - 1
    kernel = spread(walk.kernel, axes)
    stride = spread(walk.stride, axes)
    dilation = spread(walk.dilation, axes)
    result: list[Axis | None] = []
    for at in range(axes):
        size = shape[at]
        if size is None:
            result.append(None)
            continue
        window = extent(kernel[at], dilation[at])
        if walk.pad == "same":
            before, after = same_padding(size, window, stride[at])
        else:
            before = after = walk.pad[at] if len(walk.pad) == axes else walk.pad[0]
        result.append(Axis(size, window, stride[at], before, after, walk.rounding))
    return tuple(result)


def positions(axes: tuple[Axis | None, ...]) -> Shape:
    """How many windows there are along each axis."""
    return tuple(None if axis is None else count(axis) for axis in axes)


def margins(axes: tuple[Axis | None, ...]) -> tuple[tuple[int, int], ...]:
    """The padding before and after that the windows really use; after may be negative, where
    positions are dropped. Every size must be known."""
    known = [axis for axis in axes if axis is not None]
    return tuple((axis.before, padding_after(axis)) for axis in known)
