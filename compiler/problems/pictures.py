"""E05: what is wrong with the pictures that a spec names."""

from __future__ import annotations

from ...grammar.problem import Problem


class PillowMissing(Problem):
    """Reading images requires the Pillow library, which is not installed.

    netc uses Pillow to decode PNG, JPEG and other formats. Decoded images are cached, so later runs
    on the same images work without it.

    ```text
    data images "photos"      # on a machine without Pillow
    ```
    """

    code = "E0520"
    title = "missing image library"
    message_text = "cannot read the images in `{path}`: Pillow is not installed"
    help_texts = ("install it with `pip install netc[images]`",)
    path: str


class PictureSizesDiffer(Problem):
    """The images of a data set have different sizes.

    All images must have the same width and height. netc does not resize images, because scaling and
    cropping give different results and the choice is yours.

    ```text
    data images "photos"      # cat/1.jpg has 640x480 pixels, cat/2.jpg has 480x640
    ```
    """

    code = "E0521"
    title = "image sizes differ"
    message_text = (
        "the images in `{path}` differ in size: `{first}` has {first_size} pixels, "
        "`{other}` has {other_size}"
    )
    help_texts = (
        "resize them first, for example with ImageMagick: `mogrify -resize {first_size}! *.jpg`",
    )
    path: str
    first: str
    first_size: tuple[int, int]
    """Width and height."""
    other: str
    other_size: tuple[int, int]


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
