"""E01, fifth part: `block`, `let`, `use` and `netc` that are not written as they should be."""

from __future__ import annotations

from ..problem import Edit, Fix, Label, Note, Problem
from ..source import Span

VERSION = 1
"""The version of the language that this package reads."""


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

    code = "E0140"
    title = "malformed block"
    message_text = "this `block` {missing}"
    missing: str
    edit: Edit | None = None

    def help(self) -> tuple[str, ...]:
        form = "the form is `block name(a, b=1) = ...`"
        return (*(fix.title for fix in self.fixes()), form)

    def fixes(self) -> tuple[Fix, ...]:
        if self.edit is None:
            return ()
        title = f"write `{self.edit.text.strip()}`" if self.edit.text else "remove the space"
        return (Fix(title, (self.edit,), safe=True),)


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

    code = "E0141"
    title = "malformed let"
    help_texts = ("the form is `let width=64 lr=1e-3`",)
    missing: str
    edit: Edit | None = None

    def message(self) -> str:
        return self.missing

    def fixes(self) -> tuple[Fix, ...]:
        return () if self.edit is None else (Fix("write `=`", (self.edit,), safe=True),)


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

    code = "E0142"
    title = "malformed use"
    message_text = "`use` takes one path in quotes"
    rest: str

    def help(self) -> tuple[str, ...]:
        return (f'write `use "{self.rest or "blocks.net"}"`',)


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

    code = "E0143"
    title = "malformed version"
    message_text = "`netc` takes the language version, a whole number"

    def help(self) -> tuple[str, ...]:
        return (f"write `netc {VERSION}` on a line of its own",)


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

    code = "E0144"
    title = "version not first"
    help_texts = ("move it to the top",)
    first: Span

    def message(self) -> str:
        return f"`{self.at.text}` must be the first statement"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first, "this comes before it"),)


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

    code = "E0145"
    title = "unknown language version"

    def message(self) -> str:
        return f"unknown language version `{self.at.text}`: this netc reads version {VERSION}"

    def help(self) -> tuple[str, ...]:
        return (f"write `netc {VERSION}`, or use a newer netc",)


class WrongAssignment(Note):
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

    code = "E0146"
    title = "assignment to something else"
    target: str
    hint: str
    whole: Span | None = None
    """The statement, when it is a word, `=` and something."""
    instead: str | None = None
    """The statement that it was meant to be."""
    others: tuple[Span, ...] = ()
    """Statements that say other options of the same statement, also with `=`."""

    def message(self) -> str:
        if not self.target:
            return "expected a name before `=`"
        return f"`=` sets an option or a `let` constant, not {self.target}"

    def labels(self) -> tuple[Label, ...]:
        return tuple(Label(span, "this belongs to the same statement") for span in self.others)

    def general_help(self) -> tuple[str, ...]:
        return (self.hint,) if self.instead is None else (f"write `{self.instead}`",)

    def fixes(self) -> tuple[Fix, ...]:
        if self.whole is None or self.instead is None:
            return ()
        edits = (Edit(self.whole, self.instead), *(Edit(span, "") for span in self.others))
        return (Fix(f"write `{self.instead}`", edits, safe=True),)


class AnotherLanguage(Note):
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

    code = "E0148"
    title = "text in another language"
    message_text = "this is {language}, not a spec"
    help_texts = ("a network is a pipe of layers, joined by `->`",)
    language: str
