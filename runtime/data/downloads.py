"""Where the files of a published data set come from.

In this order: the folder that `NETC_DATA_DIR` names, netc's cache, a public mirror. Files of the
user's own folder are taken as they are (their hashes are recorded, and a difference from the
published set is said). Files of the cache and of a mirror count only when their SHA-256 is the
published one; where mirrors compress differently, that of the decompressed content.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ...compiler.problems.data import DataFileDamaged, DataUnreachable
from ...compiler.spans import Place
from ...grammar.problem import Problems
from ..events import Downloading, Reporter
from ..storage.files import cache_folder
from .bounded_reading import MISSING, why_no_file
from .idx import Content, Damage, read_content

DATA_VARIABLE = "NETC_DATA_DIR"


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One file of a published set. At least one of the two hashes is known."""

    name: str
    content_sha256: str | None = None
    archive_sha256: str | None = None

    @property
    def is_idx(self) -> bool:
        """Whether it holds an array, by its name."""
        return "-idx" in self.name

    def matches(self, content: Content) -> bool:
        if self.content_sha256 is not None:
            return content.sha256 == self.content_sha256
        return content.archive_sha256 == self.archive_sha256


@dataclass(frozen=True, slots=True)
class Found:
    """A file's content and where it was."""

    content: Content
    path: Path
    published: bool


def find(
    set_name: str,
    file: PublishedFile,
    mirrors: tuple[str, ...],
    *,
    place: Place,
    problems: Problems,
    reporter: Reporter,
) -> Found | None:
    """The content of one file, or None after a problem was put in the bag."""
    own = own_file(set_name, file.name)
    if own is not None:
        content = read_content(own, is_idx=file.is_idx)
        if isinstance(content, Damage):
            problems.add(DataFileDamaged(at=place, path=str(own), reason=content.reason))
            return None
        return Found(content, own, file.matches(content))

    folder = cache_folder() / set_name
    cached = folder / file.name
    if not why_no_file(cached):
        content = read_content(cached, is_idx=file.is_idx)
        if isinstance(content, Content) and file.matches(content):
            return Found(content, cached, published=True)

    attempts: list[str] = []
    for mirror in mirrors:
        result = _download(mirror + file.name, cached, file, reporter)
        if isinstance(result, Content):
            return Found(result, cached, published=True)
        attempts.append(f"{mirror}{file.name}: {result.reason}")
    problems.add(
        DataUnreachable(
            at=place, name=set_name, file=file.name, attempts=tuple(attempts), cache=str(folder)
        )
    )
    return None


def own_file(set_name: str, file_name: str) -> Path | None:
    """The user's own copy of a file, below `NETC_DATA_DIR`; also without `.gz`."""
    root = os.environ.get(DATA_VARIABLE)
    if not root or not os.path.isdir(root):
        return None
    for folder in (Path(root) / set_name, Path(root)):
        for name in (file_name, file_name.removesuffix(".gz")):
            if why_no_file(folder / name) != MISSING:
                return folder / name
    return None


def _download(url: str, target: Path, file: PublishedFile, reporter: Reporter) -> Content | Damage:
    """Fetches into a temporary file beside the target and moves it there once it is right, so
    that a stopped download never leaves half a file under the name."""
    import pooch  # type: ignore[import-untyped]
    import requests

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".download-", dir=target.parent)
        os.close(handle)
    except OSError as error:
        return Damage(f"no file can be made in `{target.parent}`: {_reason(error)}")
    part = Path(name)
    try:
        fetch = pooch.HTTPDownloader(progressbar=_Progress(file.name, reporter), timeout=30)
        try:
            fetch(url, str(part), None)
        except requests.RequestException as error:
            return Damage(_network_reason(error))
        except OSError as error:
            return Damage(f"`{part}` cannot be written: {_reason(error)}")
        content = read_content(part, is_idx=file.is_idx)
        if isinstance(content, Damage):
            return content
        if not file.matches(content):
            return Damage("the download is not the published file (its SHA-256 differs)")
        try:
            part.replace(target)
        except OSError as error:
            return Damage(f"`{target}` cannot be written: {_reason(error)}")
        return content
    finally:
        part.unlink(missing_ok=True)


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _network_reason(error: Exception) -> str:
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answered {response.status_code}"
    if "Timeout" in type(error).__name__:
        return "the server did not respond in time"
    return "no connection"


class _Progress:
    """The progress bar that pooch fills, turned into events."""

    def __init__(self, file: str, reporter: Reporter) -> None:
        self.total = 0
        self._file = file
        self._received = 0
        self._reporter = reporter

    def update(self, size: int) -> None:
        self._received += size
        self._reporter(Downloading(self._file, self._received, self.total))

    def reset(self) -> None:
        self._received = 0

    def close(self) -> None:
        self._reporter(Downloading(self._file, self._received, self._received))
