"""E0207 to E0211: what is defined already, and constants that are set but never defined."""

from __future__ import annotations

from dataclasses import dataclass

from ...grammar.problem import Fix, Label, Problem
from ...grammar.source import Span
from .names import listed, spelling


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinedTwice(Problem):
    """A block, a `let`, a parameter, a label or a layer's name is defined twice.

    A second definition could only hide the first, and a reader would have to know which one
    counts. Give one of them another name.

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
    title = "defined twice"
    what: str
    """What is defined: "block", "constant", "parameter", "label", "layer name"."""
    name: str
    first: Span

    def message(self) -> str:
        return f"the {self.what} `{self.name}` is defined twice"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first, "first defined here"),)

    def help(self) -> tuple[str, ...]:
        if self.what != "label":
            return ()
        return (f"to read it, write `add {self.name}`, or begin a pipe with `{self.name} -> ...`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameTaken(Problem):
    """A block has the name of a word of the language.

    `relu` must mean the same thing in every file, so a block cannot take the name of a layer, of
    a statement such as `loss`, or of `repeat` and `each`.

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
    title = "name taken"
    name: str
    what: str

    def message(self) -> str:
        return f"a block cannot be called `{self.name}`, which is {self.what}"

    def help(self) -> tuple[str, ...]:
        return (f"call it `my_{self.name}`, or by what it does",)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementTwice(Problem):
    """A statement that may stand once stands twice.

    A spec has one optimizer, one schedule, one `train` and one `data`. Several losses, metrics,
    `prep`s, `reg`s, `stop`s and `expect`s are fine, but the same metric is reported once.

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
    title = "statement twice"
    directive: str
    first: Span

    def message(self) -> str:
        return f"`{self.directive}` stands twice, and there can be one"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first, "the first one"),)

    def help(self) -> tuple[str, ...]:
        if self.directive.startswith("metric "):
            return ("keep one of the two",)
        return ("keep one of the two, and put all its options there",)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownOverride(Problem):
    """`--set` names a constant that no `let` defines.

    Only what the spec itself declares with `let` can be set from outside, so that a spec says
    what may be varied.

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
    name: str
    known: tuple[str, ...]
    nearest: str | None = None

    def message(self) -> str:
        return f"no `let` defines `{self.name}`"

    def label(self) -> str:
        return "" if self.nearest is None else f"did you mean `{self.nearest}`?"

    def help(self) -> tuple[str, ...]:
        if not self.known:
            return (f"the spec has no `let`: add `let {self.name}=...` and read `${self.name}`",)
        return (f"the spec defines {listed(self.known)}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownSearch(Problem):
    """`tune` searches a name that no `let` defines.

    Every searched name is a constant of the spec, which the search then sets. Without a `let` the
    value would go nowhere.

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
    title = "unknown search"
    name: str
    nearest: str | None = None

    def message(self) -> str:
        return f"`tune` searches `{self.name}`, which no `let` defines"

    def label(self) -> str:
        return "" if self.nearest is None else f"did you mean `{self.nearest}`?"

    def help(self) -> tuple[str, ...]:
        if self.nearest is not None:
            return ()
        return (f"write `let {self.name}=...`, and `${self.name}` where it is used",)

    def fixes(self) -> tuple[Fix, ...]:
        return spelling(self.at, self.nearest)


PROBLEMS: tuple[type[Problem], ...] = (
    DefinedTwice,
    NameTaken,
    StatementTwice,
    UnknownOverride,
    UnknownSearch,
)
