"""E043: metrics, bounds and expectations, and an optimizer that does not apply."""

from __future__ import annotations

from ...grammar.problem import Problem
from ...grammar.source import Span
from ...grammar.text import listed
from ..language.kinds import number_text


class ExpectationBroken(Problem):
    """The network differs from what `expect` states.

    `params` (parameters) and `macs` (multiply-adds per sample) are known without training and are
    checked at once. A count that differs from the published one usually means that one layer
    differs.

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

    code = "E0430"
    title = "expectation not met"
    quantity: str
    operator: str
    bound: float
    actual: int
    largest: tuple[tuple[str, int], ...]
    """The layers with the largest counts."""

    def message(self) -> str:
        one = "" if self.bound == 1 else "s"
        what = f"parameter{one}" if self.quantity == "params" else f"multiply-add{one} per sample"
        wanted = _grouped(self.bound)
        bound = wanted if self.operator == "=" else f"{self.operator} {wanted}"
        return f"expected {bound} {what}, got {self.actual:,}"

    def label(self) -> str:
        difference = self.actual - self.bound
        if difference == 0:
            return "equal to the bound"
        return f"{_grouped(abs(difference))} too {'many' if difference > 0 else 'few'}"

    def help(self) -> tuple[str, ...]:
        shares = ", ".join(f"`{layer}` {count:,}" for layer, count in self.largest)
        largest = (f"largest: {shares}",) if shares else ()
        if self.operator != "=":
            return largest
        return (*largest, f"if the network is correct, write `{self.quantity}={self.actual}`")


class UnknownQuantity(Problem):
    """`expect`, `stop` or `plateau` uses an unknown quantity.

    `params` and `macs` are known without training. `loss` and every metric that is a single number
    are measured: on the test part (`acc`), the validation part (`val_acc`) or the training part
    (`train_acc`).

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

    code = "E0431"
    title = "unknown quantity"
    message_text = "unknown quantity `{name}`"
    fix_text = "{nearest}"
    name: str
    nearest: str | None
    known: tuple[str, ...]
    note: str = ""
    """What is known of a quantity of other frameworks."""

    def help(self) -> tuple[str, ...]:
        if self.name.endswith("confusion"):
            return ("`confusion` is a table, not a number: use `acc`, `recall` or `f1`",)
        known = f"known are {listed(self.known)}; measured ones also with `val_` or `train_`"
        intended = self.note or (self.nearest and f"did you mean `{self.nearest}`?")
        return (intended, known) if intended else (known,)


class ImpossibleBound(Problem):
    """A quantity is compared with a number that it can never reach.

    Accuracy, for example, lies between 0 and 1: write 98 % as `98%` or `0.98`.

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

    code = "E0432"
    title = "bound out of reach"
    quantity: str
    bound: float
    least: float | None
    most: float | None

    def message(self) -> str:
        if self.most is not None and self.bound > self.most:
            limit = f"at most {number_text(self.most)}"
        else:
            limit = f"at least {number_text(self.least or 0)}"
        return f"`{self.quantity}` is {limit}, so it cannot reach {number_text(self.bound)}"

    def help(self) -> tuple[str, ...]:
        if (self.least, self.most) == (0, 1) and 1 < self.bound <= 100:
            return (f"write `{number_text(self.bound)}%`",)
        return ()


class MetricDoesNotFit(Problem):
    """A metric does not apply to the output or its targets.

    Metrics of classes, such as `acc`, `f1`, `auc` and `confusion`, need classes (`top5` more than
    five); `mae`, `rmse` and `r2` need numeric targets.

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

    code = "E0433"
    title = "metric does not apply"
    message_text = "`{metric}` does not apply here: {reason}"
    metric: str
    reason: str
    """Why, as a clause: "the targets are numbers"."""
    instead: tuple[str, ...]

    def help(self) -> tuple[str, ...]:
        return (f"use {listed(self.instead, 'or')}",) if self.instead else ()


class ExactDoesNotApply(Problem):
    """`opt exact` is used on a network that has no closed-form solution.

    Least squares has one, w = (X'X)^-1 X't, only for a single linear layer with `mse`. Layers
    before it must have no parameters (`poly` has none) and no randomness.

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

    code = "E0434"
    title = "no exact solution"
    message_text = "`opt exact` needs a single linear layer with `mse`, but {reason}"
    place_texts = {"culprit": "because of this"}
    help_texts = ("use `opt sgd` or `opt adam`",)
    reason: str
    """Why not, as a clause: "there are 2 layers with weights"."""
    culprit: Span | None


def _grouped(number: float) -> str:
    return f"{int(number):,}" if float(number).is_integer() else number_text(number)
