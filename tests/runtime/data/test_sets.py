"""Bundled sets, formulas, tables, and how they are divided and prepared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from netc.compiler.data import preparations as preps
from netc.compiler.data import synthetic
from netc.compiler.data.source import Digits, Iris
from netc.compiler.data.tables import Csv
from netc.compiler.language.frozen import change
from netc.runtime.data.bundled import load_bundled
from netc.runtime.data.dataset import RawDataset, Split
from netc.runtime.data.preparation import (
    FitSamples,
    fit_and_apply,
    fit_center,
    fit_scale,
    fit_standardize,
    fit_whiten,
)
from netc.runtime.data.splits import Shares, Splits, choose, divide
from netc.runtime.data.synthetic import SYNTHETIC, make


def raw_data(count: int, **more: Any) -> RawDataset:
    x = np.arange(count, dtype=np.float32).reshape(count, 1)
    return RawDataset(Split(x, np.arange(count)), **more)


def sizes_of(parts: Splits) -> tuple[int, int, int]:
    return len(parts.train), len(parts.validation or ()), len(parts.test or ())


# Bundled sets


def test_the_bundled_sets_are_those_of_scikit_learn() -> None:
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
    digits, iris = datasets.load_digits(), datasets.load_iris()
    mine = load_bundled("digits").samples
    np.testing.assert_array_equal(mine.x.reshape(-1, 64) * 16, digits.data)
    np.testing.assert_array_equal(mine.y, digits.target)
    mine = load_bundled("iris").samples
    np.testing.assert_array_equal(mine.x, iris.data)
    np.testing.assert_array_equal(mine.y, iris.target)
    assert load_bundled("iris").classes == tuple(iris.target_names)


def test_digits_have_the_facts_that_the_word_states(loaded: Any) -> None:
    for word in (Digits(), Iris()):
        dataset, wrong = loaded(word)
        assert wrong == []
        assert dataset.sample_shape == word.sample
        assert dataset.classes == word.classes
        assert len(dataset.train) + len(dataset.validation) + len(dataset.test) == (
            word.train_samples
        )


def test_the_seed_fixes_the_parts(loaded: Any) -> None:
    first, again, other = (loaded(Digits(), seed=seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.train.x, again.train.x)
    np.testing.assert_array_equal(first.test.y, again.test.y)
    assert not np.array_equal(first.test.y, other.test.y)


# Dividing


@given(
    count=st.integers(1, 300),
    train=st.integers(1, 98),
    validation=st.integers(0, 50),
    test=st.integers(0, 50),
    seed=st.integers(0, 5),
)
def test_parts_are_disjoint_and_no_larger_than_their_shares(
    count: int, train: int, validation: int, test: int, seed: int
) -> None:
    parts = divide(
        choose(raw_data(count), seed=seed), Shares(train / 100, validation / 100, test / 100)
    )
    if train + validation + test > 100:
        assert isinstance(parts, str)
        return
    if isinstance(parts, str):
        assert parts == f"no samples of {count} are left for training"
        return
    sizes = [
        0 if part is None else len(part) for part in (parts.train, parts.validation, parts.test)
    ]
    seen = np.concatenate(
        [part.y for part in (parts.train, parts.validation, parts.test) if part is not None]
    )
    assert len(np.unique(seen)) == sum(sizes) <= count
    assert abs(sizes[1] - count * validation / 100) <= 0.5
    assert abs(sizes[2] - count * test / 100) <= 0.5
    assert sizes[0] <= count * train / 100 + 1, "what the others are rounded down by"


def test_shares_that_fill_the_set_use_all_of_it() -> None:
    parts = divide(choose(raw_data(1797), seed=0), Shares(0.8, 0.1, 0.1))
    assert isinstance(parts, Splits)
    assert (len(parts.train), len(parts.validation or ()), len(parts.test or ())) == (
        1437,
        180,
        180,
    )


def test_a_published_test_part_is_left_whole() -> None:
    mixed = raw_data(60, test=raw_data(10).samples, mixed=True)
    parts = divide(choose(mixed, seed=3, limit=20), Shares(0.9, 0.1, 0))
    assert isinstance(parts, Splits)
    assert sizes_of(parts) == (18, 2, 10)
    third = divide(choose(mixed, seed=3, whole=True), Shares(0.8, 0.1, 0.1))
    assert isinstance(third, Splits)
    assert sizes_of(third) == (56, 7, 7)


def test_a_bad_split_is_a_problem(loaded: Any) -> None:
    assert loaded(Iris(split=(0.5, 0.4, 0.3))) == (
        None,
        ["E0507 invalid split: the shares add up to 120 %, more than 100 %"],
    )
    assert loaded(Iris(limit=1, split=(0.4, 0.6, 0.0)))[1] == [
        "E0507 invalid split: no samples of 1 are left for training"
    ]


# Formulas


@pytest.mark.parametrize("name", SYNTHETIC)
def test_a_formula_keeps_to_its_count_seed_and_facts(name: str) -> None:
    words: dict[str, Any] = {cls.word: cls for cls in synthetic.Synthetic.__subclasses__()}
    word = words[name]()
    first, again, other = (make(name, n=90, noise=0.1, seed=seed).samples for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.x, again.x)
    assert not np.array_equal(first.x, other.x)
    assert first.x.shape == (90, *word.sample)
    if word.compares == "classes":
        counts = np.bincount(first.y, minlength=word.classes)
        assert len(counts) == word.classes
        assert counts.max() - counts.min() <= 1
    else:
        assert first.y.shape == (90, 1)


def test_formulas_without_noise_lie_on_their_curves() -> None:
    def points(name: str) -> tuple[np.ndarray, np.ndarray]:
        samples = make(name, n=200, noise=0.0, seed=4).samples
        return samples.x.astype(np.float64), samples.y

    x, y = points("xor")
    np.testing.assert_array_equal((x[:, 0] != x[:, 1]).astype(int), y)
    x, y = points("circles")
    np.testing.assert_allclose(np.hypot(*x.T), np.where(y == 0, 1.0, 0.5), atol=1e-6)
    x, y = points("moons")
    up = y == 0
    np.testing.assert_allclose(np.hypot(*x[up].T), 1, atol=1e-6)
    np.testing.assert_allclose(np.hypot(x[~up, 0] - 1, x[~up, 1] - 0.5), 1, atol=1e-6)
    assert x[up, 1].min() >= 0
    assert x[~up, 1].max() <= 0.5
    x, y = points("spirals")
    angle = 3 * np.pi * np.hypot(*x.T) + np.pi * y
    np.testing.assert_allclose(x[:, 0], np.hypot(*x.T) * np.cos(angle), atol=1e-5)
    x, y = points("blobs")
    centres = np.array([x[y == k].mean(axis=0) for k in range(3)])
    np.testing.assert_allclose(np.hypot(*centres.T), 1, atol=1e-6)
    x, y = points("linear")
    np.testing.assert_allclose(y, 2 * x + 1, atol=1e-6)
    x, y = points("sine")
    np.testing.assert_allclose(y, np.sin(np.pi * x), atol=1e-6)


# Tables


def table(folder: Path, text: str) -> Csv:
    (folder / "t.csv").write_text(text, encoding="utf-8")
    return Csv(path="t.csv", target="kind", split=(1.0, 0.0, 0.0))


def test_a_table_of_words_has_classes(loaded: Any, tmp_path: Path) -> None:
    text = 'length,kind,"the, width"\n1.5,oak,2\n\n3,"ash",-4e1\n5,oak,6\n'
    dataset, wrong = loaded(table(tmp_path, text))
    assert wrong == []
    assert dataset.class_names == ("ash", "oak")
    order = np.argsort(dataset.train.x[:, 0])
    np.testing.assert_array_equal(dataset.train.x[order], [[1.5, 2], [3, -40], [5, 6]])
    np.testing.assert_array_equal(dataset.train.y[order], [1, 0, 1])


def test_whole_numbers_are_classes_only_for_a_loss_of_classes(loaded: Any, tmp_path: Path) -> None:
    word = table(tmp_path, "a,kind\n1,10\n2,9\n3,10\n")
    dataset, _ = loaded(word)
    assert dataset.class_names == ("9", "10")
    dataset, _ = loaded(word, wants_classes=False)
    assert dataset.classes is None
    assert sorted(dataset.train.y[:, 0]) == [9, 10, 10]
    assert dataset.train.y.dtype == np.float64


def test_the_last_column_is_the_target_where_none_is_named(loaded: Any, tmp_path: Path) -> None:
    word = change(table(tmp_path, "a,kind\n1,10.5\n2,9\n"), target=None)
    dataset, _ = loaded(word)
    assert dataset.sample_shape == (1,)
    assert sorted(dataset.train.y[:, 0]) == [9, 10.5]


def test_a_missing_file_and_one_that_is_no_text(loaded: Any, tmp_path: Path) -> None:
    assert loaded(Csv(path="no.csv"))[1] == ["E0501 there is no file `no.csv`"]
    (tmp_path / "b.csv").write_bytes(b"a,b\n\xff\xfe")
    assert loaded(Csv(path="b.csv", encoding="utf-8"))[1] == [
        "E0502 cannot read `b.csv`: its text is damaged, or of another encoding: write it without "
        "`encoding=`"
    ]


# Preparations


def two_parts(random: np.random.Generator, shape: tuple[int, ...]) -> Splits:
    def part(count: int, mean: float) -> Split:
        x = random.normal(mean, 3, (count, *shape)).astype(np.float32)
        return Split(x, np.zeros(count, np.int64))

    return Splits(part(200, 5), None, part(50, -20))


@pytest.mark.parametrize(
    ("fit", "shape"),
    [(fit_scale, (6,)), (fit_center, (6,)), (fit_standardize, (6,)), (fit_standardize, (4, 4, 3))],
)
def test_preps_are_fitted_on_the_training_part_alone(fit: Any, shape: tuple[int, ...]) -> None:
    parts = two_parts(np.random.Generator(np.random.PCG64(0)), shape)
    after, _ = fit_and_apply(parts, [fit], np.dtype(np.float32))
    step = fit(FitSamples(parts.train.x))
    assert after.test is not None
    assert parts.test is not None
    np.testing.assert_allclose(after.test.x, step(parts.test.x), rtol=1e-6)
    # the test part lies elsewhere: a prep fitted on it would have brought it to the middle
    assert abs(after.test.x.mean()) > 0.5


def test_preps_agree_with_scikit_learn() -> None:
    skp = pytest.importorskip("sklearn.preprocessing", reason="scikit-learn is not installed")
    random = np.random.Generator(np.random.PCG64(0))
    x = (random.normal(size=(100, 5)) * [1, 10, 0.1, 3, 0] + 4).astype(np.float32)
    np.testing.assert_allclose(
        fit_scale(FitSamples(x))(x), skp.MinMaxScaler().fit_transform(x), atol=1e-5
    )
    np.testing.assert_allclose(
        fit_standardize(FitSamples(x))(x), skp.StandardScaler().fit_transform(x), atol=1e-4
    )
    np.testing.assert_allclose(fit_center(FitSamples(x))(x).mean(axis=0), 0, atol=1e-5)


def test_images_are_scaled_as_one_and_standardized_by_channel() -> None:
    x = np.zeros((3, 2, 2, 2), np.float32)
    x[0, 0, 0, 0], x[1, 1, 1, 1] = 1.0, 0.5
    np.testing.assert_array_equal(fit_scale(FitSamples(x))(x), x)
    done = fit_standardize(FitSamples(x))(x)
    np.testing.assert_allclose(done.mean(axis=(0, 1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(done.std(axis=(0, 1, 2)), 1, atol=1e-5)


@pytest.mark.parametrize("kind", ["pca", "zca"])
def test_whitened_features_are_uncorrelated_with_variance_one(kind: str) -> None:
    random = np.random.Generator(np.random.PCG64(0))
    mixing = random.normal(size=(6, 6))
    x = (random.normal(size=(5000, 6)) @ mixing + 3).astype(np.float32).reshape(-1, 2, 3, 1)
    step = fit_whiten(FitSamples(x), kind=kind)
    flat = step(x).reshape(len(x), -1)
    np.testing.assert_allclose(np.cov(flat.T, bias=True), np.eye(6), atol=2e-3)
    if kind == "zca":
        np.testing.assert_allclose(step.matrix, step.matrix.T, atol=1e-4)
    else:
        values = np.linalg.norm(step.matrix, axis=0)
        assert (np.diff(values) >= -1e-6).all()


def test_pad_frames_images_and_refuses_vectors(loaded: Any) -> None:
    dataset, wrong = loaded(Digits(), preps.PadPictures(pad=2))
    assert wrong == []
    assert dataset.sample_shape == (12, 12, 1)
    assert dataset.train.x[:, :2].max() == 0
    assert dataset.train.x[:, 2:-2, 2:-2].max() == 1
    assert loaded(Iris(), preps.PadPictures(pad=2)) == (
        None,
        ["E0510 `prep pad` cannot be applied to samples of 4"],
    )


def test_preps_follow_each_other(loaded: Any) -> None:
    dataset, wrong = loaded(Digits(), preps.PadPictures(pad=1), preps.Standardize())
    assert wrong == []
    assert dataset.train.x.shape[1:] == (10, 10, 1)
    assert dataset.train.x.mean() == pytest.approx(0, abs=1e-5)
    assert dataset.train.x.std() == pytest.approx(1, abs=1e-4)


def test_without_shuffling_every_part_keeps_the_order_of_the_data() -> None:
    def rows(split: Split | None) -> list[int]:
        assert split is not None
        return split.x[:, 0].astype(int).tolist()

    parts = divide(choose(raw_data(10), seed=3, shuffle=False), Shares(0.6, 0.2, 0.2))
    assert isinstance(parts, Splits)
    assert rows(parts.train) == [0, 1, 2, 3, 4, 5]
    assert rows(parts.validation) == [6, 7]
    assert rows(parts.test) == [8, 9]
    limited = divide(choose(raw_data(100), seed=3, limit=20, shuffle=False), Shares(1, 0, 0))
    assert isinstance(limited, Splits)
    assert rows(limited.train) == sorted(rows(limited.train))
    assert len(limited.train) == 20
