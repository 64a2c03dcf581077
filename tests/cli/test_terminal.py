"""What commands show on terminals of 60, 80 and 200 columns: recorded sessions of the real command.

Times and measured values are masked. No line is longer than the terminal, and no word is broken.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from command import run_netc
from netc.cli.main import COMMANDS
from terminal import in_terminal

WIDTHS = (60, 80, 200)
WRONG = """\
block basic(c, stride=1) = conv $c 3x3 stride=$stride -> batchnorm -> relu
input 28x28x1 -> conv 16 5x5 stride=2 relu -> basic 32 stride=2 -> maxpool 2x2 -> flaten -> \
dense 120 relu drop=0.5 -> dense 10
loss ce target=class
"""
DEEP = """\
block cb(c, k, s=1) = conv $c $k stride=$s pad=same bias=false -> bn
input 64x64x3 -> cb 64 7x7 2 -> relu -> maxpool 3x3 stride=2 pad=same -> conv 128 3x3 \
stride=2 pad=same bias=false init=he -> gap -> dense 10 softmax
"""
TRAINED = """\
data xor n=200 noise=0.1 seed=1
input 2 -> dense 8 tanh -> dense 2 softmax
loss ce
opt adam lr=0.02
train epochs=3 batch=32 seed=1
metric acc f1 precision recall report
expect acc>=0%
"""
TIME = re.compile(r" +\d+(\.\d+)?(ms|s)\b")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("wrong", WRONG), ("deep", DEEP), ("trained", TRAINED)):
        (tmp_path / f"{name}.net").write_text(text)
    return tmp_path


SESSIONS = {
    "check": ("check", "wrong.net"),
    "show": ("show", "deep.net"),
    "run": ("run", "trained.net", "--workers", "1"),
    "explain": ("explain", "maxpool"),
}


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("name", SESSIONS)
def test_a_session(
    name: str, columns: int, folder: Path, snapshot: Callable[[str, str], None]
) -> None:
    session = in_terminal(folder, *SESSIONS[name], columns=columns)
    assert session.broken == ()
    assert session.status == (1 if name == "check" else 0)
    masked = re.sub(r"\d\.\d{4}", "0.0000", session.text)
    masked = TIME.sub("   T", masked)
    snapshot(f"terminal_{name}_{columns}.txt", masked)


def test_a_bar_fits_beside_its_words(folder: Path) -> None:
    (folder / "long.net").write_text(
        TRAINED.replace("n=200", "n=4000").replace("batch=32", "batch=2")
    )
    session = in_terminal(folder, "run", "long.net", columns=60)
    assert session.broken == ()
    assert "━" in session.raw
    assert "━" not in session.text


def test_a_usage_error_fits(folder: Path) -> None:
    session = in_terminal(folder, "run", "deep.net", "--profile", "--compare", "a=1,2", columns=60)
    assert session.status == 2
    assert session.broken == ()
    assert (
        "Error: --profile measures some steps on one core; it cannot\nbe combined" in session.text
    )


def test_the_welcome_fits(tmp_path: Path) -> None:
    session = in_terminal(tmp_path, columns=60)
    assert session.broken == ()
    assert session.status == 0


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    page = run_netc(tmp_path, *command.split(), "--help").stdout
    assert max(map(len, page.splitlines())) <= 60
