"""E0215 to E0223: calls whose arguments or brackets are wrong."""

from __future__ import annotations

from ...grammar.problem import Fix, Problem
from ...grammar.source import Span
from ...grammar.text import counted, listed


class MissingArgument(Problem):
    """A block is used without a value for a required parameter.

    ```netc
    block cb(c, k) = conv $c $k relu
    input 28x28x1 -> cb 8
    ```

    Instead:

    ```netc fixed
    block cb(c, k) = conv $c $k relu
    input 28x28x1 -> cb 8 3x3
    ```
    """

    code = "E0215"
    title = "missing argument"
    message_text = "`{block}` requires {missing:and}"
    place_texts = {"definition": "defined here"}
    block: str
    missing: tuple[str, ...]
    definition: Span

    def help(self) -> tuple[str, ...]:
        name = self.missing[0]
        return (f"add `{name}=...`, or a default in the block: `{name}=1`",)


class UnknownArgument(Problem):
    """A block is used with a parameter that it does not have.

    ```netc
    block cb(c, stride=1) = conv $c 3x3 stride=$stride relu
    input 28x28x1 -> cb 8 strid=1
    ```

    Instead:

    ```netc fixed
    block cb(c, stride=1) = conv $c 3x3 stride=$stride relu
    input 28x28x1 -> cb 8 stride=1
    ```
    """

    code = "E0216"
    title = "unknown argument"
    message_text = "`{block}` has no parameter `{key}`"
    label_text = "did you mean `{nearest}`?"
    place_texts = {"definition": "defined here"}
    fix_text = "{nearest}"
    block: str
    key: str
    known: tuple[str, ...]
    definition: Span
    nearest: str | None = None

    def help(self) -> tuple[str, ...]:
        if not self.known:
            return (f"`{self.block}` has no parameters",)
        return (f"its parameters are {listed(self.known, 'and')}",)


class ArgumentTwice(Problem):
    """A parameter of a block, or a list of `each`, is given twice.

    A positional value fills the parameter at its position, so the same parameter cannot be given
    again by name.

    ```netc
    block cb(c, k=3x3) = conv $c $k relu
    input 28x28x1 -> cb 8 c=16
    ```

    Instead:

    ```netc fixed
    block cb(c, k=3x3) = conv $c $k relu
    input 28x28x1 -> cb 16
    ```
    """

    code = "E0217"
    title = "duplicate argument"
    message_text = "duplicate argument `{key}` of `{call}`"
    place_texts = {"first": "the first value"}
    call: str
    key: str
    first: Span


class TooManyArguments(Problem):
    """A block, `repeat` or `each` has more positional values than parameters.

    ```netc
    block cb(c) = conv $c 3x3 relu
    input 28x28x1 -> cb 8 3x3
    ```

    Instead:

    ```netc fixed
    block cb(c, k=3x3) = conv $c $k relu
    input 28x28x1 -> cb 8 3x3
    ```
    """

    code = "E0218"
    title = "too many arguments"
    place_texts = {"definition": "defined here"}
    call: str
    takes: int
    given: int
    definition: Span | None = None

    def message(self) -> str:
        takes = counted(self.takes, "value") if self.takes else "no values"
        return f"`{self.call}` takes {takes}, got {self.given}"


class ArgumentOrder(Problem):
    """Arguments are in the wrong order: values come first, then `key=value`, then words.

    A word after a layer is another layer (`conv 64 3x3 relu` is `conv 64 3x3 -> relu`), so a value
    after it would belong to the wrong layer. A layer with arguments of its own needs `->` before
    it: `dense 64 relu -> dropout 0.5`.

    ```netc
    input 28x28x1 -> conv 8 3x3 relu stride=1
    ```

    Instead:

    ```netc fixed
    input 28x28x1 -> conv 8 3x3 stride=1 relu
    ```
    """

    code = "E0219"
    title = "arguments out of order"
    call: str
    text: str
    """The misplaced argument as it was written."""
    preceding: str
    """What it follows."""
    is_word: bool
    """Whether that is a word, rather than a `key=value`."""
    moved: Fix | None
    """What puts it where it belongs; None when there is no place for it."""
    needs_arrow: bool = False
    """Whether it belongs to that word, which is a layer with arguments of its own."""

    def message(self) -> str:
        if self.needs_arrow:
            return f"`{self.preceding} {self.text}` needs `->` before it"
        return f"`{self.text}` must come before `{self.preceding}`"

    def label(self) -> str:
        if self.is_word:
            return f"`{self.preceding}` is a separate layer"
        return "positional values come first"

    def help(self) -> tuple[str, ...]:
        if self.moved is None:
            owners = f"`{self.preceding}` takes no value, and `{self.call}` already has one"
            return (f"{owners}: remove `{self.text}`",)
        return (self.moved.title,)

    def fixes(self) -> tuple[Fix, ...]:
        return () if self.moved is None else (self.moved,)


class WrongBrackets(Problem):
    """Brackets are used where none are allowed, or are missing where they are required.

    `[p | q]` holds the branches of a merge (`add mul max avg concat`). `repeat N [p]` and `each
    c=(64, 128) [p]` take one pipe. Nothing else takes brackets.

    ```netc
    input 784 -> dense 10 [relu]
    ```

    Instead:

    ```netc fixed
    input 784 -> dense 10 -> relu
    ```
    """

    code = "E0223"
    title = "wrong brackets"
    message_text = "`{call}` {wanted}"
    help_texts = ("write `{example}`",)
    call: str
    wanted: str
    """What it takes: "takes no brackets", "takes one pipe in brackets"."""
    example: str = ""
