"""E0220 to E0228: what flows where nothing may, or does not where something must."""

from __future__ import annotations

from ...grammar.problem import Edit, Fix, Problem
from ...grammar.source import Span


class StatementInPipe(Problem):
    """A statement such as `loss` or `opt` is used as a layer of a pipe.

    Training is described beside the network: one statement per line, or separated by `;`.

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
    message_text = "`{directive}` is a statement, not a layer"
    label_text = "it does not process data"
    help_texts = ("put `{directive}` on its own line, after the pipe",)
    directive: str


class NothingFlowsIn(Problem):
    """A pipe starts with a layer that needs an input.

    A pipe must start with `input`, with a label (`@x`), or with a merge of labels (`concat @a @b`).

    ```netc
    dense 10 softmax
    ```

    Instead:

    ```netc fixed
    input 784 -> dense 10 softmax
    ```
    """

    code = "E0221"
    title = "layer without an input"
    message_text = "`{word}` has no input"
    label_text = "the pipe starts here"
    word: str
    follows: bool = False
    """Whether a pipe is right before it, which it may be meant to continue."""

    def help(self) -> tuple[str, ...]:
        start = "start the pipe with `input 28x28x1 -> ...` or with a label"
        if not self.follows:
            return (start,)
        return (f"to continue the pipe above, write `-> {self.word}`", f"or {start}")

    def fixes(self) -> tuple[Fix, ...]:
        begin = self.at.before
        text = begin.source.text
        line = text[text.rfind("\n", 0, begin.start) + 1 : begin.start]
        if not self.follows or line.strip():  # behind a `;` an arrow continues nothing
            return ()
        return (Fix("continue the pipe above", (Edit(begin, "-> "),), safe=False),)


class NothingReads(Problem):
    """A pipe leads into something that takes no input, so its result would be lost.

    `input` and a label at the head of a pipe (`@x -> ...`) start a new pipe. To combine a labelled
    tensor with the pipe, merge it: `concat @x`.

    ```netc
    input 784 -> dense 10 -> input 10 -> relu
    ```

    Instead:

    ```netc fixed
    input 784 -> dense 10 -> relu
    ```
    """

    code = "E0222"
    title = "result never used"
    message_text = "`{word}` starts a pipe and takes no input"
    word: str

    def help(self) -> tuple[str, ...]:
        if self.word.startswith("@"):
            return (f"merge the two with `concat {self.word}` or `add {self.word}`",)
        return ("start a new statement, label both pipes, and merge them",)


class NothingToMerge(Problem):
    """A merge has fewer than two tensors.

    A merge combines its input with the labels that it names (`add @skip`), or the results of its
    branches (`add [p | id]`), where `id` passes the input through.

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
        got = "none" if self.count == 0 else "one"
        return f"`{self.word}` needs at least two tensors, got {got}"

    def fixes(self) -> tuple[Fix, ...]:
        if self.branches is None or self.whole is None:
            return ()
        text = f"{self.word} [{self.branches}]"
        return (Fix(f"write `{text}`", (Edit(self.whole, text),), safe=False),)

    def help(self) -> tuple[str, ...]:
        if self.branches is not None:
            return (f"put the branches in brackets: `{self.word} [{self.branches}]`",)
        return (f"add branches, `{self.word} [... | id]`, or a label, `{self.word} @skip`",)


class LabelAsInput(Problem):
    """A layer has a label as an argument, but only merges take labels.

    Every other layer processes the output of the layer before it, so start a pipe with the label.

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
    message_text = "`{word}` takes no label as an argument"
    help_texts = ("start a pipe with it: `@{name} -> {word} ...`",)
    word: str
    name: str


class EmptySpec(Problem):
    """The spec is empty or has no network.

    The smallest spec is one pipe that starts with `input`. A file with only `block` and `let`
    statements is a library for `use` and needs no network.

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
    help_texts = ("add a network, such as `input 784 -> dense 128 relu -> dense 10 softmax`",)
    empty: bool

    def message(self) -> str:
        return "the spec is empty" if self.empty else "the spec has no network"


class ShareMismatch(Problem):
    """`share=@x` refers to a layer with different parameters.

    Two layers can share weights if they are of the same kind and their parameters have the same
    shapes. A label names the layer right before it: in `dense 64 relu -> @x` that is `relu`. To
    label the `dense`, write `dense 64 -> @x -> relu`.

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
    message_text = "cannot share the weights of `@{name}`: {reason}"
    label_text = "{here}"
    place_texts = {"origin": "{there}"}
    help_texts = ("label the layer with the weights, `{labelled}`, and write `share=@shared`",)
    name: str
    here: str
    """What is here: "`dense` with weight 64x32"."""
    there: str
    origin: Span
    reason: str
    labelled: str | None = None
    """The layer before the labelled one, where its weights fit, with a label of its own."""
