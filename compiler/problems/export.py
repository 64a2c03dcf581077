"""E0780 and E0781: what cannot become a file of another language."""

from __future__ import annotations

from ...grammar.problem import Problem


class NotExportable(Problem):
    """`netc export` writes a C function that takes a fixed number of numbers, and this network
    cannot be written as one.

    Its inputs must have fixed sizes and be numbers. Text columns become numbers through a table of
    categories, which the C code would have to contain: convert them to numbers before training.

    ```text
    $ netc export titanic.safetensors -o titanic.c    # trained on a column of texts
    ```
    """

    code = "E0780"
    title = "not exportable"
    message_text = "the network cannot be exported: {reason}"
    reason: str
    advice: str

    def help(self) -> tuple[str, ...]:
        return (self.advice,)


class NoCounterpart(Problem):
    """Nothing in PyTorch computes this layer or loss, or netc does not know what does.

    This happens where the padding of a window depends on an unknown size, where class weights are
    computed from the data, and for a plug-in's layer or loss that does not define its PyTorch form.

    ```text
    $ netc export tagger.net -o tagger.py    # input ?x8 -> conv 16 3 stride=2 pad=same
    ```
    """

    code = "E0781"
    title = "no counterpart in PyTorch"
    message_text = "the network cannot be written in PyTorch: {reason}"
    reason: str
    advice: str

    def help(self) -> tuple[str, ...]:
        return (self.advice,)
