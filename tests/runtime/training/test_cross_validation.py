"""`kfold`: the folds are scikit-learn's, and each is the run that it says it is."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from netc.grammar.problem import Problems
from netc.runtime.data.dataset import RawDataset, Split
from netc.runtime.data.splits import Splits, choose, fold_parts
from netc.runtime.events import CrossValidationReport, EpochDone, Event, FoldDone, Tuned, Warned
from netc.runtime.training.cross_validation import cross_validate
from netc.runtime.training.spec import RunOptions


def cross_validated(
    text: str, root: Path = Path(), options: RunOptions | None = None
) -> tuple[CrossValidationReport | None, list[Event], Problems]:
    events: list[Event] = []
    problems = Problems()
    spec = netc.compile(text).as_spec()
    report = cross_validate(
        spec,
        options or RunOptions(),
        root=root,
        problems=problems,
        reporter=events.append,
        clock=lambda: 0.0,
    )
    return report, events, problems


def raw(y: Any, groups: Any = None) -> RawDataset:
    """Samples that are their own numbers, in the order in which they come."""
    x = np.arange(len(y), dtype=np.float64)[:, None]
    return RawDataset(Split(x, np.asarray(y), groups=groups))


def validation_rows(folds: tuple[Splits, ...] | str) -> list[list[int]]:
    assert not isinstance(folds, str)
    parts = [fold.validation for fold in folds]
    return [part.x[:, 0].astype(int).tolist() for part in parts if part is not None]


@pytest.mark.parametrize("count", [10, 11, 14])
@pytest.mark.parametrize("folds", [2, 3, 5])
def test_folds_in_order_are_those_of_scikit_learn(count: int, folds: int) -> None:
    selection = pytest.importorskip("sklearn.model_selection", reason="scikit-learn is missing")
    ours = validation_rows(fold_parts(choose(raw(np.zeros(count)), seed=0, shuffle=False), folds))
    theirs = selection.KFold(folds).split(np.zeros(count))
    assert ours == [test.tolist() for _, test in theirs]


@pytest.mark.parametrize("counts", [(50, 50, 50), (6, 54), (3, 40, 157), (178, 182, 177, 183, 181)])
@pytest.mark.parametrize("folds", [2, 3, 5, 10])
def test_stratified_folds_have_the_class_counts_of_scikit_learn(
    counts: tuple[int, ...], folds: int
) -> None:
    selection = pytest.importorskip("sklearn.model_selection", reason="scikit-learn is missing")
    if folds > min(counts):
        pytest.skip("scikit-learn warns of a class with fewer samples than folds")
    y = np.repeat(np.arange(len(counts)), counts)
    found = fold_parts(choose(raw(y), seed=3), folds, stratify=True)
    assert not isinstance(found, str)
    ours = [np.bincount(part.validation.y).tolist() for part in found if part.validation]
    theirs = selection.StratifiedKFold(folds, shuffle=True, random_state=0).split(y, y)
    assert ours == [np.bincount(y[test]).tolist() for _, test in theirs]


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_group_is_in_one_fold_and_every_sample_is_validated_once(shuffle: bool) -> None:
    groups = np.repeat(np.arange(12), [1, 2, 3, 4] * 3)
    y = np.arange(len(groups)) % 2
    chosen = choose(raw(y, groups), seed=1, shuffle=shuffle)
    rows = validation_rows(fold_parts(chosen, 4, stratify=True))
    assert sorted(chain.from_iterable(rows)) == list(range(len(y)))
    in_folds = [set(groups[fold].tolist()) for fold in rows]
    assert sum(len(fold) for fold in in_folds) == 12


def test_too_few_samples_and_too_few_groups_are_told() -> None:
    told = fold_parts(choose(raw([0, 1, 0]), seed=0), 5)
    assert told == "3 samples cannot be divided into 5 folds"
    groups = np.array([0, 0, 0, 1, 1, 1])
    told = fold_parts(choose(raw([0.0] * 6, groups), seed=0), 3)
    assert told == "2 groups of 6 samples cannot be divided into 3 folds"


REGRESSION = (
    'data csv "t.csv" target=y{data}\nkfold 4\nprep standardize\ninput 2 -> dense 1\n'
    "loss mse\nopt exact\nmetric rmse r2\ntrain precision=f64\n{more}"
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    x = random.normal(5, 3, (40, 2))
    y = x @ [1.5, -2.0] + random.normal(size=40)
    rows = "".join(f"{a!r},{b!r},{c!r}\n" for (a, b), c in zip(x.tolist(), y.tolist(), strict=True))
    (tmp_path / "t.csv").write_text("a,b,y\n" + rows)
    return tmp_path


def test_the_figures_are_those_of_scikit_learns_cross_validation(table: Path) -> None:
    linear = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is missing")
    selection = pytest.importorskip("sklearn.model_selection", reason="scikit-learn is missing")
    report, _, problems = cross_validated(REGRESSION.format(data=" shuffle=false", more=""), table)
    assert report is not None, list(problems)
    data = np.loadtxt(table / "t.csv", delimiter=",", skiprows=1)
    scores = selection.cross_validate(
        linear.LinearRegression(),
        data[:, :2],
        data[:, 2],
        cv=selection.KFold(4),
        scoring=("r2", "neg_root_mean_squared_error"),
    )
    r2, rmse = scores["test_r2"], -scores["test_neg_root_mean_squared_error"]
    # both solve the same least squares in double precision
    assert report.mean["val_r2"] == pytest.approx(r2.mean(), rel=1e-9)
    assert report.deviation["val_r2"] == pytest.approx(r2.std(), rel=1e-7)
    assert report.mean["val_rmse"] == pytest.approx(rmse.mean(), rel=1e-9)


def test_preparations_are_fitted_on_the_training_samples_of_each_fold(table: Path) -> None:
    text = (
        'data csv "t.csv" target=y shuffle=false\nkfold 4\nprep impute mean\ninput 2 -> dense 1\n'
        "loss mse\nopt exact\nmetric rmse\ntrain precision=f64"
    )
    lines = (table / "t.csv").read_text().splitlines()
    lines[3] = "," + lines[3].split(",", 1)[1]  # the third sample is in the first fold
    (table / "t.csv").write_text("\n".join(lines) + "\n")
    report, _, problems = cross_validated(text, table)
    assert report is not None, list(problems)
    data = np.genfromtxt(table / "t.csv", delimiter=",", skip_header=1)
    expected = []
    for fold in range(4):
        held = np.arange(40) // 10 == fold
        filled = data.copy()
        filled[2, 0] = np.nanmean(data[~held, 0])
        x = np.column_stack([filled[:, :2], np.ones(40)])
        w = np.linalg.lstsq(x[~held], data[~held, 2], rcond=None)[0]
        expected.append(float(np.sqrt(np.mean((x[held] @ w - data[held, 2]) ** 2))))
    found = [fold.epochs[-1].measured["val_rmse"] for fold in report.folds]
    assert found == pytest.approx(expected, rel=1e-9)


def test_expectations_are_judged_on_the_mean(table: Path) -> None:
    more = "expect val_r2>=0.5\nexpect val_rmse<=0.1"
    report, events, _ = cross_validated(REGRESSION.format(data="", more=more), table)
    assert report is not None
    assert [(item.value, item.holds) for item in report.expectations] == [
        (report.mean["val_r2"], True),
        (report.mean["val_rmse"], False),
    ]
    done = [event for event in events if isinstance(event, FoldDone)]
    assert [event.fold for event in done] == [1, 2, 3, 4]
    values = [event.measured["val_r2"] for event in done]
    assert report.mean["val_r2"] == pytest.approx(np.mean(values))


def test_a_metric_without_meaning_in_a_fold_has_no_mean() -> None:
    text = (
        "data iris limit=40; kfold 20; input 4 -> dense 3 softmax; loss ce; opt adam; "
        "metric auc; train epochs=1; expect val_auc>=0.1"
    )
    report, _, problems = cross_validated(text)
    assert report is not None, list(problems)
    assert "val_auc" not in report.mean
    (judged,) = report.expectations
    assert not judged.holds
    assert judged.reason


def test_the_best_epochs_figures_count_where_its_weights_are_kept() -> None:
    text = (
        "data digits limit=300; kfold 3; input 64 -> dense 10 softmax; loss ce; opt adam lr=0.05; "
        "train epochs=30; stop patience=2ep on=val_loss"
    )
    report, events, problems = cross_validated(text)
    assert report is not None, list(problems)
    for fold, done in zip(
        report.folds, [event for event in events if isinstance(event, FoldDone)], strict=True
    ):
        losses = [epoch.measured["val_loss"] for epoch in fold.epochs]
        assert done.measured["val_loss"] == min(losses) < losses[-1]


def test_a_warning_is_told_once_for_all_folds() -> None:
    text = (
        "data digits limit=100; kfold 3; input 64 -> dense 10 bias=false bn softmax; loss ce; "
        "opt adam; train epochs=1 batch=13"
    )
    report, events, problems = cross_validated(text)
    assert report is not None, list(problems)
    codes = [event.problem.code for event in events if isinstance(event, Warned)]
    assert codes == ["W0318"]


def test_convolutions_are_tuned_for_the_folds_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETC_CACHE_DIR", str(tmp_path))
    text = (
        "data digits limit=60; kfold 3; input 8x8x1 -> conv 2 3x3 relu -> flatten "
        "-> dense 10 softmax; loss ce; opt adam; train epochs=1"
    )
    report, events, problems = cross_validated(text, options=RunOptions(tunes=True))
    assert report is not None, list(problems)
    (tuned,) = (event for event in events if isinstance(event, Tuned))
    assert (tuned.layers, tuned.measured) == (1, 1)


def test_what_spoils_a_run_is_told_of_folds_too(tmp_path: Path) -> None:
    rows = "".join(f"{row},{row % 3 + row / 100},{row % 2}\n" for row in range(60))
    (tmp_path / "t.csv").write_text("id,a,y\n" + rows)
    text = 'data csv "t.csv"; kfold 3; input 2 -> dense 2 softmax; loss ce; opt adam'
    report, events, problems = cross_validated(text + "; train epochs=1", tmp_path)
    assert report is not None, list(problems)
    told = [event.problem.message() for event in events if isinstance(event, Warned)]
    assert len([message for message in told if "`id` is a different whole number" in message]) == 1


def test_worker_processes_change_no_figure() -> None:
    text = (
        "data digits limit=300; kfold 3; input 64 -> dense 16 relu -> dense 10 softmax; loss ce; "
        "opt adam; train epochs=2"
    )
    one, events, _ = cross_validated(text)
    two, _, _ = cross_validated(text, options=RunOptions(workers=2))
    assert one is not None
    assert two is not None
    assert one.mean == two.mean
    assert sum(isinstance(event, EpochDone) for event in events) == 6


# In Python


def samples() -> tuple[Any, Any]:
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 2))
    return x, np.where(x[:, 0] > 0, "right", "left")


MODEL = "input 2 -> dense 2 softmax; loss ce; opt adam lr=0.1; train epochs=5"


def test_arrays_are_divided_and_the_model_stays_as_it_is() -> None:
    x, y = samples()
    model = netc.compile(MODEL)
    report = model.cross_validate(x, y, folds=3, epochs=40, seed=1)
    assert not model.trained
    assert len(report.folds) == 3
    values = [fold.epochs[-1].measured["val_acc"] for fold in report.folds]
    assert report.mean["val_acc"] == pytest.approx(np.mean(values))
    assert report.mean["val_acc"] > 0.8


@pytest.mark.parametrize(("text", "folds"), [(MODEL, 5), (f"kfold 4; {MODEL}", 4)])
def test_the_number_of_folds_is_that_of_kfold_or_5(text: str, folds: int) -> None:
    assert len(netc.compile(text).cross_validate(*samples()).folds) == folds


def test_the_data_of_the_spec_is_used_without_arrays() -> None:
    text = "data iris; kfold 3; input 4 -> dense 3 softmax; loss ce; opt adam; train epochs=2"
    direct, _, _ = cross_validated(text)
    assert direct is not None
    assert netc.compile(text).cross_validate().mean == direct.mean


def test_groups_and_weights_of_samples_reach_the_folds() -> None:
    x, y = samples()
    groups = np.repeat(np.arange(4), 15)
    weights = np.where(y == "left", 0.0, 1.0)  # only one class counts: all is learnt to be that
    report = netc.compile(MODEL).cross_validate(
        x, y, folds=4, groups=groups, sample_weight=weights, epochs=60
    )
    assert report.mean["train_loss"] < 0.2
    with pytest.raises(netc.DataError) as raised:
        netc.compile(MODEL).cross_validate(x, y, folds=5, groups=groups)
    assert raised.value.diagnostics[0].code == "E0608"


def test_one_network_is_not_trained_from_a_spec_with_folds() -> None:
    with pytest.raises(netc.DataError) as raised:
        netc.compile(f"kfold 4; {MODEL}").fit(*samples())
    assert raised.value.diagnostics[0].code == "E0661"


def test_a_fold_that_diverges_is_a_training_error() -> None:
    x, _ = samples()
    model = netc.compile("input 2 -> dense 1; loss mse; opt sgd lr=1e10; train epochs=50")
    with pytest.raises(netc.TrainingError):
        model.cross_validate(x, x[:, 0], folds=2)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [({"folds": 1}, ValueError), ({"folds": 2.5}, TypeError), ({"workers": 0}, ValueError)],
)
def test_arguments_of_the_wrong_kind_are_refused(arguments: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        netc.compile(MODEL).cross_validate(*samples(), **arguments)


def test_warnings_are_at_the_line_of_the_caller() -> None:
    x, _ = samples()
    model = netc.compile("input 2 -> dense 1; loss mse; opt adam; train epochs=1")
    with pytest.warns(UserWarning, match="prep standardize on=target") as caught:
        model.fit(x, 1e6 * x[:, 0])
    assert {warning.filename for warning in caught} == {__file__}


def test_a_class_that_is_rarer_than_the_folds_asks_for_fewer(tmp_path: Path) -> None:
    rows = "".join(f"{i * i % 7},{'rare' if i < 2 else 'usual'}\n" for i in range(20))
    (tmp_path / "t.csv").write_text("a,y\n" + rows)
    text = (
        'data csv "t.csv" target=y; kfold 5; input 1 -> dense 2 softmax; loss ce; opt sgd; '
        "train epochs=1"
    )
    _, events, _ = cross_validated(text, tmp_path)
    found = [event.problem for event in events if isinstance(event, Warned)]
    told = [problem.help() for problem in found if problem.code == "W0505"]
    assert told == [("each fold needs a sample of it: it has 2; use fewer folds",)]
