"""E0730 to E0749: files of weights and their networks. Long because each class is a page, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...grammar.problem import Problem
from ..shapes import Shape, shape_text


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsMissing(Problem):
    """the file of weights is not there

    A path after `init` is relative to the folder of the spec. `netc run SPEC --save FILE` and
    `Model.save` write such files.

    ```text
    init "digits.safetensors"       # there is no digits.safetensors beside the spec
    ```
    """

    code: ClassVar[str] = "E0730"
    title: ClassVar[str] = "weights missing"

    path: str

    def message(self) -> str:
        return f"there is no file of weights `{self.path}`"

    def help(self) -> tuple[str, ...]:
        return ("`netc run SPEC --save FILE` trains a spec and writes its weights",)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsDamaged(Problem):
    """the file is no file of weights, or not the one that was written

    Weights are kept in the safetensors format. A file that was copied in part ends too early; one
    that was changed after it was written no longer has its checksum. Copy it again, or train
    again.

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
    """the weights were trained in another network

    The same numbers mean something else behind another activation or with another stride, even
    where their shapes agree. So weights are used to evaluate and to predict only in the network
    in which they were trained. `init "FILE"` in a spec starts the training of another network
    with them, as long as the shapes agree.

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
            return f"`{self.path}` has a layer `{self.layer}` (`{self.there}`), the spec has none"
        if self.there is None:
            return f"the spec has a layer `{self.layer}` (`{self.here}`), `{self.path}` has none"
        return (
            f"the layer `{self.layer}` is `{self.here}` in the spec and `{self.there}` in "
            f"`{self.path}`"
        )

    def help(self) -> tuple[str, ...]:
        return (f"`netc eval {self.path}` uses the network that is kept in the file",)


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorMissing(Problem):
    """the file lacks a parameter of the network

    Every parameter, running moments among them, is kept in the file under the name of its layer
    and its own: `conv1.w`.

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
        more = f" (nor {self.others} more)" if self.others else ""
        size = shape_text(self.shape) or "a single number"
        return f"the network has `{self.name}` of {size}, `{self.path}` has no such tensor{more}"

    def help(self) -> tuple[str, ...]:
        return () if self.nearest is None else (f"it has `{self.nearest}`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorUnexpected(Problem):
    """the file holds a tensor that the network has no place for

    All weights are loaded or none: a tensor that is left over says that the file belongs to
    another network.

    ```text
    init "deep.safetensors"         # the file has a layer more than the spec
    ```
    """

    code: ClassVar[str] = "E0734"
    title: ClassVar[str] = "tensor unexpected"

    path: str
    name: str
    shape: tuple[int, ...]
    others: int = 0

    def message(self) -> str:
        more = f" (and {self.others} more)" if self.others else ""
        size = shape_text(self.shape) or "a single number"
        return (
            f"`{self.path}` holds `{self.name}` of {size}{more}, the network has no such parameter"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorShapeDiffers(Problem):
    """a tensor of the file has another shape than the parameter

    The layer has another width, window or input than when the weights were trained.

    ```text
    init "narrow.safetensors"       # dense 32 in the file, dense 64 in the spec
    ```
    """

    code: ClassVar[str] = "E0735"
    title: ClassVar[str] = "shape of a tensor differs"

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
    """a tensor of the file has another precision than the network

    Numbers are not converted on the way: a network in single precision would not give the answers
    of the one in double precision.

    ```text
    train precision=f64
    init "single.safetensors"
    ```
    """

    code: ClassVar[str] = "E0736"
    title: ClassVar[str] = "type of a tensor differs"

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
        return (f"`train precision={wanted}` trains in it",) if wanted in ("f32", "f64") else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorNotFinite(Problem):
    """a tensor holds NaN or infinity

    One weight that is no finite number makes everything that is computed with it no number
    either. Such weights come from a training that diverged.

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
    """`init` leads outside the folder of the spec

    A spec from somewhere else must not be able to read the rest of your disk. Links are followed
    before this is decided. `--allow-outside` permits it for one command.

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
        return f"`{self.path}` lies outside `{self.folder}`, the folder of the spec"

    def help(self) -> tuple[str, ...]:
        return ("copy the file into the folder, or permit it with `--allow-outside`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecNotInFile(Problem):
    """the file holds tensors and no network

    A file that netc wrote holds the spec beside the weights. One from elsewhere has only tensors:
    a spec has to say what they belong to.

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
        return f"`{self.path}` holds tensors, and no spec that says what they belong to"

    def help(self) -> tuple[str, ...]:
        return ('a spec with `init "FILE"`, or `netc eval SPEC --weights FILE`, uses its tensors',)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenByAnother(Problem):
    """the file was written by a version of netc that this one does not understand

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
        return (
            f"`{self.path}` was written by netc {self.version}, and netc {self.here} cannot read "
            "its model"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotWrite(Problem):
    """a file cannot be written

    The reason is mostly the system's own: a folder that does not exist, its permissions, or a
    full disk. Weights that hold NaN or infinity are not written either, for no command could use
    them. A file that stood there before is as it was.

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
    """the model was never trained

    Its weights are still the numbers that training starts from, so an answer would mean nothing.
    Train it (`fit`), or load what was trained (`netc.load`).

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
        return "the model was never trained: its weights are the numbers that training starts from"

    def help(self) -> tuple[str, ...]:
        return ("`fit` trains it, `netc.load` reads one that was trained",)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoProbabilities(Problem):
    """the outputs of the network are no probabilities

    Probabilities come from a `softmax` or a `sigmoid` at the end, for a network that learns
    classes. Margins (`hinge`, `perceptron`, `logistic`) and measured numbers have none: `predict`
    gives the class or the number, `outputs` what the network computes.

    ```text
    netc.compile("input 2 -> dense 1; loss hinge; opt sgd").fit(x, y).predict_proba(x)
    ```
    """

    code: ClassVar[str] = "E0742"
    title: ClassVar[str] = "no probabilities"

    reason: str

    def message(self) -> str:
        return f"there are no probabilities: {self.reason}"


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
