"""`Model.attack` and `netc attack`: how far samples move, in which range, and what is refused.

fgsm is compared with its formula in `tests/reference/test_attack_reference.py`.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import netc
import numpy as np
import pytest
from command import run_netc
from netc.runtime.data.data_range import range_of
from netc.runtime.data.fitted_prep import Affine, Categories, Rotation, ZeroPadding, pull_back
from netc.runtime.model.attacks.options import AttackOptions
from netc.runtime.model.attacks.perturb import STEP, perturb

Array = np.ndarray[Any, Any]
EXACT = 1e-12
"""Rounding of a few sums of numbers up to 1."""


def lengths(x: Array) -> Array:
    return np.sqrt((x.reshape(len(x), -1) ** 2).sum(axis=1))


def within(change: Array, eps: float, norm: str) -> Array:
    if norm == "linf":
        return change.clip(-eps, eps)
    size = lengths(change).reshape(-1, 1)
    return change * np.minimum(1, eps / size)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_every_step_of_pgd_is_its_formula(norm: Any) -> None:
    u = np.random.default_rng(0).random((20, 9))
    eps, seen = 0.3, []
    w = np.random.default_rng(1).normal(size=9)

    def gradient(now: tuple[Array, ...]) -> tuple[Array, ...]:
        seen.append(now[0])
        return (np.cos(3 * now[0]) * w,)

    (last,) = perturb((u,), gradient, eps, AttackOptions("pgd", norm, steps=4, seed=3))
    assert len(seen) == 4
    for now, after in pairwise([*seen, last]):
        g = np.cos(3 * now) * w
        d = np.sign(g) if norm == "linf" else g / lengths(g).reshape(-1, 1)
        expected = (u + within(now + STEP * eps / 4 * d - u, eps, norm)).clip(0, 1)
        np.testing.assert_allclose(after, expected, rtol=0, atol=EXACT)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_random_starts_differ_by_the_seed_alone(norm: Any) -> None:
    u = np.full((50, 8), 0.5)
    starts = []
    for seed in (1, 1, 2):
        seen: list[Array] = []

        def gradient(now: tuple[Array, ...], seen: list[Array] = seen) -> tuple[Array, ...]:
            seen.append(now[0])
            return now

        perturb((u,), gradient, 0.2, AttackOptions("pgd", norm, steps=1, seed=seed))
        starts.append(seen[0])
    assert np.array_equal(starts[0], starts[1])
    assert not np.array_equal(starts[0], starts[2])
    sizes = np.abs(starts[0] - u).max(axis=1) if norm == "linf" else lengths(starts[0] - u)
    # uniform: of 50 samples of 8 numbers some come near the edge, and none is beyond it
    assert 0.15 < sizes.max() <= 0.2 + EXACT


STEPS = [
    (Affine(np.array([1.0, 2.0]), np.array([3.0, -4.0])), (2,)),
    (Rotation(np.zeros(4), np.random.default_rng(0).normal(size=(4, 4))), (2, 2)),
    (ZeroPadding(2), (3, 2, 1)),
]


@pytest.mark.parametrize(("step", "shape"), STEPS)
def test_gradients_go_back_through_a_preparation(step: Any, shape: tuple[int, ...]) -> None:
    """The chain rule: the change of g . f(x) along v is back(g) . v."""
    random = np.random.default_rng(2)
    x, v = random.normal(size=(5, *shape)), random.normal(size=(5, *shape))
    g = random.normal(size=step(x).shape)
    change = ((step(x + v) - step(x)) * g).sum()  # the steps are affine, so this is exact
    assert change == pytest.approx((pull_back(g, (step,)) * v).sum(), rel=1e-12)


def test_codes_of_categories_have_no_gradient() -> None:
    step = Categories({1: (0, 1, 2)}, strict=True)
    g = np.arange(10.0).reshape(2, 5)
    assert step(np.array([[7.0, 2.0, 9.0]])).tolist() == [[7, 0, 0, 1, 9]]
    assert pull_back(g, (step,)).tolist() == [[0, 0, 4], [5, 0, 9]]


RANGES: list[tuple[str, Array, float | None, Any, Any]] = [
    ("bytes", np.array([[[[3]]], [[[7]]]], np.uint8), 1.0, 0, 1),
    ("pixels from 0 to 255", np.array([[[[3.0]]], [[[7.0]]]]), 255.0, 0, 255),
    ("an image of any numbers", np.array([[[[-3.0, 1.0]]], [[[7.0, 2.0]]]]), None, -3, 7),
    ("features", np.array([[1.0, -5.0], [3.0, 5.0]]), None, [1, -5], [3, 5]),
    ("missing values", np.array([[1.0, np.nan], [3.0, 5.0]]), None, [1, 5], [3, 5]),
]


@pytest.mark.parametrize(
    ("x", "white", "low", "high"), [row[1:] for row in RANGES], ids=[row[0] for row in RANGES]
)
def test_the_range_of_the_data(x: Array, white: float | None, low: Any, high: Any) -> None:
    found = range_of(x, white)
    assert (found.low.tolist(), found.high.tolist()) == (low, high)


# A trained network


@pytest.fixture(scope="module")
def digits() -> tuple[netc.Model, Array, Array]:
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 200)
    x = random.random((200, 4, 4, 1)) * 0.4 + 0.3 * y.reshape(-1, 1, 1, 1)
    text = "input 4x4x1 -> flatten -> dense 8 tanh -> dense 2 softmax; loss ce; opt adam lr=0.05"
    return netc.compile(text).fit(x, y, epochs=20, seed=1), x, y


@pytest.mark.parametrize("method", ["fgsm", "pgd"])
@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_samples_move_by_eps_at_most_and_the_loss_grows(
    digits: tuple[netc.Model, Array, Array], method: Any, norm: Any
) -> None:
    model, x, y = digits
    eps = {"linf": 0.1, "l2": 0.4}[norm]
    found = model.attack(x, y, eps=eps, method=method, norm=norm)
    sizes = np.abs(found - x).max() if norm == "linf" else lengths(found - x).max()
    assert 0.9 * eps < sizes <= eps + EXACT
    assert (found.min() >= 0, found.max() <= 1) == (True, True)
    assert model.evaluate(found, y)["loss"] > 2 * model.evaluate(x, y)["loss"]


def test_eps_of_0_changes_nothing(digits: tuple[netc.Model, Array, Array]) -> None:
    model, x, y = digits
    np.testing.assert_allclose(model.attack(x, y, eps=0), x, rtol=0, atol=EXACT)


def test_pgd_is_at_least_as_strong_as_fgsm(digits: tuple[netc.Model, Array, Array]) -> None:
    model, x, y = digits
    losses = [
        model.evaluate(model.attack(x, y, eps=0.15, method=method), y)["loss"]
        for method in ("fgsm", "pgd")
    ]
    assert losses[1] >= losses[0] * (
        1 - 1e-3
    )  # a path of ten steps may end a little beside the best


def test_eps_is_a_fraction_of_the_range_of_each_feature() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(300, 2)) * [1, 1000]
    y = (x[:, 0] + x[:, 1] / 1000 > 0).astype(int)
    model = netc.compile("input 2 -> dense 2 softmax; prep standardize; loss ce; opt adam lr=0.05")
    found = model.fit(x, y, epochs=5).attack(x, y, eps=0.1)
    span = x.max(axis=0) - x.min(axis=0)
    np.testing.assert_allclose(np.abs(found - x).max(axis=0), 0.1 * span, rtol=1e-9)


def test_several_inputs_come_back_by_name() -> None:
    x = {
        "a": np.random.default_rng(0).random((20, 3)),
        "b": np.random.default_rng(1).random((20, 2)),
    }
    branches = "input 3 name=a -> @p; input 2 name=b -> @q; concat [@p | @q]"
    text = f"{branches} -> dense 1; loss mse; opt adam"
    model = netc.compile(text).fit(x, np.arange(20.0), epochs=1)
    found = model.attack(x, np.arange(20.0), eps=0.1)
    assert {name: array.shape for name, array in found.items()} == {"a": (20, 3), "b": (20, 2)}


WRONG = [
    ({"eps": -0.1}, ValueError, "eps must be at least 0, not -0.1"),
    ({"eps": "0.1"}, TypeError, "eps must be a number, not '0.1'"),
    ({"method": "cw"}, ValueError, "method must be 'fgsm' or 'pgd', not 'cw'"),
    ({"norm": "l1"}, ValueError, "norm must be 'linf' or 'l2', not 'l1'"),
    ({"steps": 0}, ValueError, "steps cannot be 0"),
]


@pytest.mark.parametrize(("options", "error", "message"), WRONG)
def test_options_that_there_are_not_are_refused(
    digits: tuple[netc.Model, Array, Array], options: Any, error: Any, message: str
) -> None:
    model, x, y = digits
    with pytest.raises(error) as caught:
        model.attack(x, y, **options)
    assert str(caught.value) == message


def test_an_untrained_model_is_refused(codes: Callable[..., list[str]]) -> None:
    model = netc.compile("input 2 -> dense 2 softmax; loss ce")
    assert codes(netc.DataError, lambda: model.attack(np.ones((1, 2)), [0])) == ["E0741"]


# The command


SPEC = """\
data digits
input 8x8x1 -> conv 4 3x3 relu -> flatten -> dense 10 softmax
loss ce
opt adam lr=0.01
train epochs=2 batch=32 seed=1
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: Any) -> Path:
    place: Path = tmp_path_factory.mktemp("attack")
    (place / "digits.net").write_text(SPEC)
    assert command(place, "run", "digits.net", "--save", "digits.safetensors").returncode == 0
    return place


def command(folder: Path, *arguments: str) -> CompletedProcess[str]:
    return run_netc(folder, *arguments)


def test_the_command_prints_accuracy_against_eps(folder: Path) -> None:
    done = command(folder, "attack", "digits.safetensors", "--eps", "0.1,0.3", "--samples", "100")
    assert (done.returncode, done.stderr) == (0, "")
    data, attack, head, *rows, unit = done.stdout.splitlines()
    assert data == "data    digits  100 samples of the test part"
    assert attack == "attack  fgsm · eps bounds every number"
    assert head.split() == ["eps", "acc", "loss"]
    assert [row.split()[0] for row in rows] == ["0", "0.1", "0.3"]
    accuracies = [float(row.split()[1]) for row in rows]
    assert accuracies[0] > accuracies[1] > accuracies[2]
    assert unit == "eps is a fraction of the range of the data, 0 to 1"


def test_without_an_attack_the_accuracy_is_that_of_eval(folder: Path) -> None:
    done = command(folder, "attack", "digits.net", "--weights", "digits.safetensors", "--eps", "0")
    evaluated = command(folder, "eval", "digits.safetensors").stdout
    assert f"acc {done.stdout.splitlines()[3].split()[1]}" in evaluated


def test_pictures_and_their_numbers_are_written(folder: Path) -> None:
    options = ("--eps", "0.2", "--samples", "60", "--method", "pgd", "--steps", "3", "--plots", "p")
    done = command(folder, "attack", "digits.safetensors", *options)
    assert done.returncode == 0, done.stderr
    with (folder / "p" / "accuracy.csv").open() as file:
        assert [row["eps"] for row in csv.DictReader(file)] == ["0.0", "0.2"]
    with (folder / "p" / "examples.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) % 64 == 0
    assert all(row["truth"] != row["predicted"] for row in rows)
    assert max(abs(float(row["after"]) - float(row["before"])) for row in rows) == pytest.approx(
        0.2
    )


def test_pictures_are_drawn_the_same_each_time(folder: Path) -> None:
    pytest.importorskip("matplotlib", reason="pictures need it")
    options = ("--eps", "0.2", "--samples", "60", "--plots")
    for name in ("q", "r"):
        assert command(folder, "attack", "digits.safetensors", *options, name).returncode == 0
    for name in ("accuracy.svg", "examples.svg"):
        assert (folder / "q" / name).read_bytes() == (folder / "r" / name).read_bytes()


@pytest.mark.parametrize("eps", ["a", "-1", "0.1,inf"])
def test_sizes_are_numbers(folder: Path, eps: str) -> None:
    done = command(folder, "attack", "digits.safetensors", f"--eps={eps}")
    assert done.returncode == 2
    assert "--eps" in done.stderr


def test_what_has_no_classes_is_refused(folder: Path) -> None:
    x = np.arange(40.0).reshape(20, 2)
    model = netc.compile('data npz "a.npz"; input 2 -> dense 1; loss mse; opt sgd lr=0.0001')
    model.fit(x, x[:, 0], epochs=1, validation=0).save(folder / "line.safetensors")
    done = command(folder, "attack", "line.safetensors")
    assert done.returncode == 1
    assert "E0752" in done.stderr


AUTOENCODER = """\
data digits
input 64 -> @x -> dense 8 relu -> @code -> dense 64 sigmoid -> @back
loss mse on=@back target=@x
"""
CLASSES = "@code -> dense 10 softmax -> @digit; loss ce on=@digit\n"


@pytest.mark.parametrize("classes", ["", CLASSES])
def test_the_accuracy_is_that_of_the_output_that_learned_the_classes(
    tmp_path: Path, classes: str
) -> None:
    model = netc.compile(AUTOENCODER + classes + "opt adam; train epochs=1 seed=1").fit()
    model.save(tmp_path / "net.st")
    done = command(tmp_path, "attack", "net.st", "--eps", "0")
    if not classes:
        assert (done.returncode, "E0752" in done.stderr) == (1, True)
    else:
        evaluated = command(tmp_path, "eval", "net.st").stdout
        assert f"acc {done.stdout.splitlines()[3].split()[1]}" in evaluated
