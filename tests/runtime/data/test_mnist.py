"""MNIST and its like: where files are looked for, what is checked, what is said."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from netc.compiler.data.source import FashionMnist, Mnist
from netc.compiler.spans import Place
from netc.grammar.problem import Problems
from netc.runtime.data.downloads import PublishedFile, find
from netc.runtime.data.mnist import FASHION_MNIST, MNIST
from netc.runtime.events import Downloading

REAL = Path(os.environ.get("NETC_DATA_DIR", "/nowhere"))
needs_mnist = pytest.mark.skipif(
    not (REAL / "mnist" / MNIST.files[0].name).is_file(),
    reason="NETC_DATA_DIR does not hold MNIST",
)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETC_CACHE_DIR", str(tmp_path / "cache"))


@pytest.mark.parametrize("folder", ["", "mnist"])
def test_files_are_found_in_the_users_folder(
    folder: str, loaded: Any, write_mnist: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_mnist(tmp_path / "own" / folder)
    monkeypatch.setenv("NETC_DATA_DIR", str(tmp_path / "own"))
    dataset, wrong = loaded(Mnist())
    assert wrong == []
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (18, 2, 6)
    assert dataset.sample_shape == (28, 28, 1)
    assert dataset.classes == 10
    assert dataset.note == "not the published files"
    assert dataset.train.x.dtype == np.float32
    assert dataset.train.x.min() >= 0
    assert dataset.train.x.max() <= 1
    # the parts follow the published order: the last tenth validates
    np.testing.assert_array_equal(dataset.train.y, np.arange(18) % 10)
    np.testing.assert_array_equal(dataset.validation.y, [8, 9])


def test_fashion_mnist_never_takes_files_from_the_folder_above_by_chance(
    loaded: Any, write_mnist: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_mnist(tmp_path / "own" / "fashion_mnist", n=30)
    write_mnist(tmp_path / "own" / "mnist", n=20)
    monkeypatch.setenv("NETC_DATA_DIR", str(tmp_path / "own"))
    dataset, wrong = loaded(FashionMnist())
    assert wrong == []
    assert len(dataset.train) == 27
    assert dataset.class_names[9] == "ankle boot"


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("train_images", b"\0\0\x08\x03", "it ends inside its header of 16 bytes"),
        (
            "train_labels",
            b"\0\0\x08\x01\0\0\0\x02\0\1",
            "it has 2 labels for 20 images",
        ),
        (
            "t10k_labels",
            b"\0\0\x08\x01\0\0\0\x06\0\1\2\3\4\x0a",
            "it has the label 10; the largest is 9",
        ),
        (
            "train_images",
            b"\0\0\x08\x03\0\0\0\1\0\0\0\2\0\0\0\2abcd",
            "expected images of 28x28 bytes, got 1x2x2 of uint8",
        ),
        (
            "t10k_images",
            b"\0\0\x08\x03\0\0\0\0\0\0\0\x1c\0\0\0\x1c",
            "it has 6 labels for 0 images",
        ),
    ],
)
def test_damaged_files_are_named(
    file: str,
    content: bytes,
    reason: str,
    loaded: Any,
    write_mnist: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_mnist(tmp_path / "mnist", **{file: content})
    monkeypatch.setenv("NETC_DATA_DIR", str(tmp_path))
    dataset, wrong = loaded(Mnist())
    assert dataset is None
    assert len(wrong) == 1
    assert wrong[0].startswith("E0502 cannot read `")
    assert wrong[0].endswith(f": {reason}")


class _Server(http.server.BaseHTTPRequestHandler):
    files: dict[str, bytes] = {}
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        body = self.files.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def mirror() -> Iterator[Callable[[dict[str, bytes]], str]]:
    """A web server on this machine; gives its address."""
    server = http.server.HTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()

    def serve(files: dict[str, bytes]) -> str:
        _Server.files, _Server.asked = files, []
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    server.shutdown()
    thread.join()
    server.server_close()


CONTENT = b"\0\0\x08\x01\0\0\0\x02\0\1" + bytes(70_000)
FILE = PublishedFile("labels.gz", content_sha256=hashlib.sha256(CONTENT).hexdigest())


def _find(mirrors: tuple[str, ...], place: Place) -> tuple[Any, Problems, list[Downloading]]:
    problems = Problems()
    events: list[Any] = []
    found = find("things", FILE, mirrors, place=place, problems=problems, reporter=events.append)
    return found, problems, events


def test_a_download_is_checked_by_content_kept_and_not_repeated(
    mirror: Any, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NETC_DATA_DIR", raising=False)
    address = mirror(
        {
            "/wrong/labels.gz": gzip.compress(b"something else"),
            "/good/labels.gz": gzip.compress(CONTENT, 1),
        }
    )
    mirrors = tuple(f"{address}/{name}/" for name in ("absent", "wrong", "good"))
    found, problems, events = _find(mirrors, place)
    assert len(problems) == 0
    assert found.content.data == CONTENT
    assert _Server.asked == ["/absent/labels.gz", "/wrong/labels.gz", "/good/labels.gz"]
    assert events[-1].received == events[-1].total > 0
    folder = tmp_path / "cache" / "things"
    assert [item.name for item in folder.iterdir()] == ["labels.gz"]

    again, _, events = _find(mirrors, place)
    assert again.content.data == CONTENT
    assert len(_Server.asked) == 3
    assert events == []


def test_a_damaged_cache_is_fetched_again(mirror: Any, place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "things"
    folder.mkdir(parents=True)
    (folder / "labels.gz").write_bytes(b"half")
    packed = gzip.compress(CONTENT)  # which holds the second of the clock
    address = mirror({"/labels.gz": packed})
    found, _, _ = _find((f"{address}/",), place)
    assert found.content.data == CONTENT
    assert (folder / "labels.gz").read_bytes() == packed


def test_when_nothing_answers_every_attempt_is_told(
    mirror: Any, place: Place, tmp_path: Path
) -> None:
    address = mirror({"/wrong/labels.gz": gzip.compress(b"something else")})
    found, problems, _ = _find(
        (f"{address}/absent/", f"{address}/wrong/", "http://127.0.0.1:9/"), place
    )
    assert found is None
    (problem,) = problems
    assert problem.code == "E0503"
    assert [item.split(": ", 1)[1] for item in problem.help()[:3]] == [
        "the server answered 404",
        "the download is not the published file (its SHA-256 differs)",
        "no connection",
    ]
    assert list((tmp_path / "cache" / "things").iterdir()) == []


def test_every_published_file_has_a_hash() -> None:
    for published in (MNIST, FASHION_MNIST):
        for file in published.files:
            assert len(file.content_sha256 or file.archive_sha256 or "") == 64


@needs_mnist
def test_mnist_itself(loaded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETC_DATA_DIR", str(REAL))
    dataset, wrong = loaded(Mnist())
    assert wrong == []
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (
        54_000,
        6_000,
        10_000,
    )
    assert dataset.note == ""
    # the published means of the training images and of the digit counts of the test labels
    every = np.concatenate([dataset.train.x, dataset.validation.x])
    assert every.mean(dtype=np.float64) == pytest.approx(0.1307, abs=5e-5)
    assert np.bincount(dataset.test.y).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
