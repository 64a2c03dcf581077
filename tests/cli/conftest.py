"""Snapshots: what the command prints, kept as readable text files.

pytest tests/cli --update-snapshots      writes them anew; look at the difference
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from command import run_netc

FOLDER = Path(__file__).parent / "snapshots"


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with the file of this name, or writes the file where that is asked for."""

    def compare(name: str, text: str) -> None:
        path = FOLDER / name
        if request.config.getoption("--update-snapshots"):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        assert path.exists(), f"no snapshot {name}: run pytest with --update-snapshots"
        assert text == path.read_bytes().decode()

    return compare


@pytest.fixture
def netc(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command in an empty folder, without a terminal."""
    return partial(run_netc, tmp_path)


@pytest.fixture
def without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if matplotlib were not installed: drawing takes no time."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
