"""W03: what is allowed, runs, and is probably not what was meant.

A lint is silenced where it is meant: by a comment `# netc: allow(W0311)` on its line, or alone on
the line above the statement.
"""

from __future__ import annotations

from ...grammar.problem import Problem
from ...grammar.text import listed
from ..language.kinds import number_text


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

    code = "W0301"
    title = "unused let"
    message_text = "`{name}` is never used"
    help_texts = ("use it as `${name}`, or remove it",)
    name: str


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

    code = "W0302"
    title = "unused block"
    message_text = "`{name}` is never used"
    help_texts = ("use it like a layer, or remove it",)
    name: str


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

    code = "W0303"
    title = "unused label"
    message_text = "label `@{name}` is never read"
    help_texts = ("read it with `@{name}`, or remove it",)
    name: str


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

    code = "W0304"
    title = "unusual learning rate"
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

    code = "W0305"
    title = "batch larger than the data"
    message_text = (
        "batch size {batch:,} is larger than the training part of `{data}`, {samples:,} samples"
    )
    help_texts = ("write `batch=all` if one step per epoch is intended",)
    batch: int
    samples: int
    data: str


class RateNeverChanges(Problem):
    """A schedule would change the learning rate when training is already over.

    Milestones (`at=`), intervals (`every=`) and the warm-up count from the beginning of training,
    so one at or after its end never comes. The patience of a plateau starts to count after the
    first epoch.

    ```netc
    input 784 -> dense 10 softmax
    loss ce; opt sgd
    schedule multistep at=(10ep, 30ep)
    train epochs=20
    ```

    Instead:

    ```netc
    input 784 -> dense 10 softmax
    loss ce; opt sgd
    schedule multistep at=(10ep, 15ep)
    train epochs=20
    ```
    """

    code = "W0317"
    title = "rate never changes"
    option: str
    times: tuple[str, ...]
    epochs: int
    steps: int | None
    """Of one epoch, where that is known."""

    def message(self) -> str:
        times = listed(self.times, "and")
        ends = f"training ends after {self.epochs:,} epoch{'s' * (self.epochs > 1)}"
        if self.steps is not None and any(time.endswith("it") for time in self.times):
            ends += f" of {self.steps:,} step{'s' * (self.steps > 1)}"
        match self.option:
            case "warmup":
                return f"the warm-up of {times} takes the whole run: {ends}"
            case "patience":
                return f"the patience of {times} never ends: {ends}"
            case "every":
                return f"the first reduction, after {times}, never comes: {ends}"
        return f"{times} never {'comes' if len(self.times) == 1 else 'come'}: {ends}"

    def help(self) -> tuple[str, ...]:
        if self.epochs == 1:
            return ("train for more epochs: `train epochs=`",)
        half = max(1, self.epochs // 2)
        return (f"use an earlier time, such as `{half}ep`, or train for more epochs",)


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

    code = "W0309"
    title = "output without a loss"
    label_name: str | None

    def message(self) -> str:
        name = f"the output `@{self.label_name}`" if self.label_name else "this output"
        return f"{name} has no loss, but others have one"

    def help(self) -> tuple[str, ...]:
        return (f"add one: `loss mse on=@{self.label_name or 'out'}`",)


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

    code = "W0320"
    title = "unknown lint allowed"
    help_texts = ("did you mean `{nearest}`?",)
    name: str
    nearest: str | None

    def message(self) -> str:
        if self.name.startswith("E"):
            return f"`{self.name}` is an error, which cannot be allowed"
        return f"unknown lint `{self.name}`"
