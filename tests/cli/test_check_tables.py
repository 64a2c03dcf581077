"""`netc check` with a table at hand: how wide the input is, where that is certain."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from netc.cli.commands.check import check as command

Check = Callable[..., tuple[int, str]]

PLAIN = "id,a,b,kind\n" + "1,0.5,2,oak\n2,1.5,3,ash\n" * 5
COLOURS = "a,colour,kind\n" + "1,red,oak\n2,blue,ash\n" * 10
RARE = COLOURS + "3,green,oak\n"
ONEHOT = "prep onehot; "


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Checks a network on a table of this text."""
    monkeypatch.chdir(tmp_path)

    def do(table: str | bytes | None, data: str, network: str, prep: str = "") -> tuple[int, str]:
        if table is not None:
            content = table if isinstance(table, bytes) else table.encode()
            (tmp_path / "t.csv").write_bytes(content)
        text = f'data csv "t.csv" {data}; {prep}input {network}; loss ce; opt adam'
        words = ["--format", "concise", "-e", text]
        done = CliRunner().invoke(command, words, standalone_mode=False, catch_exceptions=False)
        return done.return_value, done.output

    return do


RIGHT = [
    (PLAIN, "", "3 -> dense 2 softmax"),
    (PLAIN, "ignore=(id)", "2 -> dense 2 softmax"),
    (PLAIN, "features=(a)", "1 -> dense 2 softmax"),
    (PLAIN, "target=a groups=id", "2 -> dense 2 softmax"),
    (PLAIN, "weights=a", "2 -> dense 2 softmax"),
    (PLAIN.encode("utf-16"), "", "3 -> dense 2 softmax"),
    (gzip.compress(PLAIN.encode(), mtime=0), "", "3 -> dense 2 softmax"),
]


@pytest.mark.parametrize(("table", "data", "network"), RIGHT)
def test_a_network_that_fits_its_table_has_no_problems(
    table: str | bytes, data: str, network: str, check: Check
) -> None:
    assert check(table, data, network) == (0, "no problems in 1 file\n")


WRONG = [
    (PLAIN, "", "784", "`input 784` expects 784 features; `t.csv` has 3"),
    (PLAIN, "ignore=(id)", "3", "`input 3` expects 3 features; `t.csv` has 2"),
    (PLAIN, "", "2x2x1 -> flatten", "`input 2x2x1` does not match `t.csv`, whose samples are 3"),
    (PLAIN, "target=kinds", "3", "`t.csv` has no column `kinds`"),
    (PLAIN, "ignore=(x, y)", "3", "`t.csv` has no column `x`, and 1 more is missing"),
]


@pytest.mark.parametrize(("table", "data", "network", "message"), WRONG)
def test_a_network_that_does_not_fit_its_table_is_told(
    table: str, data: str, network: str, message: str, check: Check
) -> None:
    status, output = check(table, data, f"{network} -> dense 2 softmax")
    assert status == 1
    assert message in output
    assert "1 error in 1 file" in output


@pytest.mark.parametrize(
    ("table", "width", "message"),
    [
        # both colours have more rows than fit into the other parts
        (COLOURS, 3, ""),
        (COLOURS, 2, "`input 2` expects 2 features; `t.csv` has 3"),
        # one green tree may be in any part
        (RARE, 3, ""),
        (RARE, 4, ""),
        (RARE, 2, "`input 2` expects 2 features; `t.csv` has 3 to 4"),
        (RARE, 5, "`input 5` expects 5 features; `t.csv` has 3 to 4"),
    ],
)
def test_categories_are_counted_as_far_as_they_are_certain(
    table: str, width: int, message: str, check: Check
) -> None:
    status, output = check(table, "", f"{width} -> dense 2 softmax", ONEHOT)
    assert status == bool(message)
    assert message in output


def test_of_a_large_table_only_its_beginning_is_read(check: Check) -> None:
    large = COLOURS + "1,red,oak\n" * 40_000 + "this is no row\n"
    status, output = check(large, "", "1 -> dense 2 softmax", ONEHOT)
    assert status == 1
    assert "`t.csv` has at least 2" in output
    assert check(large, "", "9 -> dense 2 softmax", ONEHOT)[0] == 0
    _, output = check(large, "", "9 -> dense 2 softmax")
    assert "`t.csv` has 2" in output


def test_a_name_in_capitals_is_one_mistake(check: Check) -> None:
    code, said = check("Id,a,kind\n1,2,x\n3,4,y\n", "ignore=(Id)", "1 -> dense 2 softmax")
    assert code == 1
    assert "E0107" in said
    assert "no column" not in said


def test_a_free_input_is_given_its_size(check: Check) -> None:
    free = "? -> dense 2 softmax"
    assert "`t.csv` has 3 features: `input 3`" in check(PLAIN, "", free)[1]
    assert "`t.csv` has 3 features: `input 3`" in check(COLOURS, "", free, ONEHOT)[1]
    assert "`t.csv` has 3 to 4 features" in check(RARE, "", free, ONEHOT)[1]


@pytest.mark.parametrize(
    "table", [None, "", "a,a\n1,2\n", b"\x1f\x8b\x08broken", b"\0\1\2", 'a,b\n1,"2\n', "<html>"]
)
def test_a_file_that_cannot_be_read_is_a_matter_of_the_run(
    table: str | bytes | None, check: Check
) -> None:
    assert check(table, "", "784 -> dense 2 softmax") == (0, "no problems in 1 file\n")


def test_a_pipe_is_not_opened(check: Check, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t.csv")
    assert check(None, "", "784 -> dense 2 softmax") == (0, "no problems in 1 file\n")


def test_names_of_columns_need_no_numpy(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(PLAIN)
    code = """
import sys
for name in ("numpy", "rich", "pooch", "safetensors"):
    sys.modules[name] = None
sys.argv = ["netc", "check", "--format", "concise", "-e", sys.argv[1]]
from netc.cli.main import main
main()
"""
    text = 'data csv "t.csv"; input 784 -> dense 2 softmax; loss ce; opt adam'
    words = [sys.executable, "-c", code, text]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert "`t.csv` has 3" in done.stdout, done.stderr


def test_parquet_and_excel_are_compared_too(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    columns = {"a": [1.5, 2.5], "colour": ["red", "blue"], "kind": ["oak", "ash"]}
    parquet.write_table(pa.table(columns), tmp_path / "t.parquet")
    book = openpyxl.Workbook()
    for row in (list(columns), *zip(*columns.values(), strict=True)):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")

    def said(data: str, prep: str, size: int) -> str:
        text = f"data {data}; {prep}input {size} -> dense 2 softmax; loss ce; opt adam"
        (tmp_path / "a.net").write_text(text)
        words = ["--format", "concise", str(tmp_path / "a.net")]
        done = CliRunner().invoke(command, words, standalone_mode=False, catch_exceptions=False)
        return str(done.output)

    for word, file in (("parquet", "t.parquet"), ("excel", "t.xlsx")):
        assert said(f'{word} "{file}"', "", 2) == "no problems in 1 file\n"
        assert f"expects 5 features; `{file}` has 2" in said(f'{word} "{file}"', "", 5)
        assert f"`{file}` has no column `kin`" in said(f'{word} "{file}" target=kin', "", 2)
    assert said('excel "t.xlsx"', ONEHOT, 3) == "no problems in 1 file\n"
    assert "`t.xlsx` has 3" in said('excel "t.xlsx"', ONEHOT, 7)
    # the categories of Parquet are left to the run
    assert said('parquet "t.parquet"', ONEHOT, 7) == "no problems in 1 file\n"
    (tmp_path / "t.xlsx").write_bytes(b"PK broken")
    (tmp_path / "t.parquet").write_bytes(b"PAR1 broken")
    assert said('excel "t.xlsx"', "", 7) == said('parquet "t.parquet"', "", 7)
