"""A plan holds the programs of its purpose and no others."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from netc.compiler.lower.context import Purpose
from netc.compiler.lower.plan import Plan

TEXT = "input 8x8x1 -> conv 4 3x3 bn relu -> flatten -> dense 3 softmax; loss ce; opt adam"

PROGRAMS: dict[tuple[Purpose, int | None], set[str]] = {
    ("evaluate", None): {"prepare", "evaluate"},
    ("gradients", None): {"gradients"},
    ("step", None): {"train"},
    ("train", None): {"prepare", "evaluate", "train"},
    ("evaluate", 8): {"prepare", "evaluate"},
    ("gradients", 8): {"gradients"},
    ("step", 8): {"gradients", "update"},
    ("train", 8): {"prepare", "evaluate", "gradients", "update"},
}
"""By purpose, and by the whole batch where the plan is one shard's."""


@pytest.mark.parametrize(("purpose", "total"), PROGRAMS)
def test_a_plan_has_the_programs_of_its_purpose(
    purpose: Purpose, total: int | None, plan_of: Callable[..., Plan]
) -> None:
    plan = plan_of(TEXT, purpose=purpose, total_batch=total)
    assert plan.programs.keys() == PROGRAMS[purpose, total]


@pytest.mark.parametrize("purpose", ["evaluate", "gradients", "step"])
def test_a_program_is_the_same_for_every_purpose(
    purpose: Purpose, plan_of: Callable[..., Plan]
) -> None:
    """Of the gradients the steps are those of training, as far as the update."""
    whole, plan = plan_of(TEXT, purpose="train"), plan_of(TEXT, purpose=purpose)
    for name, steps in plan.programs.items():
        there = whole.programs["train" if name == "gradients" else name]
        for step, wanted in zip(steps, there, strict=name != "gradients"):
            assert (step.row, step.layer, step.attributes) == (
                wanted.row, wanted.layer, wanted.attributes,
            )  # fmt: skip


def test_an_evaluation_needs_neither_gradients_nor_optimizer_state(
    plan_of: Callable[..., Plan],
) -> None:
    whole, plan = plan_of(TEXT, purpose="train"), plan_of(TEXT, purpose="evaluate")
    assert plan.bytes["gradients"] == plan.bytes["state"] == 0
    assert plan.bytes["parameters"] == whole.bytes["parameters"]
    assert plan.bytes["arena"] < whole.bytes["arena"]
