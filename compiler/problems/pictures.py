"""E05: what is wrong with the pictures that a spec names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...grammar.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class PillowMissing(Problem):
    """Reading images requires the Pillow library, which is not installed.

    netc uses Pillow to decode PNG, JPEG and other formats. Decoded images are cached, so later runs
    on the same images work without it.

    ```text
    data images "photos"      # on a machine without Pillow
    ```
    """

    code: ClassVar[str] = "E0520"
    title: ClassVar[str] = "missing image library"

    path: str

    def message(self) -> str:
        return f"cannot read the images in `{self.path}`: Pillow is not installed"

    def help(self) -> tuple[str, ...]:
        return ("install it with `pip install netc[images]`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSizesDiffer(Problem):
    """The images of a data set have different sizes.

    All images must have the same width and height. netc does not resize images, because scaling and
    cropping give different results and the choice is yours.

    ```text
    data images "photos"      # cat/1.jpg has 640x480 pixels, cat/2.jpg has 480x640
    ```
    """

    code: ClassVar[str] = "E0521"
    title: ClassVar[str] = "image sizes differ"

    path: str
    first: str
    first_size: tuple[int, int]
    """Width and height."""
    other: str
    other_size: tuple[int, int]

    def message(self) -> str:
        return (
            f"the images in `{self.path}` differ in size: `{self.first}` has "
            f"{_pixels(self.first_size)} pixels, `{self.other}` has {_pixels(self.other_size)}"
        )

    def help(self) -> tuple[str, ...]:
        return (
            "resize them first, for example with ImageMagick: "
            f"`mogrify -resize {_pixels(self.first_size)}! *.jpg`",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFoldersWrong(Problem):
    """The images are not in one folder per class.

    The name of an image's folder is its class. Folders `train` and `test` around the class folders
    are the parts of the data. So paths are `CLASS/FILE`, or `train/CLASS/FILE` and
    `test/CLASS/FILE`, in a folder, a `.zip` or a `.tar.gz`. At least two classes are required, and
    every class of the test part must be in the training part.

    ```text
    data images "photos"      # photos/cat/1.jpg, photos/dog/1.jpg, and photos/title.jpg
    ```
    """

    code: ClassVar[str] = "E0522"
    title: ClassVar[str] = "invalid image folders"

    path: str
    reason: str

    def message(self) -> str:
        return f"`{self.path}` is not an image data set: {self.reason}"

    def help(self) -> tuple[str, ...]:
        return (
            "put images in one folder per class: `CLASS/FILE`, or `train/CLASS/FILE` and "
            "`test/CLASS/FILE`",
        )


def _pixels(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


PROBLEMS: tuple[type[Problem], ...] = (PillowMissing, PictureSizesDiffer, PictureFoldersWrong)
