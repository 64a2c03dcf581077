"""Pixels are counted by level: the figures of all of them, without floats in their place."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from netc.runtime.array_types import Array
from netc.runtime.data import preparation
from netc.runtime.data.dataset import Split
from netc.runtime.data.fitted_prep import Affine, Fill, ZeroPadding, prepare
from netc.runtime.data.levels import count_levels
from netc.runtime.data.preparation import (
    FitSamples,
    fit_and_apply,
    fit_center,
    fit_scale,
    fit_standardize,
)
from netc.runtime.data.splits import Splits
from netc.runtime.data.statistics import both_statistics, column_statistics
from netc.runtime.data.streamed import read_later, streamed
from reader_files import idx

RANDOM = np.random.default_rng(0)
FLOAT = np.dtype(np.float32)
PIXELS: dict[str, Array] = {
    "colour": RANDOM.integers(3, 200, (90, 8, 8, 3)).astype(np.uint8),
    "grey": RANDOM.integers(0, 256, (90, 8, 8, 1)).astype(np.uint8),
    "deep": RANDOM.integers(0, 65536, (90, 32, 32, 1)).astype(np.uint16),
    "sequences": RANDOM.integers(0, 256, (90, 30, 2)).astype(np.uint8),
    "one level": np.full((90, 8, 8, 3), 7, np.uint8),
}
STEPS = (Affine(np.array(0.1), np.array(3.0)),)


@pytest.mark.parametrize("name", PIXELS)
@pytest.mark.parametrize("fit", [fit_scale, fit_center, fit_standardize])
@pytest.mark.parametrize("steps", [(), STEPS])
def test_preps_fit_counted_pixels_as_their_numbers(name: str, fit: Any, steps: Any) -> None:
    x = PIXELS[name]
    assert count_levels(x, steps) is not None
    found = fit(FitSamples(x, steps))
    numbers = x / np.iinfo(x.dtype).max
    wanted = fit(FitSamples(numbers, steps))
    np.testing.assert_allclose(found.shift, wanted.shift, rtol=1e-12)
    np.testing.assert_allclose(found.factor, wanted.factor, rtol=1e-9)


@pytest.mark.parametrize("name", PIXELS)
def test_figures_of_counted_pixels_are_those_of_what_they_become(name: str) -> None:
    x = PIXELS[name]
    steps = (fit_standardize(FitSamples(x)), *STEPS)
    done = prepare(x, steps, FLOAT)
    before, after = both_statistics(x, done, steps)
    for found, numbers in ((before, x / np.iinfo(x.dtype).max), (after, done)):
        wanted = column_statistics(numbers)
        assert found.missing.tolist() == wanted.missing.tolist()
        assert found.low.tolist() == wanted.low.tolist()
        assert found.high.tolist() == wanted.high.tolist()
        assert found.whole.tolist() == wanted.whole.tolist()
        np.testing.assert_allclose(found.mean, wanted.mean, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(found.deviation, wanted.deviation, rtol=1e-9, atol=1e-15)


def test_other_samples_are_not_counted() -> None:
    x = PIXELS["colour"]
    assert count_levels(x.astype(np.float32)) is None
    assert count_levels(x.reshape(90, -1)) is None, "vectors have a figure for each number"
    assert count_levels(x[:1, :2, :2]) is None, "fewer pixels than levels"
    assert count_levels(x, (ZeroPadding(2),)) is None, "a border is of another level"
    assert count_levels(x, (Fill(np.zeros((8, 8, 3))),)) is None


def test_pixels_that_are_prepared_later_are_the_same() -> None:
    x = PIXELS["colour"]
    parts = Splits(Split(x[:60], np.arange(60)), None, Split(x[60:], np.arange(30)))
    fits = [fit_standardize, lambda samples: ZeroPadding(1)]
    at_once, later = (fit_and_apply(parts, fits, FLOAT, later=wait) for wait in (False, True))
    assert not isinstance(at_once, int)
    assert not isinstance(later, int)
    for one, other in ((at_once[0].train, later[0].train), (at_once[0].test, later[0].test)):
        assert one is not None
        assert other is not None
        assert streamed(one.x) is None
        assert streamed(other.x) is not None
        assert other.x.shape == one.x.shape
        np.testing.assert_array_equal(np.asarray(other.x), one.x)


def test_what_cannot_wait_is_prepared_at_once() -> None:
    x = PIXELS["colour"]
    assert preparation.may_wait(x, STEPS)
    assert not preparation.may_wait(x.astype(np.float32), STEPS)
    assert not preparation.may_wait(x.reshape(90, -1), STEPS)
    assert not preparation.may_wait(read_later(x), STEPS), "it waits already"
    whiten = preparation.fit_whiten(FitSamples(x[:, :2, :2]), kind="pca")
    assert not preparation.may_wait(x[:, :2, :2], (whiten,)), "its sums round by their number"


def test_looking_at_pictures_makes_no_floats_of_all_of_them(tmp_path: Path) -> None:
    x = RANDOM.integers(0, 256, (4000, 32, 32)).astype(np.uint8)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(x))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.arange(len(x)) % 2))
    spec = f'data idx "{tmp_path}"; prep standardize'
    netc.inspect_data("data iris")  # imports what it needs
    tracemalloc.start()
    try:
        report = netc.inspect_data(spec)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert report.inputs[0].prepared_columns[0].deviation == pytest.approx(1, abs=1e-4)
    assert most < 3 * x.nbytes, "floats alone would take four times the bytes"
