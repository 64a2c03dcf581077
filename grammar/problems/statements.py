"""E01, fourth part: words and signs in an order that makes no pipe."""

from __future__ import annotations

import re

from ..problem import Edit, Fix, Note, Problem
from ..source import Span
from .characters import Misspelling


def with_repetitions(at: Span, sign: str) -> Span:
    """The place of a sign and of those that directly follow it, on its line: one fix is for all."""
    found = re.compile(rf"(?:[ \t]*{re.escape(sign)})*").match(at.source.text, at.end)
    assert found is not None  # it matches nothing, too
    return Span(at.source, at.start, found.end())


class UnexpectedWord(Note):
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

    code = "E0100"
    title = "unexpected word or sign"
    message_text = "unexpected {found} after {after}"
    label_text = "expected {expected}"
    found: str
    after: str
    expected: str
    hint: str = ""

    def general_help(self) -> tuple[str, ...]:
        return (self.hint,) if self.hint else ()


class NothingBeforeArrow(Note):
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

    code = "E0130"
    title = "nothing before the arrow"
    message_text = "this `->` has no input"
    label_text = "expected a layer before it"
    help_texts = ("write what the pipe starts with, or remove the arrow",)


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

    code = "E0131"
    title = "nothing after the arrow"
    message_text = "nothing follows this `->`"
    label_text = "expected a layer after it"
    help_texts = ("write the next layer, or remove the arrow",)

    def fixes(self) -> tuple[Fix, ...]:
        run = with_repetitions(self.at, "->")
        # the last of several may have a layer after it
        extra = run if run == self.at else Span(run.source, run.start, run.end - len("->"))
        return (Fix("remove the arrow", (Edit(extra, ""),), safe=False),)


class EmptyBranch(Note):
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

    code = "E0132"
    title = "empty branch"
    message_text = "the branch {side} this `|` is empty"
    help_texts = ("write the layers of the branch, or remove the `|`",)
    side: str


class BranchesOutsideBrackets(Note):
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

    code = "E0133"
    title = "branches outside brackets"
    message_text = "`|` outside of brackets"
    help_texts = (
        "put the branches in the brackets of a merge: `[p | q]`",
        "layers are joined by `->`",
    )


class CallInParentheses(Misspelling):
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

    code = "E0134"
    title = "call with parentheses"
    message_text = "arguments are written without parentheses"
    help_texts = ("write a space before the arguments, and no parentheses: `{word} ...`",)
    word: str


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

    code = "E0135"
    title = "comma between arguments"
    in_number: str | None = None
    numbers: tuple[str, ...] = ()
    """The numbers around it that touch it. What they are together nobody knows."""
    between_calls: bool = False
    """Whether a call begins after the comma, so that `->` was meant."""
    branches: tuple[Span, ...] = ()
    """The commas of the bracket after which a branch may begin, so that `|` was meant."""
    is_mixed: bool = False
    """Whether some of them may be between layers instead."""

    def message(self) -> str:
        if self.branches:
            return "branches are separated by `|`, not by commas"
        if self.between_calls:
            return "layers are joined by `->`, not by commas"
        return "arguments are separated by spaces, not by commas"

    def help(self) -> tuple[str, ...]:
        if self.branches:
            apart = "write `|` between branches, and `->` between layers"
            return (apart if self.is_mixed else "write `|`",)
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
        if self.numbers or self.is_mixed:
            return ()
        if self.branches:
            edits = tuple(_replaced(comma, " |") for comma in self.branches)
            return (Fix("write `|`", edits, safe=True),)
        if self.between_calls:
            return (Fix("write `->`", (_replaced(self.at, " ->"),), safe=True),)
        return (Fix("remove the comma", (_replaced(self.at, ""),), safe=True),)


def _replaced(comma: Span, sign: str) -> Edit:
    """A sign and a blank in place of a comma, however often that is there."""
    run = with_repetitions(comma, ",")
    after = run.source.text[run.end : run.end + 1]
    blank = "" if after.isspace() or not after else " "
    return Edit(run, sign + blank)


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

    code = "E0136"
    title = "missing value"
    message_text = "`{key}` has no value"
    key: str

    def label(self) -> str:
        return f"expected a value after `{self.at.text}`"


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

    code = "E0137"
    title = "reserved word"

    def message(self) -> str:
        return f"`{self.at.text}` is a reserved word"

    def help(self) -> tuple[str, ...]:
        return (f"start a new line before `{self.at.text}`, or use another name",)


class StageIsNoCall(Note):
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

    code = "E0138"
    title = "value in place of a layer"
    is_first: bool
    kind: str
    """The type of the token."""
    hint: str = ""

    def message(self) -> str:
        expected = "a statement" if self.is_first else "a layer"
        return f"expected {expected}, got `{self.at.text}`"

    def general_help(self) -> tuple[str, ...]:
        return (self.hint,) if self.hint else ()


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

    code = "E0139"
    title = "label with arguments"
    message_text = "only `->` can follow the label `{name}`"
    name: str
    before: Span
    is_word: bool

    def help(self) -> tuple[str, ...]:
        if not self.is_word:
            return ()
        return (f"write `{self.name} -> {self.at.text}`",)

    def fixes(self) -> tuple[Fix, ...]:
        if not self.is_word:
            return ()
        return (Fix("write `->`", (Edit(self.before, " ->"),), safe=True),)


class ComparisonOutsideCall(Note):
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

    code = "E0147"
    title = "comparison without a statement"
    is_named: bool
    """Whether a name is on its left; `at` is then the whole comparison."""
    instead: str | None = None
    """The statement that it was meant to be."""

    def message(self) -> str:
        if not self.is_named:
            return f"the left side of `{self.at.text}` must be a name"
        return f"`{self.at.text}` is not a statement"

    def general_help(self) -> tuple[str, ...]:
        if self.instead is not None:
            return (f"write `{self.instead}`",)
        return ("write the name of what is compared first",) if not self.is_named else ()

    def fixes(self) -> tuple[Fix, ...]:
        if self.instead is None:
            return ()
        return (Fix(f"write `{self.instead}`", (Edit(self.at, self.instead),), safe=False),)
