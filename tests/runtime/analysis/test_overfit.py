"""One batch is memorised, or what was measured says why not."""

from __future__ import annotations

from pathlib import Path

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.grammar.problem import Problems
from netc.runtime.analysis.overfit import STEPS, OverfitReport, overfit, overfit_picture
from netc.runtime.training.spec import RunOptions, Spec

DIGITS = """\
data digits
input 64 -> dense 32 relu -> dense 10 softmax
loss ce
opt sgd lr=1
train seed=1
"""


def report_of(text: str, root: Path = Path(), batch: int | None = None) -> OverfitReport:
    checked = check(source_of(text), BUILTIN, read_source)
    assert not checked.has_errors, checked.problems
    problems = Problems()
    report = overfit(
        Spec.of(checked),
        RunOptions(workers=1),
        batch,
        root=root,
        problems=problems,
        reporter=lambda event: None,
    )
    assert report is not None, list(problems)
    return report


def test_a_batch_is_learned_by_heart() -> None:
    report = report_of(DIGITS)
    assert report.attempt.learned
    assert (report.samples, report.labels, report.attempt.right) == (32, 32, 32)
    assert report.attempt.losses[-1] <= report.goal < report.attempt.losses[-2]
    assert report.findings == ()
    assert report_of(DIGITS, batch=5).samples == 5


@pytest.mark.parametrize(
    ("changed", "off"),
    [
        (DIGITS.replace("relu", "relu -> dropout 0.9"), ("dropout",)),
        (DIGITS.replace("loss ce", "loss ce smoothing=0.3"), ("smoothing",)),
        (DIGITS + "reg l2 1\n", ("reg",)),
        (DIGITS + "schedule exp gamma=0.5\nstop patience=1ep\n", ("schedule", "stop")),
        (DIGITS + "augment noise=3\n", ("augment",)),
    ],
)
def test_what_keeps_it_from_learning_is_off(changed: str, off: tuple[str, ...]) -> None:
    """The losses are those of the spec without it, to the bit."""
    report, plain = report_of(changed), report_of(DIGITS)
    assert report.off == off
    assert report.attempt.losses.tolist() == plain.attempt.losses.tolist()


def test_numbers_are_learned_only_if_their_variance_is_explained() -> None:
    """A network that is a constant finds the mean of large targets, which is most of the loss."""
    text = "data linear n=200 noise=0; input 1 -> dense 1{}; loss mse; opt sgd lr=0.5"
    assert report_of(text.format("")).attempt.learned
    assert not report_of(text.format(" relu -> dense 1 init=zeros")).attempt.learned


def findings_of(text: str, root: Path = Path()) -> str:
    report = report_of(text, root)
    assert not report.attempt.learned
    assert report.attempt.steps <= STEPS
    return "\n".join(report.findings)


def test_a_rate_that_is_too_large_is_found_and_one_that_trains() -> None:
    found = findings_of(DIGITS.replace("lr=1", "lr=10"))
    assert "with `lr=1` it is learned in " in found
    assert "32 of 32 units of `relu1` are 0 for all of them" in found
    assert "the output of `softmax1` is the same for all samples" in found


def test_a_rate_that_is_too_small_is_found_and_one_that_trains() -> None:
    found = findings_of(DIGITS.replace("lr=1", "lr=0.01"))
    assert "with `lr=1` it is learned in " in found or "with `lr=0.1` it is learned in " in found
    assert "the loss still falls, from " in found


def test_a_loss_that_is_no_number_ends_it_at_once() -> None:
    text = DIGITS.replace(" softmax", "").replace("ce", "mse").replace("lr=1", "lr=1e6")
    report = report_of(text)
    assert report.attempt.steps < 100
    assert f"in step {report.attempt.steps}: the learning rate is too large" in report.findings[-1]


def test_labels_that_contradict_each_other_are_counted(tmp_path: Path) -> None:
    """Four samples are there with both labels."""
    rows = [f"{i % 16 / 10},{'a' if i < 20 else 'b'}" for i in range(24)]
    (tmp_path / "table.csv").write_text("x,label\n" + "\n".join(rows) + "\n")
    same = {i % 16 for i in range(20)} & {i % 16 for i in range(20, 24)}
    text = (
        'data csv "table.csv" target=label split=(100%, 0%, 0%); '
        "input 1 -> dense 8 relu -> dense 2 softmax; loss ce; opt adam lr=0.01"
    )
    found = findings_of(text, tmp_path)
    assert (
        f"{2 * len(same)} samples of the batch equal another one that has another target" in found
    )


def test_units_that_began_alike_stay_alike() -> None:
    text = (
        "data xor; input 2 -> dense 8 init=zeros sigmoid -> dense 1 init=zeros sigmoid; "
        "loss bce; opt sgd lr=1"
    )
    assert "all units of `dense1` have equal weights, and stay equal" in findings_of(text)


def test_targets_out_of_the_range_of_the_output_are_found() -> None:
    text = "data linear; input 1 -> dense 8 relu -> dense 1 sigmoid; loss mse; opt adam lr=0.01"
    assert "the targets are from " in findings_of(text)


def test_the_numbers_of_the_picture_are_the_losses() -> None:
    report = report_of(DIGITS)
    table = overfit_picture(report, "digits").table
    assert list(table["loss"]) == report.attempt.losses.tolist()
    assert list(table["step"]) == list(range(1, report.attempt.steps + 1))
