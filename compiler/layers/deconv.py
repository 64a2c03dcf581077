"""The transposed convolution. The rank follows the input's."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from pydantic import Field

from ..geometry import extent, transposed
from ..language.kinds import Count, Sizes, SizesFromZero
from .checks import has_positions, ranks_agree
from .conv import Filtering, groups_divide
from .images import Walked, pair
from .layer import Window
from .sliding_window import Dilation, Groups, KernelSize, SlidingWindow, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..lower.program import Emitter, Value
    from ..problems.windows import WindowChange
    from ..shapes import Shape
    from .layer import Site


class Deconv(Filtering):
    """The transpose of a convolution: every input adds its filter, scaled, into the output.

    y[q, o] = b[o] + sum of w[t, o, i] x[p, i] over all p, t with q = p s + t d - pad.
    Shapes: H x W x I -> H' x W' x F (and L x I -> L' x F), with
    H' = (H - 1) stride - 2 pad + dilation (K - 1) + 1 + output_pad.
    A `conv` with the same K, stride and pad turns this size back into H; if it does so for several
    sizes, `output_pad=` (less than the stride) selects one. Here `pad=` removes positions.
    Parameters: w of K x F/G x I, the shape of the convolution that it transposes; b of F.
    Costs: one multiply-add for each weight at each input position: H W K F/G I.
    Errors: the input is a vector; sizes of the wrong rank; an empty output; `output_pad`
    not less than the stride; groups that do not divide; an unknown number of channels.
    Source: Dumoulin & Visin, A Guide to Convolution Arithmetic, 2016; as PyTorch's ConvTranspose.
    """

    word = "deconv"
    summary = "transposed convolution with F filters of size K"
    positional = ("filters", "kernel")

    filters: Count = Field(description="the number of output channels")
    kernel: KernelSize
    stride: Sizes = Field(
        default=(1,), description="how many output positions lie between neighbouring windows"
    )
    pad: SizesFromZero = Field(
        default=(0,),
        description="positions removed on each side of the output: the padding of the "
        "convolution that this one transposes",
    )
    output_pad: SizesFromZero = Field(
        default=(0,),
        description="extra positions at the end of the output, less than the stride; selects "
        "among the sizes that the convolution maps to this input",
    )
    dilation: Dilation = (1,)
    groups: Groups = 1
    bias: bool = Field(default=True, description="whether a bias is added to each filter's output")

    def sliding_window(self) -> SlidingWindow:
        return SlidingWindow(self.kernel, self.stride, self.pad, self.dilation, None)

    def output_channels(self, channels: int | None) -> int | None:
        return self.filters

    def channels_fit(self, channels: int, site: Site) -> bool:
        counts = (("input channels", channels), ("filters", self.filters))
        return self.groups == 1 or groups_divide(self, self.groups, counts, site)

    def weight_shape(self, channels: int, axes: int) -> tuple[int, ...]:
        return (*spread(self.kernel, axes), self.filters // self.groups, channels)

    def fans(self, channels: int, axes: int) -> tuple[int, int]:
        # Only every stride-th tap falls on an input, so an output reads about taps / strides.
        taps, strides = prod(spread(self.kernel, axes)), prod(spread(self.stride, axes))
        fan_in = max(1, taps * channels // self.groups // strides)
        return fan_in, taps * self.filters // self.groups

    def places(self, inputs: Sequence[Shape], output: Shape) -> Shape:
        return inputs[0][:-1]

    def slide(self, shape: Shape, site: Site) -> Shape | None:
        axes = len(shape) - 1
        if not has_positions(self, shape, site):
            return None
        options = (*self.sliding_window().sizes(), ("output_pad", self.output_pad))
        if not ranks_agree(options, shape, site):
            return None
        result: list[int | None] = []
        for at, size in enumerate(shape[:-1]):
            window, stride, pad, extra = self._axis(at, axes)
            if extra >= stride and extra > 0:
                place = site.option("output_pad")
                from ..problems.windows import OutputPadTooLarge

                site.report(OutputPadTooLarge(at=place, output_pad=extra, stride=stride))
                return None
            after = None if size is None else transposed(size, window, stride, pad, extra)
            if after is not None and after < 1:
                from ..problems.windows import NothingLeft

                site.report(
                    NothingLeft(
                        at=site.span,
                        layer=self.heading(),
                        shape=shape,
                        sum=f"({size} - 1)*{stride} - 2*{pad} + {window} + {extra} = {after}",
                        maker=site.source(0),
                        most=self._most(shape),
                    )
                )
                return None
            result.append(after)
        return tuple(result)

    def _most(self, shape: Shape) -> WindowChange | None:
        """The largest padding, equal on all sides, that leaves something."""
        from ..problems.windows import WindowChange

        axes = len(shape) - 1
        whole: list[int | None] = []
        for at, size in enumerate(shape[:-1]):
            window, stride, _, extra = self._axis(at, axes)
            whole.append(None if size is None else transposed(size, window, stride, 0, extra))
        most = (min(size for size in whole if size is not None) - 1) // 2
        left = tuple(None if size is None else size - 2 * most for size in whole)
        return WindowChange(f"pad={most}", (*left, self.filters))

    def _axis(self, at: int, axes: int) -> tuple[int, int, int, int]:
        """Window, stride, padding and output padding of one axis."""
        window = extent(spread(self.kernel, axes)[at], spread(self.dilation, axes)[at])
        extra = spread(self.output_pad, axes)[at]
        return window, spread(self.stride, axes)[at], spread(self.pad, axes)[at], extra

    def window(self, inputs: Sequence[Shape]) -> Window | None:
        axes = len(inputs[0]) - 1
        each = [self._axis(at, axes) for at in range(axes)]
        seen = tuple(-(-window // stride) for window, stride, _, _ in each)
        return Window(seen, (1,) * axes, tuple(stride for _, stride, _, _ in each))

    def size_sums(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        axes = len(output) - 1
        names = ("height", "width") if axes == 2 else ("length",)
        lines: list[str] = []
        for at, name in enumerate(names):
            size = inputs[0][at]
            if size is not None:
                window, stride, pad, extra = self._axis(at, axes)
                sum_ = f"({size} - 1)*{stride} - 2*{pad} + {window} + {extra}"
                lines.append(f"{name} {sum_} = {output[at]}")
        return tuple(lines)

    def walk_over(self, sample: tuple[int, ...]) -> Walked:
        """The window of the convolution that it transposes: on its own output, with its own
        input as the places."""
        axes = len(sample) - 1
        size: list[int] = []
        margins: list[tuple[int, int]] = []
        for at, places in enumerate(sample[:-1]):
            window, stride, pad, extra = self._axis(at, axes)
            size.append(transposed(places, window, stride, pad, extra))
            margins.append((pad, (places - 1) * stride + window - size[-1] - pad))
        walk = self.sliding_window()
        return Walked(
            pair(walk.kernel, axes),
            pair(walk.stride, axes),
            pair(walk.dilation, axes),
            (margins[0], margins[1] if axes == 2 else (0, 0)),
            pair(tuple(size), axes),
            pair(sample[:-1], axes),
        )

    def places_out(self, walked: Walked) -> tuple[int, int]:
        return walked.size

    def emit_product(
        self, e: Emitter, x: Value, w: Value, walked: Walked
    ) -> tuple[Value, tuple[Value, ...]]:
        height, width = walked.size
        sizes = walked.sizes(e, w.shape[2]) | {"H": height, "W": width, "C": self.filters}
        return e.emit("conv2d_grad_x", x, w, **sizes, **self._walk(walked)), ()

    def emit_gradients(
        self, e: Emitter, x: Value, w: Value, dy: Value, saved: tuple[Value, ...], walked: Walked
    ) -> tuple[Value, Value]:
        sizes = walked.sizes(e, w.shape[2])
        kh, kw, channels, _ = w.shape
        dx = e.emit("conv2d", dy, w, P=walked.places[0], **sizes, **self._walk(walked))
        dw = e.emit("conv2d_grad_w", dy, x, KH=kh, KW=kw, D=channels, **sizes, **self._walk(walked))
        return dx, dw

    def _walk(self, walked: Walked) -> dict[str, Any]:
        return walked.walk() | {"groups": self.groups}
