"""Elementwise instructions that are compared in C and in NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from native_rows import Case, Make
from netc.compiler.lower.isa import ROWS

SHAPES: tuple[tuple[int, ...], ...] = ((1,), (10,), (3, 2, 65))
"""Of elements, besides the last axis of rows that have one."""
CHANNELS = (1, 10, 33)
IMAGES = ((1, 1, 1, 1), (3, 2, 5, 10), (2, 1, 3, 33))


def whole(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Numbers of which many are 0, or equal to another."""
    return rng.integers(-2, 3, shape)


def positive(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.uniform(0.1, 2, shape)


def probability(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.uniform(0.01, 0.99, shape)


def one_hot(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]


def sign(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.choice([-1.0, 1.0], shape)


def in_place(cases: Sequence[Case]) -> list[Case]:
    """The last case of each row, once for each operand whose memory its result may take."""
    last = {case.row: case for case in cases}
    return [
        replace(case, in_place=name) for case in last.values() for name in ROWS[case.row].reuses
    ]


def _flat(row: str, attributes: Mapping[str, Any] | None = None, **values: Make) -> list[Case]:
    """A row over elements that are all treated alike."""
    return [Case(row, {"...": shape}, attributes or {}, values) for shape in SHAPES]


def _columns(row: str, attributes: Mapping[str, Any] | None = None, **values: Make) -> list[Case]:
    """A row over rows of channels."""
    return [
        Case(row, {"...": shape, "C": c, "n": int(np.prod(shape))}, attributes or {}, values)
        for shape, c in zip(((1,), (7,), (2, 70)), CHANNELS, strict=True)
    ]


def _vector(row: str, attributes: Mapping[str, Any] | None = None, **values: Make) -> list[Case]:
    """A row over flat vectors."""
    return [Case(row, {"n": n}, attributes or {}, values) for n in (1, 10, 1000)]


def _image(row: str) -> list[Case]:
    return [Case(row, dict(zip("CHWN", image, strict=True))) for image in IMAGES]


ARITHMETIC = [
    *_flat("add"),
    *_flat("add_relu"),
    *_flat("multiply"),
    *_flat("maximum"),
    *_flat("maximum_grad", a=whole, b=whole),
    *_flat("scale", {"by": 0.3}),
    *_flat("scale_shift", {"by": 0.3, "plus": -0.7}),
    *_flat("perturb", g=whole, step=positive, low=lambda rng, shape: -rng.uniform(0, 1, shape)),
    *(case for row in ("add_row", "add_row_relu", "multiply_row", "scale_rows", "affine_rows")
      for case in _columns(row)),
    *(case for row in ("add_channel", "multiply_channel", "affine_channel")
      for case in _image(row)),
    *(Case("update_statistics", {"C": c}, {"momentum": 0.1, "share": 1 / 37}) for c in CHANNELS),
    *(Case("batchnorm_affine", {"C": c}, {"eps": 1e-5}, {"var": positive}) for c in CHANNELS),
]  # fmt: skip

PLAIN_ACTIVATIONS = (
    "relu", "relu_grad", "gelu", "gelu_grad", "silu", "silu_grad", "tanh", "tanh_grad",
    "sigmoid", "sigmoid_grad", "softplus", "softplus_grad", "hardsigmoid", "hardswish",
)  # fmt: skip
ACTIVATIONS = [
    *(case for row in PLAIN_ACTIVATIONS for case in _flat(row)),
    *(case for row in ("clipped_relu", "clipped_relu_grad") for case in _flat(row, {"most": 0.7})),
    *_flat("hardsigmoid_grad", y=probability),
    *(case for row in ("hardswish", "hardswish_grad") for case in _flat(row, x=whole)),
    *_flat("sign", x=whole),
    *_flat("step", x=whole),
    *(case for row in ("leaky", "leaky_grad") for case in _flat(row, {"slope": 0.01}, x=whole)),
    *(case for row in ("elu", "elu_grad")
      for case in _flat(row, {"alpha": 1.6732632423543772, "scale": 1.0507009873554805})),
    *_columns("prelu"),
]  # fmt: skip

HALF = {"factor": 0.1}
LOSSES = [
    *_columns("softmax_ce_grad", HALF, p=probability, t=one_hot),
    *_columns("ce_grad", HALF, p=probability, t=one_hot),
    *_columns("sigmoid_bce_grad", HALF, t=probability),
    *_columns("bce_grad", HALF, p=probability, t=probability),
    *_columns("mse_grad", HALF),
    *_columns("mae_grad", HALF, y=whole, t=whole),
    *_columns("huber_grad", {**HALF, "delta": 0.7}),
    *(Case("hinge", {"...": (n,)}, {"margin": 1.0}, {"t": sign}) for n in (1, 37)),
    *(Case("hinge_grad", {"...": (n,)}, {"margin": 1.0, **HALF}, {"t": sign, "y": whole})
      for n in (1, 37)),
    *(Case("logistic", {"...": (n,)}, {}, {"t": sign}) for n in (1, 37)),
    *(Case("logistic_grad", {"...": (n,)}, HALF, {"t": sign}) for n in (1, 37)),
]  # fmt: skip


def steps(number: int) -> Make:
    return lambda rng, shape: np.full(shape, number)


MOMENTS = {"v": positive, "u": positive, "rate": positive, "floor": positive}
OPTIMIZERS = [
    *_vector("flush", {"least": 0.3, "every": 4}, steps=steps(8)),
    *_vector("flush", {"least": 0.3, "every": 4}, steps=steps(9)),
    *_vector("decay_l2", {"strength": 0.01}),
    *_vector("decay_l1", {"strength": 0.01}, p=whole),
    *_vector("scale_gradient"),
    *_vector("shrink", {"strength": 0.01}),
    *_vector("sgd"),
    *_vector("momentum", {"by": 0.9, "nesterov": False}),
    *_vector("momentum", {"by": 0.9, "nesterov": True}),
    *_vector("adam", {"b1": 0.9, "b2": 0.999}, **MOMENTS),
    *_vector("rmsprop", {"rho": 0.99, "eps": 1e-8}, v=positive),
    *_vector("rmsprop_momentum", {"rho": 0.99, "eps": 1e-8, "by": 0.9}, v=positive),
    *_vector("adagrad", {"eps": 1e-10}, v=positive),
    *_vector("adadelta", {"rho": 0.9, "eps": 1e-6}, v=positive, u=positive),
    *_vector("nadam", {"b1": 0.9, "b2": 0.999}, **MOMENTS),
    *_vector("lion", {"b1": 0.9, "b2": 0.99}, m=whole, g=whole),
    *_vector("lion", {"b1": 0, "b2": 0.99}, g=whole),
]

_ALL = [*ARITHMETIC, *ACTIVATIONS, *LOSSES, *OPTIMIZERS]
CASES = [*_ALL, *in_place(_ALL)]
