"""Files that commands read: none is written over, and none is read as something else."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from click.testing import CliRunner, Result
from netc.cli.main import netc as command
from netc.runtime.storage.weights import encode
from work import HANGS

TABLE = """\
data csv "t.csv" target=y
prep standardize
input 2 -> dense 1
loss mse
opt exact
metric r2
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: Any) -> Path:
    """A table whose target stands first, and what was learnt from it."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    rows = random.standard_normal((60, 2))
    lines = [f"{3 * a - b:.9g},{a:.9g},{b:.9g}" for a, b in rows]
    (tmp_path / "t.csv").write_text("\n".join(["y,a,b", *lines]) + "\n")
    (tmp_path / "t.net").write_text(TABLE)
    assert invoke("run", "t.net", "--save", "t.safetensors").exit_code == 0
    return tmp_path


def invoke(*arguments: str) -> Result:
    done = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert done.exception is None, done.output
    done.exit_code = done.return_value or 0
    return done


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (("run", "t.net", "--save", "t.net"), "t.net"),
        (("run", "t.net", "--save", "./t.csv"), "t.csv"),
        (("predict", "t.safetensors", "t.csv", "--output", "t.csv"), "t.csv"),
        (("predict", "t.safetensors", "t.csv", "--output", "t.safetensors"), "t.safetensors"),
    ],
    ids=" ".join,
)
def test_what_a_command_reads_it_does_not_write_over(
    folder: Path, arguments: tuple[str, ...], kept: str
) -> None:
    before = (folder / kept).read_bytes()
    done = invoke(*arguments)
    assert done.exit_code == 1
    assert "error[E0740]" in done.stderr
    assert (folder / kept).read_bytes() == before


def test_another_table_has_the_same_target(folder: Path) -> None:
    (folder / "again.csv").write_text((folder / "t.csv").read_text())
    for arguments in (
        ("eval", "t.safetensors", "--data", "again.csv"),
        ("eval", "t.net", "--weights", "t.safetensors", "--data", "again.csv"),
        ("run", "t.net", "--data", "again.csv"),
    ):
        assert "r2 1.0000" in invoke(*arguments).stdout


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ("nan,2", "it is in line 1 (`a`)"),
        ("1e,2", "its columns are `1e`, `2`"),
        ("1,", "it is in line 1 (`b`)"),
    ],
)
def test_a_wrong_first_sample_is_named(folder: Path, first: str, reason: str) -> None:
    (folder / "x.csv").write_text(f"{first}\n3,4\n")
    assert reason in invoke("predict", "t.safetensors", "x.csv").stderr


@pytest.mark.parametrize("header", ["a,b", "0,b", "1st,2nd"])
def test_a_header_is_passed_over(folder: Path, header: str) -> None:
    """By a network that was not trained on a table, and has no names to look for."""
    x = np.random.default_rng(0).random((20, 2))
    netc.compile("input 2 -> dense 1; loss mse; opt exact").fit(x, x[:, 0]).save("x.safetensors")
    (folder / "x.csv").write_text(f"{header}\n3,4\n")
    assert len(invoke("predict", "x.safetensors", "x.csv").stdout.splitlines()) == 2


def test_predicting_knows_the_tokens(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).integers(0, 20, (40, 11))
    model = netc.compile(
        "input 11 -> embed 20 6 -> gap -> dense 2 softmax; loss ce; opt adam; train epochs=1"
    ).fit(x, x[:, 0] % 2)
    model.save("w.safetensors")
    for wrong in (x + 10, x + 0.5, x - 5):
        with pytest.raises(netc.DataError, match="embed"):
            model.predict(wrong)
        np.save("x.npy", wrong)
        assert "error[E0517]" in invoke("predict", "w.safetensors", "x.npy").stderr


def test_pictures_of_16_bits_are_scaled_by_their_range(tmp_path: Path, monkeypatch: Any) -> None:
    """Pillow would turn all that is above 255 into white."""
    image = pytest.importorskip("PIL.Image", reason="Pillow is in the group `images`")
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).random((20, 4, 4, 1), np.float32)
    text = "input 4x4x1 -> flatten -> dense 2 softmax; loss ce; opt adam; train epochs=1"
    model = netc.compile(text).fit(x, np.arange(20) % 2)
    model.save("w.safetensors")
    levels = (x[0] * 65535).astype(np.uint16)
    image.fromarray(levels[..., 0]).save("deep.png")
    (answer,) = json.loads(invoke("predict", "w.safetensors", "deep.png", "--format=json").stdout)
    expected = model.predict_proba((levels / 65535)[None])[0]
    np.testing.assert_allclose(list(answer["probabilities"].values()), expected, rtol=1e-5)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_pipe_is_written_to_and_stays_one(folder: Path) -> None:
    """As `/dev/null` must, which a command of root could replace."""
    os.mkfifo("answers")
    with subprocess.Popen(["cat", "answers"], stdout=subprocess.PIPE, text=True) as reader:
        done = invoke("predict", "t.safetensors", "t.csv", "--output", "answers")
        text, _ = reader.communicate(timeout=HANGS)
    assert done.exit_code == 0
    assert len(text.splitlines()) == 61
    assert (folder / "answers").is_fifo()


@pytest.mark.parametrize(
    "end", ["dense 1 sigmoid; loss bce", "dense 1; loss hinge", "dense 1; loss logistic"]
)
def test_a_table_of_one_class_is_told(tmp_path: Path, monkeypatch: Any, end: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.csv").write_text("a,b\n" + "".join(f"{i},x\n" for i in range(20)))
    done = invoke("run", "-e", f'data csv "one.csv"; input 1 -> {end}; opt sgd')
    assert "error[E0505]" in done.stderr
    assert "at least two classes" in done.stderr


def test_a_path_of_the_command_line_is_shown_as_it_was_typed(folder: Path) -> None:
    """It is relative to the current folder, and the spec may lie in another."""
    (folder / "specs").mkdir()
    (folder / "specs" / "t.net").write_text(TABLE)
    done = invoke("run", "specs/t.net", "--data", "t.csv", "--epochs", "1", "--save", "w.st")
    assert "data    t.csv" in done.stdout
    for path in ("none.csv", "./none.csv", str(folder / "none.csv")):
        for arguments in (("run", "specs/t.net"), ("eval", "t.safetensors")):
            done = invoke(*arguments, "--data", path)
            assert f"error[E0501]: there is no file `{path}`\n" in done.stderr
            assert f'data csv "{path}"\n' in done.stderr
    # what is kept leads to the data from anywhere
    (folder / "w.st").rename(folder / "specs" / "w.st")
    assert "r2 1.0000" in invoke("eval", "specs/w.st").stdout


def test_pickled_objects_are_called_so(folder: Path) -> None:
    np.save("x.npy", np.array([[1, "a"], [3, 4]], object), allow_pickle=True)
    done = invoke("predict", "t.safetensors", "x.npy")
    assert "error[E0515]: `x.npy` contains pickled Python objects" in done.stderr


@pytest.mark.parametrize(
    ("flags", "method", "reason"),
    [
        (1, 0, "it is encrypted"),
        (0, 99, "it is compressed in a way that Python cannot read"),
    ],
)
def test_an_archive_to_predict_says_why_it_cannot_be_read(
    folder: Path, flags: int, method: int, reason: str
) -> None:
    np.savez(folder / "x.npz", x=np.zeros((3, 2)))
    data = bytearray((folder / "x.npz").read_bytes())
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):  # the member, and the directory
        start = data.index(mark) + at
        data[start : start + 4] = flags.to_bytes(2, "little") + method.to_bytes(2, "little")
    (folder / "x.npz").write_bytes(data)
    done = invoke("predict", "t.safetensors", "x.npz")
    assert done.exit_code == 1
    assert reason in done.output


def test_a_damaged_idx_file_is_called_as_the_spec_calls_it(folder: Path) -> None:
    (folder / "set").mkdir()
    for name in ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"):
        (folder / "set" / name).write_bytes(b"\x1f\x8b\x08 and no more")
    text = "input 4 -> dense 2 softmax; loss ce; opt adam"
    for path in ("set", "set/train-images-idx3-ubyte.gz"):
        done = invoke("run", "-e", f'data idx "{path}"; {text}')
        assert "error[E0502]: cannot read `set/train-images-idx3-ubyte.gz`: " in done.stderr


@pytest.mark.parametrize("size", [8, 2_100])
def test_a_weights_file_in_place_of_a_spec_is_told_apart(
    tmp_path: Path, monkeypatch: Any, size: int
) -> None:
    monkeypatch.chdir(tmp_path)
    net = netc.compile(f"input {size} -> dense {size}; loss mse")
    Path("w.safetensors").write_bytes(encode(net.weights, {}))
    for word in ("run", "check"):
        done = invoke(word, "w.safetensors")
        assert done.return_value == 1
        assert "`w.safetensors` is a weights file: use `netc eval` or `netc predict`" in done.output


def test_batch_all_takes_every_sample_of_the_training_part() -> None:
    text = "data iris; input 4 -> dense 3 softmax; loss ce; opt sgd; train epochs=1"
    done = invoke("run", "--batch", "all", "-e", text)
    assert done.return_value == 0
    assert "1 epoch of 1 step " in done.output
    done = CliRunner().invoke(command, ["run", "--batch", "some", "-e", text])
    assert done.exit_code == 2
