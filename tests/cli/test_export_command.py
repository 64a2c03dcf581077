"""`netc export`: its files, what it prints and refuses, and the program in its page."""

from __future__ import annotations

import csv
import os
import re
import subprocess
from pathlib import Path

import netc
import numpy as np
import pytest
from command import run_netc
from exported import STRICT, any_compiler, compile_c

ROOT = Path(__file__).parents[2]
SPEC = "input 4 -> dense 6 relu -> dense 3 softmax; prep standardize; loss ce; opt adam"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a trained network."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 4)), np.array(["a,b", "c", 'd"'])[rng.integers(0, 3, 60)]
    netc.compile(f"{SPEC}; train epochs=2 seed=1").fit(x, y).save(tmp_path / "m.safetensors")
    return tmp_path


def run_program(folder: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [folder / "main", *arguments]
    return subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True)


def test_it_says_what_it_wrote(folder: Path) -> None:
    done = run_netc(folder, "export", "m.safetensors", "-o", "m.c")
    assert (done.returncode, done.stderr) == (0, "")
    size = (folder / "m.h").stat().st_size
    assert re.fullmatch(
        rf"code    m\.c \([\d.]+ KiB\), m\.h \({size} bytes\)\n"
        r"weights 204 bytes\n"
        r"buffers \d+ bytes\n"
        r"work    42 multiply-adds per sample\n",
        done.stdout,
    )


def test_the_program_reads_rows_and_prints_classes_and_outputs(folder: Path) -> None:
    run_netc(folder, "export", "m.safetensors", "-o", "m.c")
    compile_c(any_compiler(), folder, *STRICT, "-DNETC_MAIN", "m.c", "-o", "main", "-lm")
    x = np.array([[0.1, 2, -3, 4e-2], [1, 1, 1, 1], [-5, 0, 0, 2]], np.float32)
    done = run_program(folder, "0.1,2,-3,4e-2\n\n1;1\t1 1\r\n -5, 0 ,0 ,  2")
    model = netc.load(folder / "m.safetensors")
    rows = list(csv.reader(done.stdout.splitlines()))
    assert done.returncode == 0
    assert [row[0] for row in rows] == model.predict(x).tolist()
    found = np.array([[float(cell) for cell in row[1:]] for row in rows])
    np.testing.assert_allclose(found, model.predict_proba(x), atol=1e-6)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,2,3\n", "line 1: a row has another number of columns than the network has inputs"),
        ("1,2,3,4,\n", "line 1: a row has another number of columns than the network has inputs"),
        ("1,2,3,4\n1,2,x,4\n", "line 2: this is no number"),
        ("1,,3,4\n", "line 1: the network cannot read one of these numbers"),
        ("1,2,3,1e999\n", "line 1: the network cannot read one of these numbers"),
    ],
)
def test_the_program_says_what_it_cannot_read(folder: Path, text: str, said: str) -> None:
    run_netc(folder, "export", "m.safetensors", "-o", "m.c")
    compile_c(any_compiler(), folder, "-DNETC_MAIN", "m.c", "-o", "main", "-lm")
    done = run_program(folder, text)
    assert (done.returncode, done.stderr) == (1, f"{said}\n")


def test_weights_may_be_in_a_file_of_their_own(folder: Path) -> None:
    done = run_netc(folder, "export", "m.safetensors", "-o", "m.c", "--weights", "m.bin")
    assert "weights 204 bytes, m.bin (220 bytes)" in done.stdout
    compile_c(any_compiler(), folder, *STRICT, "-DNETC_MAIN", "m.c", "-o", "main", "-lm")
    assert run_program(folder, "1,2,3,4\n", "m.bin").returncode == 0
    assert run_program(folder, "1,2,3,4\n", "m.c").stderr == "cannot read the weights\n"
    assert run_program(folder, "1,2,3,4\n").returncode == 2


@pytest.mark.parametrize(
    ("options", "written"),
    [
        (["-o", "m.c"], ["m.c", "m.h"]),
        (["-o", "m.c", "--weights", "m.bin"], ["m.c", "m.h", "m.bin"]),
        (["-o", "own.py"], ["own.py", "own.safetensors"]),
        (["-o", "own.py", "--weights", "w.safetensors"], ["own.py", "w.safetensors"]),
        (["-o", "m.onnx"], ["m.onnx"]),
    ],
)
def test_no_file_is_replaced_but_by_force(
    folder: Path, options: list[str], written: list[str]
) -> None:
    for name in written:
        (folder / name).write_text("mine")
    command = ["export", "m.safetensors", *options]
    done = run_netc(folder, *command)
    assert done.returncode == 1
    assert done.stderr.count("error[E0794]") == len(written)
    assert all((folder / name).read_text() == "mine" for name in written)
    assert run_netc(folder, *command, "--force").returncode == 0
    assert all((folder / name).read_bytes() != b"mine" for name in written)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["m.safetensors", "-o", "m.cpp"], "-o takes a file that ends in `.c`"),
        (["m.safetensors"], "Missing option '-o'"),
        (["m.safetensors", "-o", "m.c", "--weights", "m.h"], "need files of their own"),
        (["m.safetensors", "-o", "m.c", "--weights", "m.safetensors"], "the command reads it"),
        (["m.safetensors", "-o", "no/m.c"], "there is no folder"),
        (["none.safetensors", "-o", "m.c"], "E0730"),
    ],
)
def test_what_cannot_be_written_is_refused(folder: Path, arguments: list[str], said: str) -> None:
    before = (folder / "m.safetensors").read_bytes()
    done = run_netc(folder, "export", *arguments)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert sorted(os.listdir(folder)) == ["m.safetensors"]
    assert (folder / "m.safetensors").read_bytes() == before


def test_a_network_of_text_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("colour,size,y\n" + "red,1,a\nblue,2,b\nred,3,b\n" * 20)
    (tmp_path / "t.net").write_text(
        'data csv "t.csv" target=y\nprep onehot\ninput 3 -> dense 2 softmax\nloss ce\nopt adam\n'
        "train epochs=1\n"
    )
    assert run_netc(tmp_path, "run", "t.net", "--save", "t.safetensors").returncode == 0
    done = run_netc(tmp_path, "export", "t.safetensors", "-o", "t.c")
    assert done.returncode == 1
    assert "E0780" in done.stderr
    assert "the column `colour` holds texts" in done.stderr
    assert not (tmp_path / "t.c").exists()


def test_the_program_in_the_page_works(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "export.md").read_text()
    (listing,) = re.findall(r"^```c\n(.*?)^```$", page, re.M | re.S)
    assert len(listing.splitlines()) <= 20
    (tmp_path / "main.c").write_text(listing)
    rng = np.random.default_rng(0)
    x, y = rng.random((200, 8, 8, 1)), np.arange(200) % 10
    model = netc.compile(
        "input 8x8x1 -> flatten -> dense 10 softmax; loss ce; opt adam; train epochs=1"
    )
    model.fit(x, y, validation=0).save(tmp_path / "digits.safetensors")
    run_netc(tmp_path, "export", "digits.safetensors", "-o", "digits.c")
    compile_c(any_compiler(), tmp_path, *STRICT, "main.c", "digits.c", "-o", "main", "-lm")
    done = run_program(tmp_path, " ".join(f"{value:.9g}" for value in x[0].reshape(-1)))
    first, *others = done.stdout.splitlines()
    assert first == str(model.predict(x[:1])[0])
    assert [line.split()[0] for line in others] == [str(label) for label in range(10)]
