"""Where tensors come from, pass through, and are held to a contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from ..language.kinds import SampleShape
from ..shapes import Shape, elements, shape_text
from .checks import fits
from .layer import Arity, Layer, Site
from .trace import Flow, Gradients, Trace

if TYPE_CHECKING:
    from ..lower.program import Emitter, Value


class Input(Layer):
    """One sample of the data: `input 784`, `input 28x28x1 name=image`.

    Shapes: gives S, which is a vector, a sequence (length x channels) or an image (height x width
    x channels). `input 784` can read 28x28x1 data, row by row.
    Errors: more than three sizes; more numbers than a tensor may have.
    """

    word = "input"
    summary = "one sample of the data, as a vector, a sequence or an image"
    positional = ("shape",)
    arity = Arity.NONE

    shape: SampleShape = Field(
        description="the shape of one sample: features, length x channels, or height x width x "
        "channels; `?` means any size"
    )

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        if len(self.shape) > 3:
            at = site.option("shape")
            from ..problems.shapes import TooManyAxes

            site.report(TooManyAxes(at=at, layer=self.word, shape=self.shape))
            return None
        return self.shape if fits(self, self.shape, "an output", site) else None

    def arithmetic(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        if len(output) == 1 or elements(output) is None:
            return ()
        sizes = "*".join(str(size) for size in output)
        return (f"numbers {sizes} = {elements(output):,}",)


class Identity(Layer):
    """y = x: the skip connection of a residual block, `add [conv 64 3x3 pad=1 | id]`.

    It is shown as a layer only if it has a name or a label.

    Shapes: any, kept. No errors.
    """

    word = "id"
    summary = "the input, unchanged: the skip connection of a merge"
    linear = True
    passes_through = True
    is_view = True

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        return inputs[0]

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        return Flow(e.view(inputs[0], inputs[0].shape))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        return Gradients((gradient,))


class Expect(Identity):
    """y = x; checks that the shape is S.

    Shapes: S, kept; a `?` in S matches any size.
    Errors: the input has a different shape.
    """

    word = "expect"
    summary = "checks the shape at this point of the pipe"
    positional = ("shape",)

    shape: SampleShape = Field(description="the shape required here; `?` means any size")

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        found = inputs[0]
        wanted = self.shape
        if len(wanted) == len(found) and all(
            a is None or a == b for a, b in zip(wanted, found, strict=True)
        ):
            return found
        from ..problems.shapes import ShapeNotExpected

        site.report(
            ShapeNotExpected(
                at=site.option("shape"), shape=found, expected=wanted, maker=site.source(0)
            )
        )
        return None

    def output_despite(self, inputs: Sequence[Shape | None]) -> Shape | None:
        # What really flows; where that is not known, what the author says.
        return inputs[0] or (None if None in self.shape else self.shape)

    def arithmetic(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        return (f"{shape_text(output)}, as expected",)
