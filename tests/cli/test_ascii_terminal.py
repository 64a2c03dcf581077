"""Where the locale is ASCII: what is read again stays UTF-8, and only what is shown is escaped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SPEC = "# größe\nlet size=3  # ñ\ninput 2   -> dense $size name=last\nloss mse; opt adam\n"
FORMATTED = "# größe\n\nlet size=3 # ñ\n\ninput 2 -> dense $size name=last\n\nloss mse\nopt adam\n"


def netc(folder: Path, *arguments: str, given: str = "", **more: str) -> tuple[str, str]:
    """Both outputs as UTF-8, which raises where they are none."""
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", "from netc.__main__ import main; main()", *arguments],
        cwd=folder, input=given.encode(), capture_output=True, timeout=120,
        env={**os.environ, **ascii_only, **more},
    )  # fmt: skip
    return done.stdout.decode(), done.stderr.decode()


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.skipif(os.name != "posix", reason="the locale is that of POSIX")
def test_specs_keep_their_letters(tmp_path: Path) -> None:
    printed, _ = netc(tmp_path, "fmt", "-", given=SPEC)
    assert words(printed) == words(FORMATTED)
    assert netc(tmp_path, "fmt", "-", given=printed)[0] == printed
    path = tmp_path / "a.net"
    path.write_bytes(SPEC.encode())
    changes, _ = netc(tmp_path, "fmt", "--diff", "a.net")
    assert "\n # größe\n let size=3  # ñ\n-input 2   -> dense" in changes
    netc(tmp_path, "fmt", "a.net")
    assert path.read_bytes().decode() == printed
    broken = printed.replace("adam", "adm")
    fixed, _ = netc(tmp_path, "check", "--fix", "-", given=broken)
    assert fixed in ("", printed)


@pytest.mark.skipif(os.name != "posix", reason="the locale is that of POSIX")
def test_messages_are_escaped(tmp_path: Path) -> None:
    shown, _ = netc(tmp_path, "check", "-", given="input 4 -> dénse 3")
    assert r"unknown name `d\xe9nse`" in shown
    assert shown.isascii()


@pytest.mark.skipif(os.name != "posix", reason="the locale is that of POSIX")
def test_json_is_json(tmp_path: Path) -> None:
    text, _ = netc(tmp_path, "check", "-", "--format", "json", given="input 4 -> dénse 3")
    (problem,) = json.loads(text)["problems"]
    assert "`dénse`" in problem["message"]
    rows = "".join(f"{n % 7},{n % 5},{'größer' if n % 2 else 'é'}\n" for n in range(40))
    (tmp_path / "t.csv").write_bytes(f"a,b,y\n{rows}".encode())
    spec = 'data csv "t.csv" target=y; input 2 -> dense 2 softmax; loss ce; opt adam'
    arguments = ("run", "-e", f"{spec}; train epochs=1", "--no-keep", "--save", "w.safetensors")
    run, _ = netc(tmp_path, *arguments, "--format", "json")
    assert json.loads(run)["version"]
    predicted, _ = netc(tmp_path, "predict", "w.safetensors", "t.csv", "--format", "json")
    assert json.loads(predicted)
    assert "größer" in predicted or "é" in predicted or "\\u" in predicted


@pytest.mark.skipif(os.name != "posix", reason="the locale is that of POSIX")
def test_files_that_a_spec_names_are_found(tmp_path: Path) -> None:
    (tmp_path / "größe").mkdir()
    rows = "".join(f"{n % 7},{n % 5},{'uv'[n % 2]}\n" for n in range(40))
    (tmp_path / "größe/ü.csv").write_text(f"a,b,y\n{rows}")
    (tmp_path / "größe/é.net").write_bytes(b"block b(n) = dense $n relu\n")
    source = 'data csv "größe/ü.csv" target=y'
    network = "input 2 -> b 4 -> dense 2 softmax\nloss ce\nopt adam\ntrain epochs=1\n"
    (tmp_path / "a.net").write_bytes(f'use "größe/é.net"\n{source}\n{network}'.encode())
    # with PYTHONCOERCECLOCALE the locale would become one of UTF-8
    strict = {"PYTHONCOERCECLOCALE": "0"}
    assert netc(tmp_path, "check", "a.net", **strict)[0] == "no problems in 1 file\n"
    assert "40 samples" in netc(tmp_path, "data", "a.net", **strict)[0]
    assert "test    acc" in netc(tmp_path, "run", "--no-keep", "a.net", **strict)[0]
    (tmp_path / "a.net").write_bytes(f'use "größe/ê.net"\n{network}'.encode())
    assert "there is no file" in netc(tmp_path, "check", "a.net", **strict)[0]
