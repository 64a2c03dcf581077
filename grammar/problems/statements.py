"""E01, fourth part: words and signs in an order that makes no pipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..problem import Edit, Fix, Problem
from ..source import Span
from .characters import respell


@dataclass(frozen=True, slots=True, kw_only=True)
class UnexpectedWord(Problem):
    """A word or sign is not allowed here, so the statement cannot be read.

    Every layer and statement is a name followed by its arguments: values, then `key=value` options,
    then further words, such as the `relu` in `dense 64 relu`.

    ```netc
    input 784 -> dense 10 bias=*
    ```

    Instead:

    ```netc
    input 784 -> dense 10 bias=false
    ```
    """

    code: ClassVar[str] = "E0100"
    title: ClassVar[str] = "unexpected word or sign"
    found: str
    after: str
    hint: str = ""

    def message(self) -> str:
        return f"unexpected {self.found} after {self.after}"

    def help(self) -> tuple[str, ...]:
        return (self.hint,) if self.hint else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingBeforeArrow(Problem):
    """A pipe cannot start with `->`: an arrow passes a tensor from one stage to the next.

    A line that begins with `->` continues the statement above it.

    ```netc
    -> dense 10
    ```

    Instead:

    ```netc
    input 784 -> dense 10
    ```
    """

    code: ClassVar[str] = "E0130"
    title: ClassVar[str] = "nothing before the arrow"

    def message(self) -> str:
        return "this `->` has no input"

    def label(self) -> str:
        return "expected a layer before it"

    def help(self) -> tuple[str, ...]:
        return ("start with `input` and the shape of a sample: `input 784 -> ...`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingAfterArrow(Problem):
    """An arrow leads nowhere: it must be followed by a layer or a label.

    ```netc
    input 784 -> -> dense 10
    ```

    Instead:

    ```netc
    input 784 -> dense 10
    ```
    """

    code: ClassVar[str] = "E0131"
    title: ClassVar[str] = "nothing after the arrow"

    def message(self) -> str:
        return "nothing follows this `->`"

    def label(self) -> str:
        return "expected a layer after it"

    def help(self) -> tuple[str, ...]:
        return ("write the next layer, or remove the arrow",)

    def fixes(self) -> tuple[Fix, ...]:
        return (Fix("remove the arrow", (Edit(self.at, ""),), safe=False),)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyBranch(Problem):
    """A branch is empty, so there is nothing to merge.

    `id` is the branch that passes its input through, as in a residual connection.

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
        return f"the branch {self.side} this `|` is empty"

    def help(self) -> tuple[str, ...]:
        return ("write `id` for a branch that passes its input through, or remove the `|`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchesOutsideBrackets(Problem):
    """`|` separates branches, and branches must be in the brackets of a merge such as `add` or
    `concat`.

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
        return "`|` outside of brackets"

    def help(self) -> tuple[str, ...]:
        return (
            "put the branches in the brackets of a merge: `add [p | q]`",
            "layers are joined by `->`",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallInParentheses(Problem):
    """Arguments are written after a space, without parentheses or commas: `dense 128`, not
    `dense(128)`.

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
        return "arguments are written without parentheses"

    def help(self) -> tuple[str, ...]:
        if self.meant is None:
            return ("write a space before the arguments, as in `dense 128`",)
        return (f"write `{self.meant}`",)

    def fixes(self) -> tuple[Fix, ...]:
        return () if self.meant is None else respell(self.at, self.meant)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommaBetweenArguments(Problem):
    """Arguments are separated by spaces. Commas are used only in lists: `(64, 128)`.

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
            return "layers are joined by `->`, not by commas"
        return "arguments are separated by spaces, not by commas"

    def help(self) -> tuple[str, ...]:
        if self.between_calls:
            return ("write `->`",)
        if not self.numbers:
            return ("remove the comma", "a list is written in parentheses: `(64, 128)`")
        a_list = f"a list is written in parentheses: `({', '.join(self.numbers)})`"
        if self.in_number is not None:
            return (f"for one number, write `{self.in_number}`", a_list)
        ways = (f"sizes are joined by `x`: `{'x'.join(self.numbers)}`", a_list)
        if len(self.numbers) == 2:
            return (f"the decimal separator is a point: `{'.'.join(self.numbers)}`", *ways)
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
    """An option has no value after its `=`.

    ```netc
    input 784 -> dense 10 bias=
    ```

    Instead:

    ```netc
    input 784 -> dense 10 bias=false
    ```
    """

    code: ClassVar[str] = "E0136"
    title: ClassVar[str] = "missing value"
    key: str

    def message(self) -> str:
        return f"`{self.key}` has no value"

    def label(self) -> str:
        return f"expected a value after `{self.at.text}`"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedWord(Problem):
    """`netc`, `let`, `use` and `block` begin statements, so they cannot be used as names.

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
    title: ClassVar[str] = "reserved word"

    def message(self) -> str:
        return f"`{self.at.text}` is a reserved word"

    def help(self) -> tuple[str, ...]:
        return (f"start a new line before `{self.at.text}`, or use another name",)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageIsNoCall(Problem):
    """A value is written where a layer is expected.

    Each step of a pipe is a layer or block with its arguments, or a label.

    ```netc
    input 784 -> 128
    ```

    Instead:

    ```netc
    input 784 -> dense 128
    ```
    """

    code: ClassVar[str] = "E0138"
    title: ClassVar[str] = "value in place of a layer"
    is_first: bool
    hint: str = ""

    def message(self) -> str:
        expected = "a statement" if self.is_first else "a layer"
        return f"expected {expected}, got `{self.at.text}`"

    def help(self) -> tuple[str, ...]:
        return (self.hint,) if self.hint else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentsAfterLabel(Problem):
    """A label takes no arguments: only `->` may follow it.

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
        return f"only `->` can follow the label `{self.label_text}`"

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
    """A comparison is allowed only in `expect` and `stop when`, with a name on its left.

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
    title: ClassVar[str] = "comparison without a statement"
    is_named: bool
    """Whether a name stands on its left; `at` is then the whole comparison."""

    def message(self) -> str:
        if not self.is_named:
            return f"the left side of `{self.at.text}` must be a name"
        return f"`{self.at.text}` needs a statement such as `expect`"

    def help(self) -> tuple[str, ...]:
        if not self.is_named:
            return ("write the name first: `expect acc>=98%`",)
        return (f"write `expect {self.at.text}`",)

    def fixes(self) -> tuple[Fix, ...]:
        if not self.is_named:
            return ()
        return (Fix("write `expect`", (Edit(self.at, f"expect {self.at.text}"),), safe=False),)
