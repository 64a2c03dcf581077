"""E043: metrics, bounds and expectations, and an optimizer that does not apply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...grammar.problem import Edit, Fix, Label, Problem
from ...grammar.source import Span
from ..language.kinds import number_text
from .options import listed


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectationBroken(Problem):
    """The network does not have what `expect` states of it.

    `params` and `macs` are known without training, so that they are checked at once. A count
    that differs from the one in a book usually means one layer that differs from the book.

    ```netc
    input 784 -> dense 10 softmax
    expect params=7840
    ```

    Instead:

    ```netc
    input 784 -> dense 10 softmax
    expect params=7850
    ```
    """

    code: ClassVar[str] = "E0430"
    title: ClassVar[str] = "expectation broken"

    quantity: str
    operator: str
    bound: float
    actual: int
    largest: tuple[tuple[str, int], ...]
    """The layers that have the most of it, with how much."""

    def message(self) -> str:
        what = "parameters" if self.quantity == "params" else "multiply-adds for a sample"
        wanted = _grouped(self.bound)
        if self.operator == "=":
            return f"the network has {self.actual:,} {what}, not {wanted}"
        return f"the network has {self.actual:,} {what}, which is not {self.operator} {wanted}"

    def label(self) -> str:
        difference = self.actual - self.bound
        if difference == 0:
            return "exactly as many"
        return f"{_grouped(abs(difference))} {'too many' if difference > 0 else 'missing'}"

    def help(self) -> tuple[str, ...]:
        shares = ", ".join(f"`{layer}` {count:,}" for layer, count in self.largest)
        largest = (f"the largest: {shares}",) if shares else ()
        if self.operator != "=":
            return largest
        return (*largest, f"if the network is right, write `{self.quantity}={self.actual}`")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownQuantity(Problem):
    """`expect`, `stop` or `plateau` names a quantity that there is not.

    Known without training: `params`, `macs`. Measured: `loss` and every metric that is one
    number, on the test part as they are (`acc`), with `val_` on the validation part, with
    `train_` on the training part.

    ```netc
    input 784 -> dense 10 softmax
    expect parms=7850
    ```

    Instead:

    ```netc
    input 784 -> dense 10 softmax
    expect params=7850
    ```
    """

    code: ClassVar[str] = "E0431"
    title: ClassVar[str] = "unknown quantity"

    name: str
    nearest: str | None
    known: tuple[str, ...]
    note: str = ""
    """What is known of a quantity of other frameworks."""

    def message(self) -> str:
        return f"there is no quantity `{self.name}`"

    def help(self) -> tuple[str, ...]:
        meant = (f"did you mean `{self.nearest}`?",) if self.nearest else ()
        meant = (self.note,) if self.note else meant
        if self.name.endswith("confusion"):
            return ("`confusion` is a table, not a number: compare `acc`, `recall` or `f1`",)
        return (
            *meant,
            f"there are {listed(self.known)}, and the measured ones with `val_` or `train_`",
        )

    def fixes(self) -> tuple[Fix, ...]:
        if self.nearest is None:
            return ()
        edit = Edit(self.at, self.nearest)
        return (Fix(f"write `{self.nearest}`", (edit,), safe=True),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpossibleBound(Problem):
    """A quantity is compared with a number that it can never reach.

    An accuracy lies between 0 and 1, so 98 is never reached: 98% is written with its sign, or as
    0.98.

    ```netc
    input 784 -> dense 10 softmax
    loss ce
    expect acc>=98
    ```

    Instead:

    ```netc
    input 784 -> dense 10 softmax
    loss ce
    expect acc>=98%
    ```
    """

    code: ClassVar[str] = "E0432"
    title: ClassVar[str] = "bound out of reach"

    quantity: str
    bound: float
    least: float | None
    most: float | None

    def message(self) -> str:
        if self.most is not None and self.bound > self.most:
            limit = f"at most {number_text(self.most)}"
        else:
            limit = f"at least {number_text(self.least or 0)}"
        return f"`{self.quantity}` is {limit}, so {number_text(self.bound)} is out of reach"

    def help(self) -> tuple[str, ...]:
        if (self.least, self.most) == (0, 1) and 1 < self.bound <= 100:
            return (f"write `{number_text(self.bound)}%`",)
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDoesNotFit(Problem):
    """A metric is asked of an output that it says nothing about.

    `acc`, `error`, `precision`, `recall`, `f1`, `auc`, `top5` and `confusion` count classes that
    are right; `mae`, `rmse` and `r2` measure how far numbers are from their targets. `auc` is
    about two classes, and `top5` about more than five.

    ```netc
    data sine
    input 1 -> dense 8 tanh -> dense 1
    loss mse
    metric acc
    ```

    Instead:

    ```netc
    data sine
    input 1 -> dense 8 tanh -> dense 1
    loss mse
    metric rmse r2
    ```
    """

    code: ClassVar[str] = "E0433"
    title: ClassVar[str] = "metric does not fit"

    metric: str
    reason: str
    """Why, as a clause: "the targets are numbers"."""
    instead: tuple[str, ...]

    def message(self) -> str:
        return f"`{self.metric}` says nothing here: {self.reason}"

    def help(self) -> tuple[str, ...]:
        return (f"metrics that fit are {listed(self.instead)}",) if self.instead else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactDoesNotApply(Problem):
    """`opt exact` stands in a spec that has no solution in closed form.

    The weights at which the gradient of `mse` is zero can be written down for one linear layer,
    w = (X'X)^-1 X't, and for nothing else. What stands before that layer may not learn (`poly`
    does not) and may not be random.

    ```netc
    data linear
    input 1 -> dense 8 relu -> dense 1
    loss mse
    opt exact
    ```

    Instead:

    ```netc
    data linear
    input 1 -> dense 1
    loss mse
    opt exact
    ```
    """

    code: ClassVar[str] = "E0434"
    title: ClassVar[str] = "no exact solution"

    reason: str
    """Why not, as a clause: "there are 2 layers with weights"."""
    culprit: Span | None

    def message(self) -> str:
        return f"`opt exact` is for one linear layer with `mse`, but {self.reason}"

    def labels(self) -> tuple[Label, ...]:
        return () if self.culprit is None else (Label(self.culprit, "this is in the way"),)

    def help(self) -> tuple[str, ...]:
        return ("learn in steps: `opt sgd` or `opt adam`",)


def _grouped(number: float) -> str:
    return f"{int(number):,}" if float(number).is_integer() else number_text(number)


PROBLEMS: tuple[type[Problem], ...] = (
    ExpectationBroken,
    UnknownQuantity,
    ImpossibleBound,
    MetricDoesNotFit,
    ExactDoesNotApply,
)
