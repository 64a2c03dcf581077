"""Every pass of the one list: what it makes of a small network or program, as a page to read in
`pages/`, and that a net that ships with netc is compiled otherwise without it.

pytest tests/compiler/lower/passes --update-snapshots      writes them anew; read the difference
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import netc.compiler.lower.passes as folder
import pytest
from netc.compiler.lower.context import Choices
from netc.compiler.lower.passes.pipeline import EVERY, NAMES, NETWORK, PASSES
from netc.compiler.lower.plan import Plan
from netc.compiler.lower.verify import verify
from netc.compiler.lower.verify_plan import verify_plan
from pass_states import Case, around, plan_of

PAGES = Path(__file__).parent / "pages"
SPECS = Path(__file__).parents[4] / "specs"


CASES = {
    "fuse_losses": Case("input 4 -> dense 3 softmax; loss ce", "network", "mnist_mlp"),
    "pool_first": Case(
        "input 6x6x1 -> conv 2 3x3 relu -> maxpool 2 -> flatten -> dense 2; loss mse",
        "network",
        "digits",
    ),
    "choose_layouts": Case(
        "input 6x6x1 -> conv 2 3x3 tanh -> avgpool 2 -> flatten -> dense 2; loss mse",
        "network",
        "lenet5",
        batch=16,
    ),
    "fold_batchnorm": Case(
        "input 6x6x1 -> conv 2 3x3 bn relu -> flatten -> dense 2", "evaluate", "cifar_resnet"
    ),
    "prepare_weights": Case("input 8x8x8 -> conv 8 3x3 pad=same relu", "evaluate", "unet", batch=8),
    "merge_common": Case(
        "input 4 -> add [relu -> dense 3 | relu -> dense 3]", "evaluate", "lenet5"
    ),
    "share_softmax": Case("input 4 -> dense 3 softmax; loss ce", "evaluate", "softmax_regression"),
    "fuse_bias": Case("input 4 -> dense 3 relu", "evaluate", "autoencoder"),
    "fuse_norm": Case("input 4 -> dense 3 bn relu -> dense 2; loss mse", "train", "resnet18"),
    "remove_dead_code": Case("input 4 -> dense 3; loss mse", "train", "xor"),
    "spread_again": Case(
        "input 8x8x8 -> conv 8 3x3 pad=same -> flatten -> dense 2; loss mse",
        "train",
        "cifar_resnet",
        batch=8,
        native=True,
    ),
    "fuse_moments": Case(
        "input 4 -> dense 3 bn -> dense 2; loss mse", "train", "cifar_resnet", native=True
    ),
    "fuse_products": Case(
        "input 4x3 -> conv 3 1 -> conv 2 1 relu -> flatten -> dense 2 relu; loss mse",
        "train",
        "autoencoder",
        native=True,
    ),
    "fuse_addition": Case(
        "input 3 -> add [dense 3 bn | id] -> relu -> dense 2; loss mse",
        "train",
        "cifar_resnet",
        native=True,
    ),
    "mask_again": Case(
        "input 4 -> dense 3 bn relu -> dense 2; loss mse", "train", "cifar_resnet", native=True
    ),
    "pack_weights": Case(
        "input 6x6x1 -> conv 16 3x3 -> flatten -> dense 32 relu -> dense 2",
        "evaluate",
        "resnet18",
        batch=4,
        native=True,
    ),
    "recompute": Case(
        "input 4 -> repeat 6 [dense 16 tanh] -> dense 1; loss mse",
        "train",
        "allconv",
        batch=64,
        memory="low",
    ),
}


@pytest.mark.parametrize("name", [row.name for row in PASSES])
def test_a_pass_rewrites_its_example(name: str, request: pytest.FixtureRequest) -> None:
    case = CASES[name]
    before, after = around(name, case)
    assert before != after, f"{name} leaves its example as it is"
    page = f"{name} of `{case.text}`, batch {case.batch}\n\nbefore\n\n{before}\nafter\n\n{after}"
    path = PAGES / f"{name}.txt"
    if request.config.getoption("--update-snapshots"):
        path.write_text(page, encoding="utf-8")
    assert page == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [row.name for row in PASSES])
def test_a_pass_changes_the_plan_of_a_shipped_net(name: str) -> None:
    case = CASES[name]
    text = (SPECS / f"{case.shipped}.net").read_text(encoding="utf-8")
    case = replace(case, text=text, batch=16)
    choices = Choices(native=case.native)
    assert rows_of(plan_of(text, case, choices)) != rows_of(
        plan_of(text, case, replace(choices, without=frozenset({name})))
    ), f"{name} does nothing for {case.shipped}"


def rows_of(plan: Plan) -> dict[str, list[Any]]:
    return {
        name: [
            (step.row, step.attributes, [plan.buffers[index].shape for index in step.results])
            for step in steps
        ]
        for name, steps in plan.programs.items()
    }


def test_every_pass_has_a_file_an_example_and_a_page() -> None:
    files = {path.stem for path in Path(folder.__file__).parent.glob("*.py")}
    assert files - {"__init__", "pipeline"} == NAMES
    assert CASES.keys() == NAMES
    assert {path.stem for path in PAGES.iterdir()} == NAMES


def test_every_pass_says_what_it_works_on_and_why() -> None:
    for row in PASSES:
        assert row.works_on == NETWORK or set(row.works_on) <= set(EVERY)
        assert all((row.why, row.needs, row.ensures)), row.name


def test_a_pass_that_there_is_not_cannot_be_left_out() -> None:
    case = CASES["fuse_bias"]
    with pytest.raises(ValueError, match="no such pass: fuse_biases"):
        plan_of(case.text, case, Choices(without=frozenset({"fuse_biases"})))


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.native])
def test_a_plan_that_is_not_native_has_no_native_pass(name: str) -> None:
    case = CASES[name]
    assert {row.native for row in PASSES if row.name == name} == {True}
    assert rows_of(plan_of(case.text, case, Choices())) == rows_of(
        plan_of(case.text, case, Choices(without=frozenset({name})))
    )


@pytest.mark.parametrize("native", [False, True], ids=["numpy", "native"])
@pytest.mark.parametrize("name", sorted(path.stem for path in SPECS.glob("*.net")))
def test_shipped_nets_are_sound_after_each_pass(name: str, native: bool) -> None:
    text = (SPECS / f"{name}.net").read_text(encoding="utf-8")
    choices = Choices(inspect=verify, native=native)
    verify_plan(plan_of(text, Case(text, "", name, batch=16), choices))
