"""E0401 to E0418: arithmetic, comparisons, searches, settings and long lists."""

from __future__ import annotations

from ...grammar.problem import Edit, Fix, Problem
from ...grammar.source import Span


class NotANumber(Problem):
    """Arithmetic is applied to something that is not a number.

    `+ - * / //` work on numbers. Shapes, words, text and lists cannot be added or multiplied:
    compute the number first and build the shape from it.

    ```netc
    let size=3x3
    input 28x28x1 -> conv (2*$size) 3x3
    ```

    Instead:

    ```netc fixed
    let width=3
    input 28x28x1 -> conv (2*$width) 3x3
    ```
    """

    code = "E0401"
    title = "arithmetic on a non-number"
    message_text = "`{operator}` needs numbers, got {got}"
    operator: str
    got: str
    """What it is, with its article: "a shape"."""


class DivisionByZero(Problem):
    """A number is divided by zero.

    ```netc
    let n=0
    input 784 -> dense (64/$n)
    ```

    Instead:

    ```netc fixed
    let n=2
    input 784 -> dense (64/$n)
    ```
    """

    code = "E0402"
    title = "division by zero"
    message_text = "`{text}` divides by zero"
    label_text = "this is 0"
    text: str


class ResultTooLarge(Problem):
    """The result of arithmetic is too large.

    Whole numbers have at most 18 digits; other numbers must be finite.

    ```netc
    let n=1e300
    input 784 -> dense 10
    reg l2 ($n*$n)
    ```

    Instead:

    ```netc fixed
    let n=1e-3
    input 784 -> dense 10
    reg l2 ($n*$n)
    ```
    """

    code = "E0403"
    title = "result too large"
    message_text = "the value of `{text}` is too large"
    text: str


class UnitsDoNotFit(Problem):
    """Two quantities are combined that have incompatible units.

    Quantities of the same unit can be added and subtracted, and a quantity can be multiplied or
    divided by a plain number: `(2*5ep)` is `10ep`. Epochs and minutes cannot be added.

    ```netc
    let wait=5ep
    input 784 -> dense 10 softmax
    loss ce
    stop patience=($wait+2) on=val_loss
    ```

    Instead:

    ```netc fixed
    let wait=5ep
    input 784 -> dense 10 softmax
    loss ce
    stop patience=($wait+2ep) on=val_loss
    ```
    """

    code = "E0404"
    title = "incompatible units"
    message_text = "incompatible units for `{operator}`: `{left}` and `{right}`"
    operator: str
    left: str
    right: str

    def help(self) -> tuple[str, ...]:
        if self.operator in "+-":
            return ("use the same unit for both",)
        return ("multiply or divide a quantity by a plain number",)


class WrongExpectation(Problem):
    """An `expect` statement needs a comparison.

    `expect params=61706` and `expect acc>=98%` are statements; `expect 6x6x256` is a layer of a
    pipe and checks the shape there.

    ```netc
    input 784 -> dense 10
    expect 7850
    ```

    Instead:

    ```netc fixed
    input 784 -> dense 10
    expect params=7850
    ```
    """

    code = "E0413"
    title = "wrong expectation"
    text: str

    def message(self) -> str:
        return "`expect` needs a comparison" + (f", not `{self.text}`" if self.text else "")

    def help(self) -> tuple[str, ...]:
        name, _, bound = self.text.partition(" ")
        if bound:
            return (f"write `expect {name}>={bound}`, or use `=`, `<=`, `>` or `<`",)
        return ("for example `expect params=61706` or `expect acc>=98%`",)


class WrongSearch(Problem):
    """A search variable of `tune` has no values to try.

    A list gives the values: `width=(32, 64, 128)`. `log(low, high)` and `linear(low, high)` give a
    range, on a logarithmic or a linear scale.

    ```netc
    let width=64
    input 784 -> dense $width softmax
    tune grid width=32
    ```

    Instead:

    ```netc fixed
    let width=64
    input 784 -> dense $width softmax
    tune grid width=(32, 64)
    ```
    """

    code = "E0414"
    title = "search without values"
    message_text = "`{name}` of `tune` {reason}"
    help_texts = (
        (
            "write a list, `{name}=(32, 64, 128)`, or a range, "
            "`{name}=log(1e-4, 1e-1)` or `{name}=linear(0, 1)`"
        ),
    )
    name: str
    reason: str


class WrongComparison(Problem):
    """A comparison is used where an option is expected.

    `>=`, `<=`, `>` and `<` belong to `expect` and `stop when`. Options are set with `=`.

    ```netc
    input 784 -> dense 10 -> dropout rate>=0.5
    ```

    Instead:

    ```netc fixed
    input 784 -> dense 10 -> dropout 0.5
    ```
    """

    code = "E0415"
    title = "comparison in place of an option"
    message_text = "`{call}` takes no comparison"
    label_text = "set an option with `=`, not `{operator}`"
    call: str
    name: str
    operator: str
    sign: Span | None = None

    def fixes(self) -> tuple[Fix, ...]:
        if self.sign is None:
            return ()
        return (Fix(f"write `{self.name}=...`", (Edit(self.sign, "="),), safe=False),)


class WrongWeights(Problem):
    """`init` as a statement needs a weights file to start from.

    The initialisation of one layer is an option of that layer: `dense 10 init=he`.

    ```netc
    input 784 -> dense 10 softmax
    init he
    ```

    Instead:

    ```netc fixed
    input 784 -> dense 10 init=he softmax
    ```
    """

    code = "E0416"
    title = "init without a file"
    message_text = "`init` needs the path of a weights file, in quotes"
    help_texts = ('write `init "weights.safetensors"`, or `init=he` as an option of a layer',)


class WrongSetting(Problem):
    """`--set` needs exactly one value for a constant.

    The value is written as after `let name=`: a number, a shape, a word, quoted text or a list. It
    sets constants of `let`; an option, such as the weight of a loss, is set by a constant that it
    reads: `let weight=1` and `loss ce weight=$weight`.

    ```text
    netc check spec.net --set "width=32; loss ce"
    ```

    Instead:

    ```text
    netc check spec.net --set width=32
    ```
    """

    code = "E0417"
    title = "invalid value for --set"
    name: str
    value: str

    def message(self) -> str:
        if self._option():
            return f"`--set` sets `let` constants, and `{self.name}` is not one"
        return f"`{self.name}` needs exactly one value, got `{self.value}`"

    def help(self) -> tuple[str, ...]:
        option = self._option()
        if not option:
            return ()
        let = f"`let {option}=...` and `{option}=${option}`"
        return (f"write {let} in the spec, and `--set {option}={self.value}`",)

    def _option(self) -> str:
        """The last part of a name with several."""
        return self.name.rpartition(".")[2] if "." in self.name else ""


class ListTooLong(Problem):
    """A list is too long.

    A list may hold 10,000 values, including those of nested lists, and all constants of a spec
    together 100,000; 64 characters of text count as one value. Lists that contain other lists
    several times grow exponentially, so a few lines could fill the memory.

    ```netc
    let a=(1, 2) b=($a, $a, $a, $a, $a, $a, $a, $a, $a, $a) c=($b, $b, $b, $b, $b, $b, $b, $b, $b)
    let d=($c, $c, $c, $c, $c, $c, $c, $c, $c) e=($d, $d, $d, $d, $d, $d, $d, $d, $d)
    input 784 -> dense 10
    ```

    Instead:

    ```netc fixed
    let widths=(64, 128)
    input 784 -> each width=$widths [dense $width relu] -> dense 10
    ```
    """

    code = "E0418"
    title = "list too long"
    help_texts = ("nest fewer lists",)
    limit: int
    together: bool = False
    """Whether it is the constants of the spec that hold too much, all together."""

    def message(self) -> str:
        if self.together:
            return f"the constants of the spec hold more than {self.limit:,} values"
        return f"this list holds more than {self.limit:,} values"
