"""Sizes that do not work out: numbers made or lost, left open, or too many.

Shapes of the wrong kind are in `shapes.py`.
"""

from __future__ import annotations

from math import prod

from ...grammar.problem import Problem
from ...grammar.source import Span
from ..shapes import LARGEST, Shape, elements, shape_text
from .wording import product


class ReshapeChangesCount(Problem):
    """A reshape has a different number of elements than its input.

    `reshape` rearranges the numbers row by row, so both shapes must have the same number of
    elements. One size may be `?` and is then computed.

    ```netc
    input 784 -> reshape 28x27x1
    ```

    Instead:

    ```netc
    input 784 -> reshape 28x28x1
    ```
    """

    code = "E0307"
    title = "reshape changes the number of elements"
    place_texts = {"maker": "gives {shape}"}
    shape: Shape
    target: Shape
    maker: Span

    def message(self) -> str:
        source = "" if len(self.shape) == 1 else f" of `{shape_text(self.shape)}`"
        elements_of = f"{elements(self.shape)} elements{source}"
        return f"`reshape {shape_text(self.target)}` does not fit {elements_of}"

    def label(self) -> str:
        if elements(self.target) is not None:
            held = product(self.target) if len(self.target) > 1 else shape_text(self.target)
            return f"{held}, not {elements(self.shape)}"
        known = prod(size for size in self.target if size is not None)
        left = (elements(self.shape) or 0) % known
        return f"{elements(self.shape)} / {known} leaves a remainder of {left}"

    def help(self) -> tuple[str, ...]:
        count = elements(self.shape) or 0
        for at in reversed(range(len(self.target))):  # The channels are the likeliest to be wrong.
            rest = prod(s for i, s in enumerate(self.target) if i != at and s is not None)
            others_known = all(s is not None for i, s in enumerate(self.target) if i != at)
            if others_known and rest and count % rest == 0:
                fitting = (*self.target[:at], count // rest, *self.target[at + 1 :])
                break
        else:
            fitting = _near(self.target, count)
        sum_ = f": {product(fitting)}" if len(fitting) > 1 else ""
        return (f"`reshape {shape_text(fitting)}` fits{sum_}",)


NEAR = 10_000
"""How far from a size a divisor is looked for."""


def _near(target: Shape, count: int) -> Shape:
    """Sizes like those of a target whose product is `count`. The open size, or else the last one,
    is what the others leave."""
    open_at = target.index(None) if None in target else len(target) - 1
    sizes = [1] * len(target)
    for at, size in enumerate(target):
        if at != open_at and size is not None:
            tried = (size + step for off in range(NEAR) for step in (-off, off))
            sizes[at] = next((d for d in tried if d > 0 and count % d == 0), 1)
            count //= sizes[at]
    sizes[open_at] = count
    return tuple(sizes)


class SizesToWorkOut(Problem):
    """A reshape has more than one `?`, so the sizes are ambiguous.

    One `?` is computed: the number of elements divided by the product of the other sizes.

    ```netc
    input 784 -> reshape ?x?x1
    ```

    Instead:

    ```netc
    input 784 -> reshape 28x?x1
    ```
    """

    code = "E0318"
    title = "ambiguous reshape"
    label_text = "only one `?` can be computed"
    help_texts = ("write all sizes but one; the product must be {count}",)
    target: Shape
    count: int

    def message(self) -> str:
        left = self.target.count(None)
        return f"`reshape {shape_text(self.target)}` has {left} unknown sizes"


class TensorTooLarge(Problem):
    """A tensor is too large for any machine.

    The limit is 2^40 numbers, 4 TiB in single precision. A larger size is nearly always a typing
    error: a zero too many, or a product in place of a sum.

    ```netc
    input 784 -> dense 10000000000
    ```

    Instead:

    ```netc
    input 784 -> dense 1000
    ```
    """

    code = "E0309"
    title = "tensor too large"
    help_texts = ("look for a size with too many digits",)
    layer: str
    shape: tuple[int | None, ...]
    what: str
    """"an output" or "weights"."""

    def message(self) -> str:
        return f"`{self.layer}` has {self.what} of {elements(self.shape):,} numbers"

    def label(self) -> str:
        return f"{product(self.shape)}; the limit is 2^40 = {LARGEST}"


class SizeUnknown(Problem):
    """A layer depends on a size that the input leaves open.

    `?` means any size: fully convolutional networks take images of any height and width. Sizes that
    determine the shape of weights must be known, such as the inputs of `dense` and the channels of
    a convolution.

    ```netc
    input ?x28x1 -> flatten -> dense 10
    ```

    Instead:

    ```netc
    input ?x28x1 -> conv 8 3x3 pad=1 -> gap -> dense 10
    ```
    """

    code = "E0314"
    title = "size unknown"
    message_text = "`{layer}` needs {what}, which is unknown in `{shape}`"
    place_texts = {"maker": "gives {shape}"}
    layer: str
    shape: Shape
    what: str
    """What has to be known: "the number of channels"."""
    maker: Span

    def help(self) -> tuple[str, ...]:
        if self.maker.text.startswith("flatten"):
            return (
                "use `gap` instead of `flatten`: it needs no size",
                "or write the size in `input` instead of `?`",
            )
        return ("write the size in `input` instead of `?`",)
