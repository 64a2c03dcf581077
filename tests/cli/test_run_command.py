"""`netc run` as a shell sees it."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from command import run_netc
from work import HANGS

MLP = """\
data digits
input 64 -> dense 32 relu -> dense 10 softmax
loss ce
opt adam lr=0.01
train epochs=3 batch=32 seed=1
expect acc>=80%
"""


def run(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return run_netc(folder, "run", *arguments, stdin=stdin)


def masked(text: str) -> str:
    """The text with times, which differ from run to run, as question marks."""
    return re.sub(r" +[\d.]+m?s\b", "  ?s", text)


def masked_figures(text: str) -> str:
    """Also without measured figures, which differ in the last place between machines."""
    text = re.sub(r"\d\.\d{4}\b", "?", masked(text))
    return re.sub(r"  \*$", "", text, flags=re.MULTILINE)


def test_a_run_prints_its_facts_a_row_an_epoch_and_the_test(tmp_path: Path) -> None:
    (tmp_path / "mlp.net").write_text(MLP)
    done = run(tmp_path, "mlp.net")
    assert done.stderr == ""
    assert done.returncode == 0
    lines = masked_figures(done.stdout).splitlines()
    assert re.fullmatch(r"model   2 layers · 2,410 parameters · .* for a step of 32", lines.pop(1))
    assert lines == [
        "data    digits  1,437 train · 180 validation · 180 test",
        "train   3 epochs of 45 steps · seed 1",
        " epoch    loss     acc  val loss  val acc      lr   time",
        "     1  ?  ?    ?   ?  ?  ?s",
        "     2  ?  ?    ?   ?  ?  ?s",
        "     3  ?  ?    ?   ?  ?  ?s",
        "test    acc ?  loss ?      expect acc>=80%  ok",
    ]
    assert "\r" not in done.stdout
    assert "\x1b" not in done.stdout


def test_the_same_spec_and_seed_print_the_same_figures(tmp_path: Path) -> None:
    first, again = (run(tmp_path, "-", stdin=MLP) for _ in range(2))
    assert masked(first.stdout) == masked(again.stdout)
    other = run(tmp_path, "-", "--seed", "2", stdin=MLP)
    assert "seed 2" in other.stdout
    assert masked(other.stdout) != masked(first.stdout)


def test_options_take_the_place_of_what_the_spec_says(tmp_path: Path) -> None:
    done = run(tmp_path, "-", "--epochs", "1", "--batch", "100", "--seed", "7", stdin=MLP)
    assert "train   1 epoch of 15 steps · seed 7" in done.stdout
    text = "let w=8; input 64 -> dense $w relu -> dense 10 softmax; loss ce; opt adam"
    done = run(tmp_path, "-e", text, "--set", "w=4", "--data", "digits", "--epochs", "1")
    assert "310 parameters" in done.stdout
    assert done.returncode == 0


def test_lints_see_the_batch_of_the_command_line(tmp_path: Path) -> None:
    lines = (
        "data digits; input 8x8x1 -> flatten -> dense 10 bias=false bn softmax; loss ce; opt adam"
    )
    for train, option, warned in [("", "1", True), ("; train batch=1", "32", False)]:
        done = run(tmp_path, "-e", lines + train, "--batch", option, "--epochs", "1", "--fast")
        assert done.returncode == 0
        assert ("warning[W0314]" in done.stderr) is warned
        assert ("--batch 1\n" in done.stderr) is warned


def test_fast_makes_a_few_batches_and_expects_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, "-", "--fast", stdin=MLP)
    assert "train   2 epochs of 4 steps" in done.stdout
    assert "quick check only; `expect` not evaluated" in done.stdout
    assert "expect acc" not in done.stdout
    assert done.returncode == 0


def test_an_expectation_that_fails_is_status_1(tmp_path: Path) -> None:
    text = MLP + "expect val_acc>=100%\n"
    done = run(tmp_path, "-", "--epochs", "1", stdin=text)
    assert done.returncode == 1
    assert re.search(r"^expect  val_acc>=100%  FAILED  \(0\.\d{4}\)$", done.stdout, re.MULTILINE)
    assert done.stdout.count("expect  ") == 2


def test_a_data_option_replaces_the_data_and_is_held_to_the_contracts(tmp_path: Path) -> None:
    done = run(tmp_path, "-", "--data", "iris", stdin=MLP)
    assert done.returncode == 1
    assert "error[E0504]: `input 64` expects 64 features; `iris` has 4" in done.stderr
    done = run(tmp_path, "-", "--data", "digts", stdin=MLP)
    assert done.returncode == 1
    assert "--data:1:6" in done.stderr
    assert "did you mean `digits`?" in done.stderr


def test_a_table_from_the_command_line(tmp_path: Path) -> None:
    rows = "".join(f"{n},{n % 2},{'odd' if n % 2 else 'even'}\n" for n in range(40))
    (tmp_path / "numbers.csv").write_text("n,rest,kind\n" + rows)
    text = "prep scale; input 2 -> dense 2 softmax; loss ce; opt adam lr=0.1; train epochs=30"
    done = run(tmp_path, "-e", text, "--data", "numbers.csv")
    assert done.returncode == 0, done.stderr
    assert "32 train · 4 validation · 4 test" in done.stdout
    assert "acc 1.0000" in done.stdout


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("input 64 -> dense 10 softmax; loss ce; opt adam", "E0654", "`data digits`"),
        ("data digits; input 64 -> dense 10 softmax; opt adam", "E0652", "`loss ce`"),
        ("data digits; input 64 -> dense 10; opt adam", "E0652", "`loss mse`"),
        ("data digits; input 64 -> dense 10 softmax; loss ce", "E0653", "`opt adam`"),
        (
            "data digits limit=4; kfold 5; input 64 -> dense 10 softmax; loss ce; opt adam; "
            "train batch=all",
            "E0608",
            "4 samples cannot be divided into 5 folds",
        ),
        (
            "data digits; kfold 5; input 64 -> dense 10 softmax; loss ce; opt adam; "
            "expect acc>=90%",
            "E0601",
            "all samples are in the folds: use `val_acc`",
        ),
        ('data csv "no.csv"; input 4 -> dense 3 softmax; loss ce; opt adam', "E0501", "no.csv"),
        ("input 64 -> dnse 10", "E0", "did you mean `dense`?"),
    ],
)
def test_what_keeps_a_spec_from_running_is_said(
    text: str, code: str, says: str, tmp_path: Path
) -> None:
    done = run(tmp_path, "-e", text)
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"error[{code}" in done.stderr
    assert says in done.stderr
    assert done.stderr.count("error[") == 1


def test_all_missing_parts_show_at_once(tmp_path: Path) -> None:
    done = run(tmp_path, "-e", "input 64 -> dense 10 softmax")
    assert done.returncode == 1
    assert re.findall(r"error\[(\w+)\]", done.stderr) == ["E0654", "E0652", "E0653"]


def test_a_run_that_diverges_is_status_3_and_names_the_place(tmp_path: Path) -> None:
    text = "data digits; input 64 -> dense 32 relu -> dense 10; loss mse; opt sgd lr=1000"
    done = run(tmp_path, "-e", text)
    assert done.returncode == 3
    assert re.search(r"error\[E0651\]: the loss became \S+ in epoch 1, batch \d+", done.stderr)
    assert "the outputs of all layers are finite, the loss is not" in done.stderr
    advice = (
        "the learning rate there was 1000; usual for `sgd` is 1e-5 to 1: try `lr=0.01`, or "
        "`clip=1` on the optimizer"
    )
    assert advice in done.stderr
    assert "Warning" not in done.stderr
    assert "test " not in done.stdout.splitlines()[-1]


def test_a_loss_that_explodes_without_end_is_a_failure_with_a_line(tmp_path: Path) -> None:
    text = MLP.replace("lr=0.01", "lr=1e6").replace("expect acc>=80%\n", "")
    done = run(tmp_path, "-", stdin=text)
    assert done.returncode == 3
    said = r"the loss grew from \d\.\d+ to \S+: the learning rate is probably too large"
    assert re.fullmatch(said, done.stdout.splitlines()[-2])


def test_wrong_usage_is_status_2(tmp_path: Path) -> None:
    assert run(tmp_path).returncode == 2
    assert run(tmp_path, "-", "-e", "x").returncode == 2
    assert run(tmp_path, "-", "--epochs", "0").returncode == 2


def test_a_confusion_matrix_follows_the_test_line(tmp_path: Path) -> None:
    text = (
        "data iris; input 4 -> dense 8 relu -> dense 3 softmax; loss ce; opt adam; metric confusion"
    )
    done = run(tmp_path, "-e", text, "--epochs", "1")
    assert done.returncode == 0, done.stderr
    head, *rows = done.stdout.splitlines()[-4:]
    assert head.split() == ["true", "\\", "predicted", "setosa", "versicolor", "virginica"]
    assert sum(int(count) for row in rows for count in row.split()[1:]) == 15


def test_a_run_that_diverges_saves_its_best_epoch(tmp_path: Path) -> None:
    text = "data linear n=200; input 1 -> dense 1; loss mse; opt sgd lr=1.3; metric r2"
    done = run(tmp_path, "-e", text, "--epochs", "50", "--batch", "16", "--save", "w.safetensors")
    assert done.returncode == 3
    assert "error[E0651]" in done.stderr
    # every epoch is worse than the one before
    assert (
        done.stdout.splitlines()[-1]
        == "saved   w.safetensors  (the weights of epoch 1, the best one)"
    )
    shown = run_netc(tmp_path, "eval", "w.safetensors", "--part", "val")
    first = re.search(r"^ +1 .*", done.stdout, re.MULTILINE)
    loss = re.search(r"loss (\S+)", shown.stdout)
    assert first is not None
    assert loss is not None
    assert loss[1] in first[0].split()


def test_a_run_that_diverges_at_once_says_that_nothing_was_saved(tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(b"of yesterday")
    text = "data digits; input 64 -> dense 32 relu -> dense 10; loss mse; opt sgd lr=1000"
    done = run(tmp_path, "-e", text, "--save", "w.safetensors")
    assert done.returncode == 3
    assert done.stdout.splitlines()[-1] == "nothing was saved: no epoch was completed"
    assert (tmp_path / "w.safetensors").read_bytes() == b"of yesterday"


def test_a_terminal_gets_a_bar_that_vanishes(tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "netc", "run", "-e", MLP],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=subprocess.PIPE,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "PYTHONIOENCODING": "utf-8"},
    ) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                chunk = os.read(leader, 65536)
            except OSError:  # the other end was closed
                break
            if not chunk:
                break
            shown += chunk
        os.close(leader)
        assert process.wait(timeout=HANGS) == 0
    text = shown.decode()
    # how often it is drawn in between depends on a clock
    assert re.search(r"\d/3\b", text)
    assert "/45" in text
    assert "\x1b[2K" in text  # the bar's line is erased
    plain = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", text)
    assert re.search(r"^ +3  0\.\d{4}", plain.replace("\r", "\n"), re.MULTILINE)


def test_plots_writes_each_picture_with_its_numbers(tmp_path: Path) -> None:
    spec = (
        "data xor n=200; input 2 -> dense 4 tanh -> dense 1 sigmoid; loss bce; opt adam lr=0.02; "
        "train epochs=3"
    )
    plain = run(tmp_path, "-e", spec)
    done = run(tmp_path, "-e", spec, "--plots", "runs/xor")
    names = ["curves", "learning_rate", "confusion", "surface", "surface_epochs"]
    *lines, last = done.stdout.splitlines()
    assert last == f"plots   runs/xor: {', '.join(names)}"
    assert masked("\n".join(lines)) == masked(plain.stdout.strip())
    written = {path.name for path in (tmp_path / "runs" / "xor").iterdir()}
    assert {f"{name}.csv" for name in names} <= written
    drawn = {f"{name}.{suffix}" for name in names for suffix in ("svg", "png")}
    assert written - {f"{name}.csv" for name in names} in (set(), drawn | {"surface_epochs.gif"})
