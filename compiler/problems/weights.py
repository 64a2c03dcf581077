"""E0730 to E0749: files of weights and their networks. Long because each class is a page, too."""

from __future__ import annotations

from ...grammar.problem import Problem
from ..shapes import Shape


class WeightsMissing(Problem):
    """The weights file does not exist.

    A path after `init` is relative to the folder of the spec. `netc run SPEC --save FILE` and
    `Model.save` write weights files.

    ```text
    init "digits.safetensors"       # there is no digits.safetensors beside the spec
    ```
    """

    code = "E0730"
    title = "weights missing"
    message_text = "there is no weights file `{path}`"
    help_texts = ("`netc run SPEC --save FILE` trains a spec and saves its weights",)
    path: str


class WeightsDamaged(Problem):
    """The weights file is damaged or is not a weights file.

    Weights are stored in the safetensors format. A truncated copy ends too early; a file that was
    changed later has the wrong checksum. Copy it again, or train again.

    ```text
    netc predict notes.txt digits.npy
    ```
    """

    code = "E0731"
    title = "weights damaged"
    message_text = "`{path}` cannot be used as weights: {reason}"
    path: str
    reason: str


class NetworksDiffer(Problem):
    """The weights were trained in a different network.

    The same numbers mean something else with another activation or stride, even if the shapes
    agree. So `eval` and `predict` use weights only in the network in which they were trained. `init
    "FILE"` in a spec starts training of a different network from them, as long as the shapes agree.

    ```text
    netc eval wide.net --weights narrow.safetensors
    ```
    """

    code = "E0732"
    title = "networks differ"
    help_texts = ("`netc eval {path}` uses the network in the file",)
    path: str
    layer: str
    """The first that differs."""
    here: str | None
    """What the spec has there, as netc text; None when it has no such layer."""
    there: str | None

    def message(self) -> str:
        layer = f"layer `{self.layer}`"
        if self.here is None:
            return f"`{self.path}` has a {layer} (`{self.there}`), but the spec does not"
        if self.there is None:
            return f"the spec has a {layer} (`{self.here}`), but `{self.path}` does not"
        return f"the {layer} is `{self.here}` in the spec and `{self.there}` in `{self.path}`"


class TensorProblem(Problem):
    """The base of problems about tensors that only the file or only the network has."""

    path: str
    name: str
    shape: tuple[int, ...]
    others: int = 0
    """How many more there are."""

    @property
    def more(self) -> str:
        return f" (and {self.others} more)" if self.others else ""


class TensorMissing(TensorProblem):
    """The file lacks a parameter of the network.

    Every parameter, including the running statistics of `bn`, is stored as layer and parameter
    name: `conv1.w`.

    ```text
    init "narrow.safetensors"       # the spec has one layer more than the file
    ```
    """

    code = "E0733"
    title = "tensor missing"
    message_text = "`{path}` lacks the parameter `{name}`, {shape}{more}"
    help_texts = ("it has `{nearest}`",)
    nearest: str | None = None


class TensorUnexpected(TensorProblem):
    """The file has a tensor that the network does not have.

    Either all weights are loaded or none, because an extra tensor means that the file belongs to a
    different network.

    ```text
    init "deep.safetensors"         # the file has one layer more than the spec
    ```
    """

    code = "E0734"
    title = "unexpected tensor"
    message_text = "`{path}` has `{name}`, {shape}{more}, but the network has no such parameter"


class TensorShapeDiffers(Problem):
    """A tensor in the file has a different shape than the parameter.

    The layer had another width, window or input when the weights were trained.

    ```text
    init "narrow.safetensors"       # dense 32 in the file, dense 64 in the spec
    ```
    """

    code = "E0735"
    title = "tensor shape differs"
    message_text = "`{name}` is {here} in the network and {there} in `{path}`"
    path: str
    name: str
    here: Shape
    there: Shape


class TensorTypeDiffers(Problem):
    """The weights have a different precision than the network.

    Weights are never converted, because the results would differ slightly.

    ```text
    train precision=f64
    init "single.safetensors"
    ```
    """

    code = "E0736"
    title = "tensor precision differs"
    path: str
    name: str
    here: str
    """`f32` or `f64`."""
    there: str
    """As the file's format calls it: `F64`."""

    def message(self) -> str:
        return (
            f"`{self.name}` is {self.here} in the network and {self.there.lower()} in `{self.path}`"
        )

    def help(self) -> tuple[str, ...]:
        wanted = self.there.lower()
        return (f"use `train precision={wanted}`",) if wanted in ("f32", "f64") else ()


class TensorNotFinite(Problem):
    """A tensor contains NaN or infinity.

    A single such weight makes all results NaN. Such weights come from a training run that diverged.

    ```text
    init "diverged.safetensors"      # `dense1.w` holds a NaN
    ```
    """

    code = "E0743"
    title = "tensor not finite"
    path: str
    name: str
    count: int
    """How many of its numbers are NaN or infinite."""
    size: int

    def message(self) -> str:
        return (
            f"`{self.name}` in `{self.path}`: {self.count:,} of {self.size:,} numbers "
            f"{'is' if self.count == 1 else 'are'} NaN or infinite"
        )


class WeightsOutside(Problem):
    """`init` refers to a file outside the folder of the spec.

    This keeps specs from other people from reading the rest of your disk. Links are resolved first.
    `--allow-outside` permits it for one command.

    ```text
    init "../../shared/digits.safetensors"
    ```

    Instead:

    ```text
    init "shared/digits.safetensors"
    ```
    """

    code = "E0737"
    title = "weights outside the folder"
    message_text = "`{path}` is outside `{folder}`, the folder of the spec"
    help_texts = ("copy the file into the folder, or use `--allow-outside`",)
    path: str
    folder: str


class WeightsReplaced(Problem):
    """`--save` will replace the weights of another network.

    The file of `--save` exists and holds a network that differs from that of the spec. It is
    replaced when the run ends. Save under another name to keep both.

    ```text
    netc run wide.net --save narrow.safetensors
    ```

    Instead:

    ```text
    netc run wide.net --save wide.safetensors
    ```
    """

    code = "W0744"
    title = "weights of another network replaced"
    message_text = "`{path}` has the weights of another network, which `--save` will replace: {why}"
    help_texts = ("save under another name to keep both",)
    path: str
    why: str


class SpecNotInFile(Problem):
    """The file contains only weights, no network.

    Files written by netc contain the spec and the weights. For a file from elsewhere, a spec must
    say what the tensors belong to.

    ```text
    netc predict tensors_only.safetensors digits.npy
    ```

    Instead:

    ```text
    netc eval digits.net --weights tensors_only.safetensors
    ```
    """

    code = "E0738"
    title = "no spec in the file"
    message_text = "`{path}` contains weights but no spec"
    help_texts = ('use it with a spec: `init "FILE"`, or `netc eval SPEC --weights FILE`',)
    path: str


class WrittenByAnother(Problem):
    """The file was written by a version of netc that this version cannot read, or its description
    of the network was changed since.

    Use the version that wrote it, or a newer one. If this version wrote it, train the spec again.

    ```text
    netc predict from_the_future.safetensors digits.npy
    ```
    """

    code = "E0739"
    title = "written by another version"
    path: str
    version: str
    here: str

    def message(self) -> str:
        if self.version == self.here:
            return f"the description of the network in `{self.path}` is damaged"
        return f"`{self.path}` was written by netc {self.version}; netc {self.here} cannot read it"


class CannotWrite(Problem):
    """A file cannot be written, and an existing file is left unchanged.

    Usual reasons are a missing folder, its permissions, or a full disk. Weights with NaN or
    infinity are not written either, because no command could use them.

    ```text
    netc run digits.net --save /no/such/folder/digits.safetensors
    ```
    """

    code = "E0740"
    title = "cannot write"
    message_text = "`{path}` cannot be written: {reason}"
    path: str
    reason: str


class FileExists(Problem):
    """A spec, code or network would overwrite an existing file.

    Files that you may have edited are overwritten only with `--force`.

    ```text
    netc export digits.safetensors -o digits.c
    ```

    Instead:

    ```text
    netc export digits.safetensors -o digits.c --force
    ```
    """

    code = "E0794"
    title = "file exists"
    message_text = "`{path}` already exists"
    help_texts = ("replace it with `--force`, or choose another name",)
    path: str


class NotTrained(Problem):
    """The model was never trained, so its predictions would be meaningless.

    Train it with `fit`, or load a trained model with `netc.load`.

    ```text
    netc.compile("digits.net").predict(x)
    ```

    Instead:

    ```text
    netc.compile("digits.net").fit().predict(x)
    ```
    """

    code = "E0741"
    title = "not trained"
    message_text = "the model was never trained: its weights are still the initial ones"
    help_texts = ("train it with `fit`, or load a trained model with `netc.load`",)


class WidthsUndecided(Problem):
    """The weights of an untrained network are requested, but their shapes depend on the data.

    `input ?` has as many features as the data, and `dense ?` as many outputs as the targets need.
    Training determines both. Write numbers in place of `?` to fix them in advance.

    ```text
    netc.compile("input ? -> dense ? softmax; loss ce").weights
    ```

    Instead:

    ```text
    netc.compile("input 4 -> dense 3 softmax; loss ce").weights
    ```
    """

    code = "E0745"
    title = "sizes left to the data"
    message_text = "the sizes of the weights are unknown before training: the spec has a `?`"
    help_texts = ("train the model first, or write numbers in place of `?`",)


class NoProbabilities(Problem):
    """The outputs of the network are not probabilities.

    Probabilities come from a final `softmax` or `sigmoid` of a classifier. For margins (`hinge`,
    `perceptron`, `logistic`) and numeric outputs, `predict` gives the class or the number, and
    `outputs` the raw outputs.

    ```text
    netc.compile("input 2 -> dense 1; loss hinge; opt sgd").fit(x, y).predict_proba(x)
    ```
    """

    code = "E0742"
    title = "no probabilities"
    message_text = "the outputs are not probabilities: {reason}"
    reason: str
