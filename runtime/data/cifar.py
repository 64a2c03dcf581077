"""CIFAR-10: 50,000 + 10,000 colour photographs of 32x32, ten classes (Krizhevsky 2009).

Looked for in the user's own folder as the published binary archive or as an archive of pictures
(`cifar10-jpg.tar.gz`, see pictures/), then in the cache, then at its publisher. The binary
archive holds records of one label byte and 3,072 pixel bytes: 32 rows of red, of green, of blue.
"""

from __future__ import annotations

import numpy as np

from ...compiler.data.files import Images
from ...compiler.problems.data import DataFileDamaged
from ...compiler.spans import Place
from ...grammar.problem import Problems
from ..events import Reporter
from .archives.tar_index import tar_members
from .bounded_reading import DAMAGE, reason_of
from .data_file import DataFile
from .dataset import RawDataset, Split
from .downloads import PublishedFile, find, own_file
from .idx import Damage
from .pictures.loading import load_pictures

NAME = "cifar10"
PICTURES = "cifar10-jpg.tar.gz"
ARCHIVE = PublishedFile(
    "cifar-10-binary.tar.gz",
    archive_sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
)
MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
TRAIN = tuple(f"data_batch_{index}.bin" for index in range(1, 6))
TEST = ("test_batch.bin",)
RECORD = 1 + 3 * 32 * 32


def load_cifar10(*, place: Place, problems: Problems, reporter: Reporter) -> RawDataset | None:
    """The set, or None after a problem."""
    pictures = own_file(NAME, PICTURES)
    if pictures is not None and own_file(NAME, ARCHIVE.name) is None:
        file = DataFile(pictures, pictures.name, place, problems)
        raw_data = load_pictures(file, Images(path=PICTURES), reporter, (32, 32, 3))
        if raw_data is None:
            return None
        wrong = _strange(raw_data)
        if wrong:
            file.report_damage(wrong, str(pictures))
            return None
        note = "image files, not the published archive"
        return RawDataset(
            raw_data.samples, raw_data.test, CLASSES, hashes=raw_data.hashes, note=note
        )

    found = find(NAME, ARCHIVE, MIRRORS, place=place, problems=problems, reporter=reporter)
    if found is None:
        return None
    train, test = read_records(found.content.data, TRAIN), read_records(found.content.data, TEST)
    for part in (train, test):
        if isinstance(part, Damage):
            problems.add(DataFileDamaged(at=place, path=str(found.path), reason=part.reason))
            return None
    assert isinstance(train, Split)
    assert isinstance(test, Split)
    return RawDataset(
        train,
        test,
        CLASSES,
        mixed=True,
        hashes={found.path.name: found.content.archive_sha256},
        note="" if found.published else "not the published files",
    )


def _strange(raw_data: RawDataset) -> str:
    if raw_data.classes != CLASSES:
        return "its class folders are not the ten classes of CIFAR-10"
    if raw_data.samples.x.shape[1:] != (32, 32, 3):
        return "its images are not 32x32 in colour"
    return "it has no `test` part" if raw_data.test is None else ""


def read_records(tar: bytes, names: tuple[str, ...]) -> Split | Damage:
    """The records of some files of the archive, one after the other."""
    blocks = []
    try:
        members = tuple(tar_members(lambda size, at: tar[at : at + size], len(tar)))
    except DAMAGE as error:
        return Damage(reason_of(error, "the archive") or "it is not an archive (.tar.gz)")
    files = {item.name.rpartition("/")[2]: item for item in members if item.kind == "file"}
    for name in names:
        if name not in files:
            return Damage(f"it has no `{name}`")
        at, size = files[name].at, files[name].size
        if not size or size % RECORD:
            return Damage(f"`{name}` holds {size:,} bytes, not a number of records of {RECORD:,}")
        blocks.append(np.frombuffer(tar, np.uint8, size, at).reshape(-1, RECORD))
    records = np.concatenate(blocks)
    labels = records[:, 0].astype(np.int64)
    if labels.max() >= len(CLASSES):
        return Damage(f"it has the label {labels.max()}; the largest is {len(CLASSES) - 1}")
    planes = records[:, 1:].reshape(-1, 3, 32, 32)
    return Split(np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels)
