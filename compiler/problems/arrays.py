"""E05: what is wrong with arrays, and where arrays and the network do not meet."""

from __future__ import annotations

from ...grammar.problem import Problem
from ...grammar.text import counted, listed
from ..shapes import Shape, shape_text
from ..suggest.spelling import closest
from .wording import first_of

KERAS = {"x_train": "x", "y_train": "y", "x_test": "x_test", "y_test": "y_test"}
"""What arrays of the data sets of Keras are called, in lower case, and what netc reads."""


class ArrayMissing(Problem):
    """The data has no array of the required name.

    For `data npz`, a network with one input reads `x` and its target is `y`. A named input (`input
    784 name=image`) reads the array of that name if it exists; with several inputs each must have
    its own. A loss on a label (`loss ce on=@digit`) reads the array of that name, or `y`. Arrays
    with `_test` after the name are the test part, all of them or none. `data npy` names both files:
    `data npy "x.npy" target="y.npy"`.

    ```text
    data npz "digits.npz"      # it holds `images` and `labels`
    ```
    """

    code = "E0511"
    title = "array missing"
    path: str
    name: str
    held: tuple[str, ...]

    def message(self) -> str:
        if self.held == (self.path,):
            return f"`{self.path}` has no targets"
        return f"`{self.path}` has no array `{self.name}`"

    def help(self) -> tuple[str, ...]:
        if self.held == (self.path,):
            return ('add their file: `target="y.npy"`',)
        holds = f"it holds {first_of(self.held) or 'nothing'}"
        guess = closest(self.name, self.held)
        if guess is not None:
            return (f"did you mean `{guess}`?", holds)
        return (holds, f"save them again: `{self._saved()}`") if self.held else (holds,)

    def _saved(self) -> str:
        """How the arrays are saved under the names that are read; those of Keras are known."""
        named = {KERAS.get(name.lower()): name for name in self.held}
        pairs = [f'{to}=a["{name}"]' for to, name in named.items() if to is not None]
        if self.name not in named:
            pairs = [f"{self.name}=..."] if self.name not in ("x", "y") else ["x=...", "y=..."]
        return f'np.savez("data.npz", {", ".join(pairs)})'


class ArraysDifferInLength(Problem):
    """Two arrays have different numbers of samples.

    The first axis of every array counts the samples, so inputs and targets must have the same
    length.

    ```text
    data npz "f.npz"      # `x` has 100 samples, `y` has 90
    ```
    """

    code = "E0514"
    title = "arrays differ in length"
    message_text = "`{first}` has {first_length:,} samples, `{other}` has {other_length:,}"
    path: str
    first: str
    first_length: int
    other: str
    other_length: int


class PickleRefused(Problem):
    """A file contains pickled Python objects, which can execute code when loaded.

    Arrays of Python objects are stored as pickles. netc never executes code from data, so it
    refuses such files.

    ```text
    data npy "x.npy"      # written by np.save of an array of type object
    ```
    """

    code = "E0515"
    title = "pickle refused"
    help_texts = ("save numbers instead: `np.save(path, np.asarray(values, dtype=np.float32))`",)
    path: str
    name: str

    def message(self) -> str:
        where = f"`{self.name}` of `{self.path}`" if self.name else f"`{self.path}`"
        return f"{where} contains pickled Python objects, which could run any code"


class LabelsOutOfRange(Problem):
    """A label is not one of the classes that the network can predict.

    With K outputs, labels are whole numbers from 0 to K-1.

    ```text
    data npz "f.npz"      # `y` holds 1 to 10
    input 64 -> dense 10 softmax
    loss ce; opt adam
    ```
    """

    code = "E0516"
    title = "labels out of range"
    data: str
    name: str
    found: str
    """`-1`, `10`, `0.5`: the first that is wrong."""
    sample: str
    """Its place in the file, counted from 1: `sample 7`, `line 7` of a table."""
    outputs: int
    least: int
    most: int
    held: tuple[int, ...] = ()
    """All that there are, where they are few."""
    loss: str = ""
    """The loss, where it can leave a label out."""
    places: bool = False
    """Whether every position of a sample has a label."""
    ignored: int | None = None
    """The label that the loss leaves out."""

    def message(self) -> str:
        classes = max(2, self.outputs)
        return (
            f"with {counted(self.outputs, 'output')}, labels must be 0 to {classes - 1}, "
            f"but `{self.name}` of `{self.data}` has {self.found} in {self.sample}"
        )

    def help(self) -> tuple[str, ...]:
        if self.outputs == 1 and self.least == -1 and self.most == 1:
            return ("labels -1 and +1 are for `loss logistic`, `loss hinge`, `loss perceptron`",)
        if self.least == 1 and self.most == max(2, self.outputs):
            return ("labels start at 0: subtract 1",)
        if self.held == (0, 255):
            return ("0 and 255 are a mask of two classes: divide by 255",)
        wrong = [label for label in self.held if not 0 <= label < max(2, self.outputs)]
        if len(wrong) == 1 and wrong[0] != self.outputs and self.ignored is not None:
            return (f"if {wrong[0]} marks what has no class, too, make it {self.ignored}",)
        if len(wrong) == 1 and wrong[0] != self.outputs:
            mark = f"if {wrong[0]} marks what has no class, leave it out of the loss"
            return (f"{mark}: `loss {self.loss} ignore={wrong[0]}`",) if self.loss else (mark,)
        if self.least >= 0 and self.outputs > 1:
            last = (
                f"give the last layer {self.most + 1} outputs"
                if self.places
                else (f"make the last layer `dense {self.most + 1}`")
            )
            return (f"{last}, or correct the labels",)
        return ()


class TokensOutOfRange(Problem):
    """A token is outside the vocabulary of an `embed`.

    `embed V D` has one vector for each of the tokens 0 to V-1.

    ```text
    data npz "texts.npz"      # `x` holds tokens up to 5000
    input 40 -> embed 5000 16 -> gap -> dense 2 softmax
    loss ce; opt adam
    ```
    """

    code = "E0517"
    title = "tokens out of range"
    data: str
    tokens: int
    found: str
    sample: str
    """Its place in the file, counted from 1: `sample 7`, `line 7` of a table."""

    def message(self) -> str:
        return (
            f"`embed` has the tokens 0 to {self.tokens - 1}, "
            f"but `{self.data}` has {self.found} in {self.sample}"
        )

    def help(self) -> tuple[str, ...]:
        if self.found.isdigit():
            return (f"write `embed {int(self.found) + 1} ...`, or more",)
        return ()


class TargetSizeDiffers(Problem):
    """The targets have a different shape than the outputs.

    Numeric targets need one number per output. Class targets need one class per position: one for a
    vector of outputs, 28x28 for an output of 28x28x5.

    ```text
    data npz "f.npz"      # `y` holds 3 numbers per sample input 8 -> dense 4 loss mse; opt adam
    ```
    """

    code = "E0518"
    title = "target shape differs"
    message_text = "the output is {output}, but each target in `{name}` of `{data}` is {target}"
    data: str
    name: str
    target: tuple[int, ...]
    output: Shape
    classes: bool

    def help(self) -> tuple[str, ...]:
        if not self.classes:
            return ()
        places = shape_text(self.output[:-1]) or "one number"
        return (f"for this output, class targets are {places} per sample",)


class TooManyInputs(Problem):
    """The network has several inputs, but the data has one.

    Only `data npz` has several inputs: one array per input, with the input's name.

    ```text
    data digits
    input 8x8x1 name=image -> flatten -> @a
    input 12 name=meta -> @b
    concat @a @b -> dense 10 softmax
    loss ce; opt adam
    ```
    """

    code = "E0519"
    title = "too many inputs"
    help_texts = ("use `data npz` with one array per input, named like the input",)
    data: str
    inputs: tuple[str, ...]

    def message(self) -> str:
        names, count = listed(self.inputs), len(self.inputs)
        return f"the network has {count} inputs ({names}), but `{self.data}` has one"


class PartsDiffer(Problem):
    """Samples of two parts have different shapes.

    Training, validation and test samples go through the same network, so their shapes must be
    equal. The same holds for targets.

    ```text
    data npz "f.npz"      # samples of `x` are 28x28, those of `x_test` 32x32
    ```
    """

    code = "E0523"
    title = "parts differ"
    data: str
    first: str
    first_shape: tuple[int, ...]
    other: str
    other_shape: tuple[int, ...]

    def message(self) -> str:
        return (
            f"in `{self.data}`, samples of `{self.first}` are {_sample(self.first_shape)}, but "
            f"those of `{self.other}` are {_sample(self.other_shape)}"
        )


def _sample(shape: tuple[int, ...]) -> str:
    if not shape:
        return "a single number"
    if len(shape) == 1:
        return counted(shape[0], "number")
    return shape_text(shape)
