"""E0437 to E0439 and E0564: what classes and samples count in a loss."""

from __future__ import annotations

from ...grammar.problem import Problem
from ...grammar.source import Span
from ...grammar.text import counted
from ..shapes import Shape


class ClassWeightsDiffer(Problem):
    """A loss has the wrong number of class weights, or all of them are 0.

    `weight=` has one number per class: as many as there are outputs, or two for a single output.
    Where a sample has several labels (`bce`), it is one number per label.
    `pos_weight=` of `bce` has one number for all outputs, or one per output. At least one must not
    be 0.

    ```netc
    input 4 -> dense 3 softmax
    loss ce weight=(1, 5)
    ```

    Instead:

    ```netc
    input 4 -> dense 3 softmax
    loss ce weight=(1, 5, 5)
    ```
    """

    code = "E0437"
    title = "invalid class weights"
    place_texts = {"output": "gives {shape}"}
    option: str
    given: int
    wanted: int
    of_labels: bool
    """Whether the outputs may be labels, of which a sample has several."""
    shape: Shape
    output: Span

    def message(self) -> str:
        if self.given == self.wanted:
            return f"all numbers of `{self.option}` are 0"
        there = counted(self.wanted, "output")
        if self.option == "weight" and not self.of_labels:
            there = f"{self.wanted} classes"
        verb = "is" if there == "1 output" else "are"
        return f"`{self.option}` has {counted(self.given, 'number')}, but there {verb} {there}"

    def help(self) -> tuple[str, ...]:
        if self.option == "pos_weight":
            return ("write one number for all outputs, or one per output",)
        if self.of_labels:
            return ("write one number per label, or per class where a sample has one class",)
        return (f"write one number per class, or `{self.option}=balanced`",)


class WeightsNeedData(Problem):
    """Class weights or `ignore=` are set on a loss whose target is a tensor of the network.

    Both refer to the labels of the data. With `target=@x` there are none.

    ```netc
    input 8 -> @x -> dense 3 relu -> dense 8 sigmoid
    loss bce target=@x pos_weight=2
    ```

    Instead:

    ```netc
    input 8 -> @x -> dense 3 relu -> dense 8 sigmoid
    loss bce target=@x
    ```
    """

    code = "E0438"
    title = "no labels to weigh"
    message_text = "`{option}` needs the targets of the data, and this loss has `target=@{target}`"
    help_texts = ("remove `{option}=`",)
    option: str
    target: str


class IgnoreDiffers(Problem):
    """Two losses on the same targets ignore different labels.

    A label is left out of both losses or of none.

    ```netc
    input 4 -> dense 3 softmax
    loss ce ignore=255
    loss nll weight=0.1
    ```

    Instead:

    ```netc
    input 4 -> dense 3 softmax
    loss ce ignore=255
    loss nll weight=0.1 ignore=255
    ```
    """

    code = "E0439"
    title = "losses ignore different labels"
    place_texts = {"first": "ignores {ignored}"}
    loss: str
    ignored: int
    own: int | None
    """What this loss ignores."""
    takes: bool
    """Whether this loss can ignore a label."""
    first: Span

    def message(self) -> str:
        does = "counts it" if self.own is None else f"ignores {self.own}"
        return f"another loss ignores the label {self.ignored} of the targets; `{self.loss}` {does}"

    def help(self) -> tuple[str, ...]:
        if self.takes:
            return (f"write `ignore={self.ignored}` here too",)
        return (f"`{self.loss}` cannot ignore a label: remove this loss",)


class WeightsWrong(Problem):
    """A sample weight is negative or not a number, or all of them are 0.

    Sample weights are the column of `weights=`, the array `sample_weight` of `data npz`, or
    `sample_weight=` of `Model.fit`: one number of at least 0 per sample, and not all of them 0 in
    the training part.

    ```text
    data csv "polls.csv" target=vote weights=w      # line 7 has -1
    ```
    """

    code = "E0564"
    title = "invalid sample weight"
    name: str
    data: str
    found: str = ""
    sample: str = ""
    axes: int = 1

    def message(self) -> str:
        of = f" of `{self.data}`" if self.data else ""
        if self.axes != 1:
            axes = f"{self.axes} axes"
            return f"sample weights are one number per sample, but `{self.name}`{of} has {axes}"
        if not self.found:
            return f"no sample{of} counts: all sample weights are 0"
        where = f"{self.found} in {self.sample}"
        return f"sample weights must be at least 0, but `{self.name}`{of} has {where}"

    def help(self) -> tuple[str, ...]:
        return (
            () if self.axes == 1 else ("write `sample_weight[:, 0]`, or sum over the other axes",)
        )


class NoStepsToContinue(Problem):
    """`Model.partial_fit` continues training, but `opt exact` has no steps to continue.

    The normal equations are solved at once, on all samples. Any other optimizer takes steps.

    ```text
    netc.compile("input 2 -> dense 1; loss mse; opt exact").partial_fit(x, y)
    ```

    Instead:

    ```text
    netc.compile("input 2 -> dense 1; loss mse; opt sgd").partial_fit(x, y)
    ```
    """

    code = "E0659"
    title = "no steps to continue"
    message_text = "`opt exact` solves for all samples at once and cannot continue with more"
    help_texts = ("use an optimizer that takes steps, such as `opt sgd`", "or `fit` all samples")
