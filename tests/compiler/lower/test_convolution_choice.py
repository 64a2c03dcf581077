"""Which algorithm computes a convolution, where that depends on more than its sizes."""

from __future__ import annotations

from collections.abc import Callable

from netc.compiler.lower.plan import Plan

NINE_TILES = "input 12x12x8 -> conv 8 3x3 pad=same -> flatten -> dense 3 softmax; loss ce; opt adam"


def rows(plan: Plan, program: str) -> set[str]:
    return {step.row for step in plan.programs[program]}


def test_an_evaluation_by_the_native_engine_uses_winograd_for_few_tiles(
    plan_of: Callable[..., Plan],
) -> None:
    numpy, native = (plan_of(NINE_TILES, batch=1, native=native) for native in (False, True))
    assert "winograd_weights" in rows(native, "prepare")
    assert "winograd2d_bias" in rows(native, "evaluate")
    assert not any("winograd" in row for row in rows(native, "train"))
    assert not any("winograd" in row for row in rows(numpy, "evaluate"))
