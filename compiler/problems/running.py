"""E065: what keeps a checked spec from being trained, and what goes wrong while it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...grammar.problem import Problem
from ..language.kinds import number_text


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotRunYet(Problem):
    """a part of the language checks but cannot run yet

    The spec is right: it parses, its shapes and contracts hold, and `check`, `show` and `fmt`
    work on it. This version of netc has no runtime for the part that is named here.

    ```text
    data digits
    kfold 5                   # checks, but this version trains once
    input 64 -> dense 10 softmax
    loss ce; opt adam
    ```
    """

    code: ClassVar[str] = "E0650"
    title: ClassVar[str] = "cannot run yet"

    what: str
    """As the author wrote it: "augment", "kfold", "tune"."""

    def message(self) -> str:
        return f"`{self.what}` checks but cannot run yet"

    def help(self) -> tuple[str, ...]:
        ways = {
            "augment": "without it the network learns from the pictures as they are",
            "kfold": "`val=20%` on `data` holds out one part in place of each in turn",
            "tune": "without it `netc run --set NAME=VALUE` tries one value at a time",
        }
        return (ways[self.what],) if self.what in ways else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingDiverged(Problem):
    """the loss is no longer a finite number

    A step made the loss infinite or not a number (NaN), and no later step can bring it back:
    training stopped there. Nearly always the learning rate is too large for the net, the inputs
    are not scaled, or the weights start too large.

    ```text
    data digits
    input 64 -> dense 32 relu -> dense 10
    loss mse
    opt sgd lr=1000
    ```
    """

    code: ClassVar[str] = "E0651"
    title: ClassVar[str] = "training diverged"

    epoch: int
    batch: int
    loss: str
    """`nan`, `inf` or `-inf`."""
    rate: float
    optimizer: str
    usual: tuple[float, float] | None
    """The usual learning rates of the optimizer."""
    advised: float
    clips: bool
    """Whether the optimizer already bounds the gradients."""
    kind: str = ""
    """What was not finite first: `input`, `parameter`, `output`, `loss`, or unknown."""
    name: str = ""

    def message(self) -> str:
        text = f"the loss became {self.loss} in epoch {self.epoch}, batch {self.batch}"
        if self.kind == "parameter":
            return f"{text}: `{self.name}` is not finite"
        if self.kind == "loss":
            return f"{text}: every layer's output is finite, only the loss of it is not"
        if self.kind:
            return f"{text}: the {self.kind} of `{self.name}` is not finite"
        return text

    def help(self) -> tuple[str, ...]:
        if self.kind == "input":
            return ("the data holds numbers that are infinite or missing: leave those samples out",)
        rate = f"the learning rate there was {_rounded(self.rate)}"
        if self.usual is not None:
            least, most = self.usual
            rate += f", and `{self.optimizer}` mostly has {_rounded(least)} to {_rounded(most)}"
        way = f"try `lr={_rounded(self.advised)}`"
        if not self.clips:
            way += ", or `clip=1` on the optimizer"
        return (
            f"{rate}: {way}",
            "`prep standardize` brings inputs of different sizes to one scale",
        )


def _rounded(value: float) -> str:
    return number_text(float(f"{value:.3g}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LossMissing(Problem):
    """a spec without a loss cannot be trained

    A network alone checks, shows and formats. To learn, it has to be told what is wrong with
    an answer: that is the loss.

    ```text
    data digits
    input 64 -> dense 10 softmax
    opt adam
    ```

    Instead:

    ```text
    data digits
    input 64 -> dense 10 softmax
    loss ce
    opt adam
    ```
    """

    code: ClassVar[str] = "E0652"
    title: ClassVar[str] = "loss missing"

    advice: str = "`loss ce` after a softmax, `loss bce` after a sigmoid, `loss mse` for numbers"

    def message(self) -> str:
        return "there is no `loss`, so there is nothing to train towards"

    def help(self) -> tuple[str, ...]:
        return (f"add a line: {self.advice}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizerMissing(Problem):
    """a spec without an optimizer cannot be trained

    `opt` says how the weights follow the gradient. It has no default, because the learning rate
    is the first thing that a reader of a spec wants to see.

    ```text
    data digits
    input 64 -> dense 10 softmax
    loss ce
    ```

    Instead:

    ```text
    data digits
    input 64 -> dense 10 softmax
    loss ce
    opt adam
    ```
    """

    code: ClassVar[str] = "E0653"
    title: ClassVar[str] = "optimizer missing"

    def message(self) -> str:
        return "there is no `opt`, so nothing says how to train"

    def help(self) -> tuple[str, ...]:
        return ("add a line: `opt adam`, or `opt sgd lr=0.1 momentum=0.9`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataMissing(Problem):
    """a spec without data cannot be trained

    Name a data set in the spec or on the command line (`--data`).

    ```text
    input 64 -> dense 10 softmax
    loss ce; opt adam
    ```

    Instead:

    ```text
    data digits
    input 64 -> dense 10 softmax
    loss ce; opt adam
    ```
    """

    code: ClassVar[str] = "E0654"
    title: ClassVar[str] = "data missing"

    def message(self) -> str:
        return "there is no `data`, so there is nothing to learn from"

    def help(self) -> tuple[str, ...]:
        return ("add a line: `data digits`, or run with `--data digits`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkMissing(Problem):
    """a spec without a network cannot be trained

    Blocks and constants alone make a library for `use`, which checks. A spec that runs has an
    `input` and at least one layer after it.

    ```text
    block unit(n) = dense $n relu
    ```
    """

    code: ClassVar[str] = "E0655"
    title: ClassVar[str] = "network missing"

    def message(self) -> str:
        return "there is no network: nothing to train"

    def help(self) -> tuple[str, ...]:
        return ("add a line: `input 64 -> dense 32 relu -> dense 10 softmax`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricCannotBeMeasured(Problem):
    """a metric cannot be computed from the targets that were loaded

    `acc`, `top5`, `error`, `precision`, `recall`, `f1`, `auc` and `confusion` count classes;
    `mae`, `rmse` and `r2` measure numbers. The same names in `expect` and `stop` follow this
    rule. What a table holds is known only when it is loaded, so this shows when the spec runs.

    ```text
    data csv "houses.csv" target=price       # prices are numbers
    input 6 -> dense 8 tanh -> dense 1
    loss mse; opt adam
    metric acc
    ```

    Instead:

    ```text
    data csv "houses.csv" target=price
    input 6 -> dense 8 tanh -> dense 1
    loss mse; opt adam
    metric rmse
    ```
    """

    code: ClassVar[str] = "E0656"
    title: ClassVar[str] = "metric cannot be measured"

    metric: str
    data: str
    reason: str

    def message(self) -> str:
        return f"`{self.metric}` cannot be computed on `{self.data}`: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartIsEmpty(Problem):
    """a quantity belongs to a part of the data that has no samples

    `acc` is measured on the test part, `val_acc` on the validation part, `train_acc` on the
    training part. Where a split leaves a part empty nothing is measured on it.

    ```text
    data digits split=(90%, 10%, 0%)
    input 64 -> dense 10 softmax
    loss ce; opt adam
    expect acc>=90%                          # there is no test part
    ```

    Instead:

    ```text
    data digits split=(80%, 10%, 10%)
    input 64 -> dense 10 softmax
    loss ce; opt adam
    expect acc>=90%
    ```
    """

    code: ClassVar[str] = "E0657"
    title: ClassVar[str] = "part is empty"

    quantity: str
    known: tuple[str, ...]

    def message(self) -> str:
        part = "validation" if self.quantity.startswith("val_") else "test"
        return f"`{self.quantity}` is not measured: the {part} part has no samples"

    def help(self) -> tuple[str, ...]:
        return ("this run measures " + ", ".join(f"`{name}`" for name in self.known),)


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionNotUnique(Problem):
    """the normal equations have no single solution

    `opt exact` looks for the weights with the least error. Where there are fewer samples than
    features, where a feature never changes, or where one follows from the others, infinitely
    many weights have the same error, and none of them is the right one. A little `reg l2` chooses
    the smallest.

    ```text
    data npz "f.npz"            # 20 samples of 30 features
    input 30 -> dense 1
    loss mse; opt exact
    ```

    Instead:

    ```text
    data npz "f.npz"
    input 30 -> dense 1
    loss mse; opt exact; reg l2 1e-6
    ```
    """

    code: ClassVar[str] = "E0658"
    title: ClassVar[str] = "solution not unique"

    features: int
    rank: int
    samples: int

    def message(self) -> str:
        return (
            f"{self.samples:,} samples determine {self.rank:,} of {self.features:,} directions of "
            "the features: many weights fit equally well"
        )

    def help(self) -> tuple[str, ...]:
        return ("`reg l2 1e-6` chooses the smallest of them",)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLost(Problem):
    """a worker process ended in the middle of its work

    `netc run`, `netc eval` and `netc predict` share each batch among several processes. One of them
    was killed, most often because the machine ran out of memory, or failed. A smaller batch needs
    less memory, and `--workers 1` does everything in one process, with the same numbers.

    ```text
    $ netc run big.net
    error[E0660]: a worker process ended before its work was done
    ```
    """

    code: ClassVar[str] = "E0660"
    title: ClassVar[str] = "worker process lost"

    said: str
    """What it left behind: the end of a traceback, or that it was killed."""

    def message(self) -> str:
        return "a worker process ended before its work was done"

    def label(self) -> str:
        lines = self.said.strip().splitlines()
        return lines[-1] if lines else ""

    def help(self) -> tuple[str, ...]:
        return (
            "`--workers 1` does the work in one process, with the same numbers",
            "`train batch=` with a smaller number needs less memory",
        )


PROBLEMS: tuple[type[Problem], ...] = (
    CannotRunYet,
    TrainingDiverged,
    LossMissing,
    OptimizerMissing,
    DataMissing,
    NetworkMissing,
    MetricCannotBeMeasured,
    PartIsEmpty,
    SolutionNotUnique,
    WorkerLost,
)
