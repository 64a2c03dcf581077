"""How windows slide over positions: the arithmetic of convolution and pooling, for one axis.

With `n` positions, a window of `k` (dilation included), a stride of `s`, and padding before and
after, the windows start at `0, s, 2s, ...` of the padded axis. Everything here is arithmetic on
whole numbers; `docs` and messages show the same sums.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Rounding = Literal["floor", "ceil"] | None
"""What happens to positions left over at the end: dropped, covered, or an error."""


class Axis(NamedTuple):
    """A window on one axis of known size."""

    size: int
    window: int
    """Dilation included: what `extent` gives."""
    stride: int
    before: int
    after: int
    rounding: Rounding = None


def extent(kernel: int, dilation: int) -> int:
    """How many positions a kernel spans when its elements are `dilation` apart: d (k - 1) + 1."""
    return dilation * (kernel - 1) + 1


def room(axis: Axis) -> int:
    """How far the window can move: n + padding - k. Negative when it does not fit."""
    return axis.size + axis.before + axis.after - axis.window


def remainder(axis: Axis) -> int:
    """Positions of the padded axis after the last whole step: (n + padding - k) mod s."""
    return room(axis) % axis.stride


def unread(axis: Axis) -> int:
    """How many real positions at the end no window reads, although a further step would.

    0 when only padding is left over, or no more than the stride skips between windows anyway.
    """
    real = remainder(axis) - axis.after
    return real if real > max(0, axis.stride - axis.window) else 0


def fits(axis: Axis) -> bool:
    """Whether the window fits and, unless rounding is asked for, reads
    everything."""
    return room(axis) >= 0 and (axis.rounding is not None or not unread(axis))


def count(axis: Axis) -> int:
    """How many windows there are: floor((n + padding - k) / s) + 1, with `ceil` for round=ceil.

    A window that `ceil` adds must start on the input or on the padding before it; one that would
    start after the last real position is left out. 0 when the window does not fit.
    """
    free = room(axis)
    if free < 0:
        return 0
    windows = free // axis.stride + 1
    starts_on_data = windows * axis.stride < axis.size + axis.before
    if axis.rounding == "ceil" and free % axis.stride and starts_on_data:
        windows += 1
    return windows


def padding_after(axis: Axis) -> int:
    """How many positions the windows reach beyond the end of the real data.

    This is the padding that an engine has to lay out: less than `after` when the last windows do
    not use all of it, more with round=ceil, negative when positions are dropped.
    """
    return (count(axis) - 1) * axis.stride + axis.window - axis.size - axis.before


def same_padding(size: int, window: int, stride: int) -> tuple[int, int]:
    """The padding before and after that gives ceil(n / s) windows, the extra one at the end."""
    total = max(0, (-(-size // stride) - 1) * stride + window - size)
    return total // 2, total - total // 2


def transposed(size: int, window: int, stride: int, pad: int, output_pad: int) -> int:
    """The size that a convolution with these settings would shrink to `size`, plus `output_pad`:
    (n - 1) s - 2p + k + output_pad."""
    return (size - 1) * stride - 2 * pad + window + output_pad
