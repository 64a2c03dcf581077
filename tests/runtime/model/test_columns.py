"""Columns of a table are found by their names, and not by their places, after training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from click.testing import CliRunner, Result
from netc.cli.main import netc as command
from netc.grammar.problem import Problems
from netc.runtime.storage.files import place_of
from netc.runtime.storage.weights import encode, read_weights

# the ages of the customers are all different, and their jobs determine what they buy
pytestmark = pytest.mark.filterwarnings("ignore:`(age|job)` (is a different|determines)")

SPEC = 'data csv "t.csv"{target}; input 2 -> dense 1; loss mse; opt exact; metric r2'
VALUES = [(-1.0, 2.0), (0.5, 0.25), (3.0, -2.0), (1.5, 4.0)]


def invoke(*arguments: str) -> Result:
    done = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert done.exception is None, done.output
    done.exit_code = done.return_value or 0
    return done


def write(name: str, header: str, *cells: str) -> None:
    """A table of `VALUES`, with the cells of a row from a format string for each column."""
    lines = [",".join(cell.format(a=a, b=b, y=10 * a - b) for cell in cells) for a, b in VALUES]
    Path(name).write_text("\n".join([header, *lines] if header else lines) + "\n")


def answers(name: str) -> list[float]:
    done = invoke("predict", "w.safetensors", name, "--format", "csv")
    assert done.exit_code == 0, done.stderr
    return [float(line.split(",")[2]) for line in done.stdout.splitlines()[1:]]


@pytest.fixture(params=["", " target=y"], ids=["last column", "target=y"])
def folder(tmp_path: Path, monkeypatch: Any, request: Any) -> Path:
    """A network that has learnt y = 10 a - b to rounding."""
    monkeypatch.chdir(tmp_path)
    rows = np.random.default_rng(0).standard_normal((60, 2))
    lines = [f"{a:.9g},{b:.9g},{10 * a - b:.9g}" for a, b in rows]
    Path("t.csv").write_text("\n".join(["a,b,y", *lines]) + "\n")
    done = invoke("run", "-e", SPEC.format(target=request.param), "--save", "w.safetensors")
    assert done.exit_code == 0, done.stderr
    return tmp_path


TABLES = [
    ("a,b", ("{a}", "{b}")),
    ("b,a", ("{b}", "{a}")),
    ("b, a ", ("{b}", "{a}")),
    ("y,b,a", ("{y}", "{b}", "{a}")),
    ("id,b,note,a", ("7", "{b}", "some words", "{a}")),
    ("", ("{a}", "{b}")),
]


@pytest.mark.parametrize(("header", "cells"), TABLES, ids=[header for header, _ in TABLES])
def test_predict_finds_the_columns(folder: Path, header: str, cells: tuple[str, ...]) -> None:
    write("x.csv", header, *cells)
    assert answers("x.csv") == pytest.approx([10 * a - b for a, b in VALUES], abs=1e-4)


@pytest.mark.parametrize("header", ["y,b,a", "b,y,a"])
def test_eval_finds_the_columns_and_the_target(folder: Path, header: str) -> None:
    write("x.csv", header, *(f"{{{name}}}" for name in header.split(",")))
    assert "r2 1.0000" in invoke("eval", "w.safetensors", "--data", "x.csv").stdout


def test_a_column_that_is_missing_is_named(folder: Path) -> None:
    write("x.csv", "a,bb,y", "{a}", "{b}", "{y}")
    for arguments in (
        ("predict", "w.safetensors", "x.csv"),
        ("eval", "w.safetensors", "--data", "x.csv"),
    ):
        done = invoke(*arguments)
        assert done.exit_code == 1
        assert "error[E0508]: `" in done.stderr
        assert "x.csv` has no column `b`\n" in done.stderr
        assert "its columns are `a`, `bb`, `y`" in done.stderr
    write("x.csv", "c,d,y", "{a}", "{b}", "{y}")
    assert "no column `a`, and 1 more" in invoke("predict", "w.safetensors", "x.csv").stderr


def test_a_target_that_is_missing_is_named(folder: Path) -> None:
    write("x.csv", "b,a,z", "{b}", "{a}", "{y}")
    done = invoke("eval", "w.safetensors", "--data", "x.csv")
    assert "has no column `y`" in done.stderr


def test_a_name_that_stands_twice_is_refused(folder: Path) -> None:
    write("x.csv", "a,b,a", "{a}", "{b}", "{b}")
    assert "named `a`" in invoke("predict", "w.safetensors", "x.csv").stderr


def test_names_that_are_numbers_are_names(tmp_path: Path, monkeypatch: Any) -> None:
    """As programs write them that count their columns."""
    monkeypatch.chdir(tmp_path)
    rows = np.random.default_rng(0).standard_normal((60, 2))
    lines = [f"{a:.9g},{b:.9g},{10 * a - b:.9g}" for a, b in rows]
    Path("t.csv").write_text("\n".join(["0,1,2", *lines]) + "\n")
    text = SPEC.format(target=" header=true")
    assert invoke("run", "-e", text, "--save", "w.safetensors").exit_code == 0
    write("x.csv", "1,0", "{b}", "{a}")
    assert answers("x.csv") == pytest.approx([10 * a - b for a, b in VALUES], abs=1e-4)


def test_a_file_without_names_reads_by_place(folder: Path) -> None:
    """As those are that were written before names were kept."""
    path, problems = folder / "w.safetensors", Problems()
    content = read_weights(path, "w", place_of(path), problems)
    assert content is not None
    assert content.record is not None
    for name in ("columns", "target_columns", "categories"):
        del content.record[name]
    path.write_bytes(encode(content.tensors, content.record))
    write("x.csv", "u,v", "{a}", "{b}")
    assert answers("x.csv") == pytest.approx([10 * a - b for a, b in VALUES], abs=1e-4)
    assert netc.load(path).trained


@pytest.mark.parametrize(
    "names", ["0,1,y", "2019,2018,y", ",".join(f"{400 + 2.5 * i}" for i in range(9)) + ",y"]
)
def test_numbers_can_be_names(names: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    count = names.count(",")
    row = ",".join(["1"] * count)
    Path("t.csv").write_text(f"{names}\n" + "".join(f"{row},{i % 3}\n \n" for i in range(20)))
    text = f'data csv "t.csv"; input {count} -> dense 1; loss mse; opt adam; train epochs=1'
    assert "16 train" in invoke("run", "-e", text).stdout


CUSTOMERS = "age,job,buys\n" + "".join(
    f"{20 + i},{('clerk', 'nurse')[i % 2]},{('no', 'yes')[i % 2]}\n" for i in range(40)
)
PREPARED = """
data csv "customers.csv"
prep impute mean; prep onehot{unknown}; prep standardize
input 3 -> dense 2 softmax
loss ce; opt adam lr=0.1; train epochs=20
"""


class Frame:
    """Named columns, as data frames of every library have them."""

    def __init__(self, **columns: list[Any]) -> None:
        self.columns = list(columns)
        self._cells = columns

    def __getitem__(self, name: str) -> list[Any]:
        return self._cells[name]

    def __len__(self) -> int:
        return len(self._cells[self.columns[0]])


@pytest.fixture
def customers(tmp_path: Path, monkeypatch: Any) -> Any:
    """Trains on a table with a column of texts, and saves the weights."""
    monkeypatch.chdir(tmp_path)
    Path("customers.csv").write_text(CUSTOMERS)

    def train(unknown: str = "") -> netc.Model:
        model = netc.compile(PREPARED.format(unknown=unknown))
        model.fit()
        model.save("w.safetensors")
        return netc.load("w.safetensors")

    return train


def test_missing_values_are_filled_and_categories_encoded_for_predictions(customers: Any) -> None:
    model = customers()
    Path("new.csv").write_text("job,id,age\nnurse,1,NA\nclerk,2,\nnurse,3,30\n")
    done = invoke("predict", "w.safetensors", "new.csv", "--format", "csv")
    assert done.exit_code == 0, done.stderr
    rows = [line.split(",") for line in done.stdout.splitlines()]
    assert [row[2] for row in rows[1:]] == ["yes", "no", "yes"]
    assert rows[0][-2:] == ["p(no)", "p(yes)"]
    frame = Frame(job=["nurse", "clerk", "nurse"], age=[None, None, 30.0])
    assert model.predict(frame).tolist() == ["yes", "no", "yes"]
    asked = model.predict_proba(frame)[:, 1]
    assert asked == pytest.approx([float(row[-1]) for row in rows[1:]], abs=1e-8)  # 9 digits


def test_an_unknown_category_is_an_error_or_zeros(customers: Any) -> None:
    Path("new.csv").write_text("age,job\n30,pilot\n")
    customers()
    done = invoke("predict", "w.safetensors", "new.csv")
    assert done.exit_code == 1
    assert "E0563" in done.stderr
    assert "pilot" in done.stderr
    customers(" unknown=zeros")
    assert invoke("predict", "w.safetensors", "new.csv").exit_code == 0


@pytest.mark.parametrize("held", [False, True], ids=["a share", "a part of its own"])
def test_an_unknown_category_of_arrays_without_data_is_an_error(held: bool) -> None:
    frame = Frame(job=[f"job{index}" for index in range(20)])
    other = Frame(job=["nurse"] * 4)
    model = netc.compile("prep onehot; input 20 -> dense 1; loss mse; opt adam")
    validation = (other, np.zeros(4)) if held else 0.2
    with pytest.raises(netc.DataError, match="E0563 `job` of `"):
        model.fit(frame, np.arange(20.0), validation=validation)


def test_infinity_is_refused_also_where_missing_values_are_filled(customers: Any) -> None:
    model = customers()
    with pytest.raises(netc.DataError, match="E0509"):
        model.predict(Frame(job=["nurse"], age=[float("inf")]))


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([1.0, np.inf, 2.0, 3.0], "`x`, sample 2: `a` is `inf`, not a finite number"),
        ([1.0, None, 2.0, None], "`x` has 2 missing values: 2 in `a`"),
        (["1,234", "5", "6", "7"], "`x`, sample 1: `a` is `1,234`, not a finite number"),
    ],
)
def test_a_wrong_data_frame_is_told_by_its_samples(cells: list[Any], message: str) -> None:
    frame = Frame(a=cells, b=[1.0] * 4)
    network = netc.compile("input 2 -> dense 1; loss mse; opt adam")
    with pytest.raises(netc.DataError) as caught:
        network.fit(frame, np.arange(4.0))
    (problem,) = caught.value.diagnostics
    assert message in problem.message
    assert "line" not in " ".join(problem.help)


def test_two_columns_of_one_name_are_refused(customers: Any) -> None:
    frame = Frame(job=["nurse"], age=[3.0], note=["x"])
    frame.columns += ["note"]
    model = customers()
    model.predict(frame)
    frame.columns += ["age"]
    with pytest.raises(netc.DataError, match="it has 2 columns `age`: rename them"):
        model.predict(frame)


@pytest.mark.parametrize("absent", [None, float("nan")])
def test_missing_labels_are_counted(absent: Any) -> None:
    network = netc.compile("input 1 -> dense 2 softmax; loss ce; opt adam")
    labels = np.array(["x", "y", absent, "x", absent], object)
    with pytest.raises(netc.DataError, match="it has 2 missing values, the first in sample 3"):
        network.fit(np.arange(5.0), labels)


def write_targets(**targets: Any) -> None:
    """A table of two features, and these targets."""
    names = ["a", "b", *targets]
    rows = zip(*FEATURES.T, *targets.values(), strict=True)
    lines = [",".join(names), *(",".join(map(str, row)) for row in rows)]
    Path("t.csv").write_text("\n".join(lines) + "\n")


FEATURES = np.random.default_rng(1).standard_normal((60, 2)).round(4)
A, B = FEATURES.T


def features(**more: Any) -> Frame:
    return Frame(**more, b=B.tolist(), a=A.tolist())


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_several_labels_are_predicted_by_the_names_of_their_columns(
    form: str, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    write_targets(rain=(A > 0) * 1, wind=(B > 0) * 1)
    text = 'data csv "t.csv" target=(rain, wind); input 2 -> dense 2 sigmoid; loss bce; opt adam'
    done = invoke("run", "-e", f"{text}; train epochs=3; metric report", "--save", "w.safetensors")
    assert "rain" in done.stdout
    model = netc.load("w.safetensors")
    expected, probabilities = model.predict(FEATURES), model.predict_proba(FEATURES)
    done = invoke("predict", "w.safetensors", "t.csv", "--format", form)
    if form == "csv":
        header, *lines = (line.split(",") for line in done.stdout.splitlines())
        assert header == ["file", "row", "rain", "wind", "p(rain)", "p(wind)"]
        found = np.array([line[2:] for line in lines], float)
    else:
        items = [json.loads(line) for line in done.stdout.splitlines()]
        keys = ("labels", "probabilities")
        found = np.array(
            [[one[key][name] for key in keys for name in ("rain", "wind")] for one in items]
        )
    np.testing.assert_array_equal(found[:, :2], expected)
    np.testing.assert_allclose(found[:, 2:], probabilities, atol=1e-8)  # CSV has 9 digits


@pytest.mark.parametrize("source", ["csv", "frames"])
def test_target_columns_of_a_data_frame_are_found_by_name(
    source: str, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    large, small = (1000 * A).round(2), (B / 10).round(5)
    write_targets(large=large, small=small)
    text = "input 2 -> dense 2; loss mse; opt exact; metric r2"
    if source == "csv":
        model = netc.compile(f'data csv "t.csv" target=(large, small); {text}').fit()
    else:
        y = Frame(large=large.tolist(), small=small.tolist())
        model = netc.compile(text).fit(features(), y)
    turned = Frame(note=["x"] * 60, small=small.tolist(), large=large.tolist())
    assert model.evaluate(features(id=[7] * 60), turned)["r2"] > 0.999
    with pytest.raises(netc.DataError, match="`y` has no column `large`"):
        model.evaluate(features(), Frame(x=small.tolist(), small=small.tolist()))


@pytest.mark.parametrize(
    ("written", "given"),
    [
        (A > B, A > B),
        (np.where(A > B, "true", "false"), A > B),
        ((A > B) * 1, A > B),
        ((A > B) * 1, (A > B) * 1.0),
        ((A > B) * 1, np.where(A > B, "1", "0")),
        (np.where(A > B, "yes", "no"), np.where(A > B, "yes", "no").astype(object)),
        (np.where(A > B, "yes", "no"), Frame(buys=np.where(A > B, "yes", "no").tolist())),
    ],
)
def test_classes_of_a_program_are_those_of_the_table(
    written: Any, given: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    write_targets(y=written)
    text = 'data csv "t.csv"; input 2 -> dense 2 softmax; loss ce; opt adam lr=0.1; train epochs=30'
    model = netc.compile(text).fit()
    right = model.predict(features()) == [str(one) for one in written]
    assert right.mean() > 0.8
    assert model.evaluate(features(), given)["acc"] == pytest.approx(right.mean())


def test_booleans_are_no_classes_that_are_called_otherwise(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    write_targets(y=np.where(A > B, "yes", "no"))
    text = 'data csv "t.csv"; input 2 -> dense 2 softmax; loss ce; opt adam; train epochs=1'
    with pytest.raises(netc.DataError, match="not one of the 2 classes"):
        netc.compile(text).fit().evaluate(features(), A > B)


def test_an_array_is_refused_where_columns_of_the_training_data_hold_text(
    tmp_path: Path, monkeypatch: Any
) -> None:
    """0 could be any city: its number in the file, in sorted order, or a postcode."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{n % 7 + n / 90},{'Bonn' if n % 3 else 'Ulm'},{n % 4}\n" for n in range(30))
    Path("c.csv").write_text("n,city,y\n" + rows)
    text = 'data csv "c.csv"; prep onehot standardize; input 3 -> dense 1; loss mse; opt adam'
    model = netc.compile(text).fit(epochs=1)
    for ask in (model.predict, model.outputs, lambda x: model.evaluate(x, [0.0])):
        with pytest.raises(
            netc.DataError, match="`city` of the training data holds text"
        ) as raised:
            ask(np.array([[1.0, 0.0]]))
        assert raised.value.diagnostics[0].code == "E0548"
    assert model.predict(Frame(city=["Ulm"], n=[1])).shape == (1,)
    model.save("c.safetensors")
    np.save("ask.npy", np.array([[1.0, 0.0]]))
    done = invoke("predict", "c.safetensors", "ask.npy")
    assert "E0548" in done.stderr


def test_digits_as_text_are_no_classes_that_are_numbers() -> None:
    model = netc.compile("input 2 -> dense 2 softmax; loss ce; opt adam; train epochs=1")
    model.fit(np.c_[A, B], np.arange(len(A)) % 2)
    with pytest.raises(netc.DataError, match="has the text `0` in sample 1, but the 2") as caught:
        model.evaluate(np.c_[A, B], (np.arange(len(A)) % 2).astype(str))
    assert caught.value.diagnostics[0].help[0] == "convert them, such as `y.astype(int)`"
