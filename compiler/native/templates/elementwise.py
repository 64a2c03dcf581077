"""The rows that do the same to every element, as C statements over one element.

The names are those of the row's pattern: operands are variables with the element's value, results
are variables to assign, and a changed operand is both. A scalar operand is a number that does not
change, one for each column or each row is that of the element. An attribute is written in braces:
`{slope}` becomes an exact literal, True 1 and False 0. What is computed of attributes alone is
computed in double precision, of the literals `{slope_f64}`, and rounded once, as for the kernels.
`{columns}` is the last axis. `real` is the precision of the plan. Without branches the compiler
makes vectors of it: use `?:`, and the functions of `c/functions.h`.

The writer puts the loop around it, and joins neighbouring rows over as many elements in one loop.
"""

from __future__ import annotations

from .elementwise_losses import LOSSES
from .elementwise_optimizers import OPTIMIZERS

ARITHMETIC: dict[str, str] = {
    "add": "out = a + b;",
    "add_relu": "out = a + b; out = out < 0 ? 0 : out;",
    "multiply": "out = a * b;",
    "maximum": "out = larger(a, b);",
    "maximum_grad": "da = a >= b ? dy : 0; db = a < b ? dy : 0;",
    "scale": "y = {by} * x;",
    "scale_shift": "y = {by} * x + {plus};",
    "add_row": "y = x + b;",
    "add_row_relu": "y = x + b; y = y < 0 ? 0 : y;",
    "multiply_row": "y = x * s;",
    "scale_rows": "y = x * s;",
    "add_channel": "y = x + b;",
    "multiply_channel": "y = x * s;",
    "perturb": "y = smaller(larger(x + step * sign_real(g), low), high);",
}

NORMALIZATION: dict[str, str] = {
    "update_statistics": "running_mean = (real)(1 - {momentum_f64}) * running_mean"
    " + {momentum} * mean; running_var = (real)(1 - {momentum_f64}) * running_var"
    " + (real)({momentum_f64} * {share_f64}) * squares;",
    "batchnorm_affine": "scale = gamma / SQRT(var + {eps}); shift = beta - scale * mean;",
    "affine_rows": "y = x * scale + shift;",
    "affine_channel": "y = x * scale + shift;",
}

ACTIVATIONS: dict[str, str] = {
    "relu": "y = x < 0 ? 0 : x;",  # NaN stays
    "relu_grad": "dx = y > 0 ? dy : 0;",
    "clipped_relu": "y = x < 0 ? 0 : x; y = y > {most} ? {most} : y;",
    "clipped_relu_grad": "dx = y > 0 ? dy : 0; dx = y < {most} ? dx : 0;",
    "leaky": "y = x > 0 ? x : {slope} * x;",
    "leaky_grad": "dx = x > 0 ? dy : {slope} * dy;",
    "elu": "y = x > 0 ? {scale} * x : (real)({alpha_f64} * {scale_f64}) * EXPM1(x > 0 ? 0 : x);",
    "elu_grad": "dx = dy * (x > 0 ? {scale}"
    " : (real)({alpha_f64} * {scale_f64}) * EXP(x > 0 ? 0 : x));",
    "prelu": "y = x > 0 ? x : a * x;",
    "gelu": "y = x * normal_cdf(x);",
    "gelu_grad": "dx = dy * (normal_cdf(x)"
    " + x * (real)0.3989422804014327 * EXP((real)-0.5 * x * x));",
    "silu": "y = x * sigmoid_real(x);",
    "silu_grad": "const real s = sigmoid_real(x); dx = dy * (s * (1 + x * (1 - s)));",
    "tanh": "y = tanh_real(x);",
    "tanh_grad": "dx = dy * (1 - y * y);",
    "sigmoid": "y = sigmoid_real(x);",
    "sigmoid_grad": "dx = dy * (y * (1 - y));",
    "hardsigmoid": "y = hard_sigmoid_real(x);",
    "hardsigmoid_grad": "dx = dy * (real)0.16666666666666666; dx = y > 0 ? dx : 0;"
    " dx = y < 1 ? dx : 0;",
    "hardswish": "y = x * hard_sigmoid_real(x);",
    "hardswish_grad": "real s = smaller(larger(x, -3), 3);"
    " s = s * (real)0.3333333333333333 + (real)0.5; s = x >= 3 ? 1 : s; s = x <= -3 ? 0 : s;"
    " dx = dy * s;",
    "softplus": "y = softplus_real(x);",
    "softplus_grad": "dx = dy * sigmoid_real(x);",
    "sign": "y = sign_real(x);",
    "step": "y = x >= 0 ? 1 : 0;",
}

ELEMENTWISE: dict[str, str] = {
    **ARITHMETIC,
    **NORMALIZATION,
    **ACTIVATIONS,
    **LOSSES,
    **OPTIMIZERS,
}
