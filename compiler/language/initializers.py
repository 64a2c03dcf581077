"""How weights start, and the kind of the `init=` option.

Scales and slopes start at `constant` with a `scale`: a rule that layers give, not a word to write.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict

from .frozen import STRICT
from .kinds import Misread, Ruled, number_text, object_schema, refused
from .values import FunctionValue, Number, WordValue, WrittenValue

PLAIN = {
    "zeros": "0",
    "xavier": "normal with variance 1 / fan_in, which keeps the variance of the forward pass "
    "only (Glorot & Bengio 2010); `glorot` balances both passes",
    "glorot": "uniform in [-a, a] with a = sqrt(6 / (fan_in + fan_out)), whose variance lies "
    "between what the forward and the backward pass need (Glorot & Bengio 2010); `xavier` "
    "counts the inputs only",
    "he": "normal with variance 2 / fan_in, for the ReLU family (He et al. 2015)",
    "lecun": "normal with variance 1 / fan_in, equal to `xavier` (LeCun et al. 1998)",
    "orthogonal": "a random matrix with orthonormal rows or columns (Saxe et al. 2013)",
}
SCALED = {
    "normal": "`normal(STD)`: normal with standard deviation STD",
    "uniform": "`uniform(A)`: uniform in [-A, A]",
}
INITIALIZERS = {**PLAIN, **SCALED}
"""What each rule draws from."""

FANS = (
    "fan_in is the number of inputs that one output reads, fan_out the number of outputs that one "
    "input reaches: kernel elements times the channels of a group for a convolution"
)


@dataclass(frozen=True, slots=True)
class Initializer:
    """A rule for starting values; `scale` only for `normal`, `uniform` and `constant`."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    rule: str
    scale: float | None = None

    def __str__(self) -> str:
        return self.rule if self.scale is None else f"{self.rule}({number_text(self.scale)})"


class Rules(Ruled):
    """The value of `init=`: `he`, `normal(0.01)`."""

    python = Initializer

    def describe(self) -> str:
        plain = ", ".join(f"`{word}`" for word in PLAIN)
        return f"an initialiser: {plain}, `normal(STD)` or `uniform(A)`"

    def read(self, value: WrittenValue) -> Any:
        match value:
            case WordValue():
                return Initializer(value.text)
            case FunctionValue(arguments=(Number(unit=None) as scale,)):
                return Initializer(value.name, scale.value)
        return Misread()

    def check(self, value: Initializer) -> Initializer:
        scale = value.scale
        if scale is None:
            if value.rule in PLAIN:
                return value
        elif value.rule in SCALED and type(scale) in (int, float) and 0 < scale < inf:
            return Initializer(value.rule, float(scale))
        raise refused("kind")

    def json_schema(self) -> dict[str, Any]:
        scale = {"type": "number", "exclusiveMinimum": 0}
        plain = object_schema(rule={"enum": list(PLAIN)}, scale={"const": None})
        plain["required"] = ["rule"]
        return {"oneOf": [plain, object_schema(rule={"enum": list(SCALED)}, scale=scale)]}

    def words(self) -> tuple[str, ...]:
        return tuple(INITIALIZERS)

    def hint(self, value: WrittenValue) -> str:
        if isinstance(value, WordValue) and value.text in SCALED:
            return f"give it a size: `{value.text}(0.01)`"
        return ""


Initial = Annotated[Initializer, Rules()]


def default_rule(*, rectified: bool) -> Initializer:
    """He before the relu family, Glorot otherwise."""
    return Initializer("he" if rectified else "glorot")
