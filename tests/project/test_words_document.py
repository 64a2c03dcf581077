"""The reference of words is what the classes say now."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

DOCS = Path(__file__).parents[2] / "docs"


def make_words() -> ModuleType:
    """The script that writes the reference, loaded from its file."""
    spec = importlib.util.spec_from_file_location("make_words", DOCS / "make_words.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_current() -> None:
    committed = (DOCS / "words.md").read_text(encoding="utf-8")
    assert committed == make_words().document(), "`make words` writes it anew"
