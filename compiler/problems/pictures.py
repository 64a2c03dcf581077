"""E052 and E053: what is wrong with the pictures that a spec names."""

from __future__ import annotations

from ...grammar.problem import Problem


class PillowMissing(Problem):
    """Reading images requires the Pillow library, which is not installed or cannot be imported.

    netc uses Pillow to decode PNG, JPEG and other formats. Decoded images are cached, so later runs
    on the same images work without it.

    ```text
    data images "photos"      # on a machine without Pillow
    ```
    """

    code = "E0520"
    title = "missing image library"
    message_text = "cannot read the images in `{path}`: {reason}"
    help_texts = ("install it with `{command}`",)
    path: str
    reason: str
    command: str


class PictureSizesDiffer(Problem):
    """The images of a data set have different sizes.

    All samples must have the same shape. `resize=64x64` resizes every image to this height and
    width: `fit=crop` (the default) crops it to the new aspect ratio, `fit=pad` adds a border,
    `fit=stretch` ignores the aspect ratio.

    ```text
    data images "photos"                  # cat/1.jpg has 640x480 pixels, cat/2.jpg has 480x640
    ```

    Instead:

    ```text
    data images "photos" resize=64x64
    ```
    """

    code = "E0521"
    title = "image sizes differ"
    message_text = (
        "the images in `{path}` have {sizes:,} sizes: {first_count:,} of {total:,} have "
        "{first_size} pixels (`{first}`), `{other}` has {other_size}"
    )
    help_texts = (
        '`data images "{path}" resize={advised}` gives all images this height and width; '
        "`fit=crop`, `fit=pad` or `fit=stretch` says how",
    )
    path: str
    first: str
    first_size: tuple[int, int]
    """Width and height of most images."""
    first_count: int
    other: str
    other_size: tuple[int, int]
    sizes: int
    """How many sizes there are."""
    total: int
    advised: tuple[int, int]
    """Height and width."""


class PictureFoldersWrong(Problem):
    """The images are not in one folder per class.

    The name of an image's folder is its class. Folders `train`, `val` and `test` around the class
    folders are the parts of the data. So paths are `CLASS/FILE`, or `train/CLASS/FILE`,
    `val/CLASS/FILE` and `test/CLASS/FILE`, in a folder, a `.zip` or a `.tar.gz`. At least two
    classes are required, and every class of the other parts must be in the training part.

    ```text
    data images "photos"      # photos/cat/1.jpg, photos/dog/1.jpg, and photos/title.jpg
    ```
    """

    code = "E0522"
    title = "invalid image folders"
    message_text = "`{path}` is not an image data set: {reason}"
    help_texts = (
        (
            "put images in one folder per class: `CLASS/FILE`, or `train/CLASS/FILE` and "
            "`test/CLASS/FILE`"
        ),
    )
    path: str
    reason: str


class MasksMissing(Problem):
    """Images have no mask.

    With `masks="masks"`, the mask of `photos/a.jpg` is `masks/a.png` or `masks/a_mask.png`.
    Subfolders of `photos` have the same names in `masks`.

    ```text
    data images "photos" masks="masks"      # photos/b.jpg, but no masks/b.png
    ```
    """

    code = "E0531"
    title = "masks missing"
    path: str
    masks: str
    missing: tuple[str, ...]
    total: int
    example: str
    """The mask of the first, within the folder of masks."""
    help_texts = ("the mask of `{first}` is `{masks}/{example}`",)

    @property
    def first(self) -> str:
        return self.missing[0]

    def message(self) -> str:
        named = ", ".join(f"`{path}`" for path in self.missing[:5])
        more = ", ..." if len(self.missing) > 5 else ""
        count = f"{len(self.missing):,} of {self.total:,} images in `{self.path}`"
        return f"{count} have no mask in `{self.masks}`: {named}{more}"


class PicturesDamaged(Problem):
    """Images of a data set cannot be read.

    The message names the first five and counts all. An image is damaged if its download was cut
    short, or if a file with the extension of an image contains something else. Delete the files or
    fetch them again: netc never skips an image silently.

    ```text
    data images "photos"      # cat/7.jpg is empty
    ```
    """

    code = "E0530"
    title = "damaged images"
    path: str
    damaged: tuple[tuple[str, str], ...]
    """The path of each and the reason."""
    total: int

    def message(self) -> str:
        named = ", ".join(f"`{path}` ({reason})" for path, reason in self.damaged[:5])
        more = ", ..." if len(self.damaged) > 5 else ""
        count = f"{len(self.damaged):,} of {self.total:,} images in `{self.path}`"
        return f"{count} cannot be read: {named}{more}"

    def help(self) -> tuple[str, ...]:
        which = "it" if len(self.damaged) == 1 else "them"
        return (f"remove {which} from the set, or replace {which}",)
