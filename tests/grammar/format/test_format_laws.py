"""The laws of the formatter, on generated specs and on those that ship with netc."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from meaning import Words, meaning
from netc.compiler.format_words import format_words
from netc.compiler.language.builtin import BUILTIN
from netc.grammar.format.document import format_file, has_one_line
from netc.grammar.format.values import FormatWords
from spec_strategy import specs

SPECS = sorted((Path(__file__).parents[3] / "specs").rglob("*.net"))
Read = Callable[[str], tuple[Any, tuple[Any, ...]]]
laws = settings(max_examples=200, suppress_health_check=list(HealthCheck))


def hold(text: str, read: Read, words: FormatWords) -> str:
    """The formatted text, after looking at every law."""
    file, problems = read(text)
    assert problems == ()
    once = format_file(file, words)
    again, problems = read(once)
    assert problems == ()
    assert format_file(again, words) == once
    assert meaning(again, words) == meaning(file, words)
    assert [c.text for c in again.comments] == [c.text.rstrip() for c in file.comments]
    assert "\n\n\n" not in once
    assert not once.startswith("\n")
    assert all(line == line.rstrip() for line in once.splitlines())
    return once


@laws
@example(text="dense [dense\n] [dense stride= # note -> x\n-1] 0\n")
@given(text=specs())
def test_formatting_keeps_meaning_and_comments_and_is_done_once(text: str, read: Read) -> None:
    hold(text, read, Words())


@laws
@given(text=specs(comments=False))
def test_one_line_is_the_same_spec(text: str, read: Read) -> None:
    words = Words()
    file, problems = read(text)
    assert problems == ()
    line = format_file(file, words, one_line=True)
    assert line.count("\n") == bool(file.statements)
    again, problems = read(line)
    assert problems == ()
    assert meaning(again, words) == meaning(file, words)
    assert format_file(again, words, one_line=True) == line
    hold(line, read, words)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_shipped_specs_obey_the_laws(path: Path, read: Read) -> None:
    text = hold(path.read_text(encoding="utf-8"), read, format_words(BUILTIN))
    assert max(map(len, text.splitlines())) <= 100


def test_a_text_with_comments_has_no_one_line_form(read: Read) -> None:
    file, _ = read("input 3  # x\n")
    assert not has_one_line(file)
    with pytest.raises(ValueError, match="comments"):
        format_file(file, Words(), one_line=True)


def test_a_text_that_could_not_be_read_is_not_formatted(read: Read) -> None:
    file, _ = read("input 3 [\n")
    with pytest.raises(ValueError, match="could not be read"):
        format_file(file, Words())
