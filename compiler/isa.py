"""The instruction set: the only contract between the compiler and NumPy.

One row an instruction. Its pattern is its documentation and what the compiler verifies; the
kernel of the same name in `runtime/kernels/` binds it to arrays. `reuses` names the operands whose
memory the first result may take when nobody reads them afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

from .pattern import Pattern, parse_pattern


@dataclass(frozen=True, slots=True)
class Row:
    """One instruction."""

    name: str
    text: str
    meaning: str
    pattern: Pattern
    reuses: tuple[str, ...] = ()
    random: bool = False
    """True when the kernel draws from the generator of its `stream`."""


def _row(name: str, text: str, meaning: str, reuses: str = "", *, random: bool = False) -> Row:
    return Row(name, text, meaning, parse_pattern(text), tuple(reuses.split()), random)


_TABLE: tuple[Row, ...] = (
    # matrix products
    _row("matmul", "a[M,K] b[K,N] -> out[M,N]", "out = a b"),
    _row("matmul_nt", "a[M,K] b[N,K] -> out[M,N]", "out = a bᵀ"),
    _row("matmul_tn", "a[K,M] b[K,N] -> out[M,N]", "out = aᵀ b"),
    # arithmetic
    _row("fill", "-> y[S]", "y = value everywhere"),
    _row("copy", "x[...] -> y[...]", "y = x", "x"),
    _row("add", "a[...] b[...] -> out[...]", "out = a + b", "a b"),
    _row("subtract", "a[...] b[...] -> out[...]", "out = a - b", "a"),
    _row("multiply", "a[...] b[...] -> out[...]", "out = a · b", "a b"),
    _row("divide", "a[...] b[...] -> out[...]", "out = a / b", "a"),
    _row("scale", "x[...] -> y[...]", "y = by · x", "x"),
    _row("scale_shift", "x[...] -> y[...]", "y = by · x + plus", "x"),
    _row("square", "x[...] -> y[...]", "y = x²", "x"),
    _row("add_row", "x[...,C] b[C] -> y[...,C]", "y = x + b, b added to every row", "x"),
    _row("sum_rows", "x[...,C] -> y[C]", "y = the sum over all axes but the last"),
    _row("sum_all", "x[...] -> y[]", "y = factor · the sum of all elements"),
    _row("sum_squares", "x[...] -> y[]", "y = factor · the sum of the squares of all elements"),
    # activations
    _row("relu", "x[...] -> y[...]", "y = max(x, 0)", "x"),
    _row("relu_grad", "dy[...] y[...] -> dx[...] | mask[...]:bool", "dx = dy · (y > 0)", "dy"),
    _row("leaky", "x[...] -> y[...] | t[...]", "y = max(x, slope · x)"),
    _row(
        "leaky_grad",
        "dy[...] x[...] -> dx[...] | mask[...]:bool t[...]",
        "dx = dy · (1 where x > 0, else slope)",
        "dy",
    ),
    _row("elu", "x[...] -> y[...] | t[...]", "y = scale · (max(x, 0) + alpha · expm1(min(x, 0)))"),
    _row(
        "elu_grad",
        "dy[...] x[...] -> dx[...] | mask[...]:bool t[...] u[...]",
        "dx = dy · scale · (1 where x > 0, else alpha · exp(x))",
        "dy",
    ),
    _row("prelu", "x[...,C] a[C] -> y[...,C] | t[...,C]", "y = max(x, 0) + a · min(x, 0)"),
    _row(
        "prelu_grad",
        "dy[...,C] x[...,C] a[C] -> dx[...,C] da[C] | t[...,C] mask[...,C]:bool",
        "dx = dy · (1 where x > 0, else a); da = the sum of dy · min(x, 0) over the rows",
    ),
    _row("gelu", "x[...] -> y[...] | t[...] u[...] v[...]", "y = x · Φ(x), Φ the normal cdf"),
    _row(
        "gelu_grad",
        "dy[...] x[...] -> dx[...] | t[...] u[...] v[...]",
        "dx = dy · (Φ(x) + x · φ(x))",
    ),
    _row("silu", "x[...] -> y[...] | t[...]", "y = x · sigmoid(x)"),
    _row(
        "silu_grad",
        "dy[...] x[...] -> dx[...] | s[...] t[...]",
        "dx = dy · s · (1 + x · (1 - s)), s = sigmoid(x)",
    ),
    _row("tanh", "x[...] -> y[...]", "y = tanh(x)", "x"),
    _row("tanh_grad", "dy[...] y[...] -> dx[...] | t[...]", "dx = dy · (1 - y²)", "dy"),
    _row("sigmoid", "x[...] -> y[...] | t[...]", "y = 1 / (1 + exp(-x))"),
    _row("sigmoid_grad", "dy[...] y[...] -> dx[...] | t[...]", "dx = dy · y · (1 - y)", "dy"),
    _row("softplus", "x[...] -> y[...] | t[...]", "y = log(1 + exp(x))"),
    _row("softplus_grad", "dy[...] x[...] -> dx[...] | t[...] u[...]", "dx = dy · sigmoid(x)"),
    _row("sign", "x[...] -> y[...]", "y = -1, 0 or 1"),
    _row("step", "x[...] -> y[...] | mask[...]:bool", "y = 1 where x >= 0, else 0", "x"),
    _row("zero", "x[...] -> y[...]", "y = 0 in the shape of x", "x"),
    _row("softmax", "x[...,C] -> y[...,C] | m[...,1]", "y = exp(x) / the sum of exp(x)", "x"),
    _row(
        "softmax_grad",
        "dy[...,C] y[...,C] -> dx[...,C] | t[...,C] s[...,1]",
        "dx = y · (dy - the sum of dy · y over C)",
        "dy",
    ),
    # windows; P x Q places, B samples and R rows at a time, Y x X the padded rows and columns
    _row(
        "conv2d",
        "x[N,H,W,C] w[KH,KW,D,O] -> y[N,P,Q,O] | padded[B,Y,X,C] columns[B,R,Q,K]",
        "y[n,p,q,o] = the sum over i, j, c of w[i,j,c,o] · x[n, p·stride + i·dilation - pad, …, c]",
    ),
    _row(
        "conv2d_grad_w",
        "x[N,H,W,C] dy[N,P,Q,O] -> dw[KH,KW,D,O] | padded[B,Y,X,C] columns[B,R,Q,K] part[K,O]",
        "dw[i,j,c,o] = the sum of dy[n,p,q,o] · x[n, p·stride + i·dilation - pad, …, c]",
    ),
    _row(
        "conv2d_grad_x",
        "dy[N,P,Q,O] w[KH,KW,D,O] -> dx[N,H,W,C] | padded[B,Y,X,C] columns[B,R,Q,K]",
        "dx[n, p·stride + i·dilation - pad, …, c] = the sum of w[i,j,c,o] · dy[n,p,q,o]",
    ),
    _row(
        "depthwise2d",
        "x[N,H,W,C] w[KH,KW,O] -> y[N,P,Q,O] | padded[B,Y,X,C] t[B,P,Q,O]",
        "y[n,p,q,o] = the sum over i, j of w[i,j,o] · x[n, p·stride + i·dilation - pad, …, o // m]",
    ),
    _row(
        "depthwise2d_grad_w",
        "x[N,H,W,C] dy[N,P,Q,O] -> dw[KH,KW,O] | padded[B,Y,X,C] t[B,P,Q,O] part[O]",
        "the gradient of depthwise2d by its weights",
    ),
    _row(
        "depthwise2d_grad_x",
        "dy[N,P,Q,O] w[KH,KW,O] -> dx[N,H,W,C] | padded[B,Y,X,C] t[B,P,Q,O]",
        "the gradient of depthwise2d by its input",
    ),
    _row("maxpool2d", "x[N,H,W,C] -> y[N,P,Q,C]", "y = the largest of each window"),
    _row(
        "maxpool2d_where",
        "x[N,H,W,C] -> y[N,P,Q,C] which[N,P,Q,C]:u8 | mask[N,P,Q,C]:bool t[N,P,Q,C]:u8",
        "y = the largest of each window; which = the number of the tap that was first to have it",
    ),
    _row(
        "maxpool2d_grad",
        "dy[N,P,Q,C] which[N,P,Q,C]:u8 -> dx[N,H,W,C] | mask[N,P,Q,C]:bool t[N,P,Q,C]",
        "each dy goes to the place that won",
    ),
    _row("avgpool2d", "x[N,H,W,C] -> y[N,P,Q,C]", "y = the sum of each window / its positions"),
    _row(
        "avgpool2d_grad",
        "dy[N,P,Q,C] -> dx[N,H,W,C] | t[N,P,Q,C]",
        "each dy / positions goes to all places of its window",
    ),
    _row("mean_places", "x[N,L,C] -> y[N,C]", "y = the mean over L"),
    _row("mean_places_grad", "dy[N,C] -> dx[N,L,C]", "dx = dy / L at every place"),
    # noise
    _row(
        "dropout_mask",
        "x[...] -> mask[...] | kept[...]:bool",
        "mask = 1/(1-rate) with probability 1-rate, else 0",
        random=True,
    ),
    # losses, one number a sample
    _row(
        "softmax_ce",
        "x[...,C] t[...,C] -> loss[...] p[...,C] | m[...,1] s[...,1] u[...,C]",
        "p = softmax(x); loss = -the sum of t · log p, from the logits",
    ),
    _row("softmax_ce_grad", "p[...,C] t[...,C] -> dx[...,C]", "dx = factor · (p - t)", "p"),
    _row("ce", "p[...,C] t[...,C] -> loss[...] | u[...,C]", "loss = -the sum of t · log p"),
    _row("ce_grad", "p[...,C] t[...,C] -> dp[...,C]", "dp = -factor · t / p"),
    _row(
        "sigmoid_bce",
        "x[...,C] t[...,C] -> loss[...] | u[...,C] v[...,C]",
        "loss = the mean over C of max(x, 0) - t · x + log(1 + exp(-|x|)), from the logits",
    ),
    _row(
        "sigmoid_bce_grad",
        "x[...,C] t[...,C] -> dx[...,C] | u[...,C]",
        "dx = factor / C · (sigmoid(x) - t)",
    ),
    _row(
        "bce",
        "p[...,C] t[...,C] -> loss[...] | u[...,C] v[...,C]",
        "loss = the mean over C of -t log p - (1 - t) log(1 - p)",
    ),
    _row(
        "bce_grad",
        "p[...,C] t[...,C] -> dp[...,C] | u[...,C]",
        "dp = factor / C · (p - t) / (p · (1 - p))",
    ),
    _row("mse", "y[...,C] t[...,C] -> loss[...] | u[...,C]", "loss = the mean over C of (y - t)²"),
    _row("mse_grad", "y[...,C] t[...,C] -> dy[...,C]", "dy = factor · 2 / C · (y - t)", "y"),
    # scalars and optimizers; n is the one axis of the flat vectors
    _row("multiply_cell", "c[]!:f64 ->", "c = by · c"),
    _row("rate", "lr[]:f64 -> rate[]", "rate = factor · lr"),
    _row("decay_l2", "g[n]! p[n] -> | t[n]", "g = g + strength · p"),
    _row("decay_l1", "g[n]! p[n] -> | t[n]", "g = g + strength · sign(p)"),
    _row("sgd", "p[n]! g[n] rate[] -> | t[n]", "p = p - rate · g"),
    _row(
        "momentum",
        "p[n]! g[n] m[n]! rate[] -> | t[n]",
        "m = by · m + g; p = p - rate · m, or with nesterov p - rate · (g + by · m)",
    ),
    _row(
        "adam_rates",
        "lr[]:f64 b1t[]:f64 b2t[]:f64 -> rate[] floor[]",
        "rate = factor · lr · sqrt(1 - b2t) / (1 - b1t); floor = eps · sqrt(1 - b2t)",
    ),
    _row(
        "adam",
        "p[n]! g[n] m[n]! v[n]! rate[] floor[] -> | t[n]",
        "m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g²; p = p - rate · m / (sqrt(v) + floor)",
    ),
)  # fmt: skip

ROWS: dict[str, Row] = {row.name: row for row in _TABLE}
