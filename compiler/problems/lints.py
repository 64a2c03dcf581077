"""W03: what is allowed, runs, and is probably not what was meant.

A lint is silenced where it is meant: by a comment `# netc: allow(W0311)` on its line, or alone on
the line above the statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...grammar.problem import Problem
from ..language.kinds import number_text
from .layer_lints import PROBLEMS as LAYERS
from .weight_lints import PROBLEMS as WEIGHTS


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusedLet(Problem):
    """A `let` is defined but never used.

    Often a number was written in place of `$name`, so that changing the `let` (or searching over it
    with `tune`) has no effect.

    ```netc
    let width=64
    input 784 -> dense 64 relu -> dense 10
    ```

    Instead:

    ```netc
    let width=64
    input 784 -> dense $width relu -> dense 10
    ```
    """

    code: ClassVar[str] = "W0301"
    title: ClassVar[str] = "unused let"

    name: str

    def message(self) -> str:
        return f"`{self.name}` is never used"

    def help(self) -> tuple[str, ...]:
        return (f"use it as `${self.name}`, or remove it",)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusedBlock(Problem):
    """A `block` is defined but never used, so its layers are not part of the network.

    ```netc
    block hidden(n) = dense $n relu
    input 784 -> dense 64 relu -> dense 10
    ```

    Instead:

    ```netc
    block hidden(n) = dense $n relu
    input 784 -> hidden 64 -> dense 10
    ```
    """

    code: ClassVar[str] = "W0302"
    title: ClassVar[str] = "unused block"

    name: str

    def message(self) -> str:
        return f"`{self.name}` is never used"

    def help(self) -> tuple[str, ...]:
        return ("use it like a layer, or remove it",)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusedLabel(Problem):
    """A label at the end of a statement is never read and names no output.

    `-> @name` names a tensor. At the end of a statement, the name is for another pipe, a loss, or
    an output of the network. This tensor is already used under another label, so probably that
    label was read by mistake. A label in the middle of a pipe needs no reader.

    ```netc
    input 784 -> dense 64 relu -> @hidden
    @hidden -> @code
    @hidden -> dense 10
    ```

    Instead:

    ```netc
    input 784 -> dense 64 relu -> @hidden
    @hidden -> @code
    @code -> dense 10
    ```
    """

    code: ClassVar[str] = "W0303"
    title: ClassVar[str] = "unused label"

    name: str

    def message(self) -> str:
        return f"label `@{self.name}` is never read"

    def help(self) -> tuple[str, ...]:
        return (f"read it with `@{self.name}`, or remove it",)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusualRate(Problem):
    """A learning rate is far outside the usual range of its optimizer.

    Each optimizer has its own scale: 0.1 is common for `sgd`, but makes `adam` diverge.

    ```netc
    input 784 -> dense 10 softmax
    loss ce
    opt adam lr=0.5
    ```

    Instead:

    ```netc
    input 784 -> dense 10 softmax
    loss ce
    opt adam lr=0.001
    ```
    """

    code: ClassVar[str] = "W0304"
    title: ClassVar[str] = "unusual learning rate"

    optimizer: str
    rate: float
    least: float
    most: float
    default: float

    def message(self) -> str:
        size = "large" if self.rate > self.most else "small"
        rate = number_text(self.rate)
        return f"learning rate {rate} is unusually {size} for `{self.optimizer}`"

    def label(self) -> str:
        return f"usual: {number_text(self.least)} to {number_text(self.most)}"

    def help(self) -> tuple[str, ...]:
        return (f"the default is `lr={number_text(self.default)}`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLargerThanData(Problem):
    """The batch is larger than the training part, so every epoch is a single step.

    If that is intended, write `batch=all`.

    ```netc
    data iris
    input 4 -> dense 3 softmax
    loss ce
    train batch=256
    ```

    Instead:

    ```netc
    data iris
    input 4 -> dense 3 softmax
    loss ce
    train batch=16
    ```
    """

    code: ClassVar[str] = "W0305"
    title: ClassVar[str] = "batch larger than the data"

    batch: int
    samples: int
    data: str

    def message(self) -> str:
        return (
            f"batch size {self.batch:,} is larger than the training part of `{self.data}`, "
            f"{self.samples:,} samples"
        )

    def help(self) -> tuple[str, ...]:
        return ("write `batch=all` if one step per epoch is intended",)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputWithoutLoss(Problem):
    """One output has no loss while others have one.

    The layers that only this output uses are never trained.

    ```netc
    input 4 -> dense 8 relu -> @trunk
    @trunk -> dense 3 softmax -> @kind
    @trunk -> dense 2
    loss ce on=@kind
    ```

    Instead:

    ```netc
    input 4 -> dense 8 relu -> @trunk
    @trunk -> dense 3 softmax -> @kind
    @trunk -> dense 2 -> @size
    loss ce on=@kind
    loss mse on=@size
    ```
    """

    code: ClassVar[str] = "W0309"
    title: ClassVar[str] = "output without a loss"

    label_name: str | None

    def message(self) -> str:
        name = f"the output `@{self.label_name}`" if self.label_name else "this output"
        return f"{name} has no loss, but others have one"

    def help(self) -> tuple[str, ...]:
        return (f"add one: `loss mse on=@{self.label_name or 'out'}`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownAllow(Problem):
    """A comment allows a lint that does not exist.

    `# netc: allow(W0311)` silences that lint on its line or in the statement below. Errors cannot
    be silenced.

    ```netc
    input 784 -> dense 10   # netc: allow(W9999)
    ```

    Instead:

    ```netc
    input 784 -> dense 10
    ```
    """

    code: ClassVar[str] = "W0320"
    title: ClassVar[str] = "unknown lint allowed"

    name: str
    nearest: str | None

    def message(self) -> str:
        if self.name.startswith("E"):
            return f"`{self.name}` is an error, which cannot be allowed"
        return f"unknown lint `{self.name}`"

    def help(self) -> tuple[str, ...]:
        return (f"did you mean `{self.nearest}`?",) if self.nearest else ()


PROBLEMS: tuple[type[Problem], ...] = (
    UnusedLet,
    UnusedBlock,
    UnusedLabel,
    UnusualRate,
    BatchLargerThanData,
    OutputWithoutLoss,
    UnknownAllow,
    *LAYERS,
    *WEIGHTS,
)
