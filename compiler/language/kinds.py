"""The kinds of values that options take.

An option's type says all that there is to say of its values: `Annotated[int, Field(ge=1)]`. What is
allowed are Pydantic's constraints. A `Kind` is made of the type: it reads what a person wrote into
the plain Python value that Pydantic validates, writes that value back as netc text, and says the
type in words. The kinds are few on purpose: a reader of messages meets the same words everywhere.
"""

from __future__ import annotations

from re import fullmatch
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from ...grammar.lalr import KEYWORDS
from ...grammar.numbers import shortest
from ...grammar.text import WRITABLE, listed, quoted, shape_text, shortened
from ...grammar.tokens import LARGEST_WHOLE
from .numbers import TOO_LONG, Percent, fraction, is_too_long, whole
from .values import (
    FunctionValue,
    LabelValue,
    Number,
    Sequence,
    ShapeValue,
    Text,
    WordValue,
    WrittenValue,
)

NAME = r"[a-z][a-z0-9_]*"

MOST_SHOWN = 60
"""Characters of a value in a sentence."""

Reason = Literal["kind", "range", "unit", "no unit"]
"""Why a value does not fit: it is another kind of value, outside the range, or a matter of its
unit."""


class Misread(NamedTuple):
    """What a kind reads of a value of another sort."""

    reason: Reason = "kind"


class Bounds(NamedTuple):
    """The least and the most that a number may be. `gt` and `lt` are excluded."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None

    def hold(self, number: float) -> bool:
        return (
            (self.ge is None or number >= self.ge)
            and (self.gt is None or number > self.gt)
            and (self.le is None or number <= self.le)
            and (self.lt is None or number < self.lt)
        )


class Kind:
    """The base: what every kind can do."""

    python: ClassVar[type]
    """The Python type of its values."""
    units: tuple[str, ...] = ()
    """The units that a number may have."""

    def describe(self) -> str:
        """In words, with its article: "a whole number of at least 1"."""
        raise NotImplementedError(type(self).__name__)

    def read(self, value: WrittenValue) -> Any:
        """The Python value of what was written, or `Misread` where it is of another sort. Whether
        it is allowed is Pydantic's matter."""
        raise NotImplementedError(type(self).__name__)

    def write(self, value: Any) -> str:
        """netc text that `read` turns into this value again."""
        return str(value)

    def words(self) -> tuple[str, ...]:
        """The words that it accepts, for did-you-mean."""
        return ()

    def example(self) -> str:
        """A value as one would write it, for the help of a message."""
        words = self.words()
        return words[0] if words else "..."

    def hint(self, value: WrittenValue) -> str:
        """A way out for a value that does not fit, or nothing."""
        return ""


class Ruled(Kind):
    """The base of kinds with a rule that no constraint of Pydantic says: `Annotated[str, Name()]`.

    What breaks the rule raises `PydanticCustomError` of a type that is a `Reason`, with a `hint`.
    """

    def check(self, value: Any) -> Any:
        """The value, when it is allowed."""
        raise NotImplementedError(type(self).__name__)

    def json_schema(self) -> dict[str, Any]:
        """Its JSON Schema."""
        raise NotImplementedError(type(self).__name__)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return self.json_schema()


def object_schema(**properties: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of an object with these entries and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def refused(reason: Literal["kind", "range", "unit"], hint: str = "") -> PydanticCustomError:
    """The error of a value that a rule refuses."""
    return PydanticCustomError(reason, "{hint}", {"hint": hint})


def number_text(value: float) -> str:
    """The shortest netc spelling of a number: `0.001`, `1e-5`, `64`."""
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e6):
        return str(int(value))
    return shortest(value)


def value_text(value: WrittenValue) -> str:
    """A value as netc text, without `$` and arithmetic."""
    match value:
        case Number():
            return number_text(value.value) + (value.unit or "")
        case ShapeValue():
            return shape_text(value.sizes)
        case Text():
            return quoted(value.text)
        case WordValue():
            return value.text
        case LabelValue():
            return f"@{value.name}"
        case Sequence():
            comma = "," if len(value.items) == 1 else ""
            return f"({', '.join(map(value_text, value.items))}{comma})"
        case FunctionValue():
            return f"{value.name}({', '.join(map(value_text, value.arguments))})"


def short_text(value: WrittenValue) -> str:
    """As `value_text`, for a sentence."""
    return shortened(value_text(value), MOST_SHOWN)


class Whole(Kind):
    """A whole number."""

    python = int

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds

    def describe(self) -> str:
        least, most = self.bounds.ge, self.bounds.le
        if least is not None and most is not None:
            return f"a whole number from {least} to {most}"
        return "a whole number" if least is None else f"a whole number of at least {least}"

    def read(self, value: WrittenValue) -> Any:
        if not isinstance(value, Number):
            return Misread()
        if value.unit is not None:
            return Misread("unit")
        return Misread("range") if is_too_long(value.value) else whole(value.value)

    def hint(self, value: WrittenValue) -> str:
        return TOO_LONG if isinstance(value, Number) and is_too_long(value.value) else ""

    def example(self) -> str:
        return str(max(10, self.bounds.ge or 0))


class OutputCount(Whole):
    """A number of outputs, or `?` where the data decide it, which is None."""

    def __init__(self) -> None:
        super().__init__(Bounds(ge=1))

    def read(self, value: WrittenValue) -> Any:
        if isinstance(value, ShapeValue) and value.sizes == (None,):
            return None
        return super().read(value)

    def write(self, value: Any) -> str:
        return "?" if value is None else super().write(value)


class Real(Kind):
    """A finite number."""

    python = float

    def __init__(self, bounds: Bounds, *, percent: bool) -> None:
        self.bounds = bounds
        self.units = ("%",) if percent else ()

    def describe(self) -> str:
        ge, gt, le, lt = (None if it is None else number_text(it) for it in self.bounds)
        limits = [f"of at least {ge}"] if ge else [f"greater than {gt}"] if gt else []
        limits += [f"at most {le}"] if le else [f"less than {lt}"] if lt else []
        text = f"a number from {ge} to {le}" if ge and le else f"a number {' and '.join(limits)}"
        text = text.rstrip()
        return f"{text} (or a percentage)" if self.units else text

    def read(self, value: WrittenValue) -> Any:
        if not isinstance(value, Number):
            return Misread()
        if value.unit is None:
            return value.value
        return fraction(value.value) if value.unit in self.units else Misread("unit")

    def hint(self, value: WrittenValue) -> str:
        if not self.units or not isinstance(value, Number) or value.unit is not None:
            return ""
        number = float(value.value)
        if number == self.bounds.lt:
            return f"for example `{number_text(number / 2)}`"
        if number <= 1 or not number.is_integer() or not self.bounds.hold(number / 100):
            return ""
        return f"for a percentage, write `{number_text(number)}%`"

    def example(self) -> str:
        if self.units and self.bounds.hold(0.1):
            return "10%"
        tried = (0.1, 0.5, 1.0, self.bounds.ge, self.bounds.le, 2.0)
        return next(number_text(n) for n in tried if n is not None and self.bounds.hold(n))

    def write(self, value: Any) -> str:
        return number_text(value)


class Choice(Kind):
    """One of a few words."""

    python = str

    def __init__(self, choices: tuple[str, ...]) -> None:
        self.choices = choices

    def describe(self) -> str:
        return listed(self.choices, "or")

    def read(self, value: WrittenValue) -> Any:
        return value.text if isinstance(value, WordValue) else Misread()

    def words(self) -> tuple[str, ...]:
        return self.choices


class Flag(Kind):
    """`true` or `false`."""

    python = bool

    def describe(self) -> str:
        return "`true` or `false`"

    def read(self, value: WrittenValue) -> Any:
        if isinstance(value, WordValue) and value.text in self.words():
            return value.text == "true"
        return Misread()

    def write(self, value: Any) -> str:
        return "true" if value else "false"

    def words(self) -> tuple[str, ...]:
        return ("true", "false")


class Quoted(Ruled):
    """A text in quotes: a path, a name that is not a word."""

    python = str

    def __init__(self, what: str, sample: str) -> None:
        self.what, self.sample = what, sample

    def describe(self) -> str:
        return self.what

    def read(self, value: WrittenValue) -> Any:
        return value.text if isinstance(value, Text) else Misread()

    def check(self, value: str) -> str:
        """The value, where a string of the language can hold it."""
        if fullmatch(WRITABLE, value) is None:
            raise refused("kind", "a string has no line breaks and no characters that nobody sees")
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{WRITABLE}$"}

    def example(self) -> str:
        return f'"{self.sample}"'

    def write(self, value: Any) -> str:
        return quoted(value)

    def hint(self, value: WrittenValue) -> str:
        return f"put it in quotes: `{quoted(value.text)}`" if isinstance(value, WordValue) else ""


def is_name(text: str) -> bool:
    """Whether a spec may name something so."""
    return text not in KEYWORDS and fullmatch(NAME, text) is not None


class Name(Ruled):
    """A word that the author chooses: a layer's `name=`."""

    python = str

    def __init__(self, what: str = "a name for the layer") -> None:
        self.what = what

    def describe(self) -> str:
        return self.what

    def read(self, value: WrittenValue) -> Any:
        return value.text if isinstance(value, WordValue) else Misread()

    def check(self, value: str) -> str:
        if not is_name(value):
            raise refused("kind")
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{NAME}$", "not": {"enum": list(KEYWORDS)}}

    def example(self) -> str:
        return "name"


class LabelName(Kind):
    """`@name`, kept as `name`."""

    python = str

    def describe(self) -> str:
        return "a label such as `@name`"

    def read(self, value: WrittenValue) -> Any:
        return value.name if isinstance(value, LabelValue) else Misread()

    def example(self) -> str:
        return "@name"

    def write(self, value: Any) -> str:
        return f"@{value}"

    def hint(self, value: WrittenValue) -> str:
        return f"write `@{value.text}`" if isinstance(value, WordValue) else ""


PATH = rf"^{NAME}(\.[a-z0-9_]+)*$"
"""A name with those of the blocks and loops around it: `stage1.skip`, `repeat1.2.skip`."""

AnyWhole = Annotated[int, Field(ge=-LARGEST_WHOLE, le=LARGEST_WHOLE)]
Natural = Annotated[int, Field(ge=0, le=LARGEST_WHOLE)]
Count = Annotated[int, Field(ge=1, le=LARGEST_WHOLE)]
UnitCount = Annotated[Count | None, OutputCount()]
"""A number of outputs; None: as many as the targets have."""
Several = Annotated[int, Field(ge=2, le=LARGEST_WHOLE)]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
WeightOption = Literal["balanced"] | Annotated[tuple[NonNegative, ...], Field(min_length=1)]
"""What several things count, each a number; or what makes up for how often each occurs."""
Share = Annotated[float, Field(ge=0, lt=1), Percent]
"""A part of a whole that is not all of it."""
Sizes = Annotated[tuple[Count, ...], Field(min_length=1)]
SizesFromZero = Annotated[tuple[Natural, ...], Field(min_length=1)]
SampleShape = Annotated[tuple[Count | None, ...], Field(min_length=1)]
LabelOption = Annotated[str, Field(pattern=PATH), LabelName()]
LayerName = Annotated[str, Name()]
