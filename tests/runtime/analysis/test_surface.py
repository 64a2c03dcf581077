"""Decision surfaces and fitted curves: what is drawn is what the network answers."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path

import netc
import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.grammar.problem import Problems
from netc.runtime.analysis.confusion import confusion_of
from netc.runtime.analysis.surface import (
    MOST_SNAPSHOTS,
    SIDE,
    SurfaceRecorder,
    answers,
    plane_of,
)
from netc.runtime.analysis.surface_pictures import (
    FINE,
    MOST_FRAMES,
    MOST_PANELS,
    chosen_epochs,
    class_scores,
    finer,
    sureness,
    surface_pictures,
)
from netc.runtime.events import RunReport
from netc.runtime.plots.animation import animate
from netc.runtime.plots.picture import csv_text
from netc.runtime.plots.style import draw
from netc.runtime.training.run import train_session
from netc.runtime.training.session import Session, prepare_run
from netc.runtime.training.spec import RunOptions, Spec

MOONS = """\
data moons n=200 noise=0.1
prep standardize
input 2 -> dense 8 tanh -> dense 1 sigmoid
loss bce
opt adam lr=0.02
train epochs=6 batch=32 seed=1
"""
SINE = """\
data sine n=100 noise=0.1
prep standardize on=target
input 1 -> dense 8 tanh -> dense 1
loss mse
opt adam lr=0.02
train epochs=4 seed=1
"""
BLOBS = """\
data blobs n=150
input 2 -> dense 3 softmax
loss ce
opt adam lr=0.05
train epochs=4 seed=1
"""


def session_of(text: str, root: Path = Path()) -> Session:
    checked = check(source_of(text), BUILTIN, read_source)
    assert not checked.has_errors, checked.problems
    problems = Problems()
    session = prepare_run(
        Spec.of(checked),
        RunOptions(workers=1, keeps_samples=True),
        root=root,
        problems=problems,
        reporter=lambda event: None,
    )
    assert session is not None, list(problems)
    return session


def recorded(text: str, root: Path = Path()) -> tuple[Session, SurfaceRecorder, RunReport]:
    session = session_of(text, root)
    plane = plane_of(session)
    assert plane is not None
    recorder = SurfaceRecorder(session, plane, lambda event: None)
    report = train_session(session, Problems(), recorder)
    assert report is not None
    return session, recorder, report


def test_the_probabilities_are_those_of_the_trained_model() -> None:
    session, recorder, _ = recorded(MOONS)
    plane = recorder.plane
    assert plane.axes == ("x1", "x2")
    assert plane.classes == ("0", "1")
    model = netc.compile(MOONS).fit(reporter=lambda event: None)
    found = answers(session, plane)
    # the model computes in batches of other sizes, in single precision
    assert np.allclose(model.predict_proba(plane.grid)[:, 1], found[:, 0], atol=1e-5)
    predicted = np.array(plane.classes)[class_scores(plane, found).argmax(axis=1)]
    assert (predicted == model.predict(plane.grid).astype(str)).mean() > 0.999


def test_numbers_are_in_the_unit_of_the_data() -> None:
    session, recorder, _ = recorded(SINE)
    model = netc.compile(SINE).fit(reporter=lambda event: None)
    found = answers(session, recorder.plane)[:, 0]
    assert recorder.plane.axes == ("x",)
    assert np.allclose(model.predict(recorder.plane.grid), found, atol=1e-5)


def test_the_grid_covers_the_training_samples_as_they_were_read() -> None:
    _, recorder, _ = recorded(MOONS)
    plane = recorder.plane
    for (low, high), values in zip(plane.limits, plane.samples.T, strict=True):
        assert low < values.min() < values.max() < high
    # moons are not standardized: their second half lies to the right
    assert plane.samples[:, 0].max() > 1.8
    assert len(plane.samples) == len(plane.truth) == 160


@pytest.mark.parametrize(
    "text",
    [
        "data iris; input 4 -> dense 3 softmax; loss ce; opt adam",
        "data digits; input 8x8x1 -> flatten -> dense 10 softmax; loss ce; opt adam",
    ],
)
def test_other_networks_have_no_plane(text: str) -> None:
    assert plane_of(session_of(text)) is None


def test_columns_of_a_table_name_the_axes(tmp_path: Path) -> None:
    rows = "".join(f"{i},{i * i % 17},{'yes' if i % 2 else 'no'}\n" for i in range(40))
    (tmp_path / "t.csv").write_text("age,dose,well\n" + rows)
    text = 'data csv "t.csv"; prep standardize; input 2 -> dense 2 softmax; loss ce; opt adam'
    plane = plane_of(session_of(text, tmp_path))
    assert plane is not None
    assert plane.axes == ("age", "dose")
    assert plane.classes == ("no", "yes")


def test_looking_changes_no_bit_of_the_run() -> None:
    _, recorder, report = recorded(MOONS)
    plain = train_session(session_of(MOONS), Problems(), lambda event: None)
    assert plain is not None
    assert [done.measured for done in report.epochs] == [done.measured for done in plain.epochs]
    assert list(recorder.found) == [0, 1, 2, 3, 4, 5, 6]


def test_of_long_runs_epochs_at_equal_distances_are_kept() -> None:
    _, recorder, _ = recorded(MOONS.replace("epochs=6", "epochs=130"))
    kept = list(recorder.found)
    assert len(kept) <= MOST_SNAPSHOTS
    assert kept == list(range(0, kept[-1] + 1, recorder.every))
    assert 130 - kept[-1] < recorder.every


@pytest.mark.parametrize(
    ("epochs", "chosen"),
    [
        ((0, 1, 2), (0, 1, 2)),
        (tuple(range(7)), (0, 1, 2, 4, 6)),
        (tuple(range(61)), (0, 1, 4, 11, 26, 60)),
        (tuple(range(0, 200, 4)), (0, 4, 16, 36, 88, 196)),
    ],
)
def test_the_panels_show_the_first_and_the_last_epoch(
    epochs: tuple[int, ...], chosen: tuple[int, ...]
) -> None:
    found = chosen_epochs(epochs)
    assert (found[0], found[-1]) == (epochs[0], epochs[-1])
    assert len(found) <= MOST_PANELS
    assert set(found) <= set(epochs)
    assert found == chosen


PLANES = {
    "two classes": MOONS,
    "three classes": BLOBS,
    "a margin": MOONS.replace(" sigmoid", "").replace("bce", "hinge"),
    "a line": "data linear n=60; input 1 -> dense 1; loss mse; opt sgd",
    "a curve": SINE,
    "a direct solution": "data sine n=60; input 1 -> poly 3 -> dense 1; loss mse; opt exact",
}


@pytest.mark.parametrize("text", PLANES.values(), ids=PLANES)
def test_every_kind_is_drawn_alike_each_time(text: str) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    session, recorder, _ = recorded(text)
    last = answers(session, recorder.plane)
    for picture in surface_pictures(recorder.plane, last, recorder.found, "title"):
        assert draw(picture.fill, ".svg") == draw(picture.fill, ".svg")
        assert csv_text(picture.table).count("\n") > len(last)


def test_the_animation_has_a_frame_per_epoch() -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    from PIL import Image

    session, recorder, _ = recorded(MOONS)
    last = answers(session, recorder.plane)
    _, epochs = surface_pictures(recorder.plane, last, recorder.found, "moons")
    content = animate(epochs.frames)
    assert content == animate(epochs.frames)
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.n_frames == len(recorder.found) == 7


def test_an_animation_of_many_epochs_ends_with_the_last_one() -> None:
    session, recorder, _ = recorded(MOONS.replace("epochs=6", "epochs=40"))
    last = answers(session, recorder.plane)
    _, epochs = surface_pictures(recorder.plane, last, recorder.found, "moons")
    assert len(epochs.frames) <= MOST_FRAMES
    final = epochs.frames[-1]
    assert isinstance(final, partial)
    assert final.keywords["title"] == "moons: epoch 40"


def test_the_confusion_is_that_of_the_metric() -> None:
    session, _, report = recorded(MOONS + "metric confusion\n")
    assert report.test is not None
    found = confusion_of(session)
    assert found is not None
    assert (found.part, found.names) == ("test", ("0", "1"))
    assert found.counts.tolist() == [list(row) for row in report.test.confusion or ()]


def test_without_a_test_part_the_confusion_is_of_the_validation_part() -> None:
    session, _, _ = recorded(MOONS.replace("noise=0.1", "noise=0.1 split=(80%, 20%, 0%)"))
    found = confusion_of(session)
    assert found is not None
    assert found.part == "validation"
    assert int(found.counts.sum()) == 40


def test_the_shade_is_strongest_where_the_network_is_sure() -> None:
    values = np.array([[0.5], [0.75], [0.0], [1.0]])
    plane = recorded(MOONS)[1].plane
    assert sureness(plane, values).tolist() == [0, 0.5, 1, 1]


def test_between_the_points_of_the_grid_answers_are_linear() -> None:
    """A plane a + b x + c y is itself at every point between."""
    x, y = np.meshgrid(np.linspace(0, 1, SIDE), np.linspace(0, 1, SIDE))
    u, v = np.meshgrid(np.linspace(0, 1, FINE), np.linspace(0, 1, FINE))
    plane, between = (1 + 2 * x + 5 * y).reshape(-1, 1), (1 + 2 * u + 5 * v).reshape(-1, 1)
    assert np.allclose(finer(plane), between, atol=1e-12)
