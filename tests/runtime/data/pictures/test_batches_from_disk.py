"""Pictures that are read by batches give the weights of those in memory, to the bit."""

from __future__ import annotations

import gc
import io
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from netc.compiler.data.files import Images
from netc.compiler.data.preparations import PadPictures, Scale, Standardize, Whiten
from netc.runtime.data.pictures import loading
from netc.runtime.data.streamed import Streamed
from PIL import Image

RANDOM = np.random.Generator(np.random.PCG64(6))


def jpeg(size: int = 12) -> bytes:
    buffer = io.BytesIO()
    pixels = RANDOM.integers(0, 256, (size, size, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, "jpeg")
    return buffer.getvalue()


@pytest.fixture
def photos(write: Any) -> None:
    write({f"photos/{part}/{label}/{n}.jpg": jpeg()
           for part, count in (("train", 25), ("test", 6)) for label in "abc"
           for n in range(count)})  # fmt: skip


NETWORK = (
    "input 12x12x3 -> conv 4 3x3 relu -> bn -> gap -> dense 3 softmax\n"
    "loss ce; opt sgd lr=0.1 momentum=0.9; train epochs=3 batch=16 seed=2; metric acc confusion"
)


def trained(tmp_path: Path, options: str, network: str = NETWORK, **fit: Any) -> Any:
    spec = tmp_path / "spec.net"
    spec.write_text(f'data images "photos" {options}\n{network}')
    return netc.compile(spec).fit(**fit)


@pytest.mark.parametrize(
    "prep", ["", "prep pad=1", "prep standardize", "prep scale", "prep center; prep pad=1"]
)
@pytest.mark.usefixtures("photos")
def test_the_weights_and_figures_are_the_same_to_the_bit(prep: str, tmp_path: Path) -> None:
    network = f"{prep}\n{NETWORK}"
    if "pad" in prep:
        network = network.replace("12x12", "14x14")
    memory = trained(tmp_path, "load=memory", network)
    batches = trained(tmp_path, "load=batches", network)
    assert memory.report.test == batches.report.test
    assert [epoch.measured for epoch in memory.report.epochs] == [
        epoch.measured for epoch in batches.report.epochs
    ]
    for name, array in memory.weights.items():
        np.testing.assert_array_equal(batches.weights[name], array)


@pytest.mark.parametrize("options", ["resize=7x9", "resize=8x8 fit=pad", "limit=40", "val=30%"])
@pytest.mark.usefixtures("photos")
def test_options_mean_the_same(options: str, tmp_path: Path) -> None:
    network = NETWORK.replace("12x12", "?x?").replace("conv 4 3x3", "conv 4 3x3 pad=1")
    memory = trained(tmp_path, f"load=memory {options}", network)
    batches = trained(tmp_path, f"load=batches {options}", network)
    for name, array in memory.weights.items():
        np.testing.assert_array_equal(batches.weights[name], array)


@pytest.mark.usefixtures("photos")
def test_workers_change_nothing_and_no_thread_is_left(tmp_path: Path) -> None:
    before = threading.active_count()
    one = trained(tmp_path, "load=batches")
    two = trained(tmp_path, "load=batches", workers=2)
    for name, array in one.weights.items():
        np.testing.assert_array_equal(two.weights[name], array)
    assert threading.active_count() == before


@pytest.mark.usefixtures("photos")
def test_an_autoencoder_compares_its_output_with_what_it_read(tmp_path: Path) -> None:
    network = (
        "input 432 -> @x -> dense 8 tanh -> dense 432 sigmoid\n"
        "loss bce target=@x; opt adam; train epochs=2 batch=20; metric mae"
    )
    memory = trained(tmp_path, "load=memory", network)
    batches = trained(tmp_path, "load=batches", network)
    assert memory.report.test == batches.report.test


@pytest.mark.parametrize(
    "prep", [(), (PadPictures(pad=2),), (Standardize(),), (Scale(), PadPictures(pad=1))]
)
@pytest.mark.usefixtures("photos")
def test_samples_have_the_numbers_of_those_in_memory(prep: Any, loaded: Any) -> None:
    memory, _ = loaded(Images(path="photos", load="memory"), *prep)
    batches, wrong = loaded(Images(path="photos", load="batches"), *prep)
    assert wrong == []
    assert batches.note == "read by batches"
    assert isinstance(batches.train.x, Streamed)
    for here, there in zip(memory.parts(), batches.parts(), strict=True):
        assert (here.x.shape, here.x.dtype) == (there.x.shape, there.x.dtype)
        np.testing.assert_array_equal(np.asarray(there.x), here.x)
        np.testing.assert_array_equal(np.asarray(there.x[2:5]), here.x[2:5])
        np.testing.assert_array_equal(there.y, here.y)


@pytest.mark.usefixtures("photos")
def test_what_does_not_fit_into_memory_is_read_by_batches(
    loaded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = Images(path="photos")
    assert isinstance(loaded(images)[0].train.x, np.ndarray)
    # 93 pictures of 12x12x3 need 93 * 432 * 5 bytes, where they may take half of the memory
    for free, stays in ((2 * 93 * 432 * 5, True), (2 * 93 * 432 * 5 - 2, False)):
        monkeypatch.setattr(loading, "available_memory", lambda free=free: free)
        dataset, wrong = loaded(Images(path="photos", background="black"))
        assert wrong == []
        assert isinstance(dataset.train.x, np.ndarray) == stays
    assert isinstance(loaded(Images(path="photos", load="memory"))[0].train.x, np.ndarray)


@pytest.mark.usefixtures("photos")
def test_memory_does_not_grow_with_the_number_of_pictures(
    write: Any, loaded: Any, own_cache: Path
) -> None:
    def peak(folder: str) -> int:
        """The lower of two: Python's table of interned strings, where pathlib puts the names of all
        files, is copied when it is full, and that takes megabytes in a process that has run for
        long. It is full at most once in 50,000 names."""
        peaks = []
        for _ in range(2):
            shutil.rmtree(own_cache, ignore_errors=True)  # it says which pictures can be decoded
            gc.collect()
            tracemalloc.start()
            dataset, _ = loaded(Images(path=folder, load="batches", split=(1, 0, 0)))
            for start in range(0, len(dataset.train), 25):
                np.asarray(dataset.train.x[start : start + 25])
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        return min(peaks)

    few = {f"few/{label}/{n}.jpg": jpeg(72) for label in "ab" for n in range(50)}
    write(few | {f"many/{label}/{n}.jpg": jpeg(72) for label in "ab" for n in range(250)})
    peak("photos")  # imports what is needed
    added = peak("many") - peak("few")
    # in memory they would take 400 * 72 * 72 * 3 * 4 bytes: 25 MB; what is at work at once, a job
    # of 2.6 kB for each picture of a chunk, takes a twentieth of that, however many there are
    assert added < 2_000_000


TRAINING = """
import resource, sys
import netc
netc.compile(sys.argv[1]).fit()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.heavy
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss counts other units elsewhere")
def test_a_training_needs_the_same_memory_for_four_times_the_pictures(
    write: Any, tmp_path: Path
) -> None:
    network = NETWORK.replace("12x12", "96x96")
    peaks = []
    # 750 fill all buffers: those of the 500 that are looked at first, and of one batch
    for count in (250, 1000):
        # in memory, 2,250 more of 96 * 96 * 3 numbers need 2,250 * 27,648 * 5 bytes: 311 MB
        write({f"set{count}/{label}/{n}.jpg": jpeg(96) for label in "abc" for n in range(count)})
        spec = tmp_path / f"{count}.net"
        data = f'data images "set{count}" load=batches split=(100%, 0%, 0%)'
        spec.write_text(f"{data}\n{network}")
        done = subprocess.run(
            [sys.executable, "-c", TRAINING, str(spec)], capture_output=True, check=True
        )
        peaks.append(int(done.stdout) * 1024)
    # what the allocator keeps differs by some megabytes from run to run
    assert peaks[1] - peaks[0] < 20_000_000


@pytest.mark.heavy
def test_cifar_by_batches_gives_the_weights_of_cifar_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Path(os.environ.get("NETC_DATA_DIR", "")) / "cifar10" / "cifar10-jpg.tar.gz"
    if "NETC_DATA_DIR" not in os.environ or not archive.is_file():
        pytest.skip("NETC_DATA_DIR has no CIFAR-10 as JPEG files")
    with tarfile.open(archive) as tar:
        members = [member for member in tar if member.name.endswith("7.jpg")]
        # older bug-fix versions of Python 3.11 have no filters
        safe: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        tar.extractall(tmp_path / "cifar", members, **safe)
    network = (
        "prep standardize\n"
        "input 32x32x3 -> conv 8 3x3 relu -> maxpool 2x2 -> flatten -> dense 10 softmax\n"
        "loss ce; opt adam; train epochs=1 batch=64 seed=2; metric acc"
    )
    results = []
    for options, workers in (("memory", 1), ("batches", 1), ("batches", 2)):
        spec = tmp_path / "spec.net"
        spec.write_text(f'data images "cifar" load={options}\n{network}')
        results.append(netc.compile(spec).fit(workers=workers))
    assert all(result.report.test == results[0].report.test for result in results)
    for name, array in results[0].weights.items():
        for other in results[1:]:
            np.testing.assert_array_equal(other.weights[name], array)


@pytest.mark.usefixtures("photos")
def test_all_pictures_are_seen_before_the_training(write: Any, loaded: Any) -> None:
    write({"photos/train/a/1.jpg": jpeg()[:-60], "photos/train/b/2.jpg": b"x"})
    (wrong,) = loaded(Images(path="photos", load="batches"))[1]
    assert wrong.startswith("E0530 1 of 93 images in `photos` cannot be read: `train/b/2.jpg`")
    write({"photos/train/b/2.jpg": jpeg()})
    (wrong,) = loaded(Images(path="photos", load="batches"))[1]
    assert wrong == (
        "E0530 1 of 93 images in `photos` cannot be read: `train/a/1.jpg` (it ends too early)"
    )


@pytest.mark.usefixtures("photos")
def test_a_picture_that_is_lost_during_the_training_is_named(tmp_path: Path) -> None:
    def lose(event: Any) -> None:
        if type(event).__name__ == "EpochStarted" and event.epoch == 2:
            (tmp_path / "photos" / "train" / "b" / "7.jpg").unlink()

    with pytest.raises(netc.DataError, match=r"`train/b/7\.jpg` \(no such file or directory\)"):
        trained(tmp_path, "load=batches", reporter=lose)


def test_a_direct_solution_is_the_same(write: Any, tmp_path: Path) -> None:
    write({f"photos/{label}/{n}.png": RANDOM.integers(0, 256, (3, 3), dtype=np.uint8)
           for label in "ab" for n in range(30)})  # fmt: skip
    network = "input 3x3x1 -> flatten -> dense 1\nloss mse; opt exact"
    memory, batches = (trained(tmp_path, f"load={load}", network) for load in ("memory", "batches"))
    for name, array in memory.weights.items():
        np.testing.assert_array_equal(batches.weights[name], array)


DAMAGED_LATER = {
    "trained": ("", "loss ce", lambda spec, model: netc.compile(spec).fit()),
    "augmented": ("", "loss ce; augment flip=h", lambda spec, model: netc.compile(spec).fit()),
    "prepared": ("prep standardize", "loss ce", lambda spec, model: netc.compile(spec).fit()),
    "folds": ("", "loss ce; kfold 2", lambda spec, model: netc.compile(spec).cross_validate()),
    "measured": ("", "loss ce", lambda spec, model: model.evaluate()),
    "inspected": ("", "loss ce", lambda spec, model: netc.inspect_data(spec)),
}


@pytest.mark.parametrize(("prep", "loss", "act"), DAMAGED_LATER.values(), ids=DAMAGED_LATER)
def test_a_picture_that_is_damaged_later_is_named(
    prep: str, loss: str, act: Any, write: Any, tmp_path: Path
) -> None:
    write({f"photos/{label}/{n}.png": RANDOM.integers(0, 256, (12, 12, 3), dtype=np.uint8)
           for label in "abc" for n in range(20)})  # fmt: skip
    network = f"{prep}\n{NETWORK.replace('loss ce', loss)}"
    model = trained(tmp_path, "load=batches", network.replace("; kfold 2", ""))
    for path in (tmp_path / "photos").rglob("*.png"):
        content = bytearray(path.read_bytes())
        content[200] ^= 255
        path.write_bytes(content)
    (tmp_path / "spec.net").write_text(f'data images "photos" load=batches\n{network}')
    with pytest.raises(netc.DataError, match=r"E0530 1 of 60 images .* the checksum differs"):
        act(tmp_path / "spec.net", model)


@pytest.mark.usefixtures("photos")
def test_what_needs_all_samples_in_memory_is_refused(loaded: Any) -> None:
    assert loaded(Images(path="photos", load="batches"), Whiten(kind="pca"))[1] == [
        "E0510 `prep whiten` cannot be applied to samples of 12x12x3"
    ]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files by /proc")
@pytest.mark.parametrize("kind", ["zip", "tar", "gztar"])
@pytest.mark.usefixtures("photos")
def test_archives_stay_open_as_long_as_they_are_read(kind: str, tmp_path: Path) -> None:
    folder = trained(tmp_path, "load=batches")
    shutil.make_archive(str(tmp_path / "set"), kind, tmp_path / "photos")
    shutil.rmtree(tmp_path / "photos")
    suffix = {"gztar": "tar.gz"}.get(kind, kind)
    before = len(os.listdir("/proc/self/fd"))
    for workers in (1, 2):
        spec = tmp_path / "spec.net"
        spec.write_text(f'data images "set.{suffix}" load=batches\n{NETWORK}')
        archive = netc.compile(spec).fit(workers=workers)
        for name, array in folder.weights.items():
            np.testing.assert_array_equal(archive.weights[name], array)
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.usefixtures("photos")
def test_the_data_looks_the_same(tmp_path: Path) -> None:
    reports = []
    for load in ("memory", "batches"):
        text = f'data images "photos" load={load}\nprep standardize\n{NETWORK}'
        (tmp_path / "spec.net").write_text(text)
        report = netc.inspect_data(tmp_path / "spec.net")
        reports.append(replace(report, note="", hashes={}))
    assert reports[0] == reports[1]
