"""No array of a plan stands on the bytes of another, and the verifier would notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from netc.compiler.lower.passes.pipeline import NAMES
from netc.compiler.lower.plan import Buffer, Plan
from netc.compiler.lower.verify import VerificationError
from netc.compiler.lower.verify_plan import verify_plan

PlanOf = Callable[..., Plan]

SPECS = Path(__file__).parents[3] / "specs"

SMALL = "input 8x8x3 -> conv 4 3x3 bn relu -> flatten -> dense 3 softmax; loss ce; opt adam"


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.net")), ids=lambda path: path.stem)
def test_shipped_specs_have_sound_plans(path: Path, plan_of: PlanOf) -> None:
    verify_plan(plan_of(path.read_text("utf-8")))


@pytest.mark.parametrize(
    "kept", [set(), {"fold_batchnorm", "prepare_weights"}], ids=["none", "those of evaluation"]
)
def test_plans_without_passes_are_sound(kept: set[str], plan_of: PlanOf) -> None:
    verify_plan(plan_of(SMALL, without=NAMES - kept))


@pytest.mark.parametrize(
    "optimizer",
    ["sgd momentum=0.9", "adamw weight_decay=0.1", "lion weight_decay=0.1", "nadam", "adadelta"],
)
@pytest.mark.parametrize("loop_step", [256, 32_768])
@pytest.mark.parametrize("net", ["dense 500 bias=false", "dense 500 tanh -> dense 2"])
def test_what_a_loop_reads_outlives_its_slices(
    net: str, loop_step: int, optimizer: str, plan_of: PlanOf
) -> None:
    text = f"input 100 -> {net}; loss mse; reg l2 0.1; opt {optimizer} clip=1"
    verify_plan(plan_of(text, loop_step=loop_step))


def _moved(plan: Plan, index: int, **changes: object) -> Plan:
    buffers = list(plan.buffers)
    buffers[index] = replace(buffers[index], **changes)
    return replace(plan, buffers=tuple(buffers))


def _last_result(plan: Plan, row: str) -> tuple[int, Buffer]:
    index = next(step.results[0] for step in plan.programs["train"] if step.row == row)
    return index, plan.buffers[index]


def test_a_buffer_on_top_of_another_is_found(plan_of: PlanOf) -> None:
    plan = plan_of(SMALL)
    index, _ = _last_result(plan, "batchnorm")
    operand = next(s.operands[0] for s in plan.programs["train"] if s.row == "batchnorm")
    with pytest.raises(VerificationError, match="overwrites"):
        verify_plan(_moved(plan, index, offset=plan.buffers[operand].offset))


def test_a_buffer_that_leaves_its_region_is_found(plan_of: PlanOf) -> None:
    plan = plan_of(SMALL)
    index, _ = _last_result(plan, "matmul")
    with pytest.raises(VerificationError, match="exceeds its region"):
        verify_plan(_moved(plan, index, offset=plan.bytes["arena"]))


def test_a_buffer_that_is_misaligned_is_found(plan_of: PlanOf) -> None:
    plan = plan_of(SMALL)
    index, buffer = _last_result(plan, "matmul")
    with pytest.raises(VerificationError, match="misaligned"):
        verify_plan(_moved(plan, index, offset=buffer.offset + 1))


def test_a_read_of_nothing_is_found(plan_of: PlanOf) -> None:
    plan = plan_of(SMALL)
    train = tuple(step for step in plan.programs["train"] if step.row != "conv2d")
    with pytest.raises(VerificationError, match="never written"):
        verify_plan(replace(plan, programs=plan.programs | {"train": train}))


def test_an_output_that_is_overwritten_is_found(plan_of: PlanOf) -> None:
    plan = plan_of(SMALL)
    scratch = next(s.scratch[0] for s in plan.programs["train"] if s.row == "adam")
    outputs = plan.outputs | {"train": {"loss": scratch}}
    train = tuple(s for s in plan.programs["train"] if s.row != "adam")
    with pytest.raises(VerificationError, match="output is overwritten"):
        verify_plan(replace(plan, outputs=outputs, programs=plan.programs | {"train": train}))


def test_feeds_and_parameters_stand_apart(plan_of: PlanOf) -> None:
    plan = plan_of("input 4 name=a -> dense 2; loss mse; opt sgd")
    target = next(index for name, index in plan.feeds.items() if name.startswith("target:"))
    with pytest.raises(VerificationError, match="overlap"):
        verify_plan(_moved(plan, target, offset=0))
    slots = (plan.slots[0], replace(plan.slots[1], offset=0))
    with pytest.raises(VerificationError, match="another parameter"):
        verify_plan(replace(plan, slots=slots))


WIDE = "input 12x12x8 -> conv 9 3x3 relu -> conv 4 5x5 -> flatten -> dense 3; loss mse; opt adam"


def test_scratch_memory_of_a_native_plan_is_not_in_the_arena(plan_of: PlanOf) -> None:
    numpy, native = (plan_of(WIDE, native=native) for native in (False, True))
    assert {buffer.region for buffer in _scratch(numpy)} == {"arena"}
    assert {buffer.region for buffer in _scratch(native)} == {"scratch"}
    assert numpy.bytes["scratch"] == 0
    assert native.bytes["scratch"] > 0
    assert native.bytes["arena"] < numpy.bytes["arena"] / 2


def _scratch(plan: Plan) -> list[Buffer]:
    """That of instructions outside loops."""
    return [
        plan.buffers[index]
        for steps in plan.programs.values()
        for step in steps
        if step.loop is None
        for index in step.scratch
    ]


def test_scratch_arrays_that_overlap_are_found(plan_of: PlanOf) -> None:
    plan = plan_of(WIDE, native=True)
    first, second = next(s for s in plan.programs["train"] if s.row == "winograd2d_bias").scratch[
        :2
    ]
    with pytest.raises(VerificationError, match="its scratch arrays overlap"):
        verify_plan(_moved(plan, second, offset=plan.buffers[first].offset))


def test_a_value_in_scratch_memory_is_found(plan_of: PlanOf) -> None:
    plan = plan_of(WIDE, native=True)
    index, _ = _last_result(plan, "matmul_bias")
    with pytest.raises(VerificationError, match="makes a value in scratch memory"):
        verify_plan(_moved(plan, index, region="scratch", offset=0))
