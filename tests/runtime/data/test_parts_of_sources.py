"""A run tells the sizes and the classes of its parts, wherever its samples come from."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from netc.runtime.events import Event, Started, Warned

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")

COUNT = 100
RARE = (np.arange(COUNT) % 10 == 0).astype(int)
PIXELS = np.random.Generator(np.random.PCG64(5)).integers(0, 256, (COUNT, 2, 2), dtype=np.uint8)
NAMES = np.array(["well", "sick"])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NETC_CACHE_DIR", str(tmp_path / "cache"))


def images() -> str:
    for index, (pixels, label) in enumerate(zip(PIXELS, RARE, strict=True)):
        path = Path("photos", NAMES[label], f"{index}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    return 'images "photos"'


def table() -> str:
    rows = [
        ",".join(map(str, (*pixels.ravel(), NAMES[label])))
        for pixels, label in zip(PIXELS, RARE, strict=True)
    ]
    Path("t.csv").write_text("\n".join(["a,b,c,d,y", *rows]) + "\n")
    return 'csv "t.csv"'


def idx() -> str:
    Path("set").mkdir()
    for name, array in (("images-idx3", PIXELS), ("labels-idx1", RARE.astype(np.uint8))):
        head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
        Path(f"set/train-{name}-ubyte").write_bytes(head + array.tobytes())
    return 'idx "set"'


def npz(y: np.ndarray) -> str:
    np.savez("f.npz", x=PIXELS / 255, y=y)
    return 'npz "f.npz"'


def npy() -> str:
    np.save("x.npy", PIXELS / 255)
    np.save("y.npy", RARE)
    return 'npy "x.npy" target="y.npy"'


SOURCES: dict[str, Callable[[], str]] = {
    "images": images,
    "images by batches": lambda: f"{images()} load=batches",
    "idx": idx,
    "npz of numbers": lambda: npz(RARE),
    "npz of texts": lambda: npz(NAMES[RARE]),
    "npz of one-hot rows": lambda: npz(np.eye(2)[RARE]),
    "npy": npy,
    "csv": table,
}
NETWORK = "input {} -> dense 2 softmax; loss ce; opt sgd; train epochs=1"


def told(data: str) -> tuple[Started, list[str]]:
    events: list[Event] = []
    shape = "4" if "csv" in data else "2x2x1 -> flatten"
    netc.compile(f"data {data}; {NETWORK.format(shape)}").fit(reporter=events.append)
    (started,) = (event for event in events if isinstance(event, Started))
    problems: list[Any] = [event.problem for event in events if isinstance(event, Warned)]
    return started, [item.message() for item in problems if item.code == "W0505"]


@pytest.mark.parametrize("source", SOURCES)
def test_a_run_tells_sizes_and_balance_of_its_parts(source: str) -> None:
    data = f"{SOURCES[source]()} split=(80%, 10%, 10%)"
    started, missing = told(data)
    assert (started.train, started.validation, started.test, missing) == (80, 10, 10, [])
    assert sorted(item[1:] for item in started.classes) == [(8, 1, 1), (72, 9, 9)]


@pytest.mark.parametrize("source", SOURCES)
def test_a_class_that_a_part_lacks_is_told_with_its_counts(source: str) -> None:
    started, missing = told(f"{SOURCES[source]()} split=(80%, 10%, 10%) shuffle=false limit=12")
    counts = [item for item in started.classes if 0 in item[1:]]
    assert bool(missing) == bool(counts)
    if counts:
        shown = f"({counts[0].train} training, {counts[0].validation} validation"
        assert f"`{counts[0].name}`" in missing[0]
        assert shown in missing[0]


SETS = {
    "iris": ("4", 3, [40, 5, 5]),
    "moons n=100": ("2", 2, [40, 5, 5]),
    "circles n=100": ("2", 2, [40, 5, 5]),
}


@pytest.mark.parametrize("name", SETS)
def test_sets_of_netc_keep_the_shares_too(name: str) -> None:
    shape, classes, counts = SETS[name]
    events: list[Event] = []
    text = f"data {name}; {NETWORK.format(shape).replace('dense 2', f'dense {classes}')}"
    netc.compile(text).fit(reporter=events.append)
    (started,) = (event for event in events if isinstance(event, Started))
    assert [list(item[1:]) for item in started.classes] == [counts] * classes


def test_arrays_of_a_program_too() -> None:
    events: list[Event] = []
    model = netc.compile(NETWORK.format("2x2x1 -> flatten"))
    model.fit(PIXELS / 255, NAMES[RARE], reporter=events.append)
    (started,) = (event for event in events if isinstance(event, Started))
    assert [tuple(item) for item in started.classes] == [("sick", 9, 1, 0), ("well", 81, 9, 0)]
