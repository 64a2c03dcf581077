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
from typing import TYPE_CHECKING, Any

from .kinds import Kind, Wrong, number_text
from .values import Number, Value

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

SECONDS = {"s": 1, "min": 60, "h": 3600}
"""How many seconds each unit of time has."""

WHOLE = ("ep", "it")
"""Units that count things: two and a half batches are none."""

EXAMPLES = {"ep": 5, "it": 200, "%": 10, "s": 30, "min": 10, "h": 2}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and its unit."""

    value: int | float
    unit: str

    def __str__(self) -> str:
        return f"{number_text(self.value)}{self.unit}"


def steps_of(quantity: Quantity, *, epoch: int, run: int) -> int:
    """How many steps of the optimizer a quantity in `ep`, `it` or `%` stands for.

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
    """How many seconds a quantity in `s`, `min` or `h` stands for."""
    return quantity.value * SECONDS[quantity.unit]


class Measured(Kind):
    """A number with one of a few units. `least` and `most` hold for the number, in any unit."""

    units: tuple[str, ...]
    least: int = 1

    def describe(self) -> str:
        examples = [f"`{EXAMPLES[unit]}{unit}`" for unit in self.units]
        shown = (
            examples[0] if len(examples) == 1 else f"{', '.join(examples[:-1])} or {examples[-1]}"
        )
        return f"a quantity such as {shown}"

    def convert(self, value: Value) -> Quantity | Wrong:
        if not isinstance(value, Number):
            return Wrong(self.describe())
        if value.unit is None:
            return Wrong(self.describe(), reason="no unit", units=self.units)
        if value.unit not in self.units:
            return Wrong(self.describe(), reason="unit", units=self.units)
        number = value.value
        if isinstance(number, float) and number.is_integer():
            number = int(number)
        if value.unit in WHOLE and not isinstance(number, int):
            things = "epochs" if value.unit == "ep" else "batches"
            return Wrong(self.describe(), f"`{value.unit}` counts whole {things}")
        if value.unit in WHOLE and number < self.least:
            at_least = f"the least is `{self.least}{value.unit}`"
            return Wrong(self.describe(), at_least, reason="range")
        if number < 0 or (number == 0 and self.least > 0):
            return Wrong(self.describe(), "it must be greater than 0", reason="range")
        if value.unit == "%" and number > 100:
            return Wrong(self.describe(), "the whole run is `100%`", reason="range")
        return Quantity(number, value.unit)

    def write(self, value: Any) -> str:
        return str(value)

    def example(self) -> str:
        return f"{EXAMPLES[self.units[0]]}{self.units[0]}"

    def core_schema(self) -> CoreSchema:
        from pydantic_core import core_schema

        number = core_schema.union_schema(
            [
                core_schema.int_schema(ge=0, strict=True),
                core_schema.float_schema(ge=0, allow_inf_nan=False),
            ]
        )
        fields = [
            core_schema.dataclass_field("value", number, kw_only=False),
            core_schema.dataclass_field(
                "unit", core_schema.literal_schema(list(self.units)), kw_only=False
            ),
        ]
        return core_schema.dataclass_schema(
            Quantity,
            core_schema.dataclass_args_schema("Quantity", fields),
            ["value", "unit"],
            slots=True,
        )
