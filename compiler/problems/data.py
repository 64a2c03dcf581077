"""E05: what is wrong with the data that a spec names."""

from __future__ import annotations

from ...grammar.problem import Problem
from ...grammar.text import counted
from ..shapes import Shape, elements, is_turned, shape_text
from ..suggest.spelling import closest
from .tables import AMOUNT, written
from .wording import alike_names, first_of, product


class DataFileMissing(Problem):
    """A data file does not exist.

    A path in a `data` statement is relative to the folder of the spec (to the current folder for a
    spec from standard input or from `-e`).

    ```text
    data csv "flowers.csv" target=species      # there is no flowers.csv beside the spec
    ```
    """

    code = "E0501"
    title = "data file missing"
    message_text = "there is no file `{path}`"
    help_texts = ("paths are relative to the folder of the spec",)
    path: str


class DataFileDamaged(Problem):
    """A data file is incomplete or has an unexpected format.

    The usual cause is an interrupted download: fetch the file again. Another is a pair of files
    that do not belong together, with different numbers of images and labels.

    ```text
    data mnist      # NETC_DATA_DIR holds a train-images-idx3-ubyte.gz that ends too early
    ```
    """

    code = "E0502"
    title = "data file damaged"
    message_text = "cannot read `{path}`: {reason}"
    path: str
    reason: str


class DataUnreachable(Problem):
    """A published data set is not on this machine and could not be downloaded.

    netc looks in the folder named by `NETC_DATA_DIR`, then in its cache (`NETC_CACHE_DIR`, or the
    cache folder of the system), and then tries public mirrors. A download is accepted only if its
    SHA-256 is the published one.

    ```text
    data mnist      # on a machine without a network and without the files
    ```
    """

    code = "E0503"
    title = "data set unavailable"
    message_text = "data set `{name}` is not on this machine, and `{file}` cannot be downloaded"
    name: str
    file: str
    attempts: tuple[str, ...]
    """Each mirror with what happened there."""
    cache: str

    def help(self) -> tuple[str, ...]:
        return (
            *self.attempts,
            f"put its files in a folder `{self.name}` and set NETC_DATA_DIR to the parent folder",
            f"or go online once: downloads are kept in `{self.cache}`",
            "`data digits` needs no network: 1,797 digits of 8x8 pixels come with netc",
        )


class InputDiffersFromData(Problem):
    """The shape of `input` does not match the samples of the data.

    The number of elements must be equal: `input 784` can read samples of 28x28x1. Axes are never
    transposed: `input 3x32x32` cannot read images of 32x32x3, because channels are the last axis.

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

    code = "E0504"
    title = "input differs from the data"
    shape: Shape
    sample: tuple[int, ...]
    data: str
    resizes: bool = False
    """Whether the samples are images that can be resized."""
    columns: tuple[str, ...] = ()
    """The features of a table, and where their number comes from: `14 columns - 1 target = 13`."""
    arithmetic: str = ""
    count: str = ""
    """How many a sample has, where that is not one number: `6 to 8`."""

    def message(self) -> str:
        if len(self.shape) == len(self.sample) == 1:
            noun = "feature" if self.shape[0] == 1 else "features"
            expected = f"`input {self.shape[0]}` expects {self.shape[0]} {noun}"
            return f"{expected}; `{self.data}` has {self.count or self.sample[0]}"
        return (
            f"`input {shape_text(self.shape)}` does not match `{self.data}`, whose samples are "
            f"{self.count or shape_text(self.sample)}"
        )

    def label(self) -> str:
        if is_turned(self.shape, self.sample):
            return "the same sizes in a different order"
        there = f"{self.count} elements" if self.count else _count(self.sample)
        return f"{_count(self.shape)} here, {there} in a sample"

    def help(self) -> tuple[str, ...]:
        flat = shape_text((elements(self.sample),))
        whole = shape_text(self.sample)
        if is_turned(self.shape, self.sample):
            return (f"write `input {whole}`: channels are the last axis",)
        if self.columns:
            way = "`netc data` says how many" if self.count else f"write `input {flat}`"
            count = f" ({self.arithmetic})" if self.arithmetic else ""
            return (way, f"its features are {first_of(self.columns)}{count}")
        if whole == flat:
            return (f"write `input {flat}`",)
        own = (f"write `input {whole}`, or `input {flat}` for vectors",)
        if self.resizes and len(self.shape) == 3 and self.shape[-1] == self.sample[-1]:
            size = shape_text(self.shape[:2])
            return (*own, f'`data images "{self.data}" resize={size}` resizes the images')
        return own


SINGULAR = {"classes": "class", "values per target": "value per target"}


class ClassesDiffer(Problem):
    """The number of outputs does not match the number of classes or target values.

    With `ce`, each class needs one output; for numeric targets, each value needs one.

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

    code = "E0505"
    title = "wrong number of outputs"
    outputs: int
    data: str
    wanted: int
    what: str
    """What the data has: "classes", "values per target"."""
    names: tuple[str, ...] = ()
    """Of the classes, where they have names."""
    note: str = ""
    """What the data set says of itself: a class folder that is empty."""
    text: str = ""
    """The target that holds text where the loss needs numbers."""
    loss: str = ""
    single: bool = False
    """Whether the loss is for one output, and so for two classes."""

    def message(self) -> str:
        if self.text:
            return f"`loss {self.loss}` needs numeric targets; `{self.text}` is text"
        outputs = counted(self.outputs, "output")
        what = self.what if self.wanted != 1 else SINGULAR[self.what]
        return f"the network has {outputs}, but `{self.data}` has {self.wanted} {what}"

    def help(self) -> tuple[str, ...]:
        if self.text and self.names and all(map(AMOUNT.fullmatch, self.names)):
            example = self.names[0]
            return (f"write values such as `{example}` without signs and units: they are numbers",)
        if self.text:
            return (f"for {self.wanted} classes, use `dense {self.wanted} softmax` and `loss ce`",)
        if self.wanted == 1 and self.what == "classes":
            return ("a classifier needs data of at least two classes",)
        helps = [f"make the last layer `dense {self.wanted}`"]
        if self.single:
            helps = [f"for {self.wanted} classes, use `dense {self.wanted} softmax` and `loss ce`"]
        if alike := alike_names(self.names):
            fewer = len(self.names) - sum(len(group) - 1 for group in alike)
            helps.insert(
                0,
                f"{first_of(alike[0])} differ only in case or spaces: with one spelling for each "
                f"name there are {fewer:,} classes",
            )
        if self.names:
            named = ", ".join(f"`{name}`" for name in self.names[:10])
            more = f", ... ({len(self.names):,} in all)" if len(self.names) > 10 else ""
            helps.append(f"the classes are {named}{more}")
        return (*helps, self.note) if self.note else tuple(helps)


class TargetDoesNotFit(Problem):
    """The loss needs a different kind of target from what the data has.

    `ce`, `nll`, `kl`, `bce`, `hinge`, `perceptron` and `logistic` need classes, the others numbers.
    Data such as `data sine` or a numeric target column has no classes.

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

    code = "E0506"
    title = "wrong target for the loss"
    message_text = "`loss {loss}` cannot use the targets of `{data}`: {reason}"
    help_texts = ("{advice}",)
    loss: str
    data: str
    reason: str
    advice: str


class SplitLeavesNothing(Problem):
    """A split is invalid: it exceeds 100 % or leaves a part without samples.

    `split=` gives the shares of training, validation and test. The training part needs at least one
    sample.

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

    code = "E0507"
    title = "invalid split"
    message_text = "invalid split: {reason}"
    help_texts = ("for example `split=(80%, 10%, 10%)`",)
    reason: str


def _only_with(name: str, columns: tuple[str, ...]) -> str | None:
    """The only column whose name has another in it, such as `patient_id` for `patient`."""
    found = [column for column in columns if name.casefold() in column.casefold()]
    return found[0] if len(found) == 1 and len(name) > 1 else None


class ColumnUnknown(Problem):
    """A column is not in the table.

    `target=` must be a column name from the first line of the file. A network trained on a table
    finds its features in other tables by name: all must be there, in any order; further columns are
    ignored.

    ```text
    data csv "flowers.csv" target=specis      # the columns are length, width, species
    ```
    """

    code = "E0508"
    title = "unknown column"
    column: str
    path: str
    columns: tuple[str, ...]
    others: int = 0
    """How many more are missing."""
    measures: bool = False
    """Whether it is the target of a file that a network is measured on."""

    def message(self) -> str:
        verb = "is" if self.others == 1 else "are"
        more = f", and {self.others} more {verb} missing" if self.others else ""
        return f"`{self.path}` has no column `{self.column}`{more}"

    def help(self) -> tuple[str, ...]:
        guess = closest(self.column, self.columns) or _only_with(self.column, self.columns)
        if guess is not None:
            return (f"did you mean `{written(guess)}`?",)
        known = f"its columns are {first_of(self.columns)}"
        if self.measures:
            return (known, "a network is measured with the target; `netc predict` needs none")
        return (known,)


class PrepDoesNotFit(Problem):
    """A preprocessing step cannot be applied to samples of this shape.

    `prep pad` adds a border to images; a vector has none.

    ```netc
    data iris
    prep pad=2
    input 4 -> dense 3 softmax
    loss ce; opt adam
    ```
    """

    code = "E0510"
    title = "prep does not apply"
    message_text = "`prep {prep}` cannot be applied to samples of {sample}"
    label_text = "{reason}"
    prep: str
    sample: tuple[int, ...]
    reason: str


def _count(shape: Shape) -> str:
    total = elements(shape)
    if total is None:
        return "an unknown number of elements"
    return f"{product(shape) if len(shape) > 1 else total} elements"
