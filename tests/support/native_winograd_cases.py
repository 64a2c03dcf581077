"""The instructions of Winograd's convolution that are compared in C and in NumPy."""

from __future__ import annotations

from typing import Any, NamedTuple

from native_rows import Case
from netc.compiler.shapes import Margins


class Tiled(NamedTuple):
    """A convolution of images[N, H, W, C]."""

    image: tuple[int, int, int, int]
    filters: int
    margins: Margins
    window: int = 3


SAME = ((1, 1), (1, 1))
# One tile; 36 whole tiles, in two loops; tiles that are cut at every edge and lie in margins.
TILED = (
    Tiled((1, 3, 3, 3), 10, ((0, 0), (0, 0))),
    Tiled((9, 8, 8, 16), 16, SAME),
    Tiled((4, 7, 9, 5), 17, SAME),
    Tiled((3, 14, 6, 20), 37, ((2, 1), (0, 2))),
    Tiled((12, 5, 6, 33), 3, ((1, 2), (2, 0))),
    Tiled((1, 2, 13, 40), 80, ((2, 2), (2, 2))),
    Tiled((1, 5, 5, 3), 10, ((0, 0), (0, 0)), window=5),
    Tiled((9, 8, 8, 16), 16, ((2, 2), (2, 2)), window=5),
    Tiled((4, 7, 9, 5), 17, ((2, 2), (2, 2)), window=5),
    Tiled((3, 12, 6, 20), 37, ((4, 1), (0, 3)), window=5),
    Tiled((2, 1, 11, 40), 80, ((3, 4), (4, 4)), window=5),
)


def tiled_case(row: str, tiled: Tiled, **attributes: Any) -> Case:
    """An instruction that works on tiles; all images are one part of its scratch memory."""
    n, h, w, channels = tiled.image
    (top, bottom), (left, right) = tiled.margins
    around, tile = tiled.window - 1, 7 - tiled.window
    p, q = h + top + bottom - around, w + left + right - around
    down, across = -(-p // tile), -(-q // tile)
    read = 0 if row == "winograd2d_grad_u" else around
    sizes = {
        "N": n, "H": h, "W": w, "C": channels, "O": tiled.filters, "P": p, "Q": q, "B": n,
        "S": n * down * across, "T": n * down * across, "M": tile * tile,
        "V": tile * down, "U": tile * across, "Y": tile * down + read, "X": tile * across + read,
    }  # fmt: skip
    attributes["tile"] = tile
    return Case(row, sizes, attributes if read == 0 else {"margins": tiled.margins} | attributes)


# Rounding differs from that of the NumPy kernels, which map both axes at once; but the outputs that
# are the sums of numbers with the largest factors, up to 19 along each axis, have the largest
# errors. So beside the largest number of a result, errors are those of other sums of as many terms.
WINOGRAD = [
    *(
        Case(row, {"K": window, "C": channels, "O": filters})
        for row in ("winograd_weights", "winograd_weights_back", "winograd_grad_w")
        for window in (3, 5)
        for channels, filters in ((1, 1), (3, 10), (16, 16), (17, 33))
    ),
    *(
        tiled_case(row, tiled)
        for row in (
            "winograd2d", "winograd2d_once", "winograd2d_grad_u", "winograd2d_grad_u_again",
        )
        for tiled in TILED
    ),
    *(
        tiled_case("winograd2d_bias", tiled, relu=relu)
        for relu in (False, True)
        for tiled in (*TILED[:3], *TILED[7:10])
    ),
]  # fmt: skip
