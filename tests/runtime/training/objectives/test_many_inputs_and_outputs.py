"""Networks with several inputs and outputs, targets of every kind, and free sizes: whole runs on
small archives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source
from netc.grammar.problem import Problems
from netc.grammar.source import Source
from netc.runtime.events import RunReport, Started
from netc.runtime.training.run import run
from netc.runtime.training.spec import Spec

RANDOM = np.random.Generator(np.random.PCG64(5))
N = 300
X = RANDOM.normal(size=(N, 4)).astype(np.float32)
SIDE = (X[:, 0] > 0).astype(np.int64)
THREE = np.digitize(X[:, 1], [-0.5, 0.5])
PLANE = RANDOM.random((N, 6, 6, 1)).astype(np.float32)
MASK = (PLANE[..., 0] > 0.3).astype(np.int64) + (PLANE[..., 0] > 0.7)
TRAIN = "opt adam lr=0.05; train epochs=12 batch=32"


def go(folder: Path, text: str, **arrays: Any) -> tuple[RunReport | None, list[Any], list[str]]:
    np.savez(folder / "f.npz", **arrays)
    checked = check(Source("<text>", f'data npz "f.npz"; {text}'), BUILTIN, read_source)
    assert [problem.message() for problem in checked.problems if problem.is_error] == []
    problems, events = Problems(), []
    report = run(Spec.of(checked), root=folder, problems=problems, reporter=events.append)
    return report, events, [f"{item.code} {item.message()}" for item in problems]


def figures_of(folder: Path, text: str, **arrays: Any) -> dict[str, float]:
    report, _, wrong = go(folder, text, **arrays)
    assert wrong == []
    assert report is not None
    assert report.test is not None
    return dict(report.test.measured)


TWO = (
    "input 6x6x1 name=image -> gap -> @a; input 4 name=meta -> dense 8 relu -> @b; "
    "concat @a @b -> dense 16 relu -> @trunk; @trunk -> dense 3 softmax -> @kind; "
    "@trunk -> dense 2 -> @box; loss ce on=@kind; loss mse on=@box weight=0.5; "
)


def two(**changes: Any) -> dict[str, Any]:
    box = np.stack([X[:, 0], PLANE.mean(axis=(1, 2, 3))], axis=1)
    return {"image": PLANE, "meta": X, "kind": THREE, "box": box} | changes


def test_two_inputs_and_two_outputs(tmp_path: Path) -> None:
    report, events, wrong = go(tmp_path, TWO + "metric acc rmse; " + TRAIN, **two())
    assert wrong == []
    started = next(event for event in events if isinstance(event, Started))
    assert started.columns == (
        "train_loss", "train_acc", "train_rmse", "val_loss", "val_acc", "val_rmse",
    )  # fmt: skip
    assert report is not None
    assert report.test is not None
    assert report.test.measured["acc"] > 0.85
    assert report.test.measured["rmse"] < 0.25


def test_the_loss_is_the_weighted_sum_of_both(tmp_path: Path) -> None:
    # constant outputs: the loss of both is known by hand
    text = (
        "input 4 -> @t; @t -> dense 2 init=zeros softmax -> @p; @t -> dense 1 init=zeros -> @q; "
        "loss ce on=@p; loss mse on=@q weight=0.25; opt sgd lr=1e-12; train epochs=1"
    )
    found = figures_of(tmp_path, text, x=X, p=SIDE, q=np.full(N, 2.0))
    assert found["loss"] == pytest.approx(np.log(2) + 0.25 * 4, rel=1e-5)


def test_a_second_output_of_classes_has_its_label_in_front(tmp_path: Path) -> None:
    text = (
        "input 4 -> dense 16 relu -> @t; @t -> dense 3 softmax -> @kind; "
        "@t -> dense 1 sigmoid -> @side; loss ce on=@kind; loss bce on=@side; metric acc f1; "
    )
    found = figures_of(tmp_path, text + TRAIN, x=X, kind=THREE, side=SIDE)
    assert list(found) == ["loss", "acc", "f1", "side_acc", "side_f1"]
    assert min(found["acc"], found["side_acc"]) > 0.85


def test_a_tap_that_other_layers_read_is_measured(tmp_path: Path) -> None:
    text = (
        "input 4 -> dense 3 softmax -> @mid -> dense 8 relu -> dense 3 softmax -> @end; "
        "loss ce on=@end; loss ce on=@mid weight=0.3; "
    )
    found = figures_of(tmp_path, text + TRAIN, x=X, y=THREE)
    assert list(found) == ["loss", "acc", "mid_acc"]


def test_every_pixel_has_a_class(tmp_path: Path) -> None:
    text = "input 6x6x1 -> conv 8 1x1 relu -> conv 3 1x1 softmax; loss ce; metric confusion; "
    report, _, wrong = go(tmp_path, text + TRAIN, x=PLANE, y=MASK)
    assert wrong == []
    assert report is not None
    assert report.test is not None
    assert report.test.measured["acc"] > 0.9
    assert np.sum(report.test.confusion) == 30 * 36


def test_every_pixel_is_true_or_false(tmp_path: Path) -> None:
    text = "input 6x6x1 -> conv 8 1x1 relu -> conv 1 1x1 sigmoid; loss bce; "
    found = figures_of(tmp_path, text + TRAIN, x=PLANE, y=MASK > 0)
    assert found["acc"] > 0.9


@pytest.mark.parametrize(
    ("network", "y"),
    [
        ("dense 3 softmax; loss ce", THREE),
        ("dense 3 softmax; loss ce", THREE[:, None]),
        ("dense 3 softmax; loss ce", THREE.astype(np.float64)),
        ("dense 3 softmax; loss nll", np.eye(3)[THREE]),
        ("dense 3 softmax; loss ce", np.array(["a", "b", "c"])[THREE]),
        ("dense 3; loss hinge", THREE),
        ("dense 3 sigmoid; loss bce", THREE),
        ("dense 1 sigmoid; loss bce", SIDE),
        ("dense 1 sigmoid; loss bce", SIDE == 1),
        ("dense 1; loss logistic", 2 * SIDE - 1),
        ("dense 1; loss logistic", SIDE),
        ("dense 1; loss perceptron", 2.0 * SIDE[:, None] - 1),
    ],
)
def test_classes_in_every_spelling(network: str, y: np.ndarray, tmp_path: Path) -> None:
    found = figures_of(tmp_path, f"input 4 -> dense 8 tanh -> {network}; {TRAIN}", x=X, y=y)
    assert found["acc"] > 0.8


@pytest.mark.parametrize(
    ("network", "y", "measured"),
    [
        ("dense 3 softmax; loss ce", np.full((N, 3), 1 / 3), {"loss", "acc"}),
        ("dense 3 softmax; loss kl", np.tile([0.2, 0.3, 0.5], (N, 1)), {"loss", "acc"}),
        ("dense 2 sigmoid; loss bce", RANDOM.random((N, 2)), {"loss"}),
        ("dense 2 sigmoid; loss bce", RANDOM.integers(0, 2, (N, 2)), {"loss", "acc"}),
        ("dense 1; loss mse; metric mae", THREE, {"loss", "mae"}),
        ("dense 6 -> reshape 2x3; loss mse", np.zeros((N, 3, 2)), {"loss"}),
    ],
)
def test_numbers_are_compared_as_numbers(
    network: str, y: np.ndarray, measured: set[str], tmp_path: Path
) -> None:
    text = f"input 4 -> {network}; opt adam; train epochs=1"
    assert set(figures_of(tmp_path, text, x=X, y=y)) == measured


@pytest.mark.parametrize(
    ("network", "y", "wrong"),
    [
        ("dense 3 softmax; loss ce", THREE + 1,
         "E0516 with 3 outputs, labels must be 0 to 2, but `y` of `f.npz` has 3 in "
         "sample {n}"),
        ("dense 1 sigmoid; loss bce", 2 * SIDE - 1,
         "E0516 with 1 output, labels must be 0 to 1, but `y` of `f.npz` has -1 in "
         "sample {n}"),
        ("dense 4 softmax; loss ce", THREE,
         "E0505 the network has 4 outputs, but `f.npz` has 3 classes"),
        ("dense 3 softmax; loss ce", X[:, 0],
         "E0506 `loss ce` cannot use the targets of `f.npz`: `y` holds numbers, but it "
         "needs classes"),
        ("dense 4 softmax; loss ce", np.full((N, 4), 0.2),
         "E0506 `loss ce` cannot use the targets of `f.npz`: the probabilities of sample 1 add "
         "up to 0.8, not to 1"),
        ("dense 4 softmax; loss ce", X,
         "E0506 `loss ce` cannot use the targets of `f.npz`: `y` holds negative numbers, "
         "not probabilities"),
        ("dense 2 softmax; loss nll", np.full((N, 2), 0.5),
         "E0506 `loss nll` cannot use the targets of `f.npz`: `y` holds probabilities, but "
         "it needs one class per sample"),
        ("dense 1 sigmoid; loss bce", 1.5 * SIDE,
         "E0506 `loss bce` cannot use the targets of `f.npz`: `y` ranges from 0 to 1.5, but it "
         "needs numbers from 0 to 1"),
        ("dense 2; loss mse", X[:, :3],
         "E0505 the network has 2 outputs, but `f.npz` has 3 values per target"),
        ("dense 4 -> reshape 2x2; loss mse", X[:, :3],
         "E0518 the output is 2x2, but each target in `y` of `f.npz` is 3"),
        ("dense 8 -> reshape 2x4 softmax; loss ce", MASK,
         "E0518 the output is 2x4, but each target in `y` of `f.npz` is 6x6"),
    ],
)  # fmt: skip
def test_targets_that_do_not_fit(network: str, y: np.ndarray, wrong: str, tmp_path: Path) -> None:
    _, events, found = go(tmp_path, f"input 4 -> {network}; opt adam", x=X, y=y)
    (message,) = found
    head, _, sample = wrong.partition("{n}")
    assert message.startswith(head), message
    assert sample or message == head or message.removeprefix(head).isdigit()
    assert not any(isinstance(event, Started) for event in events)


def test_what_several_inputs_need(tmp_path: Path) -> None:
    arrays = two(meta=X[:, :3])
    assert go(tmp_path, TWO + TRAIN, **arrays)[2] == [
        "E0504 `input 4` expects 4 features; `f.npz: meta` has 3"
    ]
    del arrays["meta"]
    assert go(tmp_path, TWO + TRAIN, **arrays)[2] == ["E0511 `f.npz` has no array `meta`"]
    text = f"data digits; {TWO.replace('mse', 'huber').replace('6x6x1', '8x8x1')}; {TRAIN}"
    checked = check(Source("<text>", text), BUILTIN, read_source)
    problems = Problems()
    if not checked.has_errors:
        run(Spec.of(checked), root=tmp_path, problems=problems, reporter=lambda event: None)
        assert "E0519" in [item.code for item in problems]


# Tokens


@pytest.mark.parametrize(
    ("tokens", "prep", "wrong"),
    [
        (np.tile([0, 1, 2, 9], (N, 1)), "", ""),
        (np.tile([0, 1, 2, 10], (N, 1)), "",
         "E0517 `embed` has the tokens 0 to 9, but `f.npz` has 10 in sample 1"),
        (np.tile([0, -1, 2, 9], (N, 1)), "",
         "E0517 `embed` has the tokens 0 to 9, but `f.npz` has -1 in sample 1"),
        (np.tile([0, 1, 0.5, 9], (N, 1)), "",
         "E0517 `embed` has the tokens 0 to 9, but `f.npz` has 0.5 in sample 1"),
    ],
)  # fmt: skip
def test_tokens_are_those_of_the_vocabulary(
    tokens: np.ndarray, prep: str, wrong: str, tmp_path: Path
) -> None:
    text = "input 4 -> embed 10 3 -> flatten -> dense 2 softmax; loss ce; opt adam; train epochs=1"
    assert go(tmp_path, text, x=tokens, y=SIDE)[2] == ([wrong] if wrong else [])


# Free sizes


def test_free_sizes_take_those_of_the_data(tmp_path: Path) -> None:
    text = "input ?x?x1 -> conv 8 1x1 relu -> conv 3 1x1 softmax; loss ce; "
    _, events, wrong = go(tmp_path, text + TRAIN, x=PLANE, y=MASK)
    assert wrong == []
    started = next(event for event in events if isinstance(event, Started))
    assert started.multiply_adds == 6 * 6 * (8 + 24)
    flat = "input ? -> embed 9 3 -> gap -> dense 2 softmax; loss ce; opt adam; train epochs=1"
    assert go(tmp_path, flat, x=np.ones((N, 5)), y=SIDE)[2] == []


def test_what_follows_from_a_free_size_is_checked_when_it_is_known(tmp_path: Path) -> None:
    text = "input ?x?x1 -> conv 4 5x5 relu -> maxpool 2x2 -> gap -> dense 2 softmax; loss ce; "
    wrong = go(tmp_path, text + "opt adam", x=np.zeros((N, 7, 7, 1)), y=SIDE)[2]
    assert [item.split()[0] for item in wrong] == ["E0312"]
    wrong = go(
        tmp_path, "input ?x?x3 -> gap -> dense 2 softmax; loss ce; opt adam", x=PLANE, y=SIDE
    )
    assert wrong[2] == ["E0504 `input ?x?x3` does not match `f.npz`, whose samples are 6x6x1"]
