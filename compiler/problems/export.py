"""E0780 and E0781: what cannot become a file of another language."""

from __future__ import annotations

from ...grammar.problem import Problem


class NotExportable(Problem):
    """`netc export` writes a function of a fixed number of numbers, and this network is something
    else.

    Its inputs need fixed sizes and must be numbers. Columns of texts become numbers by a table of
    categories, which C code would have to look up: give them numbers before the training.

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
    """PyTorch has nothing that computes this layer or loss, or netc does not know what.

    It happens where the padding of a window depends on a size that is free, where class weights
    follow from data, and for a word from elsewhere that does not say what it is in PyTorch.

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
