"""E0215 to E0229: calls whose arguments, brackets or place in the pipe are wrong."""

from __future__ import annotations

from dataclasses import dataclass

from ...grammar.problem import Fix, Label, Problem
from ...grammar.source import Span
from .names import listed, spelling


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingArgument(Problem):
    """A block is called without a value for a parameter that has no default.

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
    block: str
    missing: tuple[str, ...]
    definition: Span

    def message(self) -> str:
        return f"`{self.block}` needs {listed(self.missing)}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.definition, "defined here"),)

    def help(self) -> tuple[str, ...]:
        name = self.missing[0]
        return (f"add `{name}=...`, or give it a default in the block: `{name}=1`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownArgument(Problem):
    """A block is called with a parameter that it does not have.

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
    block: str
    key: str
    known: tuple[str, ...]
    definition: Span
    nearest: str | None = None

    def message(self) -> str:
        return f"`{self.block}` has no parameter `{self.key}`"

    def label(self) -> str:
        return "" if self.nearest is None else f"did you mean `{self.nearest}`?"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.definition, "defined here"),)

    def help(self) -> tuple[str, ...]:
        if not self.known:
            return (f"`{self.block}` has no parameters",)
        return (f"its parameters are {listed(self.known)}",)

    def fixes(self) -> tuple[Fix, ...]:
        return spelling(self.at, self.nearest)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentTwice(Problem):
    """A parameter of a block, or a list of `each`, is given twice in one call.

    A positional value already fills the parameter at its place, so the same parameter cannot be
    given again by its name.

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
    title = "argument twice"
    call: str
    key: str
    first: Span

    def message(self) -> str:
        return f"`{self.call}` gets `{self.key}` twice"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first, "the first value"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyArguments(Problem):
    """A call has more values than it has parameters for.

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
    call: str
    takes: int
    given: int
    definition: Span | None = None

    def message(self) -> str:
        noun = "value" if self.takes == 1 else "values"
        takes = "no values" if self.takes == 0 else f"{self.takes} {noun}"
        return f"`{self.call}` takes {takes}, and {self.given} are given"

    def labels(self) -> tuple[Label, ...]:
        return () if self.definition is None else (Label(self.definition, "defined here"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentOrder(Problem):
    """A value stands behind a word, or a positional value behind a `key=value`.

    The order is values, then `key=value`, then words. A word after a layer is a layer of its own
    (`conv 64 3x3 relu` is `conv 64 3x3 -> relu`), so a value behind it would seem to belong to
    the wrong one.

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
    behind: str
    """What it stands behind."""
    is_word: bool
    """Whether that is a word, rather than a `key=value`."""
    moved: Fix

    def message(self) -> str:
        return f"`{self.text}` stands behind `{self.behind}`"

    def label(self) -> str:
        if self.is_word:
            return f"`{self.behind}` is a layer of its own"
        return "values without a key come first"

    def help(self) -> tuple[str, ...]:
        return (self.moved.title,)

    def fixes(self) -> tuple[Fix, ...]:
        return (self.moved,)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementInPipe(Problem):
    """A statement such as `loss` or `opt` stands in a pipe, as if it were a layer.

    Training is described beside the network, not inside it: one statement a line, or apart by
    `;` on one line.

    ```netc
    input 784 -> dense 10 softmax -> loss ce
    ```

    Instead:

    ```netc fixed
    input 784 -> dense 10 softmax
    loss ce
    ```
    """

    code = "E0220"
    title = "statement in a pipe"
    directive: str

    def message(self) -> str:
        return f"`{self.directive}` is a statement, not a layer"

    def label(self) -> str:
        return "nothing flows through it"

    def help(self) -> tuple[str, ...]:
        return (f"end the pipe before it, and put `{self.directive}` on a line of its own",)


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingFlowsIn(Problem):
    """A pipe starts with a layer that needs something to work on.

    A pipe starts with an `input`, with a label that is read (`@x`), or with a merge of labels
    (`concat @a @b`).

    ```netc
    dense 10 softmax
    ```

    Instead:

    ```netc fixed
    input 784 -> dense 10 softmax
    ```
    """

    code = "E0221"
    title = "nothing flows in"
    word: str

    def message(self) -> str:
        return f"nothing flows into `{self.word}`"

    def label(self) -> str:
        return "the pipe starts here"

    def help(self) -> tuple[str, ...]:
        return ("start with the shape of one sample, `input 28x28x1 -> ...`, or with a label",)


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingReads(Problem):
    """A tensor flows into something that does not read it.

    `input` and a label that is read (`@x` at the head) start a pipe of their own: what was there
    before would be lost. To bring a labelled tensor in, merge it: `concat @x`.

    ```netc
    input 784 -> dense 10 -> input 10 -> relu
    ```

    Instead:

    ```netc fixed
    input 784 -> dense 10 -> relu
    ```
    """

    code = "E0222"
    title = "nothing reads the input"
    word: str

    def message(self) -> str:
        return f"`{self.word}` starts a pipe, and does not read what flows into it"

    def help(self) -> tuple[str, ...]:
        if self.word.startswith("@"):
            return (f"merge the two with `concat {self.word}` or `add {self.word}`",)
        return ("start a new statement, and bring the two together with a merge of labels",)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongBrackets(Problem):
    """Brackets stand where none belong, or none where they are needed.

    `[p | q]` are the branches of a merge (`add mul max avg concat`). `repeat N [p]` and
    `each c=(64, 128) [p]` take one pipe. Nothing else takes brackets.

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
    call: str
    wanted: str
    """What it takes: "takes no brackets", "takes one pipe in brackets"."""
    example: str = ""

    def message(self) -> str:
        return f"`{self.call}` {self.wanted}"

    def help(self) -> tuple[str, ...]:
        return (f"write `{self.example}`",) if self.example else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingToMerge(Problem):
    """A merge gets fewer than two tensors.

    A merge takes what flows in together with the labels that it names (`add @skip`), or the
    results of its branches (`add [p | id]`), where `id` passes on what flows in.

    ```netc
    input 28x28x8 -> add [conv 8 3x3 pad=1]
    ```

    Instead:

    ```netc fixed
    input 28x28x8 -> add [conv 8 3x3 pad=1 | id]
    ```
    """

    code = "E0224"
    title = "nothing to merge"
    word: str
    count: int

    def message(self) -> str:
        got = "nothing" if self.count == 0 else "one tensor"
        return f"`{self.word}` gets {got}, and needs at least two to merge"

    def help(self) -> tuple[str, ...]:
        return (f"give it branches, `{self.word} [... | id]`, or a label, `{self.word} @skip`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelAsInput(Problem):
    """A layer that works on one tensor gets a label as an argument.

    Only merges take labels as arguments. Every other layer works on what flows in, so read the
    label at the head of a pipe.

    ```netc
    input 784 -> dense 10 -> @x
    dense @x 10
    ```

    Instead:

    ```netc fixed
    input 784 -> dense 10 -> @x
    @x -> dense 10
    ```
    """

    code = "E0225"
    title = "label as an argument"
    word: str
    name: str

    def message(self) -> str:
        return f"`{self.word}` works on what flows in and takes no label"

    def help(self) -> tuple[str, ...]:
        return (f"start the pipe with it: `@{self.name} -> {self.word} ...`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongVersion(Problem):
    """The spec asks for a version of the language that this netc does not speak, or asks late.

    `netc 1` is the only version there is. It is the first statement, so that a later netc knows
    how to read everything that follows it.

    ```netc
    netc 9
    input 784 -> dense 10
    ```

    Instead:

    ```netc fixed
    netc 1
    input 784 -> dense 10
    ```
    """

    code = "E0226"
    title = "wrong version"
    number: str
    late: bool
    first: Span | None = None

    def message(self) -> str:
        if self.late:
            return f"`netc {self.number}` is not the first statement"
        return f"`netc {self.number}` asks for a version that this netc does not know"

    def labels(self) -> tuple[Label, ...]:
        return () if self.first is None else (Label(self.first, "the first statement"),)

    def help(self) -> tuple[str, ...]:
        if self.late:
            return ("move it to the top, or leave it out: without it the current one is meant",)
        return ("the only version is 1: write `netc 1` or leave the statement out",)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptySpec(Problem):
    """There is nothing to check: the text is empty, or has no network.

    The smallest spec is one pipe that starts with an `input`. A file with only `block`s and
    `let`s is a library for `use`, and is fine.

    ```netc
    loss ce
    ```

    Instead:

    ```netc fixed
    input 784 -> dense 10 softmax
    loss ce
    ```
    """

    code = "E0227"
    title = "empty spec"
    empty: bool

    def message(self) -> str:
        return "the spec is empty" if self.empty else "the spec has no network"

    def help(self) -> tuple[str, ...]:
        return ("write a network first, such as `input 784 -> dense 128 relu -> dense 10 softmax`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareMismatch(Problem):
    """`share=@x` points to a layer whose weights cannot be used here.

    Two layers can share weights when they are of the same kind and all their parameters have the
    same shapes. A label names the layer right before it: in `dense 64 relu -> @x` that is the
    `relu`, so label the `dense` itself: `dense 64 -> @x -> relu`.

    ```netc
    input 64 -> dense 64 -> @x -> relu -> dense 32 share=@x
    ```

    Instead:

    ```netc fixed
    input 64 -> dense 64 -> @x -> relu -> dense 64 share=@x
    ```
    """

    code = "E0228"
    title = "weights that cannot be shared"
    name: str
    here: str
    """What stands here: "`dense` with weight 64x32"."""
    there: str
    origin: Span
    reason: str

    def message(self) -> str:
        return f"the weights of `@{self.name}` cannot be shared here: {self.reason}"

    def label(self) -> str:
        return self.here

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.origin, self.there),)


PROBLEMS: tuple[type[Problem], ...] = (
    MissingArgument,
    UnknownArgument,
    ArgumentTwice,
    TooManyArguments,
    ArgumentOrder,
    StatementInPipe,
    NothingFlowsIn,
    NothingReads,
    WrongBrackets,
    NothingToMerge,
    LabelAsInput,
    WrongVersion,
    EmptySpec,
    ShareMismatch,
)
