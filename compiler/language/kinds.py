"""The kinds of values that options take.

An option's type is written once, as `Annotated[int, Count()]`. The kind says it in words for a
message, turns what a person wrote into the Python value, writes that value back as netc text, and
gives Pydantic the schema with which the same value is validated when it comes as JSON. The kinds
are few on purpose: a reader of messages meets the same words everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from ...grammar.numbers import shortest
from ...grammar.record import Record
from .values import LabelValue, Number, Sequence, ShapeValue, Text, Value, Word

if TYPE_CHECKING:
    from pydantic_core import CoreSchema


Reason = Literal["kind", "range", "unit", "no unit"]


class Wrong(Record):
    """Why a value does not fit: `expected` is the kind in words, `hint` a way out."""

    expected: str
    hint: str = ""
    reason: Reason = "kind"
    """Whether it is another kind of value, outside the range, or a matter of its unit."""
    units: tuple[str, ...] = ()
    """The units that fit, where that is the matter. Empty: it takes no unit."""
    meant: float | None = None
    """The number that a percentage says, where only a plain number fits."""


class Kind(Record):
    """The base: what every kind can do."""

    def describe(self) -> str:
        """In words, with its article: "a whole number of at least 1"."""
        raise NotImplementedError(type(self).__name__)

    def convert(self, value: Value) -> Any:
        """The Python value of what was written, or `Wrong`."""
        raise NotImplementedError(type(self).__name__)

    def write(self, value: Any) -> str:
        """netc text that `convert` turns into this value again."""
        return str(value)

    def words(self) -> tuple[str, ...]:
        """The words that it accepts, for did-you-mean."""
        return ()

    def example(self) -> str:
        """A value as one would write it, for the help of a message."""
        words = self.words()
        return words[0] if words else "..."

    def core_schema(self) -> CoreSchema:
        """What Pydantic validates a value by that comes as JSON or from a program."""
        raise NotImplementedError(type(self).__name__)

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        from pydantic_core import core_schema

        schema = self.core_schema()
        return core_schema.nullable_schema(schema) if type(None) in get_args(source) else schema


def number_text(value: float) -> str:
    """The shortest netc spelling of a number: `0.001`, `1e-5`, `64`."""
    if isinstance(value, int) or (value == int(value) and abs(value) < 1e6):
        return str(int(value))
    return shortest(value)


def fraction(percentage: float) -> float:
    """A percentage as a part of one, rounded once: 99.9 gives 0.999, where `/ 100` does not."""
    text = repr(percentage)
    return percentage / 100 if "e" in text else float(f"{text}e-2")


class Count(Kind):
    """A whole number."""

    least: int = 1
    most: int | None = None

    def describe(self) -> str:
        if self.most is None:
            return f"a whole number of at least {self.least}"
        return f"a whole number from {self.least} to {self.most}"

    def convert(self, value: Value) -> int | Wrong:
        if not isinstance(value, Number):
            return Wrong(self.describe())
        if value.unit is not None:
            return Wrong(self.describe(), reason="unit")
        if not isinstance(value.value, int) and not float(value.value).is_integer():
            return Wrong(self.describe())
        number = int(value.value)
        if number < self.least or (self.most is not None and number > self.most):
            return Wrong(self.describe(), reason="range")
        return number

    def example(self) -> str:
        return str(min(max(10, self.least), self.most or 10))

    def core_schema(self) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.int_schema(ge=self.least, le=self.most, strict=True)


class Real(Kind):
    """A finite number in a range. `above` and `below` are excluded bounds."""

    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None
    percent: bool = False
    """True where `20%` may stand for 0.2."""

    def describe(self) -> str:
        lower = self.least if self.least is not None else self.above
        upper = self.most if self.most is not None else self.below
        low = "" if lower is None else number_text(lower)
        high = "" if upper is None else number_text(upper)
        at_least = f"of at least {low}" if self.above is None else f"greater than {low}"
        at_most = f"of at most {high}" if self.below is None else f"less than {high}"
        if lower is None and upper is None:
            text = "a number"
        elif upper is None:
            text = f"a number {at_least}"
        elif lower is None:
            text = f"a number {at_most}"
        else:
            text = f"a number {at_least} and {at_most}"
        return f"{text} (or a percentage)" if self.percent else text

    def convert(self, value: Value) -> float | Wrong:
        if not isinstance(value, Number):
            return Wrong(self.describe())
        number = float(value.value)
        if value.unit == "%" and self.percent:
            number = fraction(value.value)
        elif value.unit is not None:
            units = ("%",) if self.percent else ()
            part = fraction(value.value) if value.unit == "%" else None
            meant = part if part is not None and self._holds(part) else None
            return Wrong(self.describe(), reason="unit", units=units, meant=meant)
        if self._holds(number):
            return number
        whole = self.percent and value.unit is None and number.is_integer()
        as_percent = whole and number > 1 and self._holds(number / 100)
        hint = f"a percentage is written with its sign: `{number_text(number)}%`"
        if whole and number == self.below:
            hint, as_percent = f"for example `{number_text(number / 2)}`", True
        return Wrong(self.describe(), hint if as_percent else "", reason="range")

    def _holds(self, number: float) -> bool:
        return (
            (self.least is None or number >= self.least)
            and (self.most is None or number <= self.most)
            and (self.above is None or number > self.above)
            and (self.below is None or number < self.below)
        )

    def example(self) -> str:
        if self.percent and self._holds(0.1):
            return "10%"
        tried = (0.1, 0.5, 1.0, self.least, self.most)
        return next(number_text(n) for n in (*tried, 2.0) if n is not None and self._holds(n))

    def write(self, value: Any) -> str:
        return number_text(value)

    def core_schema(self) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.float_schema(
            ge=self.least, le=self.most, gt=self.above, lt=self.below, allow_inf_nan=False
        )


class Choice(Kind):
    """One of a few words."""

    choices: tuple[str, ...]

    def describe(self) -> str:
        words = ", ".join(f"`{word}`" for word in self.choices)
        return words if len(self.choices) == 1 else f"one of {words}"

    def convert(self, value: Value) -> str | Wrong:
        if isinstance(value, Word) and value.text in self.choices:
            return value.text
        return Wrong(self.describe())

    def words(self) -> tuple[str, ...]:
        return self.choices

    def core_schema(self) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.literal_schema(list(self.choices))


class Flag(Kind):
    """`true` or `false`."""

    def describe(self) -> str:
        return "`true` or `false`"

    def convert(self, value: Value) -> bool | Wrong:
        if isinstance(value, Word) and value.text in ("true", "false"):
            return value.text == "true"
        return Wrong(self.describe())

    def write(self, value: Any) -> str:
        return "true" if value else "false"

    def words(self) -> tuple[str, ...]:
        return ("true", "false")

    def core_schema(self) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.bool_schema(strict=True)


class Sizes(Kind):
    """One size for every axis (`3`, giving a tuple of one) or one an axis (`3x3`)."""

    least: int = 1

    def describe(self) -> str:
        return f"sizes such as `3` or `3x3`, each at least {self.least}"

    def convert(self, value: Value) -> tuple[int, ...] | Wrong:
        written: tuple[int | float | None, ...]
        if isinstance(value, Number):
            if value.unit is not None:
                return Wrong(self.describe(), reason="unit")
            written = (value.value,)
        elif isinstance(value, ShapeValue):
            written = value.sizes
        elif isinstance(value, Sequence):
            written = tuple(
                item.value if isinstance(item, Number) and item.unit is None else None
                for item in value.items
            )
        else:
            return Wrong(self.describe())
        sizes = tuple(size for size in written if isinstance(size, int))
        if not sizes or len(sizes) < len(written):
            return Wrong(self.describe())
        if min(sizes) < self.least:
            return Wrong(self.describe(), reason="range")
        return sizes

    def example(self) -> str:
        return "3x3"

    def write(self, value: Any) -> str:
        return "x".join(str(size) for size in value)

    def core_schema(self) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.tuple_variable_schema(
            core_schema.int_schema(ge=self.least, strict=True), min_length=1
        )


class TensorShape(Kind):
    """The shape of one sample: `784`, `28x28x1`, `?x8`."""

    def describe(self) -> str:
        return "a shape such as `784` or `28x28x1`, every size at least 1"

    def convert(self, value: Value) -> tuple[int | None, ...] | Wrong:
        if isinstance(value, ShapeValue) and all(size is None or size > 0 for size in value.sizes):
            return value.sizes
        sizes = Sizes().convert(value)
        if isinstance(sizes, Wrong):
            return Wrong(self.describe(), reason=sizes.reason)
        return sizes

    def example(self) -> str:
        return "28x28x1"

    def write(self, value: Any) -> str:
        return "x".join("?" if size is None else str(size) for size in value)

    def core_schema(self) -> CoreSchema:
        from pydantic_core import core_schema

        size = core_schema.nullable_schema(core_schema.int_schema(ge=1, strict=True))
        return core_schema.tuple_variable_schema(size, min_length=1)


class Quoted(Kind):
    """A text in quotes: a path, a name that is no word."""

    what: str = "a text in quotes"
    sample: str = "name"

    def describe(self) -> str:
        return self.what

    def example(self) -> str:
        return f'"{self.sample}"'

    def convert(self, value: Value) -> str | Wrong:
        if isinstance(value, Text):
            return value.text
        hint = f'put it in quotes: `"{value.text}"`' if isinstance(value, Word) else ""
        return Wrong(self.describe(), hint)

    def write(self, value: Any) -> str:
        return f'"{value}"'

    def core_schema(self) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.str_schema(strict=True)


class FreeWord(Kind):
    """A word that the author chooses: a layer's `name=`, a column, a metric to watch."""

    what: str = "a word"
    sample: str = "name"

    def describe(self) -> str:
        return self.what

    def example(self) -> str:
        return self.sample

    def convert(self, value: Value) -> str | Wrong:
        return value.text if isinstance(value, Word) else Wrong(self.describe())

    def core_schema(self) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.str_schema(strict=True)


class LabelName(Kind):
    """`@name`, kept as `name`."""

    def describe(self) -> str:
        return "a label such as `@name`"

    def convert(self, value: Value) -> str | Wrong:
        if isinstance(value, LabelValue):
            return value.name
        hint = f"write `@{value.text}`" if isinstance(value, Word) else ""
        return Wrong(self.describe(), hint)

    def example(self) -> str:
        return "@name"

    def write(self, value: Any) -> str:
        return f"@{value}"

    def core_schema(self) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.str_schema(strict=True)
