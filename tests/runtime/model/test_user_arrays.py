"""What a program hands over: values that are refused in plain words, and one model for threads."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest

Codes = Callable[..., list[str]]
LINE = "input 3 -> dense 1; loss mse; opt sgd lr=0.1; train epochs=3 seed=2"


def test_numbers_beyond_64_bits_are_refused(trained: Any, codes: Codes) -> None:
    assert codes(netc.DataError, lambda: trained.predict([[10**20] * 4])) == ["E0540"]
    assert codes(netc.DataError, lambda: trained.predict([[10**400, 1.5, 1, 1]])) == ["E0540"]
    x = np.ones((5, 3))
    assert codes(netc.DataError, lambda: netc.compile(LINE).fit(x, [10**30] * 5)) == ["E0540"]


def test_masked_and_mixed_values_are_refused(trained: Any, codes: Codes) -> None:
    masked = np.ma.masked_array(np.ones((2, 4)), mask=[[False] * 4, [False, True, False, False]])
    assert codes(netc.DataError, lambda: trained.predict(masked)) == ["E0540"]
    assert trained.predict(np.ma.masked_array(np.ones((2, 4)))).shape == (2,)
    x = np.ones((4, 4))
    assert codes(netc.DataError, lambda: trained.evaluate(x, ["lily", 1, "rose", 2.5])) == ["E0540"]


class NotFromHere:
    """A tensor that NumPy cannot have."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use detach().")


class Sparse:
    def toarray(self) -> Any:
        return np.ones((2, 4))


PAIRS = np.array([(1.0, 2.0)], dtype=[("a", float), ("b", float)])
UNUSABLE: list[tuple[Any, str]] = [
    ((row for row in np.ones((2, 4))), "it is an iterator (`generator`): `list` makes a list"),
    ({1.0, 2.0}, "it is a `set`, not an array"),
    (Sparse(), "it is a sparse matrix (`Sparse`): its `toarray()` can be used"),
    (PAIRS, "it is a structured array: `pandas.DataFrame` makes columns of it"),
    (NotFromHere(), "Can't call numpy() on Tensor that requires grad"),
    ({"a": [1], "b": [2]}, "a dict of columns is a table as `pandas.DataFrame`"),
]


@pytest.mark.parametrize(("x", "reason"), UNUSABLE, ids=[item[1] for item in UNUSABLE])
def test_what_is_no_array_is_said_with_a_way_out(trained: Any, x: Any, reason: str) -> None:
    with pytest.raises(netc.DataError) as caught:
        trained.predict(x)
    (found,) = caught.value.diagnostics
    assert reason in "\n".join((found.message, *found.help))


def test_targets_are_called_targets(trained: Any) -> None:
    x = np.ones((4, 4))
    with pytest.raises(netc.DataError, match="1 missing value, the first in sample 2"):
        trained.evaluate(x, ["lily", float("nan"), "rose", "lily"])
    with pytest.raises(netc.DataError, match="`y` contains dates, but a target must be a number"):
        netc.compile(LINE).fit(x[:, :3], np.arange(4).astype("M8[D]"))


def test_a_table_of_pyarrow_is_a_data_frame() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    columns = {"a": [1.0, 2.0, 3.0, 4.0] * 5, "b": ["u", "v"] * 10, "c": [True, False] * 10}
    y = [2 * a + (b == "v") for a, b in zip(columns["a"], columns["b"], strict=True)]
    spec = "prep onehot; input ? -> dense ?; loss mse; opt adam; train precision=f64"
    pandas = pytest.importorskip("pandas")
    frame = netc.compile(spec).fit(pandas.DataFrame(columns), y)
    table = netc.compile(spec).fit(pyarrow.table(columns), y)
    turned = pyarrow.table({name: columns[name] for name in ("c", "b", "a")})
    np.testing.assert_array_equal(table.predict(turned), frame.predict(pandas.DataFrame(columns)))


def test_a_column_of_a_data_frame_may_have_any_name() -> None:
    pandas = pytest.importorskip("pandas")
    names = ["column_names", "columns", "shape", "values"]
    frame = pandas.DataFrame(np.random.default_rng(0).normal(size=(20, 4)), columns=names)
    spec = "input ? -> dense ?; loss mse; opt exact; train precision=f64"
    model = netc.compile(spec).fit(frame, frame["column_names"], validation=0)
    np.testing.assert_allclose(model.predict(frame[names[::-1]]), frame["column_names"], atol=1e-9)


def test_the_data_of_a_spec_say_nothing_about_arrays(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(40, 3))
    spec = "data iris; input ? -> dense ? softmax; loss ce; opt adam; train epochs=1"
    model = netc.compile(spec).fit(x, x[:, 0] > 0, keep=tmp_path / "run")
    probabilities = model.predict_proba(x)
    assert probabilities.shape == (40, 2)
    model.save(tmp_path / "w.safetensors")
    for file in (tmp_path / "w.safetensors", tmp_path / "run/checkpoints/last.safetensors"):
        np.testing.assert_array_equal(netc.load(file).predict_proba(x), probabilities)
    assert netc.from_json(model.to_json()).ir == model.ir
    folds = netc.compile(spec).cross_validate(x, x[:, 0] > 0, folds=2)
    assert len(folds.folds) == 2
    model.fit()
    assert model.predict_proba(np.ones((1, 4))).shape == (1, 3)


def test_json_that_is_no_model_is_a_diagnostic() -> None:
    cases = {
        "not json": "invalid JSON model: it is not JSON",
        '{"nods": 3}': "invalid JSON model at `nods`: unknown entry",
        '{"nodes": 3}': ("invalid JSON model at `nodes`: expected a list"),
        '{"nodes": [{"name": "a", "layer": {"word": "nope"}}]}': (
            "invalid JSON model at `nodes.0.layer`: there is no layer 'nope'"
        ),
    }
    for text, message in cases.items():
        with pytest.raises(netc.NetcError) as caught:
            netc.from_json(text)
        (found,) = caught.value.diagnostics
        assert (found.code, found.message) == ("E0721", message)


def test_a_model_without_a_network_says_so(codes: Codes) -> None:
    empty = netc.from_json("{}")
    x = np.ones((2, 3))
    calls = (empty.predict, empty.predict_proba, empty.outputs, empty.evaluate)
    for call in calls:
        assert codes(netc.DataError, lambda call=call: call(x)) == ["E0655"]


def test_constants_are_set_by_python_and_numpy_values() -> None:
    text = "let w=2\nlet d=0.5\nlet b=true\ninput 3 -> dense $w bias=$b -> dropout $d"
    model = netc.compile(text, w=np.int64(4), d=np.float64(0.25), b=np.False_)
    assert model.parameters == 12
    assert netc.compile(text, w=np.array(4)).parameters == 16
    for value in (None, {}, np.ones(2), 1j, object()):
        with pytest.raises(TypeError, match="`w` is a number, a text"):
            netc.compile(text, w=value)
    for number in (float("nan"), np.float32("inf")):
        with pytest.raises(ValueError, match=r"`w` cannot be .*: a constant is a finite number"):
            netc.compile(text, w=number)


def test_several_threads_ask_one_model(trained: Any, flowers: Any) -> None:
    x, _ = flowers
    model = pickle.loads(pickle.dumps(trained))
    wanted = {count: trained.predict_proba(x[:count]) for count in range(1, 60)}

    def ask(count: int) -> bool:
        return bool(np.allclose(model.predict_proba(x[:count]), wanted[count], rtol=1e-5))

    with ThreadPoolExecutor(8) as raw_data:
        assert all(raw_data.map(ask, [*range(1, 60)] * 20))


@pytest.mark.parametrize("source", ["arrays", "npz", "npy", "csv"])
def test_double_precision_rounds_no_sample_and_no_target(tmp_path: Path, source: str) -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(40, 3))
    y = (x @ [0.1, 0.2, 0.3] + 0.7).reshape(-1, 1)
    data = {
        "arrays": "",
        "npz": 'data npz "d.npz" val=0; ',
        "npy": 'data npy "x.npy" target="y.npy" val=0; ',
        "csv": 'data csv "d.csv" val=0; ',
    }[source]
    np.savez(tmp_path / "d.npz", x=x, y=y)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    table = "\n".join(",".join(map(repr, map(float, row))) for row in np.hstack([x, y]))
    (tmp_path / "d.csv").write_text(f"a,b,c,y\n{table}\n")
    spec = tmp_path / "s.net"
    layers = "prep standardize; input 3 -> dense 1; loss mse; opt exact; train precision=f64"
    spec.write_text(data + layers)
    model = netc.compile(spec)
    model.fit(x, y, validation=0) if source == "arrays" else model.fit()
    assert model.evaluate(x, y)["loss"] < 1e-28
    assert np.abs(model.predict(x) - y[:, 0]).max() < 1e-13


@pytest.mark.parametrize(
    ("shape", "way"),
    [((3, 6, 5), "`np.moveaxis(x, 1, -1)`"), ((5, 6, 3), "transpose the samples to 6x5x3")],
)
def test_axes_in_another_order_are_told(shape: tuple[int, ...], way: str) -> None:
    text = "input 6x5x3 -> flatten -> dense 1; loss mse; opt adam; train epochs=1"
    model = netc.compile(text).fit(np.zeros((20, 6, 5, 3)), np.zeros(20))
    with pytest.raises(netc.DataError, match="the axes are in a different order") as caught:
        model.predict(np.zeros((2, *shape)))
    (only,) = caught.value.diagnostics
    assert only.code == "E0541"
    assert any(way in line for line in only.help)
    assert model.predict(np.zeros((2, 90))).shape == (2,)


@pytest.mark.parametrize("kind", [bool, int, float])
def test_labels_of_pixels_may_have_an_axis_of_one_channel(kind: type) -> None:
    x = np.random.default_rng(0).random((20, 3, 4, 1))
    y = (x > 0.5).astype(kind)
    text = "input 3x4x1 -> conv 1 1x1 sigmoid; loss bce; opt adam lr=1; metric acc"
    both = [netc.compile(text).fit(x, labels, epochs=40) for labels in (y, y[..., 0])]
    assert both[0].evaluate(x, y) == both[1].evaluate(x, y[..., 0])
    np.testing.assert_array_equal(both[0].predict(x), both[1].predict(x))
    assert both[0].predict(x).dtype == y.dtype
