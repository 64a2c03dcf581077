"""`data images`: the pictures of a folder or an archive, as a data set.

The heads of all files are read first: they say the sizes, and whether the pictures are grey. Then
all become one shape, of one channel or three: as many as the `input` reads, or, where that does not
tell, one if all are grey. What was decoded once is kept in the cache under the SHA-256 of the
content and the options, so that the next run reads one file.
"""

from __future__ import annotations

import hashlib
import os
import weakref
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

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
from ...packages import package_trouble
from ...storage.files import cache_folder
from ..bounded_reading import DAMAGE, MISSING, available_memory, reason_of, why_no_file
from ..data_file import DataFile
from ..dataset import RawDataset, Split
from ..streamed import Streamed, as_array, changed, reading_threads
from .decoding import PictureFormat
from .kept import Decoded, keep, read_kept
from .labelling import Labelled, label_pictures
from .masks import WHITE, are_white, as_ones, pair_masks
from .reading import (
    FolderSurvey,
    PictureReader,
    mask_reader,
    picture_reader,
    survey,
)
from .stores import Store, open_store

CHUNK, CHUNK_BYTES = 500, 2**26
"""Pictures that are decoded between two reports of progress, and their bytes, at the most."""
LEAST_GROWTH = 8
"""How many times its size a file of pictures grows at the least, as a rule: what is larger than
memory is told without reading all of it."""
MASK_BYTES = 16
"""Of each pixel of a mask in memory: its label as it was read, and as losses and metrics do."""
CACHE_FORMAT = 3
"""Counts the changes after which what was decoded before is no longer right."""


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
    ignored: int | None = None,
) -> RawDataset | None:
    """The pictures of a folder or an archive; None after a problem. `wanted` is the shape of the
    `input` that reads them; the path of the masks is relative to `root`. `ignored` is the label of
    pixels that do not count."""
    masks = None if images.masks is None else root / images.masks
    places = [(file.path, file.shown)]
    if masks is not None:
        places.append((masks, images.masks or ""))
    if all(_can_be_opened(path, shown, file) for path, shown in places):
        try:
            return _Loading(file, masks, images, reporter, wanted, ignored).load()
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
    ignored: int | None
    """The label of pixels that do not count."""

    @property
    def shown(self) -> str:
        return self.file.shown

    def load(self) -> RawDataset:
        budget = available_memory() // 2
        with ExitStack() as stores:
            store = stores.enter_context(open_store(self.file.path))
            masks = None
            if self.masks is not None:
                masks = stores.enter_context(open_store(self.masks))
            labelled = self._labelled(store, masks)
            found = None
            if self._may_stream(sum(store.sizes) * LEAST_GROWTH, budget):
                found = self._survey(store, masks, labelled)
                if self._may_stream(self._needed(found), budget):
                    return self._streamed(store, masks, labelled, found, stores)
            digest = self._digest(store, masks, labelled)
            cached = cache_folder() / "pictures" / f"{digest}.npz"
            damaged = store.damaged or (masks is not None and masks.damaged)
            decoded = None if damaged else read_kept(cached)
            note = ""
            if decoded is None:
                found = found or self._survey(store, masks, labelled)
                if self._may_stream(self._needed(found), budget):
                    return self._streamed(store, masks, labelled, found, stores)
                decoded = self._decode(store, masks, labelled, found)
                note = keep(decoded, cached)
        notes = [*decoded.notes, note]
        if self.masks is not None:
            levels = set().union(*(np.unique(part).tolist() for part in decoded.labels.values()))
            for part in decoded.labels.values() if self._are_white(levels) else ():
                as_ones(part)
            notes.insert(-1, self._white_note(levels))
        parts = {name: Split(decoded.images[name], decoded.labels[name]) for name in decoded.images}
        return RawDataset(
            parts["train"],
            parts.get("test"),
            decoded.classes or None,
            hashes={self.file.path.name: digest},
            note="; ".join(filter(None, notes)),
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

    def _survey(self, store: Store, masks: Store | None, labelled: Labelled) -> FolderSurvey:
        """What the heads of all pictures say."""
        if (trouble := package_trouble("pillow")) is not None:
            reason, command = trouble.reason, trouble.command
            raise _Refused(PillowMissing, path=self.shown, reason=reason, command=command)
        found = survey(store, labelled.paths)
        damaged = {**store.damaged, **(masks.damaged if masks else {}), **found.damaged}
        if damaged:
            raise self._refused_as_damaged(damaged, len(labelled.paths) + len(store.damaged))
        return found

    def _may_stream(self, size: int, budget: int) -> bool:
        """Whether pictures are read by batches that need so many bytes in memory."""
        return self.images.load == "batches" or (self.images.load == "auto" and size > budget)

    def _needed(self, found: FolderSurvey) -> int:
        """The bytes of all pictures in memory, as they are stored and as the network reads them."""
        target = self._target(found)
        number = target.dtype.itemsize + self.file.dtype.itemsize
        label = MASK_BYTES if self.masks is not None else 0
        pixels = found.sizes.total() * target.height * target.width
        return pixels * (target.channels * number + label)

    def _streamed(
        self,
        store: Store,
        masks: Store | None,
        labelled: Labelled,
        found: FolderSurvey,
        stores: ExitStack,
    ) -> RawDataset:
        """The pictures as a set that stays on the disk. All are decoded once, so that a damaged
        one is not found in the middle of a training. An archive stays open with them."""
        target = self._target(found)
        reader = picture_reader(store, labelled.paths, target)
        damaged: dict[str, str] = {}
        listing = repr((CACHE_FORMAT, target, list(zip(store.pictures, store.sizes, strict=True))))
        digest = hashlib.sha256(listing.encode("utf-8", "surrogateescape")).hexdigest()
        seen = cache_folder() / "pictures" / f"{digest}.seen"
        if not seen.is_file():
            damaged = self._decode_all(reader, labelled, {})
            with suppress(OSError):
                seen.parent.mkdir(parents=True, exist_ok=True)
                if not damaged:
                    seen.touch()
        masked: PictureReader | None = None
        levels: set[int] = set()
        if masks is not None:
            masked = self._mask_reader(store, masks, labelled, target)
            damaged |= self._decode_all(
                masked, labelled, {}, lambda part: levels.update(np.unique(part).tolist())
            )
        if damaged:
            raise self._refused_as_damaged(damaged, len(labelled.paths))
        weakref.finalize(store, stores.pop_all().close)
        parts = {}
        for part, place in labelled.parts.items():
            rows = np.arange(place.start, place.stop)
            x = Streamed(reader, rows, reader.shape, reader.dtype)
            y = labelled.labels[place]
            if masked is not None:
                y = as_array(Streamed(masked, rows, masked.shape, masked.dtype))
                y = changed(y, as_ones) if self._are_white(levels) else y
            parts[part] = Split(as_array(x), y)
        notes = (
            *(*labelled.notes, *found.notes(target)),
            *filter(None, (self._white_note(levels),)),
            "read by batches",
        )
        return RawDataset(
            parts["train"],
            parts.get("test"),
            labelled.classes or None,
            note="; ".join(notes),
            validation=parts.get("val"),
        )

    def _are_white(self, levels: set[int]) -> bool:
        return self.ignored != WHITE and are_white(levels)

    def _white_note(self, levels: set[int]) -> str:
        return "masks of 0 and 255 read as 0 and 1" if self._are_white(levels) else ""

    def _mask_reader(
        self, store: Store, masks: Store, labelled: Labelled, target: PictureFormat
    ) -> PictureReader:
        return mask_reader(store, masks, labelled, target, self.images.masks or "")

    def _decode_all(
        self,
        reader: PictureReader,
        labelled: Labelled,
        arrays: dict[str, Array],
        look: Callable[[Array], None] = lambda part: None,
    ) -> dict[str, str]:
        """Decodes all pictures, those of a part into its array, or where there is none only to
        `look` whether they can be; gives those that cannot."""
        total, done = len(reader.names), 0
        damaged: dict[str, str] = {}
        size = prod(reader.shape) * reader.dtype.itemsize
        chunk = max(1, min(CHUNK, CHUNK_BYTES // size))
        spare = np.zeros((0 if arrays else chunk, *reader.shape), reader.dtype)
        with reading_threads() as pool:
            for part, place in labelled.parts.items():
                for start in range(place.start, place.stop, chunk):
                    self.reporter(Decoding(self.shown, done, total))
                    rows = range(start, min(start + chunk, place.stop))
                    into = arrays[part][start - place.start :] if arrays else spare
                    damaged |= reader.read_all(rows, into[: len(rows)], pool)
                    look(into[: len(rows)])
                    done += len(rows)
        self.reporter(Decoding(self.shown, total, total))
        return damaged

    def _decode(
        self, store: Store, masks: Store | None, labelled: Labelled, found: FolderSurvey
    ) -> Decoded:
        target = self._target(found)
        reader = picture_reader(store, labelled.paths, target)
        images = _empty(reader, labelled)
        damaged = self._decode_all(reader, labelled, images)
        labels = {part: labelled.labels[place] for part, place in labelled.parts.items()}
        notes = [*labelled.notes, *found.notes(target)]
        if masks is not None:
            masked = self._mask_reader(store, masks, labelled, target)
            labels = _empty(masked, labelled)
            damaged |= self._decode_all(masked, labelled, labels)
        if damaged:
            raise self._refused_as_damaged(damaged, len(labelled.paths))
        return Decoded(images, labels, labelled.classes, tuple(notes))

    def _refused_as_damaged(self, damaged: dict[str, str], total: int) -> _Refused:
        return _Refused(
            PicturesDamaged, path=self.shown, damaged=tuple(damaged.items()), total=total
        )

    def _target(self, found: FolderSurvey) -> PictureFormat:
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
        return PictureFormat(
            height,
            width,
            self._channels(height * width, grey=not found.colours),
            found.deep,
            self.images.resize is not None,
            self.images.fit,
            self.images.background,
            self._outside(),
        )

    def _outside(self) -> int:
        """The label of the border that `fit=pad` adds to masks."""
        return 0 if self.masks is None or self.ignored is None else self.ignored

    def _channels(self, pixels: int, *, grey: bool) -> int:
        """As many as the input reads; where it does not tell, one if all pictures are grey."""
        if len(self.wanted) == 3 and self.wanted[-1] in (1, 3):
            return self.wanted[-1]
        if len(self.wanted) == 1 and self.wanted[0] in (pixels, 3 * pixels):
            return self.wanted[0] // pixels
        return 1 if grey else 3

    def _digest(self, store: Store, masks: Store | None, labelled: Labelled) -> str:
        """The SHA-256 of the content and of all that decides what becomes of it."""
        options = self.images.resize, self.images.fit, self.images.background
        last = self.wanted[-1:] if len(self.wanted) == 3 else self.wanted
        digest = hashlib.sha256(repr((CACHE_FORMAT, options, self._outside(), last)).encode())
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


def _empty(reader: PictureReader, labelled: Labelled) -> dict[str, Array]:
    """Room for the pictures of each part."""
    return {
        part: np.empty((place.stop - place.start, *reader.shape), reader.dtype)
        for part, place in labelled.parts.items()
    }


def _update(digest: Any, store: Store, paths: Sequence[str]) -> None:
    for path in paths:
        content = store.read(path)
        digest.update(f"{path}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
        digest.update(content)
