"""How weights start, and the kind of the `init=` option.

| word | distribution | source |
|---|---|---|
| `zeros` | 0 | |
| `normal(STD)` | normal, standard deviation STD | |
| `uniform(A)` | uniform in [-A, A] | |
| `xavier` | normal, variance 1 / fan_in | Glorot & Bengio 2010, forward condition |
| `glorot` | uniform in [-a, a], a = sqrt(6 / (fan_in + fan_out)) | Glorot & Bengio 2010 |
| `he` | normal, variance 2 / fan_in | He et al. 2015 |
| `lecun` | normal, variance 1 / fan_in | LeCun et al. 1998 |
| `orthogonal` | orthogonal matrix | Saxe et al. 2013 |

Scales and slopes start at `constant` with a `scale`: a rule that layers give, not a word to write.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .kinds import Kind, Wrong, number_text
from .values import FunctionValue, Number, Value, Word

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

PLAIN = ("zeros", "xavier", "glorot", "he", "lecun", "orthogonal")
SCALED = ("normal", "uniform")


@dataclass(frozen=True, slots=True)
class Initializer:
    """A rule for starting values; `scale` only for `normal`, `uniform` and `constant`."""

    rule: str
    scale: float | None = None

    def __str__(self) -> str:
        return self.rule if self.scale is None else f"{self.rule}({number_text(self.scale)})"


class Initial(Kind):
    """The value of `init=`: `he`, `normal(0.01)`."""

    def describe(self) -> str:
        plain = ", ".join(f"`{word}`" for word in PLAIN)
        return f"an initialiser: {plain}, `normal(STD)` or `uniform(A)`"

    def convert(self, value: Value) -> Initializer | Wrong:
        if isinstance(value, Word) and value.text in PLAIN:
            return Initializer(value.text)
        if isinstance(value, Word) and value.text in SCALED:
            return Wrong(self.describe(), f"give it a size: `{value.text}(0.01)`")
        if isinstance(value, FunctionValue) and value.name in SCALED and len(value.arguments) == 1:
            scale = value.arguments[0]
            if isinstance(scale, Number) and scale.unit is None and scale.value > 0:
                return Initializer(value.name, float(scale.value))
        return Wrong(self.describe())

    def words(self) -> tuple[str, ...]:
        return PLAIN + SCALED

    def core_schema(self) -> CoreSchema:
        from pydantic_core import core_schema

        fields = [
            core_schema.dataclass_field(
                "rule", core_schema.literal_schema([*PLAIN, *SCALED]), kw_only=False
            ),
            core_schema.dataclass_field(
                "scale",
                core_schema.with_default_schema(
                    core_schema.nullable_schema(core_schema.float_schema(gt=0)), default=None
                ),
                kw_only=False,
            ),
        ]
        return core_schema.dataclass_schema(
            Initializer,
            core_schema.dataclass_args_schema("Initializer", fields),
            ["rule", "scale"],
            slots=True,
        )


def default_rule(*, rectified: bool) -> Initializer:
    """He before the relu family, Glorot otherwise."""
    return Initializer("he" if rectified else "glorot")
