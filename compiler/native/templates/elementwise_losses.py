"""The gradients of losses, and losses of one number, as C statements over one element."""

from __future__ import annotations

LOSSES: dict[str, str] = {
    "softmax_ce_grad": "dx = (p - t) * {factor};",
    "ce_grad": "dp = t / larger(p, REAL_TINY) * -{factor};",
    "sigmoid_bce_grad": "dx = (sigmoid_real(x) - t) * (real)({factor_f64} / {columns});",
    "bce_grad": "dp = (p - t) / larger((1 - p) * p, REAL_TINY) * (real)({factor_f64} / {columns});",
    "mse_grad": "dy = (y - t) * (real)(2 * {factor_f64} / {columns});",
    "mae_grad": "dy = sign_real(y - t) * (real)({factor_f64} / {columns});",
    "huber_grad": "dy = smaller(larger(y - t, -{delta}), {delta})"
    " * (real)({factor_f64} / {columns});",
    "hinge": "loss = larger({margin} - y * t, 0);",
    # At the kink itself the gradient is not 0: a perceptron whose weights are all zero must learn.
    "hinge_grad": "dy = y * t <= {margin} ? t * -{factor} : 0;",
    "logistic": "loss = softplus_real(-(y * t));",
    "logistic_grad": "dy = sigmoid_real(-(y * t)) * t * -{factor};",
}
