"""E01, third part: brackets, parentheses and what stands in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..problem import Edit, Fix, Label, Problem
from ..source import Span
from .characters import respell


@dataclass(frozen=True, slots=True, kw_only=True)
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

    code: ClassVar[str] = "E0120"
    title: ClassVar[str] = "unclosed bracket"
    end: Span
    """Empty, behind the last character of the statement."""
    call: str = ""
    """The word right before it, where it opens the arguments of a layer or a block."""

    def message(self) -> str:
        return f"this `{self.at.text}` is never closed"

    def label(self) -> str:
        return "opened here"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.end, "the statement ends here"),)

    def help(self) -> tuple[str, ...]:
        if self.call:
            return (f"arguments are written without parentheses: `{self.call} ...`",)
        return (f"write `{']' if self.at.text == '[' else ')'}` where it ends",)


@dataclass(frozen=True, slots=True, kw_only=True)
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

    code: ClassVar[str] = "E0121"
    title: ClassVar[str] = "unmatched closing bracket"

    def message(self) -> str:
        return f"unmatched `{self.at.text}`"

    def help(self) -> tuple[str, ...]:
        return ("remove it, or add the opening bracket",)

    def fixes(self) -> tuple[Fix, ...]:
        return (Fix("remove it", (Edit(self.at, ""),), safe=False),)


@dataclass(frozen=True, slots=True, kw_only=True)
class BracketsDoNotMatch(Problem):
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

    code: ClassVar[str] = "E0122"
    title: ClassVar[str] = "mismatched brackets"
    opened: Span

    @property
    def meant(self) -> str:
        """The bracket that closes what was opened."""
        return "]" if self.opened.text == "[" else ")"

    def message(self) -> str:
        return f"expected `{self.meant}` to close `{self.opened.text}`, got `{self.at.text}`"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.opened, "opened here"),)

    def help(self) -> tuple[str, ...]:
        return (f"write `{self.meant}`",)

    def fixes(self) -> tuple[Fix, ...]:
        return respell(self.at, self.meant)


@dataclass(frozen=True, slots=True, kw_only=True)
class NestedTooDeeply(Problem):
    """Brackets or arithmetic are nested too deeply to be read.

    The limits are 64 brackets inside each other and 64 operators in one value. Use a `block` to
    name a part.

    ```text
    input 784 -> repeat 1 [repeat 1 [repeat 1 [ ... 65 of them
    ```
    """

    code: ClassVar[str] = "E0123"
    title: ClassVar[str] = "nested too deeply"
    what: str
    most: int

    def message(self) -> str:
        return f"more than {self.most} {self.what}"

    def help(self) -> tuple[str, ...]:
        return ("name a part with `block` or `let` and use the name",)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyBrackets(Problem):
    """Brackets are empty: they must hold at least one pipe.

    ```netc
    input 784 -> repeat 2 []
    ```

    Instead:

    ```netc
    input 784 -> repeat 2 [dense 64 relu]
    ```
    """

    code: ClassVar[str] = "E0124"
    title: ClassVar[str] = "empty brackets"

    def message(self) -> str:
        return "these brackets are empty"

    def label(self) -> str:
        return "expected layers, such as `dense 64 relu`"

    def help(self) -> tuple[str, ...]:
        return ("`[id]` passes the input through",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArithmeticOutsideParentheses(Problem):
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

    code: ClassVar[str] = "E0125"
    title: ClassVar[str] = "arithmetic outside parentheses"
    is_whole: bool
    """Whether `at` holds both operands, so that parentheses around it are the way out."""
    as_shape: str | None = None
    as_list: str | None = None
    is_between_calls: bool = False

    def message(self) -> str:
        return "arithmetic must be in parentheses"

    def help(self) -> tuple[str, ...]:
        if self.is_between_calls:
            return ("layers are joined by `->`", "tensors are added with `add [p | q]`")
        if self.as_list is not None:
            return (f"write the shares as a list: `{self.as_list}`",)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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

    code: ClassVar[str] = "E0126"
    title: ClassVar[str] = "list without commas"
    before: Span | None
    """Empty, behind the value before."""

    def message(self) -> str:
        return f"missing comma before `{self.at.text}`"

    def help(self) -> tuple[str, ...]:
        return ("values in parentheses are separated by commas, as in `(64, 128)`",)

    def fixes(self) -> tuple[Fix, ...]:
        if self.before is None:
            return ()
        return (Fix("write a comma", (Edit(self.before, ","),), safe=True),)


@dataclass(frozen=True, slots=True, kw_only=True)
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

    code: ClassVar[str] = "E0127"
    title: ClassVar[str] = "missing operand"
    side: str
    """`before` or `after`."""

    def message(self) -> str:
        return f"missing value {self.side} `{self.at.text}`"

    def help(self) -> tuple[str, ...]:
        if self.at.text == "*" and self.side == "before":
            return ("there is no power operator; write the product",)
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAValue(Problem):
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

    code: ClassVar[str] = "E0128"
    title: ClassVar[str] = "not a value"
    opened: Span
    found: str
    instead: str = ""
    """The word before the parentheses with its first option: `adam lr=0.1`."""

    def message(self) -> str:
        return f"{self.found} is not allowed in parentheses"

    def labels(self) -> tuple[Label, ...]:
        if self.opened == self.at:
            return ()
        return (Label(self.opened, "opened here"),)

    def help(self) -> tuple[str, ...]:
        if self.instead:
            return (f"options are written without parentheses: `{self.instead}`",)
        if "=" in self.found:
            return ("values in parentheses have no key",)
        return ("layers go in square brackets: `[dense 64 -> relu]`",)


@dataclass(frozen=True, slots=True, kw_only=True)
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

    code: ClassVar[str] = "E0129"
    title: ClassVar[str] = "semicolon inside brackets"
    opened: Span

    def message(self) -> str:
        return f"`;` ends a statement, but this `{self.opened.text}` is still open"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.opened, "opened here"),)

    def help(self) -> tuple[str, ...]:
        if self.opened.text == "[":
            return ("write `|` between branches",)
        return ("write `,` between values",)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameInBraces(Problem):
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

    code: ClassVar[str] = "E0119"
    title: ClassVar[str] = "name in braces"
    name: str

    def message(self) -> str:
        return f"unexpected braces: a value is read with `${self.name}`"

    def help(self) -> tuple[str, ...]:
        return (f"write `${self.name}`",)

    def fixes(self) -> tuple[Fix, ...]:
        return respell(self.at, f"${self.name}")
