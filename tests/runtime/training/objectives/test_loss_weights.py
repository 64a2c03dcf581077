"""What does not count alike in the losses, from files and arrays to the figures.

`tests/reference/test_loss_weights_reference.py` compares the losses themselves with PyTorch.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest

Array = np.ndarray[Any, Any]
RANDOM = np.random.default_rng(11)
X = RANDOM.normal(size=(200, 3))
Y = RANDOM.choice(3, 200, p=[0.7, 0.2, 0.1])
S = RANDOM.choice([0.0, 1.0, 4.0], 200)
SPEC = "input 3 -> dense 3 softmax; loss {loss}; opt sgd lr=0.1; train epochs=2 precision=f64"


def fitted(loss: str, x: Array = X, y: Array = Y, **given: Any) -> netc.Model:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return netc.compile(SPEC.format(loss=loss)).fit(x, y, **given)


def losses_of(model: netc.Model, x: Array, y: Array) -> Array:
    return np.asarray(-np.log(model.predict_proba(x)[np.arange(len(y)), y]))


@pytest.mark.parametrize("loss", ["ce", "ce smoothing=0.1"])
def test_equal_weights_change_no_bit(loss: str) -> None:
    plain = fitted(loss)
    for weighted in (
        fitted(loss, sample_weight=np.ones(200)),
        fitted(f"{loss} ignore=255"),
        *([fitted("ce weight=(1, 1, 1)")] if loss == "ce" else []),
    ):
        for name, array in plain.weights.items():
            np.testing.assert_array_equal(array, weighted.weights[name])


def test_only_the_ratio_of_weights_counts() -> None:
    one, two = fitted("ce", sample_weight=S), fitted("ce", sample_weight=8 * S)
    for name, array in one.weights.items():
        np.testing.assert_array_equal(array, two.weights[name])


@pytest.mark.parametrize("each", [5e-324, 1e200, 1.7e308])
def test_the_least_and_the_largest_weights_count_as_1(each: float) -> None:
    plain = fitted("ce")
    product = fitted(f"ce weight=({each}, {each}, {each})", sample_weight=np.full(200, each))
    for name, array in plain.weights.items():
        # a sum of 200 weights that are no powers of two is rounded
        np.testing.assert_allclose(array, product.weights[name], rtol=1e-12)
    assert plain.report is not None
    assert product.report is not None
    wanted = plain.report.epochs[-1].measured
    assert product.report.epochs[-1].measured == pytest.approx(wanted, rel=1e-12)


def test_validation_samples_may_weigh_alone() -> None:
    alone = fitted("ce", validation=(X, Y, S))
    both = fitted("ce", validation=(X, Y, S), sample_weight=np.ones(200))
    assert alone.report is not None
    assert both.report is not None
    for one, other in zip(alone.report.epochs, both.report.epochs, strict=True):
        assert one.measured == other.measured
    found = alone.report.epochs[-1].measured["val_loss"]
    assert found == pytest.approx(np.average(losses_of(alone, X, Y), weights=S), rel=1e-12)


@pytest.mark.parametrize("count", [7, 64, 200])
def test_the_loss_of_a_part_is_its_weighted_mean_whatever_the_batches(count: int) -> None:
    model = fitted("ce weight=(1, 2, 5)", sample_weight=S)
    x, y, s = X[:count], Y[:count], S[:count]
    weights = s * np.array([1, 2, 5])[y]
    wanted = np.average(losses_of(model, x, y), weights=weights)
    # sums of 200 numbers in double precision
    assert model.evaluate(x, y, sample_weight=s)["loss"] == pytest.approx(wanted, rel=1e-12)


def test_metrics_count_all_samples_alike() -> None:
    model = fitted("ce", sample_weight=S)
    acc = model.evaluate(X, Y, sample_weight=S)["acc"]
    assert acc == np.mean(model.predict(X) == Y)


def test_an_epoch_is_the_mean_over_its_batches_by_their_weights() -> None:
    """With a learning rate that changes nothing, the training loss is that of the part."""
    still = netc.compile(
        "input 3 -> dense 3 softmax; loss ce weight=(1, 2, 5); opt sgd lr=1e-12; "
        "train epochs=1 batch=16 precision=f64"
    )
    still.fit(X, Y, validation=0, sample_weight=S)
    assert still.report is not None
    found = still.report.epochs[0].measured["train_loss"]
    wanted = still.evaluate(X, Y, sample_weight=S)["loss"]
    # the steps move the weights by less than 1e-11
    assert found == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize("label", [255, -1])
def test_an_ignored_label_is_a_sample_that_is_not_there(label: int) -> None:
    y = Y.copy()
    y[::3] = label
    there = y != label
    model = fitted(f"ce ignore={label}", y=y)
    found = model.evaluate(X, y)
    wanted = model.evaluate(X[there], y[there])
    assert found == pytest.approx(wanted, rel=1e-12)
    assert set(np.unique(model.predict(X))) <= {0, 1, 2}


def test_a_label_of_text_is_ignored_as_in_a_table() -> None:
    y = np.where(S == 0, "255", Y.astype(str))
    model = fitted("ce ignore=255", y=y)
    assert model.classes_ is not None
    assert model.classes_.tolist() == ["0", "1", "2"]
    assert model.evaluate(X, y) == pytest.approx(model.evaluate(X[S > 0], y[S > 0]), rel=1e-12)


def test_where_everything_is_ignored_the_loss_is_0_and_metrics_say_why() -> None:
    model = fitted("ce ignore=255")
    with pytest.warns(UserWarning, match="acc is undefined here: all labels are ignored"):
        found = model.evaluate(X[:5], np.full(5, 255))
    assert found["loss"] == 0
    assert np.isnan(found["acc"])


def test_a_batch_without_a_label_changes_nothing() -> None:
    y = np.full(64, 255)
    y[0] = 2
    model = netc.compile(
        "input 3 -> dense 3 softmax; loss ce ignore=255; opt sgd; "
        "train epochs=1 batch=8 shuffle=false precision=f64"
    )
    first = model.weights
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model.fit(X[:64], y, validation=0)
    steps = netc.compile(
        "input 3 -> dense 3 softmax; loss ce; opt sgd; train epochs=1 batch=8 precision=f64"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        steps.fit(X[:1], y[:1], validation=0)
    for name, array in model.weights.items():
        np.testing.assert_allclose(array, steps.weights[name], rtol=1e-12)
        assert np.isfinite(first[name]).all()


def test_balanced_weights_are_those_of_training_and_are_saved(tmp_path: Path) -> None:
    model = fitted("ce weight=balanced", validation=0)
    few = slice(0, 9)
    model.save(tmp_path / "m.safetensors")
    again = netc.load(tmp_path / "m.safetensors")
    found = again.evaluate(X[few], Y[few])
    assert found == model.evaluate(X[few], Y[few])
    weights = (200 / (3 * np.bincount(Y)))[Y[few]]
    wanted = np.average(losses_of(model, X[few], Y[few]), weights=weights)
    assert found["loss"] == pytest.approx(wanted, rel=1e-12)


def test_two_heads_have_weights_of_their_own() -> None:
    text = (
        "input 3 -> dense 4 tanh -> @h; @h -> dense 3 softmax -> @a; @h -> dense 1 -> @b; "
        "loss ce on=@a ignore=255 weight=(1, 2, 5); loss mse on=@b weight=0.5; opt sgd; "
        "train epochs=1 precision=f64"
    )
    a, b = np.where(S == 0, 255, Y), X[:, 0] - X[:, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model = netc.compile(text).fit(X, {"a": a, "b": b})
    out = model.outputs(X)
    there = a != 255
    own = -np.log(out["a"][there, a[there]])
    first = np.average(own, weights=np.array([1, 2, 5])[a[there]])
    second = np.mean((out["b"].ravel() - b) ** 2)
    found = model.evaluate(X, {"a": a, "b": b})["loss"]
    assert found == pytest.approx(first + 0.5 * second, rel=1e-12)


def test_least_squares_are_weighted() -> None:
    t = X @ [1.0, -2.0, 0.5] + RANDOM.normal(size=200)
    model = netc.compile("input 3 -> dense 1; loss mse; opt exact; train precision=f64")
    model.fit(X, t, sample_weight=S, validation=0)
    root = np.sqrt(S)[:, None]
    whole = np.hstack([X, np.ones((200, 1))])
    wanted, *_ = np.linalg.lstsq(root * whole, root[:, 0] * t, rcond=None)
    np.testing.assert_allclose(model.weights["dense1.w"].ravel(), wanted[:3], rtol=1e-9)


# Files


def write_table(path: Path, rows: str) -> Path:
    path.write_text("a,b,w,y\n" + rows)
    return path


ROWS = "".join(
    f"{a:.3f},{b:.3f},{int(w)},{'no' if y else 'yes'}\n"
    for (a, b, _), w, y in zip(X[:60].tolist(), S[:60], Y[:60] == 0, strict=True)
)


def test_a_column_of_a_table_weighs_its_samples(tmp_path: Path) -> None:
    path = write_table(tmp_path / "t.csv", ROWS)
    text = (
        f'data csv "{path}" target=y weights=w val=0; input 2 -> dense 2 softmax; loss ce; opt sgd;'
        " train epochs=1 precision=f64"
    )
    report = netc.inspect_data(text)
    assert [column.name for column in report.inputs[0].columns] == ["a", "b"]
    assert report.weights is not None
    assert (report.weights.name, report.weights.high) == ("w", 4)
    weighted = netc.compile(text).fit()
    plain = netc.compile(text.replace("weights=w", "ignore=(w,)")).fit()
    assert not np.array_equal(weighted.weights["dense1.w"], plain.weights["dense1.w"])
    assert weighted.evaluate()["loss"] > 0


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("-1", "sample weights must be at least 0, but `w` of `{0}` has -1 in line 2"),
        ("", "`{0}` has 1 missing value: 1 in `w`"),
        ("much", "`{0}`, line 2: `w` is `much`, not a finite number"),
    ],
)
def test_a_wrong_weight_is_told_by_its_line(tmp_path: Path, cell: str, said: str) -> None:
    path = write_table(tmp_path / "t.csv", f"0.5,1,{cell},yes\n{ROWS}")
    text = f'data csv "{path}" target=y weights=w; input 2 -> dense 2 softmax; loss ce; opt sgd'
    with pytest.raises(netc.DataError) as caught:
        netc.compile(text).fit()
    assert caught.value.diagnostics[0].message == said.format(path)


def test_an_ignored_class_of_a_table_is_no_class(tmp_path: Path) -> None:
    rows = "".join(f"{a:.3f},{b:.3f},1,{(0, 1, 255)[i % 3]}\n" for i, (a, b, _) in enumerate(X))
    path = write_table(tmp_path / "t.csv", rows)
    text = (
        f'data csv "{path}" target=y ignore=(w,); input 2 -> dense 2 softmax; '
        "loss ce ignore=255; opt sgd; train epochs=1"
    )
    report = netc.inspect_data(text)
    assert report.targets[0].classes == ("0", "1")
    assert sum(report.targets[0].ignored) == 66
    assert netc.compile(text).fit().classes_.tolist() == ["0", "1"]  # type: ignore[union-attr]


def test_an_archive_may_hold_the_weights(tmp_path: Path) -> None:
    path = tmp_path / "f.npz"
    np.savez(path, x=X, y=Y, sample_weight=S)
    spec = f'data npz "{path}" val=0; {SPEC.format(loss="ce")}'
    report = netc.inspect_data(spec)
    assert report.weights is not None
    assert report.weights.distinct == 3
    np.savez(path, x=X, y=Y, sample_weight=-S)
    with pytest.raises(netc.DataError, match="sample weights must be at least 0"):
        netc.compile(spec).fit()


MASKS = RANDOM.integers(0, 3, (20, 4, 4))


@pytest.mark.parametrize(
    ("y", "help"),
    [
        (np.where(X[:20, :1, None] > 0, 255, MASKS), "`loss ce ignore=255`"),
        (np.where(X[:20, :1, None] > 0, -1, MASKS), "`loss ce ignore=-1`"),
        (np.where(MASKS > 0, 255, 0), "divide by 255"),
    ],
)
def test_marks_in_masks_get_their_way_out(tmp_path: Path, y: Array, help: str) -> None:
    path = tmp_path / "m.npz"
    np.savez(path, x=RANDOM.random((20, 4, 4, 1)), y=y)
    text = f'data npz "{path}"; input 4x4x1 -> conv 3 1x1 softmax; loss ce; opt sgd; train epochs=1'
    with pytest.raises(netc.DataError) as caught:
        netc.compile(text).fit()
    assert help in caught.value.diagnostics[0].help[0]
    if "ignore" in help:
        right = text.replace("loss ce", help.strip("`"))
        model = netc.compile(right).fit()
        assert model.report is not None
        assert np.isfinite(model.report.epochs[0].measured["train_loss"])


# Refusals


LABELS = (X > 0).astype(int)
SHARES = np.exp(X) / np.exp(X).sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("last", "loss", "y", "given", "said"),
    [
        (
            "sigmoid",
            "bce weight=balanced",
            LABELS,
            {},
            "`y` has no single class per sample for `weight=`",
        ),
        ("sigmoid", "bce ignore=-1", LABELS, {}, "`y` has no single label to ignore"),
        ("softmax", "ce ignore=255", SHARES, {}, "`y` has no single label to ignore"),
        ("softmax", "ce weight=balanced", SHARES, {}, "`y` holds probabilities, so that classes"),
        ("softmax", "ce ignore=7", 0 * Y + 7, {}, "all labels of `y` are ignored"),
        ("softmax", "ce weight=(0, 0, 1)", Y % 2, {}, "every training sample is ignored or has a"),
        (
            "softmax",
            "ce ignore=0",
            Y,
            {"sample_weight": Y == 0},
            "every training sample is ignored",
        ),
        ("softmax", "ce", Y, {"sample_weight": -S}, "sample weights must be at least 0"),
        (
            "softmax",
            "ce",
            Y,
            {"sample_weight": 0 * S},
            "no sample of `arrays` counts: all sample weights are 0",
        ),
        ("softmax", "ce", Y, {"sample_weight": S[:9]}, "`sample_weight` has 9"),
        ("softmax", "ce", Y, {"sample_weight": np.c_[S, S]}, "has 2 axes"),
        ("softmax", "ce", Y, {"sample_weight": S * np.nan}, "NaN"),
    ],
)
def test_what_cannot_be_weighed_is_refused(
    last: str, loss: str, y: Array, given: dict[str, Any], said: str
) -> None:
    model = netc.compile(f"input 3 -> dense 3 {last}; loss {loss}; opt sgd; train epochs=1")
    with pytest.raises(netc.DataError) as caught:
        model.fit(X, y, **given)
    assert said in caught.value.diagnostics[0].message


ONE_CLASS = "has no single class per sample for `weight=`"
NO_LABEL = "has no single label to ignore"


@pytest.mark.parametrize(
    ("target", "last", "loss", "said"),
    [
        ("(a, b, c)", "sigmoid", "bce weight=balanced", ONE_CLASS),
        ("(a, b, c)", "sigmoid", "bce ignore=9", NO_LABEL),
        ("(a, b, c)", "sigmoid", "bce weight=(1, 2, 3)", ""),
        ("(a, b, c)", "sigmoid", "bce pos_weight=balanced", ""),
        ("(a, b, c)", "softmax", "ce ignore=9", NO_LABEL),
        ("(a, b, c)", "softmax", "ce weight=balanced", ""),
        ("(a, b, c)", "", "hinge ignore=9", NO_LABEL),
        ("k ignore=(a, b, c)", "sigmoid", "bce weight=balanced", ""),
        ("k ignore=(a, b, c)", "sigmoid", "bce weight=(1, 2, 3)", ""),
        ("k ignore=(a, b, c)", "sigmoid", "bce ignore=9", ""),
        ("k ignore=(a, b, c)", "softmax", "ce ignore=9", ""),
    ],
)
def test_check_says_of_columns_what_a_run_says_of_an_archive(
    tmp_path: Path, target: str, last: str, loss: str, said: str
) -> None:
    classes = np.eye(3, dtype=int)[Y]
    own = "" if target.startswith("k") else " ignore=(k,)"
    columns = zip(X[:, 0], Y, classes, strict=True)
    rows = [f"{x:.3f},{y},{','.join(map(str, c))}" for x, y, c in columns]
    (tmp_path / "t.csv").write_text("\n".join(["x,k,a,b,c", *rows]) + "\n")
    net = f"input 1 -> dense 3 {last}; loss {loss}; opt sgd; train epochs=1"
    spec = f'data csv "{tmp_path / "t.csv"}" target={target}{own}; {net}'
    found = [item.message for item in netc.check(spec) if item.severity == "error"]
    if said:
        assert len(found) == 1
        assert said in found[0]
        np.savez(tmp_path / "t.npz", x=X[:, :1], y=classes)
        with pytest.raises(netc.DataError, match=said):
            netc.compile(f'data npz "{tmp_path / "t.npz"}"; {net}').fit()
    else:
        assert not found
        assert netc.compile(spec).fit().report is not None


def test_weights_need_samples() -> None:
    model = netc.compile(SPEC.format(loss="ce"))
    with pytest.raises(TypeError, match="fit needs `x` if `sample_weight` is given"):
        model.fit(sample_weight=S)
