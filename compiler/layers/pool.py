"""Pooling: the largest or the average of a window, or of all positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from pydantic import Field

from ..language.kinds import Sizes
from ..shapes import Shape
from .checks import has_positions
from .images import Walked, as_image, attributes
from .layer import Layer, Site, Window
from .sliding_window import KernelSize, LastWindow, Padding, SlidingWindow, axes_of, spread
from .trace import Flow, Gradients, Trace
from .windowed import Windowed

if TYPE_CHECKING:
    from ..lower.program import Emitter, Value


class Pool(Windowed):
    """The base: a window on each channel, without weights. `stride=` defaults to the window."""

    positional = ("kernel",)
    resamples = True
    layout_agnostic = True

    kernel: KernelSize
    stride: Sizes | None = Field(
        default=None,
        description="how many positions the window moves at a time; by default the window's size",
    )
    pad: Padding = Field(
        default=(0,),
        description="positions added on each side, less than the window; `maxpool` never "
        "selects one of them, `avgpool` counts them as zeros",
    )
    round: LastWindow = None

    def sliding_window(self) -> SlidingWindow:
        stride = self.kernel if self.stride is None else self.stride
        follows = self.stride is None
        return SlidingWindow(
            self.kernel, stride, self.pad, (1,), self.round, stride_follows=follows
        )

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        shape = inputs[0]
        positions = self.slide(shape, site)
        return None if positions is None else (*positions, shape[-1])

    def padding_fits(self, axes: int, site: Site) -> bool:
        """Reports padding as large as the window."""
        if self.pad == "same":
            return True
        for window, pad in zip(spread(self.kernel, axes), spread(self.pad, axes), strict=True):
            if pad >= window:
                from ..problems.windows import WindowOnPadding

                site.report(
                    WindowOnPadding(
                        at=site.option("pad"), layer=self.heading(), window=window, pad=pad
                    )
                )
                return False
        return True

    def arithmetic(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        return self.size_sums(inputs, output)

    def output_shape(self, x: Value, walked: Walked) -> tuple[int, ...]:
        """The shape that flows out, with the batch."""
        places = walked.places[: len(x.shape) - 2]
        return (x.shape[0], *places, x.shape[-1])


class MaxPool(Pool):
    """y[p, c] = the largest of x over the window at p; padding never counts.

    Shapes: H x W x C -> H' x W' x C (and L x C -> L' x C), with
    H' = (H + 2 pad - K) / stride + 1, which must divide evenly, as in `conv`.
    Errors: as `conv`; padding as large as the window.
    Source: Ranzato et al., Unsupervised Learning of Invariant Feature Hierarchies, 2007;
    overlapping windows: Krizhevsky et al., 2012.
    """

    word = "maxpool"
    summary = "max pooling: the largest number of each window"

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        x = inputs[0]
        walked = self.walk_over(x.shape[1:])
        rows, columns = walked.places
        walk = attributes(walked, "kernel", "stride", "margins")
        if not e.backward:
            y = e.emit("maxpool2d", as_image(e, x), P=rows, Q=columns, **walk)
            return Flow(e.view(y, self.output_shape(x, walked)))
        row = f"maxpool2d_indices{self._width(walked)}"
        y, which = e.emit_many(row, as_image(e, x), P=rows, Q=columns, **walk)
        return Flow(e.view(y, self.output_shape(x, walked)), (which,))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        x = trace.inputs[0]
        walked = self.walk_over(x.shape[1:])
        rows, columns = walked.size
        walk = attributes(walked, "kernel", "stride", "margins")
        dy = as_image(e, gradient)
        row = f"maxpool2d_grad{self._width(walked)}"
        dx = e.emit(row, dy, trace.saved[0], H=rows, W=columns, **walk)
        return Gradients((e.view(dx, x.shape),))

    def _width(self, walked: Walked) -> str:
        """Which of two rows: the number of the winning tap fits into a byte, or does not."""
        return "" if prod(walked.kernel) <= 256 else "_wide"


class AvgPool(Pool):
    """y[p, c] = the sum of x over the window at p, divided by the number of positions in it.

    Positions of the padding count as zeros, as in PyTorch (`count_include_pad`), also those of
    `pad=same`. What a window of `round=ceil` covers beyond the padding does not count.
    Shapes: as `maxpool`. Errors: as `maxpool`.
    Source: LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998.
    """

    word = "avgpool"
    summary = "average pooling: the average of each window"
    linear = True

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        x = inputs[0]
        walked = self.walk_over(x.shape[1:])
        rows, columns = walked.places
        walk = self._attributes(x.shape[1:], walked)
        y = e.emit("avgpool2d", as_image(e, x), P=rows, Q=columns, **walk)
        return Flow(e.view(y, self.output_shape(x, walked)))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        x = trace.inputs[0]
        walked = self.walk_over(x.shape[1:])
        rows, columns = walked.size
        walk = self._attributes(x.shape[1:], walked)
        dx = e.emit("avgpool2d_grad", as_image(e, gradient), H=rows, W=columns, **walk)
        return Gradients((e.view(dx, x.shape),))

    def _attributes(self, sample: tuple[int, ...], walked: Walked) -> dict[str, Any]:
        """The window, and the padding at the end that counts as positions."""
        counted = tuple(
            axis.after for axis in axes_of(self.sliding_window(), sample) if axis is not None
        )
        walk = attributes(walked, "kernel", "stride", "margins")
        return walk | {"counted": counted if len(counted) == 2 else (*counted, 0)}


class GlobalAveragePool(Layer):
    """y[c] = the mean of x over all positions of channel c.

    Shapes: H x W x C -> C, L x C -> C; height and width may be unknown.
    Errors: the input is a vector.
    Source: Lin, Chen & Yan, Network in Network, 2014.
    """

    word = "gap"
    summary = "global average pooling: the average of each channel"
    linear = True
    resamples = True

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        shape = inputs[0]
        return shape[-1:] if has_positions(self, shape, site) else None

    def window(self, inputs: Sequence[Shape]) -> Window | None:
        return None

    def arithmetic(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        sizes = "*".join("?" if size is None else str(size) for size in inputs[0][:-1])
        return (f"each channel is the mean of {sizes} numbers",)

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        x = inputs[0]
        places = prod(x.shape[1:-1])
        return Flow(e.emit("mean_positions", e.view(x, (x.shape[0], places, x.shape[-1]))))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        x = trace.inputs[0]
        dx = e.emit("mean_positions_grad", gradient, L=prod(x.shape[1:-1]))
        return Gradients((e.view(dx, x.shape),))
