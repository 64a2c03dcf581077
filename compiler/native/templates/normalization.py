"""Normalization: moments, their gradients, and the affine maps that follow from them.

Channels are the last axis, or in the batch-innermost rows (`_chwn`) the first one.
"""

from __future__ import annotations

from ..writer import Argument, FunctionWriter, Template
from .columns import sum_columns, wide_rows


def _sums(c: FunctionWriter, terms: str, x: Argument, **operands: Argument) -> str:
    """Sums over the rows of x."""
    times = wide_rows(c, x.rows, x.columns)
    names = {name: operand.name for name, operand in operands.items()}
    return sum_columns(c, terms, x.rows, x.columns, times, x=x.name, **names)


def _each_channel(x: Argument, statement: str) -> str:
    """A statement for each channel c, whose numbers begin at x + at."""
    channels = x.shape[0]
    each = x.size // channels
    return (
        f"for (int64_t c = 0; c < {channels}; c++) {{\n"
        f"const int64_t at = c * {each}, positions = {each};\n{statement}\n}}"
    )


def centred_squares(
    c: FunctionWriter, x: Argument, mean: Argument, ones: Argument, q: Argument
) -> str:
    return _sums(c, "COLUMN_SQUARES", x, mean=mean, first=q)


def centred_squares_chwn(
    c: FunctionWriter, x: Argument, mean: Argument, ones: Argument, q: Argument
) -> str:
    c.use("reductions.h")
    call = f"{q.name}[c] = centred_squares_of({x.name} + at, {mean.name}[c], positions);"
    return _each_channel(x, call)


def batchnorm_sums(
    c: FunctionWriter, dy: Argument, x: Argument, mean: Argument, ones: Argument,
    dbeta: Argument, dots: Argument,
) -> str:  # fmt: skip
    return _sums(c, "COLUMN_GRADIENTS", x, mean=mean, dy=dy, first=dbeta, second=dots)


def batchnorm_sums_chwn(
    c: FunctionWriter, dy: Argument, x: Argument, mean: Argument, ones: Argument,
    dbeta: Argument, dots: Argument,
) -> str:  # fmt: skip
    c.use("normalization.h")
    arrays = f"{dy.name} + at, NULL, {x.name} + at, {mean.name}[c], NULL"
    sums = f"{dbeta.name} + c, {dots.name} + c, positions"
    return _each_channel(x, f"gradient_sums_channel({arrays}, {sums});")


def batchnorm_relu_sums(
    c: FunctionWriter, dy: Argument, y: Argument, x: Argument, mean: Argument, ones: Argument,
    masked: Argument, dbeta: Argument, dots: Argument,
) -> str:  # fmt: skip
    return _sums(
        c, "COLUMN_RELU_GRADIENTS", x,
        mean=mean, dy=dy, y=y, masked=masked, first=dbeta, second=dots,
    )  # fmt: skip


def batchnorm_relu_sums_chwn(
    c: FunctionWriter, dy: Argument, y: Argument, x: Argument, mean: Argument, ones: Argument,
    masked: Argument, dbeta: Argument, dots: Argument,
) -> str:  # fmt: skip
    c.use("normalization.h")
    arrays = f"{dy.name} + at, {y.name} + at, {x.name} + at, {mean.name}[c], {masked.name} + at"
    sums = f"{dbeta.name} + c, {dots.name} + c, positions"
    return _each_channel(x, f"gradient_sums_channel({arrays}, {sums});")


def moments(
    c: FunctionWriter, x: Argument, ones: Argument, mean: Argument, squares: Argument, share: float
) -> str | None:
    if share != 1 / x.rows:
        return None
    c.use("normalization.h")
    times = wide_rows(c, x.rows, x.columns)
    wide = c.workspace(2 * times * x.columns) if times > 1 else "NULL"
    name = c.helper("moments", _shared_moments)
    sizes = f"{x.rows}, {x.columns}, {times}"
    return f"{name}({x.name}, {mean.name}, {squares.name}, {sizes}, {wide});"


def _shared_moments(name: str) -> str:
    """One function for all sizes, as for sums of columns."""
    return (
        f"static __attribute__((noinline)) void {name}(const real *x, real *mean, real *squares,"
        " int64_t rows, int64_t columns, int64_t times, real *wide) {\n"
        "moments_of_rows(x, mean, squares, rows, columns, times, wide);\n}"
    )


def _affine_form(
    c: FunctionWriter, gamma: Argument, beta: Argument, mean: Argument, inv: Argument
) -> tuple[str, str, str]:
    """y = factor x + term: where factors and terms are, and the call that makes them."""
    c.use("normalization.h")
    factor, term = c.workspace(gamma.size), c.workspace(gamma.size)
    operands = ", ".join(operand.name for operand in (gamma, beta, mean, inv))
    return factor, term, f"affine_form({operands}, {factor}, {term}, {gamma.size});"


def _inverse_deviations(
    c: FunctionWriter, squares: Argument, inv: Argument, share: float, eps: float
) -> str:
    numbers = f"{inv.size}, {c.number(share)}, {c.number(eps)}"
    return f"inverse_deviations({squares.name}, {inv.name}, {numbers});"


def _affine_rows(
    c: FunctionWriter, x: Argument, factor: str, term: str, other: str, y: Argument, *, relu: bool
) -> str:
    """y = factor x + term + other. Where rows are no whole vectors, several are taken for one."""
    times = wide_rows(c, x.rows, x.columns)
    if times == 1 or x.columns % c.target.lanes == 0:
        sizes = f"{x.rows}, {x.columns}, {relu:d}"
        return f"affine_rows({x.name}, {factor}, {term}, {other}, {y.name}, {sizes});"
    length, rows = times * x.columns, x.rows // times
    factors, terms = c.workspace(length), c.workspace(length)
    done = rows * length
    more = "NULL" if other == "NULL" else f"{other} + {done}"
    return (
        f"repeat_row({factor}, {factors}, {x.columns}, {times});\n"
        f"repeat_row({term}, {terms}, {x.columns}, {times});\n"
        f"affine_rows({x.name}, {factors}, {terms}, {other}, {y.name}, {rows}, {length},"
        f" {relu:d});\n"
        f"affine_rows({x.name} + {done}, {factor}, {term}, {more}, {y.name} + {done},"
        f" {x.rows - rows * times}, {x.columns}, {relu:d});"
    )


def batchnorm(
    c: FunctionWriter, x: Argument, gamma: Argument, beta: Argument, mean: Argument,
    squares: Argument, y: Argument, inv: Argument, share: float, eps: float, step: int, relu: bool,
) -> str:  # fmt: skip
    factor, term, form = _affine_form(c, gamma, beta, mean, inv)
    deviations = _inverse_deviations(c, squares, inv, share, eps)
    rows = _affine_rows(c, x, factor, term, "NULL", y, relu=relu)
    return f"{deviations}\n{form}\n{rows}"


def batchnorm_add_relu(
    c: FunctionWriter, x: Argument, gamma: Argument, beta: Argument, mean: Argument,
    squares: Argument, other: Argument, y: Argument, inv: Argument,
    share: float, eps: float, step: int,
) -> str:  # fmt: skip
    factor, term, form = _affine_form(c, gamma, beta, mean, inv)
    deviations = _inverse_deviations(c, squares, inv, share, eps)
    rows = _affine_rows(c, x, factor, term, other.name, y, relu=True)
    return f"{deviations}\n{form}\n{rows}"


def batchnorm_chwn(
    c: FunctionWriter, x: Argument, gamma: Argument, beta: Argument, mean: Argument,
    squares: Argument, y: Argument, inv: Argument, share: float, eps: float, step: int, relu: bool,
) -> str:  # fmt: skip
    factor, term, form = _affine_form(c, gamma, beta, mean, inv)
    channels = x.shape[0]
    return (
        f"{_inverse_deviations(c, squares, inv, share, eps)}\n{form}\n"
        f"affine_channels({x.name}, {factor}, {term}, {y.name},"
        f" {channels}, {x.size // channels}, {relu:d});"
    )


def batchnorm_relu_sums_again(
    c: FunctionWriter, dy: Argument, x: Argument, gamma: Argument, beta: Argument, mean: Argument,
    inv: Argument, ones: Argument, dbeta: Argument, dots: Argument,
) -> str:  # fmt: skip
    factor, term, form = _affine_form(c, gamma, beta, mean, inv)
    total = sum_columns(
        c, "COLUMN_RELU_AGAIN", x.rows, x.columns, wide_rows(c, x.rows, x.columns),
        x=x.name, mean=mean.name, dy=dy.name, factor=factor, term=term,
        first=dbeta.name, second=dots.name,
    )  # fmt: skip
    return f"{form}\n{total}"


def _gradient_form(
    c: FunctionWriter, gamma: Argument, mean: Argument, inv: Argument, dbeta: Argument,
    dots: Argument, share: float,
) -> tuple[list[str], str]:  # fmt: skip
    """The vectors of dx = s dy + u x + v: where they are, and the call that makes them."""
    c.use("normalization.h")
    vectors = [c.workspace(gamma.size) for _ in range(3)]
    operands = ", ".join(operand.name for operand in (gamma, mean, inv, dbeta, dots))
    numbers = f"{gamma.size}, {c.number(share)}"
    return vectors, f"batchnorm_gradient_form({operands}, {_form(vectors)}, {numbers});"


def _form(vectors: list[str]) -> str:
    """s, u and v, and the factor and the term by whose sign dy counts, where there are."""
    members = ", ".join(vectors if len(vectors) == 5 else [*vectors, "NULL", "NULL"])
    return f"(struct gradient_form){{{members}}}"


def _gradient_rows(
    c: FunctionWriter, dy: Argument, x: Argument, vectors: list[str], dx: Argument
) -> str:
    """Where rows are no whole vectors, several are taken for one."""
    times = wide_rows(c, x.rows, x.columns)
    if times == 1 or x.columns % c.target.lanes == 0:
        sizes = f"{x.rows}, {x.columns}"
        return f"gradient_rows({dy.name}, {x.name}, {_form(vectors)}, {dx.name}, {sizes});"
    length, rows = times * x.columns, x.rows // times
    done = rows * length
    wide = [c.workspace(length) for _ in vectors]
    repeats = (
        f"repeat_row({vector}, {row}, {x.columns}, {times});"
        for vector, row in zip(vectors, wide, strict=True)
    )
    return "\n".join(
        [
            *repeats,
            f"gradient_rows({dy.name}, {x.name}, {_form(wide)}, {dx.name}, {rows}, {length});",
            f"gradient_rows({dy.name} + {done}, {x.name} + {done}, {_form(vectors)},"
            f" {dx.name} + {done}, {x.rows - rows * times}, {x.columns});",
        ]
    )


def batchnorm_grad(
    c: FunctionWriter, dy: Argument, x: Argument, gamma: Argument, mean: Argument, inv: Argument,
    dbeta: Argument, dots: Argument, dx: Argument, share: float,
) -> str:  # fmt: skip
    vectors, form = _gradient_form(c, gamma, mean, inv, dbeta, dots, share)
    return f"{form}\n{_gradient_rows(c, dy, x, vectors, dx)}"


def batchnorm_relu_grad_again(
    c: FunctionWriter, dy: Argument, x: Argument, gamma: Argument, beta: Argument, mean: Argument,
    inv: Argument, dbeta: Argument, dots: Argument, dx: Argument, share: float,
) -> str:  # fmt: skip
    factor, term, affine = _affine_form(c, gamma, beta, mean, inv)
    vectors, form = _gradient_form(c, gamma, mean, inv, dbeta, dots, share)
    return f"{affine}\n{form}\n{_gradient_rows(c, dy, x, [*vectors, factor, term], dx)}"


def batchnorm_grad_chwn(
    c: FunctionWriter, dy: Argument, x: Argument, gamma: Argument, mean: Argument, inv: Argument,
    dbeta: Argument, dots: Argument, dx: Argument, share: float,
) -> str:  # fmt: skip
    vectors, form = _gradient_form(c, gamma, mean, inv, dbeta, dots, share)
    channels = x.shape[0]
    return (
        f"{form}\ngradient_channels({dy.name}, {x.name}, {_form(vectors)}, {dx.name},"
        f" {channels}, {x.size // channels});"
    )


def _groups(c: FunctionWriter, x: Argument, rows: int) -> tuple[str, str]:
    """The sizes of a sample's groups, and the memory: room for so many rows of channels, how many
    rows are taken for one, and room for these."""
    c.use("normalization.h")
    _, length, groups, each = x.shape
    channels = groups * each
    times = wide_rows(c, length, channels)
    wide = c.workspace(5 * times * channels) if times > 1 else "NULL"
    sizes = f"(struct group_sizes){{{length}, {groups}, {each}}}"
    return sizes, f"{times}, {c.workspace(rows * channels)}, {wide}"


def groupnorm(
    c: FunctionWriter, x: Argument, gamma: Argument, beta: Argument, y: Argument,
    mean: Argument, inv: Argument, eps: float,
) -> str:  # fmt: skip
    sizes, memory = _groups(c, x, 2)
    samples, _, groups, _ = x.shape
    at, group = f"n * {x.size // samples}", f"n * {groups}"
    return (
        f"for (int64_t n = 0; n < {samples}; n++)\n"
        f"groupnorm_sample({x.name} + {at}, {gamma.name}, {beta.name}, {y.name} + {at},"
        f" {mean.name} + {group}, {inv.name} + {group}, {sizes}, {c.number(eps)}, {memory});"
    )


def groupnorm_grad(
    c: FunctionWriter, dy: Argument, x: Argument, gamma: Argument, mean: Argument, inv: Argument,
    dx: Argument, dgamma: Argument, dbeta: Argument,
) -> str:  # fmt: skip
    sizes, memory = _groups(c, x, 4)
    samples, _, groups, _ = x.shape
    at, group = f"n * {x.size // samples}", f"n * {groups}"
    return (
        f"memset({dgamma.name}, 0, {dgamma.size} * sizeof(real));\n"
        f"memset({dbeta.name}, 0, {dbeta.size} * sizeof(real));\n"
        f"for (int64_t n = 0; n < {samples}; n++)\n"
        f"groupnorm_gradient_sample({dy.name} + {at}, {x.name} + {at}, {gamma.name},"
        f" {mean.name} + {group}, {inv.name} + {group}, {dx.name} + {at}, {dgamma.name},"
        f" {dbeta.name}, {sizes}, {memory});"
    )


def lrn(
    c: FunctionWriter, x: Argument, y: Argument, d: Argument,
    size: int, alpha: float, beta: float, k: float,
) -> str:  # fmt: skip
    c.use("normalization.h")
    numbers = ", ".join(c.number(value) for value in (alpha, beta, k))
    return (
        f"lrn_rows({x.name}, {y.name}, {d.name}, {c.workspace(x.columns)},"
        f" {x.rows}, {x.columns}, {size}, {numbers});"
    )


def lrn_grad(
    c: FunctionWriter, dy: Argument, x: Argument, d: Argument, dx: Argument,
    size: int, alpha: float, beta: float,
) -> str:  # fmt: skip
    c.use("normalization.h")
    return (
        f"lrn_gradient_rows({dy.name}, {x.name}, {d.name}, {dx.name}, {c.workspace(2 * x.columns)},"
        f" {x.rows}, {x.columns}, {size}, {c.number(alpha)}, {c.number(beta)});"
    )


def mean_positions(c: FunctionWriter, x: Argument, y: Argument) -> str:
    samples, length, channels = x.shape
    times = wide_rows(c, length, channels)
    total = sum_columns(
        c, "COLUMN_SUM", length, channels, times,
        x=f"{x.name} + n * {length * channels}", first="mean",
    )  # fmt: skip
    return (
        f"for (int64_t n = 0; n < {samples}; n++) {{\n"
        f"real *restrict mean = {y.name} + n * {channels};\n{total}\n"
        f"for (int64_t c = 0; c < {channels}; c++) mean[c] *= {c.number(1 / length)};\n}}"
    )


def mean_positions_grad(c: FunctionWriter, dy: Argument, dx: Argument) -> str:
    samples, length, channels = dx.shape
    return (
        f"for (int64_t n = 0; n < {samples}; n++)\n"
        f"for (int64_t l = 0; l < {length}; l++)\n"
        f"IVDEP for (int64_t c = 0; c < {channels}; c++)\n"
        f"{dx.name}[(n * {length} + l) * {channels} + c] ="
        f" {dy.name}[n * {channels} + c] * {c.number(1 / length)};"
    )


TEMPLATES: dict[str, Template] = {
    "centred_squares": centred_squares,
    "centred_squares_chwn": centred_squares_chwn,
    "batchnorm": batchnorm,
    "batchnorm_add_relu": batchnorm_add_relu,
    "batchnorm_chwn": batchnorm_chwn,
    "moments": moments,
    "batchnorm_sums": batchnorm_sums,
    "batchnorm_sums_chwn": batchnorm_sums_chwn,
    "batchnorm_relu_sums": batchnorm_relu_sums,
    "batchnorm_relu_sums_chwn": batchnorm_relu_sums_chwn,
    "batchnorm_relu_sums_again": batchnorm_relu_sums_again,
    "batchnorm_relu_grad_again": batchnorm_relu_grad_again,
    "batchnorm_grad": batchnorm_grad,
    "batchnorm_grad_chwn": batchnorm_grad_chwn,
    "groupnorm": groupnorm,
    "groupnorm_grad": groupnorm_grad,
    "lrn": lrn,
    "lrn_grad": lrn_grad,
    "mean_positions": mean_positions,
    "mean_positions_grad": mean_positions_grad,
}
