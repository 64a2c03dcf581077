"""The native engine computes what the NumPy engine does, for specs that nobody has written."""

from __future__ import annotations

import pytest
from generated_models import Generated, models
from growing import examined
from hypothesis import HealthCheck, given, note, settings
from native_laws import native_engine_agrees

MANY = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.heavy
@pytest.mark.parametrize("share", range(2))
@MANY
@given(model=models())
def test_both_engines_agree_for_hundreds(model: Generated, share: int) -> None:
    """In shares, which several processes take."""
    note(model.text)
    checked = examined(model.text)
    if not checked.has_errors:
        native_engine_agrees(model, checked)
