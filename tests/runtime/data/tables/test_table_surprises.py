"""Tables that look like something else: other separators, names among values, other spellings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import netc
import numpy as np
import pytest
from netc.cli.main import status_of
from netc.compiler.problems.tables import CategoryUnknown, ColumnsOfText
from netc.grammar.source import Source, Span
from netc.runtime.data.dataset import DataRequest, Dataset
from netc.runtime.data.lints import lint_spellings
from netc.runtime.data.tables.values import column_of

Load = Callable[..., tuple[Dataset | None, list[str]]]


def held(loaded: tuple[Dataset | None, list[str]]) -> list[list[float]]:
    dataset, wrong = loaded
    assert wrong == []
    assert dataset is not None
    rows: list[list[float]] = dataset.train.x.tolist()
    return rows


# Separators

SEPARATORS = {
    "pipes within a column of text": "a,b|c,y\n1,x|y,0\n4,x|z,1\n",
    "semicolons within a column of text": "a,b;c,y\n1,x;y,0\n4,x;z,1\n",
    "commas in a name": "a\tb,c\ty\n1\tx\t0\n4\tx\t1\n",
    "commas in texts": "a;t;y\n1;New York, NY;0\n4;Paris, TX;1\n",
    "blanks in names and texts": "first name,a b,y\nJohn Paul,x y,0\nMary Ann,x z,1\n",
}


@pytest.mark.parametrize("text", SEPARATORS.values(), ids=SEPARATORS)
def test_a_separator_within_cells_does_not_divide_them(text: str, load: Load) -> None:
    dataset, wrong = load(text, request=DataRequest(encodes=True))
    assert wrong == []
    assert dataset is not None
    assert len(dataset.columns) == 2
    assert dataset.class_names == ("0", "1")


@pytest.mark.parametrize("rows", ["1,5;2,5;0\n4,5;5,5;1\n", "1,5;2,5;3,5;0\n4,5;5,5;6,5;1\n"])
def test_decimal_commas_are_no_separators(rows: str, load: Load) -> None:
    assert held(load(rows, header=False))[0][:2] == [1.5, 2.5]


def test_row_names_without_a_name_of_their_own(load: Load) -> None:
    rows = held(load('"a" "b" "y"\n"1" 5 6 0\n"2" 7 8 1\n'))
    assert rows == [[5, 6], [7, 8]]
    _, wrong = load('"a" "b" "y"\n"Fiat" 5 6 0\n"Opel" 7 8 1\n')
    assert wrong == [
        "E0509 `t.csv` has 2 rows that do not have 3 values, as the first line has: "
        "line 2 has 4 values, line 3 has 4 values"
    ]


@pytest.mark.parametrize("name", ["", "Unnamed: 0"])
def test_shuffled_row_numbers_are_no_feature(name: str, load: Load) -> None:
    dataset, _ = load(f"{name},a,y\n7,1.5,0\n2,2.5,1\n10,3.5,0\n")
    assert dataset is not None
    assert dataset.columns == ("a",)
    assert dataset.note == "first column left out: row numbers without a name"


@pytest.mark.parametrize("end", ["a,y,\n1,0\n2,1\n", "a,y\n1,0,\n2,1,\n", "a,y,\n1,0,\n2,1,\n"])
def test_a_separator_at_the_end_is_no_column(end: str, load: Load) -> None:
    assert held(load(end)) == [[1], [2]]


def test_a_title_above_the_names_is_told(load: Load) -> None:
    _, wrong = load("Trees of 2020\n\na,b,y\n1,2,0\n3,4,1\n")
    assert wrong == [
        "E0502 cannot read `t.csv`: its first line has 1 value, all others have 3 values: remove "
        "it, or begin it with `#`"
    ]


# First rows


@pytest.mark.parametrize(
    "text",
    [
        "red,big,yes\nblue,small,no\ngreen,tiny,yes\n",
        "2020-01-01,$5\n2020-01-02,$6\n2020-01-05,$8\n",
        "12%,low\n13%,high\n15%,mid\n",
        "NA,NA,x\n1,2,y\n3,4,x\n",
        "?,red,x\n1,blue,y\n3,red,x\n",
        "red,,x\nblue,2,y\nred,3,x\n",
    ],
)
def test_a_sample_in_the_first_line_is_not_taken_for_names(text: str, load: Load) -> None:
    dataset, wrong = load(text)
    assert dataset is None
    assert "`header=false` if it is a sample" in wrong[0]


@pytest.mark.parametrize("text", ["country,1990,1991\nA,1.5,2\nB,4,5\n", "1990,1991\n1,2\n3,4\n"])
def test_years_as_names_are_asked_for(text: str, load: Load) -> None:
    _, wrong = load(text)
    assert "the number `1990` where a name should be: write `header=true`" in wrong[0]
    request = DataRequest(encodes=True)
    dataset, _ = load(text, header=True, wants_classes=False, request=request)
    assert dataset is not None
    assert dataset.target_columns == ("1991",)
    assert dataset.train.y.tolist() in ([[2], [5]], [[2], [4]])


# Spellings of a number


def test_groups_of_digits_are_groups(load: Load) -> None:
    options = {"thousands": ",", "wants_classes": False}
    assert held(load('a,y\n"1,234",1\n"12,34,567",2\n', **options)) == [[1234], [1234567]]
    _, wrong = load('a,y\n"1,5",1\n"2,25",2\n', **options)
    assert "line 2: `a` is `1,5`" in wrong[0]
    german = {"thousands": ".", "decimal": ",", "wants_classes": False}
    assert held(load("a;y\n1.234,5;1\n500,25;2\n", **german)) == [[1234.5], [500.25]]
    _, wrong = load("a;y\n1.5;1\n2,5;2\n", **german)
    assert wrong == ["E0509 `t.csv`, line 2: `a` is `1.5`, not a finite number"]


def test_a_minus_sign_is_a_minus(load: Load) -> None:
    assert held(load("a,y\n−1,0\n−2.5,1\n3,1\n")) == [[-1], [-2.5], [3]]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("a;y\n1.234,5;1\n2.500,0;2\n500,0;3\n", 'write `thousands="." decimal=","`'),
        ("a;y\n1 234;1\n2 500;2\n", 'write `thousands=" "`'),
        ("a;y\n1\u00a0234;1\n2\u00a0500;2\n", 'write `thousands=" "`'),
        ("a;y\n1\u202f234,5;1\n2\u202f500,5;2\n", 'write `thousands=" " decimal=","`'),
        ("a,y\n1'234.5,1\n2'500,2\n", 'write `thousands="\'"`'),
        ('a,y\n"1,5",1\n"2,25",2\n', 'write `decimal=","`'),
    ],
)
def test_the_advice_for_other_ways_to_write_numbers_works(
    text: str, advice: str, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text(text)

    def fit(options: str) -> netc.Model:
        spec = f'data csv "{tmp_path}/t.csv" {options} split=(1, 0, 0)'
        return netc.compile(f"{spec}; input 1 -> dense 1; loss mse; opt adam").fit()

    with pytest.raises(netc.DataError) as caught:
        fit("")
    assert caught.value.diagnostics[0].help == (advice,)
    fit(advice.removeprefix("write `").removesuffix("`"))


def test_a_number_is_no_wrong_cell_beside_wrong_ones(load: Load) -> None:
    _, wrong = load("a,y\n1,0\ninf,1\n-Infinity,0\n")
    assert wrong == [
        "E0509 `t.csv` has 2 cells that hold no finite number: line 3: `a` is `inf`, "
        "line 4: `a` is `-Infinity`"
    ]


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (("$1,200", "$300"), "write the values of `a` without signs or units"),
        (("12%", "7 %"), "write the values of `a` without signs or units"),
        (("5 kg", "7 kg"), "write the values of `a` without signs or units"),
        (("2020-01-01", "2020-02-01"), "write `a` as numbers, such as days since the first"),
        (("1/2/2020 10:00", "3/2/2020 9:30"), "write `a` as numbers, such as days since the first"),
        (("1a", "2b"), "`prep onehot` makes columns of 0 and 1 of `a`"),
    ],
)
def test_amounts_and_dates_are_not_advised_to_be_categories(
    cells: tuple[str, ...], first: str
) -> None:
    at = Span(Source("x", ""), 0, 0)
    problem = ColumnsOfText(
        at=at,
        path="t.csv",
        columns=("a",),
        examples=(cells,),
        counts=(2,),
        rows=40,
        guessed=False,
    )
    assert problem.help()[0] == first


# Whole numbers that doubles do not tell apart

LARGE = 2**53


def test_large_whole_numbers_do_not_become_equal(load: Load) -> None:
    rows = "".join(f"{LARGE + i},{i % 3},{i % 2}\n" for i in range(4))
    _, wrong = load(f"order,b,y\n{rows}")
    assert wrong == [
        "E0509 `t.csv` has 4 whole numbers of 2^53 or more, which would become equal: "
        + ", ".join(f"line {i + 2}: `order` is `{LARGE + i}`" for i in range(4))
    ]


def test_large_whole_numbers_that_stay_apart_are_numbers(load: Load) -> None:
    stamps = [1_700_000_000_000_000_000 + 10**9 * i for i in range(4)]
    text = "a,t\n" + "".join(f"{i},{stamp}\n" for i, stamp in enumerate(stamps))
    dataset, wrong = load(text, wants_classes=False)
    assert wrong == []
    assert dataset is not None
    assert dataset.train.y.tolist() == [[stamp] for stamp in map(float, stamps)]


def test_large_whole_numbers_are_classes_of_their_own(load: Load) -> None:
    dataset, wrong = load("a,y\n" + "".join(f"{i},{LARGE + i % 3}\n" for i in range(6)))
    assert wrong == []
    assert dataset is not None
    assert dataset.class_names == (str(LARGE), str(LARGE + 1), str(LARGE + 2))
    assert dataset.train.y.tolist() == [0, 1, 2, 0, 1, 2]


def test_large_whole_numbers_of_a_frame_do_not_become_equal() -> None:
    ids = column_of("id", np.arange(LARGE, LARGE + 4))
    assert ids.kind == "mixed"
    assert ids.spelled() == [str(LARGE + i) for i in range(4)]
    assert column_of("t", np.array([LARGE, LARGE + 2])).as_numbers().tolist() == [LARGE, LARGE + 2]


# Classes and categories


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        ("True true TRUE False", ("false", "true")),
        ("yes Yes no NO", ("no", "yes")),
        ("True True False False", ("False", "True")),
        ("1 1.0 +1 01", ("1",)),
        ("-1 -1.0 1 +1", ("-1", "1")),
        ("1e0 1 10 2", ("1", "2", "10")),
    ],
)
def test_spellings_of_one_class_are_one_class(
    cells: str, names: tuple[str, ...], load: Load
) -> None:
    dataset, _ = load("a,y\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(cells.split())))
    assert dataset is not None
    assert dataset.class_names == names


@pytest.mark.filterwarnings("ignore:.*also in the training part")  # its rows are all alike
@pytest.mark.parametrize("unknown", ["", " unknown=zeros"])
@pytest.mark.parametrize("code", ["007", "7", "7.0"])
def test_a_category_that_looks_like_a_number_is_found_in_any_file(
    code: str, unknown: str, tmp_path: Path
) -> None:
    rows = "".join(f"{('007', 'x', 'y1', 'x')[i % 4]},{i % 4 == 0:d}\n" for i in range(40))
    (tmp_path / "t.csv").write_text(f"code,y\n{rows}")
    model = netc.compile(
        f'data csv "{tmp_path}/t.csv"; prep onehot{unknown}; input 3 -> dense 2 softmax; loss ce;'
        "opt adam lr=0.1; train epochs=30 seed=1"
    ).fit(reporter=lambda event: None)  # samples of three categories are in several parts

    class Frame:
        columns = ("code",)

        def __getitem__(self, name: object) -> list[str]:
            return [code]

        def __len__(self) -> int:
            return 1

    assert model.predict(Frame()).tolist() == ["1"]


# Names in a comment


@pytest.mark.parametrize("sep", [",", ";", "\t", " "])
def test_a_comment_with_the_names_of_the_columns_is_the_header(sep: str, load: Load) -> None:
    rows = ("# trees of 2020", "# a,b,y", "1,2.5,0", "3,4,1")
    dataset, wrong = load("\n".join(rows).replace(",", sep))
    assert wrong == []
    assert dataset is not None
    assert dataset.columns == ("a", "b")
    assert dataset.train.x.tolist() == [[1, 2.5], [3, 4]]
    assert dataset.train.numbers().tolist() == [3, 4]
    assert dataset.note.endswith("names from the comment in line 2")


def test_what_savetxt_writes_is_read(load: Load, tmp_path: Path) -> None:
    np.savetxt(tmp_path / "s.txt", [[1.5, 2, 0], [3, 4, 1]], header="a b y")
    dataset, wrong = load((tmp_path / "s.txt").read_bytes())
    assert wrong == []
    assert dataset is not None
    assert dataset.columns == ("a", "b")


@pytest.mark.parametrize("comment", ["# a,b", "# a,b,c,d", "# 1,2,3", "# a,,c", "# by hand"])
def test_another_comment_is_no_header(comment: str, load: Load) -> None:
    _, wrong = load(f"{comment}\n1,2.5,0\n3,4,1\n")
    assert "its first line has the number `1` where a name should be" in wrong[0]
    assert held(load("# a,b,c\n1,2.5,0\n3,4,1\n", header=False)) == [[1, 2.5], [3, 4]]


def test_a_comment_above_names_is_none(load: Load) -> None:
    dataset, _ = load("# p,q,r\na,b,y\n1,2.5,0\n3,4,1\n")
    assert dataset is not None
    assert dataset.columns == ("a", "b")


# Names of classes that are alike


def test_classes_that_differ_in_case_or_blanks_are_told() -> None:
    at = Span(Source("x", ""), 0, 0)
    names = ("BAROLO", "barolo", "new  world", "new world", "port")
    (problem,) = lint_spellings(names, at)
    assert problem.message() == (
        "classes `BAROLO`, `barolo` differ only in case or spaces "
        "(and another name has such variants)"
    )
    assert problem.help()[0].startswith("use one spelling in the data; the 5 classes are `BAROLO`")
    assert list(lint_spellings(("oak", "ash", "1", "01"), at)) == []


def test_a_run_tells_classes_that_are_alike(tmp_path: Path) -> None:
    rows = "".join(f"{i}.5,{('barolo', 'BAROLO', 'port')[i % 3]}\n" for i in range(60))
    (tmp_path / "t.csv").write_text(f"a,y\n{rows}")
    spec = f'data csv "{tmp_path}/t.csv"; prep standardize; input 1 -> dense 3 softmax; loss ce'
    with pytest.warns(UserWarning, match="classes `BAROLO`, `barolo` differ only in case"):
        netc.compile(f"{spec}; opt adam; train epochs=1").fit()


def test_large_targets_have_a_mean(tmp_path: Path) -> None:
    rows = "".join(f"{i}.5,{(1 + i % 3) * 5e307}\n" for i in range(60))
    (tmp_path / "t.csv").write_text(f"a,y\n{rows}")
    spec = f'data csv "{tmp_path}/t.csv"; prep standardize; input 1 -> dense 1; loss mse'
    model = netc.compile(f"{spec}; opt adam; train epochs=1 precision=f64")
    with (
        pytest.warns(UserWarning, match=r"have mean 9\.\d+e\+307 and deviation 3"),
        pytest.raises(netc.TrainingError),  # no square of such a number exists
    ):
        model.fit()


def test_amounts_are_not_advised_to_be_unknown_categories() -> None:
    at, known = Span(Source("x", ""), 0, 0), tuple(f"{i}.5%" for i in range(30))
    problem = CategoryUnknown(
        at=at, path="t.csv", column="rate", found="31%", row="line 2", known=known
    )
    assert problem.help() == ("write the values of `rate` without signs or units",)
    few = CategoryUnknown(
        at=at, path="t.csv", column="pack", found="2 l", row="line 2", known=("1 l", "500 ml")
    )
    assert few.help()[0] == "the training part has `1 l`, `500 ml`"


# Spreadsheets


def test_errors_of_a_spreadsheet_are_told_with_a_way_to_read_them(
    load: Load, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "a,b,y\n1,2,0\n#DIV/0!,3,1\n4,#REF!,0\n"
    spec = tmp_path / "a.net"
    (tmp_path / "t.csv").write_text(text)
    spec.write_text('data csv "t.csv"; input 2 -> dense 2 softmax; loss ce; opt adam')
    assert status_of(["run", str(spec)]) == 1
    said = capsys.readouterr().err
    assert 'or read them as missing: `missing=("#DIV/0!", "#REF!")`' in said
    _, wrong = load(text, missing=("#DIV/0!", "#REF!"))
    assert wrong[0].startswith("E0561 `t.csv` has 2 missing values: 1 in `a`, 1 in `b`")


def test_formulas_without_a_saved_value_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    book = openpyxl.Workbook()
    for row in (["a", "b", "y"], [1, "=A2*2", 0], [2, "=A3*2", 1]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    spec = tmp_path / "a.net"
    spec.write_text('data excel "t.xlsx"; input 2 -> dense 2 softmax; loss ce; opt adam')
    assert status_of(["run", str(spec)]) == 1
    said = capsys.readouterr().err
    assert "its cell B2 has a formula without a saved value: open it in Excel and save it" in said
