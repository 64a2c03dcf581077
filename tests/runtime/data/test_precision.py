"""Numbers keep all their digits until they are prepared: from tables, arrays and programs, in
training, evaluation and prediction."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from netc.compiler.data import preparations as preps
from netc.compiler.data.files import Npy, Npz
from netc.compiler.data.tables import Csv
from netc.runtime.data.dataset import DataRequest, Dataset

LINE = "prep {prep}; input 1 -> dense 1; loss mse; opt exact; metric rmse"
SECONDS = 1_700_000_000 + np.arange(160.0)
COORDINATES = np.round(13.405 + 1e-6 * np.arange(160), 6)
WHOLE = (1.0, 0.0, 0.0)
Load = Callable[..., tuple[Dataset | None, list[str]]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: Any) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def stored(x: np.ndarray[Any, Any], form: str) -> Any:
    """The samples with targets 0, 1, 2, ... in a file."""
    y = np.arange(len(x), dtype=np.float64)
    if form == "csv":
        rows = [f"{a!r},{b!r}" for a, b in zip(x.tolist(), y.tolist(), strict=True)]
        Path("t.csv").write_text("\n".join(["a,y", *rows]) + "\n")
        return Csv(path="t.csv", split=WHOLE)
    np.savez("t.npz", x=x, y=y)
    np.save("x.npy", x)
    np.save("y.npy", y)
    if form == "npz":
        return Npz(path="t.npz", split=WHOLE)
    return Npy(path="x.npy", target="y.npy", split=WHOLE)


@pytest.mark.parametrize("x", [SECONDS, COORDINATES, -SECONDS * 1e9], ids=["s", "degrees", "ns"])
@pytest.mark.parametrize("form", ["csv", "npz", "npy"])
@pytest.mark.parametrize("prep", [preps.Standardize(), preps.Scale(), preps.Center()])
def test_every_value_survives_its_preparation(
    x: np.ndarray[Any, Any], form: str, prep: Any, loaded: Load
) -> None:
    dataset, wrong = loaded(stored(x, form), prep, wants_classes=False)
    assert wrong == []
    assert dataset is not None
    assert dataset.train.x.dtype == np.float32
    assert len(np.unique(dataset.train.x)) == 160
    exact = (x - x.mean()) / {"standardize": x.std(), "scale": np.ptp(x), "center": 1.0}[prep.word]
    mine = np.sort(dataset.train.x[:, 0]).astype(np.float64)
    np.testing.assert_allclose(mine - mine.mean(), np.sort(exact), atol=1e-6 * np.ptp(exact))


@pytest.mark.parametrize("prep", ["standardize", "scale"])
def test_a_program_fits_evaluates_and_predicts_time_stamps(prep: str, folder: Path) -> None:
    y = 2 * (SECONDS - SECONDS[0])
    model = netc.compile(LINE.format(prep=prep)).fit(SECONDS[:, None], y, validation=0)
    assert model.evaluate(SECONDS[:, None], y)["rmse"] < 1e-3
    np.testing.assert_allclose(model.predict(SECONDS[:, None]), y, atol=1e-3)
    model.save("w.safetensors")
    again = netc.load("w.safetensors")
    np.testing.assert_array_equal(again.predict(SECONDS[:, None]), model.predict(SECONDS[:, None]))


def test_targets_keep_their_digits(loaded: Load) -> None:
    Path("t.csv").write_text("a,y\n1,1700000001\n2,1700000002\n")
    dataset, _ = loaded(Csv(path="t.csv", split=WHOLE), wants_classes=False)
    assert dataset is not None
    assert sorted(dataset.train.y[:, 0].tolist()) == [1700000001, 1700000002]


@pytest.mark.parametrize("form", ["csv", "npz"])
def test_a_feature_that_single_precision_would_flatten_is_refused(form: str, loaded: Load) -> None:
    _, wrong = loaded(stored(SECONDS, form), wants_classes=False)
    (only,) = wrong
    named = "`a` of `t.csv`" if form == "csv" else "feature 1 of `t.npz`"
    assert only.startswith(f"E0560 {named} has 160 different values, of which single precision")
    double = np.dtype(np.float64)
    dataset, wrong = loaded(stored(SECONDS, form), wants_classes=False, dtype=double)
    assert wrong == []
    assert dataset is not None
    assert len(np.unique(dataset.train.x)) == 160


@pytest.mark.parametrize("x", [np.full(20, 0.1), np.full(20, 1e9), np.zeros(20)])
def test_a_constant_feature_becomes_zero(x: np.ndarray[Any, Any], loaded: Load) -> None:
    for prep in (preps.Standardize(), preps.Scale(), preps.Center()):
        dataset, wrong = loaded(stored(x, "npz"), prep, wants_classes=False)
        assert wrong == []
        assert dataset is not None
        assert not dataset.train.x.any()


# What a preparation takes for an image, a sequence or a vector


def images(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).random((30, *shape)) * np.arange(1, shape[-1] + 1)


@pytest.mark.parametrize(
    ("stored_as", "read_as"),
    [((4, 3), (4, 3, 1)), ((12,), (4, 3, 1)), ((4, 3), (12,)), ((4, 3), (None, None, 1))],
    ids=str,
)
def test_a_grey_image_is_one_however_it_is_stored(
    stored_as: tuple[int, ...], read_as: tuple[int | None, ...], loaded: Load
) -> None:
    x = images(4, 3)
    np.savez("t.npz", x=x.reshape(30, *stored_as), y=np.arange(30) % 2)
    np.savez("u.npz", x=x[..., None], y=np.arange(30) % 2)
    for prep in (preps.Scale(), preps.Standardize(), preps.Center()):
        mine, _ = loaded(
            Npz(path="t.npz", split=WHOLE), prep, request=DataRequest(shapes=(read_as,))
        )
        image, _ = loaded(
            Npz(path="u.npz", split=WHOLE), prep, request=DataRequest(shapes=((4, 3, 1),))
        )
        assert mine is not None
        assert image is not None
        np.testing.assert_array_equal(mine.train.x, image.train.x)


def test_a_grey_image_is_padded_however_it_is_stored(loaded: Load) -> None:
    np.savez("t.npz", x=images(4, 3), y=np.arange(30) % 2)
    request = DataRequest(shapes=((8, 7, 1),))
    dataset, wrong = loaded(
        Npz(path="t.npz", split=WHOLE), preps.PadPictures(pad=2), request=request
    )
    assert wrong == []
    assert dataset is not None
    assert dataset.sample_shape == (8, 7, 1)


@pytest.mark.parametrize("prep", [preps.Scale(), preps.Standardize(), preps.Center()])
def test_a_sequence_has_one_value_for_each_channel(prep: Any, loaded: Load) -> None:
    x = images(5, 3)
    np.savez("t.npz", x=x, y=np.arange(30) % 2)
    request = DataRequest(shapes=((5, 3),))
    dataset, _ = loaded(Npz(path="t.npz", split=WHOLE), prep, request=request)
    assert dataset is not None
    for channel in range(3):
        mine, raw = np.sort(dataset.train.x[..., channel].ravel()), np.sort(x[..., channel].ravel())
        wanted = {
            "scale": (raw - raw.min()) / np.ptp(raw),
            "standardize": (raw - raw.mean()) / raw.std(),
            "center": raw - raw.mean(),
        }[prep.word]
        np.testing.assert_allclose(mine, wanted, atol=1e-6)


# `poly` and `opt exact` on badly scaled features

YEARS = np.arange(1950.0, 2020.0)
POLY = "input 1 -> poly 9 -> dense 1; loss mse; opt exact; metric r2"


def test_the_advice_for_powers_of_years_works() -> None:
    y = np.sin((YEARS - 1950) / 10)
    with pytest.raises(netc.DataError) as caught:
        netc.compile(POLY).fit(YEARS[:, None], y)
    (problem,) = caught.value.diagnostics
    assert problem.code == "E0658"
    (advice,) = [text for text in problem.help if "prep" in text]
    assert "`prep scale`" in advice
    model = netc.compile(f"prep scale; {POLY}").fit(YEARS[:, None], y)
    assert model.evaluate(YEARS[:, None], y)["r2"] > 0.9999


def test_where_no_preparation_helps_the_smallest_weights_do() -> None:
    x = np.random.default_rng(0).random((20, 2))
    x[:, 1] = x[:, 0]
    text = "input 2 -> dense 1; loss mse; opt exact"
    with pytest.raises(netc.DataError) as caught:
        netc.compile(text).fit(x, x[:, 0])
    assert "`reg l2 1e-6`" in caught.value.diagnostics[0].help[0]
    assert netc.compile(f"{text}; reg l2 1e-6").fit(x, x[:, 0]).trained
