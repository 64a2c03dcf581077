"""`netc show --gradients`: one sample through a network and back, as on paper."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import netc
import numpy as np
import pytest
from netc.cli.main import netc as command_line

Netc = Callable[..., subprocess.CompletedProcess[str]]
Snapshot = Callable[[str, str], None]

X = np.random.default_rng(0).normal(size=(40, 2))
SMALL = "input 2 -> dense 2 relu -> dense 1; loss mse"
HAND = {
    "dense1.w": [[0.5, -1.0], [1.0, 0.5]],
    "dense1.b": [0.0, 0.5],
    "dense2.w": [[2.0], [1.0]],
    "dense2.b": [0.25],
}


@pytest.fixture
def by_hand(tmp_path: Path) -> Path:
    """The weights of the example, in a file."""
    model = netc.compile(SMALL + "; opt sgd").fit(X, X[:, 0], epochs=1)
    path = tmp_path / "hand.safetensors"
    model.set_weights(HAND).save(path)
    return path


def show(capsys: Any, *arguments: str) -> str:
    status = command_line.main(["show", "--gradients", *arguments], standalone_mode=False)
    captured = capsys.readouterr()
    assert (status, captured.err) == (0, "")
    return str(captured.out)


def test_a_network_of_2_2_1_units_is_computed_as_on_paper(by_hand: Path, capsys: Any) -> None:
    """x = (1, 0), target 1:

    z1 = (1*0.5 + 0*1 + 0, 1*(-1) + 0*0.5 + 0.5) = (0.5, -0.5);  a1 = (max(0.5, 0), max(-0.5, 0))
    z2 = 0.5*2 + 0*1 + 0.25 = 1.25;  L = (1.25 - 1)^2 = 0.0625
    delta2 = 2 (1.25 - 1) = 0.5;  dL/dw2 = (0.5*0.5, 0*0.5) = (0.25, 0);  dL/db2 = 0.5
    dL/da1 = (0.5*2, 0.5*1) = (1, 0.5);  delta1 = (1*1, 0.5*0), as relu' is 1 and 0 there
    dL/dw1 = (1, 0)' (1, 0) = ((1, 0), (0, 0));  dL/db1 = (1, 0)
    dL/dx = (1*0.5 + 0*(-1), 1*1 + 0*0.5) = (0.5, 1)
    """
    arguments = (
        "-e",
        SMALL,
        "--weights",
        str(by_hand),
        "--input",
        "1,0",
        "--target",
        "1",
        "--json",
    )
    found = json.loads(show(capsys, *arguments))
    layers = {layer["name"]: layer for layer in found["layers"]}
    assert found["loss"] == 0.0625
    assert layers["dense1"]["output"] == [0.5, -0.5]
    assert layers["relu1"]["output"] == [0.5, 0]
    assert layers["dense2"]["output"] == [1.25]
    assert layers["dense2"]["gradient"] == [0.5]
    assert layers["dense2"]["gradients"] == {"w": [[0.25], [0]], "b": [0.5]}
    assert layers["relu1"]["gradient"] == [1, 0.5]
    assert layers["dense1"]["gradient"] == [1, 0]
    assert layers["dense1"]["gradients"] == {"w": [[1, 0], [0, 0]], "b": [1, 0]}
    assert layers["input1"]["gradient"] == [0.5, 1]


def test_the_page_looks_like_this(by_hand: Path, capsys: Any, snapshot: Snapshot) -> None:
    arguments = ("-e", SMALL, "--weights", str(by_hand), "--input", "1,0", "--target", "1")
    text = show(capsys, *arguments).replace(str(by_hand), "hand.safetensors")
    snapshot("show/gradients.txt", text)


IMAGE = (
    "input 3x3x1 -> conv 2 2x2 relu -> flatten -> dropout 0.5 -> dense 2 softmax; "
    "loss ce; train seed=3"
)


def test_images_and_a_softmax_look_like_this(capsys: Any, snapshot: Snapshot) -> None:
    numbers = "1,0,2,0,1,0,2,0,1"
    text = show(capsys, "-e", IMAGE, "--input", numbers, "--target", "1")
    snapshot("show/gradients_image.txt", text)


def test_large_tensors_are_shown_by_two_figures(capsys: Any, snapshot: Snapshot) -> None:
    text = show(capsys, "-e", "data digits; input 64 -> dense 10 softmax; loss ce", "--sample", "3")
    snapshot("show/gradients_large.txt", text)


def test_the_numbers_are_those_of_the_library(capsys: Any) -> None:
    numbers = "1,0,2,0,1,0,2,0,1"
    text = show(capsys, "-e", IMAGE, "--input", numbers, "--target", "1", "--json")
    model = netc.compile(IMAGE.replace("train", "train precision=f64"))
    x = np.array(numbers.split(","), float).reshape(1, 3, 3, 1)
    gradients = model.gradients(x, [1])
    for layer in json.loads(text)["layers"]:
        np.testing.assert_allclose(layer["output"], model.outputs(x, layer["name"])[0], rtol=1e-12)
        for name, array in layer["gradients"].items():
            np.testing.assert_allclose(array, gradients[f"{layer['name']}.{name}"], rtol=1e-12)
    first = json.loads(text)["layers"][0]
    np.testing.assert_allclose(first["gradient"], gradients["input1"][0], rtol=1e-12)


def test_a_sample_of_the_data_is_prepared(capsys: Any) -> None:
    text = "data iris; prep standardize; input 4 -> dense 3 softmax; loss ce"
    found = json.loads(show(capsys, "-e", text, "--sample", "2", "--json"))
    x = np.array(found["layers"][0]["output"])
    assert x.min() < 0
    given = show(capsys, "-e", text, "--input", "5.1,3.5,1.4,0.2", "--target", "setosa", "--json")
    assert json.loads(given)["targets"] == [[1, 0, 0]]
    assert (np.array(json.loads(given)["layers"][0]["output"]) != [5.1, 3.5, 1.4, 0.2]).all()


TWO = (
    "input 2 name=a -> dense 2 -> @p; input 1 name=b -> dense 2 -> @q; "
    "add [@p | @q] -> @sum; @sum -> dense 1 -> @y; @sum -> dense 2 softmax -> @k; "
    "loss mse on=@y; loss ce on=@k"
)


def test_several_inputs_and_losses_are_given_in_their_order(capsys: Any) -> None:
    arguments = ("--input", "1,2", "--input", "3", "--target", "0.5", "--target", "1")
    found = json.loads(show(capsys, "-e", TWO, *arguments, "--json"))
    assert [layer["output"] for layer in found["layers"] if not layer["inputs"]] == [[1, 2], [3]]
    assert found["targets"] == [[0.5], [0, 1]]


WRONG = [
    (("-e", SMALL), "the spec has no `data`: give a sample with --input and --target"),
    (("-e", SMALL, "--input", "1"), "--input has 1 number, and `input1` is 2"),
    (("-e", SMALL, "--input", "a,b"), "--input a,b: expected numbers, such as 1,0"),
    (("-e", SMALL, "--input", "1,2"), "--target is needed once"),
    (("-e", SMALL, "--target", "2"), "--input is needed once, with the numbers of the sample"),
    (("-e", TWO, "--input", "1,2"), "--input is needed 2 times, for a, b"),
    (
        ("-e", TWO, "--input", "1,2", "--input", "3", "--target", "1"),
        "--target is needed 2 times, for y, k",
    ),
    (("-e", SMALL, "--plan"), "--gradients can only be combined with --json"),
    (("-e", SMALL, "--graph", "x.svg"), "--graph cannot be combined with --gradients"),
    (("-e", SMALL, "--sample", "1", "--input", "1,2"), "the sample is either --sample or --input"),
    (("a.net", "b.net"), "--gradients takes one spec"),
    (("-e", "input 3000 -> dense 3000; loss mse", "--json"), "and JSON takes 1,000,000"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_what_does_not_go_together_is_refused(arguments: tuple[str, ...], message: str) -> None:
    if "3000" in arguments[1]:
        ones = ",".join(["1"] * 3000)
        arguments = (*arguments, "--input", ones, "--target", ones)
    with pytest.raises(click.UsageError) as caught:
        command_line.main(["show", "--gradients", *arguments], standalone_mode=False)
    assert message in caught.value.message


def test_options_of_a_sample_need_gradients() -> None:
    with pytest.raises(click.UsageError, match="need --gradients"):
        command_line.main(["show", "-e", SMALL, "--sample", "1"], standalone_mode=False)


def test_a_sample_that_there_is_not_is_refused(capsys: Any) -> None:
    text = "data iris; input 4 -> dense 3 softmax; loss ce"
    arguments = ["show", "--gradients", "-e", text, "--sample", "500"]
    assert command_line.main(arguments, standalone_mode=False) == 1
    assert (
        "error[E0751]: there is no sample 500: the training part has 120" in capsys.readouterr().err
    )
