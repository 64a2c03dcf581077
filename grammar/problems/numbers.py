"""E01, second part: numbers, units and shapes that cannot be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..problem import Fix, Problem
from .characters import respell


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRunsIntoWord(Problem):
    """A number and a word need a space between them.

    ```netc
    input 784 -> dense 10softmax
    ```

    Instead:

    ```netc
    input 784 -> dense 10 softmax
    ```
    """

    code: ClassVar[str] = "E0109"
    title: ClassVar[str] = "missing space after a number"
    is_note: ClassVar[bool] = True
    number: str
    word: str

    def message(self) -> str:
        return f"missing space between `{self.number}` and `{self.word}`"

    def help(self) -> tuple[str, ...]:
        return (f"write `{self.number} {self.word}`",)

    def fixes(self) -> tuple[Fix, ...]:
        return respell(self.at, f"{self.number} {self.word}")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownUnit(Problem):
    """A number has an unknown unit.

    The units are `ep` (epochs), `it` (iterations), `%`, `min`, `h` and `s`.

    ```netc
    input 784 -> dense 10 softmax
    loss ce
    stop after 10minutes
    ```

    Instead:

    ```netc
    input 784 -> dense 10 softmax
    loss ce
    stop after 10min
    ```
    """

    code: ClassVar[str] = "E0110"
    title: ClassVar[str] = "unknown unit"
    number: str
    unit: str
    meant: str | None

    def message(self) -> str:
        return f"unknown unit `{self.unit}`"

    def label(self) -> str:
        return "" if self.meant is not None else "the units are `ep`, `it`, `%`, `min`, `h` and `s`"

    def help(self) -> tuple[str, ...]:
        if self.meant is None:
            return ("write the number in full, without a unit",)
        return (f"write `{self.meant}`",)

    def fixes(self) -> tuple[Fix, ...]:
        return () if self.meant is None else respell(self.at, self.meant)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitStandsApart(Problem):
    """A unit must follow its number without a space.

    ```netc
    input 784 -> dense 10 softmax
    loss ce
    stop after 10 min
    ```

    Instead:

    ```netc
    input 784 -> dense 10 softmax
    loss ce
    stop after 10min
    ```
    """

    code: ClassVar[str] = "E0111"
    title: ClassVar[str] = "space before a unit"
    meant: str

    def message(self) -> str:
        return "a unit must follow its number without a space"

    def help(self) -> tuple[str, ...]:
        return (f"write `{self.meant}`",)

    def fixes(self) -> tuple[Fix, ...]:
        return respell(self.at, self.meant)


@dataclass(frozen=True, slots=True, kw_only=True)
class MalformedNumber(Problem):
    """A number is malformed.

    A point needs digits on both sides; `_` between digits and a leading `+` are not allowed; an
    exponent is `e` and a whole number: `1e-5`.

    ```netc
    input 784 -> dropout .5 -> dense 10
    ```

    Instead:

    ```netc
    input 784 -> dropout 0.5 -> dense 10
    ```
    """

    code: ClassVar[str] = "E0112"
    title: ClassVar[str] = "malformed number"
    meant: str | None

    def message(self) -> str:
        return f"`{self.at.text}` is not a number"

    def help(self) -> tuple[str, ...]:
        if self.meant is None:
            return ("numbers look like `64`, `0.5` and `1e-5`",)
        return (f"write `{self.meant}`",)

    def fixes(self) -> tuple[Fix, ...]:
        return () if self.meant is None else respell(self.at, self.meant)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberOutOfRange(Problem):
    """A number is too large or too small to be represented.

    Whole numbers have at most 18 digits; others lie between about 1e-308 and 1e308.

    ```netc
    input 784 -> dense 10 init=normal(1e999)
    ```
    """

    code: ClassVar[str] = "E0113"
    title: ClassVar[str] = "number out of range"
    reason: str

    def message(self) -> str:
        return f"this number is {self.reason}"

    def help(self) -> tuple[str, ...]:
        return ("whole numbers have at most 18 digits, others lie between 1e-308 and 1e308",)


@dataclass(frozen=True, slots=True, kw_only=True)
class MalformedShape(Problem):
    """A shape is malformed: it must be sizes joined by `x`.

    Each size is a whole number, or `?` for any size: `28x28x1`, `?x8`.

    ```netc
    input 28x28x -> flatten
    ```

    Instead:

    ```netc
    input 28x28x1 -> flatten
    ```
    """

    code: ClassVar[str] = "E0114"
    title: ClassVar[str] = "malformed shape"
    meant: str | None

    def message(self) -> str:
        return f"`{self.at.text}` is not a shape"

    def help(self) -> tuple[str, ...]:
        text = self.at.source.text
        if self.meant is None and text[self.at.end : self.at.end + 1] in ("$", "("):
            sizes = ", ".join(self.at.text.rstrip("x").split("x"))
            return (f"write a shape with a computed size as a list: `({sizes}, $c)`",)
        if self.meant is None and self.at.text[:-1].isdecimal():
            times = self.at.text[:-1]
            return (
                f"to repeat layers, write `repeat {times} [dense 64 relu]`",
                "a shape is sizes joined by `x`, as in `3x3` or `28x28x1`",
            )
        if self.meant is None:
            return ("a shape is sizes joined by `x`, as in `3x3` or `28x28x1`",)
        return (f"write `{self.meant}`",)

    def fixes(self) -> tuple[Fix, ...]:
        return () if self.meant is None else respell(self.at, self.meant)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecimalComma(Problem):
    """A number has a decimal comma; the decimal separator is a point.

    ```netc
    input 784 -> dropout 0,5 -> dense 10
    ```

    Instead:

    ```netc
    input 784 -> dropout 0.5 -> dense 10
    ```
    """

    code: ClassVar[str] = "E0118"
    title: ClassVar[str] = "decimal comma"
    meant: str

    def message(self) -> str:
        return "the decimal separator is a point, not a comma"

    def help(self) -> tuple[str, ...]:
        return (f"write `{self.meant}`",)

    def fixes(self) -> tuple[Fix, ...]:
        return respell(self.at, self.meant)
