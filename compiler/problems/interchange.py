"""E0785 to E0799: networks that other formats cannot hold, and files of other tools."""

from __future__ import annotations

from ...grammar.problem import Problem


class NotInOnnx(Problem):
    """Something in the network cannot be written as a file of ONNX.

    A layer of a plug-in has no operator there. Of a free size, `round=ceil` and categories of
    texts the graph would have to know what only netc knows. Another format may do: `netc export -o
    FILE.c` and `-o FILE.py`.

    ```text
    $ netc export titanic.safetensors -o titanic.onnx --preparation    # has a column of texts
    ```
    """

    code = "E0785"
    title = "not in onnx"
    message_text = "the network cannot be written as ONNX: {reason}"
    reason: str
    advice: str

    def help(self) -> tuple[str, ...]:
        return (self.advice,)


class TooLargeForOnnx(Problem):
    """The weights do not fit into one file of ONNX, which is shorter than 2 GiB.

    ```text
    $ netc export huge.net -o huge.onnx     # 3 GiB of weights
    ```
    """

    code = "E0786"
    title = "too large for onnx"
    message_text = "a file of ONNX is shorter than 2 GiB, and the weights are {size}"
    help_texts = ("fewer or smaller layers, or another format: `-o FILE.c --weights FILE`",)
    size: str
