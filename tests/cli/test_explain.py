"""The pages of `netc explain`: each example gives exactly the code that its page is about."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from netc.cli.commands.explain import FAMILIES
from netc.cli.glossary import known_words, word_page
from netc.cli.problems.page import page_text
from netc.cli.terminal.screen import UNICODE, Screen
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.problems.catalog import all_problem_classes
from netc.compiler.reading import read_source, source_of
from netc.grammar.problem import Problem

Netc = Callable[..., subprocess.CompletedProcess[str]]
Snapshot = Callable[[str, str], None]

PLAIN = Screen(UNICODE, "utf-8", False, 100)
FENCE = re.compile(
    r"^(?P<instead>Instead.*:\n\n)?```(?P<kind>netc|text)(?P<fixed> fixed)?\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
CLASSES = all_problem_classes()

by_code = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.code)


def examples(cls: type[Problem], wanted: str) -> list[str]:
    """The examples of a page: `netc` wrong ones, `fixed` repaired ones, `text` others."""
    found = []
    for match in FENCE.finditer(page_text(cls)):
        kind = "fixed" if match["instead"] or match["fixed"] else match["kind"]
        if wanted == kind and match["kind"] == ("text" if wanted == "text" else "netc"):
            found.append(match["text"])
    return found


def codes(text: str) -> list[str]:
    """The codes that a text gives, each once; lints too."""
    found = check(source_of(text), BUILTIN, read_source).problems
    return sorted({problem.code for problem in found})


def test_no_code_is_used_twice() -> None:
    assert len({cls.code for cls in CLASSES}) == len(CLASSES)


@by_code
def test_a_page_explains_and_shows(cls: type[Problem]) -> None:
    page = page_text(cls)
    assert re.fullmatch(r"[EW]0\d{3}", cls.code)
    assert any(cls.code.startswith(prefix) for prefix in FAMILIES)
    assert cls.title
    assert not cls.title.endswith(".")
    assert not cls.title[:2].istitle(), "a title begins in lower case"
    assert examples(cls, "netc") or examples(cls, "text"), "a page has an example"
    assert page.count("```") == 2 * len(FENCE.findall(page)), "only netc and text are fenced"


@by_code
def test_its_example_gives_its_code_and_no_other(cls: type[Problem]) -> None:
    for text in examples(cls, "netc"):
        assert codes(text) == [cls.code], text


@by_code
def test_its_repaired_example_does_not(cls: type[Problem]) -> None:
    for text in examples(cls, "fixed"):
        assert not [code for code in codes(text) if code.startswith("E") or code == cls.code], text


@by_code
def test_its_page_is_printed(cls: type[Problem], netc: Netc) -> None:
    from netc.cli.commands.explain import _code_page

    page = _code_page(cls.code, PLAIN)
    assert page.startswith(f"{cls.code}: {cls.title}\n")
    assert "```" not in page


@pytest.mark.parametrize("word", known_words())
def test_every_word_has_a_page(word: str) -> None:
    page = word_page(word, PLAIN)
    assert page is not None
    assert word in page
    assert page.endswith("\n")


@pytest.mark.parametrize(
    "entry", BUILTIN.entries, ids=lambda entry: f"{entry.category}-{entry.word}"
)
def test_a_page_shows_all_options(entry: object) -> None:
    from netc.compiler.language.options import options_of
    from netc.compiler.language.vocabulary import Entry

    assert isinstance(entry, Entry)
    page = word_page(entry.word, PLAIN)
    assert page is not None
    for option in options_of(BUILTIN.get(entry.category, entry.word)):
        assert re.search(rf"^  {option.name} ", page, re.MULTILINE), option.name


def test_what_nothing_is_called_has_no_page() -> None:
    assert word_page("covn", PLAIN) is None


@pytest.mark.parametrize("subject", ["conv", "poly", "adam", "loss", "repeat", "E0312", "w0311"])
def test_pages_look_like_this(subject: str, netc: Netc, snapshot: Snapshot) -> None:
    done = netc("explain", subject)
    assert done.returncode == 0, done.stderr
    snapshot(f"explain/{subject}.txt", done.stdout)


def test_without_a_subject_everything_is_listed(netc: Netc, tmp_path: Path) -> None:
    done = netc("explain")
    assert done.returncode == 0
    for cls in CLASSES:
        assert f"  {cls.code}  {cls.title}\n" in done.stdout
    for entry in BUILTIN.entries:
        assert re.search(rf"\b{entry.word}\b", done.stdout)


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("init", ['init "weights.safetensors"', "dense", "glorot"]),
        ("share", ["share=, an option", "conv"]),
        ("momentum", ["momentum=, an option", "opt sgd", "default `0`"]),
        ("expect", ["expect, a layer", "expect params=61706", "macs", "acc", "val_"]),
    ],
)
def test_statements_and_options_are_explained(subject: str, said: list[str]) -> None:
    page = word_page(subject, PLAIN)
    assert page is not None
    for words in said:
        assert words in page
