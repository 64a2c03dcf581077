"""`opt exact` against NumPy's least squares and against the gradient."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source
from netc.grammar.problem import Problems
from netc.grammar.source import Source
from netc.runtime.events import EpochDone, RunReport
from netc.runtime.training.loop.exact import NotUnique, Solution, solve
from netc.runtime.training.run import train_session
from netc.runtime.training.session import Session, prepare_run
from netc.runtime.training.spec import Spec

RANDOM = np.random.Generator(np.random.PCG64(2))


def in_batches(x: np.ndarray, t: np.ndarray, weights: np.ndarray | None = None) -> Any:
    each = np.ones(len(x)) if weights is None else weights

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        for start in range(0, len(x), 37):
            rows = slice(start, start + 37)
            yield x[rows], t[rows], each[rows, None]

    return batches


@pytest.mark.parametrize("offset", [0, 100])
@pytest.mark.parametrize("bias", [True, False])
def test_the_solution_is_that_of_least_squares(bias: bool, offset: float) -> None:
    x = RANDOM.normal(size=(200, 6)) * [1, 10, 0.01, 1, 1, 1000] + offset
    t = RANDOM.normal(size=(200, 3)) + x[:, :3]
    found = solve(in_batches(x, t), ridge=0.0, bias=bias)
    assert isinstance(found, Solution)
    whole = np.hstack([x, np.ones((200, 1))]) if bias else x
    expected, *_ = np.linalg.lstsq(whole, t, rcond=None)
    np.testing.assert_allclose(found.w, expected[:6], rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(found.b, expected[6] if bias else 0, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("bias", [True, False])
def test_weights_of_whole_numbers_are_samples_that_occur_so_often(bias: bool) -> None:
    x = RANDOM.normal(size=(60, 4)) + 3
    t = RANDOM.normal(size=(60, 2)) + x[:, :2]
    times = RANDOM.integers(0, 4, 60)
    found = solve(in_batches(x, t, times.astype(float)), ridge=0.5, bias=bias)
    wanted = solve(
        in_batches(np.repeat(x, times, axis=0), np.repeat(t, times, axis=0)), ridge=0.5, bias=bias
    )
    assert isinstance(found, Solution)
    assert isinstance(wanted, Solution)
    # sums of 60 products in double precision, of a well conditioned system
    np.testing.assert_allclose(found.w, wanted.w, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found.b, wanted.b, rtol=1e-10, atol=1e-12)


def test_the_powers_of_a_polynomial_keep_their_digits() -> None:
    x = np.linspace(-1, 1, 300)[:, None] ** np.arange(1, 10)
    t = np.sin(3 * x[:, :1]) + 0.1 * RANDOM.normal(size=(300, 1))
    found = solve(in_batches(x, t), ridge=0.0, bias=True)
    assert isinstance(found, Solution)
    expected, *_ = np.linalg.lstsq(np.hstack([x, np.ones((300, 1))]), t, rcond=None)
    np.testing.assert_allclose(found.w, expected[:-1], rtol=1e-10)


def test_a_ridge_shrinks_the_weights_and_not_the_bias() -> None:
    x, t = RANDOM.normal(size=(50, 4)), RANDOM.normal(size=(50, 1)) + 7
    found = solve(in_batches(x, t), ridge=3.0, bias=True)
    assert isinstance(found, Solution)
    # the same as 4 more samples of the length of the ridge, seen without a bias
    more = np.vstack([np.hstack([x, np.ones((50, 1))]), np.hstack([np.sqrt(3) * np.eye(4),
                      np.zeros((4, 1))])])  # fmt: skip
    expected, *_ = np.linalg.lstsq(more, np.vstack([t, np.zeros((4, 1))]), rcond=None)
    np.testing.assert_allclose(found.w, expected[:4], rtol=1e-10)
    np.testing.assert_allclose(found.b, expected[4], rtol=1e-10)


@pytest.mark.parametrize("kind", ["few", "constant", "double"])
def test_many_solutions_are_none(kind: str) -> None:
    x = RANDOM.normal(size=(3 if kind == "few" else 40, 5))
    if kind != "few":
        x[:, 1] = 4 if kind == "constant" else 2 * x[:, 0]
    t = x[:, :1]
    rank = {"few": 2, "constant": 4, "double": 4}[kind]
    assert solve(in_batches(x, t), ridge=0.0, bias=True) == NotUnique(5, rank, len(x))
    assert isinstance(solve(in_batches(x, t), ridge=1e-3, bias=True), Solution)


def go(text: str, folder: Path) -> tuple[Session, RunReport | None, list[Any], list[str]]:
    checked = check(Source("<text>", text), BUILTIN, read_source)
    assert [problem.message() for problem in checked.problems if problem.is_error] == []
    problems, events = Problems(), []
    session = prepare_run(Spec.of(checked), root=folder, problems=problems, reporter=events.append)
    assert session is not None
    report = train_session(session, problems, events.append)
    return session, report, events, [f"{item.code} {item.message()}" for item in problems]


def save(folder: Path, features: int = 3, count: int = 120) -> None:
    x = RANDOM.normal(size=(count, features))
    t = x[:, :2] * [[2, -1]] + [[0.5, 3]] + 0.1 * RANDOM.normal(size=(count, 2))
    np.savez(folder / "f.npz", x=x, y=t)


@pytest.mark.parametrize("extra", ["", "reg l2 0.1", "reg l2 0.1; "])
def test_descent_arrives_where_the_exact_solution_is(extra: str, tmp_path: Path) -> None:
    save(tmp_path)
    weight = " weight=0.5" if extra.endswith("; ") else ""
    text = f'data npz "f.npz"; input 3 -> dense 2; loss mse{weight}; {extra};'
    exact, *_ = go(text + "opt exact; train precision=f64", tmp_path)
    slow, *_ = go(text + "opt sgd lr=0.5; train epochs=300 batch=all precision=f64", tmp_path)
    other = slow.engine.parameters()
    for name, array in exact.engine.parameters().items():
        np.testing.assert_allclose(array, other[name], rtol=1e-7, atol=1e-9)


def test_features_come_from_the_layers_before(tmp_path: Path) -> None:
    text = "data sine n=300 noise=0.05 seed=1; input 1 -> poly 7 -> dense 1; loss mse; opt exact"
    session, report, events, wrong = go(f"{text}; metric r2; expect r2>=99%", tmp_path)
    assert wrong == []
    assert report is not None
    (done,) = (event for event in events if isinstance(event, EpochDone))
    assert done.rate is None
    assert list(done.measured) == ["train_loss", "train_r2", "val_loss", "val_r2"]
    assert [item.holds for item in report.expectations] == [True]
    x = session.dataset.train.x.astype(np.float64) ** np.arange(8)
    expected, *_ = np.linalg.lstsq(x, session.dataset.train.y.astype(np.float64), rcond=None)
    found = session.engine.parameters()
    np.testing.assert_allclose(found["dense1.w"], expected[1:], rtol=1e-4, atol=1e-4)
    assert report.test is not None


def test_classes_are_fitted_as_zeros_and_ones(tmp_path: Path) -> None:
    _, report, _, wrong = go("data iris; input 4 -> dense 3; loss mse; opt exact", tmp_path)
    assert wrong == []
    assert report is not None
    assert report.epochs[0].measured["train_acc"] > 0.8


def test_too_few_samples_are_said(tmp_path: Path) -> None:
    save(tmp_path, features=30, count=20)
    text = 'data npz "f.npz"; input 30 -> dense 2; loss mse; opt exact'
    _, report, _, wrong = go(text, tmp_path)
    assert report is None
    assert wrong == [
        "E0658 the features of 16 samples have rank 15, not 30: many weights fit equally well"
    ]
    assert go(text + "; reg l2 1e-6", tmp_path)[3] == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("input 1 -> dense 1 freeze=true; loss mse", "its `dense` is frozen"),
        ("input 1 -> dense 1 l1=0.1; loss mse", "`l1=` has no closed-form solution"),
        ("input 1 -> dense 1; loss mse weight=0", "the loss has a weight of 0"),
        ("input 1 -> @x -> dense 1; loss mse target=@x", "the target is `@x`"),
    ],
)
def test_what_has_no_direct_solution_is_refused(text: str, reason: str) -> None:
    checked = check(Source("<text>", f"data linear; {text}; opt exact"), BUILTIN, read_source)
    (problem,) = (item for item in checked.problems if item.is_error)
    assert problem.code == "E0434"
    assert problem.message().endswith(reason)
