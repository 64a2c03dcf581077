"""E01, fourth part: words and signs in an order that makes no pipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..problem import Edit, Fix, Problem
from ..source import Span
from .characters import respell


@dataclass(frozen=True, slots=True, kw_only=True)
class UnexpectedWord(Problem):
    """Something stands where it cannot stand.

    A call is a word, then its values, `key=value` and bare words.

    ```netc
    input 784 -> dense 10 bias=*
    ```

    Instead:

    ```netc
    input 784 -> dense 10 bias=false
    ```
    """

    code: ClassVar[str] = "E0100"
    title: ClassVar[str] = "something that cannot stand where it stands"
    found: str
    after: str
    hint: str = ""

    def message(self) -> str:
        return f"{self.found} cannot follow {self.after}"

    def help(self) -> tuple[str, ...]:
        return (self.hint,) if self.hint else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingBeforeArrow(Problem):
    """An arrow leads from one stage to the next, and there is none before it.

    A line that begins with `->` goes on with the statement before it.

    ```netc
    -> dense 10
    ```

    Instead:

    ```netc
    input 784 -> dense 10
    ```
    """

    code: ClassVar[str] = "E0130"
    title: ClassVar[str] = "arrow with nothing before it"

    def message(self) -> str:
        return "nothing flows into this `->`"

    def label(self) -> str:
        return "expected a stage before it"

    def help(self) -> tuple[str, ...]:
        return ("a pipe begins with `input` and its shape, with a label or with a call",)


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingAfterArrow(Problem):
    """An arrow leads to the next stage, and there is none.

    ```netc
    input 784 -> -> dense 10
    ```

    Instead:

    ```netc
    input 784 -> dense 10
    ```
    """

    code: ClassVar[str] = "E0131"
    title: ClassVar[str] = "arrow with nothing behind it"

    def message(self) -> str:
        return "nothing comes after this `->`"

    def label(self) -> str:
        return "expected a stage behind it"

    def help(self) -> tuple[str, ...]:
        return ("write the next layer, or remove the arrow",)

    def fixes(self) -> tuple[Fix, ...]:
        return (Fix("remove the arrow", (Edit(self.at, ""),), safe=False),)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyBranch(Problem):
    """A branch is empty.

    The branch that passes its input through is `id`.

    ```netc
    input 784 -> add [dense 784 | ]
    ```

    Instead:

    ```netc
    input 784 -> add [dense 784 | id]
    ```
    """

    code: ClassVar[str] = "E0132"
    title: ClassVar[str] = "empty branch"
    side: str

    def message(self) -> str:
        return f"there is no branch {self.side} this `|`"

    def help(self) -> tuple[str, ...]:
        return ("write `id` for a branch that passes its input through, or remove the `|`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchesOutsideBrackets(Problem):
    """Branches stand in brackets behind the word that merges them.

    ```netc
    input 784 -> dense 10 | dense 10
    ```

    Instead:

    ```netc
    input 784 -> add [dense 10 | dense 10]
    ```
    """

    code: ClassVar[str] = "E0133"
    title: ClassVar[str] = "branches outside brackets"

    def message(self) -> str:
        return "`|` separates branches, and no bracket is open"

    def help(self) -> tuple[str, ...]:
        return (
            "branches stand in brackets behind the word that merges them: `add [p | q]`",
            "stages are joined by `->`",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallInParentheses(Problem):
    """A call is written without parentheses and commas.

    ```netc
    input 784 -> dense(128)
    ```

    Instead:

    ```netc
    input 784 -> dense 128
    ```
    """

    code: ClassVar[str] = "E0134"
    title: ClassVar[str] = "call with parentheses"
    meant: str | None

    def message(self) -> str:
        return "a call is written without parentheses"

    def help(self) -> tuple[str, ...]:
        if self.meant is None:
            return ("write a blank before the arguments, such as `dense 128`",)
        return (f"write `{self.meant}`",)

    def fixes(self) -> tuple[Fix, ...]:
        return () if self.meant is None else respell(self.at, self.meant)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommaBetweenArguments(Problem):
    """Arguments are separated by blanks. Commas stand in parentheses only.

    ```netc
    input 28x28x1 -> conv 16, 3x3
    ```

    Instead:

    ```netc
    input 28x28x1 -> conv 16 3x3
    ```
    """

    code: ClassVar[str] = "E0135"
    title: ClassVar[str] = "comma between arguments"
    in_number: str | None = None
    numbers: tuple[str, ...] = ()
    """The numbers around it that touch it. What they are together nobody knows."""
    between_calls: bool = False
    """Whether a call begins behind the comma, so that `->` was meant."""

    def message(self) -> str:
        if self.between_calls:
            return "stages are joined by `->`, not by commas"
        return "arguments are separated by blanks, not by commas"

    def help(self) -> tuple[str, ...]:
        if self.between_calls:
            return ("write `->`",)
        if not self.numbers:
            return ("remove the comma", "a list stands in parentheses: `(64, 128)`")
        a_list = f"a list stands in parentheses: `({', '.join(self.numbers)})`"
        if self.in_number is not None:
            return (f"for one number write `{self.in_number}`", a_list)
        ways = (f"sizes are joined by `x`: `{'x'.join(self.numbers)}`", a_list)
        if len(self.numbers) == 2:
            return (f"decimals are written with a point: `{'.'.join(self.numbers)}`", *ways)
        return ways

    def fixes(self) -> tuple[Fix, ...]:
        if self.numbers:
            return ()
        after = self.at.source.text[self.at.end : self.at.end + 1]
        blank = "" if after.isspace() or not after else " "
        if self.between_calls:
            return (Fix("write `->`", (Edit(self.at, f" ->{blank}"),), safe=True),)
        return (Fix("remove the comma", (Edit(self.at, blank),), safe=True),)


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingValue(Problem):
    """A value is missing behind `=` or a comparison.

    ```netc
    input 784 -> dense 10 bias=
    ```

    Instead:

    ```netc
    input 784 -> dense 10 bias=false
    ```
    """

    code: ClassVar[str] = "E0136"
    title: ClassVar[str] = "key without a value"
    key: str

    def message(self) -> str:
        return f"`{self.key}` has no value"

    def label(self) -> str:
        return f"expected a value behind `{self.at.text}`"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedWord(Problem):
    """`netc`, `let`, `use` and `block` begin statements and cannot be names.

    ```netc
    input 784 -> block 10
    ```

    Instead:

    ```netc
    block part(n) = dense $n relu
    input 784 -> part 10
    ```
    """

    code: ClassVar[str] = "E0137"
    title: ClassVar[str] = "reserved word in the wrong place"

    def message(self) -> str:
        return f"`{self.at.text}` begins a statement and cannot stand here"

    def help(self) -> tuple[str, ...]:
        return (f"begin a new line before `{self.at.text}`, or choose another name",)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageIsNoCall(Problem):
    """Every stage of a pipe is a word with its arguments, or a label.

    ```netc
    input 784 -> 128
    ```

    Instead:

    ```netc
    input 784 -> dense 128
    ```
    """

    code: ClassVar[str] = "E0138"
    title: ClassVar[str] = "value where a call should stand"
    is_first: bool
    hint: str = ""

    def message(self) -> str:
        where = "a statement begins" if self.is_first else "a stage begins"
        return f"{where} with a word, not with `{self.at.text}`"

    def help(self) -> tuple[str, ...]:
        return (self.hint,) if self.hint else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentsAfterLabel(Problem):
    """A label is a stage of its own: nothing but `->` may follow it.

    ```netc
    input 784 -> @x dense 10
    @x -> dense 10
    ```

    Instead:

    ```netc
    input 784 -> @x -> dense 10
    @x -> dense 10
    ```
    """

    code: ClassVar[str] = "E0139"
    title: ClassVar[str] = "label with arguments"
    label_text: str
    before: Span
    is_word: bool

    def message(self) -> str:
        return f"nothing but `->` can follow the label `{self.label_text}`"

    def help(self) -> tuple[str, ...]:
        if not self.is_word:
            return ()
        return (f"write `{self.label_text} -> {self.at.text}`",)

    def fixes(self) -> tuple[Fix, ...]:
        if not self.is_word:
            return ()
        return (Fix("write `->`", (Edit(self.before, " ->"),), safe=True),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonOutsideCall(Problem):
    """A comparison is an argument of `expect` or `stop`, its name on the left.

    ```netc
    input 784 -> dense 10
    params<=7850
    ```

    Instead:

    ```netc
    input 784 -> dense 10
    expect params<=7850
    ```
    """

    code: ClassVar[str] = "E0147"
    title: ClassVar[str] = "comparison that belongs to no call"
    is_named: bool
    """Whether a name stands on its left; `at` is then the whole comparison."""

    def message(self) -> str:
        if not self.is_named:
            return f"the left side of `{self.at.text}` must be a name"
        return f"`{self.at.text}` belongs to no call"

    def help(self) -> tuple[str, ...]:
        if not self.is_named:
            return ("write the name first: `expect acc>=98%`",)
        return (f"what must hold is written `expect {self.at.text}`",)

    def fixes(self) -> tuple[Fix, ...]:
        if not self.is_named:
            return ()
        return (Fix("write `expect`", (Edit(self.at, f"expect {self.at.text}"),), safe=False),)
