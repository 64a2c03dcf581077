"""Masks that are read by batches give what masks in memory give: weights, figures and messages."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from netc.compiler.data.files import Images
from netc.runtime.data.pictures import loading
from netc.runtime.data.streamed import Streamed, distinct

RANDOM = np.random.Generator(np.random.PCG64(9))
COUNT = 46
PHOTOS = RANDOM.integers(0, 256, (COUNT, 8, 6, 3), dtype=np.uint8)
BRIGHT = PHOTOS.mean(axis=3)
THREE = np.digitize(BRIGHT, [110, 150]).astype(np.uint8)
UNDECIDED = np.where(RANDOM.random(BRIGHT.shape) > 0.8, 255, THREE).astype(np.uint8)
WHITE = np.where(BRIGHT > 140, 255, 0).astype(np.uint8)
DEPTHS = (BRIGHT * 200).astype(np.uint16)
MASKS = {"three": THREE, "undecided": UNDECIDED, "white": WHITE, "depths": DEPTHS}

NETWORK = "input 8x6x3 -> conv 4 3x3 pad=1 relu -> conv {}"
TRAIN = "opt adam lr=0.02; train epochs=3 batch=7 seed=2"
CE = f"{NETWORK.format('3 1x1 softmax')}\n{TRAIN}; loss ce"
BCE = f"{NETWORK.format('1 1x1 sigmoid')}\n{TRAIN}; loss bce"
NUMBERS = f"{NETWORK.format('1 1x1')}\n{TRAIN}; loss mse"

CASES = {
    "classes": ("three", f"{CE}; metric acc f1 confusion"),
    "classes, every metric": ("three", f"{CE}; metric report auc average=weighted"),
    "label smoothing": ("three", f"{CE} smoothing=0.1"),
    "balanced": ("three", f"{CE} weight=balanced; metric recall"),
    "a list of weights": ("three", f"{CE} weight=(1, 2, 0.5)"),
    "an ignored label": ("undecided", f"{CE} ignore=255; metric acc confusion"),
    "ignored and balanced": ("undecided", f"{CE} ignore=255 weight=balanced; metric f1"),
    "augmented": ("undecided", f"{CE} ignore=255; augment shift=2 flip=h rotate=20"),
    "augmented, noise": ("three", f"{CE}; augment flip=h noise=0.1 brightness=0.2"),
    "mixed": ("three", f"{CE}; augment mixup=0.2"),
    "white": ("white", f"{BCE}; metric acc f1 auc"),
    "white, balanced": ("white", f"{BCE} pos_weight=balanced"),
    "one against the rest": ("three", f"{NETWORK.format('3 1x1 sigmoid')}\n{TRAIN}; loss bce"),
    "numbers": ("three", f"{NUMBERS}; metric mae rmse r2"),
    "numbers, prepared": ("depths", f"{NUMBERS}; prep standardize on=target; metric rmse r2"),
    "numbers, scaled": ("depths", f"{NUMBERS}; prep scale on=target; metric mae"),
    "prepared pictures": ("three", f"prep standardize\n{CE}"),
    "drop": ("three", f"{CE.replace('seed=2', 'seed=2 last=drop')}"),
}  # fmt: skip


@pytest.fixture
def spec(write: Any, tmp_path: Path) -> Any:
    """Writes photos and masks, and gives the spec that reads them."""

    def do(masks: np.ndarray, network: str, load: str, options: str = "") -> Path:
        if not (tmp_path / "photos").exists():
            write({f"photos/{n}.png": photo for n, photo in enumerate(PHOTOS)})
            write({f"masks/{n}.png": mask for n, mask in enumerate(masks)})
        path = tmp_path / f"{load}.net"
        path.write_text(f'data images "photos" masks="masks" load={load} {options}\n{network}')
        return path

    return do


def assert_equal(one: Any, other: Any) -> None:
    assert one.report.test == other.report.test
    assert [epoch.measured for epoch in one.report.epochs] == [
        epoch.measured for epoch in other.report.epochs
    ]
    for name, array in one.weights.items():
        np.testing.assert_array_equal(other.weights[name], array, err_msg=name)


@pytest.mark.parametrize(("masks", "network"), CASES.values(), ids=CASES)
def test_weights_and_figures_are_the_same_to_the_bit(masks: str, network: str, spec: Any) -> None:
    memory = netc.compile(spec(MASKS[masks], network, "memory")).fit(workers=1)
    for workers in (1, 2):
        batches = netc.compile(spec(MASKS[masks], network, "batches")).fit(workers=workers)
        assert_equal(memory, batches)


@pytest.mark.parametrize(
    "options", ["resize=5x7", "resize=9x9 fit=pad", "resize=8x8 fit=crop", "limit=30", "val=30%"]
)
def test_options_mean_the_same(options: str, spec: Any) -> None:
    network = f"{CE.replace('8x6', '?x?')} ignore=255 weight=balanced; metric acc confusion"
    memory, batches = (
        netc.compile(spec(UNDECIDED, network, load, options)).fit()
        for load in ("memory", "batches")
    )
    assert_equal(memory, batches)


def test_the_parts_may_be_folders(write: Any, tmp_path: Path) -> None:
    folders = [("train", 30), ("val", 8), ("test", 8)]
    numbers = iter(range(COUNT))
    for folder, count in folders:
        for n in [next(numbers) for _ in range(count)]:
            write({f"photos/{folder}/{n}.png": PHOTOS[n], f"masks/{folder}/{n}.png": WHITE[n]})
    found = []
    for load in ("memory", "batches"):
        path = tmp_path / "spec.net"
        path.write_text(f'data images "photos" masks="masks" load={load}\n{BCE}; metric f1')
        found.append(netc.compile(path).fit())
    assert_equal(*found)


@pytest.mark.parametrize("case", ["ignored and balanced", "classes", "numbers, prepared"])
def test_the_data_and_a_measurement_look_the_same(case: str, spec: Any) -> None:
    masks, network = CASES[case]
    paths = [spec(MASKS[masks], network, load) for load in ("memory", "batches")]
    reports = [replace(netc.inspect_data(path), note="", hashes={}) for path in paths]
    assert reports[0] == reports[1]
    model = netc.compile(paths[0]).fit()
    other = netc.compile(paths[1]).fit()
    assert model.evaluate() == other.evaluate()


def test_folds_are_the_same(spec: Any) -> None:
    network = f"{CE} weight=balanced; kfold 3; metric acc"
    memory, batches = (
        netc.compile(spec(THREE, network, load)).cross_validate() for load in ("memory", "batches")
    )
    assert (memory.mean, memory.deviation) == (batches.mean, batches.deviation)


def test_the_labels_stay_on_the_disk(write: Any, loaded: Any) -> None:
    write({f"photos/{n}.png": photo for n, photo in enumerate(PHOTOS)})
    write({f"masks/{n}.png": mask for n, mask in enumerate(WHITE)})
    memory, _ = loaded(Images(path="photos", masks="masks", load="memory"))
    batches, _ = loaded(Images(path="photos", masks="masks", load="batches"))
    assert batches.note == "masks of 0 and 255 read as 0 and 1; read by batches"
    for here, there in zip(memory.parts(), batches.parts(), strict=True):
        assert isinstance(there.y, Streamed)
        assert (there.y.shape, there.y.dtype) == (here.y.shape, here.y.dtype)
        np.testing.assert_array_equal(np.asarray(there.y), here.y)


def test_memory_does_not_grow_with_the_number_of_masks(
    write: Any, loaded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "CHUNK", 50)  # which both sets fill

    def peak(name: str) -> int:
        tracemalloc.start()
        images = Images(path=name, masks=f"{name}-masks", load="batches", split=(1, 0, 0))
        dataset, _ = loaded(images)
        distinct(dataset.train.y)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    masks = RANDOM.integers(0, 3, (300, 64, 64), dtype=np.uint8)
    for name, count in (("few", 60), ("many", 300)):
        for n in range(count):
            write({f"{name}/{n}.png": masks[n], f"{name}-masks/{n}.png": masks[n]})
    peak("few")  # imports what is needed
    # in memory, 240 more labels of 64 * 64 need 240 * 4096 * 8 bytes: 8 MB
    assert peak("many") - peak("few") < 1_000_000


WRONG = {
    "a class too many": (np.where(THREE == 2, 7, THREE).astype(np.uint8), CE),
    "all ignored": (np.full_like(THREE, 9), f"{CE} ignore=9"),
    "another size": (THREE, "input 8x6x3 -> flatten -> dense 3 softmax\nloss ce; opt adam"),
    "logarithms of 0": (THREE, f"{NUMBERS}; prep log on=target"),
}


@pytest.mark.parametrize(("masks", "network"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_said_in_the_same_words(
    masks: np.ndarray, network: str, spec: Any
) -> None:
    messages = []
    for load in ("memory", "batches"):
        with pytest.raises(netc.NetcError) as error:
            netc.compile(spec(masks, network, load)).fit()
        messages.append(str(error.value).replace(load, "LOAD"))
    assert messages[0] == messages[1]


def test_all_damaged_masks_are_told_at_once(write: Any, loaded: Any) -> None:
    write({f"photos/{n}.png": photo for n, photo in enumerate(PHOTOS)})
    write({f"masks/{n}.png": mask for n, mask in enumerate(THREE)})
    write({"masks/3.png": b"x", "masks/7.png": THREE[0][:4]})
    for load in ("memory", "batches"):
        (wrong,) = loaded(Images(path="photos", masks="masks", load=load))[1]
        assert wrong == (
            "E0530 2 of 46 images in `photos` cannot be read: `masks/3.png` (it cannot be read as "
            "an image), `masks/7.png` (it has 6x4 pixels, its image 6x8)"
        )
