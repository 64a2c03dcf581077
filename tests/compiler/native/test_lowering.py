"""Plans as C text."""

from __future__ import annotations

import re

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.lower.lower import lower
from netc.compiler.lower.plan import Buffer, Plan, Step
from netc.compiler.native.lower import lower_to_c
from netc.compiler.native.program import NativePlan
from netc.compiler.native.target import CTarget
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of

TWO_ALIKE = "input 6 -> dense 5 relu -> dense 5 relu -> dense 5 relu; loss mse; opt adam"


def native(text: str, *, sharded: bool = False) -> NativePlan:
    checked = check(source_of(text), BUILTIN, read_source)
    assert not checked.has_errors
    plan = lower(checked.model, checked.graph, batch=4, total_batch=8 if sharded else None)
    return lower_to_c(plan, CTarget("f32"), tuple(plan.programs), sharded=sharded)


def test_equal_instructions_share_a_function() -> None:
    texts = "\n".join(native(TWO_ALIKE).sources)
    # 6 x 5 for the first layer, 5 x 5 for the two others
    assert len(set(re.findall(r"\bmatmul_\d+", texts))) == 2


@pytest.mark.parametrize("sharded", [False, True])
def test_every_instruction_is_in_one_unit(sharded: bool) -> None:
    plan = native(TWO_ALIKE, sharded=sharded)
    checked = check(source_of(TWO_ALIKE), BUILTIN, read_source)
    lowered = lower(checked.model, checked.graph, batch=4, total_batch=8 if sharded else None)
    for name, phases in plan.programs.items():
        steps = [step for phase in phases for unit in phase for step in unit.steps]
        assert steps == list(lowered.programs[name])


def test_names_of_a_spec_are_not_in_the_text() -> None:
    text = "input 6 -> dense 5 name=secret_layer; loss mse; opt sgd"
    assert all("secret_layer" not in source for source in native(text).sources)


@pytest.mark.parametrize(("offset", "left"), [(16, {"copy": 1}), (32, {}), (0, {})])
def test_operands_that_share_some_of_their_bytes_are_left_to_numpy(
    offset: int, left: dict[str, int]
) -> None:
    """Pointers in C are `restrict`."""
    buffers = tuple(Buffer("arena", place, (8,), "f", place) for place in (0, offset))
    step = Step("copy", (0,), (1,), (), (), "", None)
    plan = Plan("f32", 1, buffers, {"evaluate": (step,)}, {}, {}, (), {}, {}, 0)
    assert lower_to_c(plan, CTarget("f32"), plan.programs).kernel_rows() == left
