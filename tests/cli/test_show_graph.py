"""`netc show --graph`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from command import run_netc
from drawings import SPECS

LENET = str(SPECS / "lenet5.net")


@pytest.mark.parametrize(
    ("ending", "start"),
    [("svg", b"<?xml"), ("mmd", b"flowchart TD"), ("png", b"\x89PNG"), ("PDF", b"%PDF")],
)
def test_the_file_that_was_asked_for_is_written(tmp_path: Path, ending: str, start: bytes) -> None:
    if ending in ("png", "PDF"):
        pytest.importorskip("matplotlib", reason="draws the picture")
    done = run_netc(tmp_path, "show", "--graph", f"net.{ending}", LENET)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / f"net.{ending}").read_bytes().startswith(start)


def test_the_direction(tmp_path: Path) -> None:
    def width(*options: str) -> float:
        done = run_netc(tmp_path, "show", LENET, "--graph", "net.svg", *options)
        assert done.returncode == 0
        text = (tmp_path / "net.svg").read_text("utf-8")
        return float(text.split('width="')[1].split('"')[0])

    assert width() == width("--direction", "down") < width("--direction", "right")
    run_netc(tmp_path, "show", LENET, "--graph", "net.mmd", "--direction", "right")
    assert (tmp_path / "net.mmd").read_text("utf-8").startswith("flowchart LR")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--graph", "net.dot", LENET], "ends in `.svg`, `.png`, `.pdf`, `.mmd`"),
        (["--graph", "net.svg", str(SPECS)], "one spec"),
        (["--graph", "net.svg", "--json", LENET], "combined with --json"),
        (["--direction", "right", LENET], "--direction needs --graph"),
        (["--graph", "net.svg", "--direction", "up", LENET], "'up' is not one of"),
    ],
)
def test_what_cannot_be_asked_for(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = run_netc(tmp_path, "show", *arguments)
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    assert not list(tmp_path.iterdir())


def show(folder: Path, picture: str, text: str) -> CompletedProcess[str]:
    return run_netc(folder, "show", "--graph", picture, "-e", text)


def test_a_wrong_spec_is_not_drawn(tmp_path: Path) -> None:
    assert show(tmp_path, "wrong.svg", "input 4x4x1 -> dense 2").returncode == 1
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    done = show(tmp_path, "nowhere/net.svg", "input 4 -> dense 2")
    assert (done.returncode, done.stderr) == (
        1, "Error: cannot write nowhere/net.svg: no such file or directory\n",
    )  # fmt: skip


def test_a_net_that_is_too_large_is_refused_in_a_sentence(tmp_path: Path) -> None:
    heads = "; ".join(["@x -> dense 2"] * 900)
    done = show(tmp_path, "net.svg", f"input 8 -> dense 8 -> @x; {heads}")
    assert done.returncode == 1
    assert "the network is too large to draw" in done.stderr
    assert not list(tmp_path.iterdir())
    assert show(tmp_path, "net.mmd", f"input 8 -> dense 8 -> @x; {heads}").returncode == 0


def test_png_without_matplotlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = show(tmp_path, "net.png", "input 4 -> dense 2")
    assert done.returncode == 1
    assert "pip install 'netc[plots]'" in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_name_of_the_spec_may_be_no_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"a\xff.net")
    (tmp_path / name).write_text("input 4 -> dense 2")
    for picture in ("net.svg", "net.mmd"):
        done = run_netc(tmp_path, "show", name, "--graph", picture)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["unet", "resnet50"])
def test_the_pictures_of_the_page_are_those_of_today(name: str, tmp_path: Path) -> None:
    """`netc show specs/NAME.net --graph docs/drawings/NAME.svg` draws them anew."""
    shown = (SPECS.parent / "docs" / "drawings" / f"{name}.svg").read_bytes()
    done = run_netc(SPECS.parent, "show", f"specs/{name}.net", "--graph", f"{tmp_path}/net.svg")
    assert done.returncode == 0
    assert (tmp_path / "net.svg").read_bytes() == shown
