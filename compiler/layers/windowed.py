"""What convolution and pooling share: windows that walk over positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..geometry import Axis, Rounding, count, extent, fits, padding_after, room, same_padding
from ..language.kinds import SizesFromZero
from ..shapes import Shape
from .checks import has_positions, ranks_agree
from .layer import Layer, Site, Window

Padding = SizesFromZero | Literal["same"]


@dataclass(frozen=True, slots=True)
class Walk:
    """The options of a window as they were written: one size for all axes, or one for each."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pad: Padding
    dilation: tuple[int, ...]
    rounding: Rounding

    def sizes(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """The options that are sizes, by name."""
        given = (("kernel", self.kernel), ("stride", self.stride), ("dilation", self.dilation))
        return given if self.pad == "same" else (*given, ("pad", self.pad))


def spread(sizes: tuple[int, ...], axes: int) -> tuple[int, ...]:
    """One size for each axis."""
    return sizes if len(sizes) == axes else sizes * axes


def axes_of(walk: Walk, shape: Shape) -> tuple[Axis | None, ...]:
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


class Windowed(Layer):
    """The base of layers whose window walks over rows and columns, or along a sequence."""

    windowed = True

    def walk(self) -> Walk:
        """Its options."""
        raise NotImplementedError(type(self).__name__)

    def output_channels(self, channels: int | None) -> int | None:
        """How many channels flow out, given those that flow in."""
        return channels

    def padding_fits(self, axes: int, site: Site) -> bool:
        """Reports padding that the layer cannot work with."""
        return True

    def slide(self, shape: Shape, site: Site) -> Shape | None:
        """The positions that flow out, or None after a report."""
        walk = self.walk()
        if not has_positions(self, shape, site):
            return None
        if not ranks_agree(walk.sizes(), shape, site):
            return None
        if not self.padding_fits(len(shape) - 1, site):
            return None
        axes = axes_of(walk, shape)
        for axis in axes:
            if axis is not None and not fits(axis):
                self.report_misfit(walk, axes, shape, site)
                return None
        return positions(axes)

    def places_despite(self, shape: Shape) -> Shape | None:
        """The positions that flow out of a layer whose window fits, whatever else is wrong."""
        walk, axes = self.walk(), len(shape) - 1
        if axes < 1 or any(len(sizes) not in (1, axes) for _, sizes in walk.sizes()):
            return None
        windows = axes_of(walk, shape)
        if any(axis is not None and not fits(axis) for axis in windows):
            return None
        return positions(windows)

    def report_misfit(
        self, walk: Walk, axes: tuple[Axis | None, ...], shape: Shape, site: Site
    ) -> None:
        """Reports a window that is too large, or one that leaves data unread, with ways out."""
        from .ways import leaves_data, too_large

        if any(axis is not None and room(axis) < 0 for axis in axes):
            site.report(too_large(self, walk, axes, shape, site))
        else:
            site.report(leaves_data(self, walk, axes, shape, site))

    def margins(self, shape: Shape) -> tuple[tuple[int, int], ...]:
        """The padding before and after on each axis that an engine lays out."""
        return margins(axes_of(self.walk(), shape))

    def window(self, inputs: Sequence[Shape]) -> Window | None:
        walk = self.walk()
        axes = len(inputs[0]) - 1
        taps = zip(spread(walk.kernel, axes), spread(walk.dilation, axes), strict=True)
        return Window(tuple(extent(k, d) for k, d in taps), spread(walk.stride, axes))

    def size_sums(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        """`height (32 + 2*0 - 5) / 1 + 1 = 28`, for each axis of known size."""
        names = ("height", "width") if len(output) == 3 else ("length",)
        axes = axes_of(self.walk(), inputs[0])
        pairs = zip(names, axes, output[:-1], strict=True)
        return tuple(_size_sum(name, axis, size) for name, axis, size in pairs if axis is not None)


def _size_sum(name: str, axis: Axis, size: int | None) -> str:
    pad = f"2*{axis.before}" if axis.before == axis.after else f"{axis.before} + {axis.after}"
    quotient = f"({axis.size} + {pad} - {axis.window}) / {axis.stride}"
    exact = room(axis) % axis.stride == 0
    if exact:
        return f"{name} {quotient} + 1 = {size}"
    covered = size == room(axis) // axis.stride + 2
    return f"{name} {'ceil' if covered else 'floor'}({quotient}) + 1 = {size}"
