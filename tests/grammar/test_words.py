"""The grammar knows no word of the vocabulary."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.grammar import parser

ROOT = Path(parser.__file__).parent
WORDS = {entry.word for entry in BUILTIN.entries}
OTHERWISE = {
    "after": "the side of a sign on which a value is missing",
    "step": "an iteration, written as a unit",
}
"""Strings that are a word of the vocabulary by chance."""


def strings(file: Path) -> Iterator[str]:
    """The strings of a file that are no docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


def mentioned(text: str) -> set[str]:
    """The words in the code of a message, or the string itself."""
    code = " ".join(re.findall("`([^`]*)`", text)) if "`" in text else text.strip()
    return WORDS & set(re.findall(r"[a-z]\w*", code) if "`" in text else {code})


@pytest.mark.parametrize("file", sorted(ROOT.rglob("*.py")), ids=lambda path: path.name)
def test_no_string_is_a_word_of_the_vocabulary(file: Path) -> None:
    found = {word for text in strings(file) for word in mentioned(text)}
    assert found - OTHERWISE.keys() == set()


def test_the_exceptions_are_met() -> None:
    found = {
        word for file in ROOT.rglob("*.py") for text in strings(file) for word in mentioned(text)
    }
    assert found == OTHERWISE.keys()


def test_a_word_in_a_message_is_found() -> None:
    assert mentioned("write `dense 64`") == {"dense"}
    assert mentioned("dense") == {"dense"}
    assert mentioned("add a comma") == set()
