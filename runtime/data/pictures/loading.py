"""`data images`: the pictures of a folder or an archive, as a data set.

The heads of all files are read first: they say the sizes, and whether the pictures are grey. Then
all become one shape, of one channel or three: as many as the `input` reads, or, where that does not
tell, one if all are grey. What was decoded once is kept in the cache under the SHA-256 of the
content and the options, so that the next run reads one file.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....compiler.data.files import Images
from ....compiler.problems.pictures import (
    MasksMissing,
    PictureFoldersWrong,
    PicturesDamaged,
    PictureSizesDiffer,
    PillowMissing,
)
from ....compiler.shapes import Shape
from ....grammar.problem import Problem
from ...array_types import Array
from ...events import Decoding, Reporter
from ...storage.files import cache_folder
from ..bounded_reading import DAMAGE, MISSING, reason_of, why_no_file
from ..data_file import DataFile
from ..dataset import RawDataset, Split
from .decoding import Target
from .labelling import PARTS, Labelled, counted, label_pictures
from .masks import as_classes, pair_masks
from .reading import MaskReader, PictureReader, Survey, decoding_threads, quiet_pillow, survey
from .stores import Store, open_store

CHUNK = 500
"""Pictures that are decoded between two reports of progress."""
CACHE_FORMAT = 2
"""Counts the changes after which what was decoded before is no longer right."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """All pictures as bytes or 16-bit numbers, (N, height, width, channels), by part."""

    images: dict[str, Array]
    labels: dict[str, NDArray[np.int64]]
    classes: tuple[str, ...]
    notes: tuple[str, ...]


class _Refused(Exception):  # noqa: N818 - no error of the program
    """Carries a problem out of nested readers, to `load_pictures` and no further."""

    def __init__(self, cls: type[Problem], **facts: Any) -> None:
        self.cls, self.facts = cls, facts


def load_pictures(
    file: DataFile,
    images: Images,
    reporter: Reporter,
    wanted: Shape = (),
    root: Path = Path(),
) -> RawDataset | None:
    """The pictures of a folder or an archive; None after a problem. `wanted` is the shape of the
    `input` that reads them; the path of the masks is relative to `root`."""
    masks = None if images.masks is None else root / images.masks
    places = [(file.path, file.shown)]
    if masks is not None:
        places.append((masks, images.masks or ""))
    if all(_can_be_opened(path, shown, file) for path, shown in places):
        try:
            return _Loading(file, masks, images, reporter, wanted).load()
        except _Refused as refused:
            file.report(refused.cls, **refused.facts)
        except DAMAGE as error:
            reason = reason_of(error, "the archive")
            file.report_damage(
                reason or "the archive is corrupt, or neither a folder, a .zip nor a .tar.gz"
            )
    return None


def _can_be_opened(path: Path, shown: str, file: DataFile) -> bool:
    reason = why_no_file(path)
    if reason == MISSING:
        file.report_missing(shown)
    elif reason and not os.path.isdir(path):
        file.report_damage(reason, shown)
    elif not os.path.getsize(path):
        file.report_damage("it is empty", shown)
    else:
        return True
    return False


@dataclass(frozen=True, slots=True)
class _Loading:
    file: DataFile
    masks: Path | None
    """Where the masks are."""
    images: Images
    reporter: Reporter
    wanted: Shape

    @property
    def shown(self) -> str:
        return self.file.shown

    def load(self) -> RawDataset:
        with ExitStack() as stores:
            store = stores.enter_context(open_store(self.file.path))
            masks = None
            if self.masks is not None:
                masks = stores.enter_context(open_store(self.masks))
            labelled = self._labelled(store, masks)
            digest = self._digest(store, masks, labelled)
            cached = cache_folder() / "pictures" / f"{digest}.npz"
            damaged = store.damaged or (masks is not None and masks.damaged)
            decoded = None if damaged else _read_cached(cached)
            note = ""
            if decoded is None:
                decoded = self._decode(store, masks, labelled)
                note = _keep(decoded, cached)
        parts = {name: Split(decoded.images[name], decoded.labels[name]) for name in decoded.images}
        return RawDataset(
            parts["train"],
            parts.get("test"),
            decoded.classes or None,
            hashes={self.file.path.name: digest},
            note="; ".join(filter(None, (*decoded.notes, note))),
            validation=parts.get("val"),
        )

    def _labelled(self, store: Store, masks: Store | None) -> Labelled:
        """What each picture is: of a class, or a picture with a mask."""
        if masks is None or self.masks is None:
            found = label_pictures(store)
            if isinstance(found, str):
                raise _Refused(PictureFoldersWrong, path=self.shown, reason=found)
            return found
        inside = self.masks.is_relative_to(self.file.path)
        within = self.masks.relative_to(self.file.path).as_posix() if inside else ""
        paired = pair_masks(store, masks, within)
        if isinstance(paired, Labelled):
            return paired
        if not paired:
            raise _Refused(PictureFoldersWrong, path=self.shown, reason="it contains no images")
        raise _Refused(
            MasksMissing,
            path=self.shown,
            masks=self.images.masks,
            missing=paired,
            total=len(store.pictures),
            example=f"{paired[0].rpartition('.')[0]}.png",
        )

    def _decode(self, store: Store, masks: Store | None, labelled: Labelled) -> Decoded:
        try:
            import PIL.Image  # noqa: F401 - whether it is there
        except ImportError:
            raise _Refused(PillowMissing, path=self.shown) from None
        found = survey(store, labelled.paths)
        damaged = {**store.damaged, **(masks.damaged if masks else {}), **found.damaged}
        if damaged:
            raise self._refused_as_damaged(damaged, len(labelled.paths) + len(store.damaged))
        target = self._target(found)
        reader = PictureReader(store, labelled.paths, target)
        total, done = len(labelled.paths), 0
        images: dict[str, Array] = {}
        with quiet_pillow(), decoding_threads() as pool:
            for part, place in labelled.parts.items():
                count = place.stop - place.start
                images[part] = np.empty((count, *target.shape), target.dtype)
                for start in range(0, count, CHUNK):
                    self.reporter(Decoding(self.shown, done, total))
                    end = min(start + CHUNK, count)
                    rows = range(place.start + start, place.start + end)
                    damaged |= reader.read(rows, images[part][start:end], pool)
                    done += end - start
            labels = {part: labelled.labels[place] for part, place in labelled.parts.items()}
            if masks is not None:
                reader_of_masks = MaskReader(store, masks, labelled.paths, labelled.masks, target)
                for part, place in labelled.parts.items():
                    labels[part] = np.empty((len(images[part]), *target.shape[:2]), np.int64)
                    rows = range(place.start, place.stop)
                    damaged |= reader_of_masks.read(rows, labels[part], pool)
        self.reporter(Decoding(self.shown, total, total))
        if damaged:
            raise self._refused_as_damaged(damaged, total)
        notes = [*labelled.notes, *self._notes(found, target)]
        if masks is not None:
            notes += filter(None, (as_classes(labels),))
        return Decoded(images, labels, labelled.classes, tuple(notes))

    def _refused_as_damaged(self, damaged: dict[str, str], total: int) -> _Refused:
        return _Refused(
            PicturesDamaged, path=self.shown, damaged=tuple(damaged.items()), total=total
        )

    def _target(self, found: Survey) -> Target:
        """The shape that all pictures become."""
        (size, most), *others = found.sizes.most_common()
        width, height = size
        if self.images.resize is not None:
            height, width = self.images.resize
        elif others:
            asked = self.wanted[:2] if len(self.wanted) == 3 and None not in self.wanted else ()
            other = others[-1][0]
            raise _Refused(
                PictureSizesDiffer,
                path=self.shown,
                first=found.first[size],
                first_size=size,
                first_count=most,
                other=found.first[other],
                other_size=other,
                sizes=len(found.sizes),
                total=found.sizes.total(),
                advised=tuple(asked) or (height, width),
            )
        return Target(
            height,
            width,
            self._channels(height * width, grey=not found.colours),
            found.deep,
            self.images.resize is not None,
            self.images.fit,
            self.images.background,
        )

    def _channels(self, pixels: int, *, grey: bool) -> int:
        """As many as the input reads; where it does not tell, one if all pictures are grey."""
        if len(self.wanted) == 3 and self.wanted[-1] in (1, 3):
            return self.wanted[-1]
        if len(self.wanted) == 1 and self.wanted[0] in (pixels, 3 * pixels):
            return self.wanted[0] // pixels
        return 1 if grey else 3

    def _notes(self, found: Survey, target: Target) -> list[str]:
        notes = []
        if found.colours and target.channels == 1:
            count = f"{found.colours:,} of {found.sizes.total():,} images"
            notes.append(f"{count} in colour (`{found.first_colour}`) read as grey")
        elif found.greys and found.colours and self._channels(0, grey=True) == 1:
            rare, name, kind = min(
                (found.greys, found.first_grey, "grey"),
                (found.colours, found.first_colour, "in colour"),
            )
            count = f"{rare:,} of {found.sizes.total():,} images"
            notes.append(f"{count} {kind} (`{name}`), all read with 3 channels")
        if found.several:
            notes.append(f"first frame of {counted(found.several, 'animated image')}")
        return notes

    def _digest(self, store: Store, masks: Store | None, labelled: Labelled) -> str:
        """The SHA-256 of the content and of all that decides what becomes of it."""
        options = self.images.resize, self.images.fit, self.images.background
        last = self.wanted[-1:] if len(self.wanted) == 3 else self.wanted
        digest = hashlib.sha256(repr((CACHE_FORMAT, options, last)).encode())
        if masks is not None:
            _update(digest, masks, labelled.masks)
        if self.file.path.is_dir():
            _update(digest, store, labelled.paths)
            digest.update(repr(labelled.notes).encode("utf-8", "surrogateescape"))
        else:
            with self.file.path.open("rb") as archive:
                while block := archive.read(1 << 20):
                    digest.update(block)
        return digest.hexdigest()


def _update(digest: Any, store: Store, paths: Sequence[str]) -> None:
    for path in paths:
        content = store.read(path)
        digest.update(f"{path}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
        digest.update(content)


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
                tuple(str(note) for note in archive["notes"]),
            )
    except DAMAGE:
        return None


def _keep(decoded: Decoded, path: Path) -> str:
    """Writes beside the place and moves there, so that no half file ever has the name. Says
    when it cannot be kept: the run is right all the same, the next one decodes again."""
    arrays: dict[str, Any] = {f"x_{part}": array for part, array in decoded.images.items()}
    arrays |= {f"y_{part}": array for part, array in decoded.labels.items()}
    arrays |= {
        "classes": np.array(decoded.classes, np.str_),
        "notes": np.array(decoded.notes, np.str_),
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".decoded-", suffix=".npz", dir=path.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, **arrays)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        return f"decoded images cannot be cached in {path.parent}: {error.strerror}"
    return ""
