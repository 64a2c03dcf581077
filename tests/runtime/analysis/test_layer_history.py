"""The layers of a run, epoch by epoch: what is recorded is right, and the run stays as it is."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.grammar.problem import Problems
from netc.runtime.analysis.inspection.history_pictures import (
    edges_for,
    history_pictures,
    shares_in,
)
from netc.runtime.analysis.inspection.layer_history import (
    MOST_VALUES,
    LayerHistory,
    open_recorder,
    some_of,
)
from netc.runtime.training.run import train_session
from netc.runtime.training.session import Session, prepare_run
from netc.runtime.training.spec import RunOptions, Spec

Array = np.ndarray[Any, Any]

DIGITS = (
    "data digits; input 8x8x1 -> conv 3 3x3 bn relu -> flatten -> dropout 0.3 "
    "-> dense 6 tanh -> dense 10 softmax; loss ce; opt adam lr=0.01; "
    "train epochs=3 batch=64 seed=2"
)


def session_of(text: str, workers: int = 1) -> Session:
    checked = check(source_of(text), BUILTIN, read_source)
    problems = Problems()
    session = prepare_run(
        Spec.of(checked),
        RunOptions(workers=workers),
        root=Path(),
        problems=problems,
        reporter=lambda event: None,
    )
    assert session is not None, list(problems)
    return session


def trained(session: Session, records: bool) -> tuple[dict[str, Array], LayerHistory | None]:
    """The weights at the end of a run, and what was recorded of it."""
    recorder = open_recorder(session) if records else None
    try:
        tell = recorder.beside(lambda event: None) if recorder else lambda event: None
        train_session(session, Problems(), tell)
        weights = {name: array.copy() for name, array in session.engine.parameters().items()}
    finally:
        session.engine.close()
    return weights, None if recorder is None else recorder.history


@pytest.mark.parametrize("workers", [1, 2])
def test_recording_changes_no_bit_of_the_run(workers: int) -> None:
    alone, _ = trained(session_of(DIGITS, workers), records=False)
    watched, history = trained(session_of(DIGITS, workers), records=True)
    assert all(np.array_equal(alone[name], watched[name]) for name in alone)
    assert history is not None
    assert history.epochs == [0, 1, 2, 3]


def test_every_layer_is_recorded_at_the_start_and_after_every_epoch() -> None:
    session = session_of(DIGITS)
    weights = {name: array.copy() for name, array in session.engine.parameters().items()}
    end, history = trained(session, records=True)
    assert history is not None
    assert set(history.weights) == set(history.gradients) == {"conv1.w", "dense1.w", "dense2.w"}
    assert set(history.outputs) == {"conv1", "dense1", "dense2"}
    for name in history.weights:
        assert np.array_equal(history.weights[name][0], some_of(weights[name]))
        assert np.array_equal(history.weights[name][-1], some_of(end[name]))
    for recorded in (history.weights, history.outputs, history.gradients):
        assert {len(arrays) for arrays in recorded.values()} == {4}


def test_gradients_are_those_of_the_loss_on_one_batch() -> None:
    text = (
        "data digits; input 64 -> dense 7 relu -> dense 10 softmax; loss ce; opt sgd lr=0.1; "
        "train epochs=1 batch=64 seed=2 precision=f64"
    )
    session = session_of(text)
    part = session.dataset.train
    rows = np.arange(64) * len(part) // 64
    model = netc.compile(text)
    wanted = model.gradients(np.asarray(part.x[rows]), part.y[rows])
    _, history = trained(session, records=True)
    assert history is not None
    for name, arrays in history.gradients.items():
        np.testing.assert_allclose(arrays[0], some_of(wanted[name]), rtol=1e-9, atol=1e-15)


def test_vanishing_gradients_are_seen() -> None:
    text = (
        "data digits; input 64 -> repeat 6 [dense 20 sigmoid] -> dense 10 softmax; loss ce; "
        "opt sgd lr=0.01; train epochs=1 batch=64"
    )
    _, history = trained(session_of(text), records=True)
    assert history is not None
    sizes = [float(np.median(np.abs(arrays[0]))) for arrays in history.gradients.values()]
    assert all(before < after / 2 for before, after in pairwise(sizes))


def test_a_symmetry_that_is_never_broken_is_seen() -> None:
    text = (
        "data digits; input 64 -> dense 5 tanh init=zeros -> dense 10 softmax init=zeros; loss ce; "
        "opt sgd lr=0.1; train epochs=2 batch=64"
    )
    _, history = trained(session_of(text), records=True)
    assert history is not None
    assert (history.distinct["dense1.w"], history.units["dense1.w"]) == (1, 5)
    weights = next(iter(history_pictures(history, "zeros")))
    assert weights.name == "layer_weights"


def test_a_run_that_diverges_is_recorded_where_it_does() -> None:
    text = (
        "data digits; input 64 -> dense 20 relu -> dense 10; loss mse; opt sgd lr=1000; "
        "train epochs=3 batch=64"
    )
    _, history = trained(session_of(text), records=True)
    assert history is not None
    assert history.epochs == [0, 1]
    tables = {picture.name: picture.table for picture in history_pictures(history, "large")}
    assert set(tables) == {"layer_weights", "layer_outputs", "layer_gradients"}


def test_shares_count_all_finite_numbers() -> None:
    arrays = [np.array([0.0, 1.0, np.nan, 2.0]), np.array([np.inf, 5.0])]
    edges = edges_for(arrays)
    assert 0 <= edges[0] < edges[-1] <= 5
    assert [shares_in(array, edges).sum() for array in arrays] == [1, 1]
    assert shares_in(np.array([np.nan]), edges).sum() == 0
    assert edges_for([np.zeros(3)])[[0, -1]].tolist() == [-0.5, 0.5]
    assert len(some_of(np.arange(10 * MOST_VALUES + 7))) <= MOST_VALUES


def test_pictures_are_drawn() -> None:
    pytest.importorskip("matplotlib", reason="pictures are drawn with matplotlib")
    from netc.runtime.plots.style import draw

    _, history = trained(session_of(DIGITS), records=True)
    assert history is not None
    for picture in history_pictures(history, "digits"):
        first = draw(picture.fill, ".svg")
        assert b"dense" in first
        assert first == draw(picture.fill, ".svg")
        columns = {name: list(column) for name, column in picture.table.items()}
        assert {len(column) for column in columns.values()} == {4 * 48}
