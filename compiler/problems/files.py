"""E0701 to E0721: files that cannot be read, and files that use each other."""

from __future__ import annotations

from ...grammar.problem import Problem
from .expansion import CycleProblem


class FileMissing(Problem):
    """The file does not exist.

    A path after `use` is relative to the file that contains the `use`.

    ```text
    use "bloks.net"
    ```

    Instead:

    ```text
    use "blocks.net"
    ```
    """

    code = "E0701"
    title = "file missing"
    message_text = "there is no file `{path}`"
    label_text = "did you mean `{nearest}`?"
    path: str
    nearest: str | None = None


class NotAFile(Problem):
    """The path is a folder, a device or a pipe, not a file.

    ```text
    netc check specs
    ```

    Instead:

    ```text
    netc check specs/digits.net
    ```
    """

    code = "E0702"
    title = "not a file"
    message_text = "`{path}` is {what}, not a file"
    path: str
    what: str
    """What it is, with its article: "a folder"."""


class NotText(Problem):
    """The file is binary, so it is not a spec.

    Weights, images and data sets are named inside a spec (`init "weights.safetensors"`, `data npz
    "set.npz"`).

    ```text
    netc check weights.safetensors
    ```
    """

    code = "E0703"
    title = "not a text file"
    path: str
    offset: int
    is_weights: bool = False
    """Whether it begins as the safetensors format does."""

    def message(self) -> str:
        if self.is_weights:
            return f"`{self.path}` is a weights file: use `netc eval` or `netc predict`"
        return f"`{self.path}` is not a text file: byte {self.offset} is zero"


class NotUtf8(Problem):
    """The file is not encoded in UTF-8.

    Save it as UTF-8 in your editor, or convert it: `iconv -f latin1 -t utf-8 old.net > new.net`.

    ```text
    netc check latin1.net
    ```
    """

    code = "E0704"
    title = "not UTF-8"
    message_text = "`{path}` is not UTF-8: byte {offset} is 0x{byte:02x}, which is invalid"
    help_texts = ("save the file as UTF-8",)
    path: str
    offset: int
    byte: int


class FileTooLarge(Problem):
    """The file is too large to be a spec.

    netc reads specs of at most 16 MiB. A larger file is most likely data or weights.

    ```text
    netc check train.csv
    ```
    """

    code = "E0705"
    title = "file too large"
    message_text = "`{path}` has {size:,} bytes; a spec has at most {limit:,}"
    path: str
    size: int
    limit: int


class OutsideFolder(Problem):
    """`use` refers to a file outside the folder of the spec.

    This keeps specs from other people from reading the rest of your disk. Links are resolved first.
    `--allow-outside` permits it for one command.

    ```text
    use "../../shared/blocks.net"
    ```

    Instead:

    ```text
    use "shared/blocks.net"
    ```
    """

    code = "E0706"
    title = "file outside the folder"
    message_text = "`{path}` is outside `{folder}`, the folder of the spec"
    help_texts = ("copy the file into the folder, or use `--allow-outside`",)
    path: str
    folder: str


class FilesInACircle(CycleProblem):
    """Files import each other in a cycle.

    Put what both need into a third file that both use.

    ```text
    # a.net
    use "b.net"
    # b.net
    use "a.net"
    ```
    """

    code = "E0707"
    title = "import cycle"
    message_text = "import cycle"
    itself_text = "`{0}` uses itself"
    place_texts = {"places": "part of the cycle"}


class FileUnreadable(Problem):
    """The operating system does not let netc read the file.

    Most often the permissions of the file or of its folder are the reason.

    ```text
    netc check private/secret.net
    ```
    """

    code = "E0708"
    title = "file unreadable"
    message_text = "`{path}` cannot be read: {reason}"
    path: str
    reason: str


class FolderWithoutSpecs(Problem):
    """The folder contains no specs.

    A command that is given a folder reads every file below it whose name ends with `.net`. Hidden
    folders and links to folders are skipped.

    ```text
    netc check empty_folder
    ```
    """

    code = "E0720"
    title = "folder without specs"
    message_text = "no `.net` files in `{path}` or below"
    path: str


class JsonIsNoModel(Problem):
    """The JSON text does not describe a model.

    `netc.from_json` reads what `Model.to_json` wrote. `netc.schema()` is the JSON Schema for other
    programs that write such text.

    ```text
    netc.from_json('{"nodes": 3}')
    ```
    """

    code = "E0721"
    title = "invalid JSON model"
    help_texts = ("`netc.schema()` is the JSON Schema of models",)
    where: str
    """The place in the text: `nodes.0.layer`; empty for the whole."""
    reason: str

    def message(self) -> str:
        place = f" at `{self.where}`" if self.where else ""
        return f"invalid JSON model{place}: {self.reason}"
