"""Where windows read an image: padding, and the phases of a stride."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product as pairs
from math import gcd
from typing import NamedTuple

from ...shapes import Margins, Pair
from ..writer import Argument, FunctionWriter


@dataclass(frozen=True, slots=True)
class ImageWindows:
    """Windows on images[N,H,W,C], and how many positions they have."""

    kernel: Pair
    stride: Pair
    dilation: Pair
    margins: Margins
    size: Pair
    positions: Pair

    def reach(self) -> Pair:
        """Rows and columns from the first element that a window reads to the last."""
        rows, columns = (
            (positions - 1) * stride + (kernel - 1) * dilation + 1
            for positions, stride, kernel, dilation in zip(
                self.positions, self.stride, self.kernel, self.dilation, strict=True
            )
        )
        return rows, columns


def windows_of(
    x: Argument, w: Argument, y: Argument, stride: Pair, dilation: Pair, margins: Margins
) -> ImageWindows:
    """The windows of weights w[KH,KW,...] on x[.,H,W,.], with the positions of y[.,P,Q,.]."""
    return ImageWindows(
        (w.shape[0], w.shape[1]),
        stride,
        dilation,
        margins,
        (x.shape[1], x.shape[2]),
        (y.shape[1], y.shape[2]),
    )


class ImageSource(NamedTuple):
    """Images as a product reads them: in place, or in a copy with zeros around them."""

    address: str
    """Of the first element that the first window of image n reads."""
    prepare: str
    """Statements before all images."""
    copy: str
    """Statements for image n."""
    columns: int
    """Of each row."""
    image: int
    """Elements between two images."""


def lay_images(
    c: FunctionWriter, x: Argument, windows: ImageWindows, images: int = 1
) -> ImageSource:
    """How windows read image n of x; copies of so many images are kept, that of n at n % images."""
    height, width, channels = x.shape[1:]
    (top, _), (left, _) = windows.margins
    rows, columns = windows.reach()
    if max(top, left) <= 0 and rows - top <= height and columns - left <= width:
        size = height * width * channels
        address = f"{x.name} + n * {size} + {(-top * width - left) * channels}"
        return ImageSource(address, "", "", width, size)
    return copy_images(c, x, (top, left), (rows, columns), images)


def copy_images(
    c: FunctionWriter, x: Argument, corner: Pair, size: Pair, images: int = 1
) -> ImageSource:
    """Images in a copy of another size, with their first element at `corner`; in place where that
    changes nothing."""
    height, width, channels = x.shape[1:]
    rows, columns = size
    if (corner, size) == ((0, 0), (height, width)):
        elements = height * width * channels
        return ImageSource(f"{x.name} + n * {elements}", "", "", width, elements)
    c.use("packing.h")
    elements = rows * columns * channels
    padded = c.workspace(images * elements)
    address = padded if images == 1 else f"{padded} + n % {images} * {elements}"
    return ImageSource(
        address,
        f"memset({padded}, 0, {images * elements} * sizeof(real));",
        f"place_image({x.name} + n * {height * width * channels}, {height}, {width}, {channels}, "
        f"{corner[0]}, {corner[1]}, {address}, {rows}, {columns});",
        columns,
        elements,
    )


class PhaseAxis(NamedTuple):
    """Elements of an axis of x that the same kernel elements reach, if any: those at `first`,
    `first` + stride, .... Element number u meets kernel element `element` + t · `step` at position
    u + `position` + t · `position_step`."""

    first: int
    size: int
    elements: int
    """How many kernel elements reach it."""
    element: int
    step: int
    position: int
    position_step: int

    def positions(self) -> tuple[int, int]:
        """The first and the last position that it reads."""
        if not self.elements:
            return 0, 0
        ends = (self.position, self.position + (self.elements - 1) * self.position_step)
        return min(ends), max(ends) + self.size - 1


def phases(windows: ImageWindows, axis: int) -> list[PhaseAxis]:
    """The phases of a stride along an axis: element h of x is reached from position p by kernel
    element i where p · stride + i · dilation - margin = h."""
    stride, dilation = windows.stride[axis], windows.dilation[axis]
    margin, size = windows.margins[axis][0], windows.size[axis]
    found = []
    for first in range(min(stride, size)):
        reaching = [
            i for i in range(windows.kernel[axis]) if (first + margin - i * dilation) % stride == 0
        ]
        count = len(range(first, size, stride))
        if not reaching:
            found.append(PhaseAxis(first, count, 0, 0, 0, 0, 0))
            continue
        step = reaching[1] - reaching[0] if len(reaching) > 1 else 0
        position = (first + margin - reaching[0] * dilation) // stride
        found.append(
            PhaseAxis(
                first, count, len(reaching), reaching[0], step, position,
                -(step * dilation // stride),
            )
        )  # fmt: skip
    return found


def border(axis: list[PhaseAxis], positions: int) -> tuple[int, int]:
    """How many zeros are read before the first position, and how many positions with all zeros."""
    ends = [phase.positions() for phase in axis]
    before = max(0, -min(first for first, _ in ends))
    return before, before + max(positions, 1 + max(last for _, last in ends))


class StridePhases(NamedTuple):
    """The phases of both axes, and dy[N,P,Q,O] as they read it: with zeros around it."""

    rows: list[PhaseAxis]
    columns: list[PhaseAxis]
    source: ImageSource
    corner: Pair
    """Where dy begins in its copy."""

    @property
    def complete(self) -> bool:
        """Whether every element of x is reached; the gradient of the others is zero."""
        return all(phase.elements for phase in (*self.rows, *self.columns))

    def reached(self) -> Iterator[tuple[PhaseAxis, PhaseAxis]]:
        """The phases of rows and of columns whose elements are."""
        for row, column in pairs(self.rows, self.columns):
            if row.elements and column.elements:
                yield row, column


def lay_phases(c: FunctionWriter, dy: Argument, windows: ImageWindows) -> StridePhases:
    """How the phases of the gradient of x read image n of dy."""
    rows, columns = phases(windows, 0), phases(windows, 1)
    (above, height), (before, width) = (
        border(axis, positions)
        for axis, positions in zip((rows, columns), windows.positions, strict=True)
    )
    corner = (above, before)
    return StridePhases(rows, columns, copy_images(c, dy, corner, (height, width)), corner)


class ElementRange(NamedTuple):
    """The kernel elements that meet one element of an axis: `turns` of them from `element` on, the
    first at `position` of the other image."""

    element: int
    turns: int
    position: int


class ElementRanges(NamedTuple):
    """Those of all elements of an axis, and how far apart neighbours are."""

    ranges: tuple[ElementRange, ...]
    step: int
    position_step: int


def elements_inside(windows: ImageWindows, axis: int) -> ElementRanges:
    """For each output position the kernel elements that read the image and not its margin."""
    stride, dilation = windows.stride[axis], windows.dilation[axis]
    found = []
    for position in range(windows.positions[axis]):
        start = position * stride - windows.margins[axis][0]
        inside = [
            i for i in range(windows.kernel[axis]) if 0 <= start + i * dilation < windows.size[axis]
        ]
        first = inside[0] if inside else 0
        found.append(ElementRange(first, len(inside), start + first * dilation if inside else 0))
    return ElementRanges(tuple(found), 1, dilation)


def elements_reaching(windows: ImageWindows, axis: int) -> ElementRanges:
    """For each element of the image the kernel elements that read it, and from which position."""
    stride, dilation = windows.stride[axis], windows.dilation[axis]
    step = stride // gcd(stride, dilation)
    found = []
    for place in range(windows.size[axis]):
        reaching = []
        for i in range(windows.kernel[axis]):
            position, rest = divmod(place + windows.margins[axis][0] - i * dilation, stride)
            if not rest and 0 <= position < windows.positions[axis]:
                reaching.append((i, position))
        first, position = reaching[0] if reaching else (0, 0)
        found.append(ElementRange(first, len(reaching), position))
    return ElementRanges(tuple(found), step, -(step * dilation // stride))


def positions_inside(windows: ImageWindows, axis: int) -> ElementRanges:
    """For each kernel element the positions at which it meets the image: here `element` is the
    first of them, and `position` the element of the image that it reads there."""
    stride, dilation = windows.stride[axis], windows.dilation[axis]
    found = []
    for i in range(windows.kernel[axis]):
        start = i * dilation - windows.margins[axis][0]
        inside = [
            p
            for p in range(windows.positions[axis])
            if 0 <= start + p * stride < windows.size[axis]
        ]
        first = inside[0] if inside else 0
        found.append(ElementRange(first, len(inside), start + first * stride if inside else 0))
    return ElementRanges(tuple(found), 1, stride)


def for_places(
    c: FunctionWriter, ranges: tuple[ElementRanges, ElementRanges], products: str
) -> str:
    """`products` for each position p, q, over the `rows` and `columns` of kernel elements that
    meet it; `row` and `column` are the ElementRange of each axis."""
    tables = [
        c.table((number for item in axis.ranges for number in item), "int64_t") for axis in ranges
    ]
    height, width = (len(axis.ranges) for axis in ranges)
    return (
        f"for (int64_t p = 0; p < {height}; p++)\n"
        f"for (int64_t q = 0; q < {width}; q++) {{\n"
        f"const int64_t *const row = {tables[0]} + 3 * p, *const column = {tables[1]} + 3 * q;\n"
        f"const int64_t rows = row[1], columns = column[1];\n{products}\n}}"
    )
