"""E0207 to E0211: what is defined already, and constants that are set but never defined."""

from __future__ import annotations

from dataclasses import dataclass

from ...grammar.problem import Fix, Label, Problem
from ...grammar.source import Span
from .names import listed, spelling


@dataclass(frozen=True, slots=True, kw_only=True)
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
    what: str
    """What is defined: "block", "constant", "parameter", "label", "layer name"."""
    name: str
    first: Span

    def message(self) -> str:
        return f"duplicate {self.what} `{self.name}`"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first, "first defined here"),)

    def help(self) -> tuple[str, ...]:
        if self.what != "label":
            return ()
        return (f"to read it, write `add {self.name}`, or start a pipe with `{self.name} -> ...`",)


@dataclass(frozen=True, slots=True, kw_only=True)
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
    name: str
    what: str

    def message(self) -> str:
        return f"the block name `{self.name}` is reserved: it is {self.what}"

    def help(self) -> tuple[str, ...]:
        return (f"rename it, for example to `my_{self.name}`",)


@dataclass(frozen=True, slots=True, kw_only=True)
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
    directive: str
    first: Span

    def message(self) -> str:
        return f"duplicate `{self.directive}`: only one is allowed"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first, "first used here"),)

    def help(self) -> tuple[str, ...]:
        if self.directive.startswith("metric "):
            return ("keep one of them",)
        return ("keep one of them, with all options",)


@dataclass(frozen=True, slots=True, kw_only=True)
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
    name: str
    known: tuple[str, ...]
    nearest: str | None = None

    def message(self) -> str:
        return f"unknown constant `{self.name}`"

    def label(self) -> str:
        return "" if self.nearest is None else f"did you mean `{self.nearest}`?"

    def help(self) -> tuple[str, ...]:
        if not self.known:
            return (f"the spec has no `let`: add `let {self.name}=...` and use `${self.name}`",)
        return (f"the spec defines {listed(self.known)}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownSearch(Problem):
    """`tune` searches over a name that no `let` defines.

    Each searched name must be a constant of the spec, which every trial sets to another value.

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
    name: str
    nearest: str | None = None

    def message(self) -> str:
        return f"`tune` searches over `{self.name}`, which no `let` defines"

    def label(self) -> str:
        return "" if self.nearest is None else f"did you mean `{self.nearest}`?"

    def help(self) -> tuple[str, ...]:
        if self.nearest is not None:
            return ()
        return (f"add `let {self.name}=...`, and use `${self.name}`",)

    def fixes(self) -> tuple[Fix, ...]:
        return spelling(self.at, self.nearest)


PROBLEMS: tuple[type[Problem], ...] = (
    DefinedTwice,
    NameTaken,
    StatementTwice,
    UnknownOverride,
    UnknownSearch,
)
