"""Sets in MNIST's format: `data idx "folder"` or `data idx "some-images-idx3-ubyte.gz"`.

A folder holds `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, and `t10k-...` of both
where there is a test part, plain or as `.gz`. A single file of images has its labels beside it,
under its own name with `labels-idx1` for `images-idx3`. Bytes stand for byte / 255, as in
`data mnist`; other numbers are taken as they are. There are as many classes as the largest label
says.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...compiler.problems.data import DataFileDamaged, DataFileMissing
from ...compiler.spans import Place
from ...grammar.problem import Problems
from .dataset import Array, Pool, Split
from .idx import Damage, parse_idx, read_content

IMAGES, LABELS = "images-idx3", "labels-idx1"
SUFFIXES = ("", ".gz")


def load_idx(path: Path, shown: str, *, place: Place, problems: Problems) -> Pool | None:
    """The set at `path`, which the author called `shown`; None after a problem."""
    hashes: dict[str, str] = {}

    def refuse(file: str, reason: str) -> None:
        problems.add(DataFileDamaged(at=place.span, calls=place.calls, path=file, reason=reason))

    def missing(file: str) -> None:
        problems.add(DataFileMissing(at=place.span, calls=place.calls, path=file))

    folder = Path(shown).parent if path.is_file() else Path(shown)

    def called(file: Path) -> str:
        """A file as the author would call it."""
        return (folder / file.name).as_posix()

    def read(file: Path) -> Array | None:
        content = read_content(file)
        array: Any = content if isinstance(content, Damage) else parse_idx(content.data)
        if isinstance(array, Damage):
            refuse(called(file), array.reason)
            return None
        assert not isinstance(content, Damage)
        hashes[file.name] = content.sha256
        return np.asarray(array)

    def read_pair(images_file: Path, labels_file: Path) -> Split | None:
        images, labels = read(images_file), read(labels_file)
        if images is None or labels is None:
            return None
        if images.ndim < 2:
            refuse(
                called(images_file), "it does not contain images: expected samples x height x width"
            )
        elif labels.ndim != 1 or labels.dtype.kind not in "iu":
            refuse(
                called(labels_file),
                "it does not contain labels: expected one whole number per image",
            )
        elif len(labels) != len(images):
            reason = f"it has {len(labels):,} labels for {len(images):,} images"
            refuse(called(labels_file), reason)
        elif not len(images):
            refuse(called(images_file), "it contains no images")
        elif labels.min() < 0:
            refuse(called(labels_file), f"it has the label {labels.min()}; labels start at 0")
        else:
            x = images if images.dtype == np.uint8 else images.astype(np.float64)
            # height x width is one channel
            x = x[..., None] if x.ndim == 3 else x
            return Split(x, labels.astype(np.int64))
        return None

    if path.is_file():
        labels_file = path.with_name(path.name.replace(IMAGES, LABELS))
        if labels_file == path:
            refuse(shown, f"its name does not contain `{IMAGES}`, so its labels cannot be found")
            return None
        found = _variant(labels_file.with_name(labels_file.name.removesuffix(".gz")))
        if found is None:
            missing(called(labels_file))
            return None
        pairs = [(path, found)]
    else:
        pairs = []
        for prefix in ("train", "t10k"):
            names = [f"{prefix}-{kind}-ubyte" for kind in (IMAGES, LABELS)]
            files = [_variant(path / name) for name in names]
            if prefix == "t10k" and files == [None, None]:
                continue
            for name, file in zip(names, files, strict=True):
                if file is None:
                    missing(f"{shown}/{name}")
            images_file, labels_file_ = files
            if images_file is None or labels_file_ is None:
                return None
            pairs.append((images_file, labels_file_))

    parts = [read_pair(*pair) for pair in pairs]
    samples = parts[0]
    test = parts[1] if len(parts) > 1 else None
    if samples is None or (len(parts) > 1 and test is None):
        return None
    if test is not None and test.x.shape[1:] != samples.x.shape[1:]:
        sizes = ["x".join(map(str, part.x.shape[1:])) for part in (samples, test)]
        refuse(shown, f"the training images are {sizes[0]}, the test images are {sizes[1]}")
        return None
    most = max(int(part.y.max()) for part in (samples, test) if part is not None)
    names_ = tuple(str(index) for index in range(most + 1))
    return Pool(samples, test, names_, hashes=hashes)


def _variant(path: Path) -> Path | None:
    """The file as it is, or compressed."""
    for suffix in SUFFIXES:
        candidate = path.with_name(path.name + suffix)
        if candidate.is_file():
            return candidate
    return None
