"""On what a run was made: the machine, the versions, the files of the data."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from ... import __version__
from ...compiler.data.files import Files, FilesOfParts
from ...compiler.ir import Model
from ...compiler.reading import file_in
from ..engine.autotune import processor_name
from ..engine.selection import count_cores
from .record import FileFingerprint

BLOCK = 2**20


def versions() -> dict[str, str]:
    """Those that a figure may depend on."""
    return {
        "netc": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "safetensors": version("safetensors"),
    }


def machine() -> dict[str, str | int]:
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": processor_name(),
        "cores": count_cores(),
    }


def data_paths(model: Model, root: Path) -> list[Path]:
    """The files and folders that the data of a spec and its first weights are read from."""
    data, found = model.data, list[Path]()
    if isinstance(data, Files):
        found.append(file_in(root, data.path))
    if isinstance(data, FilesOfParts):
        found.extend(file_in(root, path) for path in data.part_files().values())
    if model.weights is not None:
        found.append(file_in(root, model.weights))
    return found


def fingerprints(paths: Iterable[Path], root: Path) -> list[FileFingerprint]:
    """What tells a file, or the names and sizes in a folder, from another. Raises OSError."""
    found = []
    for path in paths:
        shown = os.path.relpath(path, root) if path.is_relative_to(root) else str(path)
        if path.is_dir():
            size, digest = _of_folder(path)
            found.append(FileFingerprint(path=shown, bytes=size, sha256=digest, kind="folder"))
        elif path.is_file():
            digest = _of_file(path)
            size = path.stat().st_size
            found.append(FileFingerprint(path=shown, bytes=size, sha256=digest, kind="file"))
    return found


def _of_file(path: Path) -> str:
    total = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            total.update(block)
    return total.hexdigest()


def _of_folder(path: Path) -> tuple[int, str]:
    total, size = hashlib.sha256(), 0
    for folder, below, names in os.walk(path):
        below.sort()
        for name in sorted(names):
            file = Path(folder, name)
            each = file.stat().st_size if file.exists() else 0
            size += each
            total.update(f"{file.relative_to(path).as_posix()}\0{each}\n".encode())
    return size, total.hexdigest()


def process_start(process: int) -> str | None:
    """What tells a process from a later one of the same number; None for one that is gone, or where
    the system does not say."""
    try:
        fields = (
            Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        )
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    return f"{boot} {fields[19]}"


def is_alive(process: int | None, started: str | None) -> bool:
    """Whether the process of a run still works on it."""
    if process is None:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's, and there
    except OverflowError:
        return False  # no system has such a number
    now = process_start(process)
    return started is None or now is None or now == started
