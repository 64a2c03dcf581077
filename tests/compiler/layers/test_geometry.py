"""The window rule against a brute force that marks every position that is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netc.compiler.geometry import (
    Axis,
    count,
    extent,
    fits,
    padding_after,
    room,
    same_padding,
    transposed,
    unread,
)

SIZES = {
    "size": st.integers(1, 40),
    "kernel": st.integers(1, 7),
    "dilation": st.integers(1, 3),
    "stride": st.integers(1, 6),
    "pad": st.integers(0, 5),
}


def windows(axis: Axis) -> list[range]:
    """The real positions that each whole window of the padded axis spans."""
    padded = axis.before + axis.size + axis.after
    starts = range(0, padded - axis.window + 1, axis.stride)
    return [range(start - axis.before, start - axis.before + axis.window) for start in starts]


def tail(axis: Axis) -> int:
    """How many real positions lie behind everything that is read."""
    last = max((window[-1] for window in windows(axis)), default=-1)
    return max(0, axis.size - 1 - last)


@given(kernel=SIZES["kernel"], dilation=SIZES["dilation"])
def test_a_kernel_spans_its_elements(kernel: int, dilation: int) -> None:
    elements = [number * dilation for number in range(kernel)]
    assert extent(kernel, dilation) == len(range(elements[0], elements[-1] + 1))


@given(**SIZES)
def test_the_padding_after_is_what_the_last_window_reaches(
    size: int, kernel: int, dilation: int, stride: int, pad: int
) -> None:
    axis = Axis(size, extent(kernel, dilation), stride, pad, pad, "floor")
    found = windows(axis)
    if found:
        assert padding_after(axis) == found[-1][-1] - (size - 1)


@given(**SIZES)
def test_accepted_exactly_when_no_real_position_is_lost(
    size: int, kernel: int, dilation: int, stride: int, pad: int
) -> None:
    axis = Axis(size, extent(kernel, dilation), stride, pad, pad)
    if room(axis) < 0:
        assert windows(axis) == []
        assert not fits(axis)
        return
    lost = tail(axis) > max(0, stride - axis.window)
    assert fits(axis) == (not lost)
    assert unread(axis) == (tail(axis) if lost else 0)
    assert count(axis) == len(windows(axis))


@given(**SIZES)
def test_rounding_down_drops_and_rounding_up_covers(
    size: int, kernel: int, dilation: int, stride: int, pad: int
) -> None:
    window = extent(kernel, dilation)
    floor = Axis(size, window, stride, pad, pad, "floor")
    ceil = Axis(size, window, stride, pad, pad, "ceil")
    if room(floor) < 0:
        assert not fits(floor)
        assert not fits(ceil)
        assert count(ceil) == 0
        return
    assert fits(floor)
    assert fits(ceil)
    assert count(floor) == len(windows(floor))
    assert padding_after(floor) <= pad
    last = (count(ceil) - 1) * stride - pad
    assert size - (last + window) <= max(0, stride - window), "nothing is left behind it"
    if count(ceil) > count(floor):
        assert count(ceil) == count(floor) + 1
        assert last < size, "the window that rounding adds starts on the data"


@given(**SIZES)
def test_same_gives_the_quotient_rounded_up(
    size: int, kernel: int, dilation: int, stride: int, pad: int
) -> None:
    window = extent(kernel, dilation)
    before, after = same_padding(size, window, stride)
    axis = Axis(size, window, stride, before, after)
    assert before >= 0
    assert count(axis) == -(-size // stride)
    assert fits(axis)
    assert after - before in (0, 1), "the extra position stands at the end"


@given(**SIZES)
def test_the_transpose_undoes_the_convolution(
    size: int, kernel: int, dilation: int, stride: int, pad: int
) -> None:
    window = extent(kernel, dilation)
    axis = Axis(size, window, stride, pad, pad, "floor")
    if room(axis) >= 0:
        extra = room(axis) % stride
        assert transposed(count(axis), window, stride, pad, extra) == size


@pytest.mark.parametrize(
    ("stride", "expected"), [(1, 5), (2, 3), (3, None)], ids=["stride 1", "stride 2", "stride 3"]
)
def test_three_on_seven(stride: int, expected: int | None) -> None:
    axis = Axis(7, 3, stride, 0, 0)
    assert (count(axis) if fits(axis) else None) == expected


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        pytest.param(Axis(227, 11, 4, 0, 0), 55, id="AlexNet conv1"),
        pytest.param(Axis(55, 3, 2, 0, 0), 27, id="AlexNet pool1"),
        pytest.param(Axis(224, 7, 2, 3, 3), 112, id="ResNet stem"),
        pytest.param(Axis(112, 3, 2, 1, 1), 56, id="ResNet pool"),
        pytest.param(Axis(56, 1, 2, 0, 0), 28, id="ResNet 1x1 stride 2"),
        pytest.param(Axis(56, 3, 2, 1, 1), 28, id="ResNet 3x3 stride 2"),
    ],
)
def test_published_networks_pass_untouched(axis: Axis, expected: int) -> None:
    assert fits(axis)
    assert count(axis) == expected
