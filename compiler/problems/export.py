"""E0780: what cannot become a file of C."""

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
