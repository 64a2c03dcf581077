"""Plans of texts, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.language.frozen import change
from netc.compiler.lower.context import Choices, Purpose
from netc.compiler.lower.lower import lower
from netc.compiler.lower.plan import Plan
from netc.compiler.lower.request import NOTHING, PlanRequest
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of


@pytest.fixture
def plan_of() -> Callable[..., Plan]:
    """Checks a text, which must be right, and lowers it."""

    def build(
        text: str,
        *,
        batch: int = 4,
        purpose: Purpose = "train",
        total_batch: int | None = None,
        request: PlanRequest = NOTHING,
        **choices: Any,
    ) -> Plan:
        checked = check(source_of(text), BUILTIN, read_source)
        assert not checked.has_errors, [problem.message() for problem in checked.problems]
        model = checked.model
        if model.optimizer is not None and not type(model.optimizer).can_run():
            model = change(model, optimizer=None)
        return lower(
            model,
            checked.graph,
            batch=batch,
            total_batch=total_batch,
            purpose=purpose,
            choices=Choices(**choices),
            request=request,
        )

    return build
