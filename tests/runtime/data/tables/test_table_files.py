"""Tables as people have them: what is read, and what is said of what cannot be."""

from __future__ import annotations

import codecs
import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from netc.compiler.data import preparations as preps
from netc.compiler.data.tables import Csv
from netc.runtime.data.dataset import DataRequest, Dataset

Load = Callable[..., tuple[Dataset | None, list[str]]]
WHOLE = (1.0, 0.0, 0.0)
REQUEST = DataRequest()
PLAIN = "length,width,kind\n1.5,2,oak\n3,-40,ash\n5.25,6e1,oak\n"


def rows_of(dataset: Dataset | None) -> list[list[float]]:
    assert dataset is not None
    rows: list[list[float]] = dataset.train.x.tolist()
    return rows


# Dialects


def semicolons(text: str) -> str:
    return text.replace(",", ";").replace(".", ",")


DIALECTS: dict[str, tuple[str | bytes, str]] = {
    "plain": (PLAIN, ""),
    "CRLF": (PLAIN.replace("\n", "\r\n"), ""),
    "no last line end": (PLAIN.rstrip(), ""),
    "semicolons and decimal commas": (semicolons(PLAIN), "separated by semicolons, decimal commas"),
    "semicolons and points": (PLAIN.replace(",", ";"), "separated by semicolons"),
    "tabs": (PLAIN.replace(",", "\t"), "separated by tabs"),
    "tabs and decimal commas": (
        semicolons(PLAIN).replace(";", "\t"),
        "separated by tabs, decimal commas",
    ),
    "pipes": (PLAIN.replace(",", "|"), "separated by pipes"),
    "blanks": (PLAIN.replace(",", "   ").replace("\n", "  \n "), "separated by blanks"),
    "quotes everywhere": (
        "".join(
            ",".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in PLAIN.splitlines()
        ),
        "",
    ),
    "blanks after commas": (PLAIN.replace(",", ", "), ""),
    "comments and empty lines first": (f"# of trees\n\n# by hand\n{PLAIN}", ""),
    "empty lines between": (PLAIN.replace("\n", "\n\n,,\n"), ""),
    "Excel's line": (f"sep=;\n{PLAIN.replace(',', ';')}", "separated by semicolons"),
    "byte-order mark": (codecs.BOM_UTF8 + PLAIN.encode(), ""),
    "UTF-16": (PLAIN.encode("utf-16"), "UTF-16"),
    "UTF-16 without a mark": (PLAIN.encode("utf-16-le"), "UTF-16"),
    "gzip": (gzip.compress(PLAIN.encode()), ""),
    "row numbers of pandas": (
        "".join(f"{i - 1 if i else ''},{line}\n" for i, line in enumerate(PLAIN.splitlines())),
        "first column left out: row numbers without a name",
    ),
    "row names of R": (
        "".join(
            f'"{f"row {i}" if i else ""}",{line}\n' for i, line in enumerate(PLAIN.splitlines())
        ),
        "first column left out: row names without a name",
    ),
    "a comma at every end": (PLAIN.replace("\n", ",\n"), "empty column 4 left out"),
    "a comma at every end but the first": (
        PLAIN.replace("\n", ",\n").replace("kind,", "kind"),
        "",
    ),
}


@pytest.mark.parametrize(("text", "note"), DIALECTS.values(), ids=DIALECTS)
def test_every_dialect_holds_the_same_numbers(text: str | bytes, note: str, load: Load) -> None:
    dataset, wrong = load(text)
    assert wrong == []
    assert rows_of(dataset) == [[1.5, 2], [3, -40], [5.25, 60]]
    assert dataset is not None
    assert dataset.class_names == ("ash", "oak")
    assert dataset.train.y.tolist() == [1, 0, 1]
    assert dataset.note == note


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_eight_bit_encodings_are_told(encoding: str, load: Load) -> None:
    text = "länge,farbe\n1,rötlich\n2,grün\n"
    text = text.replace("rötlich", "‚rot‘") if encoding == "cp1252" else text
    dataset, wrong = load(text.encode(encoding))
    assert wrong == []
    assert dataset is not None
    assert dataset.columns == ("länge",)
    assert "grün" in dataset.class_names
    assert dataset.note in ("Latin-1", "Windows-1252 (Latin-1)")
    named, _ = load(text.encode(encoding), encoding=encoding)
    assert named is not None
    assert named.class_names == dataset.class_names


def test_what_the_author_says_takes_the_place_of_what_is_told(load: Load) -> None:
    dataset, _ = load("a~b\n1~2\n3~4\n", sep="~", wants_classes=False)
    assert rows_of(dataset) == [[1], [3]]
    dataset, _ = load('a,b\n"1,234",2\n"3,000",4\n', thousands=",", wants_classes=False)
    assert rows_of(dataset) == [[1234], [3000]]
    dataset, _ = load("a;b\n1.234,5;2\n0,5;4\n", thousands=".", decimal=",", wants_classes=False)
    assert rows_of(dataset) == [[1234.5], [0.5]]
    dataset, _ = load("1,2,0\n3,4,1\n", header=False)
    assert rows_of(dataset) == [[1, 2], [3, 4]]
    assert dataset is not None
    assert dataset.columns == ("column1", "column2")
    dataset, _ = load("0,1,2\n3,4,1\n5,6,0\n", header=True)
    assert rows_of(dataset) == [[3, 4], [5, 6]]
    dataset, _ = load("x y\n1 2\n3 4\n", sep="space", wants_classes=False)
    assert rows_of(dataset) == [[1], [3]]


@pytest.mark.parametrize("name", [f"{n:02}" for n in (*range(1, 12), 25)])
def test_the_wines_are_the_same_in_every_dialect(name: str, loaded: Load) -> None:
    root = os.environ.get("NETC_DATA_DIR")
    if root is None or not (Path(root) / "tables").is_dir():
        pytest.skip("needs the folder `tables` of NETC_DATA_DIR")
    folder = Path(root) / "tables"
    sets = []
    for path in (folder / "01_plain.csv", next(folder.glob(f"{name}_*"))):
        target = "cultivar" if name == "25" else None
        word = Csv(path=str(path), target=target, split=WHOLE)
        dataset, wrong = loaded(word, shuffle=False)
        assert wrong == []
        assert dataset is not None
        sets.append(dataset)
    np.testing.assert_array_equal(sets[0].train.x, sets[1].train.x)
    np.testing.assert_array_equal(sets[0].train.y, sets[1].train.y)


# What cannot be read

MESSAGES = [
    ("", "E0502 cannot read `t.csv`: it is empty"),
    (" \n\n", "E0502 cannot read `t.csv`: it is empty"),
    ("# only this\n", "E0502 cannot read `t.csv`: it has comment lines only"),
    ("a,b\n", "E0502 cannot read `t.csv`: it has a header of 2 columns and no rows"),
    (
        "a\n1\n2\n",
        "E0502 cannot read `t.csv`: it has one column: features and a target need at least two",
    ),
    (
        "<!DOCTYPE html><p>log in</p>",
        "E0502 cannot read `t.csv`: it is a web page or XML, not a table: download the file itself",
    ),
    ('{"a": 1}\n', "E0502 cannot read `t.csv`: it is JSON, not a table"),
    ("a,kind\n1,\0x\n", "E0502 cannot read `t.csv`: it is not text: it contains zero bytes"),
    (
        "a,kind,a\n1,x,2\n",
        "E0502 cannot read `t.csv`: columns 1 and 3 are both named `a`: rename one",
    ),
    (
        ",b,kind\nu,2,y\nv,4,x\nu,5,x\n",
        "E0502 cannot read `t.csv`: column 1 has no name in the first line: give it one",
    ),
    (
        "a,,kind\n0,2,y\n3,4,x\n",
        "E0502 cannot read `t.csv`: column 2 has no name in the first line: give it one",
    ),
    ('a,kind\n1,"x\n', "E0502 cannot read `t.csv`: line 2: a quote is opened and never closed"),
    ("a,b,kind\n1,2\n", "E0509 `t.csv`, line 2 has 2 values, the first line has 3"),
    (
        "a,b,kind\n1,2,x\n1,2\n1,2,y\n1,2,x,4\n1,2,x\n",
        "E0509 `t.csv` has 2 rows that do not have 3 values, as the first line has: "
        "line 3 has 2 values, line 5 has 4 values",
    ),
    ("a,b,kind\n1,1_000,x\n", "E0509 `t.csv`, line 2: `b` is `1_000`, not a finite number"),
    ("a,b,kind\n1,inf,x\n", "E0509 `t.csv`, line 2: `b` is `inf`, not a finite number"),
    (
        "a,kind\n" + "1,x\n" * 9 + "z,x\n" * 7,
        "E0509 `t.csv` has 7 cells that hold no finite number: line 11: `a` is `z`, "
        "line 12: `a` is `z`, line 13: `a` is `z`, line 14: `a` is `z`, line 15: `a` is `z`, ...",
    ),
    (
        "a,b,kind\n1,,x\n?,2,y\n3,NA,x\n",
        "E0561 `t.csv` has 3 missing values: 1 in `a`, 2 in `b`",
    ),
    ("a,b,kind\n1,2,\n", "E0561 `t.csv` has 1 missing value: 1 in `kind`"),
    (
        "a,b,kind\n1,red,x\n2,blue,y\n3,red,x\n",
        "E0562 in `t.csv`, `b` (2 values: blue, red) holds text",
    ),
    (
        "a;b\n1,234;2\n3,000;4\n",
        "E0502 cannot read `t.csv`: numbers such as `1,234` can be read in two ways: write "
        '`thousands=","` for 1234, or `decimal=","` for 1.234',
    ),
    (
        "people;kind\n45;x\n1.405;y\n12.500;x\n",
        "E0502 cannot read `t.csv`: numbers such as `12.500` can be read in two ways: write "
        '`thousands="." decimal=","` for 12500, or `decimal="."` for 12.500',
    ),
    *(
        (
            f"Report 2023{cells}\n\nAs of May{cells}\na;b;c\n1;2;x\n3;4;y\n5;6;x\n7;8;y\n",
            "E0502 cannot read `t.csv`: its first line has one value, `Report 2023`, like a title: "
            "remove the lines above the names of the columns",
        )
        for cells in ("", ";;")
    ),
]


@pytest.mark.parametrize(("text", "message"), MESSAGES)
def test_one_sentence_says_what_is_wrong(text: str, message: str, load: Load) -> None:
    assert load(text) == (None, [message])


@pytest.mark.parametrize("first", ["0.5,-1,x", "0,0,x", "1,100,0", "1,2,3", "7,8,9"])
def test_a_first_row_that_may_be_a_sample_is_never_lost(first: str, load: Load) -> None:
    rows = "".join(f"{first.replace('1', str(i))}\n" for i in range(1, 30))
    dataset, wrong = load(rows)
    assert dataset is None
    assert "`header=false` if it is a sample" in wrong[0]
    dataset, wrong = load(rows, header=False)
    assert wrong == []
    assert len(rows_of(dataset)) == 29


def test_a_first_row_of_categories_like_all_others_is_not_lost(load: Load) -> None:
    dataset, wrong = load("p,x\ne,x\np,y\ne,y\n" * 5)
    assert dataset is None
    assert "its first line looks like all others" in wrong[0]


GROUPED = "people;kind\n45;x\n1.405;y\n12.500;x\n"


@pytest.mark.parametrize(
    ("text", "options", "values"),
    [
        (GROUPED, {"thousands": ".", "decimal": ","}, [45, 1405, 12500]),
        (GROUPED, {"decimal": "."}, [45, 1.405, 12.5]),
        # decimals: all rows have a point, or zeros at the end are left out
        ("a;kind\n45.000;x\n1.405;y\n12.500;x\n", {}, [45, 1.405, 12.5]),
        ("a;kind\n45;x\n1.405;y\n12.5;x\n", {}, [45, 1.405, 12.5]),
        ("a;kind\n4;x\n0.400;y\n12.500;x\n", {}, [4, 0.4, 12.5]),
    ],
)
def test_points_between_groups_of_digits_are_no_decimals(
    text: str, options: dict[str, str], values: list[float], load: Load
) -> None:
    dataset, wrong = load(text, **options)
    assert wrong == []
    assert dataset is not None
    np.testing.assert_array_equal(dataset.train.x[:, 0], np.float32(values))


def test_digits_in_groups_name_the_option(load: Load, loaded: Load, tmp_path: Path) -> None:
    import netc

    (tmp_path / "t.csv").write_text('a,b\n"1,234",2\n"13,000",4\n')
    text = f'data csv "{tmp_path}/t.csv"; input 1 -> dense 1; loss mse; opt adam'
    with pytest.raises(netc.DataError) as caught:
        netc.compile(text).fit()
    (problem,) = caught.value.diagnostics
    assert problem.help == ('write `thousands=","`',)


# Classes and numbers


def test_spellings_of_a_number_are_one_class(load: Load) -> None:
    dataset, _ = load("a,y\n1,1\n2,1.0\n3,01\n4,0\n5,0.0\n")
    assert dataset is not None
    assert dataset.class_names == ("0", "1")
    assert dataset.train.y.tolist() == [1, 1, 1, 0, 0]


def test_names_that_look_like_numbers_keep_their_spelling_among_texts(load: Load) -> None:
    dataset, _ = load("a,y\n1,007\n2,x\n3,y1\n4,x\n")
    assert dataset is not None
    assert dataset.class_names == ("007", "x", "y1")


@pytest.mark.parametrize("wants_classes", [True, False])
def test_a_wrong_cell_of_a_target_is_told_by_its_line(wants_classes: bool, load: Load) -> None:
    text = "a,y\n" + "".join(f"{i},{i % 2}\n" for i in range(40)) + "7,oops\n"
    _, wrong = load(text, wants_classes=wants_classes)
    assert wrong == ["E0509 `t.csv`, line 42: `y` is `oops`, not a finite number"]


@pytest.mark.parametrize("pair", ["no yes", "false true", "False True", "f t", "N Y", "0 1"])
def test_yes_and_no_are_numbers(pair: str, load: Load) -> None:
    no, yes = pair.split()
    dataset, wrong = load(f"a,b,kind\n{no},1,x\n{yes},2,y\n{yes},3,x\n")
    assert wrong == []
    assert rows_of(dataset) == [[0, 1], [1, 2], [1, 3]]


def test_several_targets_are_learnt_together(load: Load) -> None:
    dataset, _ = load("a,y,b,z\n1,2,3,4.5\n5,6,7,8\n", target=("z", "y"), wants_classes=False)
    assert dataset is not None
    assert rows_of(dataset) == [[1, 3], [5, 7]]
    assert dataset.train.y.tolist() == [[4.5, 2], [8, 6]]
    assert dataset.target_columns == ("z", "y")


def test_losses_on_labels_learn_the_columns_of_their_names(load: Load) -> None:
    request = DataRequest(targets=("kind", "size"), classed=(True, False))
    text = "a,kind,size\n1,x,2\n5,y,3\n"
    dataset, wrong = load(text, target=("size", "kind"), request=request)
    assert wrong == []
    assert dataset is not None
    assert dataset.target_names == ("kind", "size")
    assert dataset.train.y.tolist() == [0, 1]
    assert dataset.train.more_y[0].tolist() == [[2], [3]]


# Columns


def test_columns_are_chosen_by_name(load: Load) -> None:
    text = "id,a,w,b,g,y\n9,1,0.5,2,u,0\n8,3,2,4,v,1\n"
    dataset, _ = load(text, target="y", ignore=("id", "w"), groups="g")
    assert rows_of(dataset) == [[1, 2], [3, 4]]
    assert dataset is not None
    assert dataset.train.groups is not None
    assert dataset.train.groups.tolist() == ["u", "v"]
    dataset, _ = load(text, target="y", features=("b", "a"))
    assert rows_of(dataset) == [[2, 1], [4, 3]]


@pytest.mark.parametrize(
    "options", [{"target": "z"}, {"features": ("z",)}, {"ignore": ("z",)}, {"groups": "z"}]
)
def test_a_column_that_is_not_there_is_named(options: dict[str, Any], load: Load) -> None:
    assert load("a,y\n1,2\n2,3\n", **options)[1] == ["E0508 `t.csv` has no column `z`"]


# Missing values and categories

GAPS = "a,b,kind\n1,10,x\n,30,y\n3,,x\n5,20,y\n5,-,x\n"
IMPUTES = DataRequest(imputes=True)


@pytest.mark.parametrize(
    ("prep", "values"),
    [
        (preps.Impute(kind="mean"), (3.5, 20)),
        (preps.Impute(kind="median"), (4, 20)),
        (preps.Impute(kind="most_frequent"), (5, 10)),
        (preps.Impute(kind="constant", value=-1.0), (-1, -1)),
    ],
)
def test_missing_values_are_filled(prep: Any, values: tuple[float, float], load: Load) -> None:
    dataset, wrong = load(GAPS, prep, missing=("-",), request=IMPUTES)
    assert wrong == []
    a, b = values
    assert rows_of(dataset) == [[1, 10], [a, 30], [3, b], [5, 20], [5, b]]


def test_marks_that_are_numbers_are_marks_in_every_spelling(load: Load) -> None:
    text = "a,b,y\n1,-999,0\n-999.0,2,1\n3,4,1\n"
    prep = preps.Impute(kind="constant", value=0.0)
    dataset, _ = load(text, prep, missing=("-999",), request=IMPUTES)
    assert rows_of(dataset) == [[1, 0], [0, 2], [3, 4]]


def test_categories_become_columns_in_the_place_of_their_own(load: Load) -> None:
    text = "a,colour,b,y\n1,red,2,0\n3,blue,4,1\n5,red,6,1\n"
    request = DataRequest(encodes=True)
    dataset, wrong = load(text, preps.OneHot(), request=request)
    assert wrong == []
    assert rows_of(dataset) == [[1, 0, 1, 2], [3, 1, 0, 4], [5, 0, 1, 6]]
    before, _ = load(text, preps.Scale(), preps.OneHot(), request=request)
    assert rows_of(before) == [[0, 0, 1, 0], [0.5, 1, 0, 0.5], [1, 0, 1, 1]]
    after, _ = load(text, preps.OneHot(), preps.Center(), request=request)
    np.testing.assert_allclose(np.array(rows_of(after)).mean(axis=0), 0, atol=1e-7)
