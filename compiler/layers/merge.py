"""Merges: several tensors into one. `add [p | q | id]`, `concat @a @b`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..geometry import Axis, count, unread
from ..shapes import Shape, elements, shape_text
from .checks import fits
from .layer import Arity, Layer, Site
from .trace import Flow, Gradients, Trace

if TYPE_CHECKING:
    from ..lower.program import Emitter, Value


def _chain(e: Emitter, row: str, values: Sequence[Value]) -> Value:
    """a row b row c ..., from the left."""
    result = values[0]
    for value in values[1:]:
        result = e.emit(row, result, value)
    return result


class Merge(Layer):
    """The base: at least two tensors, of which a spec's meaning makes sure (E0224)."""

    arity = Arity.MANY
    carries_skip = True


class Elementwise(Merge):
    """The base of merges that work number by number: all shapes are equal, nothing stretches."""

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        first = inputs[0]
        for index, other in enumerate(inputs):
            if other != first:
                from ..problems.merges import UnequalAddends

                site.report(
                    UnequalAddends(
                        at=site.span,
                        layer=self.word,
                        first=first,
                        other=other,
                        first_maker=site.source(0),
                        other_maker=site.source(index),
                        ways=equalisers(first, other),
                    )
                )
                return None
        return first


class Add(Elementwise):
    """y = a + b + ...

    Shapes: all equal, kept. Errors: unequal shapes.
    Source: He et al., Deep Residual Learning for Image Recognition, 2016.
    """

    word = "add"
    summary = "the elementwise sum of tensors of equal shape"

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        return Flow(_chain(e, "add", inputs))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        return Gradients((gradient,) * len(trace.inputs))


class Multiply(Elementwise):
    """y = a * b * ..., elementwise: a gate.

    Shapes: all equal, kept. Errors: unequal shapes.
    """

    word = "mul"
    summary = "the elementwise product of tensors of equal shape"

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        return Flow(_chain(e, "multiply", inputs))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        gradients = []
        for index in range(len(trace.inputs)):
            others = trace.inputs[:index] + trace.inputs[index + 1 :]
            gradients.append(_chain(e, "multiply", (gradient, *others)))
        return Gradients(tuple(gradients))


class Maximum(Elementwise):
    """y = max(a, b, ...), elementwise. The first of equal values gets the gradient.

    Shapes: all equal, kept. Errors: unequal shapes.
    Source: Goodfellow et al., Maxout Networks, 2013.
    """

    word = "max"
    summary = "the elementwise maximum of tensors of equal shape"

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        so_far = [inputs[0]]
        for value in inputs[1:]:
            so_far.append(e.emit("maximum", so_far[-1], value))
        return Flow(so_far[-1], tuple(so_far[:-1]))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        gradients: list[Value] = []
        for before, value in zip(reversed(trace.saved), reversed(trace.inputs), strict=False):
            gradient, own = e.emit_many("maximum_grad", gradient, before, value)
            gradients.append(own)
        return Gradients((gradient, *reversed(gradients)))


class Average(Elementwise):
    """y = (a + b + ...) / n for n tensors.

    Shapes: all equal, kept. Errors: unequal shapes.
    """

    word = "avg"
    summary = "the elementwise average of tensors of equal shape"

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        return Flow(e.emit("scale", _chain(e, "add", inputs), by=1 / len(inputs)))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        count = len(trace.inputs)
        return Gradients((e.emit("scale", gradient, by=1 / count),) * count)


class Concat(Merge):
    """The channels of all tensors, concatenated in the order of the branches.

    Shapes: equal positions; H x W x A, H x W x B, ... -> H x W x (A + B + ...); vectors A, B ->
    A + B. If a number of channels is unknown, so is the result.
    Errors: unequal positions or ranks; the result is too large.
    Source: Szegedy et al., Going Deeper with Convolutions, 2015.
    """

    word = "concat"
    summary = "tensors concatenated along the channels"

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        first = inputs[0]
        channels: int | None = 0
        for index, other in enumerate(inputs):
            if len(other) != len(first) or other[:-1] != first[:-1]:
                self._report(index, first, other, site)
                return None
            channels = None if channels is None or other[-1] is None else channels + other[-1]
        output = (*first[:-1], channels)
        return output if fits(self, output, "an output", site) else None

    def _report(self, index: int, first: Shape, other: Shape, site: Site) -> None:
        from ..problems.merges import UnequalPositions

        site.report(
            UnequalPositions(
                at=site.span,
                first=first,
                other=other,
                first_maker=site.source(0),
                other_maker=site.source(index),
                ways=aligners(first, other),
            )
        )

    def arithmetic(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        terms = " + ".join("?" if shape[-1] is None else str(shape[-1]) for shape in inputs)
        return (f"channels {terms} = {'?' if output[-1] is None else output[-1]}",)

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        channels = sum(value.shape[-1] for value in inputs)
        return Flow(e.emit("concat", *inputs, E=channels))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        gradients = []
        start = 0
        for value in trace.inputs:
            channels = value.shape[-1]
            gradients.append(e.emit("slice_channels", gradient, C=channels, start=start))
            start += channels
        return Gradients(tuple(gradients))


def equalisers(first: Shape, other: Shape) -> tuple[str, ...]:
    """What would make two shapes equal, where something simple does."""
    if any(size is None for size in (*first, *other)):
        return ()
    if len(first) != len(other):
        return _by_flatten(first, other)
    if len(first) == 1:
        return (f"`-> dense {first[0]}` after `{other[0]}` gives {first[0]}",)
    large, small = _by_size(first, other)
    if large[:-1] == small[:-1]:  # The branch with fewer channels is the one to project.
        large, small = sorted((first, other), key=lambda shape: shape[-1] or 0)
    way = _by_conv(large, small) or _by_pad(large, small)
    return (way,) if way else ()


def aligners(first: Shape, other: Shape) -> tuple[str, ...]:
    """What would make the positions of two shapes equal, where something simple does."""
    if any(size is None for size in (*first, *other)):
        return ()
    if len(first) != len(other):
        return _by_flatten(first, other)
    large, small = _by_size(first, other)
    way = _by_upsampling(large, small)
    if way:
        return (way,)
    ways = (_by_pad((*large[:-1], small[-1]), small), _by_crop(large, small))
    return tuple(way for way in ways if way)


def _by_flatten(first: Shape, other: Shape) -> tuple[str, ...]:
    """A vector beside an image needs the image as a vector."""
    image, vector = max(first, other, key=len), min(first, other, key=len)
    if len(vector) > 1:
        return ()
    text = shape_text(image)
    flat = elements(image)
    if vector[0] == flat:
        return (f"`-> flatten` after `{text}` gives {flat}",)
    if vector[0] != image[-1]:
        return ()
    # A number for each channel at every position, as in squeeze-and-excitation.
    point = shape_text((*(1 for _ in image[:-1]), image[-1]))
    spread = f"reshape {point} -> upsample {shape_text(image[:-1])}"
    return (
        f"`-> {spread}` after `{vector[0]}` gives {text}",
        f"`-> gap` after `{text}` gives {image[-1]}",
    )


def _by_size(first: Shape, other: Shape) -> tuple[Shape, Shape]:
    """The one with more positions first."""
    return (first, other) if _positions(first) >= _positions(other) else (other, first)


def _positions(shape: Shape) -> tuple[int, ...]:
    return tuple(size or 0 for size in shape[:-1])


def _by_conv(large: Shape, small: Shape) -> str:
    """A 1x1 convolution, with the stride that the other branch seems to have."""
    kernel = "x".join("1" for _ in large[:-1])
    if large[:-1] == small[:-1]:
        return (
            f"`-> conv {small[-1]} {kernel}` after `{shape_text(large)}` gives {shape_text(small)}"
        )
    for stride in (2, 3, 4):
        axes = [Axis(size or 0, 1, stride, 0, 0) for size in large[:-1]]
        if tuple(count(axis) for axis in axes) == small[:-1] and not any(map(unread, axes)):
            call = f"conv {small[-1]} {kernel} stride={stride}"
            return f"`-> {call}` after `{shape_text(large)}` gives {shape_text(small)}"
    return ""


def _by_upsampling(large: Shape, small: Shape) -> str:
    """Upsampling, where one has a multiple of the other's positions."""
    factors = {divmod(a or 0, b or 1) for a, b in zip(large[:-1], small[:-1], strict=True)}
    factor, left = factors.pop()
    if factors or left or factor < 2:
        return ""
    result = shape_text((*large[:-1], small[-1]))
    return f"`-> upsample {factor}` after `{shape_text(small)}` gives {result}"


def _by_crop(large: Shape, small: Shape) -> str:
    """A crop of the larger one, as in a U-Net, where all positions differ by the same."""
    gaps = {(a or 0) - (b or 0) for a, b in zip(large[:-1], small[:-1], strict=True)}
    gap = gaps.pop()
    if gaps or gap < 1:
        return ""
    before, odd = divmod(gap, 2)
    crop = f"crop {before} after={before + 1}" if odd else f"crop {before}"
    result = shape_text((*small[:-1], large[-1]))
    return f"`-> {crop}` after `{shape_text(large)}` gives {result}"


def _by_pad(large: Shape, small: Shape) -> str:
    """Padding, where all positions differ by the same few, as after an unpadded window; with a
    1x1 convolution on the other branch where the channels differ too."""
    gaps = {(a or 0) - (b or 0) for a, b in zip(large[:-1], small[:-1], strict=True)}
    gap = gaps.pop()
    if gaps or gap not in (2, 4, 6):
        return ""
    padded = (*large[:-1], small[-1])
    pad = f"`pad={gap // 2}` in the branch that gives `{shape_text(small)}`"
    if padded == large:
        return f"{pad} makes it {shape_text(large)}"
    return f"{pad}, and {_by_conv(large, padded)}"
