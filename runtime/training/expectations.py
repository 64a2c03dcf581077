"""What a spec expects of a run, against what was measured."""

from __future__ import annotations

from collections.abc import Mapping

from ...compiler.ir import Expectation
from ...compiler.spans import Spans
from ...compiler.training.monitors import COMPARE
from ..events import ExpectationResult, RunReport


def judge(
    wanted: tuple[Expectation, ...], report: RunReport, spans: Spans
) -> tuple[ExpectationResult, ...]:
    """The expectations that only a run can decide: of the test part, or, with `val_` and
    `train_`, of the epoch whose weights were kept."""
    kept = report.test.weights_of if report.test is not None else None
    epoch = report.epochs[(kept or len(report.epochs)) - 1]
    values = dict(epoch.measured)
    if report.test is not None:
        values.update(report.test.measured)
    return judge_values(wanted, values, spans)


def judge_values(
    wanted: tuple[Expectation, ...], values: Mapping[str, float], spans: Spans
) -> tuple[ExpectationResult, ...]:
    """The expectations of those quantities that were measured."""
    result = []
    for index, item in enumerate(wanted):
        if item.quantity not in values:
            continue
        value = values[item.quantity]
        place = spans.get(f"expectations.{index}")
        written = "" if place is None else place.text.removeprefix("expect").strip()
        text = written or f"{item.quantity}{item.operator}{item.bound:g}"
        result.append(ExpectationResult(text, value, COMPARE[item.operator](value, item.bound)))
    return tuple(result)
