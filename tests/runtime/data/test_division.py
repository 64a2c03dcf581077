"""Parts of a set: class shares as scikit-learn's, whole groups, order; and what a part lacks."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from netc.compiler.data.source import part_sizes
from netc.runtime.data.division import by_classes, by_groups, in_order, labels_in
from netc.runtime.events import Event, Started, Warned

TARGETS = {
    "balanced": [50, 50, 50],
    "unbalanced": [6, 54],
    "three kinds": [3, 40, 157],
    "many classes": [10 + 7 * k for k in range(12)],
    "singles": [1, 2, 3, 4, 90],
}
SIZES = [(0.8, 0.1, 0.1), (0.6, 0.2, 0.2), (0.75, 0.0, 0.25), (0.5, 0.3, 0.0)]


def shuffled(counts: list[int], seed: int) -> Any:
    labels = np.repeat(np.arange(len(counts)), counts)
    return np.random.default_rng(seed).permutation(labels)


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("shares", SIZES)
def test_class_shares_are_within_one_sample_of_exact(name: str, shares: Any) -> None:
    labels = shuffled(TARGETS[name], 1)
    sizes = part_sizes(len(labels), shares)
    parts = by_classes(labels, sizes)
    assert tuple(int((parts == number).sum()) for number in range(3)) == sizes
    for number, size in enumerate(sizes):
        exact = np.array(TARGETS[name]) * size / len(labels)
        counts = np.bincount(labels[parts == number], minlength=len(exact))
        # the parts are filled one after the other, and each rounds what is left
        assert np.abs(counts - exact).max() < (1 if number == 2 else 2)


@pytest.mark.parametrize("name", [name for name in TARGETS if name != "singles"])
@pytest.mark.parametrize("seed", range(5))
def test_class_shares_are_within_one_sample_of_scikit_learns(name: str, seed: int) -> None:
    selection = pytest.importorskip("sklearn.model_selection", reason="scikit-learn is missing")
    labels = shuffled(TARGETS[name], seed)
    sizes = part_sizes(len(labels), (0.7, 0.15, 0.15))
    ours = by_classes(labels, sizes)
    rest, test = selection.train_test_split(
        np.arange(len(labels)), test_size=sizes[2], stratify=labels, random_state=seed
    )
    train, val = selection.train_test_split(
        rest, test_size=sizes[1], stratify=labels[rest], random_state=seed
    )
    for number, rows in enumerate((train, val, test)):
        counts = [np.bincount(labels[at], minlength=len(TARGETS[name])) for at in (
            ours == number, rows
        )]  # fmt: skip
        assert np.abs(counts[0] - counts[1]).max() <= 1


@pytest.mark.parametrize("folds", [2, 5, 10])
def test_folds_are_parts_of_equal_size(folds: int) -> None:
    labels = shuffled([30, 70, 101], 3)
    sizes = tuple(len(labels) // folds + (number < len(labels) % folds) for number in range(folds))
    parts = by_classes(labels, sizes)
    for number, size in enumerate(sizes):
        exact = np.array([30, 70, 101]) * size / len(labels)
        assert np.abs(np.bincount(labels[parts == number], minlength=3) - exact).max() < 2


def test_every_part_has_a_class_of_as_many_samples_as_there_are_parts() -> None:
    for seed in range(20):
        labels = shuffled([3, 57], seed)
        parts = by_classes(labels, (48, 6, 6))
        assert sorted(parts[labels == 0]) == [0, 1, 2]


def test_a_single_sample_of_a_class_is_in_the_training_part() -> None:
    labels = shuffled([1, 99], 0)
    assert by_classes(labels, (80, 10, 10))[labels == 0] == [0]


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_a_group_is_in_one_part_and_the_parts_have_about_their_sizes(
    ordered: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(60), rng.integers(1, 12, 60))
    if not ordered:
        groups = rng.permutation(groups)
    sizes = part_sizes(len(groups), (0.7, 0.1, 0.2))
    parts = by_groups(groups, sizes, labels=None, ordered=ordered)
    for group in range(60):
        assert len(set(parts[groups == group])) == 1
    counts = np.bincount(parts, minlength=3)
    assert np.abs(counts - sizes).max() <= 11  # the largest group
    if ordered:
        assert (np.diff(parts) >= 0).all()


def test_groups_keep_class_shares_where_they_can() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(200), 5)
    labels = np.repeat((rng.random(200) < 0.1).astype(int), 5)  # a group has one class
    parts = by_groups(groups, (700, 100, 200), labels=labels, ordered=False)
    share = labels.mean()
    for number in range(3):
        assert labels[parts == number].mean() == pytest.approx(share, abs=5 / 100)


def test_shares_below_one_leave_groups_and_samples_out() -> None:
    groups = np.repeat(np.arange(100), 3)
    parts = by_groups(groups, (150, 0, 60), labels=None, ordered=False)
    assert np.bincount(parts + 1).tolist() == [90, 150, 0, 60]
    assert np.bincount(in_order(10, (5, 2, 1)) + 1).tolist() == [2, 5, 2, 1]


@pytest.mark.parametrize(
    ("y", "labels"),
    [
        (np.array([0, 1, 1, 0]), [0, 1, 1, 0]),
        (np.array([[0.0], [1.0], [1.0], [0.0]]), [0, 1, 1, 0]),
        (np.array([[0, 1], [1, 0], [0, 1], [1, 0]]), [1, 0, 1, 0]),
        (np.array([[0, 1], [1, 1], [0, 1], [1, 0]]), None),  # several labels per sample
        (np.array([0.5, 1.5, 0.5, 1.5]), None),
        (np.array([1, 2, 3, 4]), None),  # identities
    ],
)
def test_what_counts_as_classes(y: Any, labels: list[int] | None) -> None:
    found = labels_in(y)
    assert (None if found is None else found.tolist()) == labels


@pytest.mark.parametrize("total", range(1, 60))
def test_no_sample_is_left_out_of_shares_that_add_up_to_one(total: int) -> None:
    for shares in [(0.7, 0.1, 0.2), (0.75, 0.125, 0.125), (1 - 0.1 - 0.1, 0.1, 0.1)]:
        assert sum(part_sizes(total, shares)) == total


# From the spec

NET = "input 2 -> dense 2 softmax\nloss ce\nopt sgd\ntrain epochs=1 seed={seed}\n"


def parts_of(data: str, rows: list[str], folder: Path, seed: int = 0) -> list[Event]:
    (folder / "t.csv").write_text("a,b,y\n" + "\n".join(rows) + "\n")
    (folder / "t.net").write_text(f'data csv "t.csv" {data}\n' + NET.format(seed=seed))
    events: list[Event] = []
    netc.compile(folder / "t.net").fit(reporter=events.append)
    return events


def counts_of(events: list[Event]) -> dict[str, tuple[int, ...]]:
    (started,) = (event for event in events if isinstance(event, Started))
    return {item.name: item[1:] for item in started.classes}


def warned(events: list[Event]) -> list[str]:
    """Of missing classes; these tables have copies and row numbers, too."""
    found = [event.problem for event in events if isinstance(event, Warned)]
    return [problem.message() for problem in found if problem.code == "W0505"]


ROWS = [
    f"{i * 0.7 % 1:.3f},{i * 0.3 % 1:.3f},{'sick' if i % 10 == 0 else 'well'}" for i in range(60)
]


@pytest.mark.parametrize("seed", range(12))
def test_a_rare_class_is_in_every_part(seed: int, tmp_path: Path) -> None:
    events = parts_of("", ROWS, tmp_path, seed)
    assert counts_of(events) == {"sick": (4, 1, 1), "well": (44, 5, 5)}
    assert warned(events) == []


def test_without_stratification_a_part_that_lacks_a_class_is_told(tmp_path: Path) -> None:
    told = [warned(parts_of("stratify=false", ROWS, tmp_path, seed)) for seed in range(6)]
    assert any(told)
    for seed, messages in enumerate(told):
        counts = counts_of(parts_of("stratify=false", ROWS, tmp_path, seed))["sick"]
        assert bool(messages) == (0 in counts)
        if messages:
            assert messages[0].endswith(
                f"part ({counts[0]} training, {counts[1]} validation, {counts[2]} test)"
            )


def test_in_order_the_test_part_is_the_end(tmp_path: Path) -> None:
    rows = [f"{i},0,{'late' if i >= 54 else 'early'}" for i in range(60)]
    events = parts_of("shuffle=false", rows, tmp_path)
    assert counts_of(events) == {"early": (48, 6, 0), "late": (0, 0, 6)}
    assert warned(events) == [
        "no sample of class `early` is in the test part (48 training, 6 validation, 0 test) "
        "(and another class lacks one)"
    ]


def test_a_class_of_two_samples_cannot_be_in_three_parts(tmp_path: Path) -> None:
    rows = [f"{i},0,{'rare' if i < 2 else 'common'}" for i in range(60)]
    (message,) = warned(parts_of("", rows, tmp_path))
    assert message == (
        "no sample of class `rare` is in the validation part (1 training, 0 validation, 1 test)"
    )


def test_fit_keeps_class_shares_and_groups() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 2)), np.arange(60) % 10 == 0
    events: list[Event] = []
    model = netc.compile("input 2 -> dense 2 softmax; loss ce; opt sgd; train epochs=1")
    model.fit(x, y, validation=0.2, reporter=events.append)
    assert counts_of(events) == {"False": (43, 11, 0), "True": (5, 1, 0)}
    events.clear()
    patients = np.repeat(["ann", "bob", "cem"], 20)
    model.fit(x, y, validation=0.34, groups=patients, reporter=events.append)
    assert counts_of(events) == {"False": (36, 18, 0), "True": (4, 2, 0)}


def test_groups_that_fit_nowhere_and_groups_of_another_length_are_refused() -> None:
    x, y = np.zeros((6, 2)), np.array([0, 1] * 3)
    model = netc.compile("input 2 -> dense 2 softmax; loss ce; opt sgd; train epochs=1")
    with pytest.raises(netc.DataError, match="1 groups of 6 samples cannot be divided into 2"):
        model.fit(x, y, validation=0.5, groups=["a"] * 6)
    with pytest.raises(netc.DataError, match="`x` has 6 samples, `groups` has 5"):
        model.fit(x, y, groups=["a"] * 5)
    with pytest.raises(TypeError, match="fit needs `x` if `groups` is given"):
        model.fit(groups=["a"] * 5)


def test_fit_warns_of_a_missing_class_without_a_reporter() -> None:
    model = netc.compile("input 2 -> dense 2 softmax; loss ce; opt sgd; train epochs=1")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(np.zeros((20, 2)), [0] * 19 + [1], validation=0.2)
    (one,) = caught
    assert str(one.message) == (
        "no sample of class `1` is in the validation part (1 training, 0 validation); "
        "2 parts need 2 samples of it: it has 1"
    )
