"""Tables whose parts are files of their own: columns by name, one set of classes, one fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from netc.compiler.data import preparations as preps
from netc.compiler.data.tables import Csv
from netc.runtime.data.dataset import DataRequest, Dataset

Load = Callable[..., tuple[Dataset | None, list[str]]]

TRAIN = "a,colour,kind\n1,red,oak\n2,blue,ash\n3,red,oak\n4,blue,ash\n"
REQUEST = DataRequest(encodes=True)


@pytest.fixture
def load(loaded: Load, tmp_path: Path) -> Load:
    """Loads a table whose parts have these texts."""

    def do(
        train: str, *prep: Any, test: str | None = None, val: Any = 0.0, **options: Any
    ) -> tuple[Dataset | None, list[str]]:
        texts = {"train.csv": train, "test.csv": test, "val.csv": val}
        for name, text in texts.items():
            if isinstance(text, str):
                (tmp_path / name).write_text(text)
        changes = {key: options.pop(key) for key in ("request", "wants_classes") if key in options}
        files = {"test": None if test is None else "test.csv"}
        files["val"] = "val.csv" if isinstance(val, str) else val
        word = Csv(path="train.csv", **files, **options)
        return loaded(word, *prep, shuffle=False, **changes)

    return do


def test_columns_of_a_part_are_found_by_name_in_any_dialect(load: Load) -> None:
    test = "kind;id;colour;a\noak;9;red;1,5\nash;8;blue;-2,5\n"
    dataset, wrong = load(TRAIN, preps.OneHot(), test=test, request=REQUEST)
    assert wrong == []
    assert dataset is not None
    assert dataset.test is not None
    assert dataset.train.x.tolist() == [[1, 0, 1], [2, 1, 0], [3, 0, 1], [4, 1, 0]]
    assert dataset.test.x.tolist() == [[1.5, 0, 1], [-2.5, 1, 0]]
    assert dataset.test.y.tolist() == [1, 0]
    assert dataset.note == "test from `test.csv` (separated by semicolons, decimal commas)"
    assert set(dataset.hashes) == {"train.csv", "test.csv"}


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({"test": TRAIN}, (4, None, 4)),
        ({"test": TRAIN, "val": 0.25}, (3, 1, 4)),
        ({"val": TRAIN}, (4, 4, None)),
        ({"test": TRAIN, "val": TRAIN}, (4, 4, 4)),
        ({"test": TRAIN, "val": 0.5, "limit": 2}, (1, 1, 4)),
    ],
)
def test_what_has_no_file_is_divided_from_the_rest(
    options: dict[str, Any], sizes: tuple[int | None, ...], load: Load
) -> None:
    dataset, wrong = load(TRAIN, preps.OneHot(unknown="zeros"), request=REQUEST, **options)
    assert wrong == []
    assert dataset is not None
    parts = (dataset.train, dataset.validation, dataset.test)
    assert tuple(None if part is None else len(part) for part in parts) == sizes


def test_a_prep_is_fitted_on_the_training_file_only(load: Load) -> None:
    train, test = "a,y\n0,1\n10,0\n", "y,a\n1,20\n0,\n"
    request = DataRequest(imputes=True)
    steps = preps.Impute(kind="mean"), preps.Scale()
    dataset, wrong = load(train, *steps, test=test, request=request)
    assert wrong == []
    assert dataset is not None
    assert dataset.test is not None
    assert dataset.train.x.tolist() == [[0], [1]]
    assert dataset.test.x.tolist() == [[2], [0.5]]


def test_parts_have_the_classes_of_the_training_file(load: Load) -> None:
    dataset, _ = load("a,y\n1,2\n2,0\n3,1\n", test="a,y\n1,2.0\n2,02\n", val="a,y\n1,1\n")
    assert dataset is not None
    assert dataset.class_names == ("0", "1", "2")
    assert dataset.test is not None
    assert dataset.test.y.tolist() == [2, 2]
    assert dataset.validation is not None
    assert dataset.validation.y.tolist() == [1]


def test_whole_numbers_of_a_part_are_numbers_where_training_has_numbers(load: Load) -> None:
    dataset, _ = load("a,y\n1,0.5\n2,1\n", test="a,y\n1,2\n2,3\n")
    assert dataset is not None
    assert dataset.test is not None
    assert dataset.test.y.tolist() == [[2], [3]]


def test_groups_divide_the_training_file_and_are_not_asked_of_others(load: Load) -> None:
    train = "a,g,y\n1,u,0\n2,u,1\n3,v,0\n4,v,1\n"
    dataset, wrong = load(train, test="a,y\n1,0\n", val=0.5, groups="g", target="y")
    assert wrong == []
    assert dataset is not None
    assert dataset.validation is not None
    assert len(dataset.validation) == 2


MESSAGES = [
    ("a,kind\n1,oak\n", "E0508 `test.csv` has no column `colour`"),
    ("a,colour\n1,red\n", "E0508 `test.csv` has no column `kind`"),
    (
        TRAIN + "5,red,elm\n",
        "E0544 `test.csv` has `elm` in line 6, which is not one of the 2 classes",
    ),
    (
        TRAIN + "5,green,oak\n",
        "E0563 `colour` of `test.csv` is `green` in line 6, which the training part does not have",
    ),
    (TRAIN + ",red,oak\n", "E0561 `test.csv` has 1 missing value: 1 in `a`"),
    (TRAIN + "x,red,oak\n", "E0509 `test.csv`, line 6: `a` is `x`, not a finite number"),
    (TRAIN + "5,red\n", "E0509 `test.csv`, line 6 has 2 values, the first line has 3"),
    ("", "E0502 cannot read `test.csv`: it is empty"),
]


@pytest.mark.parametrize(("test", "message"), MESSAGES)
@pytest.mark.parametrize("option", ["test", "val"])
def test_what_is_wrong_names_the_file_of_the_part(
    option: str, test: str, message: str, load: Load
) -> None:
    dataset, wrong = load(TRAIN, preps.OneHot(), request=REQUEST, **{option: test})
    assert dataset is None
    assert wrong == [message.replace("test.csv", f"{option}.csv")]


def test_a_number_that_is_none_in_a_part_is_told_by_its_line(load: Load) -> None:
    _, wrong = load("a,y\n1,0.5\n2,1\n", test="a,y\n1,2\n2,x\n")
    assert wrong == ["E0509 `test.csv`, line 3: `y` is `x`, not a finite number"]


def test_a_sample_that_a_loss_refuses_is_told_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,y\n" + "1,0.5\n2,1\n" * 9)
    (tmp_path / "b.csv").write_text("a,y\n1,2\n3,1\n")
    text = (
        f'data csv "{tmp_path}/a.csv" test="{tmp_path}/b.csv"\n'
        "input 1 -> embed 3 2 -> flatten -> dense 1; loss mse; opt adam; train epochs=1"
    )
    with pytest.raises(netc.DataError) as caught:
        netc.compile(text).fit()
    (problem,) = caught.value.diagnostics
    assert f"line 3 of `{tmp_path}/b.csv`" in problem.message


def test_texts_that_look_like_numbers_are_those_of_the_training_file(load: Load) -> None:
    train = "code,kind\n7,A\n007,1.1\nx,1.10\nx,B\nx,A\n"
    dataset, wrong = load(train, test="code,kind\n007,1.10\n7,1.1\n", request=REQUEST)
    assert wrong == []
    assert dataset is not None
    assert dataset.test is not None
    names = dataset.categories[0]
    assert names == ("007", "7", "x")
    assert [names[int(code)] for code in dataset.test.x[:, 0]] == ["007", "7"]
    assert [dataset.class_names[code] for code in dataset.test.y] == ["1.10", "1.1"]


def test_a_model_is_evaluated_on_the_file_of_its_test_part(tmp_path: Path) -> None:
    random = np.random.Generator(np.random.PCG64(0))
    for name, count in (("a.csv", 60), ("b.csv", 40)):
        x = random.normal(size=count)
        rows = "".join(f"{value},{int(value > 0)}\n" for value in x)
        (tmp_path / name).write_text(f"a,y\n{rows}")
    text = (
        f'data csv "{tmp_path}/a.csv" test="{tmp_path}/b.csv"\n'
        "input 1 -> dense 2 softmax; loss ce; opt adam lr=0.05; metric acc; train epochs=30"
    )
    model = netc.compile(text).fit()
    x, y = np.loadtxt(tmp_path / "b.csv", delimiter=",", skiprows=1).T
    labels = np.array([str(int(one)) for one in y])
    own, given = model.evaluate(), model.evaluate(x[:, None], labels)
    assert own["acc"] == given["acc"] > 0.9


CHECKS = [
    ('split=(80%, 10%, 10%) test="t.csv"', "E0602", "`split=` and `test=` both divide the data"),
    ('split=(80%, 10%, 10%) val="t.csv"', "E0602", "`split=` and `val=` both divide the data"),
    ('test="a.csv"', "E0507", "invalid split: `a.csv` cannot be two parts"),
    ('test="t.csv" val="t.csv"', "E0507", "invalid split: `t.csv` cannot be two parts"),
    ("val=20", "E0235", "or the path of a file in quotes, got `20`"),
]


@pytest.mark.parametrize(("options", "code", "message"), CHECKS)
def test_contradictions_are_found_by_a_check(options: str, code: str, message: str) -> None:
    text = f'data csv "a.csv" {options}; input 1 -> dense 2 softmax; loss ce; opt adam'
    (problem,) = netc.check(text)
    assert problem.code == code
    assert message in problem.message


def test_what_waits_for_validation_may_wait_for_its_file() -> None:
    text = 'data csv "a.csv" val="b.csv"; input 1 -> dense 2 softmax; loss ce; opt adam\n'
    assert netc.check(text + "stop patience patience=3ep on=val_loss") == []


def test_texts_that_look_like_numbers_keep_their_spelling_in_every_part_of_a_table(
    load: Load,
) -> None:
    # more than are read together, and nothing else among them
    numbers = "".join(f"{code},0\n" for code in ("7", "007", "1.1", "1.10") * 300)
    text = "code,y\n" + numbers + "A,1\nB,1\n" * 700
    dataset, wrong = load(text, request=REQUEST)
    assert wrong == []
    assert dataset is not None
    assert dataset.categories == (("007", "1.1", "1.10", "7", "A", "B"),)
    assert np.bincount(dataset.train.x[:, 0].astype(int)).min() > 0
