"""The numbers that an optimizer keeps between steps, and those that a step needs once. Cells are
double precision, and so is the arithmetic on them."""

from __future__ import annotations

from ..writer import Argument, FunctionWriter, Template


def _double(value: float) -> str:
    """A number as an exact literal of double precision."""
    return f"({float(value).hex()})"


def multiply_cell(writer: FunctionWriter, c: Argument, by: float) -> str:
    return f"*{c.name} *= {_double(by)};"


def count_step(c: FunctionWriter, steps: Argument) -> str:
    return f"*{steps.name} += 1;"


def rate(c: FunctionWriter, lr: Argument, rate: Argument, factor: float) -> str:
    return f"*{rate.name} = (real)(*{lr.name} * {_double(factor)});"


def adam_rates(
    c: FunctionWriter, lr: Argument, b1t: Argument, b2t: Argument, rate: Argument, floor: Argument,
    factor: float, eps: float, b1: float, b2: float,
) -> str:  # fmt: skip
    return (
        f"const double root = sqrt((1 - *{b2t.name}) / {_double(1 - b2)});\n"
        f"*{rate.name} = (real)({_double(factor)} * *{lr.name} * root * {_double(1 - b1)}"
        f" / (1 - *{b1t.name}));\n"
        f"*{floor.name} = (real)({_double(eps)} * root);"
    )


def _mu(b1: float, decay: float, count: str) -> str:
    """The weight of the first moment after so many steps."""
    return f"({_double(b1)} * (1 - 0.5 * pow(0.96, ({count}) * {_double(decay)})))"


def nadam_step(
    c: FunctionWriter, count: Argument, product: Argument, b1: float, decay: float
) -> str:
    return f"*{count.name} += 1;\n*{product.name} *= {_mu(b1, decay, f'*{count.name}')};"


def nadam_rates(
    c: FunctionWriter, lr: Argument, b2t: Argument, count: Argument, product: Argument,
    rate: Argument, rate_g: Argument, floor: Argument,
    factor: float, b1: float, decay: float, eps: float,
) -> str:  # fmt: skip
    return (
        f"const double correction = sqrt(1 - *{b2t.name});\n"
        f"const double now = {_mu(b1, decay, f'*{count.name}')};\n"
        f"const double following = {_mu(b1, decay, f'*{count.name} + 1')};\n"
        f"const double size = {_double(factor)} * *{lr.name} * correction;\n"
        f"*{rate.name} = (real)(size * following / (1 - *{product.name} * following));\n"
        f"*{rate_g.name} = (real)(size * (1 - now) / (1 - *{product.name}));\n"
        f"*{floor.name} = (real)({_double(eps)} * correction);"
    )


def clip_factor(c: FunctionWriter, g: Argument, factor: Argument, most: float) -> str:
    c.use("reductions.h")
    norm = f"SQRT(dot_of({g.name}, {g.name}, {g.size}))"
    return f"*{factor.name} = smaller({c.number(most)} / ({norm} + {c.number(1e-6)}), 1);"


TEMPLATES: dict[str, Template] = {
    "multiply_cell": multiply_cell,
    "count_step": count_step,
    "rate": rate,
    "adam_rates": adam_rates,
    "nadam_step": nadam_step,
    "nadam_rates": nadam_rates,
    "clip_factor": clip_factor,
}
