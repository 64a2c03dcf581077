"""E0201 to E0206 and E0212: names that are unknown, or known as something else."""

from __future__ import annotations

from ...grammar.problem import Edit, Fix, Label, Problem
from ...grammar.source import Span


def listed(words: tuple[str, ...], joint: str = "and") -> str:
    """Words as a person lists them: `a`, `b` and `c`."""
    quoted = [f"`{word}`" for word in words]
    if len(quoted) < 2:
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} {joint} {quoted[-1]}"


def spelling(at: Span, nearest: str | None, sigil: str = "") -> tuple[Fix, ...]:
    """The safe fix that writes the nearest known word."""
    if nearest is None:
        return ()
    return (Fix(f"write `{sigil}{nearest}`", (Edit(at, sigil + nearest),), safe=True),)


class UnknownLayer(Problem):
    """No layer or block has this name, so netc does not know what to compute.

    Names are lower case and have no aliases. If it is a block of your own, define it in this file
    or import its file with `use`.

    ```netc
    input 784 -> dens 10
    ```

    Instead:

    ```netc fixed
    input 784 -> dense 10
    ```
    """

    code = "E0201"
    title = "unknown layer"
    word: str
    nearest: str | None = None
    is_certain: bool = False
    """Whether the nearest word takes what follows, and no other is as near."""
    starts: bool = False
    """Whether it begins a statement, where more than layers and blocks may stand."""
    note: str = ""
    """What is known of a word of other frameworks: "`fc` is called `dense` here"."""

    def message(self) -> str:
        what = "statement, layer or block" if self.starts else "layer or block"
        return f"unknown {what} `{self.word}`"

    def label(self) -> str:
        return "" if self.nearest is None or self.note else f"did you mean `{self.nearest}`?"

    def help(self) -> tuple[str, ...]:
        if self.note:
            return (self.note,)
        if self.nearest is not None:
            return ()
        return (
            f"define it with `block {self.word} = ...`, or import it with `use`",
            "`netc explain layers` lists the layers",
        )

    def fixes(self) -> tuple[Fix, ...]:
        return spelling(self.at, self.nearest if self.is_certain else None)


class WrongPlace(Problem):
    """A word is used in the wrong role, such as an optimizer in place of a layer.

    Losses, optimizers, metrics and data sets are chosen by statements of their own: `loss ce`, `opt
    adam`. They are not layers, because no data flows through them.

    ```netc
    input 784 -> dense 10 softmax
    adam lr=0.001
    ```

    Instead:

    ```netc fixed
    input 784 -> dense 10 softmax
    opt adam lr=0.001
    ```
    """

    code = "E0202"
    title = "word in the wrong role"
    message_text = "`{word}` is {what}, not {wanted}"
    label_text = "expected {wanted}"
    word: str
    what: str
    """What it is, with its article: "an optimizer"."""
    wanted: str
    """What stands here, with its article: "a layer"."""
    instead: str | None = None
    """How it is written in its place."""
    prefix: str | None = None
    """What to put before it for that, when putting it there is enough."""
    is_there: bool = False
    """Whether the spec has the statement, so that it only lacks this."""

    def help(self) -> tuple[str, ...]:
        if self.instead is None:
            return ()
        if self.is_there:
            return (f"add it to the existing statement: `{self.instead}`",)
        return (f"write `{self.instead}`",)

    def fixes(self) -> tuple[Fix, ...]:
        if self.prefix is None:
            return ()
        edit = Edit(Span(self.at.source, self.at.start, self.at.start), self.prefix)
        return (Fix(f"write `{self.prefix}{self.word}`", (edit,), safe=True),)


class UnknownWord(Problem):
    """A statement such as `loss` or `opt` names something that does not exist.

    The word after `loss`, `opt`, `schedule`, `data` and so on selects which one to use.

    ```netc
    input 784 -> dense 10 softmax
    loss cee
    ```

    Instead:

    ```netc fixed
    input 784 -> dense 10 softmax
    loss ce
    ```
    """

    code = "E0203"
    title = "unknown word of a statement"
    message_text = "unknown {what} `{word}`"
    directive: str
    what: str
    """What it chooses: "loss", "optimizer"."""
    word: str
    known: tuple[str, ...]
    nearest: str | None = None
    is_certain: bool = False
    """Whether the nearest word takes what follows, and no other is as near."""
    note: str = ""
    """What is known of a word of other frameworks."""

    def label(self) -> str:
        return "" if self.nearest is None or self.note else f"did you mean `{self.nearest}`?"

    def help(self) -> tuple[str, ...]:
        knows = f"`{self.directive}` accepts {listed(self.known, 'or')}"
        return (self.note, knows) if self.note else (knows,)

    def fixes(self) -> tuple[Fix, ...]:
        return spelling(self.at, self.nearest if self.is_certain else None)


class MissingChoice(Problem):
    """A statement does not say which loss, optimizer or data set to use.

    netc has no default here: a default that is wrong would go unnoticed.

    ```netc
    input 784 -> dense 10 softmax
    opt lr=0.01
    ```

    Instead:

    ```netc fixed
    input 784 -> dense 10 softmax
    opt sgd lr=0.01
    ```
    """

    code = "E0204"
    title = "missing choice"
    directive: str
    what: str
    known: tuple[str, ...]
    instead: str = ""
    """What was most likely meant."""

    def message(self) -> str:
        article = "an" if self.what[:1] in "aeiou" else "a"
        return f"`{self.directive}` needs the name of {article} {self.what}"

    def help(self) -> tuple[str, ...]:
        knows = f"`{self.directive}` accepts {listed(self.known, 'or')}"
        return (f"write `{self.instead}`", knows) if self.instead else (knows,)


class UnknownLabel(Problem):
    """A label is read that is never defined with `-> @name`.

    A label inside a block, or inside the brackets of `repeat` and `each`, exists once per expansion
    and cannot be read from outside.

    ```netc
    input 784 -> dense 64 relu -> @code
    @cod -> dense 10
    @code -> dense 784
    ```

    Instead:

    ```netc fixed
    input 784 -> dense 64 relu -> @code
    @code -> dense 10
    @code -> dense 784
    ```
    """

    code = "E0205"
    title = "unknown label"
    message_text = "unknown label `@{name}`"
    name: str
    nearest: str | None = None
    inside: Span | None = None
    """Where a label of this name is written that cannot be seen from here."""
    is_value: bool = False
    """Whether `$name` is something here."""

    def label(self) -> str:
        return "" if self.nearest is None else f"did you mean `@{self.nearest}`?"

    def labels(self) -> tuple[Label, ...]:
        if self.inside is None:
            return ()
        return (Label(self.inside, f"this `@{self.name}` is visible only inside its block"),)

    def help(self) -> tuple[str, ...]:
        if self.is_value:
            return (f"to read the value of this name, write `${self.name}`",)
        if self.nearest is not None or self.inside is not None:
            return ()
        return (f"label a tensor with `-> @{self.name}`",)

    def fixes(self) -> tuple[Fix, ...]:
        return spelling(self.at, self.nearest, "@")


class UnknownName(Problem):
    """`$name` is used, but no parameter, `each` variable or `let` has this name.

    A block can use its own parameters and the constants of `let`, but not the parameters of the
    block that calls it: pass them on.

    ```netc
    let width=64
    input 784 -> dense $widht -> dense $width
    ```

    Instead:

    ```netc fixed
    let width=64
    input 784 -> dense $width -> dense $width
    ```
    """

    code = "E0206"
    title = "unknown name"
    message_text = "unknown name `${name}`"
    name: str
    nearest: str | None = None
    is_label: bool = False
    """Whether `@name` is something here."""

    def label(self) -> str:
        return "" if self.nearest is None else f"did you mean `${self.nearest}`?"

    def help(self) -> tuple[str, ...]:
        if self.is_label:
            return (f"to read the label of this name, write `@{self.name}`",)
        if self.nearest is not None:
            return ()
        return (f"define it with `let {self.name}=...`",)

    def fixes(self) -> tuple[Fix, ...]:
        return spelling(self.at, self.nearest, "$")


class MissingDollar(Problem):
    """A parameter, constant or label is used without its `$` or `@`.

    A bare word after a layer is another layer (`dense 64 relu`). `$name` is the value of a block
    parameter, an `each` variable or a `let`; `@name` is a labelled tensor.

    ```netc
    let width=64
    input 784 -> dense width relu -> dense $width
    ```

    Instead:

    ```netc fixed
    let width=64
    input 784 -> dense $width relu -> dense $width
    ```
    """

    code = "E0212"
    title = "name without its $ or @"
    label_text = "read it with `{mark}{name}`"
    name: str
    mark: str = "$"

    def message(self) -> str:
        return f"`{self.name}` is a {self._what()}, not a layer or block"

    def _what(self) -> str:
        return "value" if self.mark == "$" else "label"

    def fixes(self) -> tuple[Fix, ...]:
        edit = Edit(self.at, f"{self.mark}{self.name}")
        return (Fix(f"write `{edit.text}`", (edit,), safe=True),)
