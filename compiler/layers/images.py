"""How layers on positions are emitted: sequences as images of one column, and the sums of a
window as the instructions want them."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from ..shapes import Margins, Pair
from .sliding_window import spread

if TYPE_CHECKING:
    from ..lower.program import Emitter, Value


def as_image(e: Emitter, x: Value) -> Value:
    """[N, L, C] seen as [N, L, 1, C]; an image stays."""
    if len(x.shape) == 4:
        return x
    samples, length, channels = x.shape
    return e.view(x, (samples, length, 1, channels))


def as_filters(e: Emitter, w: Value, axes: int) -> Value:
    """The weights of a sequence, [K, ...], seen as [K, 1, ...]; those of an image stay."""
    return w if axes == 2 else e.view(w, (w.shape[0], 1, *w.shape[1:]))


def pair(sizes: tuple[int, ...], axes: int, column: int = 1) -> Pair:
    """Sizes for rows and columns; the one column of a sequence gets `column`."""
    row, *rest = spread(sizes, axes)
    return (row, rest[0] if rest else column)


DEEP = 512
"""Numbers in a window from which its columns may be twice as many: BLAS copies all weights for each
product, so that deep windows gain more from long ones."""


class Walked(NamedTuple):
    """A window on images of one size, as the attributes of an instruction."""

    kernel: Pair
    stride: Pair
    dilation: Pair
    margins: Margins
    size: Pair
    places: Pair

    def padded(self) -> Pair:
        """Rows and columns with the padding around them; 0 when there is none to lay."""
        if all(size <= 0 for ends in self.margins for size in ends):
            return (0, 0)
        (top, bottom), (left, right) = self.margins
        rows, columns = self.size
        return (rows + top + max(0, bottom), columns + left + max(0, right))

    def walk(self) -> dict[str, Any]:
        """How the window moves, as attributes."""
        return attributes(self, "stride", "dilation", "margins")

    def sizes(self, e: Emitter, channels: int) -> dict[str, int]:
        """The sizes of the scratch buffers of a convolution that reads this many channels at a
        time: how many samples or rows the emitter wants handled together."""
        rows, columns = self.places
        row = columns * prod(self.kernel) * channels
        algorithm = e.algorithms.get(e.layer)
        elements = algorithm.size if algorithm is not None and algorithm.name == "columns" else None
        usual = e.column_elements * (2 if prod(self.kernel) * channels >= DEEP else 1)
        samples, band = e.part(rows, row, elements or usual)
        y, x = self.padded()
        return {
            "B": samples,
            "R": band,
            "Q": columns,
            "K": prod(self.kernel) * channels,
            "Y": y,
            "X": x,
        }


def attributes(walked: Walked, *names: str) -> dict[str, Any]:
    """The named attributes of a window."""
    return {name: getattr(walked, name) for name in names}
