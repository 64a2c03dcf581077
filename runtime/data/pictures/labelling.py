"""What the folders of pictures say: the part and the class of each.

Paths are `CLASS/FILE`, or `PART/CLASS/FILE` with the parts `train`, `val` and `test`. Outer folders
that hold everything are passed over. Classes are sorted as people sort names: `class2` before
`class10`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .stores import Store, natural

PARTS = ("train", "val", "test")
PART_NAMES = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
"""What a folder may be called, in lower case, and the part that it holds."""
OTHER_FORMATS = {"heic", "heif", "cr2", "cr3", "nef", "arw", "dng", "raw"}
"""Suffixes of images from telephones and cameras that Pillow does not read."""
NAMED = 3
"""Files or folders that a note names, at the most."""


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """The pictures of a set, sorted: by part, by class, by name."""

    paths: tuple[str, ...]
    parts: dict[str, slice]
    """The indices of each part in `paths`; parts without pictures are left out."""
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    notes: tuple[str, ...]
    masks: tuple[str, ...] = ()
    """The mask of each picture, where the classes are those of pixels."""


def label_pictures(store: Store) -> Labelled | str:
    """The part and the class of every picture, or why the folders do not tell them."""
    if not store.pictures:
        found = f", but {counted(store.others)}" if store.others else ""
        return f"it contains no images{found}{_conversion(store.others)}"
    outer = _outer_folders(store.pictures)
    published = any(
        len(parts) == 3 and parts[0].lower() in PART_NAMES
        for parts in _split(store.pictures, outer)
    )
    reason = _misplaced(store.pictures, outer, published=published)
    if reason:
        return reason
    held: dict[str, set[str]] = {part: set() for part in PARTS}
    # of many paths: one class at a time is taken apart
    groups: dict[tuple[int, str], list[int]] = {}
    for index, parts in enumerate(_split(store.pictures, outer)):
        part = _part_of(parts, published=published)
        groups.setdefault((PARTS.index(part), parts[-2]), []).append(index)
        held[_part_of(parts, published=published)].add(parts[-2])
    reason = _unbalanced(held)
    if reason:
        return reason
    classes = tuple(sorted(held["train"], key=natural))
    order: list[int] = []
    labels: list[int] = []
    begins = [0]
    for part_index in range(len(PARTS)):
        for label, name in enumerate(classes):
            group = groups.get((part_index, name), [])
            order += sorted(group, key=lambda i: natural(store.pictures[i].rpartition("/")[2]))
            labels += [label] * len(group)
        begins.append(len(order))
    return Labelled(
        tuple(store.pictures[i] for i in order),
        {
            part: slice(begins[index], begins[index + 1])
            for index, part in enumerate(PARTS)
            if begins[index] < begins[index + 1]
        },
        np.array(labels, np.int64),
        classes,
        tuple(_notes(store, outer, 3 if published else 2)),
    )


def counted(paths: Sequence[str], what: str = "other file") -> str:
    """ "2 other files (`a/x.txt`, `a/y.txt`)"."""
    named = ", ".join(f"`{path}`" for path in paths[:NAMED])
    more = ", ..." if len(paths) > NAMED else ""
    return f"{len(paths):,} {what}{'s' * (len(paths) != 1)} ({named}{more})"


def _outer_folders(paths: Sequence[str]) -> int:
    """How many folders around everything say nothing."""
    outer = 0
    while all(path.count("/") > outer + 1 for path in paths):
        first = {path.split("/")[outer] for path in paths}
        if len(first) > 1 or first.pop().lower() in PART_NAMES:
            break
        outer += 1
    return outer


def _part_of(parts: Sequence[str], *, published: bool) -> str:
    return PART_NAMES[parts[0].lower()] if published else "train"


def _split(paths: Sequence[str], outer: int) -> Iterator[list[str]]:
    """The folders and the name of each, without the outer folders."""
    return (path.split("/")[outer:] for path in paths)


def _misplaced(paths: Sequence[str], outer: int, *, published: bool) -> str:
    """Why the first picture that is not in a class folder has no class."""
    for path, parts in zip(paths, _split(paths, outer), strict=True):
        known = not published or parts[0].lower() in PART_NAMES
        if known and len(parts) == (3 if published else 2):
            continue
        where = " below `train`, `val` or `test`" if published else ""
        return f"`{path}` is not in a class folder{where}"
    folders = {parts[0].lower() for parts in _split(paths, outer)}
    if not published and folders <= set(PART_NAMES):
        named = ", ".join(f"`{name}`" for name in sorted(folders))
        return f"its folders {named} are parts, and have no class folders"
    return ""


def _unbalanced(found: dict[str, set[str]]) -> str:
    """Why the classes of the parts are no task."""
    if not found["train"]:
        other = next(part for part in ("test", "val") if found[part])
        return f"`{other}` has images, but `train` has none"
    if len(found["train"]) == 1:
        return f"it has only one class folder, `{next(iter(found['train']))}`"
    for part in ("val", "test"):
        strange = sorted(found[part] - found["train"], key=natural)
        if strange:
            like = [name for name in found["train"] if name.casefold() == strange[0].casefold()]
            other = f": it has `{like[0]}`" if like else ""
            return f"`{part}` has the class `{strange[0]}`, but `train` does not{other}"
    return ""


def _notes(store: Store, outer: int, depth: int) -> list[str]:
    """What a person should know of class folders without pictures, and of files in class folders
    that are none."""
    held = {path.rpartition("/")[0] for path in (*store.pictures, *store.damaged)}
    empty = [
        path
        for path in store.folders
        if path.count("/") + 1 - outer == depth - 1 and path not in held
    ]
    others = [path for path in store.others if path.count("/") + 1 - outer >= depth]
    notes = []
    if empty:
        named = ", ".join(f"`{path}`" for path in empty[:NAMED])
        notes.append(f"no images in {named}{', ...' if len(empty) > NAMED else ''}")
    if others:
        notes.append(f"{counted(others)} passed over{_conversion(others)}")
    return notes


def is_other_format(path: str) -> bool:
    """Whether a file is an image that Pillow does not read."""
    return path.rpartition(".")[2].lower() in OTHER_FORMATS


def _conversion(paths: Sequence[str]) -> str:
    """What to do with images that Pillow does not read; nothing where there are none."""
    suffixes = sorted({path.rpartition(".")[2].lower() for path in paths if is_other_format(path)})
    return f": convert {' and '.join(map(str.upper, suffixes))} to JPEG or PNG" if suffixes else ""
