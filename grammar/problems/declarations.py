"""E01, fifth part: `block`, `let`, `use` and `netc` that are not written as they should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..problem import Edit, Fix, Label, Problem
from ..source import Span

VERSION = 1
"""The version of the language that this package reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MalformedBlock(Problem):
    """A `block` is malformed: it has a name, parameters in parentheses, `=` and a pipe.

    ```netc
    block part(n) dense $n relu
    input 784 -> part 64
    ```

    Instead:

    ```netc
    block part(n) = dense $n relu
    input 784 -> part 64
    ```
    """

    code: ClassVar[str] = "E0140"
    title: ClassVar[str] = "malformed block"
    missing: str
    edit: Edit | None = None

    def message(self) -> str:
        return f"this `block` {self.missing}"

    def help(self) -> tuple[str, ...]:
        ways = tuple(fix.title for fix in self.fixes())
        return (*ways, "the form is `block name(a, b=1) = dense $a relu`")

    def fixes(self) -> tuple[Fix, ...]:
        if self.edit is None:
            return ()
        title = f"write `{self.edit.text.strip()}`" if self.edit.text else "remove the space"
        return (Fix(title, (self.edit,), safe=True),)


@dataclass(frozen=True, slots=True, kw_only=True)
class MalformedLet(Problem):
    """A `let` is malformed: it has names, each with `=` and a value.

    ```netc
    let width 64
    input 784 -> dense $width
    ```

    Instead:

    ```netc
    let width=64
    input 784 -> dense $width
    ```
    """

    code: ClassVar[str] = "E0141"
    title: ClassVar[str] = "malformed let"
    missing: str
    edit: Edit | None = None

    def message(self) -> str:
        return self.missing

    def help(self) -> tuple[str, ...]:
        return ("the form is `let width=64 lr=1e-3`",)

    def fixes(self) -> tuple[Fix, ...]:
        return () if self.edit is None else (Fix("write `=`", (self.edit,), safe=True),)


@dataclass(frozen=True, slots=True, kw_only=True)
class MalformedUse(Problem):
    """A `use` is malformed: it has one path, in quotes.

    ```text
    use blocks
    ```

    Instead:

    ```text
    use "blocks.net"
    ```
    """

    code: ClassVar[str] = "E0142"
    title: ClassVar[str] = "malformed use"
    rest: str

    def message(self) -> str:
        return "`use` takes one path in quotes"

    def help(self) -> tuple[str, ...]:
        return (f'write `use "{self.rest or "blocks.net"}"`',)


@dataclass(frozen=True, slots=True, kw_only=True)
class MalformedVersion(Problem):
    """`netc` must be followed by the language version and nothing else.

    ```netc
    netc one
    input 784 -> dense 10
    ```

    Instead:

    ```netc
    netc 1
    input 784 -> dense 10
    ```
    """

    code: ClassVar[str] = "E0143"
    title: ClassVar[str] = "malformed version"

    def message(self) -> str:
        return "`netc` takes the language version, a whole number"

    def help(self) -> tuple[str, ...]:
        return (f"write `netc {VERSION}` on a line of its own",)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionNotFirst(Problem):
    """The language version must be the first statement of a file, because it decides how the rest
    is read.

    ```netc
    input 784 -> dense 10
    netc 1
    ```

    Instead:

    ```netc
    netc 1
    input 784 -> dense 10
    ```
    """

    code: ClassVar[str] = "E0144"
    title: ClassVar[str] = "version not first"
    first: Span

    def message(self) -> str:
        return f"`{self.at.text}` must be the first statement"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first, "this comes before it"),)

    def help(self) -> tuple[str, ...]:
        return ("move it to the top",)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownVersion(Problem):
    """The spec is written in a version of the language that this version of netc cannot read.

    ```netc
    netc 2
    input 784 -> dense 10
    ```

    Instead:

    ```netc
    netc 1
    input 784 -> dense 10
    ```
    """

    code: ClassVar[str] = "E0145"
    title: ClassVar[str] = "unknown language version"

    def message(self) -> str:
        return f"unknown language version `{self.at.text}`: this netc reads version {VERSION}"

    def help(self) -> tuple[str, ...]:
        return (f"write `netc {VERSION}`, or use a newer netc",)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongAssignment(Problem):
    """`=` sets an option of a call or, in a `let`, a constant. Nothing else can be assigned.

    ```netc
    width=64
    input 784 -> dense 10
    ```

    Instead:

    ```netc
    let width=64
    input 784 -> dense $width
    ```
    """

    code: ClassVar[str] = "E0146"
    title: ClassVar[str] = "assignment to something else"
    is_note: ClassVar[bool] = True
    target: str
    hint: str
    whole: Span | None = None
    """The statement, when it is a word, `=` and something."""
    instead: str | None = None
    """The statement that it was meant to be."""

    def message(self) -> str:
        if not self.target:
            return "expected a name before `=`"
        return f"`=` sets an option or a `let` constant, not {self.target}"

    def help(self) -> tuple[str, ...]:
        return (self.hint,) if self.instead is None else (f"write `{self.instead}`",)

    def fixes(self) -> tuple[Fix, ...]:
        if self.whole is None or self.instead is None:
            return ()
        return (Fix(f"write `{self.instead}`", (Edit(self.whole, self.instead),), safe=True),)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnotherLanguage(Problem):
    """The text is a program or a data file, not a spec.

    A model of another framework has to be written in netc's own words: `nn.Linear(784, 10)` becomes
    `dense 10`, because the input size is known, and the training code becomes statements such as
    `loss ce`. `netc explain layers` lists the layers; a layer name of another framework gets an
    error that says what it is called here.

    ```netc
    import torch.nn as nn
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    ```

    Instead:

    ```netc
    input 784 -> dense 128 relu -> dense 10
    ```
    """

    code: ClassVar[str] = "E0148"
    title: ClassVar[str] = "text in another language"
    language: str

    def message(self) -> str:
        return f"this is {self.language}, not a spec"

    def help(self) -> tuple[str, ...]:
        return ("a network is a pipe of layers: `input 784 -> dense 128 relu -> dense 10 softmax`",)
