"""Ways out of a window that does not fit, each tried before it is offered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from ...grammar.problem import Edit
from ...grammar.source import Span
from ..geometry import Axis, extent, fits
from ..language.frozen import change
from ..layers.layer import Layer, Site
from ..layers.sliding_window import SlidingWindow, axes_of, positions, spread
from ..problems.windows import WindowChange, WindowLeavesData, WindowTooLarge
from ..shapes import Shape, shape_text


@dataclass(frozen=True, slots=True)
class Trial:
    """A layer that does not fit its input, and what is needed to try others."""

    layer: Layer
    walk: SlidingWindow
    shape: Shape
    """What flows in."""
    channels: int | None
    """How many flow out."""
    site: Site

    def result(self, walk: SlidingWindow) -> Shape | None:
        """What a changed window gives, or None when it does not fit either."""
        axes = axes_of(walk, self.shape)
        for axis in axes:
            if axis is not None and not fits(axis):
                return None
        return (*positions(axes), self.channels)

    def try_walk(self, option: str, text: str, walk: SlidingWindow) -> WindowChange | None:
        """`pad=1` or `round=floor`, with what the changed window gives."""
        shape = self.result(walk)
        if shape is None:
            return None
        return WindowChange(f"{option}={text}", shape, self.write(option, text))

    def try_pad(self, sizes: tuple[int, ...]) -> WindowChange | None:
        return self.try_walk("pad", shape_text(_shortest(sizes)), self.walk._replace(pad=sizes))

    def try_stride(self, sizes: tuple[int, ...]) -> WindowChange | None:
        text = shape_text(_shortest(sizes))
        return self.try_walk("stride", text, self.walk._replace(stride=sizes))

    def try_rounding(self, rounding: Literal["floor", "ceil"]) -> WindowChange | None:
        return self.try_walk("round", rounding, self.walk._replace(rounding=rounding))

    def try_window(self, kernel: tuple[int, ...]) -> WindowChange | None:
        """`maxpool 3x3 stride=2`: another window with the same stride."""
        shape = self.result(self.walk._replace(kernel=kernel))
        if shape is None:
            return None
        written = kernel if len(self.walk.kernel) > 1 else _shortest(kernel)
        text = shape_text(written)
        changed = change(self.layer, kernel=written).heading()
        edits = self.write("kernel", text)
        if self.walk.stride_follows and all(size == 1 for size in shape[:-1]):
            pass  # One window has no stride.
        elif self.walk.stride_follows:
            # The stride followed the window; it has to be written down to stay.
            stride = shape_text(_shortest(self.walk.stride))
            changed = f"{changed} stride={stride}"
            edits = self.write("kernel", f"{text} stride={stride}")
        elif self.walk.stride != (1,):
            changed = f"{changed} stride={shape_text(_shortest(self.walk.stride))}"
        return WindowChange(changed, shape, edits)

    def write(self, option: str, text: str) -> tuple[Edit, ...]:
        """The edit that sets an option: in its place, or after the window when it is a default.

        Only inside the call itself: a value may come from a block's argument, where a change
        would reach other layers too.
        """
        call = self.site.span
        place = self.site.option(option)
        if place != call:
            plain = _inside(place, call) and not place.text.startswith(("$", "("))
            return (Edit(place, text),) if plain else ()
        window = self.site.option("kernel")
        if not _inside(window, call):
            return ()
        return (Edit(window.after, f" {option}={text}"),)


MOST_TRIED = 10_000
"""Sizes of a window, a padding or a stride that are tried on an axis."""


def _inside(place: Span, call: Span) -> bool:
    return (
        place != call
        and place.source is call.source
        and call.start <= place.start
        and place.end <= call.end
    )


def _shortest(sizes: tuple[int, ...]) -> tuple[int, ...]:
    return sizes[:1] if len(set(sizes)) == 1 else sizes


def _each_axis(
    axes: tuple[Axis | None, ...],
    now: tuple[int, ...],
    candidates: Callable[[int, Axis], Iterator[int]],
    changed: Callable[[int, Axis, int], Axis],
) -> tuple[int, ...] | None:
    """For every axis the first candidate with which its window fits; what fits stays."""
    result: list[int] = []
    for at, axis in enumerate(axes):
        if axis is None or fits(axis):
            result.append(now[at])
            continue
        for value in islice(candidates(at, axis), MOST_TRIED):
            if fits(changed(at, axis, value)):
                result.append(value)
                break
        else:
            return None
    return tuple(result)


def _one_for_all(
    attempt: Callable[[tuple[int, ...]], WindowChange | None], sizes: tuple[int, ...] | None
) -> WindowChange | None:
    """An option with its sizes: one size for all axes when that fits too."""
    if sizes is None:
        return None
    if len(set(sizes)) > 1:
        for size in sorted(set(sizes), reverse=True):
            way = attempt((size,))
            if way is not None:
                return way
    return attempt(sizes)


def _by_padding(trial: Trial, axes: tuple[Axis | None, ...]) -> WindowChange | None:
    """The least further padding; at most half a window, as much as any network uses."""
    if trial.walk.pad == "same":
        return None
    now = spread(trial.walk.pad, len(axes))
    sizes = _each_axis(
        axes,
        now,
        lambda at, axis: iter(
            range(max(now[at] + 1, (axis.window - axis.size + 1) // 2), axis.window // 2 + 1)
        ),
        lambda at, axis, pad: axis._replace(before=pad, after=pad),
    )
    return _one_for_all(trial.try_pad, sizes)


def _by_stride(trial: Trial, axes: tuple[Axis | None, ...]) -> WindowChange | None:
    """The nearest stride, the smaller of two that are equally near, no larger than the window."""
    now = spread(trial.walk.stride, len(axes))

    def candidates(at: int, axis: Axis) -> Iterator[int]:
        most = max(axis.window, 1)
        pairs = ((now[at] - by, now[at] + by) for by in range(1, now[at] + most))
        return (stride for pair in pairs for stride in pair if 1 <= stride <= most)

    sizes = _each_axis(axes, now, candidates, lambda at, axis, stride: axis._replace(stride=stride))
    return _one_for_all(trial.try_stride, sizes)


def _by_window(trial: Trial, axes: tuple[Axis | None, ...], *, larger: bool) -> WindowChange | None:
    """The next larger window that fits, or the next smaller one."""
    kernel = spread(trial.walk.kernel, len(axes))
    dilation = spread(trial.walk.dilation, len(axes))

    def candidates(at: int, axis: Axis) -> Iterator[int]:
        if larger:
            return iter(range(kernel[at] + 1, kernel[at] + axis.stride + 1))
        most = (axis.size + axis.before + axis.after - 1) // dilation[at] + 1
        # A pool of 1 would do nothing.
        return iter(range(min(kernel[at] - 1, most), 1 if trial.layer.resamples else 0, -1))

    sizes = _each_axis(
        axes,
        kernel,
        candidates,
        lambda at, axis, size: axis._replace(window=extent(size, dilation[at])),
    )
    return None if sizes is None else trial.try_window(sizes)


def leaves_data(trial: Trial, axes: tuple[Axis | None, ...]) -> WindowLeavesData:
    """The problem of unread data. Pools are offered a larger window first, convolutions padding
    and another stride: a pool's window is a matter of taste, a filter's is the design."""
    layer, site = trial.layer, trial.site
    better: list[WindowChange | None] = []
    if layer.resamples:
        better.append(_by_window(trial, axes, larger=True))
    if not any(better):
        better += [_by_padding(trial, axes), _by_stride(trial, axes)]
    floor, ceil = trial.try_rounding("floor"), trial.try_rounding("ceil")
    assert floor is not None, "a window that fits can always drop what is left over"
    assert ceil is not None, "a window that fits can always cover what is left over"
    return WindowLeavesData(
        at=site.span,
        layer=layer.heading(),
        shape=trial.shape,
        maker=site.source(0),
        axes=axes,
        dilation=spread(trial.walk.dilation, len(axes)),
        better=tuple(way for way in better if way is not None),
        floor=floor,
        ceil=ceil,
    )


def too_large(trial: Trial, axes: tuple[Axis | None, ...]) -> WindowTooLarge:
    """The problem of a window that fits nowhere: a smaller one, or padding."""
    layer, site = trial.layer, trial.site
    tried = [_by_window(trial, axes, larger=False)]
    if not layer.resamples:
        tried.append(_by_padding(trial, axes))
    return WindowTooLarge(
        at=site.span,
        layer=layer.heading(),
        shape=trial.shape,
        maker=site.source(0),
        axes=axes,
        ways=tuple(way for way in tried if way is not None),
    )
