"""The report of an earlier run is that of its end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from netc.grammar.problem import Problems
from netc.runtime.report.collecting.again import collect_again
from netc.runtime.report.collecting.collect import collect, collect_curves
from netc.runtime.training.fitting import trained_state_of
from report_examples import SPECS, write_data
from reporting import FACTS, trained


@pytest.mark.parametrize(
    "name", ["regression", "binary", "labels", "positions", "autoencoder", "pictures", "no test"]
)
def test_it_needs_the_weights_and_the_data_only(name: str, tmp_path: Path) -> None:
    write_data(tmp_path)
    spec, session, report, told = trained(SPECS[name], tmp_path)
    before = collect(session, report, FACTS, told, measures=False)
    state = trained_state_of(session)
    session.engine.close()
    problems = Problems()
    after = collect_again(spec, state, report, FACTS, told, root=tmp_path, problems=problems)
    assert list(problems) == []
    assert after is not None
    assert replace(after, times=None) == before


def test_data_that_are_gone_are_a_problem(tmp_path: Path) -> None:
    write_data(tmp_path)
    spec, session, report, told = trained(SPECS["exact"], tmp_path)
    state, problems = trained_state_of(session), Problems()
    (tmp_path / "houses.csv").unlink()
    found = collect_again(spec, state, report, FACTS, told, root=tmp_path, problems=problems)
    assert found is None
    assert problems.has_errors()
    bare = collect_curves(spec, report, FACTS, told, reason="the data are gone")
    assert bare.curves
    assert bare.figures
    assert bare.missing == (("classes, samples and layers", "the data are gone"),)
