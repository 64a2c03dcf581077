"""The states of a run on the disk: the last one, and the one before it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..storage.files import write_atomically
from .folder import RunFolder
from .state_file import KeptState, decode_state, encode_state


@dataclass(frozen=True, slots=True)
class FoundState:
    """The newest state of a run that is whole."""

    kept: KeptState
    damage: str = ""
    """Why it is not the last one that was written."""


def write_state(folder: RunFolder, kept: KeptState) -> None:
    """Keeps a state, and the one before it. Whenever the process ends, one of the two is whole.
    Raises OSError."""
    data = encode_state(kept)
    folder.checkpoints.mkdir(exist_ok=True)
    beside = folder.state.with_name(".next.state.safetensors")
    write_atomically(beside, data)
    if folder.state.exists():
        os.replace(folder.state, folder.state_before)
    os.replace(beside, folder.state)


def read_state(folder: RunFolder) -> FoundState | str | None:
    """The last state that is whole, or why there is none; None where none was kept yet."""
    reasons: list[str] = []
    for path in (folder.state, folder.state_before):
        found = _read(path)
        if isinstance(found, KeptState):
            return FoundState(found, reasons[0] if reasons else "")
        if found:
            reasons.append(f"{path.name}: {found}")
    return "; ".join(reasons) or None


def _read(path: Path) -> KeptState | str:
    """The state in a file, or why there is none; an empty text where there is no file."""
    try:
        return decode_state(path.read_bytes())
    except FileNotFoundError:
        return ""
    except OSError as error:
        return (error.strerror or type(error).__name__).lower()
