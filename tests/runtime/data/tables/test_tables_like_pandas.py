"""Tables in every dialect: the numbers that pandas reads, and the model of the clean file."""

from __future__ import annotations

import gzip
import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from netc.compiler.data import preparations as preps
from netc.compiler.data.tables import Csv, Excel, Parquet
from netc.runtime.data.dataset import DataRequest, Dataset

pandas = pytest.importorskip("pandas", reason="pandas is not installed")

Load = Callable[..., tuple[Dataset | None, list[str]]]
WHOLE = (1.0, 0.0, 0.0)

# The tables of NETC_DATA_DIR

FEATURES = ["alcohol", "malic_acid", "ash", "magnesium", "proline", "hue"]
TABLES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("01_plain.csv", {}, {}),
    ("02_semicolon_decimal_comma.csv", {}, {"sep": ";", "decimal": ","}),
    ("03_tab.tsv", {}, {"sep": "\t"}),
    ("04_blanks_comments.txt", {}, {"sep": r"\s+", "comment": "#"}),
    ("05_quoted_header_semicolon.csv", {}, {"sep": ";"}),
    ("06_bom_crlf.csv", {}, {"encoding": "utf-8-sig"}),
    ("07_utf16_tab.csv", {}, {"sep": "\t", "encoding": "utf-16"}),
    ("08_latin1.csv", {}, {"encoding": "latin-1"}),
    ("09_gzip.csv.gz", {}, {}),
    ("10_pandas_index.csv", {}, {"index_col": 0}),
    ("11_trailing_comma.csv", {}, {}),
    ("12_thousands.csv", {"thousands": ","}, {"thousands": ","}),
    ("18_quoted_newlines.csv", {"target": "cultivar", "ignore": ("note",)}, {}),
    ("25_target_first_pipe.csv", {"target": "cultivar"}, {"sep": "|"}),
]


def table(name: str) -> Path:
    root = os.environ.get("NETC_DATA_DIR")
    if root is None or not (Path(root) / "tables" / name).is_file():
        pytest.skip(f"needs `tables/{name}` in the folder NETC_DATA_DIR")
    return Path(root) / "tables" / name


@pytest.mark.parametrize(("name", "ours", "theirs"), TABLES, ids=[row[0] for row in TABLES])
def test_a_table_has_the_numbers_that_pandas_reads(
    name: str, ours: dict[str, Any], theirs: dict[str, Any], loaded: Load
) -> None:
    path = table(name)
    frame = pandas.read_csv(path, **theirs)
    dataset, wrong = loaded(Csv(path=str(path), split=WHOLE, **ours), shuffle=False)
    assert wrong == []
    assert dataset is not None
    columns = [column for column in frame.columns if column in dataset.columns]
    assert list(dataset.columns) == columns
    assert len(columns) == len(FEATURES)
    np.testing.assert_array_equal(dataset.train.x, frame[columns].to_numpy(np.float32))
    assert dataset.class_names is not None
    names = [dataset.class_names[code] for code in dataset.train.y]
    assert names == frame["cultivar"].tolist()


@pytest.mark.parametrize(
    ("name", "word", "read"),
    [
        ("23_table.parquet", Parquet, "read_parquet"),
        ("24_table.xlsx", Excel, "read_excel"),
    ],
)
def test_other_formats_have_the_numbers_that_pandas_reads(
    name: str, word: Any, read: str, loaded: Load
) -> None:
    pytest.importorskip("pyarrow" if word is Parquet else "openpyxl", reason="an extra is missing")
    path = table(name)
    frame = getattr(pandas, read)(path)
    dataset, wrong = loaded(word(path=str(path), split=WHOLE), shuffle=False)
    assert wrong == []
    assert dataset is not None
    np.testing.assert_array_equal(dataset.train.x, frame[FEATURES].to_numpy(np.float32))


def test_missing_values_are_those_of_pandas(loaded: Load) -> None:
    path = table("14_missing_marks.csv")
    frame = pandas.read_csv(path, na_values=["?"])
    request = DataRequest(imputes=True)
    step = preps.Impute(kind="constant", value=-1.0)
    word = Csv(path=str(path), split=WHOLE)
    dataset, wrong = loaded(word, step, shuffle=False, request=request)
    assert wrong == []
    assert dataset is not None
    expected = frame[FEATURES].fillna(-1).to_numpy(np.float32)
    np.testing.assert_array_equal(dataset.train.x, expected)


@pytest.mark.parametrize("column", [1, 2, 3])
def test_stamps_and_coordinates_are_those_of_pandas(column: int, loaded: Load) -> None:
    path = table("21_time_stamps_coordinates.csv")
    frame = pandas.read_csv(path)
    numbers = frame.select_dtypes("number")
    name = numbers.columns[column % len(numbers.columns)]
    word = Csv(path=str(path), split=WHOLE, features=(name,))
    dataset, wrong = loaded(word, preps.Standardize(), shuffle=False)
    assert wrong == []
    assert dataset is not None
    x = numbers[name].to_numpy(np.float64)
    # in double precision, then cast: one unit in the last place of single precision
    np.testing.assert_allclose(
        dataset.train.x[:, 0], (x - x.mean()) / x.std(), rtol=2e-7, atol=1e-7
    )
    assert len(np.unique(dataset.train.x)) == len(np.unique(x))


# Generated dialects

SEPARATORS = [(sep, ".") for sep in ",;\t| "] + [(sep, ",") for sep in ";\t| "]
QUOTES = ("", '"')
ENDS = ("\n", "\r\n", "\r")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "latin-1", "gzip")
HEADERS = (True, False)
ROWS = [
    [f"{n * 0.37 - 3:.6f}", f"{(n * 7919) % 1000 / 8:.3f}", f"{n * 1e-5:.2e}", "ab"[n % 3 == 0]]
    for n in range(40)
]
NAMES = ["weight", "größe", "x 1", "kind"]


def written(sep: str, decimal: str, quote: str, end: str, *, header: bool) -> str:
    rows = [[cell.replace(".", decimal) for cell in row[:3]] + row[3:] for row in ROWS]
    names = [name.replace(" ", "_") if sep == " " and not quote else name for name in NAMES]
    lines = [sep.join(f"{quote}{cell}{quote}" for cell in row) for row in [names, *rows]]
    return "".join(line + end for line in lines[not header :])


def packed(text: str, encoding: str) -> bytes:
    return gzip.compress(text.encode()) if encoding == "gzip" else text.encode(encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("sep", "decimal"), SEPARATORS)
def test_every_dialect_has_the_numbers_that_pandas_reads(
    sep: str, decimal: str, encoding: str, loaded: Load, tmp_path: Path
) -> None:
    clean = np.array([row[:3] for row in ROWS], np.float64).astype(np.float32)
    path = tmp_path / ("t.csv.gz" if encoding == "gzip" else "t.csv")
    for quote, end, header in itertools.product(QUOTES, ENDS, HEADERS):
        path.write_bytes(packed(written(sep, decimal, quote, end, header=header), encoding))
        frame = pandas.read_csv(
            path,
            sep=sep,
            decimal=decimal,
            header=0 if header else None,
            encoding="utf-8" if encoding == "gzip" else encoding,
        )
        word = Csv(path=path.name, split=WHOLE, header=None if header else False)
        dataset, wrong = loaded(word, shuffle=False)
        assert wrong == []
        assert dataset is not None
        np.testing.assert_array_equal(dataset.train.x, frame.iloc[:, :3].to_numpy(np.float32))
        np.testing.assert_array_equal(dataset.train.x, clean)
        assert dataset.class_names == ("a", "b")
        assert ["ab"[code] for code in dataset.train.y] == frame.iloc[:, 3].tolist()


def test_every_dialect_trains_the_model_of_the_clean_file(tmp_path: Path) -> None:
    def weights(text: bytes, options: str) -> dict[str, Any]:
        (tmp_path / "t.csv").write_bytes(text)
        spec = (
            f'data csv "{tmp_path}/t.csv" {options}; prep standardize; input 3 -> dense 2 softmax'
        )
        model = netc.compile(f"{spec}; loss ce; opt adam; train epochs=2 seed=3")
        return dict(model.fit().weights)

    clean = weights(written(",", ".", "", "\n", header=True).encode(), "")
    kinds = itertools.cycle(itertools.product(ENCODINGS, QUOTES, ENDS, HEADERS))
    for (sep, decimal), (encoding, quote, end, header) in zip(
        SEPARATORS * 3, itertools.islice(kinds, 0, None, 7), strict=False
    ):
        text = packed(written(sep, decimal, quote, end, header=header), encoding)
        other = weights(text, "" if header else "header=false")
        assert list(other) == list(clean)
        for name, weight in clean.items():
            np.testing.assert_array_equal(other[name], weight)
