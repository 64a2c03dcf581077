"""E0401 to E0415: arithmetic, lists, repetition and how much a spec may expand to."""

from __future__ import annotations

from dataclasses import dataclass

from ...grammar.problem import Edit, Fix, Label, Problem
from ...grammar.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class NotANumber(Problem):
    """Arithmetic is done with something that is no number.

    `+ - * / //` work on numbers. Shapes, words, texts and lists cannot be added or multiplied:
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
    title = "arithmetic without a number"
    operator: str
    got: str
    """What it is, with its article: "a shape"."""

    def message(self) -> str:
        return f"`{self.operator}` needs numbers, and this is {self.got}"


@dataclass(frozen=True, slots=True, kw_only=True)
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
    text: str

    def message(self) -> str:
        return f"`{self.text}` divides by zero"

    def label(self) -> str:
        return "this is 0"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultTooLarge(Problem):
    """A sum or product is beyond what netc counts with.

    Whole numbers go up to 2^63 - 1, the largest size that any machine addresses; other numbers
    must be finite.

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
    text: str

    def message(self) -> str:
        return f"`{self.text}` is too large to count with"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsDoNotFit(Problem):
    """Two quantities are combined whose units do not allow it.

    Quantities of one unit can be added and subtracted, and a quantity can be multiplied or
    divided by a plain number: `(2*5ep)` is `10ep`. Epochs and minutes cannot be added, and
    epochs times epochs is nothing.

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
    title = "units that do not fit"
    operator: str
    left: str
    right: str

    def message(self) -> str:
        return f"`{self.left}` and `{self.right}` have units that do not fit `{self.operator}`"

    def help(self) -> tuple[str, ...]:
        if self.operator in "+-":
            return ("write both with the same unit",)
        return ("multiply or divide a quantity by a plain number",)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnequalLists(Problem):
    """The lists of `each` have different lengths.

    `each` walks its lists together: one item of each list a round. With unequal lengths some
    items would have no partner.

    ```netc
    input 32x32x3 -> each c=(64, 128, 256) n=(2, 2) [repeat $n [conv $c 3x3 pad=1]]
    ```

    Instead:

    ```netc fixed
    input 32x32x3 -> each c=(64, 128, 256) n=(2, 2, 3) [repeat $n [conv $c 3x3 pad=1]]
    ```
    """

    code = "E0405"
    title = "lists of unequal length"
    first: str
    first_length: int
    first_at: Span
    second: str
    second_length: int

    def message(self) -> str:
        return (
            f"`{self.first}` has {self.first_length} items and `{self.second}` has "
            f"{self.second_length}, and `each` walks them together"
        )

    def label(self) -> str:
        return f"{self.second_length} items"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first_at, f"{self.first_length} items"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongList(Problem):
    """`each` needs lists, written `c=(64, 128)`, and at least one of them.

    ```netc
    input 32x32x3 -> each c=64 [conv $c 3x3]
    ```

    Instead:

    ```netc fixed
    input 32x32x3 -> each c=(64, 128) [conv $c 3x3]
    ```
    """

    code = "E0406"
    title = "each without a list"
    name: str | None = None
    """The variable whose value is no list; None when there is no variable at all."""
    got: str = ""
    """What the value is, with its article: "a number"."""
    text: str = ""
    """The value as it was written."""

    def message(self) -> str:
        if self.name is None:
            return "`each` needs at least one list to walk"
        return f"`{self.name}` of `each` is {self.got}, not a list"

    def help(self) -> tuple[str, ...]:
        if self.name is None:
            return ("write `each c=(64, 128) [...]`, or `repeat 2 [...]` to repeat a pipe",)
        return (f"a list of one item is `{self.name}=({self.text},)`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongCount(Problem):
    """`repeat` needs a whole number of rounds, 0 or more.

    `repeat 0 [p]` passes on what flows in.

    ```netc
    input 784 -> repeat 2.5 [dense 64 relu]
    ```

    Instead:

    ```netc fixed
    input 784 -> repeat 2 [dense 64 relu]
    ```
    """

    code = "E0407"
    title = "wrong count"
    got: str | None
    """The value, or None when there is none."""

    def message(self) -> str:
        if self.got is None:
            return "`repeat` needs a number of rounds"
        return f"`repeat` needs a whole number of rounds, and `{self.got}` is none"

    def help(self) -> tuple[str, ...]:
        return ("write `repeat 2 [...]`",) if self.got is None else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpansionTooLarge(Problem):
    """Repeats and blocks expand to more layers than netc builds.

    The limit of 100,000 calls is far above any network that is trained, and keeps a slip of the
    keys (or a hostile file) from filling the memory.

    ```netc
    input 784 -> repeat 1000000000 [dense 10 relu]
    ```

    Instead:

    ```netc fixed
    input 784 -> repeat 10 [dense 10 relu]
    ```
    """

    code = "E0408"
    title = "expansion too large"
    limit: int

    def message(self) -> str:
        return f"this expands to more than {self.limit:,} calls"

    def help(self) -> tuple[str, ...]:
        return ("repeat less often, or let fewer blocks repeat each other",)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockInItself(Problem):
    """A block is made of itself, directly or through other blocks.

    Blocks are expanded, so one that contains itself would never end. Use `repeat` for a known
    number of rounds.

    ```netc
    block deep(c) = dense $c relu -> deep $c
    input 784 -> deep 64
    ```

    Instead:

    ```netc fixed
    block deep(c, n) = repeat $n [dense $c relu]
    input 784 -> deep 64 4
    ```
    """

    code = "E0409"
    title = "block inside itself"
    cycle: tuple[str, ...]
    """The names on the way round, ending with the first."""
    calls_on_the_way: tuple[Span, ...] = ()

    def message(self) -> str:
        if len(self.cycle) == 2:
            return f"the block `{self.cycle[0]}` contains itself"
        return "blocks contain each other: " + " -> ".join(f"`{name}`" for name in self.cycle)

    def labels(self) -> tuple[Label, ...]:
        return tuple(
            Label(span, f"`{name}` is called here")
            for name, span in zip(self.cycle[1:], self.calls_on_the_way, strict=True)
        )

    def help(self) -> tuple[str, ...]:
        return ("use `repeat N [...]` to repeat a pipe",)


@dataclass(frozen=True, slots=True, kw_only=True)
class LetInItself(Problem):
    """The value of a `let` is computed from itself.

    ```netc
    let a=(2*$b) b=(1+$a)
    input 784 -> dense $a
    ```

    Instead:

    ```netc fixed
    let b=4 a=(2*$b)
    input 784 -> dense $a
    ```
    """

    code = "E0410"
    title = "constant defined by itself"
    cycle: tuple[str, ...]

    def message(self) -> str:
        if len(self.cycle) == 2:
            return f"`{self.cycle[0]}` is defined by itself"
        return "constants are defined by each other: " + " -> ".join(
            f"`{name}`" for name in self.cycle
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCycle(Problem):
    """Labels are read in a circle, so that no layer could be computed first.

    netc describes networks without feedback: data flows from the inputs to the outputs.

    ```netc
    input 64 -> @x
    add @x @b -> dense 64 -> @a
    @a -> dense 64 -> @b
    ```

    Instead:

    ```netc fixed
    input 64 -> @x
    @x -> dense 64 -> @a
    add @x @a -> dense 64
    ```
    """

    code = "E0411"
    title = "labels in a circle"
    cycle: tuple[str, ...]
    """Labels on the way round, ending with the first."""
    read_at: tuple[Span, ...]

    def message(self) -> str:
        if len(self.cycle) == 2:
            return f"`@{self.cycle[0]}` is computed from itself"
        return "labels are computed from each other: " + " -> ".join(
            f"`@{name}`" for name in self.cycle
        )

    def labels(self) -> tuple[Label, ...]:
        return tuple(Label(span, "and read here") for span in self.read_at[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class NestedTooDeeply(Problem):
    """Blocks and brackets lie inside each other more than 64 levels deep.

    No reader follows that many levels. Blocks called one after the other may be as many as you
    like; only what lies inside each other counts.

    ```text
    block b0 = relu
    block b1 = b0 -> relu
    block b2 = b1 -> relu
    ... and so on to b99
    ```
    """

    code = "E0412"
    title = "nested too deeply"
    limit: int

    def message(self) -> str:
        return f"this lies inside more than {self.limit} blocks and brackets"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongExpectation(Problem):
    """`expect` as a statement compares a quantity with a number.

    `expect params=61706` and `expect acc>=98%` compare; `expect 6x6x256` is a layer, which stands
    in a pipe and states the shape there.

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
        return ("write it like `expect params=61706` or `expect acc>=98%`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongSearch(Problem):
    """A searched name of `tune` needs the values to try.

    A list tries its values: `width=(32, 64, 128)`. `log(low, high)` and `linear(low, high)` try
    numbers in a range, evenly in the logarithm or in the number itself.

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
    title = "wrong search"
    name: str
    reason: str

    def message(self) -> str:
        return f"`{self.name}` of `tune` {self.reason}"

    def help(self) -> tuple[str, ...]:
        return (
            f"write a list, `{self.name}=(32, 64, 128)`, or a range, "
            f"`{self.name}=log(1e-4, 1e-1)` or `{self.name}=linear(0, 1)`",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongComparison(Problem):
    """A comparison stands where none is read.

    `>=`, `<=`, `>` and `<` belong to `expect` and to `stop when`. An option is set with `=`.

    ```netc
    input 784 -> dense 10 -> dropout rate>=0.5
    ```

    Instead:

    ```netc fixed
    input 784 -> dense 10 -> dropout 0.5
    ```
    """

    code = "E0415"
    title = "comparison out of place"
    call: str
    name: str
    operator: str
    sign: Span | None = None

    def message(self) -> str:
        return f"`{self.call}` compares nothing"

    def label(self) -> str:
        return f"an option is set with `=`, not `{self.operator}`"

    def fixes(self) -> tuple[Fix, ...]:
        if self.sign is None:
            return ()
        return (Fix(f"write `{self.name}=...`", (Edit(self.sign, "="),), safe=False),)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongWeights(Problem):
    """`init` as a statement names the file of weights that the network starts from.

    How the weights of one layer start is an option of that layer: `dense 10 init=he`.

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

    def message(self) -> str:
        return "`init` needs the file of the weights, in quotes"

    def help(self) -> tuple[str, ...]:
        return ('write `init "weights.safetensors"`; how one layer starts is its option `init=he`',)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongSetting(Problem):
    """What `--set` gives is not the value of one constant.

    The value is written as it would stand behind `let name=`: a number, a shape, a word, a text
    in quotes or a list in parentheses.

    ```text
    netc check spec.net --set "width=32; loss ce"
    ```

    Instead:

    ```text
    netc check spec.net --set width=32
    ```
    """

    code = "E0417"
    title = "setting without a value"
    name: str
    value: str

    def message(self) -> str:
        return f"`{self.value}` is not one value for `{self.name}`"


PROBLEMS: tuple[type[Problem], ...] = (
    NotANumber,
    DivisionByZero,
    ResultTooLarge,
    UnitsDoNotFit,
    UnequalLists,
    WrongList,
    WrongCount,
    ExpansionTooLarge,
    BlockInItself,
    LetInItself,
    LabelCycle,
    NestedTooDeeply,
    WrongExpectation,
    WrongSearch,
    WrongComparison,
    WrongWeights,
    WrongSetting,
)
