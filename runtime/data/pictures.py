"""Folders and archives of images: one folder per class, the classes in sorted order.

A `train` and a `test` folder around the class folders are the published parts. Outer folders
that hold everything are passed over. Pictures are decoded by Pillow to bytes of red, green and
blue, or of one grey level where all of them are grey; transparency is dropped. They must all have
one size. What was decoded once is kept in the cache under the SHA-256 of the content, so that
the next run reads one file.
"""

from __future__ import annotations

import hashlib
import io
import os
import struct
import tarfile
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...compiler.problems.data import DataFileDamaged, DataFileMissing
from ...compiler.problems.pictures import (
    PictureFoldersWrong,
    PictureSizesDiffer,
    PillowMissing,
)
from ...compiler.spans import Place
from ...grammar.problem import Problem
from ..events import Decoding, Reporter
from ..storage.files import cache_folder
from .data_file import DataFile
from .dataset import RawDataset, Split

if TYPE_CHECKING:
    from PIL.Image import Image

Bytes = NDArray[np.uint8]

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".tif", ".tiff")
BYTES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")
"""What Pillow calls the pixels of pictures that lose nothing as bytes."""
PARTS = ("train", "test")
REPORTED = 500
"""Pictures between two reports of progress."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in its folder or archive, and how to get its bytes."""

    path: str
    """As a person would look for it, with `/` between folders."""
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """Where a picture belongs."""

    picture: Picture
    part: str
    label: str
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """All pictures as bytes, (N, height, width, 1 or 3), by part."""

    images: dict[str, Bytes]
    labels: dict[str, NDArray[np.int64]]
    classes: tuple[str, ...]


class _Refused(Exception):  # noqa: N818 - no error of the program
    """Carries a problem out of nested readers, to `load_pictures` and no further."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def load_pictures(file: DataFile, reporter: Reporter) -> RawDataset | None:
    """The pictures of a folder or an archive; None after a problem."""
    try:
        decoded, digest, note = _load(file.path, file.shown, file.place, reporter)
    except _Refused as refused:
        file.problems.add(refused.problem)
        return None
    parts = {
        name: Split(decoded.images[name], decoded.labels[name])
        for name in PARTS
        if name in decoded.images
    }
    return RawDataset(
        parts["train"],
        parts.get("test"),
        decoded.classes,
        hashes={file.path.name: digest},
        note=note,
    )


def _load(path: Path, shown: str, place: Place, reporter: Reporter) -> tuple[Decoded, str, str]:
    if not path.exists():
        raise _Refused(DataFileMissing(at=place.span, calls=place.calls, path=shown))
    try:
        with _opened(path) as pictures:
            labelled_pictures = _label_pictures(pictures, shown, place)
            digest = _digest(path, labelled_pictures)
            cached = cache_folder() / "pictures" / f"{digest}.npz"
            decoded = _read_cached(cached)
            if decoded is not None:
                return decoded, digest, ""
            decoded = _decode(labelled_pictures, shown, place, reporter)
    except (OSError, EOFError, zlib.error, tarfile.TarError, zipfile.BadZipFile) as error:
        reason = _archive_reason(error)
        raise _Refused(
            DataFileDamaged(at=place.span, calls=place.calls, path=shown, reason=reason)
        ) from error
    return decoded, digest, _keep(decoded, cached)


def _archive_reason(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "the archive ends too early"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "the archive is corrupt, or neither a folder, a .zip nor a .tar.gz"


# Finding the pictures


@contextmanager
def _opened(path: Path) -> Iterator[list[Picture]]:
    """The pictures of a folder or archive, in the order in which reading them is fast."""
    if path.is_dir():
        found = sorted(item for item in path.rglob("*") if item.is_file())
        yield [
            Picture(item.relative_to(path).as_posix(), item.read_bytes)
            for item in found
            if _is_picture(item.relative_to(path).as_posix())
        ]
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield [
                Picture(name, _reader(archive.read, name))
                for name in archive.namelist()
                if _is_picture(name)
            ]
    else:
        with tarfile.open(path, "r:*") as tar:
            yield [
                Picture(member.name.removeprefix("./"), _reader(_member_reader(tar), member))
                for member in tar.getmembers()
                if member.isfile() and _is_picture(member.name)
            ]


def _reader(read: Callable[[Any], bytes], item: Any) -> Callable[[], bytes]:
    return lambda: read(item)


def _member_reader(tar: tarfile.TarFile) -> Callable[[tarfile.TarInfo], bytes]:
    def read(member: tarfile.TarInfo) -> bytes:
        file = tar.extractfile(member)
        return b"" if file is None else file.read()

    return read


def _is_picture(path: str) -> bool:
    folders = path.removeprefix("./").split("/")
    hidden = any(part.startswith((".", "__MACOSX")) for part in folders)
    return not hidden and path.lower().endswith(SUFFIXES)


def _label_pictures(pictures: Sequence[Picture], shown: str, place: Place) -> list[LabelledPicture]:
    """The part and the class of every picture, in the order of the archive."""

    def refuse(reason: str) -> _Refused:
        return _Refused(
            PictureFoldersWrong(at=place.span, calls=place.calls, path=shown, reason=reason)
        )

    if not pictures:
        raise refuse("it contains no images")
    split = [picture.path.split("/") for picture in pictures]
    while all(len(parts) > 2 for parts in split):
        first = {parts[0] for parts in split}
        if len(first) > 1 or first <= set(PARTS):
            break
        split = [parts[1:] for parts in split]
    published = any(len(parts) == 3 and parts[0] in PARTS for parts in split)
    depth = 3 if published else 2
    labelled_pictures = []
    for picture, parts in zip(pictures, split, strict=True):
        if len(parts) != depth or (published and parts[0] not in PARTS):
            where = "below `train` and `test`" if published else "in it"
            raise refuse(f"`{picture.path}` is not in a class folder {where}")
        part = parts[0] if published else "train"
        labelled_pictures.append(LabelledPicture(picture, part, parts[-2], parts[-1]))
    classes = {name: {s.label for s in labelled_pictures if s.part == name} for name in PARTS}
    if not classes["train"]:
        raise refuse("`test` has images, but `train` has none")
    if len(classes["train"]) == 1:
        (only,) = classes["train"]
        raise refuse(f"it has only one class folder, `{only}`")
    strange = sorted(classes["test"] - classes["train"])
    if strange:
        raise refuse(f"`test` has the class `{strange[0]}`, but `train` does not")
    return labelled_pictures


# Decoding them


def _decode(
    labelled_pictures: list[LabelledPicture], shown: str, place: Place, reporter: Reporter
) -> Decoded:
    try:
        from PIL import Image
    except ImportError:
        raise _Refused(PillowMissing(at=place.span, calls=place.calls, path=shown)) from None
    classes = tuple(sorted({labelled.label for labelled in labelled_pictures}))
    number = {label: index for index, label in enumerate(classes)}
    places = {
        part: sorted(
            (i for i, labelled in enumerate(labelled_pictures) if labelled.part == part),
            key=lambda i: (labelled_pictures[i].label, labelled_pictures[i].name),
        )
        for part in PARTS
    }
    row = {i: position for part in PARTS for position, i in enumerate(places[part])}
    images: dict[str, Bytes] = {}
    size: tuple[int, int] | None = None
    grey = True
    for index, labelled in enumerate(labelled_pictures):
        if index % REPORTED == 0:
            reporter(Decoding(shown, index, len(labelled_pictures)))
        image = _open(Image.open, labelled.picture, place)
        if size is None:
            size = image.size
            width, height = size
            images = {
                part: np.empty((len(members), height, width, 3), np.uint8)
                for part, members in places.items()
                if members
            }
        if image.size != size:
            raise _Refused(
                PictureSizesDiffer(
                    at=place.span,
                    calls=place.calls,
                    path=shown,
                    first=labelled_pictures[0].picture.path,
                    first_size=size,
                    other=labelled.picture.path,
                    other_size=image.size,
                )
            )
        grey = grey and image.mode in ("1", "L", "LA")
        images[labelled.part][row[index]] = np.asarray(image.convert("RGB"))
    reporter(Decoding(shown, len(labelled_pictures), len(labelled_pictures)))
    if grey:
        images = {part: array[..., :1].copy() for part, array in images.items()}
    labels = {
        part: np.array([number[labelled_pictures[i].label] for i in places[part]], np.int64)
        for part in images
    }
    return Decoded(images, labels, classes)


def _open(open_image: Callable[[Any], Image], picture: Picture, place: Place) -> Image:
    """One picture with its pixels."""
    reason = ""
    raw = picture.read()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            image = open_image(io.BytesIO(raw))
            image.load()
    except (SyntaxError, ValueError, EOFError, struct.error, Warning) as error:
        reason = f"it cannot be read as an image ({error})"
    except OSError as error:
        # Pillow has no class of its own for a picture that was cut short
        cut = "truncated" in str(error)
        reason = "it ends too early" if cut else "it cannot be read as an image"
    else:
        if image.mode in BYTES:
            return image
        reason = f"its pixels are not 8-bit (Pillow mode {image.mode})"
    raise _Refused(
        DataFileDamaged(at=place.span, calls=place.calls, path=picture.path, reason=reason)
    )


# Keeping what was decoded


def _digest(path: Path, labelled_pictures: list[LabelledPicture]) -> str:
    """The SHA-256 of an archive, or of the names and contents of a folder's pictures."""
    digest = hashlib.sha256()
    if path.is_dir():
        for labelled in labelled_pictures:
            content = labelled.picture.read()
            head = f"{labelled.picture.path}\0{len(content)}\0"
            digest.update(head.encode("utf-8", "surrogateescape"))
            digest.update(content)
        return digest.hexdigest()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _read_cached(path: Path) -> Decoded | None:
    """What an earlier run decoded; None where there is nothing, or nothing whole."""
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            parts = [part for part in PARTS if f"x_{part}" in archive.files]
            return Decoded(
                {part: archive[f"x_{part}"] for part in parts},
                {part: archive[f"y_{part}"] for part in parts},
                tuple(str(name) for name in archive["classes"]),
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def _keep(decoded: Decoded, path: Path) -> str:
    """Writes beside the place and moves there, so that no half file ever has the name. Says
    when it cannot be kept: the run is right all the same, the next one decodes again."""
    arrays: dict[str, Any] = {f"x_{part}": array for part, array in decoded.images.items()}
    arrays |= {f"y_{part}": array for part, array in decoded.labels.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".decoded-", suffix=".npz", dir=path.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, classes=np.array(decoded.classes), **arrays)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        return f"decoded images cannot be cached in {path.parent}: {error.strerror}"
    return ""
