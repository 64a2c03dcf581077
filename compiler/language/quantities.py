"""Numbers with a unit: `5ep`, `200it`, `10%`, `10min`.

| unit | counts |
|---|---|
| `ep` | epochs: passes over the training part |
| `it` | iterations: batches, each one step of the optimizer |
| `%` | hundredths of the whole run |
| `s` `min` `h` | seconds, minutes and hours of the clock |
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from sys import float_info
from typing import Any, ClassVar

from pydantic import ConfigDict

from ...grammar.tokens import LARGEST_WHOLE
from .frozen import STRICT
from .kinds import Misread, Ruled, number_text, object_schema, refused
from .numbers import TOO_LONG, is_too_long
from .values import Number, WrittenValue

SECONDS = {"s": 1, "min": 60, "h": 3600}
"""How many seconds each unit of time has."""

WHOLE = ("ep", "it")
"""Units that count things: two and a half batches are none."""

EXAMPLES = {"ep": 5, "it": 200, "%": 10, "s": 30, "min": 10, "h": 2}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and its unit. Which are allowed is a matter of the option: see `Units`."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    value: int | float
    unit: str

    def __str__(self) -> str:
        return f"{number_text(self.value)}{self.unit}"


def steps_of(quantity: Quantity, *, epoch: int, run: int) -> int:
    """How many steps of the optimizer a quantity in `ep`, `it` or `%` is.

    `epoch` is the number of steps of one epoch, `run` that of the whole run. A share of the run
    is rounded up, so that no share but 0% is nothing.
    """
    if quantity.unit == "it":
        return int(quantity.value)
    if quantity.unit == "ep":
        return int(quantity.value) * epoch
    if quantity.unit == "%":
        return ceil(quantity.value * run / 100)
    raise ValueError(f"{quantity} is a time, not a number of steps")


def seconds_of(quantity: Quantity) -> float:
    """How many seconds a quantity in `s`, `min` or `h` is."""
    return quantity.value * SECONDS[quantity.unit]


class Units(Ruled):
    """A number with one of a few units: reads one, and allows it. `least` holds for what counts
    whole things."""

    python = Quantity

    def __init__(self, *units: str, least: int = 1) -> None:
        self.units = units
        self.least = least

    def describe(self) -> str:
        examples = [f"`{EXAMPLES[unit]}{unit}`" for unit in self.units]
        shown = (
            examples[0] if len(examples) == 1 else f"{', '.join(examples[:-1])} or {examples[-1]}"
        )
        return f"a quantity such as {shown}"

    def read(self, value: WrittenValue) -> Any:
        if not isinstance(value, Number):
            return Misread()
        if value.unit is None:
            return Misread("no unit")
        whole = float(value.value).is_integer() and not is_too_long(value.value)
        return Quantity(int(value.value) if whole else value.value, value.unit)

    def check(self, quantity: Quantity) -> Quantity:
        number, unit = quantity.value, quantity.unit
        # compared, because a whole number may be too large for a float
        if type(number) not in (int, float) or not abs(number) <= float_info.max:
            raise refused("kind")
        if unit not in self.units:
            raise refused("unit")
        if (unit in WHOLE or isinstance(number, int)) and is_too_long(number):
            raise refused("range", TOO_LONG)
        if unit in WHOLE and not isinstance(number, int):
            things = "epochs" if unit == "ep" else "batches"
            raise refused("kind", f"`{unit}` counts whole {things}")
        if unit in WHOLE and number < self.least:
            raise refused("range", f"the least is `{self.least}{unit}`")
        if number < 0 or (number == 0 and self.least > 0):
            raise refused("range", "it must be greater than 0")
        if unit == "%" and number > 100:
            raise refused("range", "the whole run is `100%`")
        return quantity

    def json_schema(self) -> dict[str, Any]:
        return {"oneOf": [self._unit_schema(unit) for unit in self.units]}

    def _unit_schema(self, unit: str) -> dict[str, Any]:
        number: dict[str, Any] = {"type": "number", "minimum": 0}
        if unit in WHOLE:
            number = {"type": "integer", "minimum": self.least, "maximum": LARGEST_WHOLE}
        elif self.least:
            number = {"type": "number", "exclusiveMinimum": 0}
        if unit == "%":
            number["maximum"] = 100
        return object_schema(value=number, unit={"const": unit})

    def example(self) -> str:
        return f"{EXAMPLES[self.units[0]]}{self.units[0]}"
