"""Decoded pictures in the cache."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...array_types import Array
from ..bounded_reading import DAMAGE
from .labelling import PARTS


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """All pictures as bytes or 16-bit numbers, (N, height, width, channels), by part."""

    images: dict[str, Array]
    labels: dict[str, NDArray[np.int64]]
    classes: tuple[str, ...]
    notes: tuple[str, ...]


def read_kept(path: Path) -> Decoded | None:
    """What an earlier run decoded; None where there is nothing, or nothing whole."""
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            parts = [part for part in PARTS if f"x_{part}" in archive.files]
            return Decoded(
                {part: archive[f"x_{part}"] for part in parts},
                {part: archive[f"y_{part}"] for part in parts},
                tuple(str(name) for name in archive["classes"]),
                tuple(str(note) for note in archive["notes"]),
            )
    except DAMAGE:
        return None


def keep(decoded: Decoded, path: Path) -> str:
    """Writes beside the place and moves there, so that no half file ever has the name. Says
    when it cannot be kept: the run is right all the same, the next one decodes again."""
    arrays: dict[str, Any] = {f"x_{part}": array for part, array in decoded.images.items()}
    arrays |= {f"y_{part}": array for part, array in decoded.labels.items()}
    arrays |= {
        "classes": np.array(decoded.classes, np.str_),
        "notes": np.array(decoded.notes, np.str_),
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".decoded-", suffix=".npz", dir=path.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, **arrays)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        return f"decoded images cannot be cached in {path.parent}: {error.strerror}"
    return ""
