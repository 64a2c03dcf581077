"""MNIST and Fashion-MNIST: 60,000 + 10,000 grey images of 28x28, ten classes.

MNIST: LeCun, Cortes, Burges; CC BY-SA 3.0. Fashion-MNIST: Xiao, Rasul, Vollgraf 2017
(arXiv:1708.07747), MIT licence. The published test images are the test part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiler.problems.data import DataFileDamaged
from ...compiler.spans import Place
from ...grammar.problem import Problems
from ..events import Reporter
from .dataset import RawDataset, Split
from .downloads import Found, PublishedFile, find
from .idx import Damage, parse_idx


@dataclass(frozen=True, slots=True)
class PublishedSet:
    """The four IDX files of a set: training images and labels, test images and labels."""

    name: str
    files: tuple[PublishedFile, PublishedFile, PublishedFile, PublishedFile]
    mirrors: tuple[str, ...]
    classes: tuple[str, ...]


_NAMES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)

MNIST = PublishedSet(
    "mnist",
    (
        PublishedFile(
            _NAMES[0], "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
        ),
        PublishedFile(
            _NAMES[1], "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
        ),
        PublishedFile(
            _NAMES[2], "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
        ),
        PublishedFile(
            _NAMES[3], "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
        ),
    ),
    (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    tuple("0123456789"),
)

# The archives of Fashion-MNIST are the same bytes on all of its mirrors; the hashes are those
# that TensorFlow Datasets verifies.
FASHION_MNIST = PublishedSet(
    "fashion_mnist",
    (
        PublishedFile(
            _NAMES[0],
            archive_sha256="3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        PublishedFile(
            _NAMES[1],
            archive_sha256="a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        PublishedFile(
            _NAMES[2],
            archive_sha256="346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        PublishedFile(
            _NAMES[3],
            archive_sha256="67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    ),
    (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    (
        "t-shirt",
        "trouser",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle boot",
    ),
)

PUBLISHED = {"mnist": MNIST, "fashion_mnist": FASHION_MNIST}


def load_published(
    published: PublishedSet, *, place: Place, problems: Problems, reporter: Reporter
) -> RawDataset | None:
    """The set, or None after a problem."""
    found: list[Found] = []
    arrays: list[NDArray[Any]] = []
    for file in published.files:
        item = find(
            published.name,
            file,
            published.mirrors,
            place=place,
            problems=problems,
            reporter=reporter,
        )
        if item is None:
            return None
        array = parse_idx(item.content.data)
        if isinstance(array, Damage):
            _report_damage(item, array.reason, place, problems)
            return None
        found.append(item)
        arrays.append(array)

    images, labels, test_images, test_labels = arrays
    train = _part(images, labels, found[0], found[1], published, place, problems)
    test = _part(test_images, test_labels, found[2], found[3], published, place, problems)
    if train is None or test is None:
        return None
    return RawDataset(
        train,
        test,
        published.classes,
        mixed=True,
        hashes={item.path.name: item.content.sha256 for item in found},
        note="" if all(item.published for item in found) else "not the published files",
    )


def _part(
    images: NDArray[Any],
    labels: NDArray[Any],
    image_file: Found,
    label_file: Found,
    published: PublishedSet,
    place: Place,
    problems: Problems,
) -> Split | None:
    wrong = ""
    file = image_file
    if images.dtype != np.uint8 or images.shape[1:] != (28, 28):
        wrong = f"expected images of 28x28 bytes, got {_describe(images)}"
    elif labels.dtype != np.uint8 or labels.ndim != 1:
        file, wrong = label_file, f"expected one byte per label, got {_describe(labels)}"
    elif len(images) != len(labels):
        file = label_file
        wrong = f"it has {len(labels):,} labels for {len(images):,} images"
    elif len(images) == 0:
        wrong = "it contains no images"
    elif labels.max() >= len(published.classes):
        file = label_file
        wrong = f"it has the label {labels.max()}; the largest is {len(published.classes) - 1}"
    if wrong:
        _report_damage(file, wrong, place, problems)
        return None
    return Split(images.reshape(len(images), 28, 28, 1), labels.astype(np.int64))


def _describe(array: NDArray[Any]) -> str:
    return f"{'x'.join(str(size) for size in array.shape)} of {array.dtype.name}"


def _report_damage(file: Found, reason: str, place: Place, problems: Problems) -> None:
    problems.add(DataFileDamaged(at=place, path=str(file.path), reason=reason))
