"""Instructions on whole arrays that are compared in C and in NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from native_element_cases import in_place, one_hot, positive, probability, whole
from native_rows import Case, Make

ROWS = ((1, 1), (1, 10), (3, 1), (700, 3), (530, 10), (129, 33), (40, 70), (5, 300))
"""Rows and columns: short and long ones, tails of vectors, more than a block of rows."""


def ones(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return np.ones(shape)


def _rows(row: str, attributes: Mapping[str, Any] | None = None, **values: Make) -> list[Case]:
    values = {"ones": ones, **values}
    return [
        Case(row, {"...": (r,), "C": c, "R": r, "n": r}, attributes or {}, values) for r, c in ROWS
    ]


def _innermost(row: str, attributes: Mapping[str, Any] | None = None, **values: Make) -> list[Case]:
    """A batch-innermost row."""
    values = {"ones": ones, **values}
    return [
        Case(
            row,
            {"C": c, "H": h, "W": w, "N": n, "R": h * w * n, "n": h * w * n},
            attributes or {},
            values,
        )
        for c, h, w, n in ((1, 1, 1, 1), (3, 2, 5, 7), (2, 3, 40, 70))
    ]


def tied(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Rows whose largest number is 2, some of them more than once."""
    numbers = whole(rng, shape)
    numbers[..., 0] = 2
    return numbers


def logits(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Some so large that their exponentials overflow."""
    return rng.normal(size=shape) * rng.choice([1, 300], shape)


SUMS = [
    *_rows("sum_rows"),
    *(Case("sum_all", {"...": shape, "n": int(np.prod(shape))}, {"factor": 0.5}, {"ones": ones})
      for shape in ((1,), (3, 33), (9000,))),
    *_innermost("sum_channel"),
    *(Case("mean_positions", {"N": n, "L": length, "C": c})
      for n, length, c in ((1, 1, 1), (3, 49, 10), (2, 700, 33), (2, 9, 130))),
    *(Case("mean_positions_grad", {"N": n, "L": length, "C": c})
      for n, length, c in ((1, 1, 1), (3, 49, 10))),
    *(Case("clip_factor", {"n": n}, {"most": most}) for n in (1, 9001) for most in (0.5, 1e6)),
]  # fmt: skip

LOSSES = [
    *_rows("softmax", x=logits),
    *_rows("softmax_grad", y=probability),
    *_rows("softmax_ce", x=logits, t=one_hot),
    *_rows("ce", p=probability, t=one_hot),
    *_rows("sigmoid_bce", x=logits, t=probability),
    *_rows("bce", p=probability, t=probability),
    *_rows("mse"),
    *_rows("mae"),
    *_rows("huber", {"delta": 0.7}),
    *_rows("negentropy", t=one_hot),
    *_rows("multi_hinge", {"margin": 1.0}, t=one_hot),
    *_rows("multi_hinge_grad", {"factor": 0.1}, z=tied, m=lambda rng, shape: np.full(shape, 2),
           t=one_hot),
    *_rows("prelu_grad"),
]  # fmt: skip

BATCHNORM = {"share": 1 / 37, "eps": 1e-5, "step": 100}
NORMALIZATION = [
    *_rows("centred_squares"),
    *_rows("batchnorm", {**BATCHNORM, "relu": False}, squares=positive),
    *_rows("batchnorm", {**BATCHNORM, "relu": True}, squares=positive),
    *(Case("moments", {"...": (r,), "C": c, "R": r, "n": r}, {"share": 1 / r},
           {"ones": ones, "x": lambda rng, shape: rng.normal(size=shape) + 5}) for r, c in ROWS),
    *_rows("batchnorm_add_relu", {**BATCHNORM}, squares=positive),
    *_rows("batchnorm_relu_sums_again", inv=positive),
    *_rows("batchnorm_relu_grad_again", {"share": 1 / 37}, inv=positive),
    *_rows("batchnorm_sums"),
    *_rows("batchnorm_relu_sums"),
    *_rows("batchnorm_grad", {"share": 1 / 37}, inv=positive),
    *_innermost("centred_squares_chwn"),
    *_innermost("batchnorm_chwn", {**BATCHNORM, "relu": True}, squares=positive),
    *_innermost("batchnorm_sums_chwn"),
    *_innermost("batchnorm_relu_sums_chwn"),
    *_innermost("batchnorm_grad_chwn", {"share": 1 / 37}, inv=positive),
    *(Case(row, {"N": n, "L": length, "G": g, "D": d}, attributes, {"inv": positive})
      for row, attributes in (("groupnorm", {"eps": 1e-5}), ("groupnorm_grad", {}))
      for n, length, g, d in ((1, 2, 1, 1), (3, 1, 1, 100), (2, 49, 4, 8), (2, 600, 10, 1))),
    *_rows("lrn", {"size": 5, "alpha": 0.1, "beta": 0.75, "k": 2.0}),
    *_rows("lrn", {"size": 4, "alpha": 0.1, "beta": 0.5, "k": 1.0}),
    *_rows("lrn_grad", {"size": 5, "alpha": 0.1, "beta": 0.75}, d=positive),
    *_rows("lrn_grad", {"size": 4, "alpha": 0.1, "beta": 0.5}, d=positive),
]  # fmt: skip

POOLS: tuple[tuple[tuple[int, ...], dict[str, Any]], ...] = (
    # N, H, W, C, P, Q
    ((1, 2, 2, 1, 1, 1), {"kernel": (2, 2), "stride": (2, 2), "margins": ((0, 0), (0, 0))}),
    ((2, 4, 6, 10, 2, 3), {"kernel": (2, 2), "stride": (2, 2), "margins": ((0, 0), (0, 0))}),
    ((2, 5, 7, 33, 2, 3), {"kernel": (2, 2), "stride": (2, 2), "margins": ((0, 0), (0, 0))}),
    ((2, 7, 7, 5, 4, 4), {"kernel": (3, 3), "stride": (2, 2), "margins": ((1, 1), (1, 1))}),
    ((1, 6, 5, 17, 6, 5), {"kernel": (3, 2), "stride": (1, 1), "margins": ((1, 1), (0, 1))}),
    ((1, 5, 9, 3, 2, 3), {"kernel": (2, 2), "stride": (3, 3), "margins": ((0, 0), (0, 0))}),
    ((3, 6, 6, 2, 1, 1), {"kernel": (6, 6), "stride": (1, 1), "margins": ((0, 0), (0, 0))}),
    ((1, 1, 9, 4, 1, 5), {"kernel": (1, 3), "stride": (1, 2), "margins": ((0, 0), (1, 1))}),
)


def element_of(kernel: tuple[int, int]) -> Make:
    """Numbers of elements of a window."""
    return lambda rng, shape: rng.integers(0, kernel[0] * kernel[1], shape)


POOLING = [
    Case(row, dict(zip("NHWCPQ", sizes, strict=True)), {**window, **more}, {"x": whole})
    for sizes, window in POOLS
    for row, more in (
        ("maxpool2d", {}), ("maxpool2d_indices", {}), ("maxpool2d_indices_wide", {}),
        ("avgpool2d", {"counted": (0, 0)}), ("avgpool2d_grad", {"counted": (0, 0)}),
        ("avgpool2d", {"counted": (1, 1)}), ("avgpool2d_grad", {"counted": (1, 1)}),
    )
] + [
    Case(row, dict(zip("NHWCPQ", sizes, strict=True)), window,
         {"which": element_of(window["kernel"])})
    for sizes, window in POOLS if not any(map(any, window["margins"]))
    for row in ("maxpool2d_grad", "maxpool2d_grad_wide")
]  # fmt: skip


WIDE_POOLS = [
    Case(row, dict(zip("NHWCPQ", (3, 17, 17, 2, *positions), strict=True)),
         {"kernel": kernel, "stride": stride, "margins": ((0, 0), (0, 0))},
         {"which": element_of(kernel)})
    for row in ("maxpool2d_indices_wide", "maxpool2d_grad_wide")
    for positions, kernel, stride in (
        ((1, 1), (17, 17), (17, 17)), ((2, 1), (16, 17), (1, 1)), ((1, 2), (17, 16), (1, 1)),
    )
]  # fmt: skip
"""Windows of more than 256 elements."""


def _images(row: str, sizes: tuple[int, ...], **attributes: Any) -> Case:
    return Case(row, dict(zip("NHWCPQ", sizes, strict=True)), attributes)


def ids(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.integers(0, 7, shape)


ARRANGEMENT = [
    *(Case("fill", {"S": n}, {"value": 0.5}) for n in (1, 100)),
    *(Case("copy", {"...": shape}) for shape in ((1,), (3, 33))),
    *(Case("swap_layout", dict(zip("AHWB", sizes, strict=True)))
      for sizes in ((1, 1, 1, 1), (3, 2, 5, 10), (40, 1, 3, 33), (20, 1, 1024, 9))),
    *(_images("pad2d", sizes, top=1, left=2)
      for sizes in ((1, 1, 1, 1, 2, 3), (2, 3, 4, 5, 5, 6), (2, 3, 4, 33, 4, 8))),
    *(_images("crop2d", sizes, top=1, left=2)
      for sizes in ((1, 2, 3, 1, 1, 1), (2, 5, 6, 5, 3, 4), (2, 4, 8, 33, 3, 4))),
    *(_images(row, sizes) for row in ("upsample2d", "upsample2d_grad")
      for sizes in ((1, 1, 1, 1, 2, 2), (2, 3, 4, 10, 6, 8), (1, 2, 2, 33, 2, 6))),
    *(Case("slice_channels", {"...": (r,), "E": e, "C": c}, {"start": start})
      for r, e, c, start in ((1, 1, 1, 0), (7, 10, 3, 5), (3, 100, 33, 40))),
    Case("concat", {"...": (1,), "C0": 1, "E": 1}, count=1),
    Case("concat", {"...": (7, 2), "C0": 3, "C1": 33, "C2": 1, "E": 37}, count=3),
    *(Case(row, {"...": (r,), "F": f, "G": f * degree}) for row in ("powers", "powers_grad")
      for r, f, degree in ((1, 1, 1), (7, 3, 4), (5, 33, 2))),
    *(Case(row, {"V": 7, "D": d, "...": shape}, values={"ids": ids})
      for row in ("take_rows", "take_rows_grad")
      for d, shape in ((1, (1,)), (10, (5, 6)), (33, (3,)))),
]  # fmt: skip


def three(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return np.full(shape, 3)


CELLS = [
    Case("multiply_cell", {}, {"by": 0.9}),
    Case("count_step", {}),
    Case("rate", {}, {"factor": 0.1}),
    Case("adam_rates", {}, {"factor": 0.1, "eps": 1e-8, "b1": 0.9, "b2": 0.999},
         {"b1t": probability, "b2t": probability}),
    Case("nadam_step", {}, {"b1": 0.9, "decay": 0.004}, {"count": three}),
    Case("nadam_rates", {}, {"factor": 0.1, "b1": 0.9, "decay": 0.004, "eps": 1e-8},
         {"b2t": probability, "product": probability, "count": three}),
]  # fmt: skip

_ALL = [*SUMS, *LOSSES, *NORMALIZATION, *POOLING, *WIDE_POOLS, *ARRANGEMENT, *CELLS]
CASES = [*_ALL, *in_place(_ALL)]
