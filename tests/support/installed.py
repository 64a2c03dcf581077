"""Packages that seem to be installed: a folder on the path with a module and its metadata."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.language.outside import find_words
from netc.compiler.language.vocabulary import Vocabulary


def install(
    folder: Path, package: str, points: Mapping[str, str], code: str, patch: pytest.MonkeyPatch
) -> None:
    """Puts a package on the path. `points` are its entry points, and `code` is its module, whose
    name is that of the package with `_` for `-`."""
    here = folder / package
    metadata = here / f"{package.replace('-', '_')}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = "".join(f"{name} = {value}\n" for name, value in points.items())
    (metadata / "entry_points.txt").write_text(f"[netc.words]\n{lines}")
    (here / f"{package.replace('-', '_')}.py").write_text(code)
    patch.syspath_prepend(str(here))


def installed_words() -> Vocabulary:
    """The words of netc and of what is installed now."""
    return Vocabulary(BUILTIN.entries, find_words)
