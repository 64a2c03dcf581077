"""E05, E0239: values that a network cannot compute with, in data and in options."""

from __future__ import annotations

from ...grammar.numbers import shortest
from ...grammar.problem import Problem


class DataIsNoNumber(Problem):
    """An array does not contain numbers.

    Features must be floating-point numbers, whole numbers or booleans. Convert text, dates and
    complex numbers first. Targets may also be text: the names of classes.

    ```text
    data npz "f.npz"      # `x` holds text
    ```
    """

    code = "E0512"
    title = "data is not numeric"
    path: str
    name: str
    found: str
    what: str

    def message(self) -> str:
        where = _named(self.name, self.path)
        return f"{where} contains {self.found}, but {self.what} must be a number"


class DataNotFinite(Problem):
    """The data contains NaN or infinity.

    A single such value makes the loss NaN in the first batch that contains it, and then every
    weight.

    ```text
    data npz "f.npz"      # sample 17 of `x` holds a NaN
    ```
    """

    code = "E0513"
    title = "data not finite"
    help_texts = ("remove these samples or fill in the missing values; samples are counted from 1",)
    path: str
    name: str
    nans: int
    infinite: int
    sample: int

    def message(self) -> str:
        counts = ((self.nans, "NaN"), (self.infinite, "infinite"))
        found = " and ".join(f"{count:,} {what}" for count, what in counts if count)
        values = "value" if self.nans + self.infinite == 1 else "values"
        where = _named(self.name, self.path)
        return f"{where} contains {found} {values}, the first in sample {self.sample}"


class NumberTooLarge(Problem):
    """A number is too large for the precision of the network.

    Single precision ends at 3.4e38, double precision (`train precision=f64`) at 1.8e308. A `prep`
    can also produce numbers that large, from values close to the limit or a feature that hardly
    varies.

    ```text
    data csv "stars.csv" target=kind      # line 3 says 1e40 for the mass
    ```
    """

    code = "E0524"
    title = "number too large"
    path: str
    where: str
    """`line 3`, ``sample 2 of `x` ``, or the `prep` that makes it."""
    found: str
    precision: str
    """`f32` or `f64`."""

    def message(self) -> str:
        called = {"f32": "single", "f64": "double"}[self.precision]
        return f"`{self.path}`, {self.where}: {self.found} is too large for {called} precision"

    def help(self) -> tuple[str, ...]:
        if self.precision == "f64":
            return ("rescale the data before netc reads it",)
        return (
            "`train precision=f64` computes with numbers up to 1.8e308",
            "or rescale the data before netc reads it: single precision ends at 3.4e38",
        )


class OptionOutsidePrecision(Problem):
    """An option has a number that single precision cannot hold.

    Single precision ends at 3.4e38, and below 1.2e-38 numbers lose their digits and become 0: the
    weights would be infinite, or a step divide by 0. Double precision (`train precision=f64`)
    reaches from 2.2e-308 to 1.8e308.

    ```netc
    input 4 -> dense 3 init=normal(1e50) softmax
    loss ce
    opt sgd lr=0.1
    ```

    Instead:

    ```netc
    input 4 -> dense 3 init=normal(0.1) softmax
    loss ce
    opt sgd lr=0.1
    ```
    """

    code = "E0239"
    title = "number outside single precision"
    word: str
    option: str
    number: float

    def message(self) -> str:
        size = "large" if abs(self.number) > 1 else "small"
        called = f"`{self.option}` of `{self.word}`"
        return f"{called}: {shortest(self.number)} is too {size} for single precision"

    def help(self) -> tuple[str, ...]:
        return (
            "single precision holds 1.2e-38 to 3.4e38; `train precision=f64` computes with "
            "2.2e-308 to 1.8e308",
        )


class DigitsLost(Problem):
    """A feature has values that single precision cannot tell apart.

    Single precision has about seven digits: time stamps such as 1700000000 become multiples of 128,
    so that a whole minute is one value. netc reads and prepares numbers in double precision, so a
    `prep` that shifts and scales them keeps all digits.

    ```text
    data csv "log.csv" target=y      # `t` counts seconds since 1970, over a few minutes
    input 1 -> dense 1
    loss mse; opt adam
    ```

    Instead:

    ```text
    data csv "log.csv" target=y
    prep standardize
    input 1 -> dense 1
    loss mse; opt adam
    ```
    """

    code = "E0560"
    title = "digits lost"
    help_texts = (
        "`prep standardize` shifts and scales it before it is rounded",
        "or compute in double precision: `train precision=f64`",
    )
    data: str
    feature: str
    named: bool
    """Whether the feature has a name, or only a number."""
    values: int
    kept: int

    def message(self) -> str:
        called = f"`{self.feature}`" if self.named else f"feature {self.feature}"
        return (
            f"{called} of `{self.data}` has {self.values:,} different values, of which single "
            f"precision keeps {self.kept:,}"
        )


def _named(name: str, path: str) -> str:
    """An array of a file; one that is all of a file, or comes from a program, has no path."""
    return f"`{name}` of `{path}`" if path else f"`{name}`"
