"""Gradients against slopes: what agrees, what does not, and what a kink is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import netc
import numpy as np
import pytest
from command import run_netc
from netc.compiler.layers.sigmoid import Tanh
from netc.compiler.layers.trace import Gradients
from netc.runtime.analysis import gradcheck
from netc.runtime.analysis.gradcheck import (
    GradcheckReport,
    check_gradients,
    checkable,
    default_batch,
    fill_randomly,
    open_engine,
)
from netc.runtime.kernels import KERNELS

SMALL = "input 3 -> dense 4 tanh -> dense 2 softmax; loss ce; opt adam"


def check(text: str, *, batch: int = 4, seed: int = 0) -> GradcheckReport:
    model = netc.compile(text)
    ir = checkable(model.ir)
    engine = open_engine(ir, model.graph, batch=batch, seed=seed)
    fill_randomly(engine, ir, model.graph, seed=seed)
    return check_gradients(engine, seed=seed)


NETS = [
    SMALL,
    "input 5x5x2 -> conv 3 3x3 bn relu -> maxpool 3x3 -> flatten -> dense 3 softmax; loss ce",
    "input 6 -> dense 5 relu -> dropout 0.5 -> gaussian_noise 0.1 -> dense 2; loss mse",
    "input 6 -> dense 5 elu -> gaussian_dropout 0.3 -> dense 1 sigmoid; loss bce",
    "input 4 -> dense 3; loss hinge; reg l2 1e-2",
    "input 4 -> dense 1; loss logistic; opt adam clip=0.001 weight_decay=0.1",
    "input 7 -> embed 11 3 -> conv 4 3 tanh -> gap -> dense 2 softmax; loss ce",
    "input 4 -> @x -> dense 2 tanh -> dense 4; loss mse target=@x",
    "input 3 -> dense 3 tanh -> @a; @a -> dense 2 softmax -> @p; @a -> dense 2 -> @q\n"
    "loss ce on=@p; loss mae on=@q weight=0.5",
    "input 4 -> dense 3 init=zeros relu -> dense 2; loss mse",
    "input 4 -> dense 4 -> @f -> tanh -> dense 4 share=@f; loss mse",
]


@pytest.mark.parametrize("text", NETS)
def test_gradients_are_slopes(text: str) -> None:
    report = check(text)
    assert report.findings
    assert report.holds
    assert all(item.worst.verdict == "ok" for item in report.findings)
    assert all(item.worst.difference < 1e-5 for item in report.findings)


def test_the_same_seed_gives_the_same_figures() -> None:
    text = NETS[2]
    assert check(text) == check(text)
    assert check(text, seed=1).loss != check(text).loss


def test_penalties_and_clipping_are_no_part_of_the_gradient() -> None:
    plain = check("input 4 -> dense 3; loss mse; opt sgd")
    other = check(
        "input 4 -> dense 3 l1=0.1; loss mse; opt adam clip=1e-3 weight_decay=1; reg l2 1"
    )
    assert plain == other


def test_frozen_layers_are_not_checked() -> None:
    report = check("input 4 -> dense 3 freeze=true tanh -> dense 2; loss mse")
    assert [item.name for item in report.findings] == ["dense2.w", "dense2.b"]


def wrong_backward(self: Tanh, e: Any, trace: Any, gradient: Any) -> Gradients:
    """That of y = x."""
    return Gradients((gradient,), {})


def test_a_wrong_gradient_fails_where_it_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tanh, "backward", wrong_backward)
    report = check(SMALL)
    assert not report.holds
    verdicts = {item.name: item.worst.verdict for item in report.findings}
    assert verdicts == {
        "dense1.w": "failed",
        "dense1.b": "failed",
        "dense2.w": "ok",
        "dense2.b": "ok",
    }


NARROW = "input 8x8x3 -> conv 4 3x3 tanh -> flatten -> dense 2; loss mse"
TILED = "input 8x8x32 -> conv 32 3x3 tanh -> flatten -> dense 2; loss mse"
LARGER = "input 8x8x32 -> conv 32 5x5 tanh -> flatten -> dense 2; loss mse"


@pytest.mark.parametrize(
    ("text", "row", "result"),
    [
        (NARROW, "conv2d_chwn_grad_w", "dw"),
        (TILED, "winograd2d_grad_u", "du"),
        (TILED, "winograd_grad_w", "dw"),
        (TILED, "winograd2d", "y"),
        (LARGER, "winograd2d_grad_u", "du"),
        (LARGER, "winograd_grad_w", "dw"),
        (LARGER, "winograd2d", "y"),
    ],
)
def test_the_kernels_that_train_are_checked(
    text: str, row: str, result: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundredth too much in one kernel of a convolution is seen at the default batch."""
    kernel = KERNELS[row]

    def wrong(**named: Any) -> Iterator[Callable[[], object]]:
        yield from kernel(**named)
        yield partial(np.multiply, named[result], 1.01, named[result])

    batch = default_batch(netc.compile(text).ir)
    assert batch == 32
    assert check(text, batch=batch).holds
    monkeypatch.setitem(KERNELS, row, wrong)
    assert not check(text, batch=batch).holds


def test_a_point_on_a_kink_is_told_from_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """(relu(w x) - 1)^2 / 2 at w = 0 has the slopes 0 and -x, and every number between them is a
    gradient of it."""
    model = netc.compile("input 1 -> dense 1 bias=false relu; loss mse")
    ir = checkable(model.ir)
    engine = open_engine(ir, model.graph, batch=1, seed=0)
    engine.feeds["input1"][...] = 1.0
    engine.feeds["target:relu1"][...] = 1.0
    monkeypatch.setattr(gradcheck, "JITTER", 0.0)
    engine.parameters()["dense1.w"][...] = 0.0
    report = check_gradients(engine, seed=0)
    assert report.holds
    assert [item.worst.verdict for item in report.findings] == ["kink"]


def test_nothing_but_rounding_is_no_difference() -> None:
    """A bias before batch normalisation has no effect: both sides are 0 up to rounding."""
    report = check("input 4x4x1 -> conv 2 3x3 bn relu -> flatten -> dense 2; loss mse")
    (bias,) = (item for item in report.findings if item.name == "conv1.b")
    assert bias.worst.verdict == "ok"
    assert bias.worst.difference == 0.0


# The command


def command(folder: Path, *arguments: str) -> CompletedProcess[str]:
    return run_netc(folder, "gradcheck", *arguments)


def test_the_command_prints_a_table(tmp_path: Path) -> None:
    done = command(tmp_path, "-e", SMALL)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert done.stdout.startswith("batch of 32 samples\n\n")
    assert lines[2] == ["parameter", "shape", "|gradient|", "|numerical|", "difference"]
    assert [line[0] for line in lines[3:7]] == ["dense1.w", "dense2.w", "dense1.b", "dense2.b"]
    assert all(line[-1] == "ok" for line in lines[3:7])
    assert done.stdout.endswith("on 32 samples: 4 parameters ok\n")
    done = command(tmp_path, "-e", f"{SMALL}; train batch=7")
    assert done.stdout.endswith("on 7 samples: 4 parameters ok\n")


def test_of_many_parameters_some_are_checked(tmp_path: Path) -> None:
    deep = "input 4 -> repeat 30 [dense 4 gelu] -> dense 3 softmax; loss ce"
    done = command(tmp_path, "-e", deep, "--parameters", "8")
    assert (done.returncode, done.stderr) == (0, "")
    checked = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("dense")]
    layers = [1, 10, 18, 27, 5, 14, 22, 31]  # of 31 weights, then of 31 biases
    assert checked == [f"dense{n}.{'w' if at < 4 else 'b'}" for at, n in enumerate(layers)]
    assert "not checked: 54 parameters; --parameters sets how many are\n" in done.stdout
    assert done.stdout.endswith("on 32 samples: 8 of 62 parameters ok\n")


def test_the_command_uses_the_data_of_the_spec(tmp_path: Path) -> None:
    text = "data iris; prep standardize; input 4 -> dense 3 softmax; loss ce"
    done = command(tmp_path, "-e", text, "--own-data", "--batch", "8")
    assert done.returncode == 0, done.stderr
    assert "on 8 samples: 2 parameters ok" in done.stdout


@pytest.mark.parametrize(
    ("text", "code"),
    [("input 4 -> dense 3", "E0652"), ("input 4 -> dens 3", "E0201")],
)
def test_what_cannot_be_checked(tmp_path: Path, text: str, code: str) -> None:
    done = command(tmp_path, "-e", text)
    assert done.returncode == 1
    assert f"error[{code}]" in done.stderr
    assert done.stdout == ""


def test_own_data_needs_data(tmp_path: Path) -> None:
    done = command(tmp_path, "-e", SMALL, "--own-data")
    assert (done.returncode, "error[E0654]" in done.stderr) == (1, True)


def test_a_batch_that_would_fill_the_machine_is_refused(tmp_path: Path) -> None:
    done = command(tmp_path, "-e", SMALL, "--batch", "99999999999")
    assert done.returncode == 2
    assert done.stderr.count("\n") <= 4
    assert "99999999999 is not in the range 1<=x<=256" in done.stderr


def test_random_streams_begin_again() -> None:
    model = netc.compile("input 50 -> dropout 0.5 -> dense 2; loss mse; opt sgd")
    ir = checkable(model.ir)
    engine = open_engine(ir, model.graph, batch=4, seed=0)
    fill_randomly(engine, ir, model.graph, seed=0)
    losses = []
    for fresh in (False, True, False, True):
        if fresh:
            engine.memory.reset_streams()
        engine.gradient_step()
        losses.append(engine.loss())
    assert losses[0] == losses[1] == losses[3] != losses[2]
    np.testing.assert_equal(losses[0], losses[3])
