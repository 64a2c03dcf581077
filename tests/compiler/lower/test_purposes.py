"""A plan holds the programs of its purpose and no others."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from netc.compiler.lower.context import Purpose
from netc.compiler.lower.plan import Plan
from netc.compiler.lower.request import PlanRequest

TEXT = "input 8x8x1 -> conv 4 3x3 bn relu -> flatten -> dense 3 softmax; loss ce; opt adam"

PROGRAMS: dict[tuple[Purpose, int | None], set[str]] = {
    ("evaluate", None): {"prepare", "evaluate"},
    ("sample", None): {"prepare", "evaluate"},
    ("differentiate", None): {"gradients"},
    ("gradients", None): {"gradients"},
    ("step", None): {"train"},
    ("train", None): {"prepare", "evaluate", "train"},
    ("evaluate", 8): {"prepare", "evaluate"},
    ("sample", 8): {"prepare", "evaluate"},
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


NOISY = "input 8x8x1 -> conv 4 3x3 bn relu -> flatten -> dropout 0.5 -> dense 3 softmax; loss ce"


@pytest.mark.parametrize(
    ("purpose", "noise", "statistics"),
    [
        ("evaluate", False, False),
        ("sample", True, False),
        ("differentiate", False, False),
        ("gradients", True, True),
    ],
)
def test_what_is_random_and_what_statistics_are_taken_follow_from_the_purpose(
    purpose: Purpose, noise: bool, statistics: bool, plan_of: Callable[..., Plan]
) -> None:
    rows = {
        step.row for steps in plan_of(NOISY, purpose=purpose).programs.values() for step in steps
    }
    assert ("dropout_mask" in rows, "update_statistics" in rows) == (noise, statistics)


def test_only_what_is_asked_for_is_computed(plan_of: Callable[..., Plan]) -> None:
    """Of the unit of a hidden layer neither what comes after it, nor gradients of parameters."""
    request = PlanRequest(gradients=("input1",), of="conv1", parameters=False)
    plan = plan_of(NOISY, purpose="differentiate", request=request)
    (steps,) = plan.programs.values()
    assert {step.layer for step in steps} == {"conv1"}
    assert plan.feeds.keys() == {"input1", "seed:conv1"}
    assert plan.outputs["gradients"].keys() == {"input1", "conv1", "gradient:input1"}


ADVERSARIAL = f"{NOISY}; opt sgd; train adversarial=0.1 batch=4"


@pytest.mark.parametrize("purpose", ["step", "train"])
def test_an_adversarial_step_changes_its_samples_first(
    purpose: Purpose, plan_of: Callable[..., Plan]
) -> None:
    """The first half draws no random numbers, takes no statistics of the batch, and computes no
    gradient of a parameter."""
    steps = plan_of(ADVERSARIAL, purpose=purpose).programs["train"]
    rows = [step.row for step in steps]
    at = rows.index("perturb")
    assert {"dropout_mask", "update_statistics", "conv2d_grad_w"}.isdisjoint(rows[:at])
    assert {"dropout_mask", "update_statistics", "conv2d_grad_w"} <= set(rows[at:])


def test_nothing_else_than_steps_changes_samples(plan_of: Callable[..., Plan]) -> None:
    purposes: tuple[Purpose, ...] = ("evaluate", "sample", "differentiate", "gradients")
    for purpose in purposes:
        plan = plan_of(ADVERSARIAL, purpose=purpose)
        assert not {"step:input1", "low:input1", "high:input1"} & plan.feeds.keys()
