"""How a window of the spec is one of PyTorch, whose padding is the same on both sides."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...geometry import Axis, count, extent, padding_after
from ...layers.sliding_window import SlidingWindow, axes_of, spread
from ..layer import LayerPlace, NoCounterpartError, one_or_each

WindowSizes = int | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WindowLayout:
    """A window with the padding that PyTorch lays for it."""

    kernel: WindowSizes
    stride: WindowSizes
    padding: WindowSizes | None
    """None: it differs on the two sides of an axis, and is laid before the window."""
    margins: tuple[tuple[int, int], ...]
    """What is laid then, before and after each axis."""
    before: tuple[int, ...]
    axes: tuple[Axis | None, ...]
    """None where the size is free."""

    def reaches(self, *, ceil: bool) -> bool:
        """Whether PyTorch sees as many windows as the spec, with the padding before an axis on both
        sides, and with `ceil_mode`."""
        return all(
            first == last if axis is None else _count(axis, ceil=ceil) == count(axis)
            for axis, (first, last) in zip(self.axes, self.margins, strict=True)
        )


def window_layout(window: SlidingWindow, place: LayerPlace) -> WindowLayout:
    """The window of the layer at a place. Raises NoCounterpartError where its padding
    depends on an unknown size."""
    shape, axes = place.shapes[0], place.axes
    walked = axes_of(window, shape)
    ends = [
        _free_ends(window, at, place) if axis is None else (axis.before, padding_after(axis))
        for at, axis in enumerate(walked)
    ]
    before = tuple(first for first, _ in ends)
    layout = WindowLayout(
        one_or_each(spread(window.kernel, axes)),
        one_or_each(spread(window.stride, axes)),
        one_or_each(before),
        # Positions that no window reaches need not be dropped.
        tuple((first, max(0, last)) for first, last in ends),
        before,
        walked,
    )
    return layout if layout.reaches(ceil=False) else replace(layout, padding=None)


def _free_ends(window: SlidingWindow, at: int, place: LayerPlace) -> tuple[int, int]:
    """The padding of an axis of any size."""
    axes = place.axes
    if window.pad != "same":
        pad = spread(window.pad, axes)[at]
        return pad, pad
    span = extent(spread(window.kernel, axes)[at], spread(window.dilation, axes)[at])
    if spread(window.stride, axes)[at] > 1:
        raise NoCounterpartError(
            place.node.name,
            f"the padding of `{place.node.name}` depends on an unknown size",
            "give the input a size, or write `pad=` as a number",
        )
    return (span - 1) // 2, span // 2


def _count(axis: Axis, *, ceil: bool) -> int:
    """How many windows PyTorch sees with the padding before the axis on both sides."""
    room = axis.size + 2 * axis.before - axis.window
    if not ceil:
        return room // axis.stride + 1
    found = -(-room // axis.stride) + 1
    # No window begins beyond the padding on the left and the input.
    return found - 1 if (found - 1) * axis.stride >= axis.size + axis.before else found
