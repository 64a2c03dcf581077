"""E0730 to E0749: files of weights and their networks. Long because each class is a page, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...grammar.problem import Problem
from ..shapes import Shape, shape_text


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsMissing(Problem):
    """The weights file does not exist.

    A path after `init` is relative to the folder of the spec. `netc run SPEC --save FILE` and
    `Model.save` write weights files.

    ```text
    init "digits.safetensors"       # there is no digits.safetensors beside the spec
    ```
    """

    code: ClassVar[str] = "E0730"
    title: ClassVar[str] = "weights missing"

    path: str

    def message(self) -> str:
        return f"there is no weights file `{self.path}`"

    def help(self) -> tuple[str, ...]:
        return ("`netc run SPEC --save FILE` trains a spec and saves its weights",)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsDamaged(Problem):
    """The weights file is damaged or is not a weights file.

    Weights are stored in the safetensors format. A truncated copy ends too early; a file that was
    changed later has the wrong checksum. Copy it again, or train again.

    ```text
    netc predict notes.txt digits.npy
    ```
    """

    code: ClassVar[str] = "E0731"
    title: ClassVar[str] = "weights damaged"

    path: str
    reason: str

    def message(self) -> str:
        return f"`{self.path}` cannot be used as weights: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworksDiffer(Problem):
    """The weights were trained in a different network.

    The same numbers mean something else with another activation or stride, even if the shapes
    agree. So `eval` and `predict` use weights only in the network in which they were trained. `init
    "FILE"` in a spec starts training of a different network from them, as long as the shapes agree.

    ```text
    netc eval wide.net --weights narrow.safetensors
    ```
    """

    code: ClassVar[str] = "E0732"
    title: ClassVar[str] = "networks differ"

    path: str
    layer: str
    """The first that differs."""
    here: str | None
    """What the spec has there, as netc text; None when it has no such layer."""
    there: str | None

    def message(self) -> str:
        if self.here is None:
            return (
                f"`{self.path}` has a layer `{self.layer}` (`{self.there}`), but the spec does not"
            )
        if self.there is None:
            return (
                f"the spec has a layer `{self.layer}` (`{self.here}`), but `{self.path}` does not"
            )
        return (
            f"the layer `{self.layer}` is `{self.here}` in the spec and `{self.there}` in "
            f"`{self.path}`"
        )

    def help(self) -> tuple[str, ...]:
        return (f"`netc eval {self.path}` uses the network in the file",)


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorMissing(Problem):
    """The file lacks a parameter of the network.

    Every parameter, including the running statistics of `bn`, is stored as layer and parameter
    name: `conv1.w`.

    ```text
    init "narrow.safetensors"       # the spec has a layer more than the file
    ```
    """

    code: ClassVar[str] = "E0733"
    title: ClassVar[str] = "tensor missing"

    path: str
    name: str
    shape: tuple[int, ...]
    nearest: str | None = None
    others: int = 0
    """How many more are missing."""

    def message(self) -> str:
        more = f" (and {self.others} more)" if self.others else ""
        size = shape_text(self.shape) or "a single number"
        return f"`{self.path}` lacks the parameter `{self.name}`, {size}{more}"

    def help(self) -> tuple[str, ...]:
        return () if self.nearest is None else (f"it has `{self.nearest}`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorUnexpected(Problem):
    """The file has a tensor that the network does not have.

    Either all weights are loaded or none, because an extra tensor means that the file belongs to a
    different network.

    ```text
    init "deep.safetensors"         # the file has a layer more than the spec
    ```
    """

    code: ClassVar[str] = "E0734"
    title: ClassVar[str] = "unexpected tensor"

    path: str
    name: str
    shape: tuple[int, ...]
    others: int = 0

    def message(self) -> str:
        more = f" (and {self.others} more)" if self.others else ""
        size = shape_text(self.shape) or "a single number"
        return (
            f"`{self.path}` has `{self.name}`, {size}{more}, but the network has no such parameter"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorShapeDiffers(Problem):
    """A tensor in the file has a different shape than the parameter.

    The layer had another width, window or input when the weights were trained.

    ```text
    init "narrow.safetensors"       # dense 32 in the file, dense 64 in the spec
    ```
    """

    code: ClassVar[str] = "E0735"
    title: ClassVar[str] = "tensor shape differs"

    path: str
    name: str
    here: Shape
    there: Shape

    def message(self) -> str:
        here = shape_text(self.here) or "a single number"
        there = shape_text(self.there) or "a single number"
        return f"`{self.name}` is {here} in the network and {there} in `{self.path}`"


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorTypeDiffers(Problem):
    """The weights have a different precision than the network.

    Weights are never converted, because the results would differ slightly.

    ```text
    train precision=f64
    init "single.safetensors"
    ```
    """

    code: ClassVar[str] = "E0736"
    title: ClassVar[str] = "tensor precision differs"

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


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorNotFinite(Problem):
    """A tensor contains NaN or infinity.

    A single such weight makes all results NaN. Such weights come from a training run that diverged.

    ```text
    init "diverged.safetensors"      # `dense1.w` holds a NaN
    ```
    """

    code: ClassVar[str] = "E0743"
    title: ClassVar[str] = "tensor not finite"

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


@dataclass(frozen=True, slots=True, kw_only=True)
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

    code: ClassVar[str] = "E0737"
    title: ClassVar[str] = "weights outside the folder"

    path: str
    folder: str

    def message(self) -> str:
        return f"`{self.path}` is outside `{self.folder}`, the folder of the spec"

    def help(self) -> tuple[str, ...]:
        return ("copy the file into the folder, or use `--allow-outside`",)


@dataclass(frozen=True, slots=True, kw_only=True)
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

    code: ClassVar[str] = "E0738"
    title: ClassVar[str] = "no spec in the file"

    path: str

    def message(self) -> str:
        return f"`{self.path}` contains weights but no spec"

    def help(self) -> tuple[str, ...]:
        return ('use it with a spec: `init "FILE"`, or `netc eval SPEC --weights FILE`',)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenByAnother(Problem):
    """The file was written by a version of netc that this version cannot read.

    Use the version that wrote it, or a newer one.

    ```text
    netc predict from_the_future.safetensors digits.npy
    ```
    """

    code: ClassVar[str] = "E0739"
    title: ClassVar[str] = "written by another version"

    path: str
    version: str
    here: str

    def message(self) -> str:
        return f"`{self.path}` was written by netc {self.version}; netc {self.here} cannot read it"


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotWrite(Problem):
    """A file cannot be written, and an existing file is left unchanged.

    Usual reasons are a missing folder, its permissions, or a full disk. Weights with NaN or
    infinity are not written either, because no command could use them.

    ```text
    netc run digits.net --save /no/such/folder/digits.safetensors
    ```
    """

    code: ClassVar[str] = "E0740"
    title: ClassVar[str] = "cannot write"

    path: str
    reason: str

    def message(self) -> str:
        return f"`{self.path}` cannot be written: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
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

    code: ClassVar[str] = "E0741"
    title: ClassVar[str] = "not trained"

    def message(self) -> str:
        return "the model was never trained: its weights are still the initial ones"

    def help(self) -> tuple[str, ...]:
        return ("train it with `fit`, or load a trained model with `netc.load`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoProbabilities(Problem):
    """The outputs of the network are not probabilities.

    Probabilities come from a final `softmax` or `sigmoid` of a classifier. For margins (`hinge`,
    `perceptron`, `logistic`) and numeric outputs, `predict` gives the class or the number, and
    `outputs` the raw outputs.

    ```text
    netc.compile("input 2 -> dense 1; loss hinge; opt sgd").fit(x, y).predict_proba(x)
    ```
    """

    code: ClassVar[str] = "E0742"
    title: ClassVar[str] = "no probabilities"

    reason: str

    def message(self) -> str:
        return f"the outputs are not probabilities: {self.reason}"


PROBLEMS: tuple[type[Problem], ...] = (
    WeightsMissing,
    WeightsDamaged,
    NetworksDiffer,
    TensorMissing,
    TensorUnexpected,
    TensorShapeDiffers,
    TensorTypeDiffers,
    TensorNotFinite,
    WeightsOutside,
    SpecNotInFile,
    WrittenByAnother,
    CannotWrite,
    NotTrained,
    NoProbabilities,
)
