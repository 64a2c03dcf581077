"""The JSON of a model, and the bytes of its weights, from a `.keras`, `.h5` or `.json` file."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ...data.archives.zip_directory import check_count, misnamed
from ...data.bounded_reading import (
    DAMAGE,
    RefusedError,
    reason_of,
    says_how_inflated,
    says_what_is_free,
    why_no_file,
)
from .legacy import SIGNATURE, legacy_texts

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
"""What the files in an archive are called."""
LARGEST_JSON = 2**24
"""Bytes of JSON that are read; ResNet-152 has 2^19. Parsed, they may take 30 times as many."""


@dataclass(frozen=True, slots=True)
class KerasFile:
    """The content of a file."""

    model: Any
    """The JSON, parsed."""
    weights: bytes | None
    """A file of HDF5; None where there is only the JSON."""
    is_legacy: bool = False
    """Whether that is a model as Keras 2 saves it."""


def read_keras_file(path: Path) -> KerasFile:
    """What a file holds. Raises `RefusedError` with the reason why it cannot be read."""
    reason = why_no_file(path)
    if reason:
        raise RefusedError(reason)
    try:
        with path.open("rb") as file:
            start, size = file.read(len(SIGNATURE)), path.stat().st_size
            file.seek(0)
            _check_ending(path, start)
            if start.startswith(b"PK"):
                return _archive(file, size)
            if start == SIGNATURE:
                return _legacy(file, size)
            return KerasFile(_parsed(_json_text(file, size)), None)
    except DAMAGE as error:
        what = "the archive" if is_archive_name(path) else "the file"
        raise RefusedError(reason_of(error, what) or "it is damaged") from None


def _check_ending(path: Path, start: bytes) -> None:
    """Raises `RefusedError` for weights in a file whose name promises none."""
    if path.suffix.lower() != ".json":
        return
    for first, what, ending in ((b"PK", "an archive", ".keras"), (SIGNATURE, "HDF5", ".h5")):
        if start.startswith(first):
            raise RefusedError(f"it is {what}, not JSON: its name should end in `{ending}`")


def is_archive_name(path: Path) -> bool:
    """Whether a file should be an archive, by its name."""
    return path.suffix.lower() == ".keras"


def _json_text(file: IO[bytes], size: int) -> bytes:
    if size > LARGEST_JSON:
        raise RefusedError(f"it has {size:,} bytes, and at most {LARGEST_JSON:,} are read")
    return file.read()


def _archive(file: IO[bytes], size: int) -> KerasFile:
    with zipfile.ZipFile(file) as archive:
        check_count(archive, file, size)
        names = [info.filename for info in archive.infolist()]
        for name in (CONFIG, WEIGHTS):
            if names.count(name) > 1:
                raise RefusedError(f"the archive has two files `{name}`")
        if CONFIG not in names:
            raise RefusedError(f"it has no `{CONFIG}`, so it is not from Keras")
        for name in misnamed([archive.getinfo(CONFIG)], file):
            raise RefusedError(f"the archive has another name for `{name}`")
        model = _parsed(_member(archive, CONFIG, LARGEST_JSON))
        if WEIGHTS not in names:
            others = [name for name in names if name.startswith("model.weights")]
            if others:
                raise RefusedError(f"its weights are in `{others[0]}`, and netc reads `{WEIGHTS}`")
            raise RefusedError(f"it has no `{WEIGHTS}`")
        return KerasFile(model, _member(archive, WEIGHTS))


def _legacy(file: IO[bytes], size: int) -> KerasFile:
    reason = says_what_is_free(2 * size)
    if reason:
        raise RefusedError(reason)
    data = file.read()
    texts = legacy_texts(data)
    for name, text in texts.items():
        if len(text) > LARGEST_JSON:
            raise RefusedError(
                f"`{name}` has {len(text):,} characters, and at most {LARGEST_JSON:,} are read"
            )
    model = _parsed(texts["model_config"].encode())
    if isinstance(model, dict):
        training = texts.get("training_config")
        model.setdefault("keras_version", texts.get("keras_version", ""))
        model.setdefault("training_config", training and _parsed(training.encode()))
    return KerasFile(model, data, is_legacy=True)


def _member(archive: zipfile.ZipFile, name: str, most: int | None = None) -> bytes:
    """A file of an archive, which may say more than there is, and inflate to more than it says."""
    info = archive.getinfo(name)
    if most is not None and info.file_size > most:
        raise RefusedError(f"`{name}` has {info.file_size:,} bytes, and at most {most:,} are read")
    reason = says_how_inflated(info.file_size, info.compress_size) or says_what_is_free(
        2 * info.file_size
    )
    if reason:
        raise RefusedError(f"`{name}`: {reason}")
    with archive.open(info) as file:
        data = file.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise RefusedError(f"`{name}` does not have the size that the archive states")
    return data


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise RefusedError("its JSON is nested too deeply") from None
    except UnicodeDecodeError:
        raise RefusedError("its JSON is not UTF-8") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise RefusedError(f"its JSON is damaged at {place}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RefusedError(f"its JSON has `{twice[:60]}` twice in one object")
    return found
