"""What an instruction does at least, counted by hand."""

from __future__ import annotations

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.lower.isa import ROWS
from netc.compiler.lower.lower import lower
from netc.compiler.lower.plan import Plan
from netc.compiler.pipeline import Checked, check
from netc.compiler.reading import read_source, source_of
from netc.compiler.work import MULTIPLY_ADDS, WINOGRAD, work_of
from netc.runtime.analysis.machine_limits import MachineLimits


def plan_of(text: str, batch: int) -> Plan:
    checked = check(source_of(text), BUILTIN, read_source)
    return lower(checked.model, checked.graph, batch=batch)


def products(plan: Plan, program: str = "train") -> dict[str, int]:
    """Multiply-adds by row."""
    found: dict[str, int] = {}
    for step in plan.programs[program]:
        count = work_of(plan, step).multiply_adds
        if count is not None:
            found[step.row] = found.get(step.row, 0) + count
    return found


def test_every_counted_row_is_in_the_instruction_set() -> None:
    assert set(MULTIPLY_ADDS) | set(WINOGRAD) <= set(ROWS)


def test_every_row_that_is_a_matrix_product_is_counted() -> None:
    kinds = ("matmul", "conv2d", "depthwise2d", "winograd2d")
    named = {name for name in ROWS if name.startswith(kinds)}
    assert named == set(MULTIPLY_ADDS) | set(WINOGRAD)


def test_dense_layers_multiply_three_times_but_the_first_twice() -> None:
    plan = plan_of("input 5 -> dense 7 relu -> dense 3 softmax; loss ce; opt sgd", 4)
    forward = 4 * (5 * 7 + 7 * 3)
    assert sum(products(plan).values()) == 2 * forward + 4 * 7 * 3
    assert sum(products(plan, "evaluate").values()) == forward


def test_a_direct_convolution_has_the_products_that_the_table_of_layers_shows() -> None:
    text = "input 9x9x3 -> conv 5 3x3 -> flatten -> dense 2 softmax; loss ce; opt sgd"
    plan = plan_of(text, 2)
    assert products(plan, "evaluate")["conv2d"] == 2 * 7 * 7 * 5 * 3 * 3 * 3


@pytest.mark.parametrize(("window", "tiles"), [("3x3 pad=1", 16), ("5x5 pad=2", 64)])
def test_winograd_has_36_products_for_a_tile(window: str, tiles: int) -> None:
    """A tile is 16 outputs of windows of 3x3, and 4 of windows of 5x5."""
    text = f"""
input 16x16x64 -> conv 64 {window} -> flatten -> dense 2 softmax
loss ce
opt sgd
"""
    plan = plan_of(text, 32)
    counts = products(plan, "evaluate")
    assert counts["winograd2d_once"] == 36 * 32 * tiles * 64 * 64


def test_bytes_are_those_of_every_array_once() -> None:
    plan = plan_of("input 5 -> dense 7 -> dense 3; loss mse; opt sgd", 4)
    (first, *_) = [step for step in plan.programs["evaluate"] if step.row == "matmul"]
    assert work_of(plan, first).bytes == 4 * (4 * 5 + 5 * 7 + 4 * 7)


@pytest.mark.parametrize(("size", "rate"), [(10, 8.0), (100, 8.0), (101, 2.0), (5000, 2.0)])
def test_a_copy_has_the_rate_of_the_cache_that_holds_it(size: int, rate: float) -> None:
    assert MachineLimits(1.0, ((100, 8.0), (1000, 2.0))).copy_rate(size) == rate


def test_every_net_of_the_table_has_a_floor(net: Checked) -> None:
    plan = lower(net.model, net.graph, batch=2)
    limits = MachineLimits(1e9, ((2**18, 1e10), (2**26, 1e9)))
    for step in plan.programs["train"]:
        work = work_of(plan, step)
        assert work.bytes > 0 or not (step.operands or step.results)
        assert limits.least_seconds(work) >= (work.multiply_adds or 0) / 1e9
