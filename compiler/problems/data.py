"""E05: what is wrong with the data that a spec names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...grammar.problem import Problem
from ..shapes import Shape, elements, is_turned, shape_text
from ..suggest.spelling import closest


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFileMissing(Problem):
    """a data file is not there

    A path in a `data` statement is relative to the folder of the spec (to the current folder for
    a spec that comes from standard input or from `-e`). There is no file at that place.

    ```text
    data csv "flowers.csv" target=species      # there is no flowers.csv beside the spec
    ```
    """

    code: ClassVar[str] = "E0501"
    title: ClassVar[str] = "data file missing"

    path: str

    def message(self) -> str:
        return f"there is no file `{self.path}`"

    def help(self) -> tuple[str, ...]:
        return ("a path is relative to the folder of the spec",)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFileDamaged(Problem):
    """a data file does not hold what its format promises

    The file was found and opened, but it ends too early, is of another format, or counts
    something else than its partner (so many images, so many labels). A file that was downloaded
    in part is the usual cause: fetch it again.

    ```text
    data mnist      # NETC_DATA_DIR holds a train-images-idx3-ubyte.gz that ends too early
    ```
    """

    code: ClassVar[str] = "E0502"
    title: ClassVar[str] = "data file damaged"

    path: str
    reason: str

    def message(self) -> str:
        return f"cannot read `{self.path}`: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataUnreachable(Problem):
    """a published data set is neither on this machine nor could it be downloaded

    A published set is looked for in the folder that `NETC_DATA_DIR` names, then in netc's cache
    (`NETC_CACHE_DIR`, or the cache folder of the system), and then fetched from public mirrors,
    one after the other. What arrives is accepted only when its SHA-256 is the published one.

    ```text
    data mnist      # on a machine without a network and without the files
    ```
    """

    code: ClassVar[str] = "E0503"
    title: ClassVar[str] = "data set unreachable"

    name: str
    file: str
    attempts: tuple[str, ...]
    """Each mirror with what happened there."""
    cache: str

    def message(self) -> str:
        return f"data set `{self.name}` is not on this machine and `{self.file}` cannot be fetched"

    def help(self) -> tuple[str, ...]:
        return (
            *self.attempts,
            f"put its files in a folder `{self.name}` and set NETC_DATA_DIR to the folder around "
            "it",
            f"or connect once: files that arrive are kept in `{self.cache}`",
            "`data digits` needs no network: 1,797 digits of 8x8 pixels come with netc",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InputDiffersFromData(Problem):
    """the input and the samples have different shapes

    `input` is a view of the sample: `input 784` may read samples of 28x28x1, because both have
    784 elements, in the same order. No other change of shape is made on the way: `input 3x32x32`
    cannot read pictures of 32x32x3, whose channels are the last axis.

    ```netc
    data digits             # samples of 8x8x1: 64 elements
    input 784 -> dense 10 softmax
    loss ce; opt adam
    ```

    Instead:

    ```netc
    data digits
    input 64 -> dense 10 softmax
    loss ce; opt adam
    ```
    """

    code: ClassVar[str] = "E0504"
    title: ClassVar[str] = "input differs from the data"

    shape: Shape
    sample: tuple[int, ...]
    data: str

    def message(self) -> str:
        return (
            f"`input {shape_text(self.shape)}` cannot view the samples of `{self.data}`, "
            f"which are {shape_text(self.sample)}"
        )

    def label(self) -> str:
        if is_turned(self.shape, self.sample):
            return "the same sizes in another order"
        return f"{_count(self.shape)} here, {_count(self.sample)} in a sample"

    def help(self) -> tuple[str, ...]:
        flat = shape_text((elements(self.sample),))
        whole = shape_text(self.sample)
        if is_turned(self.shape, self.sample):
            return (f"write `input {whole}`: a view does not turn axes, and channels are the last",)
        if whole == flat:
            return (f"write `input {flat}`",)
        return (f"write `input {whole}`, or `input {flat}` for a flat view",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassesDiffer(Problem):
    """the network has another number of outputs than the data has classes or targets

    With `ce` every class has one output; a target of one number needs one output. Labels that the
    network cannot name, or outputs that no label ever names, are a mistake.

    ```netc
    data iris             # 3 classes
    input 4 -> dense 10 softmax
    loss ce; opt adam
    ```

    Instead:

    ```netc
    data iris
    input 4 -> dense 3 softmax
    loss ce; opt adam
    ```
    """

    code: ClassVar[str] = "E0505"
    title: ClassVar[str] = "classes differ"

    outputs: int
    data: str
    wanted: int
    what: str
    """What the data has: "classes", "numbers a target"."""

    def message(self) -> str:
        return (
            f"the network has {self.outputs} {_plural(self.outputs, 'output')}, "
            f"but `{self.data}` has {self.wanted} {_plural(self.wanted, self.what)}"
        )

    def help(self) -> tuple[str, ...]:
        if self.wanted == 1 and self.what == "classes":
            return ("with one class there is nothing to tell apart: data of two or more is needed",)
        return (f"make the last layer `dense {self.wanted}`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetDoesNotFit(Problem):
    """the loss asks for another kind of target than the data has

    `ce`, `nll`, `kl`, `bce`, `hinge`, `perceptron` and `logistic` learn classes. A data set whose
    target is a measured number (`data sine`, a numeric column) has none.

    ```netc
    data sine
    input 1 -> dense 8 tanh -> dense 2 softmax
    loss ce; opt adam
    ```

    Instead:

    ```netc
    data sine
    input 1 -> dense 8 tanh -> dense 1
    loss mse; opt adam
    ```
    """

    code: ClassVar[str] = "E0506"
    title: ClassVar[str] = "target does not fit the loss"

    loss: str
    data: str
    reason: str
    advice: str

    def message(self) -> str:
        return f"`loss {self.loss}` does not fit the targets of `{self.data}`: {self.reason}"

    def help(self) -> tuple[str, ...]:
        return (self.advice,)


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitLeavesNothing(Problem):
    """a split leaves a part without samples

    The parts of `split=` are shares of all samples (training, validation, test) and may not
    exceed 100 % together; the training part needs at least one sample.

    ```netc
    data iris split=(50%, 40%, 30%)      # 120 %
    input 4 -> dense 3 softmax
    loss ce; opt adam
    ```

    Instead:

    ```netc
    data iris split=(60%, 20%, 20%)
    input 4 -> dense 3 softmax
    loss ce; opt adam
    ```
    """

    code: ClassVar[str] = "E0507"
    title: ClassVar[str] = "split leaves nothing"

    reason: str

    def message(self) -> str:
        return f"the data cannot be split so: {self.reason}"

    def help(self) -> tuple[str, ...]:
        return ("`split=(80%, 10%, 10%)` is the usual one",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnUnknown(Problem):
    """a column is not in the table

    `target=` names a column of the file's first line. A network that was trained on a table finds
    its features in another one by their names: all of them have to be there, in any order, and
    columns beside them do not matter.

    ```text
    data csv "flowers.csv" target=specis      # the columns are length, width, species
    ```
    """

    code: ClassVar[str] = "E0508"
    title: ClassVar[str] = "column unknown"

    column: str
    path: str
    columns: tuple[str, ...]
    others: int = 0
    """How many more are missing."""

    def message(self) -> str:
        more = f", nor {self.others} more that are needed" if self.others else ""
        return f"`{self.path}` has no column `{self.column}`{more}"

    def help(self) -> tuple[str, ...]:
        guess = closest(self.column, self.columns)
        if guess is not None:
            return (f"did you mean `{guess}`?",)
        shown = ", ".join(f"`{name}`" for name in self.columns[:12])
        more = f" and {len(self.columns) - 12} more" if len(self.columns) > 12 else ""
        return (f"its columns are {shown}{more}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableValueWrong(Problem):
    """a cell of a table is not a number

    Every column but the target is a feature, and a feature is a finite number. An empty cell, a
    word or a row of another length is an error rather than a guess.

    ```text
    data csv "flowers.csv" target=species      # line 7 says `n/a` for the width
    ```
    """

    code: ClassVar[str] = "E0509"
    title: ClassVar[str] = "table value wrong"

    path: str
    line: int
    reason: str

    def message(self) -> str:
        return f"`{self.path}`, line {self.line}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepDoesNotFit(Problem):
    """a preparation cannot be made on samples of this shape

    `prep pad` frames images; a plain vector has no border.

    ```netc
    data iris
    prep pad=2
    input 4 -> dense 3 softmax
    loss ce; opt adam
    ```
    """

    code: ClassVar[str] = "E0510"
    title: ClassVar[str] = "prep does not fit the samples"

    prep: str
    sample: tuple[int, ...]
    reason: str

    def message(self) -> str:
        return f"`prep {self.prep}` cannot be made on samples of {shape_text(self.sample)}"

    def label(self) -> str:
        return self.reason


def _count(shape: Shape) -> str:
    total = elements(shape)
    if total is None:
        return "a free number of elements"
    product = "*".join(str(size) for size in shape)
    return f"{product} = {total} elements" if len(shape) > 1 else f"{total} elements"


def _plural(count: int, noun: str) -> str:
    if count != 1:
        return noun if noun.split(" ")[0].endswith("s") else f"{noun}s"
    head, space, tail = noun.partition(" ")
    head = "class" if head == "classes" else head.removesuffix("s") if head != "class" else head
    return head + space + tail


PROBLEMS: tuple[type[Problem], ...] = (
    DataFileMissing,
    DataFileDamaged,
    DataUnreachable,
    InputDiffersFromData,
    ClassesDiffer,
    TargetDoesNotFit,
    SplitLeavesNothing,
    ColumnUnknown,
    TableValueWrong,
    PrepDoesNotFit,
)
