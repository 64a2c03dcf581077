"""Figures of columns and channels, against NumPy's on the whole array in double precision."""

from __future__ import annotations

import numpy as np
import pytest
from netc.runtime.array_types import Array
from netc.runtime.data import streamed
from netc.runtime.data.statistics import (
    ComparedTarget,
    column_statistics,
    count_distinct,
    hash_rows,
    is_counter,
)

RANDOM = np.random.default_rng(0)
TIMES = 1.7e9 + RANDOM.permutation(5000).astype(np.float64)

SAMPLES: dict[str, Array] = {
    "vectors": RANDOM.normal(size=(700, 5)),
    "single precision": RANDOM.normal(size=(700, 5)).astype(np.float32),
    "time stamps": np.stack([TIMES, TIMES / 7], axis=1),
    "grey images": RANDOM.normal(size=(300, 9, 7, 1)),
    "colour images of bytes": RANDOM.integers(0, 256, (90, 8, 8, 3)).astype(np.uint8),
    "sequences": RANDOM.normal(2, 3, size=(40, 30, 2)),
    "one sample": RANDOM.normal(size=(1, 3)),
}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("chunk", [8, 999, streamed.CHUNK])
def test_figures_are_those_of_the_whole_array(
    name: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streamed, "CHUNK", chunk)
    x = SAMPLES[name]
    rows = x.reshape(-1, x.shape[-1]).astype(np.float64)
    rows = rows / 255 if x.dtype == np.uint8 else rows
    found = column_statistics(x)
    assert found.low.tolist() == rows.min(axis=0).tolist()
    assert found.high.tolist() == rows.max(axis=0).tolist()
    # sums in another order differ in the last digits
    np.testing.assert_allclose(found.mean, rows.mean(axis=0), rtol=1e-13, atol=1e-13)
    # beside 1.7e9, the mean itself is known to 2e-7
    np.testing.assert_allclose(found.deviation, rows.std(axis=0), rtol=1e-9)
    assert not found.missing.any()


def test_missing_numbers_are_counted_and_left_out() -> None:
    x = np.array([[1, np.nan, np.nan], [3, 4, np.nan], [np.nan, 8.5, np.nan]])
    found = column_statistics(x)
    assert found.missing.tolist() == [1, 1, 3]
    assert found.mean[:2].tolist() == [2, 6.25]
    assert found.deviation[:2].tolist() == [1, 2.25]
    assert np.isnan([found.low[2], found.high[2], found.mean[2], found.deviation[2]]).all()
    assert found.whole.tolist() == [True, False, True]


def test_up_to_a_thousand_values_are_counted() -> None:
    column = np.tile(np.arange(1000.0), 30)
    assert count_distinct(column) == 1000
    assert count_distinct(np.append(column, np.nan)) == 1000
    assert count_distinct(np.append(column, -1)) is None


def test_rows_have_equal_numbers_where_all_inputs_are_equal() -> None:
    x, more = np.array([[0.0, 1], [2, 3], [-0.0, 1], [0, 1]]), np.array([[7], [7], [7], [8]])
    first, other, again, differs = hash_rows([x, more.astype(np.uint8)])
    assert first == again
    assert len({first, other, differs}) == 3


COUNT = 60
STEPS = np.arange(COUNT, dtype=np.float64)
NOISE = RANDOM.normal(size=COUNT)
THREE = np.arange(COUNT) % 3
COLUMNS: dict[str, tuple[Array, Array, bool]] = {
    "a copy of the classes": (THREE.astype(float), THREE, True),
    "a code for each class": (np.array([4.0, 2, 9])[THREE], THREE, True),
    "a finer code": (10.0 * THREE + np.arange(COUNT) // 3 % 4, THREE, True),
    "ranges of an unlike column": (STEPS, (STEPS > 20).astype(int), True),
    "ranges that overlap": (STEPS, ((STEPS > 20) ^ (STEPS == 30)).astype(int), False),
    "noise and classes": (NOISE, THREE, False),
    "few samples in ranges": (STEPS[:6], (STEPS[:6] > 2).astype(int), False),
    "one class": (NOISE, THREE * 0, False),
    "another unit": (NOISE * 1.8 + 32, NOISE, True),
    "another unit, rounded": (np.round(NOISE * 1.8 + 32, 2), NOISE, True),
    "a monotone function": (np.exp(NOISE), NOISE, True),
    "a price by size": (NOISE + RANDOM.normal(size=COUNT) / 10, NOISE, False),
    "numbers by category": (THREE.astype(float), np.array([1.5, 7.0, 3.25])[THREE], True),
    "a constant": (NOISE * 0, NOISE, False),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_determines_the_target_or_not(name: str) -> None:
    column, target, expected = COLUMNS[name]
    assert ComparedTarget.of(target).is_determined_by(column) is expected


def test_a_few_samples_decide_only_what_all_would() -> None:
    column = np.tile(THREE, 500).astype(np.float64)
    target = np.tile(THREE, 500)
    assert ComparedTarget.of(target).is_determined_by(column)
    target[-1] = (target[-1] + 1) % 3
    assert not ComparedTarget.of(target).is_determined_by(column)


IDS: dict[str, tuple[Array, str, bool]] = {
    "numbered through": (RANDOM.permutation(COUNT), "n", True),
    "rising": (np.cumsum(RANDOM.integers(1, 5000, COUNT)), "n", True),
    "called an id": (RANDOM.permutation(COUNT) * 997, "patient-ID", True),
    "some large numbers": (RANDOM.permutation(COUNT) * 997, "area", False),
    "rising with a repetition": (STEPS // 2, "n", False),
    "few": (np.arange(10), "id", False),
}


@pytest.mark.parametrize("name", IDS)
def test_an_id_is_told_from_a_feature(name: str) -> None:
    column, called, expected = IDS[name]
    rows = np.arange(1, len(column) + 1)
    shuffled = RANDOM.permutation(len(column))
    assert is_counter(column[shuffled].astype(float), rows[shuffled], called) is expected


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
def test_different_samples_have_different_numbers(dtype: type) -> None:
    """Whole numbers as floats differ in a few bits only."""
    grid = np.stack(np.meshgrid(np.arange(500), np.arange(500)), axis=-1).reshape(-1, 2)
    assert len(set(hash_rows([grid.astype(dtype)]).tolist())) == len(grid)
    assert len(set(hash_rows([grid[:, :1].astype(dtype)]).tolist())) == 500
