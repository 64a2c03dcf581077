"""What goes wrong when a window moves over positions."""

from __future__ import annotations

from dataclasses import dataclass

from ...grammar.problem import Edit, Fix, Problem
from ...grammar.source import Span
from ...grammar.text import counted
from ..geometry import Axis, remainder, room, unread
from ..shapes import Shape, shape_text


@dataclass(frozen=True, slots=True)
class WindowChange:
    """A way out of a window that does not fit, tried: it gives `shape`."""

    code: str
    """`pad=1`, `maxpool 3x3 stride=2`."""
    shape: Shape
    edits: tuple[Edit, ...] = ()
    """How to write it into the text, where that can be done by a program."""

    def gives(self) -> str:
        return f"gives {shape_text(self.shape)}"

    def fix(self) -> Fix | None:
        return Fix(f"write `{self.code}`", self.edits, safe=False) if self.edits else None


def _fixes(*ways: WindowChange | None) -> tuple[Fix, ...]:
    fixes = (way.fix() for way in ways if way is not None)
    return tuple(fix for fix in fixes if fix is not None)


def _padding(axis: Axis) -> str:
    if axis.before == axis.after:
        return f" + 2*{axis.before}" if axis.before else ""
    return f" + {axis.before} + {axis.after}"


def _lines(axes: int, index: int, many: int) -> str:
    """`the last row`, `the last 2 columns`; `position` on a sequence."""
    name = ("row", "column")[index] if axes == 2 else "position"
    return f"the last {name}" if many == 1 else f"the last {many} {name}s"


class WindowLeavesData(Problem):
    """The window does not fit evenly, so the last rows or columns of real data are never read.

    For size n, window k (with dilation), stride s and padding p, r = (n + 2p - k) mod s positions
    are left over at the end. netc reports this if real data among them is skipped, which other
    libraries do silently. A 3x3 window on 7x7 gives 5x5 with stride 1 and 3x3 with stride 2, but
    with stride 3 the last row and column are lost.

    ```netc
    input 7x7x1 -> conv 4 3x3 stride=3
    ```

    Instead, add padding, use another stride, or state that the rest may be dropped:

    ```netc
    input 7x7x1 -> conv 4 3x3 stride=3 round=floor
    ```
    """

    code = "E0312"
    title = "window leaves data unread"
    message_text = "the window of `{layer}` leaves data unread"
    place_texts = {"maker": "gives {shape}"}
    layer: str
    shape: Shape
    maker: Span
    axes: tuple[Axis | None, ...]
    """One for each position axis; None where the size is free."""
    dilation: tuple[int, ...]
    better: tuple[WindowChange, ...]
    """Ways that read everything, best first."""
    floor: WindowChange
    ceil: WindowChange

    def label(self) -> str:
        bad = [
            (index, axis)
            for index, axis in enumerate(self.axes)
            if axis is not None and unread(axis)
        ]
        sums = [self._sum(index, axis) for index, axis in bad]
        lost = " and ".join(
            _lines(len(self.axes), index, remainder(axis) - axis.after) for index, axis in bad
        )
        verb = "are" if self._many() else "is"
        if len(set(sums)) == 1:
            return f"{sums[0]}: {lost} {verb} never read"
        return f"rows: {sums[0]}; columns: {sums[1]}: {lost} {verb} never read"

    def _sum(self, index: int, axis: Axis) -> str:
        dilation = self.dilation[index]
        taps = (axis.window - 1) // dilation + 1
        window = str(axis.window) if dilation == 1 else f"({dilation}*({taps} - 1) + 1)"
        text = f"({axis.size}{_padding(axis)} - {window}) / {axis.stride}"
        left = f"{text} leaves a remainder of {remainder(axis)}"
        return f"{left}, {axis.after} of it padding" if axis.after else left

    def help(self) -> tuple[str, ...]:
        what = {2: "pixel", 1: "position"}[len(self.axes)]
        reads = tuple(f"`{way.code}` reads every {what} and {way.gives()}" for way in self.better)
        lost = "them" if self._many() else "it"
        rounding = (
            f"`round=floor` drops {lost} and {self.floor.gives()}; "
            f"`round=ceil` covers {lost} and {self.ceil.gives()}"
        )
        return (*reads, rounding)

    def _many(self) -> bool:
        counts = [unread(axis) for axis in self.axes if axis is not None]
        return sum(counts) > 1

    def fixes(self) -> tuple[Fix, ...]:
        return _fixes(*self.better, self.floor, self.ceil)


def channels_stand_first(shape: Shape) -> bool:
    """Whether a shape is most likely one of pictures as other frameworks write it: `1x28x28`."""
    sizes = [size for size in shape if size is not None]
    return len(sizes) == 3 and sizes[0] in (1, 3) and min(sizes[1:]) > 2 * sizes[0]


class WindowTooLarge(Problem):
    """A window is larger than its padded input, so there is no output.

    Often the layers before it have shrunk the image more than expected; `netc show` prints the size
    after each layer.

    ```netc
    input 5x5x1 -> conv 4 7x7
    ```

    Instead:

    ```netc
    input 5x5x1 -> conv 4 5x5
    ```
    """

    code = "E0311"
    title = "window larger than its input"
    message_text = "the window of `{layer}` is larger than its padded input"
    place_texts = {"maker": "gives {shape}"}
    layer: str
    shape: Shape
    maker: Span
    axes: tuple[Axis | None, ...]
    ways: tuple[WindowChange, ...]

    def label(self) -> str:
        names = ("rows", "columns") if len(self.axes) == 2 else ("positions",)
        sums = {
            name: f"{axis.size}{_padding(axis)}{self._total(axis)} is less than {axis.window}"
            for name, axis in zip(names, self.axes, strict=True)
            if axis is not None and room(axis) < 0
        }
        if len(sums) == len(self.axes) and len(set(sums.values())) == 1:
            return next(iter(sums.values()))
        return "; ".join(f"{name}: {sum_}" for name, sum_ in sums.items())

    def _total(self, axis: Axis) -> str:
        total = axis.size + axis.before + axis.after
        return f" = {total}" if axis.before or axis.after else ""

    def help(self) -> tuple[str, ...]:
        tried = tuple(f"`{way.code}` {way.gives()}" for way in self.ways)
        if channels_stand_first(self.shape) and self.maker.text.startswith("input"):
            turned = shape_text((*self.shape[1:], self.shape[0]))
            channels = counted(self.shape[0] or 0, "channel")
            return (f"channels come last: for {channels} write `input {turned}`", *tried)
        return tried or ("use a smaller window, or less striding and pooling before it",)

    def fixes(self) -> tuple[Fix, ...]:
        return _fixes(*self.ways)


class WindowRankDiffers(Problem):
    """A window has the wrong number of sizes.

    Windows on images are written `3x3` (or `3` for both axes), windows on sequences `5`. The same
    holds for `stride=`, `pad=` and `dilation=`.

    ```netc
    input 100x8 -> conv 4 3x3
    ```

    Instead:

    ```netc
    input 100x8 -> conv 4 3
    ```
    """

    code = "E0303"
    title = "window of the wrong rank"
    label_text = "expected one size, or one per axis"
    place_texts = {"maker": "gives {shape}"}
    option: str
    sizes: tuple[int, ...]
    shape: Shape
    maker: Span

    def message(self) -> str:
        kind = "an image" if len(self.shape) == 3 else "a sequence"
        many = counted(len(self.sizes), "size")
        return f"`{self.option}` has {many}, but `{shape_text(self.shape)}` is {kind}"

    def help(self) -> tuple[str, ...]:
        is_square = len(set(self.shape)) == 1 and self.shape[0] != 1
        if len(self.shape) == 2 and is_square and self.maker.text.startswith("input"):
            picture = f"for images of one channel, write `input {shape_text((*self.shape, 1))}`"
            return (picture, f"for sequences, write one size: `{self.sizes[0]}`")
        if len(self.shape) == 2:
            return (f"write one size: `{self.sizes[0]}`",)
        fitting = (self.sizes * 2)[:2]
        return (f"write two sizes: `{shape_text(fitting)}`",)


class WindowOnPadding(Problem):
    """The padding is as large as the window, so some windows contain only padding.

    The maximum of no numbers does not exist, and the average of padding means nothing. The padding
    of a pooling layer must be smaller than its window; at most half is usual.

    ```netc
    input 8x8x4 -> maxpool 2x2 pad=2
    ```

    Instead:

    ```netc
    input 8x8x4 -> maxpool 2x2 pad=1
    ```
    """

    code = "E0313"
    title = "window of padding only"
    message_text = "the first windows of `{layer}` contain only padding"
    label_text = "padding {pad}, window {window}"
    layer: str
    window: int
    pad: int

    def help(self) -> tuple[str, ...]:
        if self.window == 1:
            return ("omit `pad=`: a window of 1 needs none",)
        most, usual = self.window - 1, self.window // 2
        if most == usual:
            return (f"use at most `pad={most}`",)
        return (f"use at most `pad={most}`; `pad={usual}` is usual",)


class NothingLeft(Problem):
    """A layer removes everything from its input.

    `crop` removes rows and columns, and the `pad=` of `deconv` removes them from its result. At
    least one must remain.

    ```netc
    input 8x8x1 -> crop 4
    ```

    Instead:

    ```netc
    input 8x8x1 -> crop 3
    ```
    """

    code = "E0315"
    title = "empty result"
    message_text = "`{layer}` removes all of `{shape}`"
    label_text = "{sum}"
    place_texts = {"maker": "gives {shape}"}
    layer: str
    shape: Shape
    sum: str
    """The arithmetic that comes out below 1: `8 - 4 - 4 = 0`."""
    maker: Span
    most: WindowChange | None
    """The most that can be removed."""

    def help(self) -> tuple[str, ...]:
        if self.most is None:
            return ("nothing can be removed here: omit it",)
        return (f"the most is `{self.most.code}`, which {self.most.gives()}",)


class OutputPadTooLarge(Problem):
    """The output padding of a `deconv` must be smaller than its stride.

    A convolution with stride s maps s different input sizes to the same output size. `output_pad=`,
    from 0 to s - 1, selects which of them the transposed convolution gives.

    ```netc
    input 7x7x8 -> deconv 4 3x3 stride=2 output_pad=2
    ```

    Instead:

    ```netc
    input 7x7x8 -> deconv 4 3x3 stride=2 output_pad=1
    ```
    """

    code = "E0316"
    title = "output padding too large"
    message_text = "`output_pad={output_pad}` is too large for stride {stride}"
    help_texts = ("add `-> pad` after it for more rows and columns",)
    output_pad: int
    stride: int

    def label(self) -> str:
        most = self.stride - 1
        return "must be 0 for stride 1" if most == 0 else f"must be from 0 to {most}"
