"""The steps of an attack, on samples whose numbers lie between 0 and 1.

With u a sample, g the gradient of its loss, and eps the most that it may change:

    fgsm, linf    u + eps sign(g)
    fgsm, l2      u + eps g / |g|
    pgd           u_0 = u + a random change of at most eps, then, `steps` times,
                  u_k+1 = P(u_k + step d), where d is sign(g) or g / |g|

P takes a change back to the nearest one of at most eps: for `linf` every number to +-eps, for `l2`
the whole by its length. Everything is then held between 0 and 1. `step` is 2.5 eps / steps, so that
the edge can be reached from any start.
Source: Goodfellow, Shlens & Szegedy, Explaining and Harnessing Adversarial Examples, 2015; Madry et
al., Towards Deep Learning Models Resistant to Adversarial Attacks, 2018.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...array_types import Doubles
from .options import AttackNorm, AttackOptions

STEP = 2.5
"""The steps of pgd together, in eps."""

Gradient = Callable[[tuple[Doubles, ...]], tuple[Doubles, ...]]
"""From samples, one array for each input, to the gradients of their losses."""


def perturb(
    u: tuple[Doubles, ...], gradient: Gradient, eps: float, options: AttackOptions
) -> tuple[Doubles, ...]:
    """The samples after an attack, in [0, 1] as before. Each input is changed by at most eps."""
    if eps == 0:
        return u
    norm = options.norm
    if options.method == "fgsm":
        return tuple(
            _inside(one + eps * _direction(g, norm)) for one, g in zip(u, gradient(u), strict=True)
        )
    random = np.random.Generator(np.random.PCG64(options.seed))
    step = STEP * eps / options.steps
    moved = tuple(_inside(one + _random_change(one, eps, norm, random)) for one in u)
    for _ in range(options.steps):
        moved = tuple(
            _inside(one + _within(now + step * _direction(g, norm) - one, eps, norm))
            for one, now, g in zip(u, moved, gradient(moved), strict=True)
        )
    return moved


def _inside(u: Doubles) -> Doubles:
    return np.clip(u, 0.0, 1.0)


def _lengths(x: Doubles) -> Doubles:
    """The length of each sample, to divide it by; 1 where it is 0."""
    lengths = np.sqrt(np.nansum(x.reshape(len(x), -1) ** 2, axis=1))
    lengths[lengths == 0] = 1.0
    return np.asarray(lengths.reshape(-1, *(1 for _ in x.shape[1:])))


def _direction(g: Doubles, norm: AttackNorm) -> Doubles:
    """Where the loss grows fastest among changes of length 1."""
    return np.sign(g) if norm == "linf" else g / _lengths(g)


def _within(change: Doubles, eps: float, norm: AttackNorm) -> Doubles:
    """The nearest change of at most eps."""
    if norm == "linf":
        return np.clip(change, -eps, eps)
    return change * np.minimum(1.0, eps / _lengths(change))


def _random_change(
    u: Doubles, eps: float, norm: AttackNorm, random: np.random.Generator
) -> Doubles:
    """Uniform among the changes of at most eps."""
    if norm == "linf":
        return random.uniform(-eps, eps, u.shape)
    change = random.standard_normal(u.shape)
    shares = random.random(len(u)) ** (1 / change[0].size)
    radii = eps * shares.reshape(-1, *(1 for _ in u.shape[1:]))
    return np.asarray(radii * change / _lengths(change))
