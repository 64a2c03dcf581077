"""What a spec expects of a run, against what was measured."""

from __future__ import annotations

from collections.abc import Mapping

from ....compiler.ir import Expectation
from ....compiler.spans import Spans
from ....compiler.training.monitors import COMPARE
from ...events import ExpectationResult, RunReport


def judge(
    wanted: tuple[Expectation, ...], report: RunReport, spans: Spans
) -> tuple[ExpectationResult, ...]:
    """The expectations that only a run can decide: of the test part, or, with `val_` and
    `train_`, of the epoch whose weights were kept."""
    values, reasons = final_values(report)
    return judge_values(wanted, values, reasons, spans)


def final_values(report: RunReport) -> tuple[dict[str, float], dict[str, str]]:
    """What was measured with the weights that were kept, and why some of it has no meaning."""
    epoch = report.epochs[(report.weights_of or len(report.epochs)) - 1]
    values, reasons = dict(epoch.measured), dict(epoch.reasons)
    if report.test is not None:
        values.update(report.test.measured)
        reasons.update(report.test.reasons)
    return values, reasons


def judge_values(
    wanted: tuple[Expectation, ...],
    values: Mapping[str, float],
    reasons: Mapping[str, str],
    spans: Spans,
) -> tuple[ExpectationResult, ...]:
    """The expectations of those quantities that were measured. One of a quantity that has no
    meaning, for one of these `reasons`, does not hold."""
    result = []
    for index, item in enumerate(wanted):
        if item.quantity not in values:
            continue
        value = values[item.quantity]
        place = spans.get(f"expectations.{index}")
        written = "" if place is None else place.text.removeprefix("expect").strip()
        text = written or f"{item.quantity}{item.operator}{item.bound:g}"
        reason = reasons.get(item.quantity, "")
        holds = not reason and bool(COMPARE[item.operator](value, item.bound))
        result.append(ExpectationResult(text, value, holds, reason))
    return tuple(result)
