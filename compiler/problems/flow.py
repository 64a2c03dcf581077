"""E0220 to E0228: what flows where nothing may, or does not where something must."""

from __future__ import annotations

from dataclasses import dataclass

from ...grammar.problem import Edit, Fix, Label, Problem
from ...grammar.source import Span


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
    follows: bool = False
    """Whether a pipe stands right before it, with which it may be meant to go on."""

    def message(self) -> str:
        return f"nothing flows into `{self.word}`"

    def label(self) -> str:
        return "the pipe starts here"

    def help(self) -> tuple[str, ...]:
        start = "start with the shape of one sample, `input 28x28x1 -> ...`, or with a label"
        if not self.follows:
            return (start,)
        return (f"to go on with the pipe before it, write `-> {self.word}`", f"or {start}")

    def fixes(self) -> tuple[Fix, ...]:
        if not self.follows:
            return ()
        edit = Edit(Span(self.at.source, self.at.start, self.at.start), "-> ")
        return (Fix("go on with the pipe before it", (edit,), safe=False),)


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
    branches: str | None = None
    """The words that follow, as the branches that they were meant to be."""
    whole: Span | None = None

    def message(self) -> str:
        got = "nothing" if self.count == 0 else "one tensor"
        return f"`{self.word}` gets {got}, and needs at least two to merge"

    def fixes(self) -> tuple[Fix, ...]:
        if self.branches is None or self.whole is None:
            return ()
        text = f"{self.word} [{self.branches}]"
        return (Fix(f"write `{text}`", (Edit(self.whole, text),), safe=False),)

    def help(self) -> tuple[str, ...]:
        if self.branches is not None:
            return (f"branches stand in brackets: `{self.word} [{self.branches}]`",)
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
    StatementInPipe,
    NothingFlowsIn,
    NothingReads,
    NothingToMerge,
    LabelAsInput,
    EmptySpec,
    ShareMismatch,
)
