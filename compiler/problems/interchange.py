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


class FileNotImported(Problem):
    """A file of another tool cannot be read as a network: it is damaged, incomplete, or larger than
    what it says of itself.

    Nothing of it is used. Make it again with the tool that wrote it; files whose weights lie in
    other files need those beside them.

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
    """An operation of a file of another tool computes something that no layer of netc computes.

    A network is imported whole or not at all, because a layer that was left out would change every
    number after it. `netc import --check` lists all of these operations. A layer that a package
    brings can have another tool's work done in netc, and a network can be saved without the
    operation by the tool that made it.

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
    """A layer of a Keras model computes something that no layer of netc computes, or has options
    that netc does not know.

    A network is imported whole or not at all, because a layer that was left out would change every
    number after it. `netc import --check` lists all of these layers. Python code in a file, such as
    that of a `Lambda`, is neither looked at nor run.

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
    """Something in the file of another tool is not in the spec that was made of it.

    It changes no output of the network as it is. It concerns further training: a penalty, a
    schedule, a metric.

    ```text
    $ netc import compiled.keras     # has a learning rate that decays
    ```
    """

    code = "W0791"
    title = "not taken over"
    message_text = "{note}"
    note: str
