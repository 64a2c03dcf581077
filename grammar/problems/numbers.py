"""E01, second part: numbers, units and shapes that cannot be read."""

from __future__ import annotations

from ..problem import Fix, Note, Problem, respell
from .characters import Misspelling


class NumberRunsIntoWord(Note):
    """A number and a word need a space between them.

    ```netc
    input 784 -> dense 10softmax
    ```

    Instead:

    ```netc
    input 784 -> dense 10 softmax
    ```
    """

    code = "E0109"
    title = "missing space after a number"
    message_text = "missing space between `{number}` and `{word}`"
    help_texts = ("write `{number} {word}`",)
    number: str
    word: str

    def fixes(self) -> tuple[Fix, ...]:
        return respell(self.at, f"{self.number} {self.word}")


class UnknownUnit(Misspelling):
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

    code = "E0110"
    title = "unknown unit"
    message_text = "unknown unit `{unit}`"
    number: str
    unit: str
    help_texts = ("write the number in full, without a unit",)

    def label(self) -> str:
        return "" if self.intended else "the units are `ep`, `it`, `%`, `min`, `h` and `s`"


class UnitStandsApart(Misspelling):
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

    code = "E0111"
    title = "space before a unit"
    message_text = "a unit must follow its number without a space"


class MalformedNumber(Misspelling):
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

    code = "E0112"
    title = "malformed number"
    help_texts = ("numbers look like `64`, `0.5` and `1e-5`",)

    def message(self) -> str:
        return f"`{self.at.text}` is not a number"


class NumberOutOfRange(Problem):
    """A number is too large or too small to be represented.

    Whole numbers have at most 18 digits; others lie between about 1e-308 and 1e308.

    ```netc
    input 784 -> dense 10 init=normal(1e999)
    ```
    """

    code = "E0113"
    title = "number out of range"
    message_text = "this number is {reason}"
    help_texts = ("whole numbers have at most 18 digits, others lie between 1e-308 and 1e308",)
    reason: str


class MalformedShape(Misspelling, Note):
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

    code = "E0114"
    title = "malformed shape"

    def message(self) -> str:
        return f"`{self.at.text}` is not a shape"

    def general_help(self) -> tuple[str, ...]:
        text = self.at.source.text
        if text[self.at.end : self.at.end + 1] in ("$", "("):
            sizes = ", ".join(self.at.text.rstrip("x").split("x"))
            return (f"write a shape with a computed size as a list: `({sizes}, $c)`",)
        return ("a shape is sizes joined by `x`, as in `3x3` or `28x28x1`",)


class DecimalComma(Misspelling):
    """A number has a decimal comma; the decimal separator is a point.

    ```netc
    input 784 -> dropout 0,5 -> dense 10
    ```

    Instead:

    ```netc
    input 784 -> dropout 0.5 -> dense 10
    ```
    """

    code = "E0118"
    title = "decimal comma"
    message_text = "the decimal separator is a point, not a comma"
