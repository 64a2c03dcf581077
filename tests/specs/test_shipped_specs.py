"""Every net that ships with netc: it checks without a remark, and is written canonically."""

from __future__ import annotations

from pathlib import Path

import netc
import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source
from netc.grammar.source import Source

SPECS = sorted((Path(__file__).parents[2] / "specs").rglob("*.net"))


def ids(path: Path) -> str:
    return path.stem


def test_there_are_specs() -> None:
    assert len(SPECS) >= 20


@pytest.mark.parametrize("path", SPECS, ids=ids)
def test_a_shipped_net_checks_without_errors_and_lints(path: Path) -> None:
    source = read_source(str(path))
    assert isinstance(source, Source)
    checked = check(source, BUILTIN, read_source)
    remarks = [f"{problem.code} {problem.message()}" for problem in checked.problems]
    assert remarks == []


@pytest.mark.parametrize("path", SPECS, ids=ids)
def test_a_shipped_net_is_in_canonical_form(path: Path) -> None:
    text = path.read_text()
    assert netc.format(text, one_line=path.stem == "oneliner") == text


@pytest.mark.parametrize("path", SPECS, ids=ids)
def test_a_shipped_net_states_its_source_and_its_parameters(path: Path) -> None:
    text = path.read_text()
    if path.stem == "oneliner":
        assert text.count("\n") == 1
    else:
        assert text.startswith("# ")
        assert "\nexpect params=" in text
