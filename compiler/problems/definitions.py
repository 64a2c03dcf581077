"""E0207 to E0211: what is defined already, and constants that are set but never defined."""

from __future__ import annotations

from ...grammar.problem import Problem
from ...grammar.source import Span
from ...grammar.text import listed


class DefinedTwice(Problem):
    """A block, constant, parameter, label or layer name is defined twice.

    The second definition would silently replace the first, so names must be unique.

    ```netc
    let width=64
    let width=32
    input 784 -> dense $width
    ```

    Instead:

    ```netc fixed
    let width=64
    input 784 -> dense $width
    ```
    """

    code = "E0207"
    title = "duplicate definition"
    message_text = "duplicate {what} `{name}`"
    place_texts = {"first": "first defined here"}
    what: str
    """What is defined: "block", "constant", "parameter", "label", "layer name"."""
    name: str
    first: Span

    def help(self) -> tuple[str, ...]:
        if self.what != "label":
            return ()
        return (f"to read it, write `add {self.name}`, or start a pipe with `{self.name} -> ...`",)


class NameTaken(Problem):
    """A block has the name of a netc keyword or layer, which would change what that word means.

    ```netc
    block relu = leaky 0.1
    input 784 -> dense 10 -> relu
    ```

    Instead:

    ```netc fixed
    block leaky_relu = leaky 0.1
    input 784 -> dense 10 -> leaky_relu
    ```
    """

    code = "E0208"
    title = "reserved name"
    message_text = "the block name `{name}` is reserved: it is {what}"
    help_texts = ("rename it, for example to `my_{name}`",)
    name: str
    what: str


class StatementTwice(Problem):
    """A statement that is allowed once appears twice.

    A spec has one optimizer, one schedule, one `train` and one `data`. It can have several losses,
    metrics, `prep`, `reg`, `stop` and `expect` statements, but each metric only once.

    ```netc
    input 784 -> dense 10 softmax
    opt adam
    opt sgd lr=0.1
    ```

    Instead:

    ```netc fixed
    input 784 -> dense 10 softmax
    opt adam
    ```
    """

    code = "E0209"
    title = "duplicate statement"
    message_text = "duplicate `{directive}`: only one is allowed"
    place_texts = {"first": "first used here"}
    directive: str
    first: Span

    def help(self) -> tuple[str, ...]:
        if self.directive.startswith("metric "):
            return ("keep one of them",)
        return ("keep one of them, with all options",)


class UnknownOverride(Problem):
    """`--set` names a constant that no `let` defines.

    Only constants that the spec declares with `let` can be set from the command line.

    ```text
    netc check spec.net --set widht=32
    ```

    Instead:

    ```text
    netc check spec.net --set width=32
    ```
    """

    code = "E0210"
    title = "unknown constant"
    message_text = "unknown constant `{name}`"
    label_text = "did you mean `{nearest}`?"
    name: str
    known: tuple[str, ...]
    nearest: str | None = None

    def help(self) -> tuple[str, ...]:
        if not self.known:
            return (f"the spec has no `let`: add `let {self.name}=...` and use `${self.name}`",)
        return (f"the spec defines {listed(self.known, 'and')}",)


class UnknownSearch(Problem):
    """`tune` searches over a name that no `let` defines.

    Each searched name must be a constant of the spec, which every trial sets to a different value.

    ```netc
    input 784 -> dense 10 softmax
    opt sgd lr=0.1
    tune grid lr=(0.1, 0.01)
    ```

    Instead:

    ```netc fixed
    let lr=0.1
    input 784 -> dense 10 softmax
    opt sgd lr=$lr
    tune grid lr=(0.1, 0.01)
    ```
    """

    code = "E0211"
    title = "unknown search variable"
    message_text = "`tune` searches over `{name}`, which no `let` defines"
    label_text = "did you mean `{nearest}`?"
    fix_text = "{nearest}"
    name: str
    nearest: str | None = None

    def help(self) -> tuple[str, ...]:
        if self.nearest is not None:
            return ()
        return (f"add `let {self.name}=...`, and use `${self.name}`",)
