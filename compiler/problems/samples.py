"""E0540 to E0549: samples and targets that a program hands over, or files to predict."""

from __future__ import annotations

from ...grammar.problem import Problem
from ...grammar.text import counted, listed
from ..shapes import Shape, elements, is_turned, shape_text
from ..suggest.spelling import closest
from .wording import first_of


class NotAnArray(Problem):
    """Samples or targets are not a valid array.

    Samples and targets are arrays with at least one sample, samples on the first axis. Rows of
    different lengths are not an array.

    ```text
    model.fit([[1, 2], [3]], [0, 1])
    ```
    """

    code = "E0540"
    title = "not an array"
    message_text = "`{name}` cannot be used: {reason}"
    name: str
    reason: str


class ColumnsHoldText(Problem):
    """The samples are an array, but the network was trained on a table with text columns.

    The numbers of an array do not say which category each stands for. Pass a data frame or a file,
    which has the column names and the text.

    ```text
    model.fit(frame, y)                   # the column `city` holds text
    model.predict(np.array([[0, 3.5]]))
    ```

    Instead:

    ```text
    model.predict(frame)
    ```
    """

    code = "E0548"
    title = "array in place of text columns"
    name: str
    columns: tuple[str, ...]

    def message(self) -> str:
        hold = "holds" if len(self.columns) == 1 else "hold"
        columns = first_of(self.columns)
        return f"`{self.name}` is an array, but {columns} of the training data {hold} text"

    def help(self) -> tuple[str, ...]:
        return ("use a data frame with the columns of the training data, or `netc predict`",)


class SamplesDiffer(Problem):
    """Samples do not have the size that the network expects.

    The shape may differ from `input` if the number of elements is equal: `input 784` accepts images
    of 28x28. With a `prep`, the shape before it counts: with `prep pad=2`, `input 32x32x1` accepts
    images of 28x28.

    ```text
    model = netc.compile("input 64 -> dense 10 softmax; loss ce; opt adam").fit(x, y)
    model.predict(x[:, :63])
    ```
    """

    code = "E0541"
    title = "samples do not match the input"
    name: str
    sample: Shape
    wanted: Shape
    reader: str
    """The name of the input."""

    def message(self) -> str:
        if self._is_turned():
            return (
                f"the samples of `{self.name}` are {shape_text(self.sample)}, `{self.reader}` "
                f"expects {shape_text(self.wanted)}: the axes are in a different order"
            )
        return (
            f"the samples of `{self.name}` have {_size(self.sample)}, "
            f"`{self.reader}` expects {_size(self.wanted)}"
        )

    def help(self) -> tuple[str, ...]:
        if self._is_turned():
            if (*self.sample[1:], *self.sample[:1]) == self.wanted:
                return ("channels must be last: use `np.moveaxis(x, 1, -1)`",)
            return (f"transpose the samples to {shape_text(self.wanted)}",)
        if self.sample == () and len(self.wanted) == 1:
            return ("pass a single sample as an array with one row: `x[None]`",)
        return ()

    def _is_turned(self) -> bool:
        return elements(self.sample) == elements(self.wanted) and is_turned(
            self.wanted, self.sample
        )


class PixelScaleDiffers(Problem):
    """Samples are scaled differently from the training data.

    A network trained on pixel values from 0 to 1 gives nonsense for bytes from 0 to 255, and the
    other way round. netc scales image files itself, and bytes too for a network that was trained on
    image files. Where it cannot tell the scale, it reports this error.

    ```text
    model.fit(pixels / 255, y).predict(pixels)      # `pixels` holds bytes
    ```

    Instead:

    ```text
    model.fit(pixels / 255, y).predict(pixels / 255)
    ```
    """

    code = "E0542"
    title = "different pixel scale"
    message_text = "`{name}` {reason}"
    name: str
    reason: str
    way: str

    def help(self) -> tuple[str, ...]:
        return (self.way,)


class TargetsMissing(Problem):
    """The loss needs targets, but none were given.

    Only a loss with `target=@label`, such as that of an autoencoder, can be trained without
    targets.

    ```text
    netc.compile("input 4 -> dense 3 softmax; loss ce; opt adam").fit(x)
    ```

    Instead:

    ```text
    netc.compile("input 4 -> dense 3 softmax; loss ce; opt adam").fit(x, y)
    ```
    """

    code = "E0543"
    title = "targets missing"
    message_text = "`loss {loss}` needs targets: pass `y`"
    loss: str


class LabelUnknown(Problem):
    """A label is not one of the classes that the model was trained on.

    ```text
    model.fit(x, ["cat", "dog"]).evaluate(x, ["cat", "dgo"])
    ```
    """

    code = "E0544"
    title = "unknown class label"
    name: str
    found: str
    sample: str
    """Its place, counted from 1: `sample 7`, `line 7` of a table."""
    classes: tuple[str, ...]
    is_text: bool = False
    """Whether it is a text, and the classes are whole numbers."""

    def message(self) -> str:
        if self.is_text:
            return (
                f"`{self.name}` has the text `{self.found}` in {self.sample}, but the "
                f"{len(self.classes)} classes are whole numbers"
            )
        return (
            f"`{self.name}` has `{self.found}` in {self.sample}, which is not one of the "
            f"{len(self.classes)} classes"
        )

    def help(self) -> tuple[str, ...]:
        known = f"the classes are {first_of(self.classes)}"
        if self.is_text:
            return (f"convert them, such as `{self.name}.astype(int)`", known)
        near = closest(self.found, self.classes)
        return (known,) if near is None else (f"did you mean `{near}`?", known)


class ArraysDiffer(Problem):
    """The given arrays do not match the inputs or targets of the network.

    A network with several inputs takes a dict with the name of each `input`, or a tuple in the
    order of the spec. The same holds for the targets of several losses, named by the label in
    `on=`.

    ```text
    model.fit({"image": images}, y)         # the network also has `input 12 name=meta`
    ```

    Instead:

    ```text
    model.fit({"image": images, "meta": facts}, y)
    ```
    """

    code = "E0545"
    title = "arrays do not match the network"
    name: str
    given: tuple[str, ...] | int
    """The names of a dict, or how many arrays there are."""
    wanted: tuple[str, ...]
    what: str
    """`inputs` or `targets`."""

    def message(self) -> str:
        needs = (
            f"the network has {counted(len(self.wanted), self.what[:-1])}: {listed(self.wanted)}"
        )
        if isinstance(self.given, int):
            return f"`{self.name}` has {counted(self.given, 'array')}, but {needs}"
        return f"`{self.name}` has {listed(self.given) or 'nothing'}, but {needs}"

    def help(self) -> tuple[str, ...]:
        if isinstance(self.given, int) or len(self.wanted) > 1 or self.what != "inputs":
            return ()
        return ("a dict of columns is a table as `pandas.DataFrame`",)


class FileNotSamples(Problem):
    """A file does not contain samples that netc can read.

    Samples are read from NumPy files (`.npy`, `.npz`), tables (text, Parquet, Excel), images and
    folders of images.

    ```text
    netc predict digits.safetensors notes.txt
    ```
    """

    code = "E0546"
    title = "no samples in the file"
    message_text = "`{path}` contains no samples: {reason}"
    path: str
    reason: str


def _size(shape: Shape) -> str:
    numbers = counted(elements(shape) or 0, "number")
    return numbers if len(shape) < 2 else f"{numbers} ({shape_text(shape)})"
