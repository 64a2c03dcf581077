"""Optimizers: passes over the flat vectors, as C statements over one element."""

from __future__ import annotations

_SECOND_MOMENT = "v = {rho} * v + (real)(1 - {rho_f64}) * (g * g);"

OPTIMIZERS: dict[str, str] = {
    # Arithmetic on denormal numbers is up to a hundred times slower.
    "flush": "x = (int64_t)steps % {every} == 0 && ABS(x) < {least} ? 0 : x;",
    "decay_l2": "g += {strength} * p;",
    "decay_l1": "g += {strength} * sign_real(p);",
    "scale_gradient": "g *= factor;",
    "shrink": "p *= 1 - {strength} * rate;",
    "sgd": "p -= rate * g;",
    "momentum": "m = {by} * m + g; p -= rate * ({nesterov} ? {by} * m + g : m);",
    "adam": "m = {b1} * m + g; v = {b2} * v + g * g; p -= rate * (m / (SQRT(v) + floor));",
    "rmsprop": f"{_SECOND_MOMENT} p -= rate * (g / (SQRT(v) + {{eps}}));",
    "rmsprop_momentum": f"{_SECOND_MOMENT} m = {{by}} * m + g / (SQRT(v) + {{eps}});"
    " p -= rate * m;",
    "adagrad": "v += g * g; p -= rate * (g / (SQRT(v) + {eps}));",
    "adadelta": f"{_SECOND_MOMENT} const real d = SQRT((u + {{eps}}) / (v + {{eps}})) * g;"
    " u = {rho} * u + (real)(1 - {rho_f64}) * (d * d); p -= rate * d;",
    "nadam": "m = {b1} * m + (real)(1 - {b1_f64}) * g;"
    " v = {b2} * v + (real)(1 - {b2_f64}) * (g * g);"
    " p -= (rate * m + rate_g * g) / (SQRT(v) + floor);",
    "lion": "p -= rate * sign_real({b1} * m + (real)(1 - {b1_f64}) * g);"
    " m = {b2} * m + (real)(1 - {b2_f64}) * g;",
}
