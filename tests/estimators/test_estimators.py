"""Specs as scikit-learn estimators: parameters, training, and what scikit-learn does with both."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest

pytest.importorskip("sklearn", reason="the estimators are scikit-learn's")

from netc.sklearn import NetClassifier, NetRegressor
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neural_network import MLPClassifier

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 3))
Y = np.array(["no", "yes", "maybe"])[(X[:, 0] > 0).astype(int) + (X[:, 1] > 1)]
T = X @ [1.0, -2.0, 0.5]
LETS = "let width=8 lr=0.05\n"
TAIL = "opt adam lr=$lr; train epochs=5 batch=16"
CLASSES = f"{LETS}input ? -> dense $width relu -> dense ? softmax; loss ce; {TAIL}"
NUMBERS = f"{LETS}input ? -> dense $width relu -> dense ?; loss mse; {TAIL}"
EXACT = "train epochs=20 batch=all precision=f64"


# Parameters


def test_the_lets_of_the_spec_are_parameters() -> None:
    net = NetClassifier(CLASSES, width=4)
    assert net.get_params()["width"] == 4
    assert net.get_params()["lr"] is None, "as the spec says"
    twin = clone(net).set_params(lr=0.1, epochs=2)
    assert (twin.get_params()["width"], twin.get_params()["lr"]) == (4, 0.1)
    assert net.get_params()["lr"] is None, "a clone is another one"
    assert twin.fit(X, Y).model_.parameters == 3 * 4 + 4 + 4 * 3 + 3
    assert twin.n_iter_ == 2


def test_the_lets_of_a_file_are_parameters(tmp_path: Path) -> None:
    (tmp_path / "net.net").write_text(CLASSES)
    assert "width" in NetClassifier(tmp_path / "net.net").get_params()


def test_a_parameter_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="Invalid parameter 'wide'"):
        NetClassifier(CLASSES).set_params(wide=3)
    with pytest.raises(netc.CompileError, match="unknown constant `wide`"):
        NetClassifier(CLASSES, wide=3).fit(X, Y)


def test_random_state_is_the_seed() -> None:
    one, same, other = (NetRegressor(NUMBERS, random_state=s).fit(X, T) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.predict(X), same.predict(X))
    assert (one.predict(X) != other.predict(X)).any()
    drawn = [NetRegressor(NUMBERS, random_state=np.random.RandomState(3)).fit(X, T) for _ in "ab"]
    np.testing.assert_array_equal(drawn[0].predict(X), drawn[1].predict(X))


# Training


def test_it_is_what_the_model_of_the_spec_gives() -> None:
    net = NetRegressor(NUMBERS).fit(X, T)
    model = netc.compile(NUMBERS).fit(X, T, validation=0)
    np.testing.assert_array_equal(net.predict(X), model.predict(X))


def test_classes_are_the_labels_in_their_order() -> None:
    net = NetClassifier(CLASSES, epochs=60).fit(X, Y)
    assert net.classes_.tolist() == ["maybe", "no", "yes"]
    assert net.score(X, Y) > 0.9
    share = net.predict_proba(X)
    assert share.shape == (60, 3)
    np.testing.assert_array_equal(net.classes_[share.argmax(axis=1)], net.predict(X))


BINARY = {
    "a unit": ("dense ? sigmoid; loss bce", "predict_proba", (60, 2)),
    "two units": ("dense 2 softmax; loss ce", "predict_proba", (60, 2)),
    "a margin": ("dense ?; loss logistic", "decision_function", (60,)),
    "hinge": ("dense ?; loss hinge", "decision_function", (60,)),
}


@pytest.mark.parametrize(("end", "method", "shape"), BINARY.values(), ids=[*BINARY])
def test_two_classes_may_be_one_unit(end: str, method: str, shape: tuple[int, ...]) -> None:
    net = NetClassifier(f"input ? -> {end}; opt adam lr=0.1; train epochs=40").fit(X, X[:, 0] > 0)
    assert net.classes_.tolist() == [False, True]
    found = getattr(net, method)(X)
    assert found.shape == shape
    positive = found > 0 if found.ndim == 1 else found[:, 1] > 0.5
    np.testing.assert_array_equal(positive, net.predict(X))
    assert net.score(X, X[:, 0] > 0) > 0.9
    assert hasattr(net, "predict_proba") != hasattr(net, "decision_function")


@pytest.mark.parametrize(
    ("net", "y"),
    [
        (NetClassifier(f"input ? -> dense ? softmax; loss ce; opt adam; {EXACT}"), Y),
        (NetRegressor(f"input ? -> dense ?; loss mse; opt adam; {EXACT}"), T),
        (NetRegressor(f"input ? -> dense ?; loss huber; opt adam; {EXACT}"), T),
    ],
    ids=["ce", "mse", "huber"],
)
def test_a_weight_is_a_number_of_repetitions(net: NetClassifier | NetRegressor, y: object) -> None:
    counts = np.arange(60) % 4  # 0: left out
    weighted = clone(net).fit(X, y, sample_weight=counts)
    repeated = clone(net).fit(np.repeat(X, counts, axis=0), np.repeat(y, counts))
    for name, array in repeated.model_.weights.items():
        np.testing.assert_allclose(weighted.model_.weights[name], array, rtol=1e-9, atol=1e-12)
    plain = clone(net).fit(X, y)
    assert any(
        (plain.model_.weights[name] != w).any() for name, w in weighted.model_.weights.items()
    )


def test_epochs_one_by_one_are_the_epochs_of_fit() -> None:
    for net, y in ((NetClassifier(CLASSES), Y), (NetRegressor(NUMBERS), T)):
        whole, part = clone(net).fit(X, y), clone(net)
        for _ in range(5):
            more = {"classes": np.unique(y)} if y is Y and not hasattr(part, "model_") else {}
            part = pickle.loads(pickle.dumps(part.partial_fit(X, y, **more)))
        np.testing.assert_array_equal(part.predict(X), whole.predict(X))
        assert part.n_iter_ == 5


def test_a_first_part_may_lack_classes() -> None:
    net = NetClassifier(CLASSES).partial_fit(X[Y == "no"], Y[Y == "no"], classes=["no", "yes"])
    assert net.predict_proba(X).shape == (60, 2)
    net.partial_fit(X[Y != "maybe"], Y[Y != "maybe"])
    with pytest.raises(ValueError, match="'maybe'"):
        net.partial_fit(X, Y)


WRONG = {
    "a loss for numbers": (NetClassifier(NUMBERS), Y, "needs one loss for classes"),
    "a loss for classes": (NetRegressor(CLASSES), T, "needs one loss for numbers"),
    "no loss": (NetClassifier("input ? -> dense 3 softmax"), Y, "the spec has no loss"),
    "outputs": (NetClassifier(CLASSES.replace("dense ?", "dense 9")), Y, "E0505"),
    "features": (NetClassifier(CLASSES.replace("input ?", "input 9")), Y, "E0504"),
    "one class": (NetClassifier(CLASSES), ["no"] * 60, "at least 2 classes"),
    "several labels": (
        NetClassifier(CLASSES),
        np.eye(3)[[0, 1, 2] * 20] + np.eye(3)[0] > 0,
        "one label",
    ),
    "validation": (NetRegressor(f"{NUMBERS}; stop patience=2ep"), T, "E0657"),
}


@pytest.mark.parametrize(("net", "y", "said"), WRONG.values(), ids=[*WRONG])
def test_what_does_not_fit_is_told(net: NetClassifier | NetRegressor, y: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        net.fit(X, y)
    assert not hasattr(net, "model_")


PAIRS = [(NetClassifier(CLASSES), MLPClassifier(max_iter=1)), (NetRegressor(NUMBERS), Ridge())]
MISSING = X.copy()
MISSING[3, 1] = np.nan
DAMAGED = {
    "lengths": lambda net, y: net.fit(X, y[:-1]),
    "no targets": lambda net, y: net.fit(X, None),
    "three axes": lambda net, y: net.fit(X[:, :, None], y),
    "one axis": lambda net, y: net.fit(X[:, 0], y),
    "no samples": lambda net, y: net.fit(X[:0], y[:0]),
    "no features": lambda net, y: net.fit(X[:, :0], y),
    "missing values": lambda net, y: net.fit(MISSING, y),
    "infinity": lambda net, y: net.fit(MISSING * 0 + np.inf, y),
    "texts": lambda net, y: net.fit(np.array([["a", 1.0]] * 60, object), y),
    "complex numbers": lambda net, y: net.fit(X + 1j, y),
    "other features": lambda net, y: net.fit(X, y).predict(X[:, :2]),
    "untrained": lambda net, y: net.predict(X),
}


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize("call", DAMAGED.values(), ids=[*DAMAGED])
def test_damage_is_told_in_the_words_of_scikit_learn(
    call: Callable[[object, object], object],
) -> None:
    assert_told_alike(PAIRS, call)


def test_too_few_weights_are_told_in_the_words_of_scikit_learn() -> None:
    linear = [(NetClassifier(CLASSES), RidgeClassifier()), (NetRegressor(NUMBERS), Ridge())]
    assert_told_alike(linear, lambda net, y: net.fit(X, y, sample_weight=np.ones(3)))


def assert_told_alike(pairs: list[Any], call: Callable[[Any, object], object]) -> None:
    for (net, other), y in zip(pairs, (Y, T), strict=True):
        raised = []
        for one in (net, other):
            with pytest.raises(ValueError) as caught:  # noqa: PT011  compared below
                call(clone(one), y)
            said = str(caught.value).replace(type(one).__name__, "NAME")
            raised.append((type(caught.value), said))
        assert raised[0] == raised[1]


def test_sparse_samples_are_refused_as_by_estimators_without_them() -> None:
    sparse = pytest.importorskip("scipy.sparse").csr_matrix(X)
    raised = []
    for net in (NetClassifier(CLASSES), HistGradientBoostingClassifier()):
        with pytest.raises(TypeError) as caught:
            net.fit(sparse, Y)
        raised.append(str(caught.value))
    assert raised[0] == raised[1]


@pytest.mark.parametrize("spec", [None, 3, b"net.net", [CLASSES]])
def test_what_is_no_spec_is_told_by_fit(spec: object) -> None:
    net = clone(NetClassifier(spec))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a spec is a text or the path of a file, not "):
        net.fit(X, Y)


def test_columns_of_texts_are_told_with_a_way_out() -> None:
    table = pytest.importorskip("pandas").DataFrame({"a": X[:, 0], "c": ["red", "green"] * 30})
    with pytest.raises(ValueError, match="could not convert string to float: 'red'") as caught:
        NetClassifier(CLASSES).fit(table, Y)
    assert "`prep onehot` in the spec" in caught.value.__notes__[0]


# With the rest of scikit-learn


def test_the_same_folds_and_seed_give_the_same_scores() -> None:
    folds = KFold(3, shuffle=True, random_state=0)
    first, second = (cross_val_score(NetClassifier(CLASSES), X, Y, cv=folds) for _ in "ab")
    np.testing.assert_array_equal(first, second)
    ours = []
    for train, test in folds.split(X):
        model = netc.compile(CLASSES).fit(X[train], Y[train], validation=0)
        ours.append((model.predict(X[test]) == Y[test]).mean())
    np.testing.assert_array_equal(first, ours)


def test_a_table_with_categories() -> None:
    pandas = pytest.importorskip("pandas", reason="the table is one of pandas")
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    colour = np.array(["red", "green", "blue"])[np.arange(60) % 3]
    table = pandas.DataFrame({"size": X[:, 0], "colour": colour})
    wanted = np.where((colour == "red") ^ (X[:, 0] > 0), "a", "b")
    columns = make_column_transformer(
        (StandardScaler(), ["size"]), (OneHotEncoder(), ["colour"]), sparse_threshold=0
    )
    spec = CLASSES.replace("input ? -> ", "input ? -> dense 16 relu -> ")
    pipe = make_pipeline(columns, NetClassifier(spec, epochs=60)).fit(table, wanted)
    assert pipe.score(table, wanted) > 0.9
    # and with the preparations of the spec itself
    own = NetClassifier(f"prep onehot; prep standardize; {spec}", epochs=60)
    own.fit(table, wanted)
    assert own.feature_names_in_.tolist() == ["size", "colour"]
    assert own.score(table, wanted) > 0.9


def test_missing_values_that_the_spec_fills() -> None:
    x = X.copy()
    x[::7, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        NetRegressor(NUMBERS).fit(x, T)
    filled = NetRegressor(f"prep impute mean; {NUMBERS}").fit(x, T)
    assert np.isfinite(filled.predict(x)).all()


@pytest.mark.heavy
def test_a_grid_over_a_let_in_two_processes(tmp_path: Path) -> None:
    joblib = pytest.importorskip("joblib")
    from sklearn.model_selection import GridSearchCV

    grid = {"width": [1, 8], "lr": [1e-4, 0.05]}
    alone, shared = (
        GridSearchCV(NetClassifier(CLASSES, epochs=30), grid, cv=3, n_jobs=jobs).fit(X, Y)
        for jobs in (1, 2)
    )
    assert shared.best_params_ == {"width": 8, "lr": 0.05}
    np.testing.assert_array_equal(
        alone.cv_results_["mean_test_score"], shared.cv_results_["mean_test_score"]
    )
    joblib.dump(shared, tmp_path / "grid.joblib")
    loaded = joblib.load(tmp_path / "grid.joblib")
    np.testing.assert_array_equal(loaded.predict_proba(X), shared.predict_proba(X))


def test_scores_of_folds_are_those_of_a_fit_for_each_fold() -> None:
    from sklearn.model_selection import KFold, cross_val_score

    net, folds = NetClassifier(CLASSES, epochs=5), KFold(3, shuffle=True, random_state=0)
    own = [
        clone(net).fit(X[train], Y[train]).score(X[test], Y[test]) for train, test in folds.split(X)
    ]
    assert len(set(own)) > 1
    for _ in range(2):
        assert cross_val_score(net, X, Y, cv=folds).tolist() == own


def test_only_netc_sklearn_loads_scikit_learn() -> None:
    code = "import netc, netc.api, sys; print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_without_scikit_learn_the_import_says_what_is_missing() -> None:
    code = "import sys; sys.modules['sklearn'] = None\nimport netc.sklearn"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'netc[sklearn]'" in done.stderr, done.stderr


def test_pytorch_computes_where_it_is_asked_for() -> None:
    pytest.importorskip("torch", reason="computes")
    x = np.random.default_rng(0).normal(size=(60, 3))
    y = (x > 0).sum(axis=1)
    spec = "input ? -> dense 4 tanh -> dense ? softmax; loss ce; opt adam; train epochs=2"
    given = {"engine": "torch", "device": "cpu", "precision": "f64"}
    fitted = NetClassifier(spec, **given).fit(x, y)
    assert fitted.get_params()["device"] == "cpu"
    assert fitted.model_.ir.train.precision == "f64"
    numpy = NetClassifier(spec, precision="f64").fit(x, y)
    np.testing.assert_allclose(fitted.predict_proba(x), numpy.predict_proba(x), rtol=1e-9)


# Samples held out


@pytest.mark.parametrize("labels", [np.array([1, 2, 3]), np.array(["w", "x", "y z"])])
def test_held_out_labels_are_those_of_fit(labels: Any) -> None:
    own = labels[(X[:, 0] > 0).astype(int) + (X[:, 1] > 1)]
    held = own[::-1]
    net = NetClassifier(CLASSES, validation=(X + 1, held)).fit(X, own)
    report = net.model_.report
    assert report is not None
    assert report.epochs[-1].measured["val_acc"] == np.mean(net.predict(X + 1) == held)


def test_held_out_numbers_are_those_of_fit() -> None:
    net = NetRegressor(f"{NUMBERS} precision=f64", validation=(X + 1, T)).fit(X, T)
    report = net.model_.report
    assert report is not None
    expected = np.mean((net.predict(X + 1) - T) ** 2)
    assert report.epochs[-1].measured["val_loss"] == pytest.approx(expected, rel=1e-12)


def test_held_out_columns_have_the_names_and_the_order_of_fit() -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(X, columns=["a", "b", "c"])
    with pytest.raises(ValueError, match="same order"):
        NetClassifier(CLASSES, validation=(table[["c", "b", "a"]], Y)).fit(table, Y)
    message = "^`validation` cannot be used: .* 'other', which is not among the classes"
    with pytest.raises(ValueError, match=message):
        NetClassifier(CLASSES, validation=(table, ["other"] * 60)).fit(table, Y)
    with pytest.raises(ValueError, match=r"^`validation` cannot be used: Input y contains NaN"):
        NetRegressor(NUMBERS, validation=(X, T * np.nan)).fit(X, T)
