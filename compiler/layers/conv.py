"""Convolutions: ordinary, depthwise, transposed. The rank follows the input's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING

from pydantic import Field

from ..language.kinds import Count
from ..shapes import Shape, elements
from .checks import fits, is_known
from .convolve import (
    emit_batch_innermost,
    emit_batch_innermost_gradients,
    emit_convolution,
    emit_convolution_gradients,
)
from .images import Walked, as_filters, as_image
from .layer import Parameter, Site, Trainable
from .sliding_window import (
    Dilation,
    Groups,
    KernelSize,
    LastWindow,
    PaddingOption,
    SlidingWindow,
    Stride,
    spread,
)
from .trace import Flow, Gradients, Trace
from .weights import ZEROS, known, parameter_sum
from .windowed import Windowed

if TYPE_CHECKING:
    from ..lower.program import Emitter, Value


class Filtering(Windowed, Trainable):
    """The base of layers whose windows have weights `w`, and a bias `b` for each output channel.

    Every weight is used once at every place: `multiply_adds` is places times weights.
    """

    linear = True

    bias: bool = True

    def has_bias(self) -> bool:
        return self.bias

    def weight_shape(self, channels: int, axes: int) -> tuple[int, ...]:
        """The shape of `w`, given the channels that flow in and the number of position axes."""
        raise NotImplementedError(type(self).__name__)

    def fans(self, channels: int, axes: int) -> tuple[int, int]:
        """How many inputs an output reads, and how many outputs an input reaches."""
        raise NotImplementedError(type(self).__name__)

    def places(self, inputs: Sequence[Shape], output: Shape) -> Shape:
        """The positions at which every weight is used."""
        return output[:-1]

    def channels_fit(self, channels: int, site: Site) -> bool:
        """Reports channels that cannot be split as the layer wants."""
        return True

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        shape = inputs[0]
        positions = self.slide(shape, site)
        if positions is None:
            return None
        channels = shape[-1]
        if channels is None:
            is_known(self, shape, channels, "the number of channels", site)
            return None
        if not self.channels_fit(channels, site):
            return None
        output = (*positions, self.output_channels(channels))
        weights = self.weight_shape(channels, len(shape) - 1)
        if fits(self, weights, "weights", site) and fits(self, output, "an output", site):
            return output
        return None

    def _weights(self, inputs: Sequence[Shape]) -> tuple[int, ...]:
        return self.weight_shape(known(inputs[0][-1]), len(inputs[0]) - 1)

    def parameters(self, inputs: Sequence[Shape]) -> tuple[Parameter, ...]:
        channels, axes = known(inputs[0][-1]), len(inputs[0]) - 1
        fan_in, fan_out = self.fans(channels, axes)
        w = Parameter("w", self.weight_shape(channels, axes), self.init, fan_in, fan_out)
        if not self.bias:
            return (w,)
        shape = (known(self.output_channels(channels)),)
        return w, Parameter("b", shape, ZEROS, fan_in, fan_out, decays=False)

    def multiply_adds(self, inputs: Sequence[Shape], output: Shape) -> int | None:
        places = elements(self.places(inputs, output))
        return None if places is None else places * prod(self._weights(inputs))

    def arithmetic(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        weights = self._weights(inputs)
        lines = [*self.size_sums(inputs, output)]
        lines.append(parameter_sum(weights, known(output[-1]) if self.bias else 0))
        places = self.places(inputs, output)
        total = self.multiply_adds(inputs, output)
        if total is not None:
            # Positions and filters first, then what each of them costs, as on the board.
            terms = "*".join(str(size) for size in (*places, weights[-1], *weights[:-1]))
            lines.append(f"multiply-adds {terms} = {total:,}")
        return tuple(lines)

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        x = inputs[0]
        if x.layout == "chwn":
            return self._forward_batch_innermost(e, x, parameters)
        walked = self.walk_over(x.shape[1:])
        w = as_filters(e, parameters["w"], len(x.shape) - 2)
        y, saved = self.emit_product(e, as_image(e, x), w, walked)
        if self.bias:
            y = e.emit("add_row", y, parameters["b"])
        rows, columns = self.places_out(walked)
        places = (rows,) if len(x.shape) == 3 else (rows, columns)
        return Flow(e.view(y, (x.shape[0], *places, y.shape[-1])), saved)

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        x = trace.inputs[0]
        if x.layout == "chwn":
            return self._backward_batch_innermost(e, trace, gradient)
        walked = self.walk_over(x.shape[1:])
        w = as_filters(e, trace.parameters["w"], len(x.shape) - 2)
        dy = as_image(e, gradient)
        dx, dw = self.emit_gradients(e, as_image(e, x), w, dy, trace.saved, walked)
        parameters = {"w": e.view(dw, trace.parameters["w"].shape)}
        if self.bias:
            parameters["b"] = e.emit("sum_rows", gradient, e.ones_over(*gradient.shape[:-1]))
        return Gradients((e.view(dx, x.shape),), parameters)

    def _forward_batch_innermost(
        self, e: Emitter, x: Value, parameters: Mapping[str, Value]
    ) -> Flow:
        """With the samples innermost; see `lower/passes/choose_layouts.py`."""
        walked = self.walk_over((*x.shape[1:3], x.shape[0]))
        y = emit_batch_innermost(e, x, parameters["w"], walked)
        if self.bias:
            y = e.emit("add_channel", y, parameters["b"])
        return Flow(y)

    def _backward_batch_innermost(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        x, w = trace.inputs[0], trace.parameters["w"]
        walked = self.walk_over((*x.shape[1:3], x.shape[0]))
        dx, dw = emit_batch_innermost_gradients(e, x, w, gradient, walked)
        parameters = {"w": dw}
        if self.bias:
            ones = e.ones_over(*gradient.shape[1:])
            parameters["b"] = e.emit("sum_channel", gradient, ones)
        return Gradients((dx,), parameters)

    def places_out(self, walked: Walked) -> tuple[int, int]:
        """Rows and columns that flow out."""
        return walked.places

    def emit_product(
        self, e: Emitter, x: Value, w: Value, walked: Walked
    ) -> tuple[Value, tuple[Value, ...]]:
        """Emits the output without the bias; gives it, and what the gradients will read."""
        raise NotImplementedError(type(self).__name__)

    def emit_gradients(
        self, e: Emitter, x: Value, w: Value, dy: Value, saved: tuple[Value, ...], walked: Walked
    ) -> tuple[Value, Value]:
        """Emits the gradients of the input and of the weights."""
        raise NotImplementedError(type(self).__name__)


def groups_divide(
    layer: Filtering, groups: int, counts: tuple[tuple[str, int], ...], site: Site
) -> bool:
    """Reports groups that do not divide every one of the named counts."""
    wrong = next(((what, count) for what, count in counts if count % groups), None)
    if wrong is None:
        return True
    what, count = wrong
    from ..problems.merges import GroupsDoNotDivide

    site.report(
        GroupsDoNotDivide(
            at=site.option("groups"),
            layer=layer.heading(),
            groups=groups,
            channels=count,
            what=what,
            others=tuple(other for name, other in counts if name != what),
        )
    )
    return False


class Conv(Filtering):
    """y[p, o] = b[o] + sum over t and i of w[t, i, o] x[p s + t d - pad, i].

    Here t runs over the kernel elements and i over the channels; outside the input, x is 0. With
    `groups=G`, channels and filters are divided into G equal groups, and each group of filters
    reads its group of channels.
    Shapes: L x I -> L' x F, or H x W x I -> H' x W' x F, with
    H' = (H + 2 pad - dilation (K - 1) - 1) / stride + 1, which must divide evenly, or leave only
    padding unread (`round=floor` drops the rest, `round=ceil` covers it). `pad=same` gives ceil(H /
    stride), as in TensorFlow: of an odd number of rows of zeros, the extra one is at the end.
    Parameters: w of K x I/G x F (K is KH x KW on images), b of F.
    Costs: H' W' K I/G F multiply-adds.
    Errors: the input is a vector; sizes of the wrong rank; a window larger than its padded input,
    or one that leaves data unread; groups that do not divide; an unknown number of channels.
    Source: LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998; groups:
    Krizhevsky et al., 2012; dilation: Yu & Koltun, 2016.
    """

    word = "conv"
    summary = "convolution with F filters of size K"
    positional = ("filters", "kernel")

    filters: Count = Field(description="the number of output channels")
    kernel: KernelSize
    stride: Stride = (1,)
    pad: PaddingOption = (0,)
    dilation: Dilation = (1,)
    groups: Groups = 1
    bias: bool = Field(default=True, description="whether a bias is added to each filter's output")
    round: LastWindow = None

    def sliding_window(self) -> SlidingWindow:
        return SlidingWindow(self.kernel, self.stride, self.pad, self.dilation, self.round)

    def output_channels(self, channels: int | None) -> int | None:
        return self.filters

    def channels_fit(self, channels: int, site: Site) -> bool:
        counts = (("input channels", channels), ("filters", self.filters))
        return self.groups == 1 or groups_divide(self, self.groups, counts, site)

    def output_despite(self, inputs: Sequence[Shape | None]) -> Shape | None:
        """Groups that do not divide and free channels change nothing of what flows out."""
        shape = inputs[0]
        places = None if shape is None else self.places_despite(shape)
        if shape is None or places is None:
            return None
        channels = shape[-1]
        wrong = channels is None or channels % self.groups or self.filters % self.groups
        return (*places, self.filters) if wrong else None

    def weight_shape(self, channels: int, axes: int) -> tuple[int, ...]:
        return (*spread(self.kernel, axes), channels // self.groups, self.filters)

    def fans(self, channels: int, axes: int) -> tuple[int, int]:
        taps = prod(spread(self.kernel, axes))
        return taps * channels // self.groups, taps * self.filters // self.groups

    def full_kernel(self, axes: int) -> tuple[int, ...] | None:
        return spread(self.kernel, axes) if self.groups == 1 else None

    def emit_product(
        self, e: Emitter, x: Value, w: Value, walked: Walked
    ) -> tuple[Value, tuple[Value, ...]]:
        return emit_convolution(e, x, w, walked, self.groups)

    def emit_gradients(
        self, e: Emitter, x: Value, w: Value, dy: Value, saved: tuple[Value, ...], walked: Walked
    ) -> tuple[Value, Value]:
        return emit_convolution_gradients(e, x, w, dy, saved, walked, self.groups)


class Depthwise(Filtering):
    """y[p, c m + j] = b + sum over kernel elements t of w[t, c m + j] x[p s + t d - pad, c].

    Every channel has its own `multiplier` m filters: a convolution with
    as many groups as channels. A `conv F 1x1` after it makes it separable.
    Shapes: as `conv`, with C -> C m channels.
    Parameters: w of K x C m, b of C m.
    Costs: H' W' K C m multiply-adds.
    Errors: as `conv`, but there are no groups.
    Source: Howard et al., MobileNets, 2017; Chollet, Xception, 2017.
    """

    word = "depthwise"
    summary = "depthwise convolution, one filter per channel"
    positional = ("kernel",)

    kernel: KernelSize
    stride: Stride = (1,)
    pad: PaddingOption = (0,)
    dilation: Dilation = (1,)
    multiplier: Count = Field(default=1, description="the number of outputs per channel")
    bias: bool = Field(default=True, description="whether a bias is added to each output channel")
    round: LastWindow = None

    def sliding_window(self) -> SlidingWindow:
        return SlidingWindow(self.kernel, self.stride, self.pad, self.dilation, self.round)

    def output_channels(self, channels: int | None) -> int | None:
        return None if channels is None else channels * self.multiplier

    def weight_shape(self, channels: int, axes: int) -> tuple[int, ...]:
        return (*spread(self.kernel, axes), channels * self.multiplier)

    def fans(self, channels: int, axes: int) -> tuple[int, int]:
        taps = prod(spread(self.kernel, axes))
        return taps, taps * self.multiplier

    def emit_product(
        self, e: Emitter, x: Value, w: Value, walked: Walked
    ) -> tuple[Value, tuple[Value, ...]]:
        sizes = self._scratch(e, w, walked)
        return e.emit("depthwise2d", x, w, **sizes, **walked.walk()), ()

    def emit_gradients(
        self, e: Emitter, x: Value, w: Value, dy: Value, saved: tuple[Value, ...], walked: Walked
    ) -> tuple[Value, Value]:
        sizes = self._scratch(e, w, walked)
        kh, kw, _ = w.shape
        ones = e.ones_over(sizes["B"], *dy.shape[1:3])
        dw = e.emit("depthwise2d_grad_w", x, dy, ones, KH=kh, KW=kw, **sizes, **walked.walk())
        height, width = walked.size
        sizes |= {"H": height, "W": width, "C": x.shape[-1]}
        return e.emit("depthwise2d_grad_x", dy, w, **sizes, **walked.walk()), dw

    def _scratch(self, e: Emitter, w: Value, walked: Walked) -> dict[str, int]:
        rows, columns = walked.places
        # What is read, the products of a tap and their sum share the cache.
        samples, _ = e.part(rows, columns * w.shape[-1], e.cache_elements // 4)
        y, x = walked.padded()
        return {"B": samples, "P": rows, "Q": columns, "Y": y, "X": x}
