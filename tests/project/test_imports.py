"""What may import what, as `pyproject.toml` states it, and never in a circle."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_import_contracts_hold() -> None:
    pytest.importorskip("importlinter", reason="the contracts are checked by import-linter")
    code = "from importlinter.cli import lint_imports_command as run; run(['--no-cache'])"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]


CIRCLES = {
    "netc.runtime.data.dataset",
    "netc.runtime.data.preparation",
    "netc.runtime.data.splits",
    "netc.runtime.model.model",
    "netc.runtime.training.saved",
}
"""What still has to be parted; the list only ever shrinks."""


def test_no_files_import_each_other() -> None:
    """Imports for types and inside functions count, too."""
    grimp = pytest.importorskip("grimp", reason="it comes with import-linter")
    graph = grimp.build_graph("netc", cache_dir=None)
    # The package looks its own names up in `api` when they are first used.
    graph.remove_import(importer="netc", imported="netc.api")
    graph.remove_import(importer="netc", imported="netc.events")
    circles = {
        module
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
        if graph.chain_exists(importer=imported, imported=module)
    }
    assert circles - CIRCLES == set()
