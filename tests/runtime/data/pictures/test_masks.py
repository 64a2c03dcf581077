"""Masks: pictures of the classes of pixels."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from netc.compiler.data.files import Images
from netc.runtime.data.dataset import IGNORED, DataRequest
from PIL import Image

RANDOM = np.random.Generator(np.random.PCG64(4))
PHOTOS = RANDOM.integers(0, 256, (6, 4, 6, 3), dtype=np.uint8)
MASKS = RANDOM.integers(0, 3, (6, 4, 6), dtype=np.uint8)


def pairs(masks: np.ndarray = MASKS, mark: str = "", part: str = "") -> dict[str, Any]:
    photos = {f"photos/{part}{n}.png": photo for n, photo in enumerate(PHOTOS)}
    return photos | {f"masks/{part}{n}{mark}.png": mask for n, mask in enumerate(masks)}


def all_of(dataset: Any) -> np.ndarray:
    return dataset.train.y[np.argsort(dataset.train.rows)]


READ = Images(path="photos", masks="masks", split=(1, 0, 0))


@pytest.mark.parametrize("mark", ["", "_mask"])
def test_each_picture_has_the_mask_of_its_name(mark: str, write: Any, loaded: Any) -> None:
    write(pairs(mark=mark))
    for _ in range(2):  # decoded, and from the cache
        dataset, wrong = loaded(READ)
        assert (wrong, dataset.note, dataset.sample_shape) == ([], "", (4, 6, 3))
        np.testing.assert_array_equal(all_of(dataset), MASKS)
        assert dataset.classes is None


def test_names_are_sorted_as_people_sort_them(write: Any, loaded: Any) -> None:
    write({f"{folder}/{n}.png": np.full((2, 2), n, np.uint8)
           for folder in ("photos", "masks") for n in (9, 10, 1)})  # fmt: skip
    assert all_of(loaded(READ)[0])[:, 0, 0].tolist() == [1, 9, 10]


def test_masks_within_the_folder_of_pictures_are_no_pictures(write: Any, loaded: Any) -> None:
    write({f"photos/{name}": content for name, content in pairs().items()})
    dataset, wrong = loaded(Images(path="photos", masks="photos/masks", split=(1, 0, 0)))
    assert (wrong, len(dataset.train)) == ([], 6)


def test_parts_are_folders_of_both(write: Any, loaded: Any) -> None:
    for part in ("train", "val", "test"):
        write(pairs(part=f"{part}/"))
    dataset, wrong = loaded(Images(path="photos", masks="masks"))
    assert wrong == []
    assert [len(part) for part in dataset.parts()] == [6, 6, 6]
    np.testing.assert_array_equal(dataset.test.y, MASKS)


def test_masks_of_0_and_255_are_masks_of_0_and_1(write: Any, loaded: Any) -> None:
    write(pairs((MASKS > 1) * np.uint8(255)))
    for _ in range(2):
        dataset, _ = loaded(READ)
        assert dataset.note == "masks of 0 and 255 read as 0 and 1"
        np.testing.assert_array_equal(all_of(dataset), MASKS > 1)


def test_palettes_are_indices_and_one_bit_is_0_and_1(write: Any, loaded: Any) -> None:
    palette = Image.fromarray(MASKS[0])
    palette.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
    assert palette.mode == "P"
    deep = MASKS[1].astype(np.uint16) * 1000
    colours = np.repeat(MASKS[2][..., None], 3, axis=2)
    masks = [palette, deep, colours, MASKS[3] > 0]
    write({f"masks/{n}.png": mask for n, mask in enumerate(masks)})
    write({f"photos/{n}.png": PHOTOS[n] for n in range(4)})
    y = all_of(loaded(READ)[0])
    np.testing.assert_array_equal(y, np.stack([MASKS[0], deep, MASKS[2], MASKS[3] > 0]))


@pytest.mark.parametrize(("fit", "expected"), [
    ("stretch", [[0, 0, 3, 3]] * 4),
    ("crop", [[1, 1, 2, 2]] * 4),
    ("pad", [[0] * 4, [0, 1, 2, 3], [0, 1, 2, 3], [0] * 4]),
])  # fmt: skip
def test_masks_are_resized_to_the_nearest_class(
    fit: Any, expected: Any, write: Any, loaded: Any
) -> None:
    columns = np.array([[0, 0, 1, 1, 2, 2, 3, 3]] * 4, np.uint8)
    columns = columns if fit != "stretch" else np.array([[0] * 4 + [3] * 4] * 4, np.uint8)
    write({f"photos/{n}.png": np.zeros((4, 8, 3), np.uint8) for n in range(2)})
    write({f"masks/{n}.png": columns for n in range(2)})
    dataset, wrong = loaded(
        Images(path="photos", masks="masks", split=(1, 0, 0), resize=(4, 4), fit=fit)
    )
    assert wrong == []
    np.testing.assert_array_equal(dataset.train.y[0], expected)


def test_the_border_of_a_mask_is_ignored_where_labels_can_be(write: Any, loaded: Any) -> None:
    write({f"photos/{n}.png": np.zeros((4, 8, 3), np.uint8) for n in range(2)})
    write({f"masks/{n}.png": np.ones((4, 8), np.uint8) for n in range(2)})
    images = Images(path="photos", masks="masks", split=(1, 0, 0), resize=(4, 4), fit="pad")
    for label, border in ((None, 0), (255, IGNORED), (-1, IGNORED), (None, 0)):
        request = DataRequest(ignored={} if label is None else {"y": label})
        for _ in range(2):  # decoded, and from the cache
            dataset, wrong = loaded(images, request=request)
            assert wrong == []
            assert dataset.train.y[0, :, 0].tolist() == [border, 1, 1, border]


def jpeg(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "jpeg")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("files", "wrong"),
    [
        ({"photos/7.png": PHOTOS[0]},
         "E0531 1 of 7 images in `photos` have no mask in `masks`: `7.png`"),
        ({"masks/0.png": MASKS[0, :2]},
         "E0530 1 of 6 images in `photos` cannot be read: `masks/0.png` "
         "(it has 6x2 pixels, its image 6x4)"),
        ({"masks/0.png": PHOTOS[0]},
         "E0530 1 of 6 images in `photos` cannot be read: `masks/0.png` "
         "(its labels are colours: use grey levels or a palette)"),
        ({"masks/0.png": jpeg(MASKS[0])},
         "E0530 1 of 6 images in `photos` cannot be read: `masks/0.png` "
         "(a JPEG does not keep labels: save masks as PNG)"),
        ({"masks/0.png": b"x"},
         "E0530 1 of 6 images in `photos` cannot be read: `masks/0.png` "
         "(it cannot be read as an image)"),
    ],
)  # fmt: skip
def test_wrong_masks(files: dict[str, Any], wrong: str, write: Any, loaded: Any) -> None:
    write(pairs() | files)
    assert loaded(READ)[1] == [wrong]


def test_a_folder_of_masks_that_is_not_there(write: Any, loaded: Any) -> None:
    write(pairs())
    assert loaded(Images(path="photos", masks="mask"))[1] == ["E0501 there is no file `mask`"]


def test_a_network_learns_masks(write: Any, tmp_path: Path) -> None:
    masks = (PHOTOS.mean(axis=3) > 128).astype(np.uint8)
    write(pairs(masks * np.uint8(255)))
    spec = tmp_path / "spec.net"
    spec.write_text(
        'data images "photos" masks="masks" split=(100%, 0, 0)\n'
        "input 4x6x3 -> conv 8 1x1 relu -> conv 2 1x1 softmax\n"
        "loss ce; opt adam lr=0.05; train epochs=150 batch=2; metric acc"
    )
    model = netc.compile(spec).fit()
    assert model.report is not None
    assert model.report.epochs[-1].measured["train_acc"] > 0.95


@pytest.mark.parametrize(
    ("labels", "help_text"),
    [
        (np.where(RANDOM.random((20, 8, 8, 1)) > 0.5, 255, 0).astype(np.uint8),
         "0 and 255 are a mask of two classes: divide by 255"),
        (np.where(RANDOM.random((20, 8, 8)) > 0.9, 255, 1),
         "if 255 marks what has no class, leave it out of the loss"),
        (np.where(RANDOM.random((20, 8, 8)) > 0.9, -1, 1),
         "if -1 marks what has no class, leave it out of the loss"),
        (RANDOM.integers(0, 9, (20, 8, 8)), "give the last layer 9 outputs, or correct the labels"),
    ],
)  # fmt: skip
def test_masks_in_arrays_get_a_way_out(labels: np.ndarray, help_text: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "m.npz", x=RANDOM.random((20, 8, 8, 1)), y=labels)
    spec = tmp_path / "spec.net"
    spec.write_text('data npz "m.npz"; input 8x8x1 -> conv 3 3x3 pad=1 softmax; loss ce; opt adam')
    with pytest.raises(netc.DataError) as error:
        netc.compile(spec).fit()
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.code == "E0516"
    assert diagnostic.help[0].startswith(help_text)
