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


SAME = ((1, 1), (1, 1))
# One tile; 36 whole tiles, in two loops; tiles that are cut at every edge and lie in margins.
TILED = (
    Tiled((1, 3, 3, 3), 10, ((0, 0), (0, 0))),
    Tiled((9, 8, 8, 16), 16, SAME),
    Tiled((4, 7, 9, 5), 17, SAME),
    Tiled((3, 14, 6, 20), 37, ((2, 1), (0, 2))),
    Tiled((12, 5, 6, 33), 3, ((1, 2), (2, 0))),
    Tiled((1, 2, 13, 40), 80, ((2, 2), (2, 2))),
)


def tiled_case(row: str, tiled: Tiled, **attributes: Any) -> Case:
    """An instruction that works on tiles; all images are one part of its scratch memory."""
    n, h, w, channels = tiled.image
    (top, bottom), (left, right) = tiled.margins
    p, q = h + top + bottom - 2, w + left + right - 2
    down, across = -(-p // 4), -(-q // 4)
    read = 0 if row == "winograd2d_grad_u" else 2
    sizes = {
        "N": n, "H": h, "W": w, "C": channels, "O": tiled.filters, "P": p, "Q": q, "B": n,
        "S": n * down * across, "T": n * down * across, "V": 4 * down, "U": 4 * across,
        "Y": 4 * down + read, "X": 4 * across + read,
    }  # fmt: skip
    return Case(row, sizes, attributes if read == 0 else {"margins": tiled.margins} | attributes)


# Rounding differs from that of the NumPy kernels, which map both axes at once; but the outputs that
# are the sums of numbers with the largest factors, up to 19 along each axis, have the largest
# errors. So beside the largest number of a result, errors are those of other sums of as many terms.
WINOGRAD = [
    *(
        Case(row, {"C": channels, "O": filters})
        for row in ("winograd_weights", "winograd_weights_back", "winograd_grad_w")
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
        for tiled in TILED[:3]
    ),
]  # fmt: skip
