"""Any bytes as a data file give a data set with all its samples, or a diagnosis.

The first byte of an input is the number of the format, the others are the file.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from functools import cache
from pathlib import Path
from random import Random

import netc
from netc.grammar.problem import Problems
from netc.runtime.model.predict_files import predict_files
from reader_files import SAMPLES, ReaderFile, damaged, damaged_inside, reader_files
from target import Target

NAMES = (
    *("npy", "npy of targets", "npz", "npz, deflated", "npz, LZMA", "idx", "idx of labels"),
    *("idx, gzip", "csv", "csv, gzip", "csv, UTF-16", "tsv", "parquet", "xlsx"),
    *("png", "jpg", "gif", "bmp", "tif", "pgm", "zip", "tar", "gnu.tar", "tgz", "tar.bz2"),
    "tar.xz",
)
"""The formats in the order of their numbers, which kept inputs begin with."""


def _form(number: int) -> ReaderFile | None:
    """A format; None where its library is not installed."""
    return reader_files().get(NAMES[number % len(NAMES)])


def seeds() -> tuple[bytes, ...]:
    """A whole file of every format."""
    forms = ((number, _form(number)) for number in range(len(NAMES)))
    return tuple(bytes([number]) + form.content for number, form in forms if form is not None)


def mutate(data: bytes, pool: Sequence[bytes], random: Random) -> bytes:
    """Changed bytes of the file or of what is packed in it; sometimes another format's."""
    head, content = data[:1], data[1:]
    drawn = random.random()
    if drawn < 0.02:
        return bytes([random.randrange(len(NAMES))]) + content
    if drawn < 0.04:
        other = random.choice(pool)[1:]
        return head + content[: len(content) // 2] + other[len(other) // 2 :]
    return head + (damaged_inside if drawn < 0.5 else damaged)(content, random)


@contextmanager
def _folder(files: dict[str, bytes]) -> Iterator[None]:
    """A folder of its own with these files, which is where the process is."""
    with tempfile.TemporaryDirectory() as name, chdir(name):
        os.environ["NETC_CACHE_DIR"] = str(Path(name) / "cache")
        for path, content in files.items():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_bytes(content)
        yield


@cache
def _trained(form: ReaderFile) -> netc.Model:
    with _folder(form.files()):
        model = netc.compile(form.spec)
        model.fit()
    return model


def run(data: bytes) -> None:
    form = _form(data[0]) if data else None
    if form is None:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = _trained(form) if form.sample else None
        with _folder(form.files(data[1:])):
            _look(form)
            if model is not None:
                problems = Problems()
                found = predict_files(model, (form.path,), problems)
                assert found is not None or problems.has_errors(), "no predictions and no reason"


def _look(form: ReaderFile) -> None:
    """What `netc data` does."""
    try:
        report = netc.inspect_data(form.spec)
    except netc.NetcError:
        return
    if form.counts and not report.errors:
        samples = sum(part.samples for part in report.parts)
        assert samples == SAMPLES, f"samples were dropped: {samples} of {SAMPLES}"


TARGET = Target(seeds, mutate, run, seconds=6.0)
