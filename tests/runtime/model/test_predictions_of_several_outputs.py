"""`netc predict` of a network with several outputs: all of them, named by their labels."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import netc
import numpy as np
import pytest
from netc.cli.main import status_of

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 4)).astype("f4")
NET = (
    "input 4 -> dense 8 relu -> @h; @h -> dense 2 softmax -> @kind; @h -> dense 2 -> @box; "
    "@h -> dense 3 sigmoid -> @tags; "
)
LOSSES = "loss ce on=@kind; loss mse on=@box; loss bce on=@tags; opt adam; train epochs=2"
TARGETS = {
    "kind": np.where(X[:, 0] > 0, "yes", "no"),
    "box": X[:, 1:3] * 3,
    "tags": (X[:, :3] > 0).astype(int),
}


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> netc.Model:
    monkeypatch.chdir(tmp_path)
    trained = netc.compile(NET + LOSSES).fit(X, TARGETS)
    trained.save("w.st")
    np.save("x.npy", X[:5])
    return trained


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert status_of(["predict", "w.st", "x.npy", *words]) == 0
    return capsys.readouterr().out


def test_csv_has_the_columns_of_each_output(
    model: netc.Model, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = list(csv.DictReader(printed(capsys, "--format", "csv").splitlines()))
    outputs = model.outputs(X[:5])
    assert [row["kind.class"] for row in rows] == model.predict(X[:5]).tolist()
    expected = {
        "kind.p(yes)": outputs["kind"][:, 1],
        "box.value1": outputs["box"][:, 0],
        "box.value2": outputs["box"][:, 1],
        "tags.label2": outputs["tags"][:, 1] > 0.5,
        "tags.p(label3)": outputs["tags"][:, 2],
    }
    for title, column in expected.items():
        # nine digits are more than single precision has
        np.testing.assert_allclose([float(row[title]) for row in rows], column, rtol=1e-7)


def test_json_has_an_object_for_each_output(
    model: netc.Model, capsys: pytest.CaptureFixture[str]
) -> None:
    first = json.loads(printed(capsys, "--format", "jsonl").splitlines()[0])
    assert set(first) == {"file", "row", "kind", "box", "tags"}
    outputs = model.outputs(X[:1])
    for found, wanted in (
        (first["box"]["value"], outputs["box"]),
        (first["kind"]["probabilities"].values(), outputs["kind"]),
        (first["tags"]["probabilities"].values(), outputs["tags"]),
    ):
        # products of one row and of several round differently, by a few parts in 1e7
        assert list(found) == pytest.approx(wanted[0].tolist(), rel=1e-6)


def test_a_table_names_each_output(model: netc.Model, capsys: pytest.CaptureFixture[str]) -> None:
    head = printed(capsys).splitlines()[0].split()
    assert head == [
        "row", "kind.class", "kind.probability", "box.value1", "box.value2",
        "tags.label1", "tags.label2", "tags.label3",
    ]  # fmt: skip


def test_an_auxiliary_loss_on_the_same_target_is_no_further_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("d.npz", x=X, y=np.arange(40) % 2)
    text = (
        'data npz "d.npz"; input 4 -> dense 8 relu -> @h; @h -> dense 2 softmax -> @main; '
        "@h -> dense 2 softmax -> @aux; loss ce on=@main; loss ce on=@aux weight=0.3; opt adam; "
        "train epochs=1"
    )
    netc.compile(text).fit().save("w.st")
    np.save("x.npy", X[:2])
    assert printed(capsys).splitlines()[0].split() == ["row", "class", "probability"]


AUTOENCODER = (
    "input 4 -> @x -> dense 3 tanh -> @code -> dense 4 -> @back; loss mse on=@back target=@x"
)
"""A loss that compares an output with the input: the classes of the data say nothing of it."""
WITH_CLASSES = f"{AUTOENCODER}; @code -> dense 2 softmax -> @kind; loss ce on=@kind"


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    kinds = np.where(X[:, 0] + X[:, 1] > 0, "yes", "no")
    rows = (f"{','.join(map(str, x))},{y}" for x, y in zip(X, kinds, strict=True))
    Path("t.csv").write_text("\n".join(("a,b,c,d,kind", *rows)) + "\n")
    return 'data csv "t.csv" target=kind; opt adam; train epochs=1'


def test_an_autoencoder_on_data_with_classes_predicts_numbers(
    table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    model = netc.compile(f"{AUTOENCODER}; {table}").fit()
    model.save("w.st")
    np.save("x.npy", X[:5])
    expected = model.outputs(X[:5])["back"]
    assert model.classes_ is None
    np.testing.assert_array_equal(model.predict(X[:5]), expected)
    with pytest.raises(ValueError, match="the target is a part of the network"):
        model.predict_proba(X[:5])
    rows = list(csv.DictReader(printed(capsys, "--format", "csv").splitlines()))
    found = [[float(row[f"value{n}"]) for n in range(1, 5)] for row in rows]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_classifier_beside_an_autoencoder_predicts_its_classes(
    table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    model = netc.compile(f"{WITH_CLASSES}; {table}").fit()
    model.save("w.st")
    np.save("x.npy", X[:5])
    scores = model.outputs(X[:5])["kind"]
    expected = np.array(["no", "yes"])[scores.argmax(axis=1)].tolist()
    assert model.predict(X[:5]).tolist() == expected
    np.testing.assert_array_equal(model.predict_proba(X[:5]), scores)
    rows = list(csv.DictReader(printed(capsys, "--format", "csv").splitlines()))
    assert [row["class"] for row in rows] == expected
