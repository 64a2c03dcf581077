"""E01, third part: brackets, parentheses and their contents."""

from __future__ import annotations

from ..problem import Edit, Fix, Label, Note, Problem, respell
from ..source import Span
from .characters import Misspelling


class UnclosedBracket(Problem):
    """A bracket is never closed.

    ```netc
    input 784 -> repeat 2 [dense 64 relu -> dropout 0.5
    ```

    Instead:

    ```netc
    input 784 -> repeat 2 [dense 64 relu -> dropout 0.5]
    ```
    """

    code = "E0120"
    title = "unclosed bracket"
    label_text = "opened here"
    end: Span
    """Empty, after the last character of the statement."""
    call: str = ""
    """The word right before it, where it opens the arguments of a call."""

    def message(self) -> str:
        return f"this `{self.at.text}` is never closed"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.end, "the statement ends here"),)

    def help(self) -> tuple[str, ...]:
        if self.call:
            return (f"arguments are written without parentheses: `{self.call} ...`",)
        return (f"write `{']' if self.at.text == '[' else ')'}` where it ends",)


class BracketClosesNothing(Problem):
    """A closing bracket has no opening bracket.

    ```netc
    input 784 -> dense 10]
    ```

    Instead:

    ```netc
    input 784 -> dense 10
    ```
    """

    code = "E0121"
    title = "unmatched closing bracket"
    help_texts = ("remove it, or add the opening bracket",)

    def message(self) -> str:
        return f"unmatched `{self.at.text}`"

    def fixes(self) -> tuple[Fix, ...]:
        return (Fix("remove it", (Edit(self.at, ""),), safe=False),)


class BracketsDoNotMatch(Misspelling):
    """An opening bracket is closed by a bracket of the other kind: `[ ]` holds pipes, `( )` holds
    values.

    ```netc
    input 784 -> repeat 2 [dense 64)
    ```

    Instead:

    ```netc
    input 784 -> repeat 2 [dense 64]
    ```
    """

    code = "E0122"
    title = "mismatched brackets"
    opened: Span

    def message(self) -> str:
        return f"expected `{self.intended}` to close `{self.opened.text}`, got `{self.at.text}`"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.opened, "opened here"),)


class NestedTooDeeply(Problem):
    """Brackets or arithmetic are nested too deeply to be read.

    The limits are 64 brackets inside each other and 64 operators in one value. Use a `block` to
    name a part.

    ```text
    input 784 -> repeat 1 [repeat 1 [repeat 1 [ ... 65 of them
    ```
    """

    code = "E0123"
    title = "nested too deeply"
    message_text = "more than {most} {what}"
    help_texts = ("name a part with `block` or `let` and use the name",)
    what: str
    most: int


class EmptyBrackets(Note):
    """Brackets are empty: they must hold at least one pipe.

    ```netc
    input 784 -> repeat 2 []
    ```

    Instead:

    ```netc
    input 784 -> repeat 2 [dense 64 relu]
    ```
    """

    code = "E0124"
    title = "empty brackets"
    message_text = "these brackets are empty"
    label_text = "expected layers"


class ArithmeticOutsideParentheses(Note):
    """Arithmetic must be in parentheses.

    Outside them, a space separates arguments, so `64 -1` is two arguments.

    ```netc
    let c=16
    input 784 -> dense 4*$c
    ```

    Instead:

    ```netc
    let c=16
    input 784 -> dense (4*$c)
    ```
    """

    code = "E0125"
    title = "arithmetic outside parentheses"
    message_text = "arithmetic must be in parentheses"
    is_whole: bool
    """Whether `at` holds both operands, so that parentheses around it are the way out."""
    as_shape: str | None = None
    as_list: str | None = None
    as_text: str | None = None
    """What may have been meant as one text, such as the name of a column."""
    is_between_calls: bool = False

    def general_help(self) -> tuple[str, ...]:
        if self.is_between_calls:
            return ("layers are joined by `->`",)
        if self.as_list is not None:
            return (f"write the shares as a list: `{self.as_list}`",)
        if self.as_text is not None:
            return (f'text, such as the name of a column, must be quoted: `"{self.as_text}"`',)
        if not self.is_whole:
            return ("put the whole expression in parentheses, as in `(4*$c)`",)
        ways = [f"write `({self.at.text})`"]
        if self.as_shape is not None:
            ways.insert(0, f"a shape is written `{self.as_shape}`")
        return tuple(ways)

    def fixes(self) -> tuple[Fix, ...]:
        if not self.is_whole or self.as_shape is not None:
            return ()
        return respell(self.at, f"({self.at.text})")


class ListWithoutCommas(Problem):
    """The values of a list must be separated by commas.

    ```netc
    input 784 -> each n=(64 32) [dense $n relu]
    ```

    Instead:

    ```netc
    input 784 -> each n=(64, 32) [dense $n relu]
    ```
    """

    code = "E0126"
    title = "list without commas"
    help_texts = ("values in parentheses are separated by commas, as in `(64, 128)`",)
    before: Span | None
    """Empty, after the value before."""

    def message(self) -> str:
        return f"missing comma before `{self.at.text}`"

    def fixes(self) -> tuple[Fix, ...]:
        if self.before is None:
            return ()
        return (Fix("write a comma", (Edit(self.before, ","),), safe=True),)


class MissingOperand(Problem):
    """An operator or a comma has no value beside it.

    ```netc
    input 784 -> dense (4*)
    ```

    Instead:

    ```netc
    input 784 -> dense (4*16)
    ```
    """

    code = "E0127"
    title = "missing operand"
    side: str
    """`before` or `after`."""

    def message(self) -> str:
        return f"missing value {self.side} `{self.at.text}`"

    def help(self) -> tuple[str, ...]:
        if self.at.text == "*" and self.side == "before":
            return ("there is no power operator; write the product",)
        return ()


class NotAValue(Note):
    """Parentheses can hold only values: numbers, words, lists and arithmetic.

    Layers go in `[ ]`, and `key=value` goes beside the other arguments of the call.

    ```netc
    input 784 -> repeat 2 (dense 64 -> relu)
    ```

    Instead:

    ```netc
    input 784 -> repeat 2 [dense 64 -> relu]
    ```
    """

    code = "E0128"
    title = "not a value"
    message_text = "{found} is not allowed in parentheses"
    opened: Span
    found: str
    instead: str = ""
    """The word before the parentheses with its first option: `adam lr=0.1`."""

    def labels(self) -> tuple[Label, ...]:
        if self.opened == self.at:
            return ()
        return (Label(self.opened, "opened here"),)

    def general_help(self) -> tuple[str, ...]:
        if self.instead:
            return (f"options are written without parentheses: `{self.instead}`",)
        if "=" in self.found:
            return ("values in parentheses have no key",)
        return ("layers go in square brackets: `[p -> q]`",)


class SemicolonInBrackets(Problem):
    """A semicolon ends a statement, which is not possible while a bracket is open.

    Branches are separated by `|`, values by commas.

    ```netc
    input 784 -> add [dense 10; id]
    ```

    Instead:

    ```netc
    input 784 -> add [dense 784 | id]
    ```
    """

    code = "E0129"
    title = "semicolon inside brackets"
    opened: Span

    def message(self) -> str:
        return f"`;` ends a statement, but this `{self.opened.text}` is still open"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.opened, "opened here"),)

    def help(self) -> tuple[str, ...]:
        # A brace that opens something is one that stands for a bracket.
        if self.opened.text in ("[", "{"):
            return ("write `|` between branches",)
        return ("write `,` between values",)


class NameInBraces(Misspelling):
    """A value is read with `$` and its name, without braces: `$width`, not `${width}`.

    ```netc
    let width=64
    input 784 -> dense ${width}
    ```

    Instead:

    ```netc
    let width=64
    input 784 -> dense $width
    ```
    """

    code = "E0119"
    title = "name in braces"
    message_text = "unexpected braces: a value is read with `{intended}`"
