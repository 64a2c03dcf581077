"""The nets of the benchmarks, checked."""

from __future__ import annotations

from pathlib import Path

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import Checked, check
from netc.compiler.reading import read_source, source_of

ROOT = Path(__file__).parents[3]
NETS = sorted((ROOT / "benchmarks" / "nets").glob("*.net"))


@pytest.fixture(params=NETS, ids=lambda path: path.stem)
def net(request: pytest.FixtureRequest) -> Checked:
    """Each net of the table in turn."""
    checked = check(source_of(request.param.read_text()), BUILTIN, read_source)
    assert not checked.problems
    return checked
