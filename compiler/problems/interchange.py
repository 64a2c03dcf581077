"""E0785 to E0799: networks that other formats cannot hold, and files of other tools."""

from __future__ import annotations

from ...grammar.problem import Problem


class NotInOnnx(Problem):
    """Something in the network cannot be written as ONNX.

    A plug-in's layer has no ONNX operator, and an unknown size with `round=ceil` and the categories
    of text columns cannot be expressed in the graph. Another format may work: `netc export -o
    FILE.c` or `-o FILE.py`.

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
    """The weights do not fit into one ONNX file, which must be smaller than 2 GiB.

    ```text
    $ netc export huge.net -o huge.onnx     # 3 GiB of weights
    ```
    """

    code = "E0786"
    title = "too large for onnx"
    message_text = "an ONNX file must be smaller than 2 GiB, and the weights are {size}"
    help_texts = ("use fewer or smaller layers, or another format: `-o FILE.c --weights FILE`",)
    size: str


class FileNotImported(Problem):
    """A file of another tool cannot be read as a network: it is damaged, incomplete, or too large.

    Nothing is imported from it. Write it again with the tool that made it; if its weights are in
    separate files, keep these beside it.

    ```text
    $ netc import broken.onnx
    ```
    """

    code = "E0787"
    title = "file not imported"
    message_text = "`{path}` cannot be imported: {reason}"
    path: str
    reason: str
    advice: str = ""

    def help(self) -> tuple[str, ...]:
        return (self.advice,) if self.advice else ()


class NotInNetc(Problem):
    """The file has an operation that no layer of netc computes.

    A network is imported whole or not at all, because leaving out a layer would change every number
    after it. `netc import --check` lists all such operations. Often the tool that made the file can
    save the network without the operation.

    ```text
    $ netc import detector.onnx --check     # ends in NonMaxSuppression
    ```
    """

    code = "E0788"
    title = "not in netc"
    message_text = "`{operator}` has no counterpart in netc: {reason}"
    operator: str
    node: str
    """Its name in the file, or its number."""
    output: str
    """What it computes, as the file calls it."""
    reason: str
    advice: str = ""

    def help(self) -> tuple[str, ...]:
        place = f"it is the node `{self.node}`, which makes `{self.output}`"
        return (place, self.advice) if self.advice else (place,)


class LayerNotImported(Problem):
    """The Keras model has a layer that no layer of netc computes, or one with options that netc
    does not know.

    A network is imported whole or not at all, because leaving out a layer would change every number
    after it. `netc import --check` lists all such layers. Python code in a file, such as that of a
    `Lambda`, is never run.

    ```text
    $ netc import translator.keras --check     # has an LSTM
    ```
    """

    code = "E0789"
    title = "layer not imported"
    message_text = "`{layer}` cannot be imported: {reason}"
    layer: str
    """Its name and its class."""
    place: str
    """Its path in the JSON."""
    reason: str
    advice: str = ""

    def help(self) -> tuple[str, ...]:
        place = f"it is at `{self.place}` in the JSON of the model"
        return (place, self.advice) if self.advice else (place,)


class NotTakenOver(Problem):
    """Something in the file of another tool was not imported into the spec.

    The outputs of the network are not affected. It concerns further training: a penalty, a
    schedule, a metric.

    ```text
    $ netc import compiled.keras     # has a learning rate that decays
    ```
    """

    code = "W0791"
    title = "not imported"
    message_text = "{note}"
    note: str
