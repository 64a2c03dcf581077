"""A trained network, opened for a look inside."""

from __future__ import annotations

from pathlib import Path

import netc
from netc.grammar.problem import Problems
from netc.runtime.analysis.inspection.opening import Inspection, open_inspection
from netc.runtime.training.evaluation import load_part


def inspection_of(model: netc.Model, most: int = 1000, places: tuple[int, ...] = ()) -> Inspection:
    """The model with samples of the test part of its own data."""
    problems = Problems()
    spec, state = model.as_spec(), model.trained_state()
    loaded = load_part(
        spec, state, root=Path(), part="test", problems=problems, reporter=lambda event: None
    )
    assert loaded is not None, list(problems)
    found = open_inspection(spec, loaded, most=most, places=places, problems=problems)
    assert found is not None, list(problems)
    return found
