"""Layers that arrange positions anew: flatten, reshape, pad, crop, upsample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING

from pydantic import Field

from ..language.kinds import SampleShape, Sizes, SizesFromZero
from ..shapes import Shape, elements, shape_text
from .checks import fits, has_positions, is_known, ranks_agree
from .images import as_image, pair
from .layer import Layer, Site, Window
from .sliding_window import spread
from .trace import Flow, Gradients, Trace

if TYPE_CHECKING:
    from ..lower.program import Emitter, Value
    from ..problems.windows import WindowChange


class Flatten(Layer):
    """The numbers of a sample as a vector: row by row, position by position, channel by channel.

    Shapes: H x W x C -> H W C; a vector is unchanged. If a size is unknown, so is the result.
    Receptive fields are unchanged; only the outputs of a `dense` after it see everything.
    Errors: none.
    """

    word = "flatten"
    summary = "an image or a sequence as a vector, row by row"
    linear = True
    is_view = True

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        return (elements(inputs[0]),)

    def arithmetic(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        if output[0] is None or len(inputs[0]) == 1:
            return ()
        return (f"numbers {'*'.join(str(size) for size in inputs[0])} = {output[0]}",)

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        x = inputs[0]
        return Flow(e.view(x, (x.shape[0], prod(x.shape[1:]))))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        return Gradients((e.view(gradient, trace.inputs[0].shape),))


class Reshape(Layer):
    """The same numbers in a different shape, row by row. One size may be `?` and is computed.

    Shapes: any with all sizes known -> S, with the same number of elements.
    Errors: a different number of elements; more than three sizes; an input of unknown size; two
    `?`.
    """

    word = "reshape"
    summary = "the same numbers in a different shape"
    linear = True
    is_view = True
    positional = ("shape",)

    shape: SampleShape = Field(
        description="the new shape of each sample, with the same number of elements; one `?` is "
        "computed"
    )

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        came = inputs[0]
        count = elements(came)
        if len(self.shape) > 3:
            place = site.option("shape")
            from ..problems.shapes import TooManyAxes

            site.report(TooManyAxes(at=place, layer=self.word, shape=self.shape))
            return None
        if not is_known(self, came, count, "the number of elements", site):
            return None
        if count is None:  # the width of an `input ?`: looked at again when it is known
            return self.shape
        if self.shape.count(None) > 1:
            from ..problems.sizes import SizesToWorkOut

            place = site.option("shape")
            site.report(SizesToWorkOut(at=place, target=self.shape, count=count))
            return None
        output = self._filled(count)
        if elements(output) == count:
            return output
        from ..problems.sizes import ReshapeChangesCount

        site.report(
            ReshapeChangesCount(
                at=site.option("shape"), shape=came, target=self.shape, maker=site.source(0)
            )
        )
        return None

    def output_despite(self, inputs: Sequence[Shape | None]) -> Shape | None:
        if inputs[0] is not None or None in self.shape or len(self.shape) > 3:
            return None
        return self.shape

    def _filled(self, count: int) -> Shape:
        """The shape with its `?` worked out, rounded down when it does not come out even."""
        rest = prod(size for size in self.shape if size is not None)
        return tuple(count // rest if size is None else size for size in self.shape)

    def arithmetic(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        before = "*".join(str(size) for size in inputs[0])
        after = "*".join(str(size) for size in output)
        return (f"numbers {before} = {after} = {elements(output)}",)

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        x = inputs[0]
        sizes = [size for size in self._filled(prod(x.shape[1:])) if size is not None]
        return Flow(e.view(x, (x.shape[0], *sizes)))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        return Gradients((e.view(gradient, trace.inputs[0].shape),))


class Border(Layer):
    """The base of layers that add or take away positions at the edges.

    `pad 2` is two on every side, `pad 1x2` one row above and below and two columns left and right.
    `after=` gives the other end of each axis its own number: `pad 0 after=1` adds a row below and
    a column on the right.
    """

    linear = True
    resamples = True
    positional = ("sizes",)

    sizes: SizesFromZero = Field(
        description="positions on both ends of each axis, one number for all axes or height x width"
    )
    after: SizesFromZero | None = Field(
        default=None,
        description="positions at the end of each axis (bottom, right), if different from `sizes`",
    )

    def ends(self, axes: int) -> tuple[tuple[int, int], ...]:
        """How many positions before and after each axis."""
        after = self.sizes if self.after is None else self.after
        return tuple(zip(spread(self.sizes, axes), spread(after, axes), strict=True))

    def borders(self, shape: Shape, site: Site) -> tuple[tuple[int, int], ...] | None:
        """`ends`, or None after a report."""
        if not has_positions(self, shape, site):
            return None
        after = self.sizes if self.after is None else self.after
        if not ranks_agree((("sizes", self.sizes), ("after", after)), shape, site):
            return None
        return self.ends(len(shape) - 1)

    def emit_move(self, e: Emitter, row: str, x: Value, places: tuple[int, ...]) -> Value:
        """Emits `pad2d` or `crop2d`, from x to other numbers of positions."""
        axes = len(x.shape) - 2
        ends = self.ends(axes)
        rows, columns = pair(places, axes)
        left = ends[1][0] if axes == 2 else 0
        y = e.emit(row, as_image(e, x), P=rows, Q=columns, top=ends[0][0], left=left)
        return e.view(y, (x.shape[0], *places, x.shape[-1]))


class Pad(Border):
    """y = x with zeros around it.

    Shapes: H x W x C -> (H + before + after) x ... x C; unknown sizes stay unknown.
    Errors: the input is a vector; sizes of the wrong rank; the result is too large.
    """

    word = "pad"
    summary = "zero padding at the edges"

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        shape = inputs[0]
        borders = self.borders(shape, site)
        if borders is None:
            return None
        pairs = zip(shape[:-1], borders, strict=True)
        output = (*(None if n is None else n + a + b for n, (a, b) in pairs), shape[-1])
        return output if fits(self, output, "an output", site) else None

    def arithmetic(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        return border_sums("+", inputs[0], self.ends(len(output) - 1), output)

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        x = inputs[0]
        pairs = zip(x.shape[1:-1], self.ends(len(x.shape) - 2), strict=True)
        return Flow(self.emit_move(e, "pad2d", x, tuple(n + a + b for n, (a, b) in pairs)))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        places = trace.inputs[0].shape[1:-1]
        return Gradients((self.emit_move(e, "crop2d", gradient, places),))


class Crop(Border):
    """y = x without the rows and columns at its edges.

    Shapes: H x W x C -> (H - before - after) x ... x C; unknown sizes stay unknown.
    Errors: the input is a vector; sizes of the wrong rank; nothing remains.
    """

    word = "crop"
    summary = "removes rows and columns at the edges"

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        shape = inputs[0]
        borders = self.borders(shape, site)
        if borders is None:
            return None
        for size, (before, after) in zip(shape, borders, strict=False):
            left = None if size is None else size - before - after
            if left is not None and left < 1:
                from ..problems.windows import NothingLeft

                site.report(
                    NothingLeft(
                        at=site.span,
                        layer=self.heading(),
                        shape=shape,
                        sum=f"{size} - {before} - {after} = {left}",
                        maker=site.source(0),
                        most=self._most(shape),
                    )
                )
                return None
        pairs = zip(shape[:-1], borders, strict=True)
        return (*(None if n is None else n - a - b for n, (a, b) in pairs), shape[-1])

    def _most(self, shape: Shape) -> WindowChange | None:
        """The largest crop, equal on all sides, that leaves something."""
        from ..problems.windows import WindowChange

        size = (min(size for size in shape[:-1] if size is not None) - 1) // 2
        left = (*(None if n is None else n - 2 * size for n in shape[:-1]), shape[-1])
        return WindowChange(f"crop {size}", left) if size else None

    def arithmetic(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        return border_sums("-", inputs[0], self.ends(len(output) - 1), output)

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        x = inputs[0]
        pairs = zip(x.shape[1:-1], self.ends(len(x.shape) - 2), strict=True)
        return Flow(self.emit_move(e, "crop2d", x, tuple(n - a - b for n, (a, b) in pairs)))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        places = trace.inputs[0].shape[1:-1]
        return Gradients((self.emit_move(e, "pad2d", gradient, places),))


def border_sums(
    sign: str, shape: Shape, borders: tuple[tuple[int, int], ...], output: Shape
) -> tuple[str, ...]:
    """`height 28 + 2 + 2 = 32`."""
    names = ("height", "width") if len(shape) == 3 else ("length",)
    return tuple(
        f"{name} {size} {sign} {before} {sign} {after} = {result}"
        for name, size, (before, after), result in zip(names, shape, borders, output, strict=False)
        if size is not None
    )


class Upsample(Layer):
    """y[p, c] = x[floor(p / K), c]: repeats every position K times (nearest neighbour).

    Shapes: H x W x C -> K H x K W x C (`upsample 2x3`: twice the rows, three times the columns);
    unknown sizes stay unknown.
    Errors: the input is a vector; sizes of the wrong rank; the result is too large.
    """

    word = "upsample"
    summary = "nearest-neighbour upsampling by a factor of K"
    linear = True
    resamples = True
    positional = ("factor",)

    factor: Sizes = Field(
        description="how often each position is repeated, one number for all axes or height x width"
    )

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        shape = inputs[0]
        if not has_positions(self, shape, site):
            return None
        if not ranks_agree((("factor", self.factor),), shape, site):
            return None
        pairs = zip(shape[:-1], spread(self.factor, len(shape) - 1), strict=True)
        output = (*(None if n is None else n * k for n, k in pairs), shape[-1])
        return output if fits(self, output, "an output", site) else None

    def window(self, inputs: Sequence[Shape]) -> Window | None:
        return Window((1,), (1,), spread(self.factor, len(inputs[0]) - 1))

    def arithmetic(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        factor = "x".join(str(size) for size in spread(self.factor, len(output) - 1))
        return (f"{shape_text(inputs[0])} by {factor} gives {shape_text(output)}",)

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        x = inputs[0]
        factors = spread(self.factor, len(x.shape) - 2)
        places = tuple(n * k for n, k in zip(x.shape[1:-1], factors, strict=True))
        rows, columns = pair(places, len(places))
        y = e.emit("upsample2d", as_image(e, x), P=rows, Q=columns)
        return Flow(e.view(y, (x.shape[0], *places, x.shape[-1])))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        x = trace.inputs[0]
        rows, columns = pair(x.shape[1:-1], len(x.shape) - 2)
        dx = e.emit("upsample2d_grad", as_image(e, gradient), H=rows, W=columns)
        return Gradients((e.view(dx, x.shape),))
