"""Formatting a text keeps what it means, and formatting it again changes nothing."""

from __future__ import annotations

from collections import Counter

from fuzz_checker import examined
from netc.compiler.format_words import format_words
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import Checked
from netc.grammar.format.document import format_file, has_one_line
from netc.grammar.parser import parse
from netc.grammar.problem import Problems
from netc.grammar.source import Source
from spec_mutations import document_seeds, mutated_spec
from target import Target


def formatted(text: str, *, one_line: bool = False) -> str | None:
    """The canonical text, or None of a text with errors in its syntax."""
    problems = Problems()
    file = parse(Source("s.net", text), problems)
    if problems.has_errors() or (one_line and not has_one_line(file)):
        return None
    return format_file(file, format_words(BUILTIN), one_line=one_line)


def comments(text: str) -> list[str]:
    return [item.text.rstrip() for item in parse(Source("s.net", text), Problems()).comments]


def codes(checked: Checked) -> Counter[str]:
    return Counter(problem.code for problem in checked.problems)


def run(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    first = formatted(text)
    if first is None:
        return
    before = examined(text)
    _means_the_same(before, first, "formatting")
    assert formatted(first) == first, f"formatting again changes the text: {first!r}"
    assert comments(text) == comments(first), f"formatting changes comments: {first!r}"
    line = formatted(text, one_line=True)
    if line is not None:
        assert line.count("\n") <= 1, f"one line is several: {line!r}"
        _means_the_same(before, line, "formatting as one line")
        again = formatted(line, one_line=True)
        assert again == line, f"one line again changes the text: {line!r} {again!r}"


def _means_the_same(before: Checked, text: str, how: str) -> None:
    after = examined(text)
    assert codes(before) == codes(after), f"{how} changes problems: {codes(after)} of {text!r}"
    assert before.model == after.model, f"{how} changes the model: {text!r}"


TARGET = Target(document_seeds, mutated_spec, run)
