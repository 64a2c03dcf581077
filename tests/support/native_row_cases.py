"""The instructions that are compared in C and in NumPy: sizes that no vector divides among them."""

from __future__ import annotations

from native_rows import Case

PRODUCTS = [
    Case(row, {"M": m, "N": n, "K": k})
    for row in ("matmul", "matmul_nt", "matmul_tn")
    for m, n, k in (
        (1, 1, 1), (3, 1, 17), (1, 7, 5), (5, 2, 3), (17, 10, 33), (4, 48, 6), (29, 84, 120),
        (40, 300, 700), (300, 33, 9), (2, 5, 1100),
    )
]  # fmt: skip

CASES = PRODUCTS
