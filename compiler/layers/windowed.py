"""What convolution and pooling share: windows that walk over positions."""

from __future__ import annotations

from collections.abc import Sequence

from ..geometry import Axis, extent, fits, room
from ..shapes import Shape
from .checks import has_positions, ranks_agree
from .images import Walked, pair
from .layer import Layer, Site, Window
from .sliding_window import SlidingWindow, axes_of, margins, positions, spread
from .weights import known


class Windowed(Layer):
    """The base of layers whose window walks over rows and columns, or along a sequence."""

    windowed = True

    def sliding_window(self) -> SlidingWindow:
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
        walk = self.sliding_window()
        if not has_positions(self, shape, site):
            return None
        if not ranks_agree(walk.sizes(), shape, site):
            return None
        if not self.padding_fits(len(shape) - 1, site):
            return None
        axes = axes_of(walk, shape)
        for axis in axes:
            if axis is not None and not fits(axis):
                self.report_window(walk, axes, shape, site)
                return None
        return positions(axes)

    def places_despite(self, shape: Shape) -> Shape | None:
        """The positions that flow out of a layer whose window fits, whatever else is wrong."""
        walk, axes = self.sliding_window(), len(shape) - 1
        if axes < 1 or any(len(sizes) not in (1, axes) for _, sizes in walk.sizes()):
            return None
        windows = axes_of(walk, shape)
        if any(axis is not None and not fits(axis) for axis in windows):
            return None
        return positions(windows)

    def report_window(
        self, walk: SlidingWindow, axes: tuple[Axis | None, ...], shape: Shape, site: Site
    ) -> None:
        """Reports a window that is too large, or one that leaves data unread, with ways out."""
        from ..suggest.windows import Trial, leaves_data, too_large

        trial = Trial(self, walk, shape, self.output_channels(shape[-1]), site)
        if any(axis is not None and room(axis) < 0 for axis in axes):
            site.report(too_large(trial, axes))
        else:
            site.report(leaves_data(trial, axes))

    def walk_over(self, sample: tuple[int, ...]) -> Walked:
        """Its window on samples of a shape."""
        walk, axes = self.sliding_window(), len(sample) - 1
        windows = axes_of(walk, sample)
        ends = margins(windows)
        return Walked(
            pair(walk.kernel, axes),
            pair(walk.stride, axes),
            pair(walk.dilation, axes),
            (ends[0], ends[1] if axes == 2 else (0, 0)),
            pair(sample[:-1], axes),
            pair(tuple(known(size) for size in positions(windows)), axes),
        )

    def window(self, inputs: Sequence[Shape]) -> Window | None:
        walk = self.sliding_window()
        axes = len(inputs[0]) - 1
        taps = zip(spread(walk.kernel, axes), spread(walk.dilation, axes), strict=True)
        return Window(tuple(extent(k, d) for k, d in taps), spread(walk.stride, axes))

    def size_sums(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        """`height (32 + 2*0 - 5) / 1 + 1 = 28`, for each axis of known size."""
        names = ("height", "width") if len(output) == 3 else ("length",)
        axes = axes_of(self.sliding_window(), inputs[0])
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
