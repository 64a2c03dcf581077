"""Columns, categories and classes keep their places: in training that goes on, and in tables that
have few of them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from click.testing import CliRunner
from netc.cli.main import netc as command
from netc.runtime.storage.weights import encode

pandas = pytest.importorskip("pandas")


def test_a_warm_start_finds_columns_categories_and_classes_as_they_have_been() -> None:
    random = np.random.default_rng(0)
    table = pandas.DataFrame({"a": random.normal(size=60), "b": ["u", "v", "w"] * 20})
    y = np.where(table["a"] > 0, "high", "low")
    spec = "prep onehot; input ? -> dense 2 softmax; loss ce; opt sgd lr=1; train precision=f64"
    trained = netc.compile(spec).fit(table, y, validation=0)
    before = trained.evaluate(table, y)["loss"]

    def first_loss(rows: Any, labels: Any) -> float:
        """Of the weights at hand, in one batch of these rows."""
        net = copy.deepcopy(trained)
        net.fit(rows, labels, validation=0, warm_start=True, epochs=1, batch=len(rows))
        assert net.report is not None
        assert net.classes_ is not None
        assert net.classes_.tolist() == ["high", "low"]
        return float(net.report.epochs[0].measured["train_loss"])

    assert first_loss(table[["b", "a"]], y) == pytest.approx(before, rel=1e-12)
    assert first_loss(table[["b", "a"]].assign(c=1), y) == pytest.approx(before, rel=1e-12)
    some = (table["b"] == "v").to_numpy()
    assert first_loss(table[some], y[some]) == pytest.approx(
        trained.evaluate(table[some], y[some])["loss"], rel=1e-12
    )
    with pytest.raises(netc.DataError, match="`y` has `other` in sample 1, which is not one of"):
        first_loss(table, ["other"] * 60)
    with pytest.raises(netc.DataError, match=r"`b` of `.*` is `x`.*training part does not have"):
        first_loss(table.replace("u", "x"), y)
    with pytest.raises(netc.DataError, match="E0508"):
        first_loss(table.rename(columns={"a": "z"}), y)
    with pytest.raises(netc.DataError, match="E0548"):
        first_loss(np.zeros((60, 2)), y)


def test_a_kept_warm_start_continues_with_its_columns_categories_and_classes(
    tmp_path: Path,
) -> None:
    random = np.random.default_rng(0)
    table = pandas.DataFrame({"a": random.normal(size=60), "b": ["u", "v", "w"] * 20})
    y = np.array(["high", "low", "middle"])[random.integers(0, 3, 60)]
    spec = (
        "prep onehot; input 4 -> dense 3 softmax; loss ce; opt sgd lr=1; "
        "train epochs=2 precision=f64"
    )
    some = (table["b"] != "u").to_numpy() & (y != "low")
    events: list[Any] = []
    options: dict[str, Any] = {"validation": 0, "reporter": events.append}
    for rows, labels in ((table[["b", "a"]], y), (table[some], y[some])):
        one, whole = (netc.compile(spec).fit(table, y, **options) for _ in range(2))
        whole.fit(rows, labels, **options, warm_start=True, epochs=4)
        folder = tmp_path / str(len(rows))
        one.fit(rows, labels, **options, warm_start=True, keep=folder)
        found = netc.compile(spec).fit(rows, labels, **options, resume=folder, epochs=4)
        np.testing.assert_array_equal(found.predict_proba(table), whole.predict_proba(table))


@pytest.mark.parametrize("codes", [["7", "007"], ["1.10"], ["1.1", "1.10", "7"]])
def test_categories_that_look_like_numbers_are_told_apart(tmp_path: Path, codes: list[str]) -> None:
    known = ["7", "007", "1.1", "1.10", "x", "y", "z", "w", "v"]
    table = pandas.DataFrame({"code": known * 20, "a": np.arange(180) / 100})
    spec = "prep onehot; input ? -> dense ? bias=false; loss mse; opt exact; train precision=f64"
    trained = netc.compile(spec).fit(table, table["code"].map(known.index), validation=0)
    new = pandas.DataFrame({"code": codes, "a": 0.0})
    np.testing.assert_allclose(trained.predict(new), list(map(known.index, codes)), atol=1e-6)
    trained.save(tmp_path / "w.safetensors")
    new.to_csv(tmp_path / "new.csv", index=False)
    files = f"{tmp_path}/w.safetensors", f"{tmp_path}/new.csv"
    done = CliRunner().invoke(command, ["predict", *files, "--format", "json"])
    found = [
        answer["y"] if "y" in answer else answer["value"] for answer in json.loads(done.stdout)
    ]
    np.testing.assert_allclose(found, list(map(known.index, codes)), atol=1e-6)


def test_initial_weights_of_other_columns_categories_and_classes_are_told(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    table = pandas.DataFrame({"a": random.normal(size=60), "b c": ["u", "v"] * 30})
    table["y"] = np.where(table["a"] > random.normal(size=60), "high", "low")
    table.to_csv(tmp_path / "t.csv", index=False)
    spec = (
        f'data csv "{tmp_path}/{{}}.csv" target=y; prep onehot; input ? -> dense 2 softmax; '
        "loss ce; opt adam; train epochs=1"
    )
    netc.compile(spec.format("t")).fit().save(tmp_path / "w.safetensors")

    def told(changed: Any) -> list[tuple[str, ...]]:
        changed.to_csv(tmp_path / "u.csv", index=False)
        (tmp_path / "u.net").write_text(spec.format("u") + '; init "w.safetensors"')
        events: list[Any] = []
        netc.compile(tmp_path / "u.net").fit(reporter=events.append)
        problems = [event.problem for event in events if type(event).__name__ == "Warned"]
        return [(one.message(), *one.help()) for one in problems if one.code == "W0614"]

    assert told(table) == []
    start = "`w.safetensors` was trained on the"
    assert told(table[["b c", "a", "y"]]) == [
        (
            f"{start} columns `a`, `b c`; here they are `b c`, `a`",
            '`features=(a, "b c")` reads them in that order',
        )
    ]
    assert told(table.replace("low", "other")) == [
        (
            f"{start} classes `high`, `low`; here they are `high`, `other`",
            "its weights are taken in their order, whatever the classes are called",
        )
    ]
    assert [found[0] for found in told(table.replace("u", "w"))] == [
        f"{start} categories of `b c` `u`, `v`; here they are `v`, `w`"
    ]


@pytest.mark.parametrize(
    ("before", "now", "is_told"),
    [
        (["no", "yes"], [0, 1], False),  # places
        ([False, True], [0, 1], False),
        ([0, 1], ["no", "yes"], False),
        ([0, 1], [1, 2], True),
        (["no", "yes"], ["yes", "zero"], True),
    ],
)
def test_classes_of_initial_weights_are_compared_where_both_are_names(
    tmp_path: Path, before: list[Any], now: list[Any], is_told: bool
) -> None:
    x, turn = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20) % 2
    spec = "input 2 -> dense 2 softmax; loss ce; opt sgd; train epochs=1"
    netc.compile(spec).fit(x, np.array(before)[turn]).save(tmp_path / "w.safetensors")
    (tmp_path / "s.net").write_text(spec + '; init "w.safetensors"')
    events: list[Any] = []
    netc.compile(tmp_path / "s.net").fit(x, np.array(now)[turn], reporter=events.append)
    codes = [event.problem.code for event in events if type(event).__name__ == "Warned"]
    assert ("W0614" in codes) == is_told


def test_initial_weights_with_a_record_of_another_version_are_read(tmp_path: Path) -> None:
    x, y = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20) % 2
    spec = "input 2 -> dense 2 softmax; loss ce; opt sgd; train epochs=1"
    weights = netc.compile(spec).fit(x, y).weights
    (tmp_path / "w.safetensors").write_bytes(encode(weights, {"columns": 3, "classes": [[1]]}))
    (tmp_path / "s.net").write_text(spec + '; init "w.safetensors"')
    assert netc.compile(tmp_path / "s.net").fit(x, y).classes_.tolist() == [0, 1]


def test_classes_that_look_like_numbers_are_told_apart_in_a_table_to_evaluate(
    tmp_path: Path,
) -> None:
    known = ["7", "007", "1.1", "1.10", "x", "y", "z", "w", "v"]
    table = pandas.DataFrame({"a": np.repeat(np.arange(9.0), 20), "label": np.repeat(known, 20)})
    table.insert(1, "b", (table["a"] - 4) ** 2)
    table.to_csv(tmp_path / "t.csv", index=False)
    spec = (
        f'data csv "{tmp_path}/t.csv" target=label val=0; prep standardize; '
        "input 2 -> dense 9 softmax; loss ce; opt adam lr=0.1; train epochs=30 batch=all"
    )
    trained = netc.compile(spec).fit()
    trained.save(tmp_path / "w.safetensors")
    some = table[table["label"].isin(known[:2])]
    expected = trained.evaluate(some[["a", "b"]], some["label"])
    for labels in (some["label"], some["label"].replace("7", "7.0")):
        some.assign(label=labels).to_csv(tmp_path / "u.csv", index=False)
        files = f"{tmp_path}/w.safetensors", "--data", f"{tmp_path}/u.csv"
        done = CliRunner().invoke(command, ["eval", *files, "--format", "json"])
        found = json.loads(done.stdout)["measured"]["loss"]
        assert found == pytest.approx(expected["loss"], rel=1e-5)
