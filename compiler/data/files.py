"""The user's own files: tables, arrays, folders of images.

Nothing is known of them until they are loaded. Paths are relative to the spec.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from ..language.kinds import Count, Name, Quoted, Share
from .source import TEST_SHARE, Data, Facts

if TYPE_CHECKING:
    from ..losses.loss import Loss


class FilePath(Quoted):
    """The path of a file or a folder in quotes."""

    def check(self, value: str) -> str:
        # one that a command line makes absolute may hold what no string of a spec can
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string"}


class Files(Data):
    """The base: data in a file or a folder."""

    positional = ("path",)

    path: str


ValidationFile = Annotated[str, FilePath("the path of a file in quotes", "val.csv")]
TestFile = Annotated[str, FilePath("the path of a file in quotes", "test.csv")]


class FilesOfParts(Files):
    """The base: samples of which validation and test part may be in files of their own."""

    val: Share | ValidationFile = Field(  # type: ignore[assignment]
        default=0.1,
        description="the share of the samples held out for validation, or a file of them",
    )
    test: TestFile | None = Field(
        default=None, description="a file of the test part; by default a tenth of the samples"
    )

    def part_files(self) -> dict[str, str]:
        """The paths of the parts that are files of their own, by option."""
        found = {"val": self.val if isinstance(self.val, str) else None, "test": self.test}
        return {option: path for option, path in found.items() if path is not None}

    def shares(self) -> tuple[float, float, float]:
        """A validation file replaces the usual share, also for arrays of a program."""
        if self.split is None and isinstance(self.val, str):
            return (1 - 2 * TEST_SHARE, TEST_SHARE, TEST_SHARE)
        return super().shares()


class Npz(FilesOfParts):
    """A NumPy archive of arrays, written by `np.savez("data.npz", x=x, y=y)`.

    A network with one input reads `x`, or the array with the name of the input
    (`input 784 name=image`). With several inputs, each reads the array with its name. The targets
    of a loss on a label (`loss ce on=@digit`) are the array with the name of the label, if there
    is one; all other targets are `y`. Arrays of the test part have the suffix `_test`: `x_test`,
    `y_test`; or they are in a file of their own, `test="test.npz"`, as the validation part can be
    in `val="val.npz"`. `groups=patient` names an array that says which samples belong together and
    must stay in one part. An array `classes` may contain the names of the classes of `y`; without
    it, the largest label gives their number. An array `sample_weight` holds the weight of each
    sample in the losses.

    Features are not scaled: bytes stay 0 to 255 without `prep scale`. For a loss on classes, a
    target is a class index from 0 per sample (or per position, such as 28x28 for an output of
    28x28x5), text, -1 and +1, a one-hot row, or probabilities. For a loss on numbers, a target
    has one number per output.
    """

    word = "npz"
    summary = "an archive of NumPy arrays"

    path: Annotated[str, FilePath("the path of a file in quotes", "data.npz")] = Field(
        description="the file, relative to the spec"
    )
    groups: Annotated[str, Name("the name of an array")] | None = Field(
        default=None, description="an array that says which samples belong together"
    )


class Npy(Files):
    """One NumPy array of samples, and one of targets: `data npy "x.npy" target="y.npy"`.

    The targets are those of `data npz`. Files with pickled objects are refused.
    """

    word = "npy"
    summary = "NumPy arrays of samples and targets"

    path: Annotated[str, FilePath("the path of a file in quotes", "x.npy")] = Field(
        description="the file of samples, relative to the spec"
    )
    target: Annotated[str, FilePath("the path of a file in quotes", "y.npy")] | None = Field(
        default=None, description="the file of targets, relative to the spec"
    )


class Idx(Files):
    """Images and labels in MNIST's format, plain or as `.gz`.

    A folder with `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, and the same for `t10k-`
    if there is a test part. Or one file of images, with its labels in the same folder under the
    same name with `labels-idx1` for `images-idx3`. Bytes become numbers from 0 to 1.
    """

    word = "idx"
    compares = "classes"
    summary = "a folder of IDX files, the format of MNIST"

    path: Annotated[str, FilePath("the path of a folder in quotes", "folder")] = Field(
        description="the folder, or one file of images, relative to the spec"
    )


class Images(Files):
    """Images, in one folder per class: `photos/cat/1.jpg`, `photos/dog/1.jpg`.

    The classes are the folders, sorted as people sort names (`class2` before `class10`). Folders
    `train`, `val` and `test` around the class folders are the parts. The folder may be a `.zip` or
    a `.tar.gz`. Images become height x width x channels from 0 to 1: 3 channels, or 1 (grey),
    as `input` has; if `input` leaves it open, 1 if all are grey. `resize=` brings images of
    different sizes to one. Images are rotated according to their EXIF orientation, and transparency
    is replaced by the background. Needs Pillow: `pip install netc[images]`. Decoded images are kept
    in netc's cache.
    """

    word = "images"
    summary = "images in one folder per class"

    path: Annotated[str, FilePath("the path of a folder in quotes", "photos")] = Field(
        description="the folder or archive, relative to the spec"
    )
    resize: tuple[Count, Count] | None = Field(
        default=None, description="height and width that all images are resized to"
    )
    fit: Literal["crop", "pad", "stretch"] = Field(
        default="crop",
        description="for `resize`: `crop` crops to the aspect ratio, `pad` adds a border of the "
        "background, `stretch` ignores the aspect ratio",
    )
    background: Literal["white", "grey", "black"] = Field(
        default="white", description="the colour behind transparent pixels and around padded images"
    )
    load: Literal["auto", "memory", "batches"] = Field(
        default="auto",
        description="whether all images are kept in memory, or read by batches; `auto` reads by "
        "batches what needs more than half of the free memory",
    )
    masks: Annotated[str, FilePath("the path of a folder in quotes", "masks")] | None = Field(
        default=None,
        description="a folder with an image of the classes of all pixels for each image, under the "
        "same name; the folders are then not classes",
    )

    def facts_for(self, loss: Loss, labels: Collection[str]) -> Facts:
        if self.masks is None:
            return Facts(None, "classes", None, None, None, ())
        numbers = loss.learns_numbers()
        return Facts(None, "numbers" if numbers else "classes", None, None, None, (None, None))
