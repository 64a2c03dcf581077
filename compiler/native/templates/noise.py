"""Random rows: they draw what NumPy draws from the same stream."""

from __future__ import annotations

from ..writer import Argument, FunctionWriter, Template
from ..ziggurat import ziggurat_tables


def _stream(generator: Argument) -> str:
    return f"(struct random_stream *){generator.name}"


def dropout_mask(
    c: FunctionWriter, x: Argument, mask: Argument, rate: float, generator: Argument
) -> str:
    c.use("random.h")
    kept = c.number(1 / (1 - rate))
    return (
        f"fill_dropout({mask.name}, {mask.size}, {c.number(rate)}, {kept}, {_stream(generator)});"
    )


def _normal(
    c: FunctionWriter, out: Argument, mean: float, std: float, generator: Argument
) -> str:  # fmt: skip
    c.use("random.h")
    precision = c.target.precision
    tables = ziggurat_tables(precision)
    inside = c.table(tables.inside, "uint32_t" if precision == "f32" else "uint64_t")
    members = f"{c.table(tables.widths)}, {c.table(tables.densities)}, {inside}"
    return (
        f"fill_normal({out.name}, {out.size}, {c.number(mean)}, {c.number(std)},"
        f" {_stream(generator)}, (struct ziggurat){{{members}}});"
    )


def gaussian(
    c: FunctionWriter, x: Argument, noise: Argument, std: float, generator: Argument
) -> str:
    return _normal(c, noise, 0.0, std, generator)


def gaussian_mask(
    c: FunctionWriter, x: Argument, mask: Argument, std: float, generator: Argument
) -> str:
    return _normal(c, mask, 1.0, std, generator)


TEMPLATES: dict[str, Template] = {
    "dropout_mask": dropout_mask,
    "gaussian": gaussian,
    "gaussian_mask": gaussian_mask,
}
