"""`netc run --save`, `netc eval` and `netc predict` as a shell sees them."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import netc
import numpy as np
import pytest
from command import run_netc
from safetensors.numpy import save_file

SPEC = """\
data digits
input 64 -> dense 16 relu -> dense 10 softmax
prep scale
loss ce
opt adam lr=0.01
train epochs=3 batch=32 seed=1
metric acc
expect acc>=70%
"""

Done = CompletedProcess[str]


def command(folder: Path, *arguments: str) -> Done:
    return run_netc(folder, *arguments)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: Any) -> Path:
    """A spec and what a run of it learnt."""
    place: Path = tmp_path_factory.mktemp("eval")
    (place / "digits.net").write_text(SPEC)
    done = command(place, "run", "digits.net", "--save", "digits.safetensors")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("saved   digits.safetensors\n")
    (place / "run.txt").write_text(done.stdout)
    return place


def figures(text: str) -> str:
    """The figures of the line of the test part."""
    (line,) = (line for line in text.splitlines() if line.startswith("test "))
    return line.split("      ")[0]


@pytest.mark.parametrize(
    "arguments", [["digits.safetensors"], ["digits.net", "--weights", "digits.safetensors"]]
)
def test_eval_gives_the_figures_of_the_run(folder: Path, arguments: list[str]) -> None:
    done = command(folder, "eval", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert figures(done.stdout) == figures((folder / "run.txt").read_text())
    lines = done.stdout.splitlines()
    assert lines[0] == "data    digits  180 samples of the test part"
    assert lines[1] == "model   1,210 parameters"
    assert lines[3].startswith("expect  acc>=")
    assert "ok" in lines[3]


def test_a_broken_expectation_is_exit_status_1(folder: Path) -> None:
    (folder / "strict.net").write_text(SPEC.replace("70%", "100%"))
    done = command(folder, "eval", "strict.net", "--weights", "digits.safetensors")
    assert (done.returncode, done.stderr) == (1, "")
    assert "acc>=100%  FAILED" in done.stdout


@pytest.mark.parametrize(
    ("part", "samples"), [("train", "1,437"), ("val", "180"), ("test", "180"), ("all", "1,797")]
)
def test_any_part_can_be_measured(folder: Path, part: str, samples: str) -> None:
    done = command(folder, "eval", "digits.safetensors", "--part", part)
    assert done.returncode == 0, done.stderr
    assert f"digits  {samples} samples" in done.stdout.splitlines()[0]
    assert done.stdout.splitlines()[2].startswith(f"{part:<8}acc 0.")


@pytest.mark.parametrize("split", ["", "split=(60%, 20%, 20%)"])
def test_all_are_the_samples_that_the_run_had(tmp_path: Path, split: str) -> None:
    """Also where `limit=` takes some, and a test part stays whole."""
    random = np.random.default_rng(0)
    x, y = random.standard_normal((200, 2)), random.standard_normal(200)
    np.savez(tmp_path / "f.npz", x=x, y=y, x_test=x[:50] + 1, y_test=y[:50])
    text = f'data npz "f.npz" limit=60 {split}; input 2 -> dense 1; loss mse; opt exact'
    done = command(tmp_path, "run", "-e", text, "--save", "w.safetensors")
    assert done.returncode == 0, done.stderr
    total, count = 0.0, 0
    for part in ("train", "val", "test", "all"):
        done = command(tmp_path, "eval", "w.safetensors", "--part", part)
        samples = re.search(r"f.npz +(\d+) samples", done.stdout)
        loss = re.search(r"loss (\S+)", done.stdout)
        assert samples is not None
        assert loss is not None
        if part == "all":
            assert int(samples[1]) == count == (60 if split else 110)
            assert float(loss[1]) == pytest.approx(total / count, abs=2e-4)
        count += int(samples[1])
        total += int(samples[1]) * float(loss[1])


def test_other_data_is_read_in_the_classes_that_were_learnt(folder: Path) -> None:
    """A table that holds three of the ten classes, in another order of rows."""
    from netc.runtime.data.bundled import load_bundled

    raw_data = load_bundled("digits")
    x, y = raw_data.samples.x.reshape(-1, 64), raw_data.samples.y
    rows = np.flatnonzero(np.isin(y, (9, 4, 7)))[::-1]
    with open(folder / "few.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(f"p{i}" for i in range(64)), "digit"])
        writer.writerows([*x[row].tolist(), int(y[row])] for row in rows)
    done = command(folder, "eval", "digits.safetensors", "--data", "few.csv")
    assert done.returncode == 0, done.stderr
    model = netc.load(folder / "digits.safetensors")
    right = np.mean(model.predict(x[rows]) == y[rows].astype(str))
    assert f"all     acc {right:.4f}" in done.stdout
    assert f"{len(rows)} samples" in done.stdout


def test_weights_from_elsewhere_are_measured_too(folder: Path) -> None:
    save_file(netc.load(folder / "digits.safetensors").weights, folder / "plain.safetensors")
    done = command(folder, "eval", "digits.net", "--weights", "plain.safetensors")
    assert done.returncode == 0, done.stderr
    assert figures(done.stdout) == figures((folder / "run.txt").read_text())


SKEWED = (
    'data csv "own.csv" target=y\nprep standardize\ninput 2 -> dense 2 softmax\n'
    "loss ce weight=balanced\nopt adam\ntrain epochs=2 seed=1\n"
)
LARGE = (
    'data csv "own.csv" target=b ignore=(y,)\nprep standardize\nprep standardize on=target\n'
    "input 1 -> dense 1\nloss mse\nopt adam\ntrain epochs=2 seed=1\n"
)


@pytest.mark.parametrize("spec", [SKEWED, LARGE], ids=["balanced", "on=target"])
@pytest.mark.parametrize("other", [(), ("--data", "other.csv")])
def test_weights_from_elsewhere_get_what_they_lack_from_the_training_part_of_the_spec(
    tmp_path: Path, spec: str, other: tuple[str, ...]
) -> None:
    """The part that is measured has other means and other shares of the classes."""
    random = np.random.default_rng(0)
    for name, count, share, mean in (("own", 200, 0.2, 1000), ("other", 60, 0.7, 990)):
        y = random.random(count) < share
        a = mean + random.normal(size=count) + y
        rows = zip(a, 5 * a, np.where(y, "yes", "no"), strict=True)
        lines = ["a,b,y", *(f"{one:.4f},{two:.4f},{label}" for one, two, label in rows)]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "s.net").write_text(spec)
    assert command(tmp_path, "run", "s.net", "--save", "own.safetensors").returncode == 0
    save_file(netc.load(tmp_path / "own.safetensors").weights, tmp_path / "plain.safetensors")
    wanted = command(tmp_path, "eval", "own.safetensors", *other)
    found = command(tmp_path, "eval", "s.net", "--weights", "plain.safetensors", *other)
    assert found.returncode == 0, found.stderr
    assert found.stdout == wanted.stdout


REFUSED = [
    (["eval", "digits.net"], 2, "use --weights"),
    (["eval", "digits.safetensors", "-e", "input 4"], 2, "are not allowed"),
    (["eval", "none.safetensors"], 1, "error[E0730]"),
    (["eval", "digits.net", "--weights", "digits.net"], 1, "error[E0731]"),
    (["eval", "tanh.net", "--weights", "digits.safetensors"], 1, "error[E0732]"),
    (["eval", "digits.safetensors", "--data", "iris"], 1, "error[E0504]"),
    (["eval", "digits.safetensors", "--data", "nosuch"], 1, "error[E0"),
    (["predict", "digits.safetensors"], 2, "FILE"),
    (["predict", "digits.net", "ones.npy"], 1, "error[E0731]"),
    (["predict", "digits.safetensors", "none.npy"], 1, "error[E0546]"),
    (["predict", "digits.safetensors", "digits.net"], 1, "error[E0546]"),
    (["predict", "digits.safetensors", "wide.npy"], 1, "65 numbers"),
    (["predict", "digits.safetensors", "text.npy"], 1, "error[E0502]"),
    (["predict", "digits.safetensors", "ones.npy", "--output", "no/such/file"], 1, "error[E0740]"),
    (["run", "digits.net", "--save", "no/such/file"], 1, "error[E0740]"),
]


@pytest.mark.parametrize(("arguments", "status", "words"), REFUSED)
def test_what_is_refused(folder: Path, arguments: list[str], status: int, words: str) -> None:
    (folder / "tanh.net").write_text(SPEC.replace("relu", "tanh"))
    np.save(folder / "ones.npy", np.ones((2, 64), np.float32))
    np.save(folder / "wide.npy", np.ones((2, 65), np.float32))
    (folder / "text.npy").write_text("no array")
    done = command(folder, *arguments)
    assert done.returncode == status, done.stderr
    assert words in done.stderr
    assert done.stdout == ""


def test_the_layer_that_differs_is_shown_in_the_spec(folder: Path) -> None:
    (folder / "tanh.net").write_text(SPEC.replace("relu", "tanh"))
    done = command(folder, "eval", "tanh.net", "--weights", "digits.safetensors")
    assert "tanh.net:2:22" in done.stderr
    assert "the layer `tanh1` is `tanh` in the spec" in done.stderr


@pytest.fixture(scope="module")
def samples(folder: Path) -> np.ndarray[Any, Any]:
    from netc.runtime.data.bundled import load_bundled

    x = load_bundled("digits").samples.x[:5]
    np.save(folder / "x.npy", x)
    np.save(folder / "one.npy", x[2, :, :, 0])
    np.savez(folder / "x.npz", x=x[:2].reshape(2, 64), other=np.ones(3))
    np.savetxt(folder / "x.csv", x[:3].reshape(3, 64), delimiter=",", fmt="%.9g")
    return x


def test_predict_prints_class_and_probability(folder: Path, samples: Any) -> None:
    model = netc.load(folder / "digits.safetensors")
    done = command(folder, "predict", "digits.safetensors", "x.npy")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[0] == ["row", "class", "probability"]
    assert [row[1] for row in rows[1:]] == model.predict(samples).tolist()
    best = model.predict_proba(samples).max(axis=1)
    assert [row[2] for row in rows[1:]] == [f"{value:.4f}" for value in best]


def test_every_kind_of_file_gives_the_same_answers(folder: Path, samples: Any) -> None:
    files = ("x.npy", "one.npy", "x.npz", "x.csv")
    done = command(folder, "predict", "digits.safetensors", *files, "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    model = netc.load(folder / "digits.safetensors")
    probabilities = model.predict_proba(samples)
    wanted = [("x.npy", i) for i in range(5)] + [("one.npy", 2)]
    wanted += [("x.npz", i) for i in range(2)] + [("x.csv", i) for i in range(3)]
    assert [item["file"] for item in found] == [file for file, _ in wanted]
    for item, (_, index) in zip(found, wanted, strict=True):
        assert list(item["probabilities"]) == [str(digit) for digit in range(10)]
        given = list(item["probabilities"].values())
        np.testing.assert_allclose(given, probabilities[index], rtol=1e-5, atol=1e-7)
        assert item["class"] == str(np.argmax(given))


def test_answers_as_a_table_of_commas_in_a_file(folder: Path, samples: Any) -> None:
    done = command(
        folder, "predict", "digits.safetensors", "x.npy", "--format", "csv", "--output", "a.csv"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    rows = list(csv.reader(io.StringIO((folder / "a.csv").read_text())))
    assert rows[0][:5] == ["file", "row", "class", "probability", "p(0)"]
    assert len(rows) == 6
    assert all(len(row) == 14 for row in rows)


def test_a_picture_is_a_sample(folder: Path, samples: Any) -> None:
    image = pytest.importorskip("PIL.Image", reason="pictures need Pillow")
    grey = np.round(samples[0, :, :, 0] * 255).astype(np.uint8)
    image.fromarray(grey).save(folder / "zero.png")
    done = command(folder, "predict", "digits.safetensors", "zero.png", "--format", "json")
    assert done.returncode == 0, done.stderr
    (answer,) = json.loads(done.stdout)
    assert answer["class"] == netc.load(folder / "digits.safetensors").predict(samples[:1])[0]


def test_a_column_of_targets_is_passed_over(tmp_path: Path) -> None:
    rows = "a,b,kind\n1,2,x\n3,1,y\n2,2,x\n4,1,y\n" + "1,2,x\n3,1,y\n" * 8
    (tmp_path / "t.csv").write_text(rows)
    spec = 'data csv "t.csv" target=kind; input 2 -> dense 2 softmax; loss ce; opt adam'
    (tmp_path / "t.net").write_text(spec)
    done = command(tmp_path, "run", "t.net", "--epochs", "1", "--save", "t.safetensors")
    assert done.returncode == 0, done.stderr
    (tmp_path / "bare.csv").write_text("1,2\n3,1\n")
    done = command(tmp_path, "predict", "t.safetensors", "t.csv", "bare.csv", "--format", "csv")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1 + 20 + 2
    done = command(tmp_path, "eval", "t.safetensors", "--part", "all")
    assert done.returncode == 0, done.stderr


def test_numbers_are_printed_as_numbers(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(50, 2))
    model = netc.compile("input 2 -> dense 1; loss mse; opt exact").fit(x, x @ [2.0, 1.0] + 1)
    model.save(tmp_path / "line.safetensors")
    np.save(tmp_path / "x.npy", x[:3])
    done = command(tmp_path, "predict", "line.safetensors", "x.npy", "--format", "json")
    assert done.returncode == 0, done.stderr
    values = [item["value"] for item in json.loads(done.stdout)]
    np.testing.assert_allclose(values, model.predict(x[:3]), rtol=1e-6)
    done = command(tmp_path, "predict", "line.safetensors", "x.npy")
    assert done.stdout.splitlines()[0].split() == ["row", "value"]


def test_a_fast_run_saves_too_and_a_diverged_one_does_not(folder: Path) -> None:
    done = command(folder, "run", "digits.net", "--fast", "--save", "fast.safetensors")
    assert done.returncode == 0, done.stderr
    assert (folder / "fast.safetensors").exists()
    (folder / "wild.net").write_text(SPEC.replace("adam lr=0.01", "sgd lr=1e38"))
    done = command(folder, "run", "wild.net", "--save", "wild.safetensors")
    assert done.returncode == 3
    assert not (folder / "wild.safetensors").exists()


def test_of_an_archive_only_the_samples_are_read(folder: Path, samples: Any) -> None:
    others = {f"array_{number}": np.arange(9.0) for number in range(200)}
    np.savez(folder / "many.npz", x=samples, **others)
    content = (folder / "many.npz").read_bytes()
    start = content.index(b"array_7.npy")
    # a header that promises more than the file has
    shape = content.index(b"(9,)", start)
    broken = content[:shape] + b"(99999,)"[:4] + content[shape + 4 :]
    (folder / "many.npz").write_bytes(broken)
    done = command(folder, "predict", "digits.safetensors", "many.npz")
    assert (done.returncode, done.stderr) == (0, "")
    np.savez(folder / "none.npz", **others)
    done = command(folder, "predict", "digits.safetensors", "none.npz")
    assert done.returncode == 1
    assert "`array_11` and 188 more, but the network needs" in done.stderr
