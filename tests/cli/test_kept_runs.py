"""`netc run` keeps each run in a folder, from which it goes on to the same bytes."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command import run_netc
from netc.cli.training.keeping import INTERRUPTED
from netc.runtime.runs.folder import RunFolder

DENSE = (
    "data digits; input 64 -> dense 32 relu -> dropout 0.3 -> dense 10 softmax; loss ce; opt adam;"
    " train epochs=6 batch=16 seed=3; metric acc f1\n"
)
CONVOLUTION = (
    "data digits; augment shift=1 noise=0.05; input 8x8x1 -> conv 8 3x3 pad=1 bias=false bn relu"
    " -> maxpool 2x2 -> flatten -> dense 10 softmax; loss ce; opt sgd lr=0.05 momentum=0.9;"
    " schedule cosine; train epochs=4 batch=64 seed=1\n"
)
FOLDS = (
    "data iris; kfold 3; input 4 -> dense 16 relu -> dropout 0.2 -> dense 3 softmax; loss ce;"
    " opt adam; train epochs=8 batch=8 seed=3\n"
)
SPECS = {"dense": DENSE, "convolution": CONVOLUTION, "folds": FOLDS}
FILES = ("metrics.csv", "checkpoints/best.safetensors", "checkpoints/last.safetensors")


def netc(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_netc(folder, *arguments, NETC_RUNS_DIR="runs")


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "run.json").read_text())
    return found


def outcome(folder: Path) -> dict[str, Any]:
    """What a run came to, without its times."""
    files = {name: (folder / name).read_bytes() for name in FILES if (folder / name).exists()}
    kept = record(folder)
    return files | {name: kept[name] for name in ("tested", "best_epoch", "epochs", "status")}


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "net.net"
    path.write_text(DENSE)
    return path


def test_a_run_is_kept_with_everything_that_repeats_it(spec: Path) -> None:
    done = netc(spec.parent, "run", "net.net", "--seed", "7")
    assert done.returncode == 0
    (folder,) = (path for path in (spec.parent / "runs" / "net").iterdir() if not path.is_symlink())
    kept = f"kept    runs/net/{folder.name}  (weights of epoch 6, the last one)"
    assert kept in done.stdout.splitlines()
    assert os.path.realpath(folder.parent / "latest") == os.path.realpath(folder)
    assert (folder / "spec.net").read_text() == DENSE
    found = record(folder)
    assert found["status"] == "finished"
    assert found["command"] == ["netc", "run", "net.net", "--seed", "7"]
    assert found["seed"] == 7
    assert found["epochs"] == 6
    assert found["tested"].keys() == {"loss", "acc", "f1"}
    rows = (folder / "metrics.csv").read_text().splitlines()
    assert rows[0].startswith("epoch,train_loss,train_acc,train_f1,val_loss,val_acc,val_f1,lr,best")
    assert len(rows) == 7
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3, 4, 5, 6]
    summary = (folder / "summary.txt").read_text()
    assert "status    finished\n" in summary
    assert f"test      loss {found['tested']['loss']:.6g}" in summary
    assert len(summary.partition("\n\n")[2].splitlines()) == 7
    measured = run_netc(spec.parent, "eval", f"runs/net/{folder.name}/checkpoints/last.safetensors")
    assert f"acc {found['tested']['acc']:.4f}" in measured.stdout


def test_two_runs_of_one_second_have_folders_of_their_own(spec: Path) -> None:
    for _ in range(3):
        assert netc(spec.parent, "run", "net.net", "--epochs", "1").returncode == 0
    folders = [path for path in (spec.parent / "runs" / "net").iterdir() if not path.is_symlink()]
    assert len(folders) == 3


def test_nothing_is_kept_where_that_is_said(spec: Path) -> None:
    assert netc(spec.parent, "run", "net.net", "--epochs", "1", "--no-keep").returncode == 0
    assert netc(spec.parent, "run", "net.net", "--fast").returncode == 0
    assert run_netc(spec.parent, "run", "net.net", "--epochs=1", NETC_RUNS_DIR="").returncode == 0
    assert not (spec.parent / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "prepare", "said"),
    [
        (("--out", "net.net"), lambda folder: None, "it is a file"),
        (
            ("--out", "full"),
            lambda folder: (folder / "full" / "x").mkdir(parents=True),
            "not empty",
        ),
        ((), lambda folder: (folder / "runs").write_text(""), "is a file"),
    ],
)
def test_a_run_that_cannot_be_kept_does_not_begin(
    spec: Path, arguments: tuple[str, ...], prepare: Callable[[Path], object], said: str
) -> None:
    prepare(spec.parent)
    done = netc(spec.parent, "run", "net.net", *arguments)
    assert done.returncode == 1
    assert "E0761" in done.stderr
    assert said in done.stderr
    assert "--no-keep" in done.stderr


def test_a_spec_is_copied_with_the_files_that_it_uses(tmp_path: Path) -> None:
    (tmp_path / "nets").mkdir()
    (tmp_path / "parts.net").write_text("block hidden = dense 8 relu\n")
    text = (
        'use "../parts.net"\ndata iris\ninput 4 -> hidden -> dense 3 softmax\nloss ce\nopt adam\n'
    )
    (tmp_path / "nets" / "net.net").write_text(text + "train epochs=1\n")
    done = netc(tmp_path, "run", "nets/net.net", "--allow-outside", "--out", "kept")
    assert done.returncode == 0, done.stderr
    copy = tmp_path / "kept" / record(tmp_path / "kept")["spec"]["kept_as"]
    assert run_netc(tmp_path, "check", str(copy), "--allow-outside").returncode == 0


def process(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "netc", *arguments],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | {"NETC_RUNS_DIR": "runs"}, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip


def has_begun(folder: Path, epochs: int) -> bool:
    path = folder / "metrics.jsonl"
    return path.exists() and path.read_text().count("\n") >= epochs


def interrupt(run: subprocess.Popen[str], how: str) -> None:
    if how == "worker":
        children = Path(f"/proc/{run.pid}/task/{run.pid}/children")
        for child in children.read_text().split() if children.exists() else []:
            os.kill(int(child), signal.SIGKILL)
        return
    run.send_signal(getattr(signal, how))


def check_interrupted(
    folder: Path, text: str, how: str, whole: tuple[str, ...] = (), left: tuple[str, ...] = ()
) -> None:
    """Interrupts a run and lets it go on. `whole` and `left` are options of the run in one go, and
    of the one that is left."""
    (folder / "net.net").write_text(text)
    assert netc(folder, "run", "net.net", "--out", "whole", *whole).returncode == 0
    run = process(folder, "run", "net.net", "--out", "left", "--workers", "2", *left)
    epochs = random.randrange(3)
    while run.poll() is None and not has_begun(folder / "left", epochs):
        time.sleep(0.01)
    interrupt(run, how)
    out, _ = run.communicate(timeout=60)
    if run.returncode == INTERRUPTED:
        assert out.splitlines()[-1] == "continue with  netc run --resume left"
    done = netc(folder, "run", "--resume", "left", "--workers", "1")
    assert done.returncode == 0 or "E0765" in done.stderr, done.stderr
    assert outcome(folder / "left") == outcome(folder / "whole")
    assert not list((folder / "left").rglob(".*"))


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM", "SIGKILL", "worker"])
def test_an_interrupted_run_goes_on_to_the_same_bytes(name: str, how: str, tmp_path: Path) -> None:
    """Interrupted at a moment that differs from test run to test run: each has the same end."""
    check_interrupted(tmp_path, SPECS[name], how)


NATIVE = ("--engine", "native")


@pytest.mark.parametrize(
    ("name", "how"), [("dense", "SIGINT"), ("dense", "SIGKILL"), ("folds", "SIGTERM")]
)
def test_an_interrupted_run_in_c_goes_on_to_the_same_bytes(
    name: str, how: str, tmp_path: Path, native_cache: Path
) -> None:
    check_interrupted(tmp_path, SPECS[name], how, NATIVE, NATIVE)
    engine = record(tmp_path / "left")["engine"]
    assert engine == {**record(tmp_path / "whole")["engine"], "workers": 1}
    assert engine["name"] == "native"
    assert engine["identity"].startswith("netc ")


def test_a_run_goes_on_with_its_own_engine_and_says_if_that_is_another_compiler(
    spec: Path, native_cache: Path, tmp_path: Path
) -> None:
    arguments = ("run", "net.net", "--epochs", "1", "--out", "left", *NATIVE)
    assert netc(tmp_path, *arguments).returncode == 0
    assert "engine    native · netc " in netc(tmp_path, "runs", "show", "left").stdout
    more = ("run", "--resume", "left", "--epochs")
    done = netc(tmp_path, *more, "2", *NATIVE)
    assert (done.returncode, "--engine" in done.stderr) == (2, True)
    done = run_netc(tmp_path, *more, "2", NETC_RUNS_DIR="runs", NETC_CC="no-such-compiler")
    assert (done.returncode, "E0769" in done.stderr) == (1, True)
    kept = record(tmp_path / "left")
    kept["engine"]["identity"] = "netc 0.0; gcc 1.2.3"
    (tmp_path / "left" / "run.json").write_text(json.dumps(kept))
    done = netc(tmp_path, *more, "2")
    assert (done.returncode, done.stdout.startswith("engine  native: ")) == (0, True)
    assert (
        "warning[W0612]: the run began with `netc 0.0`, `gcc 1.2.3`, and continues" in done.stderr
    )
    assert "W0612" not in netc(tmp_path, *more, "3").stderr


@pytest.fixture
def interrupted(spec: Path) -> Path:
    """A folder with the run `left`, which had done four of its six epochs."""
    folder = spec.parent
    assert netc(folder, "run", "net.net", "--epochs", "4", "--out", "left").returncode == 0
    return folder


def test_more_epochs_than_a_run_had_are_those_of_a_longer_run(interrupted: Path) -> None:
    assert "E0765" in netc(interrupted, "run", "--resume", "left").stderr
    assert netc(interrupted, "run", "--resume", "left", "--epochs", "6").returncode == 0
    assert netc(interrupted, "run", "net.net", "--out", "whole").returncode == 0
    assert outcome(interrupted / "left") == outcome(interrupted / "whole")


@pytest.mark.parametrize("epochs", [(), ("--epochs", "2")])
def test_folds_that_are_done_take_no_more_epochs(tmp_path: Path, epochs: tuple[str, ...]) -> None:
    """Their mean would be over folds of one epoch and of two."""
    spec = "data iris; kfold 2; input 4 -> dense 3 softmax; loss ce; opt sgd; train epochs=1"
    assert netc(tmp_path, "run", "-e", spec, "--out", "folds").returncode == 0
    done = netc(tmp_path, "run", "--resume", "folds", *epochs)
    assert done.returncode == 1
    assert "E0765" in done.stderr
    assert "`folds` has done 2 folds of 1 epoch" in done.stderr
    assert "--epochs" not in done.stderr


def test_a_changed_spec_is_refused_with_a_diff_and_accepted_on_request(interrupted: Path) -> None:
    (interrupted / "net.net").write_text(DENSE.replace("dropout 0.3", "dropout 0.4"))
    more = ("run", "--resume", "left", "--epochs", "5")
    done = netc(interrupted, *more)
    assert done.returncode == 1
    assert "E0763" in done.stderr
    assert "dropout 0.3" in done.stderr
    assert "dropout 0.4" in done.stderr
    assert netc(interrupted, *more, "--accept-changes").returncode == 0


def test_a_state_of_another_network_is_refused(interrupted: Path) -> None:
    (interrupted / "net.net").write_text(DENSE.replace("dense 32", "dense 33"))
    done = netc(interrupted, "run", "--resume", "left", "--epochs", "5", "--accept-changes")
    assert done.returncode == 1
    assert "E0766" in done.stderr


def test_changed_data_are_refused(tmp_path: Path) -> None:
    rows = [f"{x},{x * x}" for x in range(60)]
    (tmp_path / "d.csv").write_text("x,y\n" + "\n".join(rows) + "\n")
    spec = 'data csv "d.csv" target=y\ninput 1 -> dense 1\nloss mse\nopt adam\ntrain epochs=1\n'
    (tmp_path / "net.net").write_text(spec)
    assert netc(tmp_path, "run", "net.net", "--out", "left").returncode == 0
    (tmp_path / "d.csv").write_text("x,y\n" + "\n".join(reversed(rows)) + "\n")
    done = netc(tmp_path, "run", "--resume", "left", "--epochs", "2")
    assert done.returncode == 1
    assert "d.csv: its content differs" in done.stderr


def test_the_copy_of_a_spec_that_is_gone_is_used(interrupted: Path) -> None:
    (interrupted / "net.net").unlink()
    assert netc(interrupted, "run", "--resume", "left", "--epochs", "6").returncode == 0


def test_a_damaged_state_is_told_and_the_one_before_it_used(interrupted: Path) -> None:
    assert netc(interrupted, "run", "--resume", "left", "--epochs", "5").returncode == 0
    folder = RunFolder(interrupted / "left")
    data = bytearray(folder.state.read_bytes())
    data[len(data) // 2] ^= 1
    folder.state.write_bytes(data)
    done = netc(interrupted, "run", "--resume", "left", "--epochs", "6")
    assert "W0611" in done.stderr
    assert "its checksum differs" in done.stderr
    assert netc(interrupted, "run", "net.net", "--out", "whole").returncode == 0
    assert outcome(interrupted / "left") == outcome(interrupted / "whole")
    for path in (folder.state, folder.state_before):
        path.write_bytes(b"")
    done = netc(interrupted, "run", "--resume", "left", "--epochs", "7")
    assert done.returncode == 1
    assert "E0762" in done.stderr


def test_a_folder_that_disappears_does_not_end_the_training(spec: Path) -> None:
    spec.write_text(DENSE.replace("epochs=6", "epochs=60"))
    run = process(spec.parent, "run", "net.net", "--out", "gone", "--save", "w.safetensors")
    while run.poll() is None and not has_begun(spec.parent / "gone", 1):
        time.sleep(0.01)
    (spec.parent / "gone").rename(spec.parent / "elsewhere")
    out, _ = run.communicate(timeout=60)
    assert "W0610" in out
    assert "E0761" in out
    assert run.returncode == 1
    assert (spec.parent / "w.safetensors").exists()


def test_a_text_without_a_file_is_kept_and_continued(tmp_path: Path) -> None:
    assert netc(tmp_path, "run", "-e", DENSE, "--epochs", "2", "--out", "left").returncode == 0
    assert netc(tmp_path, "run", "--resume", "left", "--epochs", "3").returncode == 0


def test_steps_are_logged_where_asked(tmp_path: Path) -> None:
    arguments = ("run", "-e", DENSE, "--epochs", "2", "--log-steps", "10", "--out", "left")
    assert netc(tmp_path, *arguments).returncode == 0
    lines = (tmp_path / "left" / "metrics.jsonl").read_text().splitlines()
    steps = [json.loads(line).get("step") for line in lines]
    assert [step for step in steps if step is not None] == list(range(10, 181, 10))


@pytest.mark.parametrize("text", ["latest", "nothing"])
def test_a_run_that_there_is_not_is_told(tmp_path: Path, text: str) -> None:
    done = netc(tmp_path, "run", "--resume", text)
    assert done.returncode == 1
    assert "E0760" in done.stderr


def test_a_run_of_another_machine_is_repeated_with_its_shards(tmp_path: Path) -> None:
    weights = []
    for number, options in enumerate((("--workers", "1"), ("--workers", "2"), ())):
        out = f"run{number}"
        arguments = ("run", "-e", CONVOLUTION, "--epochs", "1", "--shards", "4", "--out", out)
        assert netc(tmp_path, *arguments, *options).returncode == 0
        assert record(tmp_path / out)["engine"]["shards"] == 4
        weights.append((tmp_path / out / "checkpoints/last.safetensors").read_bytes())
    assert weights[0] == weights[1] == weights[2]


def test_fewer_epochs_than_an_interrupted_run_has_done_are_told(interrupted: Path) -> None:
    path = interrupted / "left" / "run.json"
    path.write_text(json.dumps(record(interrupted / "left") | {"status": "interrupted"}))
    done = netc(interrupted, "run", "--resume", "left", "--epochs", "3")
    assert done.returncode == 1
    assert "E0765" in done.stderr
    assert "has done 4 epochs already" in done.stderr
    assert netc(interrupted, "run", "--resume", "left", "--epochs", "4").returncode == 0


def test_a_cross_validation_has_the_mean_over_its_folds(tmp_path: Path) -> None:
    done = netc(tmp_path, "run", "-e", FOLDS, "--out", "folds")
    assert done.returncode == 0
    found = record(tmp_path / "folds")
    mean, deviation = (found[name]["val_acc"] for name in ("measured", "deviation"))
    assert f"{mean:.4f}" in next(line for line in done.stdout.splitlines() if " mean " in line)
    assert f"{deviation:.4f}" in next(
        line for line in done.stdout.splitlines() if line.startswith("deviation")
    )
    assert found["best_epoch"] is None
