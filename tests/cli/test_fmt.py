"""`netc fmt`: what is written, what is left alone, and the status."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Netc = Callable[..., subprocess.CompletedProcess[str]]
Snapshot = Callable[[str, str], None]

UNTIDY = "input   784 ->   dense 10 softmax   # ten digits\n\n\n\nloss ce;   opt adam\n"
BROKEN = "input 784 -> -> dense 10\n"


def test_files_are_written(netc: Netc, tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    path.write_text(UNTIDY)
    done = netc("fmt", "a.net")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "1 file reformatted\n"
    text = path.read_text()
    assert text != UNTIDY
    again = netc("fmt", ".")
    assert again.stderr == "1 file unchanged\n"
    assert path.read_text() == text


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "marked"])
def test_line_ends_and_marks_stay(netc: Netc, tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "a.net"
    path.write_bytes(mark + UNTIDY.replace("\n", "\r\n").encode())
    assert netc("fmt", "a.net").returncode == 0
    data = path.read_bytes()
    assert data.startswith(mark + b"input 784 -> dense 10 softmax")
    assert data.count(b"\n") == data.count(b"\r\n") > 0


def test_check_lists_and_writes_nothing(netc: Netc, tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    path.write_text(UNTIDY)
    done = netc("fmt", "a.net", "--check")
    assert (done.returncode, done.stdout) == (1, "would change a.net\n")
    assert path.read_text() == UNTIDY
    netc("fmt", "a.net")
    assert netc("fmt", "a.net", "--check").returncode == 0


def test_a_diff_writes_nothing(netc: Netc, tmp_path: Path, snapshot: Snapshot) -> None:
    path = tmp_path / "a.net"
    path.write_text(UNTIDY)
    done = netc("fmt", "a.net", "--diff")
    assert done.returncode == 1
    snapshot("fmt/diff.txt", done.stdout)
    assert path.read_text() == UNTIDY


def test_broken_files_are_left_alone_and_others_written(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(BROKEN)
    (tmp_path / "b.net").write_text(UNTIDY)
    done = netc("fmt", "a.net", "b.net")
    assert done.returncode == 1
    assert "error[E01" in done.stderr
    assert (tmp_path / "a.net").read_text() == BROKEN
    assert (tmp_path / "b.net").read_text() != UNTIDY


def test_standard_input_goes_to_standard_output(netc: Netc) -> None:
    done = netc("fmt", "-", stdin=UNTIDY)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == netc("fmt", "-", stdin=done.stdout).stdout
    broken = netc("fmt", "-", stdin=BROKEN)
    assert (broken.returncode, broken.stdout) == (1, BROKEN)


def test_one_line_and_back(netc: Netc) -> None:
    tidy = "input 784 -> dense 10 softmax\nloss ce\nopt adam\n"
    done = netc("fmt", "-e", tidy, "--one-line")
    assert done.stdout == "input 784 -> dense 10 softmax; loss ce; opt adam\n"
    assert netc("fmt", "-e", done.stdout).stdout == tidy


def test_comments_have_no_one_line(netc: Netc) -> None:
    done = netc("fmt", "-", "--one-line", stdin=UNTIDY)
    assert (done.returncode, done.stdout) == (1, UNTIDY)
    assert "<stdin> is skipped" in done.stderr


@pytest.mark.parametrize("text", ["# c", "input 3 # c", BROKEN.strip()])
def test_a_text_that_is_left_alone_ends_its_line(netc: Netc, text: str) -> None:
    assert netc("fmt", "-e", text, "--one-line").stdout == f"{text}\n"
    assert netc("fmt", "-", "--one-line", stdin=text).stdout == text


def test_nothing_on_one_line_is_nothing(netc: Netc) -> None:
    assert netc("fmt", "-e", "\n\n", "--one-line").stdout == ""
