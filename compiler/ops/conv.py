"""Convolutions: ordinary, depthwise, transposed. The rank follows the input's."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Annotated

from ..geometry import Rounding, extent, transposed
from ..schema.kinds import Count, Flag, Sizes
from ..shapes import Shape, elements
from .checks import fits, has_positions, is_known, ranks_agree
from .layer import Parameter, Site, Trainable, Window
from .weights import ZEROS, known, parameter_sum
from .windowed import PAD, ROUND, Padding, Walk, Windowed, spread

if TYPE_CHECKING:
    from ..problems.windows import Way


class Filtering(Windowed, Trainable):
    """The base of layers whose windows have weights `w`, and a bias `b` for each output channel.

    Every weight is used once at every place: `multiply_adds` is places times weights.
    """

    bias: Annotated[bool, Flag()] = True

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
            calls=site.calls,
            layer=layer.heading(),
            groups=groups,
            channels=count,
            what=what,
            others=tuple(other for name, other in counts if name != what),
        )
    )
    return False


class Conv(Filtering):
    """y[p, o] = b[o] + sum over taps t and channels i of w[t, i, o] x[p s + t d - pad, i].

    Zeros stand where the window reaches beyond the data. With `groups=G` the channels and the
    filters fall into G equal parts, and each part of the filters reads its part of the channels.
    Shapes: L x I -> L' x F, or H x W x I -> H' x W' x F, with
    H' = (H + 2 pad - dilation (K - 1) - 1) / stride + 1, which must come out even up to padding
    (`round=floor` drops what is left over, `round=ceil` covers it). `pad=same` gives
    ceil(H / stride), the extra row of zeros at the end.
    Parameters: w of K x I/G x F (K is KH x KW on images), b of F.
    Costs: H' W' K I/G F multiply-adds.
    Errors: a vector flows in; sizes for another rank; a window larger than its padded input, or
    one that leaves data unread; groups that do not divide; channels that are free.
    Source: LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998; groups:
    Krizhevsky et al., 2012; dilation: Yu & Koltun, 2016.
    """

    word = "conv"
    summary = "convolution with F filters of size K"
    positional = ("filters", "kernel")

    filters: Annotated[int, Count()]
    kernel: Annotated[tuple[int, ...], Sizes()]
    stride: Annotated[tuple[int, ...], Sizes()] = (1,)
    pad: Annotated[Padding, PAD] = (0,)
    dilation: Annotated[tuple[int, ...], Sizes()] = (1,)
    groups: Annotated[int, Count()] = 1
    bias: Annotated[bool, Flag()] = True
    round: Annotated[Rounding, ROUND] = None

    def walk(self) -> Walk:
        return Walk(self.kernel, self.stride, self.pad, self.dilation, self.round)

    def output_channels(self, channels: int | None) -> int | None:
        return self.filters

    def channels_fit(self, channels: int, site: Site) -> bool:
        counts = (("channels that flow in", channels), ("filters", self.filters))
        return self.groups == 1 or groups_divide(self, self.groups, counts, site)

    def weight_shape(self, channels: int, axes: int) -> tuple[int, ...]:
        return (*spread(self.kernel, axes), channels // self.groups, self.filters)

    def fans(self, channels: int, axes: int) -> tuple[int, int]:
        taps = prod(spread(self.kernel, axes))
        return taps * channels // self.groups, taps * self.filters // self.groups


class Depthwise(Filtering):
    """y[p, c m + j] = b + sum over taps t of w[t, c m + j] x[p s + t d - pad, c].

    Every channel has its own `multiplier` m filters and sees no other channel: a convolution with
    as many groups as channels. A `conv F 1x1` after it makes it separable.
    Shapes: as `conv`, with C -> C m channels.
    Parameters: w of K x C m, b of C m.
    Costs: H' W' K C m multiply-adds.
    Errors: as `conv`, but there are no groups.
    Source: Howard et al., MobileNets, 2017; Chollet, Xception, 2017.
    """

    word = "depthwise"
    summary = "convolution of each channel by itself"
    positional = ("kernel",)

    kernel: Annotated[tuple[int, ...], Sizes()]
    stride: Annotated[tuple[int, ...], Sizes()] = (1,)
    pad: Annotated[Padding, PAD] = (0,)
    dilation: Annotated[tuple[int, ...], Sizes()] = (1,)
    multiplier: Annotated[int, Count()] = 1
    bias: Annotated[bool, Flag()] = True
    round: Annotated[Rounding, ROUND] = None

    def walk(self) -> Walk:
        return Walk(self.kernel, self.stride, self.pad, self.dilation, self.round)

    def output_channels(self, channels: int | None) -> int | None:
        return None if channels is None else channels * self.multiplier

    def weight_shape(self, channels: int, axes: int) -> tuple[int, ...]:
        return (*spread(self.kernel, axes), channels * self.multiplier)

    def fans(self, channels: int, axes: int) -> tuple[int, int]:
        taps = prod(spread(self.kernel, axes))
        return taps, taps * self.multiplier


class Deconv(Filtering):
    """The transpose of a convolution: every input adds its filter, scaled, into the output.

    y[q, o] = b[o] + sum of w[t, o, i] x[p, i] over all p, t with q = p s + t d - pad.
    Shapes: H x W x I -> H' x W' x F (and L x I -> L' x F), with
    H' = (H - 1) stride - 2 pad + dilation (K - 1) + 1 + output_pad.
    That is the size which `conv` with the same K, stride and pad turns into H; where several are,
    `output_pad=` (less than the stride) chooses. Here `pad=` takes positions away.
    Parameters: w of K x F/G x I, the shape of the convolution that it transposes; b of F.
    Costs: one multiply-add for each weight at each input position: H W K F/G I.
    Errors: a vector flows in; sizes for another rank; nothing left of the output; `output_pad`
    not less than the stride; groups that do not divide; channels that are free.
    Source: Dumoulin & Visin, A Guide to Convolution Arithmetic, 2016; as PyTorch's ConvTranspose.
    """

    word = "deconv"
    summary = "transposed convolution with F filters of size K"
    positional = ("filters", "kernel")

    filters: Annotated[int, Count()]
    kernel: Annotated[tuple[int, ...], Sizes()]
    stride: Annotated[tuple[int, ...], Sizes()] = (1,)
    pad: Annotated[tuple[int, ...], Sizes(least=0)] = (0,)
    output_pad: Annotated[tuple[int, ...], Sizes(least=0)] = (0,)
    dilation: Annotated[tuple[int, ...], Sizes()] = (1,)
    groups: Annotated[int, Count()] = 1
    bias: Annotated[bool, Flag()] = True

    def walk(self) -> Walk:
        return Walk(self.kernel, self.stride, self.pad, self.dilation, None)

    def output_channels(self, channels: int | None) -> int | None:
        return self.filters

    def channels_fit(self, channels: int, site: Site) -> bool:
        counts = (("channels that flow in", channels), ("filters", self.filters))
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
        options = (*self.walk().sizes(), ("output_pad", self.output_pad))
        if not ranks_agree(options, shape, site):
            return None
        result: list[int | None] = []
        for at, size in enumerate(shape[:-1]):
            window, stride, pad, extra = self._axis(at, axes)
            if extra >= stride and extra > 0:
                place = site.option("output_pad")
                from ..problems.windows import OutputPadTooLarge

                site.report(
                    OutputPadTooLarge(at=place, calls=site.calls, output_pad=extra, stride=stride)
                )
                return None
            after = None if size is None else transposed(size, window, stride, pad, extra)
            if after is not None and after < 1:
                from ..problems.windows import NothingLeft

                site.report(
                    NothingLeft(
                        at=site.span,
                        calls=site.calls,
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

    def _most(self, shape: Shape) -> Way | None:
        """The largest padding, equal on all sides, that leaves something."""
        from ..problems.windows import Way

        axes = len(shape) - 1
        whole: list[int | None] = []
        for at, size in enumerate(shape[:-1]):
            window, stride, _, extra = self._axis(at, axes)
            whole.append(None if size is None else transposed(size, window, stride, 0, extra))
        most = (min(size for size in whole if size is not None) - 1) // 2
        left = tuple(None if size is None else size - 2 * most for size in whole)
        return Way(f"pad={most}", (*left, self.filters))

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
