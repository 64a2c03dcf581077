"""Sets in MNIST's format: `data idx "folder"` or `data idx "some-images-idx3-ubyte.gz"`.

A folder holds `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, and `t10k-...` of both
where there is a test part, plain or as `.gz`. A single file of images has its labels beside it,
under its own name with `labels-idx1` for `images-idx3`. Bytes stand for byte / 255, as in
`data mnist`; other numbers are taken as they are. There are as many classes as the largest label
says.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from ..array_types import Array
from .bounded_reading import MISSING, why_no_file
from .data_file import DataFile
from .dataset import RawDataset, Split
from .idx import Damage, parse_idx, read_content

IMAGES, LABELS = "images-idx3", "labels-idx1"
SUFFIXES = ("", ".gz")
MOST_CLASSES = 2**16


def load_idx(file: DataFile) -> RawDataset | None:
    """The set of a folder or of a file of images; None after a problem."""
    reason = why_no_file(file.path)
    if reason and reason != MISSING and not os.path.isdir(file.path):
        file.report_damage(reason)
        return None
    pairs = _pair_of_file(file) if not reason else _pairs_in_folder(file)
    hashes: dict[str, str] = {}
    parts = [_read_pair(images, labels, file, hashes) for images, labels in pairs or ()]
    splits = [part for part in parts if part is not None]
    if not splits or len(splits) < len(parts):
        return None
    samples, test = splits[0], splits[1] if len(splits) > 1 else None
    if test is not None and test.x.shape[1:] != samples.x.shape[1:]:
        sizes = ["x".join(map(str, part.x.shape[1:])) for part in splits]
        file.report_damage(f"the training images are {sizes[0]}, the test images are {sizes[1]}")
        return None
    most = max(int(part.y.max()) for part in splits)
    classes = tuple(str(index) for index in range(most + 1))
    return RawDataset(samples, test, classes, hashes=hashes)


Pairs = list[tuple[Path, Path]]
"""Files of images, each with the file of their labels: the training part, and the test part."""


def _pair_of_file(file: DataFile) -> Pairs | None:
    """A file of images with the labels beside it."""
    labels = file.path.with_name(file.path.name.replace(IMAGES, LABELS))
    if labels == file.path:
        file.report_damage(f"its name does not contain `{IMAGES}`, so its labels cannot be found")
        return None
    found = _variant(labels.with_name(labels.name.removesuffix(".gz")))
    if found is None:
        file.report_missing(_called(labels, file))
        return None
    return [(file.path, found)]


def _pairs_in_folder(folder: DataFile) -> Pairs | None:
    """The files of a folder: those of the training part, and of the test part if it has one."""
    pairs = []
    for prefix in ("train", "t10k"):
        names = [f"{prefix}-{kind}-ubyte" for kind in (IMAGES, LABELS)]
        images, labels = (_variant(folder.path / name) for name in names)
        if prefix == "t10k" and images is None and labels is None:
            continue
        for name, found in zip(names, (images, labels), strict=True):
            if found is None:
                folder.report_missing(f"{folder.shown}/{name}")
        if images is None or labels is None:
            return None
        pairs.append((images, labels))
    return pairs


def _called(path: Path, file: DataFile) -> str:
    """What the author would call a file of the set."""
    folder = Path(file.shown).parent if file.path.is_file() else Path(file.shown)
    return (folder / path.name).as_posix()


def _read(path: Path, file: DataFile, hashes: dict[str, str]) -> Array | None:
    content = read_content(path, is_idx=True)
    array: Any = content if isinstance(content, Damage) else parse_idx(content.data)
    if isinstance(content, Damage) or isinstance(array, Damage):
        file.report_damage(array.reason, _called(path, file))
        return None
    hashes[path.name] = content.sha256
    return np.asarray(array)


def _read_pair(
    images_file: Path, labels_file: Path, file: DataFile, hashes: dict[str, str]
) -> Split | None:
    """The images and labels of one part; None after a problem."""
    images, labels = _read(images_file, file, hashes), _read(labels_file, file, hashes)
    if images is None or labels is None:
        return None
    wrong, reason = images_file, ""
    if images.ndim < 2:
        reason = "it does not contain images: expected samples x height x width"
    elif labels.ndim != 1 or labels.dtype.kind not in "iu":
        wrong, reason = (
            labels_file,
            "it does not contain labels: expected one whole number per image",
        )
    elif len(labels) != len(images):
        wrong, reason = labels_file, f"it has {len(labels):,} labels for {len(images):,} images"
    elif not len(images):
        reason = "it contains no images"
    elif labels.max() >= MOST_CLASSES:
        first = int(np.argmax(labels >= MOST_CLASSES))
        wrong = labels_file
        reason = f"label {first + 1} is {labels[first]:,}; a label is a class, counted from 0"
    elif labels.min() < 0:
        wrong, reason = labels_file, f"it has the label {labels.min()}; labels start at 0"
    if reason:
        file.report_damage(reason, _called(wrong, file))
        return None
    x = images if images.dtype == np.uint8 else images.astype(np.float64)
    # height x width is one channel
    x = x[..., None] if x.ndim == 3 else x
    return Split(x, labels.astype(np.int64))


def _variant(path: Path) -> Path | None:
    """The file as it is, or compressed."""
    for suffix in SUFFIXES:
        candidate = path.with_name(path.name + suffix)
        if why_no_file(candidate) != MISSING:
            return candidate
    return None
