"""The instruction set, long because it is one table: all that the compiler asks of NumPy.

One row an instruction. Its pattern is its documentation and what the compiler verifies; the
kernel of the same name in `runtime/kernels/` binds it to arrays. `reuses` names the operands whose
memory the first result may take when nobody reads them afterwards. `ones` is a constant, as many
as there are rows to sum: a sum is a product with it, which BLAS does several times faster than
NumPy's reduction over the first axis.
"""

from __future__ import annotations

from dataclasses import dataclass

from .pattern import Pattern, parse_pattern

PANEL = 16
"""Columns of a panel of packed weights: a cache line of single precision, and a whole number of
vectors of any width, so that the plan need not know it."""


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
    collective: bool = False
    """True when it needs what all shards have computed so far."""
    once: bool = False
    """True when only the first shard does it: it changes what all shards share."""


def _row(name: str, text: str, meaning: str, reuses: str = "", **flags: bool) -> Row:
    return Row(name, text, meaning, parse_pattern(text), tuple(reuses.split()), **flags)


_TABLE: tuple[Row, ...] = (
    # matrix products
    _row("matmul", "a[M,K] b[K,N] -> out[M,N]", "out = a b"),
    _row("matmul_nt", "a[M,K] b[N,K] -> out[M,N]", "out = a bᵀ"),
    _row("matmul_tn", "a[K,M] b[K,N] -> out[M,N]", "out = aᵀ b"),
    _row(
        "matmul_bias",
        "a[M,K] b[K,N] bias[N] -> out[M,N]",
        "out = a b + bias, and clipped at zero with relu",
    ),
    _row(
        "pack_panels",
        "b[K,N] -> packed[F,K,16]",
        "packed[f,k,i] = b[k, 16 · f + i]: 16 columns of each row, then those of the next row",
    ),
    _row("matmul_packed", "a[M,K] b[F,K,16] -> out[M,N]", "out = a b, b in panels"),
    _row(
        "matmul_packed_bias",
        "a[M,K] b[F,K,16] bias[N] -> out[M,N]",
        "out = matmul_packed of a and b + bias, and clipped at zero with relu",
    ),
    # arithmetic
    _row("fill", "-> y[S]", "y = value everywhere"),
    _row("copy", "x[...] -> y[...]", "y = x", "x"),
    _row("add", "a[...] b[...] -> out[...]", "out = a + b", "a b"),
    _row("add_relu", "a[...] b[...] -> out[...]", "out = max(a + b, 0)", "a b"),
    _row("multiply", "a[...] b[...] -> out[...]", "out = a · b", "a b"),
    _row("scale", "x[...] -> y[...]", "y = by · x", "x"),
    _row("scale_shift", "x[...] -> y[...]", "y = by · x + plus", "x"),
    _row("add_row", "x[...,C] b[C] -> y[...,C]", "y = x + b, b added to every row", "x"),
    _row("add_row_relu", "x[...,C] b[C] -> y[...,C]", "y = max(x + b, 0)", "x"),
    _row("multiply_row", "x[...,C] s[C] -> y[...,C]", "y = x · s, every row", "x"),
    _row("scale_rows", "x[...,C] s[...] -> y[...,C]", "y = x · s, a number for each row", "x"),
    _row("sum_rows", "x[...,C] ones[n] -> y[C]", "y = the sum over all axes but the last"),
    _row("sum_all", "x[...] ones[n] -> y[]", "y = factor · the sum of all elements"),
    _row(
        "perturb",
        "x[...] g[...] step[...] low[...] high[...] -> y[...]",
        "y = x + step · sign(g), held between low and high",
    ),
    # activations
    _row("relu", "x[...] -> y[...]", "y = max(x, 0)", "x"),
    _row("relu_grad", "dy[...] y[...] -> dx[...] | mask[...]:bool", "dx = dy · (y > 0)", "dy"),
    _row("clipped_relu", "x[...] -> y[...]", "y = min(max(x, 0), most)", "x"),
    _row(
        "clipped_relu_grad",
        "dy[...] y[...] -> dx[...] | mask[...]:bool below[...]:bool",
        "dx = dy · (0 < y < most)",
        "dy",
    ),
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
        "dy[...,C] x[...,C] a[C] ones[n] -> dx[...,C] da[C] | t[...,C] mask[...,C]:bool",
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
    _row("hardsigmoid", "x[...] -> y[...]", "y = min(max(x / 6 + 1/2, 0), 1)", "x"),
    _row(
        "hardsigmoid_grad",
        "dy[...] y[...] -> dx[...] | mask[...]:bool below[...]:bool",
        "dx = dy / 6 · (0 < y < 1)",
        "dy",
    ),
    _row("hardswish", "x[...] -> y[...] | t[...]", "y = x · min(max(x / 6 + 1/2, 0), 1)"),
    _row(
        "hardswish_grad",
        "dy[...] x[...] -> dx[...] | t[...] mask[...]:bool",
        "dx = dy · (0 up to -3, 1 from 3 on, else x / 3 + 1/2)",
        "dy",
    ),
    _row("softplus", "x[...] -> y[...] | t[...]", "y = log(1 + exp(x))"),
    _row("softplus_grad", "dy[...] x[...] -> dx[...] | t[...] u[...]", "dx = dy · sigmoid(x)"),
    _row("sign", "x[...] -> y[...]", "y = -1, 0 or 1"),
    _row("step", "x[...] -> y[...] | mask[...]:bool", "y = 1 where x >= 0, else 0", "x"),
    _row("softmax", "x[...,C] -> y[...,C] | m[...,1]", "y = exp(x) / the sum of exp(x)", "x"),
    _row(
        "softmax_grad",
        "dy[...,C] y[...,C] -> dx[...,C] | t[...,C] s[...,1]",
        "dx = y · (dy - the sum of dy · y over C)",
        "dy",
    ),
    # windows; P x Q output positions, B samples and R rows at a time, Y x X the padded image
    _row(
        "conv2d",
        "x[N,H,W,C] w[KH,KW,D,O] -> y[N,P,Q,O] | padded[B,Y,X,C] columns[B,R,Q,K]",
        "y[n,p,q,o] = the sum over i, j, c of w[i,j,c,o] · x[n, p·stride + i·dilation - pad, …, c]",
    ),
    _row(
        "conv2d_bias",
        "x[N,H,W,C] w[KH,KW,D,O] bias[O] -> y[N,P,Q,O] | padded[B,Y,X,C] columns[B,R,Q,K]",
        "y = conv2d of x and w + bias, and clipped at zero with relu",
    ),
    _row(
        "conv2d_packed",
        "x[N,H,W,C] w[F,KH,KW,C,16] -> y[N,P,Q,O] | padded[B,Y,X,C] columns[B,R,Q,K]",
        "as conv2d without groups, filters in panels: w[f,i,j,c,o] is that of filter 16 · f + o",
    ),
    _row(
        "conv2d_packed_bias",
        "x[N,H,W,C] w[F,KH,KW,C,16] bias[O] -> y[N,P,Q,O] | padded[B,Y,X,C] columns[B,R,Q,K]",
        "y = conv2d_packed of x and w + bias, and clipped at zero with relu",
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
        "rotate_weights",
        "w[KH,KW,D,O] -> t[KH,KW,O,D]",
        "t = w rotated by 180 degrees, channels swapped",
    ),
    _row(
        "conv2d_chwn",
        "x[C,H,W,N] w[KH,KW,C,O] -> y[O,P,Q,N] | padded[C,Y,X,N] columns[K,R,Q,N]",
        "as conv2d, batch-innermost",
    ),
    _row(
        "conv2d_chwn_grad_w",
        "x[C,H,W,N] dy[O,P,Q,N] -> dw[KH,KW,C,O] | padded[C,Y,X,N] columns[K,R,Q,N] part[K,O]",
        "as conv2d_grad_w, batch-innermost",
    ),
    _row(
        "conv2d_chwn_grad_x",
        "dy[O,P,Q,N] w[KH,KW,C,O] -> dx[C,H,W,N] | padded[C,Y,X,N] columns[K,R,Q,N]",
        "as conv2d_grad_x, batch-innermost",
    ),
    _row(
        "depthwise2d",
        "x[N,H,W,C] w[KH,KW,O] -> y[N,P,Q,O] | padded[B,Y,X,C] t[B,P,Q,O]",
        "y[n,p,q,o] = the sum over i, j of w[i,j,o] · x[n, p·stride + i·dilation - pad, …, o // m]",
    ),
    _row(
        "depthwise2d_bias",
        "x[N,H,W,C] w[KH,KW,O] bias[O] -> y[N,P,Q,O] | padded[B,Y,X,C] t[B,P,Q,O]",
        "y = depthwise2d of x and w + bias, and clipped at zero with relu",
    ),
    _row(
        "depthwise2d_grad_w",
        "x[N,H,W,C] dy[N,P,Q,O] ones[n] -> dw[KH,KW,O] | padded[B,Y,X,C] t[B,P,Q,O] part[O]",
        "the gradient of depthwise2d by its weights",
    ),
    _row(
        "depthwise2d_grad_x",
        "dy[N,P,Q,O] w[KH,KW,O] -> dx[N,H,W,C] | padded[B,Y,X,C] t[B,P,Q,O]",
        "the gradient of depthwise2d by its input",
    ),
    _row("winograd_weights", "w[K,K,C,O] -> u[36,C,O]", "u = G w Gᵀ for every pair of channels"),
    _row(
        "winograd_weights_back",
        "w[K,K,C,O] -> u[36,O,C] | rotated[K,K,O,C]",
        "u = G w' Gᵀ, w' = w rotated by 180 degrees, channels swapped",
    ),
    _row("winograd_grad_w", "du[36,C,O] -> dw[K,K,C,O]", "dw = Gᵀ du G"),
    _row(
        "winograd2d",
        "x[N,H,W,C] u[36,C,O] -> y[N,P,Q,O] spread[36,S,C] "
        "| padded[B,Y,X,C] tiles[T,36,C] products[36,T,O] out[T,M,O]",
        "spread = Bᵀ x B for every window of 6x6; y = Aᵀ (spread · u) A for every tile",
    ),
    _row(
        "winograd2d_once",
        "x[N,H,W,C] u[36,C,O] -> y[N,P,Q,O] "
        "| padded[B,Y,X,C] tiles[T,36,C] spread[36,T,C] products[36,T,O] out[T,M,O]",
        "as winograd2d, nothing kept",
    ),
    _row(
        "winograd2d_bias",
        "x[N,H,W,C] u[36,C,O] bias[O] -> y[N,P,Q,O] "
        "| padded[B,Y,X,C] tiles[T,36,C] spread[36,T,C] products[36,T,O] out[T,M,O]",
        "y = winograd2d of x and u + bias, and clipped at zero with relu",
    ),
    _row(
        "winograd2d_grad_u",
        "dy[N,P,Q,O] spread[36,S,C] -> du[36,C,O] "
        "| padded[B,Y,X,O] tiles[T,M,O] mapped[36,T,O] part[36,C,O]",
        "du = the sum over tiles of spreadᵀ · (A dy Aᵀ)",
    ),
    _row(
        "winograd2d_grad_u_again",
        "x[N,H,W,C] dy[N,P,Q,O] -> du[36,C,O] | padded[B,Y,X,C] tiles[T,36,C] spread[36,T,C] "
        "whole[B,V,U,O] places[T,M,O] mapped[36,T,O] part[36,C,O]",
        "as winograd2d_grad_u, spread = Bᵀ x B computed a second time",
    ),
    _row("maxpool2d", "x[N,H,W,C] -> y[N,P,Q,C]", "y = the largest of each window"),
    _row(
        "maxpool2d_indices",
        "x[N,H,W,C] -> y[N,P,Q,C] which[N,P,Q,C]:u8 | mask[N,P,Q,C]:bool t[N,P,Q,C]:u8",
        "y = the largest of each window; which = the number of its element, the first of equals",
    ),
    _row(
        "maxpool2d_grad",
        "dy[N,P,Q,C] which[N,P,Q,C]:u8 -> dx[N,H,W,C] | mask[N,P,Q,C]:bool t[N,P,Q,C]",
        "each dy goes to the element that was the largest",
    ),
    _row(
        "maxpool2d_indices_wide",
        "x[N,H,W,C] -> y[N,P,Q,C] which[N,P,Q,C]:i64 | mask[N,P,Q,C]:bool t[N,P,Q,C]:i64",
        "maxpool2d_indices for windows of more than 256 elements",
    ),
    _row(
        "maxpool2d_grad_wide",
        "dy[N,P,Q,C] which[N,P,Q,C]:i64 -> dx[N,H,W,C] | mask[N,P,Q,C]:bool t[N,P,Q,C]",
        "maxpool2d_grad for windows of more than 256 elements",
    ),
    _row("avgpool2d", "x[N,H,W,C] -> y[N,P,Q,C]", "y = the sum of each window / its positions"),
    _row(
        "avgpool2d_grad",
        "dy[N,P,Q,C] -> dx[N,H,W,C] | t[N,P,Q,C]",
        "each dy / positions goes to all positions of its window",
    ),
    _row("mean_positions", "x[N,L,C] -> y[N,C]", "y = the mean over L"),
    _row("mean_positions_grad", "dy[N,C] -> dx[N,L,C]", "dx = dy / L at every position"),
    # positions and channels
    _row("swap_layout", "x[A,H,W,B] -> y[B,H,W,A]", "y = x with its first and last axis swapped"),
    _row("add_channel", "x[C,H,W,N] b[C] -> y[C,H,W,N]", "y = x + b for every channel", "x"),
    _row("multiply_channel", "x[C,H,W,N] s[C] -> y[C,H,W,N]", "y = x · s for every channel", "x"),
    _row("sum_channel", "x[C,H,W,N] ones[n] -> y[C]", "y = the sum over all but the channels"),
    _row("pad2d", "x[N,H,W,C] -> y[N,P,Q,C]", "y = x with zeros around it"),
    _row("crop2d", "x[N,H,W,C] -> y[N,P,Q,C]", "y = x from row `top` and column `left` on"),
    _row("upsample2d", "x[N,H,W,C] -> y[N,P,Q,C]", "y = every position repeated along both axes"),
    _row("upsample2d_grad", "dy[N,P,Q,C] -> dx[N,H,W,C]", "dx = the sum over the repeats"),
    _row("concat", "xs[...,C]* -> y[...,E]", "y = all channels, one input after another"),
    _row("slice_channels", "x[...,E] -> y[...,C]", "y = C channels of x from `start` on"),
    _row("maximum", "a[...] b[...] -> out[...]", "out = max(a, b)", "a b"),
    _row(
        "maximum_grad",
        "dy[...] a[...] b[...] -> da[...] db[...] | mask[...]:bool",
        "da = dy where a >= b, db = dy elsewhere; 0 in the other",
    ),
    _row("powers", "x[...,F] -> y[...,G]", "y = x, x², x³, … up to G / F"),
    _row(
        "powers_grad",
        "dy[...,G] x[...,F] -> dx[...,F] | t[...,F] u[...,F]",
        "dx = the sum over d of d · x^(d-1) · dy[d]",
    ),
    _row("take_rows", "w[V,D] ids[...] -> y[...,D] | index[...]:i64", "y = w[ids]"),
    _row(
        "take_rows_grad",
        "dy[...,D] ids[...] -> dw[V,D] | index[...]:i64",
        "dw[v] = the sum of dy where ids is v",
    ),
    # normalisation
    _row(
        "centred_squares",
        "x[...,C] mean[C] ones[n] -> q[C] | t[R,C] u[C]",
        "q = the sum of (x - mean)² over all axes but the last",
    ),
    _row(
        "moments",
        "x[...,C] ones[n] -> mean[C] squares[C] | t[R,C] u[C]",
        "mean = share · the sum of x over all axes but the last; squares = that of (x - mean)²",
    ),
    _row(
        "centred_squares_chwn",
        "x[C,H,W,N] mean[C] ones[n] -> q[C] | t[C,R] u[C]",
        "as centred_squares, batch-innermost",
    ),
    _row(
        "batchnorm",
        "x[...,C] gamma[C] beta[C] mean[C] squares[C] -> y[...,C] inv[C] | u[C] v[C]",
        "inv = 1 / sqrt(share · squares + eps); y = gamma · (x - mean) · inv + beta, and clipped "
        "at zero with relu",
    ),
    _row(
        "batchnorm_add_relu",
        "x[...,C] gamma[C] beta[C] mean[C] squares[C] other[...,C] -> y[...,C] inv[C] | u[C] v[C]",
        "y = max(batchnorm of x + other, 0); inv as batchnorm",
    ),
    _row(
        "batchnorm_chwn",
        "x[C,H,W,N] gamma[C] beta[C] mean[C] squares[C] -> y[C,H,W,N] inv[C] | u[C] v[C]",
        "as batchnorm, batch-innermost",
    ),
    _row(
        "update_statistics",
        "running_mean[C]! running_var[C]! mean[C] squares[C] -> | u[C]",
        "running = (1 - momentum) · running + momentum · (mean, and share · squares)",
        once=True,
    ),
    _row(
        "batchnorm_sums",
        "dy[...,C] x[...,C] mean[C] ones[n] -> dbeta[C] dots[C] | t[R,C] u[C]",
        "dbeta = the sum of dy over the rows; dots = the sum of dy · (x - mean)",
    ),
    _row(
        "batchnorm_sums_chwn",
        "dy[C,H,W,N] x[C,H,W,N] mean[C] ones[n] -> dbeta[C] dots[C] | t[C,R] u[C]",
        "as batchnorm_sums, batch-innermost",
    ),
    _row(
        "batchnorm_relu_sums",
        "dy[...,C] y[...,C] x[...,C] mean[C] ones[n] -> masked[...,C] dbeta[C] dots[C] "
        "| t[R,C] u[C] mask[R,C]:bool",
        "masked = dy · (y > 0), and batchnorm_sums of it",
        "dy",
    ),
    _row(
        "batchnorm_relu_sums_chwn",
        "dy[C,H,W,N] y[C,H,W,N] x[C,H,W,N] mean[C] ones[n] "
        "-> masked[C,H,W,N] dbeta[C] dots[C] | t[C,R] u[C] mask[C,R]:bool",
        "as batchnorm_relu_sums, batch-innermost",
        "dy",
    ),
    _row(
        "batchnorm_grad",
        "dy[...,C] x[...,C] gamma[C] mean[C] inv[C] dbeta[C] dots[C] -> dx[...,C] "
        "| t[R,C] u[C] v[C] w[C] s[C]",
        "dx = gamma · inv · (dy - share · dbeta - share · inv² · dots · (x - mean))",
        "dy",
    ),
    _row(
        "batchnorm_relu_sums_again",
        "dy[...,C] x[...,C] gamma[C] beta[C] mean[C] inv[C] ones[n] -> dbeta[C] dots[C] "
        "| t[R,C] masked[R,C] mask[R,C]:bool u[C] v[C] w[C]",
        "batchnorm_sums of dy · (batchnorm of x > 0), computed as in the forward pass",
    ),
    _row(
        "batchnorm_relu_grad_again",
        "dy[...,C] x[...,C] gamma[C] beta[C] mean[C] inv[C] dbeta[C] dots[C] -> dx[...,C] "
        "| t[R,C] mask[R,C]:bool u[C] v[C] w[C] s[C]",
        "batchnorm_grad of dy · (batchnorm of x > 0), computed as in the forward pass",
        "dy",
    ),
    _row(
        "batchnorm_grad_chwn",
        "dy[C,H,W,N] x[C,H,W,N] gamma[C] mean[C] inv[C] dbeta[C] dots[C] -> dx[C,H,W,N] "
        "| t[C,R] u[C] v[C] w[C] s[C]",
        "as batchnorm_grad, batch-innermost",
        "dy",
    ),
    _row(
        "sum_shards",
        "x[n] -> y[n]",
        "y = the sum of x over all shards of the batch, in their order",
        collective=True,
    ),
    _row(
        "batchnorm_affine",
        "gamma[C] beta[C] mean[C] var[C] -> scale[C] shift[C]",
        "scale = gamma / sqrt(var + eps); shift = beta - scale · mean",
    ),
    _row("affine_rows", "x[...,C] scale[C] shift[C] -> y[...,C]", "y = scale · x + shift", "x"),
    _row(
        "affine_channel",
        "x[C,H,W,N] scale[C] shift[C] -> y[C,H,W,N]",
        "as affine_rows, batch-innermost",
        "x",
    ),
    _row(
        "groupnorm",
        "x[N,L,G,D] gamma[G,D] beta[G,D] -> y[N,L,G,D] mean[N,1,G,1] inv[N,1,G,1] | t[N,L,G,D]",
        "y = gamma · (x - mean) · inv + beta, mean and variance over L and D",
    ),
    _row(
        "groupnorm_grad",
        "dy[N,L,G,D] x[N,L,G,D] gamma[G,D] mean[N,1,G,1] inv[N,1,G,1] "
        "-> dx[N,L,G,D] dgamma[G,D] dbeta[G,D] | t[N,L,G,D] u[N,L,G,D] s[N,1,G,1]",
        "dx = inv · (g - mean(g) - x̂ · mean(g · x̂)), g = gamma · dy",
    ),
    _row(
        "lrn",
        "x[...,C] -> y[...,C] d[...,C] | t[...,C]",
        "d = k + alpha · the sum of x² over the window; y = x · d^-beta",
    ),
    _row(
        "lrn_grad",
        "dy[...,C] x[...,C] d[...,C] -> dx[...,C] | t[...,C] u[...,C]",
        "dx = dy · d^-beta - 2 · alpha · beta · x · the sum of dy · x · d^(-beta-1) over windows",
    ),
    # noise
    _row(
        "dropout_mask",
        "x[...] -> mask[...] | kept[...]:bool",
        "mask = 1/(1-rate) with probability 1-rate, else 0",
        random=True,
    ),
    _row("gaussian_mask", "x[...] -> mask[...]", "mask = 1 + std · normal noise", random=True),
    _row("gaussian", "x[...] -> noise[...]", "noise = std · normal noise", random=True),
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
    _row("mae", "y[...,C] t[...,C] -> loss[...] | u[...,C]", "loss = the mean over C of |y - t|"),
    _row("mae_grad", "y[...,C] t[...,C] -> dy[...,C]", "dy = factor / C · sign(y - t)", "y"),
    _row(
        "huber",
        "y[...,C] t[...,C] -> loss[...] | u[...,C] v[...,C]",
        "loss = the mean over C of r²/2 up to delta, delta · (|r| - delta/2) beyond, r = y - t",
    ),
    _row(
        "huber_grad",
        "y[...,C] t[...,C] -> dy[...,C]",
        "dy = factor / C · r, no further from 0 than delta",
        "y",
    ),
    _row("hinge", "y[...,1] t[...,1] -> loss[...]", "loss = max(0, margin - t · y)"),
    _row(
        "hinge_grad",
        "y[...,1] t[...,1] -> dy[...,1] | mask[...,1]:bool",
        "dy = -factor · t where margin - t · y >= 0",
    ),
    _row(
        "multi_hinge",
        "y[...,C] t[...,C] -> loss[...] z[...,C] m[...,1] | u[...,C]",
        "z = y + margin · (1 - t), m = max(z); loss = m - the sum of t · y",
    ),
    _row(
        "multi_hinge_grad",
        "z[...,C] m[...,1] t[...,C] -> dy[...,C] | mask[...,C]:bool s[...,1]",
        "dy = factor · (1 / k at the k positions of the maximum, - t)",
    ),
    _row(
        "logistic", "y[...,1] t[...,1] -> loss[...] | u[...,1]", "loss = log(1 + exp(-t · y))"
    ),
    _row(
        "logistic_grad",
        "y[...,1] t[...,1] -> dy[...,1] | u[...,1] v[...,1]",
        "dy = -factor · t · sigmoid(-t · y)",
    ),
    _row("negentropy", "t[...,C] -> h[...] | u[...,C]", "h = the sum of t · log t, 0 log 0 = 0"),
    # scalars and optimizers; n is the one axis of the flat vectors
    _row("multiply_cell", "c[]!:f64 ->", "c = by · c"),
    _row("count_step", "steps[]!:f64 ->", "steps = steps + 1"),
    _row(
        "flush",
        "x[n]! steps[]:f64 -> | t[n] mask[n]:bool",
        "x = 0 where |x| < least, after every so many steps",
    ),
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
        "rate = factor · lr · (1 - b1) / (1 - b1t) · root, floor = eps · root, "
        "root = sqrt((1 - b2t) / (1 - b2))",
    ),
    _row(
        "adam",
        "p[n]! g[n] m[n]! v[n]! rate[] floor[] -> | t[n]",
        "m = b1 m + g; v = b2 v + g²; p = p - rate · m / (sqrt(v) + floor)",
    ),
    _row(
        "clip_factor",
        "g[n] -> factor[]",
        "factor = min(1, most / (norm + 1e-6)), norm the Euclidean norm of all gradients",
        collective=True,
    ),
    _row("scale_gradient", "g[n]! factor[] ->", "g = factor · g"),
    _row("shrink", "p[n]! rate[] -> | f[]", "p = p · (1 - strength · rate)"),
    _row(
        "rmsprop",
        "p[n]! g[n] v[n]! rate[] -> | t[n]",
        "v = rho v + (1 - rho) g²; p = p - rate · g / (sqrt(v) + eps)",
    ),
    _row(
        "rmsprop_momentum",
        "p[n]! g[n] v[n]! m[n]! rate[] -> | t[n]",
        "v = rho v + (1 - rho) g²; m = by · m + g / (sqrt(v) + eps); p = p - rate · m",
    ),
    _row(
        "adagrad",
        "p[n]! g[n] v[n]! rate[] -> | t[n]",
        "v = v + g²; p = p - rate · g / (sqrt(v) + eps)",
    ),
    _row(
        "adadelta",
        "p[n]! g[n] v[n]! u[n]! rate[] -> | s[n] t[n]",
        "v = rho v + (1 - rho) g²; d = sqrt(u + eps) / sqrt(v + eps) · g; "
        "u = rho u + (1 - rho) d²; p = p - rate · d",
    ),
    _row(
        "nadam_rates",
        "lr[]:f64 b2t[]:f64 count[]:f64 product[]:f64 -> rate[] rate_g[] floor[]",
        "the rates of nadam after `count` steps, `product` the product of all mu so far",
    ),
    _row("nadam_step", "count[]!:f64 product[]!:f64 ->", "count += 1; product = mu · product"),
    _row(
        "nadam",
        "p[n]! g[n] m[n]! v[n]! rate[] rate_g[] floor[] -> | s[n] t[n]",
        "m, v as adam; p = p - (rate · m + rate_g · g) / (sqrt(v) + floor)",
    ),
    _row(
        "lion",
        "p[n]! g[n] m[n]! rate[] -> | t[n]",
        "p = p - rate · sign(b1 m + (1 - b1) g); m = b2 m + (1 - b2) g",
    ),
)  # fmt: skip

ROWS: dict[str, Row] = {row.name: row for row in _TABLE}
