"""E0201 to E0206 and E0212: names that are unknown, or known as something else."""

from __future__ import annotations

from ...grammar.problem import Edit, Fix, Problem, respell
from ...grammar.source import Span
from ...grammar.text import with_article


class UnknownCall(Problem):
    """The base of problems about a word that does not exist."""

    word: str
    nearest: str | None = None
    is_certain: bool = False
    """Whether the nearest word takes what follows, and no other is as near."""
    note: str = ""
    """What is known of a word of other frameworks: "`fc` is called `dense` here"."""

    def label(self) -> str:
        return "" if self.nearest is None or self.note else f"did you mean `{self.nearest}`?"

    def fixes(self) -> tuple[Fix, ...]:
        return respell(self.at, self.nearest) if self.nearest and self.is_certain else ()


class UnknownLayer(UnknownCall):
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
    starts: bool = False
    """Whether it begins a statement, where more than layers and blocks is allowed."""

    def message(self) -> str:
        what = "statement, layer or block" if self.starts else "layer or block"
        return f"unknown {what} `{self.word}`"

    def help(self) -> tuple[str, ...]:
        if self.note:
            return (self.note,)
        if self.nearest is not None:
            return ()
        return (
            f"define it with `block {self.word} = ...`, or import it with `use`",
            "`netc explain layers` lists the layers",
        )


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
    """What is here, with its article: "a layer"."""
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
        edit = Edit(self.at.before, self.prefix)
        return (Fix(f"write `{self.prefix}{self.word}`", (edit,), safe=True),)


class UnknownWord(UnknownCall):
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
    help_texts = ("{note}", "`{directive}` accepts {known:or}")
    directive: str
    what: str
    """What it chooses: "loss", "optimizer"."""
    known: tuple[str, ...]


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
    help_texts = ("write `{instead}`", "`{directive}` accepts {known:or}")
    directive: str
    what: str
    known: tuple[str, ...]
    instead: str = ""
    """What was most likely meant."""

    def message(self) -> str:
        return f"`{self.directive}` needs the name of {with_article(self.what)}"


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
    label_text = "did you mean `@{nearest}`?"
    place_texts = {"inside": "this `@{name}` is visible only inside its block"}
    fix_text = "@{nearest}"
    name: str
    nearest: str | None = None
    inside: Span | None = None
    """Where a label of this name is written that cannot be seen from here."""
    is_value: bool = False
    """Whether `$name` is something here."""

    def help(self) -> tuple[str, ...]:
        if self.is_value:
            return (f"to read the value of this name, write `${self.name}`",)
        if self.nearest is not None or self.inside is not None:
            return ()
        return (f"label a tensor with `-> @{self.name}`",)


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
    label_text = "did you mean `${nearest}`?"
    fix_text = "${nearest}"
    name: str
    nearest: str | None = None
    is_label: bool = False
    """Whether `@name` is something here."""

    def help(self) -> tuple[str, ...]:
        if self.is_label:
            return (f"to read the label of this name, write `@{self.name}`",)
        if self.nearest is not None:
            return ()
        return (f"define it with `let {self.name}=...`",)


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
    fix_text = "{mark}{name}"
    name: str
    mark: str = "$"

    def message(self) -> str:
        what = "value" if self.mark == "$" else "label"
        return f"`{self.name}` is a {what}, not a layer or block"
