"""Pictures that are written by the tests themselves, and how they are read."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from netc.compiler.data.files import Images

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")

Write = Callable[[dict[str, Any]], None]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NETC_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files: bytes as they are, arrays and pictures in the format of the name."""

    def do(files: dict[str, Any]) -> None:
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(encoded(content, name))

    return do


def encoded(content: Any, name: str = "x.png") -> bytes:
    if isinstance(content, bytes):
        return content
    picture = Image.fromarray(content) if isinstance(content, np.ndarray) else content
    buffer = io.BytesIO()
    kind = name.rpartition(".")[2].lower()
    picture.save(buffer, {"jpg": "jpeg", "jfif": "jpeg", "tif": "tiff"}.get(kind, kind))
    return buffer.getvalue()


@pytest.fixture
def read_pair(write: Write, loaded: Any) -> Callable[..., tuple[Any, str]]:
    """The pixels (0 to 255, float) of two equal pictures, one per class, and the note of the
    set."""

    def do(content: Any, name: str = "x.png", wanted: tuple[int, ...] = (), **options: Any) -> Any:
        from netc.runtime.data.dataset import DataRequest

        write({f"set/a/{name}": content, f"set/b/{name}": content})
        request = DataRequest(shapes=(wanted,) if wanted else ())
        images = Images(path="set", split=(1, 0, 0), **options)
        dataset, wrong = loaded(images, request=request)
        assert wrong == []
        return dataset.train.x[0] * 255, dataset.note

    return do
