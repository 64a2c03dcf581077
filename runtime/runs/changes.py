"""What has changed since a run began: its spec, its model, the files of its data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Any

from ...compiler.ir import Model, to_json
from ...grammar.source import Source
from .arrays import array_changes
from .environment import data_paths, fingerprints
from .folder import RunFolder
from .opening import copy_names
from .record import ArrayFingerprint, RunRecord

MOST_LINES = 40


def changes(
    folder: RunFolder,
    record: RunRecord,
    model: Model,
    sources: Sequence[Source],
    arrays: Sequence[ArrayFingerprint] = (),
) -> tuple[str, ...]:
    """As lines of a diff; none where all is as it was. More epochs change nothing that was done.
    `arrays` are those of a program."""
    lines = [*_texts(folder, sources), *_data(record, model)]
    lines += array_changes(record.data_arrays, arrays)
    if not lines:
        lines = list(_model(folder, model))
    more = len(lines) - MOST_LINES
    return tuple(lines) if more <= 0 else (*lines[:MOST_LINES], f"... and {more} more lines")


def _texts(folder: RunFolder, sources: Sequence[Source]) -> Iterator[str]:
    for name, source in zip(copy_names(sources), sources, strict=True):
        path = folder.path / name
        try:
            before = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            yield f"{name}: its copy in the run is missing"
            continue
        yield from unified_diff(
            before.splitlines(),
            source.text.splitlines(),
            f"{name} then",
            f"{source.name} now",
            lineterm="",
            n=1,
        )


def _model(folder: RunFolder, model: Model) -> Iterator[str]:
    try:
        before = _plain(json.loads(folder.model.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        yield "ir.json: it is missing or damaged"
        return
    after = _plain(json.loads(to_json(model)))
    if before != after:
        yield from unified_diff(
            _lines(before), _lines(after), "model then", "model now", lineterm="", n=1
        )


def _lines(model: dict[str, Any]) -> list[str]:
    return json.dumps(model, indent=1, sort_keys=True).splitlines()


def _plain(model: dict[str, Any]) -> dict[str, Any]:
    """A model as JSON without what a continued run may change."""
    train = {name: value for name, value in model["train"].items() if name != "epochs"}
    return {**model, "train": train}


def _data(record: RunRecord, model: Model) -> Iterator[str]:
    root = Path(record.spec.root)
    try:
        now = {file.path: file for file in fingerprints(data_paths(model, root), root)}
    except OSError as error:
        yield f"{error.filename}: {(error.strerror or type(error).__name__).lower()}"
        return
    for file in record.data_files:
        other = now.get(file.path)
        if other is None:
            yield f"{file.path}: it is missing, or the data is different"
        elif other.sha256 != file.sha256:
            sizes = f"{file.bytes:,} bytes then, {other.bytes:,} now"
            yield f"{file.path}: its content differs ({sizes})"
