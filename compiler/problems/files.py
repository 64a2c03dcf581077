"""E0701 to E0721: files that cannot be read, and files that use each other."""

from __future__ import annotations

from dataclasses import dataclass

from ...grammar.problem import Label, Problem
from ...grammar.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMissing(Problem):
    """The file does not exist.

    A path after `use` is relative to the file in which it is written, not to the folder in which
    netc was started.

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
    path: str
    nearest: str | None = None

    def message(self) -> str:
        return f"there is no file `{self.path}`"

    def label(self) -> str:
        return "" if self.nearest is None else f"did you mean `{self.nearest}`?"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAFile(Problem):
    """The path leads to a folder, a device or a pipe, not to a file.

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
    path: str
    what: str
    """What it is, with its article: "a folder"."""

    def message(self) -> str:
        return f"`{self.path}` is {self.what}, not a file"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotText(Problem):
    """The file holds bytes that no text has, so it is no spec.

    Weights, images and data sets are named inside a spec (`init "weights.safetensors"`,
    `data npz "set.npz"`); they are not read as one.

    ```text
    netc check weights.safetensors
    ```
    """

    code = "E0703"
    title = "not a text"
    path: str
    offset: int

    def message(self) -> str:
        return f"`{self.path}` is no text: byte {self.offset} is zero"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotUtf8(Problem):
    """The file is text in another encoding than UTF-8.

    Save it as UTF-8 in your editor, or convert it: `iconv -f latin1 -t utf-8 old.net > new.net`.

    ```text
    netc check latin1.net
    ```
    """

    code = "E0704"
    title = "not UTF-8"
    path: str
    offset: int
    byte: int

    def message(self) -> str:
        return (
            f"`{self.path}` is not UTF-8: byte {self.offset} is 0x{self.byte:02x}, "
            "which fits no character"
        )

    def help(self) -> tuple[str, ...]:
        return ("save the file as UTF-8",)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTooLarge(Problem):
    """The file is larger than any spec.

    A spec is written by a person, so netc reads no more than 16 MiB. A file that large is most
    likely data or weights.

    ```text
    netc check train.csv
    ```
    """

    code = "E0705"
    title = "file too large"
    path: str
    size: int
    limit: int

    def message(self) -> str:
        return f"`{self.path}` has {self.size:,} bytes, and a spec may have {self.limit:,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideFolder(Problem):
    """`use` leads outside the folder of the spec.

    A spec from somewhere else must not be able to read the rest of your disk. Links are followed
    before this is decided. `--allow-outside` permits it for one command.

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
    path: str
    folder: str

    def message(self) -> str:
        return f"`{self.path}` lies outside `{self.folder}`, the folder of the spec"

    def help(self) -> tuple[str, ...]:
        return ("copy the file into the folder, or permit it with `--allow-outside`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesInACircle(Problem):
    """Files use each other in a circle.

    Put what both need into a third file that both use.

    ```text
    # a.net
    use "b.net"
    # b.net
    use "a.net"
    ```
    """

    code = "E0707"
    title = "files in a circle"
    chain: tuple[str, ...]
    """The files on the way round, ending with the first."""
    uses: tuple[Span, ...] = ()

    def message(self) -> str:
        if len(self.chain) == 2:
            return f"`{self.chain[0]}` uses itself"
        return "files use each other: " + " -> ".join(f"`{name}`" for name in self.chain)

    def labels(self) -> tuple[Label, ...]:
        return tuple(Label(span, "on the way round") for span in self.uses)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileUnreadable(Problem):
    """The system does not let netc read the file.

    The reason is the system's own: most often the permissions of the file or of a folder above
    it.

    ```text
    netc check private/secret.net
    ```
    """

    code = "E0708"
    title = "file unreadable"
    path: str
    reason: str

    def message(self) -> str:
        return f"`{self.path}` cannot be read: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderWithoutSpecs(Problem):
    """The folder holds no spec.

    A command that is given a folder reads every file in it, and below it, whose name ends with
    `.net`. Hidden folders and links to folders are left out.

    ```text
    netc check empty_folder
    ```
    """

    code = "E0720"
    title = "folder without specs"
    path: str

    def message(self) -> str:
        return f"no file in `{self.path}` or below it ends with `.net`"


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonIsNoModel(Problem):
    """The JSON text is no model.

    `netc.from_json` reads what `Model.to_json` wrote. Whoever writes such a text with another
    program finds its rules in `netc.schema()`.

    ```text
    netc.from_json('{"nodes": 3}')
    ```
    """

    code = "E0721"
    title = "JSON is no model"
    where: str
    """The place in the text: `nodes.0.layer`; empty for the whole."""
    reason: str

    def message(self) -> str:
        place = f" at `{self.where}`" if self.where else ""
        return f"the JSON is no model{place}: {self.reason}"

    def help(self) -> tuple[str, ...]:
        return ("`netc.schema()` says what the JSON of a model holds",)


PROBLEMS: tuple[type[Problem], ...] = (
    FileMissing,
    NotAFile,
    NotText,
    NotUtf8,
    FileTooLarge,
    OutsideFolder,
    FilesInACircle,
    FileUnreadable,
    FolderWithoutSpecs,
    JsonIsNoModel,
)
