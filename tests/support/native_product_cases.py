"""The instructions that are compared in C and in NumPy: sizes that no vector divides among them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from native_rows import Case
from native_winograd_cases import WINOGRAD
from netc.compiler.shapes import Margins, Pair

PRODUCTS = [
    Case(row, {"M": m, "N": n, "K": k})
    for row in ("matmul", "matmul_nt", "matmul_tn")
    for m, n, k in (
        (1, 1, 1), (3, 1, 17), (1, 7, 5), (5, 2, 3), (17, 10, 33), (4, 48, 6), (29, 84, 120),
        (40, 300, 700), (300, 33, 9), (2, 5, 1100),
        # rows that are a page apart are copied first
        (70, 1030, 13), (66, 130, 1100), (1030, 131, 9), (260, 130, 1030),
    )
]  # fmt: skip


def window_case(
    row: str,
    image: tuple[int, int, int, int],
    kernel: Pair,
    filters: int,
    stride: Pair = (1, 1),
    dilation: Pair = (1, 1),
    margins: Margins = ((0, 0), (0, 0)),
    **attributes: Any,
) -> Case:
    """An instruction with windows on images of this shape: samples, rows, columns, channels."""
    n, h, w, channels = image
    (top, bottom), (left, right) = margins
    (kh, kw), (sh, sw), (dh, dw) = kernel, stride, dilation
    p = (h + top + bottom - (kh - 1) * dh - 1) // sh + 1
    q = (w + left + right - (kw - 1) * dw - 1) // sw + 1
    depth = channels // attributes.get("groups", 1)
    sizes = {
        "N": n, "H": h, "W": w, "C": channels, "KH": kh, "KW": kw, "D": depth, "O": filters,
        "P": p, "Q": q, "B": n, "R": p, "K": kh * kw * depth, "n": n * p * q,
        "Y": h + top + max(0, bottom), "X": w + left + max(0, right),
    }  # fmt: skip
    walk = {"stride": stride, "dilation": dilation, "margins": margins}
    return Case(row, sizes, walk | attributes, {"ones": lambda _, shape: np.ones(shape)})


SAME3 = ((1, 1), (1, 1))
WINDOWS: list[dict[str, Any]] = [
    {"image": (2, 6, 7, 3), "kernel": (3, 3), "filters": 5, "margins": SAME3},
    {"image": (3, 8, 8, 16), "kernel": (3, 3), "filters": 32, "margins": SAME3, "stride": (2, 2)},
    {"image": (1, 28, 28, 1), "kernel": (5, 5), "filters": 6, "margins": ((2, 2), (2, 2))},
    {"image": (2, 9, 11, 20), "kernel": (2, 4), "filters": 37, "stride": (2, 3)},
    {"image": (2, 9, 11, 4), "kernel": (3, 2), "filters": 8, "dilation": (2, 3)},
    {"image": (2, 7, 7, 6), "kernel": (1, 1), "filters": 9, "stride": (2, 2)},
    {"image": (2, 7, 8, 2), "kernel": (1, 1), "filters": 3, "stride": (3, 3),
     "margins": ((1, 0), (2, -1))},
    {"image": (2, 10, 9, 5), "kernel": (3, 3), "filters": 1, "stride": (2, 2),
     "margins": ((0, -1), (0, -2))},
    {"image": (2, 8, 9, 4), "kernel": (3, 3), "filters": 6, "stride": (3, 2), "dilation": (2, 2),
     "margins": ((3, 2), (1, 4))},
    {"image": (5, 1, 30, 7), "kernel": (1, 3), "filters": 4, "margins": ((0, 0), (1, 1))},
    {"image": (2, 5, 4, 3), "kernel": (5, 4), "filters": 18},
    {"image": (1, 20, 70, 2), "kernel": (3, 3), "filters": 3},
]  # fmt: skip
MANY_IMAGES: list[dict[str, Any]] = [
    {"image": (9, 4, 3, 5), "kernel": (3, 3), "filters": 7, "margins": SAME3},
    {"image": (17, 4, 4, 20), "kernel": (3, 2), "filters": 33, "margins": ((2, 1), (1, 3)),
     "stride": (2, 3), "dilation": (2, 1)},
    {"image": (8, 2, 2, 6), "kernel": (3, 3), "filters": 4, "margins": SAME3, "groups": 2},
    {"image": (20, 3, 3, 4), "kernel": (1, 1), "filters": 1, "stride": (2, 2)},
    {"image": (40, 5, 4, 18), "kernel": (3, 4), "filters": 20, "stride": (2, 1),
     "margins": ((1, 0), (3, 2))},
    {"image": (11, 6, 6, 30), "kernel": (2, 3), "filters": 6, "margins": ((0, -2), (2, -1)),
     "stride": (3, 2), "groups": 2},
]  # fmt: skip
GROUPS: list[dict[str, Any]] = [
    {"image": (2, 6, 7, 6), "kernel": (3, 3), "filters": 4, "margins": SAME3, "groups": 2},
    {"image": (2, 9, 7, 6), "kernel": (3, 2), "filters": 12, "stride": (2, 2), "groups": 3},
    {"image": (2, 6, 5, 5), "kernel": (2, 2), "filters": 10, "dilation": (2, 1), "groups": 5},
]
CONVOLUTIONS = [
    window_case(row, **{"groups": 1} | window)
    for row in ("conv2d", "conv2d_grad_w", "conv2d_grad_x")
    for window in (*WINDOWS, *MANY_IMAGES, *GROUPS)
]
ROTATIONS = [
    Case("rotate_weights", {"KH": kh, "KW": kw, "D": d, "O": o})
    for kh, kw, d, o in ((1, 1, 3, 5), (3, 2, 17, 33), (3, 3, 16, 16))
]


def _packed(case: Case, panels: int) -> Case:
    """A convolution whose filters are in so many panels."""
    return replace(case, sizes={**case.sizes, "F": panels})


BATCH_INNERMOST = [
    window_case(row, **window | {"image": (samples, *window["image"][1:])})
    for row in ("conv2d_chwn", "conv2d_chwn_grad_w", "conv2d_chwn_grad_x")
    for window, samples in zip(WINDOWS, (16, 32, 17, 64, 5, 37, 1, 20, 33, 3, 80, 2), strict=True)
]
DEPTHWISE = [
    window_case(row, **window | {"filters": window["image"][3] * multiplier})
    for row in ("depthwise2d", "depthwise2d_grad_w", "depthwise2d_grad_x")
    for window, multiplier in zip(
        (*WINDOWS, {"image": (1, 12, 13, 18), "kernel": (7, 6), "filters": 18, "margins": SAME3}),
        (1, 1, 3, 1, 1, 2, 1, 1, 5, 1, 2, 1, 1),
        strict=True,
    )
]
BIASES = [
    *(
        Case("matmul_bias", {"M": m, "N": n, "K": k}, {"relu": relu})
        for m, n, k, relu in (
            (5, 1, 3, True), (9, 10, 33, True), (3, 84, 20, False), (20, 40, 1100, True),
            (40, 300, 700, False), (2, 3, 1, True),
        )
    ),
    *(
        window_case("conv2d_bias", **{"groups": 1, "relu": relu} | window)
        for window, relu in zip(
            (*WINDOWS[:3], *GROUPS[:1], *MANY_IMAGES[:2]),
            (True, True, False, True, True, False),
            strict=True,
        )
    ),
    *(
        window_case(
            "depthwise2d_bias", relu=relu, **window | {"filters": window["image"][3] * multiplier}
        )
        for window, relu, multiplier in zip(
            WINDOWS[:3], (False, True, True), (2, 1, 1), strict=True
        )
    ),
]  # fmt: skip
PACKED = [
    *(Case("pack_panels", {"K": k, "N": 16 * f, "F": f}) for k, f in ((1, 1), (7, 3), (40, 2))),
    *(
        Case(row, {"M": m, "N": 16 * f, "K": k, "F": f}, attributes)
        for row, attributes in (
            ("matmul_packed", {}),
            ("matmul_packed_bias", {"relu": False}),
            ("matmul_packed_bias", {"relu": True}),
        )
        for m, f, k in (
            (1, 1, 1),
            (1, 13, 40),
            (2, 1, 1100),
            (40, 5, 700),
            (300, 3, 9),
            (17, 4, 33),
        )
    ),
    *(
        _packed(window_case(row, **window | attributes | {"filters": 16 * panels}), panels)
        for row, attributes in (("conv2d_packed", {}), ("conv2d_packed_bias", {"relu": True}))
        for window, panels in zip(
            (*WINDOWS, *(window for window in MANY_IMAGES if "groups" not in window)),
            (1, 2, 3, 1, 1, 5, 1, 2, 1, 4, 1, 3, 1, 2, 3, 1),
            strict=True,
        )
    ),
]
CASES = [
    *PACKED,
    *BIASES,
    *DEPTHWISE,
    *PRODUCTS,
    *CONVOLUTIONS,
    *ROTATIONS,
    *BATCH_INNERMOST,
    *WINOGRAD,
]
