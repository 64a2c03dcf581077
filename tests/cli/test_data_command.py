"""`netc data`: what a person sees of tables, images and arrays, and that a run sees the same."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from netc.cli.results.data_text import data_text
from netc.cli.terminal.screen import UNICODE, Screen
from netc.runtime.analysis.data_report import ColumnSummary as Column
from netc.runtime.analysis.data_report import DataReport, InputSummary

Netc = Callable[..., subprocess.CompletedProcess[str]]
Snapshot = Callable[[str, str], None]

RANDOM = np.random.default_rng(0)


def write_houses(folder: Path) -> None:
    """A table with an id, a constant, the price in another currency, and copies of rows."""
    area = RANDOM.uniform(40, 200, 200).round(1)
    price = (300_000 + 2_500 * area + RANDOM.normal(0, 20_000, 200)).round()
    rows = [
        f"{number + 1},{area[number]},{number * 7 % 6 + 1},CH,{1.1 * price[number]:.0f}"
        for number in range(200)
    ]
    rows = [row.replace("CH", "41") + f",{price[number]:.0f}" for number, row in enumerate(rows)]
    rows[100:110] = rows[:10]
    text = "\n".join(("id,area,rooms,country,price_usd,price", *rows))
    (folder / "houses.csv").write_text(text + "\n")


def write_patches(folder: Path) -> None:
    """Grey images of bytes, with the names of their three classes."""
    labels = np.arange(90) % 3
    x = RANDOM.integers(0, 100, (90, 4, 4, 1)) + 70 * labels.reshape(-1, 1, 1, 1)
    names = np.array(["cat", "dog", "owl"])
    np.savez(folder / "patches.npz", x=x.astype(np.uint8), y=labels, classes=names)


HOUSES = 'data csv "houses.csv"; prep standardize; input 5 -> dense 1; loss mse; opt adam'
PATCHES = 'data npz "patches.npz"; input 4x4x1 -> flatten -> dense 3 softmax; loss ce; opt adam'
KINDS = {
    "table": HOUSES,
    "images": PATCHES,
    "bundled": "data iris; prep whiten pca",
}


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    global RANDOM
    RANDOM = np.random.default_rng(0)
    write_houses(tmp_path)
    write_patches(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_this_is_what_a_person_sees(kind: str, netc: Netc, snapshot: Snapshot) -> None:
    done = netc("data", "-e", KINDS[kind])
    assert (done.returncode, done.stderr) == (0, "")
    snapshot(f"data/{kind}.txt", done.stdout)


def test_a_narrow_screen_has_the_figures_one_below_the_other() -> None:
    columns = (Column("length", "number", 3, 0, 0.5, 2.0, 1.25, 0.5),)
    after = (Column("length", "number", 3, 0, -1.5, 1.5, 0.0, 1.0),)
    item = InputSummary("x", (1,), (1,), "1", True, columns, after)
    report = DataReport("set", "", 0, ("standardize",), None, (), (item,), (), (), (), {})
    wide, narrow = (
        data_text(report, Screen(UNICODE, "utf-8", False, width)).splitlines()
        for width in (100, 60)
    )
    assert " ".join(wide[-1].split()) == "length number 3 0 0.5 2 1.25 0.5 -1.5 1.5 0 1"
    assert "after prep standardize" in narrow
    assert " ".join(narrow[-1].split()) == "length number 3 0 -1.5 1.5 0 1"


def test_the_json_has_the_same_facts(netc: Netc) -> None:
    done = netc("data", "--format", "json", "-e", HOUSES)
    report = json.loads(done.stdout)
    assert [part["samples"] for part in report["parts"]] == [160, 20, 20]
    (only,) = report["inputs"]
    assert [column["name"] for column in only["columns"]][:2] == ["id", "area"]
    assert [column["deviation"] for column in only["prepared_columns"]][:3] == pytest.approx(
        [1, 1, 1],
        abs=1e-6,  # the prepared numbers are in single precision
    )
    found = {item["code"] for item in report["warnings"]}
    assert found == {"W0501", "W0502", "W0504", "W0506"}


def test_a_comment_allows_a_warning(netc: Netc) -> None:
    lines = HOUSES.replace("; ", "\n").split("\n")
    lines[0] += "   # netc: allow(W0501, W0506)"
    done = netc("data", "-", stdin="\n".join(lines))
    assert "W0502" in done.stdout
    assert "W0501" not in done.stdout
    assert "W0506" not in done.stdout


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("data digits; prep pad 2", "8x8x1 per sample, 12x12x1 after `prep`: `input 12x12x1`"),
        ("data digits; input 64 -> dense 10", "8x8x1 per sample, which `input 64` reads"),
        ("data iris", "4 numbers per sample: `input 4`"),
        ('data csv "houses.csv"', "5 numbers per sample: `input 5`"),
        ('data csv "houses.csv"; input ?', "5 numbers per sample: `input 5`"),
    ],
)
def test_the_width_of_the_input_is_said(text: str, line: str, netc: Netc) -> None:
    done = netc("data", "-e", text)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"input   {line}\n" in done.stdout


def test_what_a_run_would_refuse_is_said_below_the_report(netc: Netc) -> None:
    text = 'data csv "houses.csv"; input 4 -> dense 1; loss mse; opt adam'
    done, ran = netc("data", "-e", text), netc("run", "-e", text)
    assert done.returncode == ran.returncode == 1
    assert "write `input 5`; `input 4` does not fit" in done.stdout
    assert done.stderr == ran.stderr
    assert done.stderr.startswith("error[E0504]")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("-e", "input 4 -> dense 3"), 1, "no `data`"),
        (("-e", "data irisses"), 1, "iris"),
        (("-e", 'data csv "none.csv"'), 1, "there is no file `none.csv`"),
        (("--format", "yaml", "-e", "data iris"), 2, "yaml"),
    ],
)
def test_mistakes_are_told(arguments: tuple[str, ...], code: int, said: str, netc: Netc) -> None:
    done = netc("data", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr


def test_data_takes_the_options_of_a_run(netc: Netc) -> None:
    shown = netc("data", "-e", HOUSES, "--seed", "3", "--data", "linear", "--set", "a=1")
    assert shown.returncode == 1  # there is no `let a`
    shown = netc("data", "-e", "data iris", "--seed", "3", "--data", "houses.csv")
    assert "houses.csv  200 samples · seed 3" in shown.stdout


def test_many_columns_and_classes_are_cut(tmp_path: Path, netc: Netc) -> None:
    x = RANDOM.normal(size=(600, 30))
    np.savez(tmp_path / "wide.npz", x=x, y=np.arange(600) % 25)
    text = 'data npz "wide.npz"; input 30 -> dense 25 softmax; loss ce'
    short, full = netc("data", "-e", text), netc("data", "-e", text, "--all")
    assert "… and 10 more columns: --all lists them" in short.stdout
    assert "… and 5 more classes: --all lists them" in short.stdout
    assert "feature 21" not in short.stdout
    assert "feature 30" in full.stdout
    assert "--all" not in full.stdout


def test_a_picture_is_drawn_beside_the_report(tmp_path: Path, netc: Netc) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    done = netc("data", "-e", PATCHES, "--picture", "batch.png")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == netc("data", "-e", PATCHES).stdout
    assert (tmp_path / "batch.png").stat().st_size > 1000


def test_without_matplotlib_the_figures_come_and_a_line_says_how_to_get_it(
    netc: Netc, without_matplotlib: None
) -> None:
    done = netc("data", "-e", PATCHES, "--picture", "batch.png")
    assert done.returncode == 1
    assert done.stdout == netc("data", "-e", PATCHES).stdout
    assert done.stderr == "pictures need matplotlib: pip install 'netc[plots]'\n"


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("batch.jpg", 2, "the name of a picture ends with .png or .svg, not `batch.jpg`"),
        ("none/batch.png", 1, "there is no folder"),
        ("houses.png", 1, "it is a folder"),
    ],
)
def test_a_picture_that_cannot_be_written_is_told(
    name: str, code: int, said: str, tmp_path: Path, netc: Netc
) -> None:
    (tmp_path / "houses.png").mkdir()
    done = netc("data", "-e", PATCHES, "--picture", name)
    assert done.returncode == code
    assert said in done.stderr


def test_several_targets_have_the_names_of_their_columns(netc: Netc, tmp_path: Path) -> None:
    rows = "".join(f"{i % 7},{i * i % 11},{i % 7 > 3:d},{i % 3}\n" for i in range(60))
    (tmp_path / "t.csv").write_text(f"a,b,sick,stage\n{rows}")
    done = netc("data", "--format", "json", "-e", 'data csv "t.csv" target=(sick, stage)')
    report = json.loads(done.stdout)
    assert [one["name"] for one in report["targets"][0]["columns"]] == ["sick", "stage"]
    assert "`a` determines the target `sick`" in done.stdout
