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
    """A `block` is a name, its parameters in parentheses, `=`, and a pipe.

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
    title: ClassVar[str] = "block that is not written as one"
    missing: str
    edit: Edit | None = None

    def message(self) -> str:
        return f"this `block` {self.missing}"

    def help(self) -> tuple[str, ...]:
        ways = tuple(fix.title for fix in self.fixes())
        return (*ways, "a block is written `block name(a, b=1) = dense $a relu`")

    def fixes(self) -> tuple[Fix, ...]:
        if self.edit is None:
            return ()
        title = f"write `{self.edit.text.strip()}`" if self.edit.text else "remove the blank"
        return (Fix(title, (self.edit,), safe=True),)


@dataclass(frozen=True, slots=True, kw_only=True)
class MalformedLet(Problem):
    """A `let` is names with their values.

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
    title: ClassVar[str] = "let that is not written as one"
    missing: str
    edit: Edit | None = None

    def message(self) -> str:
        return self.missing

    def help(self) -> tuple[str, ...]:
        return ("constants are written `let width=64 lr=1e-3`",)

    def fixes(self) -> tuple[Fix, ...]:
        return () if self.edit is None else (Fix("write `=`", (self.edit,), safe=True),)


@dataclass(frozen=True, slots=True, kw_only=True)
class MalformedUse(Problem):
    """A `use` names one file, in quotes.

    ```text
    use blocks
    ```

    Instead:

    ```text
    use "blocks.net"
    ```
    """

    code: ClassVar[str] = "E0142"
    title: ClassVar[str] = "use that is not written as one"
    rest: str

    def message(self) -> str:
        return "`use` takes one path in quotes"

    def help(self) -> tuple[str, ...]:
        return (f'write `use "{self.rest or "blocks.net"}"`',)


@dataclass(frozen=True, slots=True, kw_only=True)
class MalformedVersion(Problem):
    """`netc` is followed by the language's version and nothing else.

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
    title: ClassVar[str] = "version that cannot be read"

    def message(self) -> str:
        return "`netc` takes the language's version, a whole number"

    def help(self) -> tuple[str, ...]:
        return (f"write `netc {VERSION}` on a line of its own",)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionNotFirst(Problem):
    """The version is the first statement of a file.

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
    title: ClassVar[str] = "version that is not the first statement"
    first: Span

    def message(self) -> str:
        return f"`{self.at.text}` must be the first statement"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first, "this stands before it"),)

    def help(self) -> tuple[str, ...]:
        return ("move it to the top",)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownVersion(Problem):
    """The text is written in a version of the language that this netc does not read.

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
    title: ClassVar[str] = "version that this netc does not read"

    def message(self) -> str:
        return f"this netc reads version {VERSION} of the language, not `{self.at.text}`"

    def help(self) -> tuple[str, ...]:
        return (f"write `netc {VERSION}`, or use a newer netc",)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongAssignment(Problem):
    """`=` gives a value to an option or, in a `let`, to a constant. Nothing else is assigned.

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
    title: ClassVar[str] = "`=` that gives a value to nothing"
    target: str
    hint: str
    whole: Span | None = None
    """The statement, when it is a word, `=` and something."""
    instead: str | None = None
    """The statement that it was meant to be."""

    def message(self) -> str:
        return f"`=` gives a value to an option or a `let`, not to {self.target}"

    def help(self) -> tuple[str, ...]:
        return (self.hint,) if self.instead is None else (f"write `{self.instead}`",)

    def fixes(self) -> tuple[Fix, ...]:
        if self.whole is None or self.instead is None:
            return ()
        return (Fix(f"write `{self.instead}`", (Edit(self.whole, self.instead),), safe=True),)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnotherLanguage(Problem):
    """The text is a program or a file of data, not a spec.

    A spec says which layers follow each other, in words of its own. A model of another framework
    is written anew: `nn.Linear(784, 10)` becomes `dense 10`, as what flows in is known, and the
    lines that train it become statements such as `loss ce`. `netc explain layers` lists the
    layers; who writes a word of another framework is told what it is called here.

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
