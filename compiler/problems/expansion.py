"""E0405 to E0412: loops, lists, circles, and how much a spec may expand to."""

from __future__ import annotations

from typing import ClassVar

from ...grammar.problem import Problem
from ...grammar.source import Span
from ...grammar.text import MOST_LISTED


class UnequalLists(Problem):
    """The lists of `each` have different lengths.

    `each` iterates over its lists in parallel, one item of each per iteration.

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
    message_text = (
        "`each` needs lists of equal length: `{first}` has {first_length} items, "
        "`{second}` has {second_length}"
    )
    label_text = "{second_length} items"
    place_texts = {"first_at": "{first_length} items"}
    first: str
    first_length: int
    first_at: Span
    second: str
    second_length: int


class WrongList(Problem):
    """`each` needs at least one list to iterate over, written `c=(64, 128)`.

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
    """The variable whose value is not a list; None when there is no variable."""
    got: str = ""
    """What the value is, with its article: "a number"."""
    text: str = ""
    """The value as it was written."""

    def message(self) -> str:
        if self.name is None:
            return "`each` needs at least one list"
        return f"`{self.name}` of `each` must be a list, got {self.got}"

    def help(self) -> tuple[str, ...]:
        if self.name is None:
            return ("write `each c=(64, 128) [...]`, or `repeat 2 [...]` to repeat layers",)
        return (f"a list of one item is `{self.name}=({self.text},)`",)


class WrongCount(Problem):
    """`repeat` needs a whole number of repetitions, 0 or more.

    `repeat 0 [p]` passes its input through.

    ```netc
    input 784 -> repeat 2.5 [dense 64 relu]
    ```

    Instead:

    ```netc fixed
    input 784 -> repeat 2 [dense 64 relu]
    ```
    """

    code = "E0407"
    title = "wrong repeat count"
    got: str | None
    """The value, or None when there is none."""

    def message(self) -> str:
        if self.got is None:
            return "`repeat` needs a number of repetitions"
        return f"`repeat` needs a whole number, not `{self.got}`"

    def help(self) -> tuple[str, ...]:
        return ("write `repeat 2 [...]`",) if self.got is None else ()


class ExpansionTooLarge(Problem):
    """Blocks and repeats expand to more layers than netc accepts.

    The limit of 100,000 calls is far above any trained network. It catches typing errors and keeps
    a hostile file from filling the memory.

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
    message_text = "this expands to more than {limit:,} calls"
    help_texts = ("reduce the repeat counts, or nest fewer repeats",)
    limit: int


class CycleProblem(Problem):
    """The base of problems about names that depend on each other."""

    itself_text: ClassVar[str]
    cycle: tuple[str, ...]
    """The names of the cycle, ending with the first."""
    places: tuple[Span, ...] = ()

    def message(self) -> str:
        if len(self.cycle) == 2:
            return self.itself_text.format(self.cycle[0])
        names = [f"`{name}`" for name in self.cycle]
        if len(names) > MOST_LISTED:
            names[MOST_LISTED - 1 : -1] = [f"{len(names) - MOST_LISTED:,} more"]
        return f"{self.message_text}: " + " -> ".join(names)


class BlockInItself(CycleProblem):
    """A block contains itself, directly or through other blocks, so its expansion would never end.

    Use `repeat` for a known number of repetitions.

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
    title = "recursive block"
    message_text = "blocks contain each other"
    itself_text = "the block `{0}` contains itself"
    place_texts = {"places": "called here"}
    help_texts = ("use `repeat N [...]` to repeat layers",)


class LetInItself(CycleProblem):
    """A `let` is defined in terms of itself.

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
    title = "circular constant"
    message_text = "circular definition"
    itself_text = "`{0}` is defined in terms of itself"
    place_texts = {"places": "defined here"}


class LabelCycle(CycleProblem):
    """Labels depend on each other in a cycle, so there is no order to compute the layers in.

    netc describes feedforward networks: data flows from the inputs to the outputs.

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
    title = "cycle of labels"
    message_text = "cycle of labels"
    itself_text = "`{0}` depends on itself"
    place_texts = {"places": "read here"}


class ExpandedTooDeeply(Problem):
    """Blocks and brackets are nested more than 64 levels deep.

    Blocks that follow each other do not count, only blocks inside each other.

    ```text
    block b0 = relu
    block b1 = b0 -> relu
    block b2 = b1 -> relu
    ... and so on to b99
    ```
    """

    code = "E0412"
    title = "nested too deeply"
    message_text = "blocks and brackets are nested more than {limit} levels deep"
    limit: int
