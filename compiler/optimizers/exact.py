"""The direct solution: `exact`."""

from __future__ import annotations

from .optimizer import Optimizer


class Exact(Optimizer):
    """The direct solution of linear regression, by the normal equations.

    w = (X^T X + lambda N K / 2 I)^-1 X^T t, the weights at which the gradient of `mse` is zero;
    with `reg l2 lambda` it is ridge regression, the bias excluded (a `weight=` of the loss divides
    lambda). Only for one linear layer with `mse`, after layers without weights such as `poly`:
    nothing else has a closed-form solution. `epochs` and `batch` have no effect.
    """

    word = "exact"
    summary = "linear least squares by the normal equations"
    closed_form = True
