"""Units that are 0 for all samples are counted, and many of them are told at the end of a run."""

from __future__ import annotations

import warnings
from pathlib import Path

import netc
import numpy as np
import pytest
from netc.cli.main import status_of
from netc.compiler.problems.run_lints import Dead, DeadUnits
from netc.grammar.source import Source, Span
from netc.runtime.training.diagnosis.dead_units import MOST_SAMPLES, find_dead_units

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3000, 4)).astype(np.float32)


def units_of(
    pipe: str, weights: dict[str, np.ndarray], x: np.ndarray
) -> list[tuple[str, list[int], int]]:
    """Of each activation: its name, the indices of its dead units, and the samples looked at."""
    model = netc.compile(pipe)
    found = find_dead_units(model.ir, model.graph, model.weights | weights, {"input1": x})
    return [(item.activation, np.flatnonzero(item.dead).tolist(), item.samples) for item in found]


def test_a_unit_is_dead_if_no_sample_reaches_it() -> None:
    """With identity weights, a unit is alive where its feature exceeds minus its bias."""
    bias = np.array([0, -X[:, 1].max() - 1, -X[:, 2].max() + 1e-3, -100], np.float32)
    reached = int(X[:, 2].argmax())
    x = np.delete(X, reached, axis=0)
    x = np.insert(x, 900, X[reached], axis=0)
    weights = {"dense1.w": np.eye(4, dtype=np.float32), "dense1.b": bias}
    assert units_of("input 4 -> dense 4 relu", weights, x) == [("relu1", [1, 3], MOST_SAMPLES)]
    assert units_of("input 4 -> dense 4 relu", weights, x[:900]) == [("relu1", [1, 2, 3], 900)]


def test_of_many_activations_the_first_are_named() -> None:
    layers = tuple(Dead(f"relu{n}", 4, 4) for n in range(1, 2001))
    problem = DeadUnits(at=Span(Source("s.net", "relu"), 0, 4), layers=layers, samples=9, rate=None)
    assert problem.message().endswith(
        "4 of 4 of `relu6` and of 1,994 further layers are 0 for all 9 training samples"
    )
    assert problem.message().count("relu") == 6


def test_one_batch_is_enough_where_all_units_are_alive() -> None:
    weights = {"dense1.w": np.eye(4, dtype=np.float32)}
    assert units_of("input 4 -> dense 4 relu", weights, X) == [("relu1", [], 256)]


def test_a_unit_of_a_convolution_is_a_channel_at_all_positions() -> None:
    """Channel 1 is alive in one corner of one image only; channel 2 nowhere."""
    x = np.zeros((20, 5, 5, 1), np.float32)
    x[13, 4, 4] = 3
    weights = {
        "conv1.w": np.ones((1, 1, 1, 3), np.float32),
        "conv1.b": np.array([1, -2, -3], np.float32),
    }
    assert units_of("input 5x5x1 -> conv 3 1x1 relu", weights, x) == [("relu1", [2], 20)]


def test_noise_is_off_and_normalisation_has_its_running_statistics() -> None:
    pipe = "input 4 -> dense 4 -> bn -> dropout 0.9 -> relu -> dense 1"
    weights = {
        "dense1.w": np.eye(4, dtype=np.float32),
        "bn1.mean": np.array([0, 0, 100, 0], np.float32),
    }
    assert units_of(pipe, weights, X[:64]) == [("relu1", [2], 64)]


@pytest.mark.parametrize("word", ["leaky", "elu", "gelu", "tanh", "sigmoid", "selu", "prelu"])
def test_other_activations_have_no_dead_units(word: str) -> None:
    bias = np.full(4, -100, np.float32)
    assert units_of(f"input 4 -> dense 4 {word}", {"dense1.b": bias}, X) == []


def told(rate: float) -> list[str]:
    """The warnings of a fit about dead units."""
    text = (
        "input 4 -> dense 16 relu -> dense 2 softmax; loss ce; train epochs=4; "
        f"opt sgd lr={rate}  # netc: allow(W0304)"
    )
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        netc.compile(text).fit(X, y)
    return [str(item.message) for item in caught if "units of" in str(item.message)]


def test_a_rate_that_kills_a_network_is_told_and_a_good_one_is_not() -> None:
    (warning,) = told(20)  # 13 to 15 of 16 units, whatever the seed
    assert warning.endswith(
        "dead units do not learn: try `lr=0.01`, or `leaky`, whose gradient is 0 nowhere"
    )
    assert told(0.1) == []


@pytest.mark.parametrize(
    ("rate", "comment", "expected"),
    [(5, "", 1), (0.1, "", 0), (5, "  # netc: allow(W0601)", 0)],
)
def test_a_run_says_that_it_killed_its_network(
    rate: float, comment: str, expected: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "dead.net"
    path.write_text(
        f"data digits\ninput 64 -> dense 32 relu -> dense 10 softmax{comment}\n"
        f"loss ce\nopt sgd lr={rate}\ntrain epochs=3\n"
    )
    assert status_of(["run", str(path)]) == 0
    assert capsys.readouterr().err.count("of 32 units of `relu1` are 0 for all") == expected


def test_folds_tell_it_once(capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        "data iris; kfold 3; input 4 -> dense 8 relu -> dense 3 softmax; "
        "loss ce; opt sgd lr=100; train epochs=3"
    )
    assert status_of(["run", "-e", text]) == 0
    assert capsys.readouterr().err.count("W0601]") == 1
