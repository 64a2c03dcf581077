"""Batch normalisation in slices, with the channels last and first, against its formula."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from netc.runtime.kernels import KERNELS

Array = np.ndarray[Any, Any]

EPS = 1e-5
CLOSE = 1e-10
"""Sums of up to 1,200 numbers near 1 in double precision."""


def run(row: str, **named: Any) -> None:
    for call in KERNELS[row](**named):
        call()


class Case:
    """The same numbers as [N, H, W, C] or [C, H, W, N]."""

    def __init__(self, ending: str, samples: int, together: int) -> None:
        rng = np.random.default_rng(7)
        self.ending, self.step = ending, together
        self.x, self.dy = (rng.standard_normal((samples, 3, 5, 6)) for _ in range(2))
        self.gamma, self.beta = (rng.standard_normal(6) for _ in range(2))
        self.ones = np.ones(samples * 15)
        self.share = 1 / len(self.ones)
        self.mean = self.x.mean(axis=(0, 1, 2))
        self.centred = self.x - self.mean
        self.var = (self.centred**2).mean(axis=(0, 1, 2))
        self.inv = 1 / np.sqrt(self.var + EPS)

    def laid(self, array: Array) -> Array:
        return array.transpose(3, 1, 2, 0).copy() if self.ending else array.copy()

    def scratch(self, dtype: str = "f8") -> Array:
        return np.zeros((6, self.step) if self.ending else (self.step, 6), dtype)

    def vectors(self, *names: str) -> dict[str, Array]:
        return {name: np.full(6, np.nan) for name in names}

    def same(self, found: Array, wanted: Array) -> None:
        wanted = self.laid(wanted) if wanted.ndim == 4 else wanted
        np.testing.assert_allclose(found, wanted, atol=CLOSE)


SIDES = [
    ("", 4, 60),
    ("", 4, 7),
    ("", 80, 170),  # rows enough to be seen as longer ones: 80 in one, two and at last one of these
    ("_chwn", 4, 60),
    ("_chwn", 4, 7),
]


@pytest.fixture(params=SIDES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(*request.param)


@pytest.mark.parametrize("relu", [False, True])
def test_forward(case: Case, relu: bool) -> None:
    made = case.vectors("q", "u", "v", "inv")
    x, y = case.laid(case.x), case.laid(np.full_like(case.x, np.nan))
    run(
        "centred_squares" + case.ending, x=x, mean=case.mean, ones=case.ones, q=made["q"],
        t=case.scratch(), u=made["u"],
    )  # fmt: skip
    case.same(made["q"] * case.share, case.var)
    run(
        "batchnorm" + case.ending, x=x, gamma=case.gamma, beta=case.beta, mean=case.mean,
        squares=made.pop("q"), y=y, share=case.share, eps=EPS, step=case.step, relu=relu, **made,
    )  # fmt: skip
    wanted = case.gamma * case.centred * case.inv + case.beta
    case.same(y, np.maximum(wanted, 0) if relu else wanted)


@pytest.mark.parametrize("relu", [False, True])
def test_backward(case: Case, relu: bool) -> None:
    x, dy = case.laid(case.x), case.laid(case.dy)
    y = case.gamma * case.centred * case.inv + case.beta
    came = case.dy * (y > 0) if relu else case.dy
    sums = case.vectors("dbeta", "dots")
    named = {"dy": dy, "x": x, "mean": case.mean, "ones": case.ones, "t": case.scratch()}
    named |= sums | case.vectors("u")
    if relu:
        masked = case.laid(np.full_like(case.x, np.nan))
        named |= {"y": case.laid(y), "masked": masked, "mask": case.scratch("bool")}
        run("batchnorm_relu_sums" + case.ending, **named)
        case.same(masked, came)
    else:
        run("batchnorm_sums" + case.ending, **named)
    case.same(sums["dbeta"], came.sum(axis=(0, 1, 2)))
    case.same(sums["dots"], (came * case.centred).sum(axis=(0, 1, 2)))

    dx = case.laid(np.full_like(case.x, np.nan))
    run(
        "batchnorm_grad" + case.ending, dy=case.laid(came), x=x, gamma=case.gamma, mean=case.mean,
        inv=case.inv, dx=dx, t=case.scratch(), share=case.share, **sums,
        **case.vectors("u", "v", "w", "s"),
    )  # fmt: skip
    along = (came * case.centred).mean(axis=(0, 1, 2)) * case.inv**2
    wanted = case.gamma * case.inv * (came - came.mean(axis=(0, 1, 2)) - along * case.centred)
    case.same(dx, wanted)


@pytest.mark.parametrize("row", ["add_row", "add_row_relu"])
@pytest.mark.parametrize("samples", [4, 80])
def test_a_vector_is_added_to_every_row(row: str, samples: int) -> None:
    x, b = np.random.default_rng(3).standard_normal((samples, 3, 5, 6)), np.arange(-3.0, 3.0)
    y = np.full_like(x, np.nan)
    run(row, x=x, b=b, y=y)
    np.testing.assert_array_equal(y, np.maximum(x + b, 0) if row == "add_row_relu" else x + b)
