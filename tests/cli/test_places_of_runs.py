"""Where `netc run` keeps a run: folders that are there, links, strange names; and finding it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from command import run_netc
from netc.runtime.runs.folder import all_runs, find_run, is_run

SPEC = (
    "data iris; input 4 -> dense 8 tanh -> dense 3 softmax; loss ce; opt adam;"
    " train epochs=1 batch=64\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.net").write_text(SPEC)
    return tmp_path


@pytest.mark.parametrize("out", ["there", "there/", "link", "dangling", "new/of/new", "-x"])
def test_a_run_is_kept_where_out_says(folder: Path, out: str) -> None:
    (folder / "there").mkdir()
    (folder / "link").symlink_to("there")
    (folder / "dangling").symlink_to("later")
    before = (folder / "there").stat().st_ino
    done = run_netc(folder, "run", "net.net", f"--out={out}")
    assert done.returncode == 0, done.stderr
    assert is_run(folder / out)
    assert (folder / "there").stat().st_ino == before
    assert not list((folder / out).glob(".*"))
    again = f"./{out}" if out[0] == "-" else out
    assert run_netc(folder, "run", "--resume", again, "--epochs", "2").returncode == 0


def test_the_working_folder_can_hold_a_run(folder: Path) -> None:
    here = folder / "here"
    here.mkdir()
    assert run_netc(here, "run", "../net.net", "--out", ".").returncode == 0
    assert run_netc(here, "run", "--resume", ".", "--epochs", "2").returncode == 0


@pytest.mark.parametrize("out", ["x" * 300, os.fsdecode(b"o\xff")])
def test_a_name_that_no_folder_can_have_is_told(folder: Path, out: str) -> None:
    done = run_netc(folder, "run", "net.net", "--out", out)
    assert done.returncode == 1
    assert "E0761" in done.stderr


def test_a_folder_of_the_name_of_a_spec_does_not_hide_its_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = folder / "runs"
    (base / "net" / "2026-11-20_21-48-03").mkdir(parents=True)
    (base / "net" / "2026-11-20_21-48-03" / "run.json").write_text("{}")
    (folder / "net").mkdir()
    monkeypatch.chdir(folder)
    found = find_run("net", Path("runs"))
    assert found is not None
    assert found.name == "net/2026-11-20_21-48-03"


def test_the_tenth_run_of_a_second_is_newer_than_the_second(tmp_path: Path) -> None:
    stamp = "2026-11-20_21-48-03"
    for name in (stamp, f"{stamp}_2", f"{stamp}_9", f"{stamp}_10"):
        (tmp_path / "net" / name).mkdir(parents=True)
        (tmp_path / "net" / name / "run.json").write_text("{}")
    names = [run.path.name for run in all_runs(tmp_path)]
    assert names == [stamp, f"{stamp}_2", f"{stamp}_9", f"{stamp}_10"]
