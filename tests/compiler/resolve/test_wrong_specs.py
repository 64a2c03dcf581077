"""Specs as people get them wrong, with what netc says about each: the place, the code, the
message, and the first way out. Beside every spec stands a text with what is expected."""

from __future__ import annotations

from pathlib import Path

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of

SPECS = sorted((Path(__file__).parent / "wrong_specs").glob("*.net"))


def said(text: str) -> str:
    lines = []
    for item in check(source_of(text), BUILTIN, read_source).problems:
        lines.append(f"{item.at.line}:{item.at.column} {item.code} {item.message()}")
        fixes = tuple(fix.title for fix in item.fixes())
        ways = item.help() or ((item.label(),) if item.label() else ()) or fixes
        lines += [f"    {way}" for way in ways[:1]]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("path", SPECS, ids=[path.stem for path in SPECS])
def test_a_wrong_spec_is_told_what_is_wrong(path: Path, pytestconfig: pytest.Config) -> None:
    found = said(path.read_text(encoding="utf-8"))
    expected = path.with_suffix(".txt")
    if pytestconfig.getoption("--update-snapshots"):
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")
