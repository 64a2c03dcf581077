"""What the tests of data share: places in a text, loading, small files in MNIST's format."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from netc.compiler.data.tables import Csv
from netc.compiler.spans import Place, Spans
from netc.grammar.problem import Problems
from netc.grammar.source import Source, Span
from netc.runtime.data import load as loading
from netc.runtime.data.dataset import Dataset

TEXT = "data here; prep that"
SOURCE = Source("<text>", TEXT)


@pytest.fixture
def place() -> Place:
    return Place(Span(SOURCE, 0, 9))


@pytest.fixture
def loaded(place: Place, tmp_path: Path) -> Callable[..., tuple[Dataset | None, list[str]]]:
    """Loads a source: gives the set, and the messages of what is wrong."""

    def do(data: Any, *preps: Any, **changes: Any) -> tuple[Dataset | None, list[str]]:
        spans = Spans({"data": place, **{f"preps.{i}": place for i in range(len(preps))}})
        problems = Problems()
        reporter = changes.pop("reporter", lambda event: None)
        options = loading.LoadOptions(
            **{"root": tmp_path, "seed": 0, "wants_classes": True, **changes}
        )
        dataset = loading.load(
            data, preps, options, spans=spans, problems=problems, reporter=reporter
        )
        return dataset, [f"{item.code} {item.message()}" for item in problems]

    return do


@pytest.fixture
def load(loaded: Any, tmp_path: Path) -> Callable[..., tuple[Dataset | None, list[str]]]:
    """Loads a table from its text or bytes, in the order of its rows."""

    def do(text: str | bytes, *prep: Any, **options: Any) -> tuple[Dataset | None, list[str]]:
        data = text if isinstance(text, bytes) else text.encode()
        (tmp_path / "t.csv").write_bytes(data)
        changes = {key: options.pop(key) for key in ("request", "wants_classes") if key in options}
        word = Csv(path="t.csv", split=(1.0, 0.0, 0.0), **options)
        result: tuple[Dataset | None, list[str]] = loaded(word, *prep, shuffle=False, **changes)
        return result

    return do


@pytest.fixture
def write_mnist() -> Callable[..., None]:
    """Writes the four files of a small set of 28x28 images: n for training, m for the test."""

    def do(folder: Path, n: int = 20, m: int = 6, **changes: bytes) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        random = np.random.Generator(np.random.PCG64(1))
        for prefix, count in (("train", n), ("t10k", m)):
            images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
            labels = (np.arange(count) % 10).astype(np.uint8)
            header = struct.pack(">BBBBIII", 0, 0, 8, 3, count, 28, 28)
            _write(folder, f"{prefix}-images-idx3-ubyte.gz", header + images.tobytes(), changes)
            header = struct.pack(">BBBBI", 0, 0, 8, 1, count)
            _write(folder, f"{prefix}-labels-idx1-ubyte.gz", header + labels.tobytes(), changes)

    return do


def _write(folder: Path, name: str, data: bytes, changes: dict[str, bytes]) -> None:
    key = name.split("-idx")[0].replace("-", "_")
    (folder / name).write_bytes(gzip.compress(changes.get(key, data)))
