"""`netc new`: specs to start from, which check without a remark and can be run as they are."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import netc as package
import pytest
from netc.cli.commands.new import KINDS
from sample_tables import WINES
from work import HANGS

Netc = Callable[..., subprocess.CompletedProcess[str]]

TEMPLATES = Path(package.__file__).parent / "cli" / "commands" / "templates"


def test_every_kind_has_a_template_and_every_template_a_kind() -> None:
    assert {path.stem for path in TEMPLATES.glob("*.net")} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_checks_without_a_remark_and_is_canonical(
    kind: str, netc: Netc, tmp_path: Path
) -> None:
    done = netc("new", kind)
    assert (done.returncode, done.stderr) == (0, "")
    name = KINDS[kind][0]
    assert done.stdout.startswith(f"wrote     {name}\n")
    text = (tmp_path / name).read_text()
    assert package.check(text) == []
    assert package.format(text) == text
    assert text.startswith("# ")
    assert "SPEC" not in text


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_reaches_what_it_expects(kind: str, netc: Netc) -> None:
    netc("new", kind, "-o", "a.net")
    done = netc("run", "a.net")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"expect \S+  ok$", done.stdout, re.M)


def test_without_a_kind_the_kinds_are_listed(netc: Netc) -> None:
    done = netc("new")
    assert done.returncode == 0
    for kind in (*KINDS, "tabular FILE.csv"):
        assert f"netc new {kind} " in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("cn",), "did you mean `netc new cnn`?"),
        (("titanic.csv",), "did you mean `netc new tabular titanic.csv`?"),
        (("zzzzz",), "`netc new` lists the kinds"),
        (("tabular",), "netc new tabular FILE.csv"),
        (("cnn", "titanic.csv"), "`netc new tabular titanic.csv` does"),
        (("cnn", "--target", "y"), "--target and --task are for"),
        (("tabular", "titanic.csv", "header"), "OPTION=VALUE"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    netc: Netc, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    done = netc("new", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_file_is_replaced_only_by_force(netc: Netc, tmp_path: Path) -> None:
    path = tmp_path / "digits_mlp.net"
    path.write_text("mine")
    done = netc("new", "mlp")
    assert done.returncode == 1
    assert "E0794" in done.stderr
    assert path.read_text() == "mine"
    assert netc("new", "mlp", "--force").returncode == 0
    assert path.read_text() != "mine"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "wine.xlsx")
    command = [sys.executable, "-m", "netc", "new", "tabular", "wine.xlsx"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=HANGS)
    assert done.returncode == 1
    assert "it is a pipe, not a file" in done.stderr


def test_the_table_is_not_replaced_even_by_force(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "wine.csv").write_text(WINES)
    done = netc("new", "tabular", "wine.csv", "-o", "./wine.csv", "--force")
    assert done.returncode == 1
    assert "the command reads it, and its contents would be lost" in done.stderr
    assert (tmp_path / "wine.csv").read_text() == WINES


def test_a_file_that_cannot_be_written_is_said(netc: Netc, tmp_path: Path) -> None:
    done = netc("new", "mlp", "-o", "no/folder/a.net")
    assert done.returncode == 1
    assert "there is no folder" in done.stderr
    done = netc("new", "mlp", "-o", ".")
    assert done.returncode == 1
    assert "it is a folder" in done.stderr


def test_a_spec_can_be_printed(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "wine.csv").write_text(WINES)
    for arguments in (("cnn",), ("tabular", "wine.csv")):
        done = netc("new", *arguments, "-o", "-")
        assert (done.returncode, done.stderr) == (0, "")
        assert package.format(done.stdout) == done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["wine.csv"]


# Tables


def spec_of(netc: Netc, folder: Path, *arguments: str, name: str = "wine.csv") -> str:
    """The spec for a table in a folder; it checks, and a quick run succeeds."""
    done = netc("new", "tabular", name, *arguments, "-o", "a.net", "--force")
    assert done.returncode == 0, done.stderr
    for command in (("check",), ("fmt", "--check"), ("data",), ("run", "--fast")):
        tried = netc(*command, "a.net")
        assert tried.returncode == 0, (command, tried.stdout, tried.stderr)
    assert "no problems in 1 file" in netc("check", "a.net").stdout
    return (folder / "a.net").read_text()


@pytest.mark.parametrize("sep", [";", "\t", "|"])
def test_dialects_are_told_from_the_file(netc: Netc, tmp_path: Path, sep: str) -> None:
    (tmp_path / "wine.csv").write_text(WINES.replace(",", sep).replace(".", ","))
    assert "target=cultivar" in spec_of(netc, tmp_path)


def test_a_packed_table_and_a_folder_of_its_own(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "my data").mkdir()
    with gzip.open(tmp_path / "my data" / "the wines.csv.gz", "wt") as file:
        file.write(WINES)
    done = netc("new", "tabular", "my data/the wines.csv.gz")
    assert done.returncode == 0
    text = (tmp_path / "the_wines.net").read_text()
    assert 'data csv "my data/the wines.csv.gz" target=cultivar' in text
    assert netc("run", "the_wines.net", "--fast").returncode == 0
    (tmp_path / "specs").mkdir()
    assert netc("new", "tabular", "my data/the wines.csv.gz", "-o", "specs/a.net").returncode == 0
    assert 'data csv "../my data/' in (tmp_path / "specs" / "a.net").read_text()
    assert netc("run", "specs/a.net", "--fast").returncode == 0


def test_an_option_that_a_message_names_may_follow_the_file(netc: Netc, tmp_path: Path) -> None:
    rows = [f'{n % 7},"{1 + n % 9},{n:03}",{"ab"[n % 2]}' for n in range(40)]
    (tmp_path / "wine.csv").write_text("\n".join(("x,amount,kind", *rows)) + "\n")
    done = netc("new", "tabular", "wine.csv")
    assert done.returncode == 1
    assert '`thousands=","`' in done.stderr
    assert "netc new tabular wine.csv 'thousands=\",\"'" in done.stderr
    text = spec_of(netc, tmp_path, "thousands=,")
    assert 'thousands=","' in text
    assert "input 2" in text


def test_a_table_without_a_header_needs_a_word(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "wine.csv").write_text("".join(f"{n % 5},{n},{n % 2}\n" for n in range(40)))
    done = netc("new", "tabular", "wine.csv")
    assert done.returncode == 1
    assert "netc new tabular wine.csv header=..." in done.stderr
    assert "target=column3" in spec_of(netc, tmp_path, "header=false")


def test_the_target_may_be_named(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "wine.csv").write_text(WINES)
    text = spec_of(netc, tmp_path, "--target", "hue")
    assert "target=hue" in text
    assert "prep standardize on=target" in text
    assert "metric mae rmse r2" in text
    text = spec_of(netc, tmp_path, "--target", "hue", "--target", "ash")
    assert "target=(hue, ash)" in text
    assert "  -> dense 2\n" in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--target", "cultivra"), "did you mean `cultivar`?"),
        (("--target", "cultivar", "--task", "numbers"), "holds texts, which are classes"),
        (("--target", "hue", "--task", "classes"), "numbers with decimals"),
        (("--target", "proline", "--task", "classes"), "too many for classes"),
        (("sep=;",), "it has one column"),
        (("ignore=nothing",), "no column `nothing`"),
        (("colour=red",), "colour"),
    ],
)
def test_what_cannot_be_learned_is_said_and_nothing_is_written(
    netc: Netc, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    (tmp_path / "wine.csv").write_text(WINES)
    done = netc("new", "tabular", "wine.csv", *arguments)
    assert done.returncode == 1
    assert says in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["wine.csv"]


def test_names_of_any_characters_come_back_as_they_are(netc: Netc, tmp_path: Path) -> None:
    head = '"size ""in""",#1,`x`,a -> b,Größe %,"line\tfeed",class'
    rows = [
        f"{n % 7},{n % 5},{n % 3},{n % 9},{n * 0.37 % 1:.3f},same,{['no', 'yes'][n % 2]}"
        for n in range(60)
    ]
    (tmp_path / "wine.csv").write_text("\n".join((head, *rows)) + "\n", "utf-8")
    text = spec_of(netc, tmp_path)
    assert "input 5" in text
    assert "target=class" in text or 'target="class"' in text


def test_rare_classes_count_as_much_as_others(netc: Netc, tmp_path: Path) -> None:
    rows = [f"{n % 7},{n * 0.37 % 1:.3f},{'rare' if n % 10 == 3 else 'usual'}" for n in range(200)]
    (tmp_path / "wine.csv").write_text("\n".join(("a,b,kind", *rows)) + "\n")
    text = spec_of(netc, tmp_path)
    assert "loss ce weight=balanced" in text
    assert "metric acc f1 auc" in text


def test_of_many_classes_rare_ones_are_only_mentioned(netc: Netc, tmp_path: Path) -> None:
    rows = [f"{n % 7},{n * 0.37 % 1:.3f},{'abbcccccccccc'[n % 13]}" for n in range(200)]
    (tmp_path / "wine.csv").write_text("\n".join(("a,b,kind", *rows)) + "\n")
    text = spec_of(netc, tmp_path)
    assert "\nloss ce\n" in text
    assert "`loss ce weight=balanced` would" in text
    assert "metric acc f1 auc" in text


def test_files_of_parts_are_named_from_where_the_spec_is(netc: Netc, tmp_path: Path) -> None:
    lines = WINES.splitlines(keepends=True)
    (tmp_path / "train.csv").write_text("".join(lines[:120]))
    (tmp_path / "test.csv").write_text("".join((lines[0], *lines[120:])))
    (tmp_path / "specs").mkdir()
    made = netc("new", "tabular", "train.csv", "test=test.csv", "-o", "specs/a.net")
    assert made.returncode == 0, made.stderr
    assert 'test="../test.csv"' in (tmp_path / "specs" / "a.net").read_text()
    assert netc("run", "specs/a.net", "--fast").returncode == 0


@pytest.mark.parametrize(("ending", "module"), [("xlsx", "openpyxl"), ("parquet", "pyarrow")])
def test_other_formats_and_what_they_need(
    netc: Netc, tmp_path: Path, ending: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(module, reason="the table is written and read with it")
    head, *rows = (line.split(",") for line in WINES.splitlines())
    name = f"wine.{ending}"
    if ending == "xlsx":
        from openpyxl import Workbook

        book = Workbook()
        for row in (head, *([*map(float, row[:-1]), row[-1]] for row in rows)):
            book.active.append(row)
        book.save(tmp_path / name)
    else:
        import pyarrow as pa
        from pyarrow import parquet

        columns = [*zip(*rows, strict=True)]
        cells = [[*map(float, column)] for column in columns[:-1]] + [[*columns[-1]]]
        parquet.write_table(pa.table(cells, names=head), tmp_path / name)
    text = spec_of(netc, tmp_path, name=name)
    assert f'data {"excel" if ending == "xlsx" else "parquet"} "{name}" target=cultivar' in text
    monkeypatch.setitem(sys.modules, module, None)
    done = netc("new", "tabular", name, "-o", "b.net")
    assert done.returncode == 1
    assert "pip install 'netc[" in done.stderr


def test_where_values_of_the_target_are_missing_another_one_is_offered(
    netc: Netc, tmp_path: Path
) -> None:
    (tmp_path / "wine.csv").write_text(WINES.replace(",barolo", ",", 1))
    done = netc("new", "tabular", "wine.csv", "--target", "cultivar")
    assert done.returncode == 1
    assert "netc new tabular wine.csv --target COLUMN" in done.stderr


def test_several_columns_of_yes_and_no_are_labels(netc: Netc, tmp_path: Path) -> None:
    rows = [f"{n * 0.37 % 1:.3f},{n % 7},{n % 2},{n % 3 % 2}" for n in range(60)]
    (tmp_path / "wine.csv").write_text("\n".join(("a,b,warm,dry", *rows)) + "\n")
    text = spec_of(netc, tmp_path, "--target", "warm", "--target", "dry")
    assert "dense 2 sigmoid" in text
    assert "loss bce" in text


def test_rare_categories_make_no_width_that_a_run_refuses(netc: Netc, tmp_path: Path) -> None:
    rows = [f"{n * 0.37 % 1:.3f},{'abcdefghijkl'[n] if n < 12 else 'm'},{n % 2}" for n in range(80)]
    (tmp_path / "wine.csv").write_text("\n".join(("a,kind,warm", *rows)) + "\n")
    width = int(re.search(r"^input (\d+)$", spec_of(netc, tmp_path), re.M)[1])  # type: ignore[index]
    assert 2 < width < 14


def test_what_is_odd_about_the_data_is_told(netc: Netc, tmp_path: Path) -> None:
    rows = [f"{n * 0.37 % 1:.3f},{n % 7},{['warm', 'Warm', 'cold'][n % 3]}" for n in range(60)]
    (tmp_path / "wine.csv").write_text("\n".join(("a,b,feels", *rows)) + "\n")
    done = netc("new", "tabular", "wine.csv")
    assert done.returncode == 0
    assert "warning[W0510]" in done.stderr
