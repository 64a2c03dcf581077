"""Every shipped net whose data is at hand trains, and reaches what it expects of itself."""

from __future__ import annotations

import os
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from command import run_netc

SPECS = Path(__file__).parents[2] / "specs"

SMALL = (
    "digits",
    "linear_regression",
    "logistic_regression",
    "perceptron",
    "polynomial_regression",
    "softmax_regression",
    "spirals",
    "xor",
)
"""They need no data but what comes with netc, and a second or two."""


def run(name: str, folder: Path, *options: str) -> CompletedProcess[str]:
    """`netc run` of a shipped net in a folder of its own."""
    return run_netc(folder, "run", str(SPECS / f"{name}.net"), *options)


@pytest.mark.parametrize("name", SMALL)
def test_a_small_net_reaches_what_it_expects(name: str, tmp_path: Path) -> None:
    done = run(name, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAILED" not in done.stdout


def test_a_line_is_too_stiff_for_a_wave(tmp_path: Path) -> None:
    done = run("polynomial_regression", tmp_path, "--set", "degree=1")
    assert done.returncode == 1
    assert "FAILED" in done.stdout + done.stderr


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(2, 12))
def test_the_first_net_of_a_reader_reaches_its_figure_with_any_seed(
    seed: int, tmp_path: Path
) -> None:
    done = run("digits", tmp_path, "--seed", str(seed))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.heavy
@pytest.mark.skipif("NETC_DATA_DIR" not in os.environ, reason="needs MNIST in NETC_DATA_DIR")
@pytest.mark.parametrize(
    "name",
    [
        "mnist_mlp",
        "lenet5",
        # the other nets of the experiments are trained by `make experiments`: their figures are
        # nearer to what they expect, and rounding on another processor may cost some images
        "course/experiments/mlp_512_256",
    ],
)
def test_a_net_for_mnist_reaches_what_it_expects(name: str, tmp_path: Path) -> None:
    done = run(name, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
