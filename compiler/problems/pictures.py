"""E05: what is wrong with the pictures that a spec names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...grammar.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class PillowMissing(Problem):
    """reading pictures needs Pillow

    PNG, JPEG and the other formats are decoded by the library Pillow, which does not come with
    netc itself. What was decoded once is kept, so a later run on the same pictures works without.

    ```text
    data images "photos"      # on a machine without Pillow
    ```
    """

    code: ClassVar[str] = "E0520"
    title: ClassVar[str] = "picture library missing"

    path: str

    def message(self) -> str:
        return f"the pictures of `{self.path}` cannot be decoded: Pillow is not installed"

    def help(self) -> tuple[str, ...]:
        return ("`pip install netc[images]` installs it",)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSizesDiffer(Problem):
    """the pictures of a set have different sizes

    A network reads samples of one shape, so all pictures must have the same width and height.
    netc does not change their size on its own: scaling and cutting give different pictures, and
    which one is meant is for the author to say.

    ```text
    data images "photos"      # cat/1.jpg has 640x480 pixels, cat/2.jpg has 480x640
    ```
    """

    code: ClassVar[str] = "E0521"
    title: ClassVar[str] = "picture sizes differ"

    path: str
    first: str
    first_size: tuple[int, int]
    """Width and height."""
    other: str
    other_size: tuple[int, int]

    def message(self) -> str:
        return (
            f"the pictures of `{self.path}` differ in size: `{self.first}` has "
            f"{_pixels(self.first_size)} pixels, `{self.other}` has {_pixels(self.other_size)}"
        )

    def help(self) -> tuple[str, ...]:
        return (
            "bring them to one size first, with any program for pictures: "
            f"`mogrify -resize {_pixels(self.first_size)}! *.jpg` does it",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFoldersWrong(Problem):
    """pictures do not stand in one folder for each class

    The name of the folder of a picture is its class. Folders `train` and `test` around the class
    folders are the parts of a set. So a picture's path is `CLASS/FILE`, or `train/CLASS/FILE` and
    `test/CLASS/FILE`, whether in a folder, a `.zip` or a `.tar.gz`. At least two classes are
    needed, and the test part has no class that the training part has not.

    ```text
    data images "photos"      # photos/cat/1.jpg, photos/dog/1.jpg, and photos/title.jpg
    ```
    """

    code: ClassVar[str] = "E0522"
    title: ClassVar[str] = "picture folders wrong"

    path: str
    reason: str

    def message(self) -> str:
        return f"`{self.path}` is no set of pictures: {self.reason}"

    def help(self) -> tuple[str, ...]:
        return (
            "a picture stands in the folder of its class: `CLASS/FILE`, or `train/CLASS/FILE` "
            "and `test/CLASS/FILE`",
        )


def _pixels(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


PROBLEMS: tuple[type[Problem], ...] = (PillowMissing, PictureSizesDiffer, PictureFoldersWrong)
