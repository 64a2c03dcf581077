"""The optimizer in PyTorch: the instructions of the plan's update on vectors of the device.

It is the program that the NumPy engine runs, so every optimizer, penalty, clipping and learning
rate means the same, and so does the state that it leaves. Scalars stay on the host: rows that
compute them are NumPy's own kernels, so a step does not wait for the device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ....compiler.lower.isa import ROWS
from ....compiler.lower.plan import Plan, Step
from ...array_types import Array
from ...kernels import KERNELS
from ...kernels.kernel import Call
from ..memory import DTYPES, view


def decay_l2(g: Tensor, p: Tensor, strength: float) -> None:
    g.add_(p, alpha=strength)


def decay_l1(g: Tensor, p: Tensor, strength: float) -> None:
    g.add_(p.sign(), alpha=strength)


def sgd(p: Tensor, g: Tensor, rate: Array) -> None:
    p.add_(g, alpha=-float(rate))


def momentum(p: Tensor, g: Tensor, m: Tensor, rate: Array, by: float, nesterov: bool) -> None:
    m.mul_(by).add_(g)
    p.add_(g.add(m, alpha=by) if nesterov else m, alpha=-float(rate))


def adam(
    p: Tensor, g: Tensor, m: Tensor, v: Tensor, rate: Array, floor: Array, b1: float, b2: float
) -> None:
    m.mul_(b1).add_(g)
    v.mul_(b2).addcmul_(g, g)
    p.addcdiv_(m, v.sqrt().add_(float(floor)), value=-float(rate))


def clip_factor(g: Tensor, factor: Tensor, most: float) -> None:
    norm = torch.linalg.vector_norm(g)
    factor.copy_((most / (norm + 1e-6)).clamp(max=1.0))


def scale_gradient(g: Tensor, factor: Tensor) -> None:
    g.mul_(factor)


def shrink(p: Tensor, rate: Array, strength: float) -> None:
    p.mul_(1 - float(rate) * strength)


def _follow_square(v: Tensor, g: Tensor, rho: float) -> None:
    """v = rho v + (1 - rho) g²"""
    v.mul_(rho).addcmul_(g, g, value=1 - rho)


def rmsprop(p: Tensor, g: Tensor, v: Tensor, rate: Array, rho: float, eps: float) -> None:
    _follow_square(v, g, rho)
    p.addcdiv_(g, v.sqrt().add_(eps), value=-float(rate))


def rmsprop_momentum(
    p: Tensor, g: Tensor, v: Tensor, m: Tensor, rate: Array, rho: float, eps: float, by: float
) -> None:
    _follow_square(v, g, rho)
    m.mul_(by).addcdiv_(g, v.sqrt().add_(eps))
    p.add_(m, alpha=-float(rate))


def adagrad(p: Tensor, g: Tensor, v: Tensor, rate: Array, eps: float) -> None:
    v.addcmul_(g, g)
    p.addcdiv_(g, v.sqrt().add_(eps), value=-float(rate))


def adadelta(
    p: Tensor, g: Tensor, v: Tensor, u: Tensor, rate: Array, rho: float, eps: float
) -> None:
    _follow_square(v, g, rho)
    step = u.add(eps).div_(v.add(eps)).sqrt_().mul_(g)
    _follow_square(u, step, rho)
    p.add_(step, alpha=-float(rate))


def nadam(
    p: Tensor, g: Tensor, m: Tensor, v: Tensor, rate: Array, rate_g: Array, floor: Array,
    **decays: float,
) -> None:  # fmt: skip
    b1, b2 = decays["b1"], decays["b2"]
    m.mul_(b1).add_(g, alpha=1 - b1)
    _follow_square(v, g, b2)
    ahead = m.mul(float(rate)).add_(g, alpha=float(rate_g))
    p.sub_(ahead.div_(v.sqrt().add_(float(floor))))


def lion(p: Tensor, g: Tensor, m: Tensor, rate: Array, b1: float, b2: float) -> None:
    p.add_(m.mul(b1).add_(g, alpha=1 - b1).sign_(), alpha=-float(rate))
    m.mul_(b2).add_(g, alpha=1 - b2)


def flush(x: Tensor, steps: Array, least: float, every: int) -> None:
    if int(steps) % every == 0:
        x.mul_(x.abs() >= least)


VECTOR_ROWS: dict[str, Callable[..., None]] = {
    "decay_l2": decay_l2,
    "decay_l1": decay_l1,
    "sgd": sgd,
    "momentum": momentum,
    "adam": adam,
    "clip_factor": clip_factor,
    "scale_gradient": scale_gradient,
    "shrink": shrink,
    "rmsprop": rmsprop,
    "rmsprop_momentum": rmsprop_momentum,
    "adagrad": adagrad,
    "adadelta": adadelta,
    "nadam": nadam,
    "lion": lion,
    "flush": flush,
}
"""What works on vectors."""

SCALAR_ROWS = (
    "count_step",
    "multiply_cell",
    "rate",
    "adam_rates",
    "nadam_step",
    "nadam_rates",
)
"""What works on scalars of the host."""


def bind_update(plan: Plan, vectors: dict[str, Tensor], cells: Array) -> tuple[Call, ...]:
    """The calls of the plan's update. `vectors` are those of the device by region, `cells` the
    bytes of the counters."""
    binder = _Binder(plan, vectors, cells)
    return tuple(call for step in plan.programs.get("update", ()) for call in binder.bind(step))


class _Binder:
    """Turns instructions of an update into calls."""

    def __init__(self, plan: Plan, vectors: dict[str, Tensor], cells: Array) -> None:
        self.plan, self.vectors, self.cells = plan, vectors, cells
        self.made: dict[int, Any] = {}
        self.on_device = {
            index
            for step in plan.programs.get("update", ())
            if step.row == "clip_factor"
            for index in step.results
        }
        """Scalars that depend on vectors."""

    def bind(self, step: Step) -> Iterator[Call]:
        pattern = ROWS[step.row].pattern
        named = {
            operand.name: self.value(index)
            for operands, indices in (
                (pattern.operands, step.operands),
                (pattern.results, step.results),
            )
            for operand, index in zip(operands, indices, strict=True)
        }
        attributes = dict(step.attributes)
        if step.row in SCALAR_ROWS:
            yield from KERNELS[step.row](**named, **attributes)
            return
        row = VECTOR_ROWS[step.row]
        yield lambda: row(**named, **attributes)

    def value(self, index: int) -> Any:
        if index not in self.made:
            self.made[index] = self.take(index)
        return self.made[index]

    def take(self, index: int) -> Any:
        plan = self.plan
        buffer = plan.buffers[index]
        dtype = np.dtype(DTYPES[plan.precision if buffer.dtype == "f" else buffer.dtype])
        if buffer.region == "cells":
            return view(self.cells, buffer, plan.precision)
        if index in self.on_device:
            return self.vectors["parameters"].new_zeros(())
        if not buffer.shape:
            return np.zeros((), dtype)
        start = buffer.offset // dtype.itemsize
        return self.vectors[buffer.region][start : start + prod(buffer.shape)]
