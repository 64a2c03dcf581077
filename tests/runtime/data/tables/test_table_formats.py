"""Parquet and Excel: what they hold is what the same table as text holds."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from netc.compiler.data import preparations as preps
from netc.compiler.data.tables import Csv, Excel, Parquet
from netc.runtime.data.dataset import DataRequest, Dataset

Load = Callable[..., tuple[Dataset | None, list[str]]]
WHOLE = (1.0, 0.0, 0.0)
REQUEST = DataRequest(encodes=True, imputes=True)
STEPS = preps.Impute(kind="constant", value=-1.0), preps.OneHot()

COLUMNS: dict[str, list[Any]] = {
    "whole": [1, 2, 3, 4],
    "gaps": [10, None, 30, None],
    "real": [0.1, 1e-9, -2.5, 1 / 3],
    "member": [True, False, True, False],
    "colour": ["red", "blue", "red", "blue"],
    "kind": ["oak", "ash", "oak", "ash"],
}
ROWS = [list(COLUMNS), *map(list, zip(*COLUMNS.values(), strict=True))]


def write_csv(path: Path) -> None:
    rows = (",".join("" if cell is None else str(cell) for cell in row) for row in ROWS)
    path.write_text("\n".join(rows) + "\n")


def write_parquet(path: Path, columns: dict[str, Any] = COLUMNS) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    parquet.write_table(pa.table(columns), path)


def write_excel(path: Path, rows: list[list[Any]] = ROWS, *, more: tuple[str, ...] = ()) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for name in more:
        book.create_sheet(name).append(["other"])
    book.save(path)


FORMATS = {
    "parquet": (write_parquet, Parquet, "t.parquet"),
    "excel": (write_excel, Excel, "t.xlsx"),
}


@pytest.mark.parametrize("form", FORMATS)
def test_a_table_is_the_same_in_every_format(form: str, loaded: Load, tmp_path: Path) -> None:
    write, word, name = FORMATS[form]
    write(tmp_path / name)  # type: ignore[operator]
    write_csv(tmp_path / "t.csv")
    sets = []
    for data in (Csv(path="t.csv", split=WHOLE), word(path=name, split=WHOLE)):
        dataset, wrong = loaded(data, *STEPS, shuffle=False, request=REQUEST)
        assert wrong == []
        assert dataset is not None
        sets.append(dataset)
    one, other = sets
    np.testing.assert_array_equal(one.train.x, other.train.x)
    np.testing.assert_array_equal(one.train.y, other.train.y)
    assert one.class_names == other.class_names
    assert one.columns == other.columns
    assert other.note == ""


@pytest.mark.parametrize("form", FORMATS)
def test_a_wrong_cell_is_told_by_its_row(form: str, loaded: Load, tmp_path: Path) -> None:
    _, word, name = FORMATS[form]
    if form == "parquet":
        write_parquet(tmp_path / name, {"a": ["1", "2", "x"], "y": [0, 1, 0]})
        row = 3
    else:
        write_excel(tmp_path / name, [["a", "y"], [1, 0], [2, 1], ["x", 0]])
        row = 4  # as Excel numbers it
    _, wrong = loaded(word(path=name))
    assert wrong == [f"E0509 `{name}`, row {row}: `a` is `x`, not a finite number"]


@pytest.mark.parametrize("form", FORMATS)
def test_a_negative_weight_is_told_by_its_row(form: str, loaded: Load, tmp_path: Path) -> None:
    _, word, name = FORMATS[form]
    if form == "parquet":
        write_parquet(tmp_path / name, {"a": [1, 2], "w": [1, -2], "y": [0, 1]})
        row = 2
    else:
        write_excel(tmp_path / name, [["a", "w", "y"], [1, 1, 0], [2, -2, 1]])
        row = 3  # as Excel numbers it
    _, wrong = loaded(word(path=name, weights="w"))
    said = f"sample weights must be at least 0, but `w` of `{name}` has -2 in row {row}"
    assert wrong == [f"E0564 {said}"]


def test_columns_of_parquet_of_every_type(loaded: Load, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from decimal import Decimal

    columns = {
        "small": pa.array([1, None, 3], pa.int8()),
        "half": pa.array(np.array([0.5, 1, 2], np.float16)),
        "decimal": pa.array([Decimal("1.25"), Decimal("2.50"), None]),
        "coded": pa.array(["u", "v", "u"]).dictionary_encode(),
        "flag": pa.array([True, None, False]),
        "y": pa.array([0, 1, 1]),
    }
    write_parquet(tmp_path / "t.parquet", columns)
    dataset, wrong = loaded(
        Parquet(path="t.parquet", split=WHOLE), *STEPS, shuffle=False, request=REQUEST
    )
    assert wrong == []
    assert dataset is not None
    assert dataset.train.x.tolist() == [
        [1, 0.5, 1.25, 1, 0, 1],
        [-1, 1, 2.5, 0, 1, -1],
        [3, 2, -1, 1, 0, 0],
    ]


@pytest.mark.parametrize("form", FORMATS)
def test_dates_are_texts_that_are_refused_by_name(form: str, loaded: Load, tmp_path: Path) -> None:
    _, word, name = FORMATS[form]
    days = [dt.datetime(2024, 1, day) for day in (1, 2, 3)]
    if form == "parquet":
        write_parquet(tmp_path / name, {"a": [1, 2, 3], "day": days, "y": [0, 1, 0]})
    else:
        rows = [[i, day, i % 2] for i, day in enumerate(days)]
        write_excel(tmp_path / name, [["a", "day", "y"], *rows])
    _, wrong = loaded(word(path=name))
    assert len(wrong) == 1
    assert wrong[0].startswith(f"E0562 in `{name}`, `day` (3 values: 2024-01-01")


def test_lists_in_a_column_are_refused(loaded: Load, tmp_path: Path) -> None:
    write_parquet(tmp_path / "t.parquet", {"a": [[1], [2]], "y": [0, 1]})
    _, wrong = loaded(Parquet(path="t.parquet"))
    assert len(wrong) == 1
    assert "its column `a` has values of type list" in wrong[0]
    dataset, _ = loaded(Parquet(path="t.parquet", target="y", ignore=("a",)))
    assert dataset is None  # nothing is left to learn from


def test_the_index_of_pandas_is_left_out(loaded: Load, tmp_path: Path) -> None:
    write_parquet(tmp_path / "t.parquet", {"a": [1, 2], "y": [0, 1], "__index_level_0__": [5, 6]})
    dataset, wrong = loaded(Parquet(path="t.parquet", split=WHOLE), shuffle=False)
    assert wrong == []
    assert dataset is not None
    assert dataset.train.x.tolist() == [[1], [2]]
    assert dataset.note == "index of pandas left out"


def test_marks_of_missing_values_hold_for_typed_columns(loaded: Load, tmp_path: Path) -> None:
    write_parquet(tmp_path / "t.parquet", {"a": [1, -999, 3], "y": [0, 1, 0]})
    _, wrong = loaded(Parquet(path="t.parquet", missing=("-999",)))
    assert wrong == ["E0561 `t.parquet` has 1 missing value: 1 in `a`"]


def test_a_sheet_is_chosen_by_name(loaded: Load, tmp_path: Path) -> None:
    rows = [["a", "y"], [1, 0], [None, None], [3, 1]]
    write_excel(tmp_path / "t.xlsx", rows, more=("prices", "notes"))
    dataset, wrong = loaded(Excel(path="t.xlsx", split=WHOLE), shuffle=False)
    assert wrong == []
    assert dataset is not None
    assert dataset.train.x.tolist() == [[1], [3]]
    assert dataset.note == "sheet `Sheet` of 3"
    _, wrong = loaded(Excel(path="t.xlsx", sheet="price"))
    assert wrong == [
        "E0502 cannot read `t.xlsx`: it has no sheet `price`; it has `Sheet`, `prices`, `notes`"
    ]


@pytest.mark.parametrize(
    ("module", "word", "way"),
    [
        ("pyarrow", Parquet(path="t.bin"), "`pip install 'netc[parquet]'`, or save it as CSV"),
        ("openpyxl", Excel(path="t.bin"), "`pip install 'netc[excel]'`, or save the sheet as CSV"),
    ],
)
def test_what_is_not_installed_is_said(
    module: str, word: Any, way: str, loaded: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.bin").write_bytes(b"PK\x03\x04")
    monkeypatch.setitem(sys.modules, module, None)
    if module == "pyarrow":
        monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    _, wrong = loaded(word)
    assert wrong == [f"E0502 cannot read `t.bin`: {module} is not installed: {way}"]


@pytest.mark.parametrize(
    ("head", "way"),
    [
        (b"PAR1", "it is a Parquet file: write `data parquet`, or save it as CSV"),
        (b"PK\x03\x04", "it is an Excel workbook or a zip archive: write `data excel`, "),
        (b"\xd0\xcf\x11\xe0", "it is an old Excel file (.xls): save it as .xlsx or as CSV"),
    ],
)
def test_a_file_of_another_format_names_its_word(
    head: bytes, way: str, loaded: Load, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_bytes(head + bytes(100))
    _, wrong = loaded(Csv(path="t.csv"))
    assert wrong[0].startswith(f"E0502 cannot read `t.csv`: {way}")


@pytest.mark.parametrize("form", FORMATS)
def test_a_network_predicts_from_every_format(form: str, tmp_path: Path) -> None:
    from netc.grammar.problem import Problems
    from netc.runtime.model.predict_files import predict_files

    write, word, name = FORMATS[form]
    write(tmp_path / name)  # type: ignore[operator]
    text = (
        f'data {word.word} "{tmp_path / name}" split=(100%, 0%, 0%)\n'
        "prep impute mean; prep onehot; prep standardize\n"
        "input 6 -> dense 2 softmax; loss ce; opt adam lr=0.05; train epochs=40"
    )
    model = netc.compile(text).fit()
    problems = Problems()
    found = predict_files(model, [str(tmp_path / name)], problems)
    assert list(problems) == []
    assert found is not None
    assert [item.value for item in found.outputs[0].predictions] == COLUMNS["kind"]


@pytest.mark.parametrize(
    ("rows", "cell"),
    [
        ([["a", "b", "y"], [1, 2, 0], ["=A2+1", 3, 1], [3, 4, 0]], "A3"),
        ([["a", "b", "y"], [1, 2, 0], [2, 3, "=MOD(A3,2)"], [3, 4, 0]], "C3"),
        ([["a", "b", "y"], [1, 2, 0], ["=A2+1", "=B2+1", "=1-C2"], [3, 4, 0]], "A3"),
        ([["a", "b", "y"], [1, 2, 0], ["=A2+1", "", 1], [3, 4, 0]], "A3"),
        # not read, and no formula
        ([["a", "id", "y"], [1, "=A2", 0], [2, "=A3", 1], [3, "=A4", 0]], ""),
        ([["a", "b", "y"], [1, 2, 0], [None, 3, 1], [3, 4, 0]], ""),
    ],
)
def test_a_formula_that_was_never_computed_is_no_missing_value(
    tmp_path: Path, rows: list[list[Any]], cell: str
) -> None:
    """As programs write them, and Excel does not."""
    write_excel(tmp_path / "t.xlsx", rows)
    ignore, width = ("ignore=(id,)", 1) if "id" in rows[0] else ("", 2)
    text = (
        f'data excel "{tmp_path / "t.xlsx"}" target=y {ignore} split=(100%, 0%, 0%)\n'
        f"prep impute mean\ninput {width} -> dense 2 softmax\nloss ce\nopt sgd\ntrain epochs=1\n"
    )
    if not cell:
        assert netc.compile(text).fit().report is not None
        return
    with pytest.raises(netc.DataError) as caught:
        netc.compile(text).fit()
    (found,) = caught.value.diagnostics
    assert f"its cell {cell} has a formula without a saved value" in found.message


def test_a_title_above_the_table_is_told_and_counts_no_features(tmp_path: Path) -> None:
    write_excel(tmp_path / "t.xlsx", [["Report 2023"], ["As of May"], [], *ROWS])
    (tmp_path / "t.net").write_text(
        'data excel "t.xlsx"\ninput 4 -> dense 2 softmax\nloss ce\nopt adam\n'
    )
    assert netc.check(tmp_path / "t.net") == []
    with pytest.raises(netc.DataError, match="its first line has one value, `Report 2023`, like a"):
        netc.compile(tmp_path / "t.net").fit()
