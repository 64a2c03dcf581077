"""The lines of a run, from made-up events."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from netc.cli.terminal.figures import clock, number, seconds, short, size_text, small
from netc.cli.terminal.screen import screen_for
from netc.cli.training.epochs import row_text
from netc.cli.training.progress import RunPrinter, head_text, step_line
from netc.cli.training.results import confusion_text
from netc.runtime.events import (
    ClassCount,
    Downloading,
    EpochDone,
    EpochStarted,
    ExpectationResult,
    ExpectationsChecked,
    FoldDone,
    FoldsSummarized,
    FoldStarted,
    Started,
    StepDone,
    Stopped,
    TestDone,
)

SCREEN = screen_for(io.StringIO(), "never")
STARTED = Started(
    "mnist", "", 54_000, 6_000, 10_000, 8, 61_706, 416_520, 3_250_586, 64, 20, 844, 1, 1,
    ("train_loss", "train_acc", "val_loss", "val_acc"),
)  # fmt: skip
MEASURED = {"train_loss": 0.2317, "train_acc": 0.9306, "val_loss": 0.0871, "val_acc": 0.9742}


def printed(*events: object, capsys: pytest.CaptureFixture[str]) -> str:
    printer = RunPrinter(SCREEN, live=False, now=lambda: 0.0)
    for event in events:
        printer(event)  # type: ignore[arg-type]
    printer.finish()
    return capsys.readouterr().out


def test_the_page_of_a_cross_validation(capsys: pytest.CaptureFixture[str]) -> None:
    started = replace(STARTED, classes=(ClassCount("a", 5, 2, 3), ClassCount("b", 4, 3, 2)))
    tested = MEASURED | {"loss": 0.0917, "acc": 0.9712}
    text = printed(
        FoldStarted(1, 2),
        started,
        EpochStarted(1),
        EpochDone(1, MEASURED, 0.05, 2.1, best=True),
        Stopped(1, "val acc did not improve for 1 epoch (best 0.9742, epoch 1)"),
        TestDone({"loss": 0.0917, "acc": 0.9712}),
        FoldDone(1, 1, tested, {}, 2.5),
        FoldStarted(2, 2),
        started,
        FoldDone(2, 4, tested, {}, 9.5),
        FoldsSummarized(MEASURED | {"loss": 0.0917}, {"val_acc": 0.0012, "loss": 0.0}),
        ExpectationsChecked((ExpectationResult("val_acc>=98.5%", 0.9742, holds=False),)),
        capsys=capsys,
    )
    assert text == (
        "data    mnist   2 folds of 60,000 samples · 10,000 test\n"
        "classes a 7 · 3, b 7 · 2\n"
        "model   8 layers · 61,706 parameters · 0.42 M multiply-adds · 3.1 MiB for a step of 64\n"
        "train   20 epochs of 844 steps · seed 1\n"
        "     fold  epochs    loss     acc  val loss  val acc  test loss  test acc   time\n"
        "        1       1  0.2317  0.9306    0.0871   0.9742     0.0917    0.9712   2.5s\n"
        "        2       4  0.2317  0.9306    0.0871   0.9742     0.0917    0.9712   9.5s\n"
        "     mean          0.2317  0.9306    0.0871   0.9742     0.0917         -\n"
        "deviation               -       -         -   0.0012     0.0000         -\n"
        "expect  val_acc>=98.5%  FAILED  (0.9742)\n"
    )


def test_the_page_of_a_whole_run(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(
        Downloading("train-images-idx3-ubyte.gz", 10, 100),
        Downloading("train-images-idx3-ubyte.gz", 100, 100),
        STARTED,
        EpochStarted(1),
        StepDone(1, 100, 0.3, 29_021.0),
        EpochDone(1, MEASURED, 0.05, 2.1, best=True),
        EpochStarted(2),
        EpochDone(2, MEASURED, 0.05, 2.14, best=False),
        Stopped(2, "val acc did not improve for 1 epoch (best 0.9742, epoch 1)"),
        TestDone({"loss": 0.0317, "acc": 0.9902}, weights_of=1),
        ExpectationsChecked((ExpectationResult("acc>=98.5%", 0.9902, holds=True),)),
        capsys=capsys,
    )
    assert text == (
        "fetch   train-images-idx3-ubyte.gz\n"
        "data    mnist   54,000 train · 6,000 validation · 10,000 test\n"
        "model   8 layers · 61,706 parameters · 0.42 M multiply-adds · 3.1 MiB for a step of 64\n"
        "train   20 epochs of 844 steps · seed 1\n"
        " epoch    loss     acc  val loss  val acc      lr   time\n"
        "     1  0.2317  0.9306    0.0871   0.9742  0.0500   2.1s  *\n"
        "     2  0.2317  0.9306    0.0871   0.9742  0.0500   2.1s\n"
        "stopped early: val acc did not improve for 1 epoch (best 0.9742, epoch 1)\n"
        "test    acc 0.9902  loss 0.0317  weights of epoch 1      expect acc>=98.5%  ok\n"
    )


def test_several_expectations_have_lines_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(
        TestDone({"loss": 0.5, "acc": 0.9}),
        ExpectationsChecked(
            (
                ExpectationResult("acc>=80%", 0.9, holds=True),
                ExpectationResult("loss<0.1", 0.5, holds=False),
            )
        ),
        capsys=capsys,
    )
    assert text == (
        "test    acc 0.9000  loss 0.5000\n"
        "expect  acc>=80%  ok  (0.9000)\n"
        "expect  loss<0.1  FAILED  (0.5000)\n"
    )


def test_a_test_without_expectations_is_printed_in_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert printed(TestDone({"loss": 0.5}), capsys=capsys) == "test    loss 0.5000\n"


def test_what_there_is_not_is_not_in_the_head() -> None:
    bare = Started(
        "x.csv",
        "not the published files",
        10,
        0,
        0,
        1,
        1,
        None,
        None,
        1,
        1,
        1,
        0,
        1,
        ("train_loss",),
    )
    assert head_text(bare, SCREEN) == (
        "data    x.csv   10 train · not the published files\n"
        "model   1 layer · 1 parameter\n"
        "train   1 epoch of 1 step · seed 0\n"
        " epoch    loss      lr   time"
    )


def test_columns_are_as_wide_as_their_titles() -> None:
    started = Started(
        "t", "", 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0, 1, ("train_loss", "val_loss", "val_precision")
    )
    values = {"train_loss": 123456.0, "val_loss": 0.00001, "val_precision": 1.0}
    title = head_text(started, SCREEN).splitlines()[-1]
    row = row_text(EpochDone(12, values, 0.0009, 61.0, best=True), started, SCREEN)
    assert title == " epoch    loss  val loss  val precision      lr   time"
    assert row == "    12  1.23e5      1e-5         1.0000  0.0009  1m01s  *"


VALUES = [
    0.0, 0.000517, 0.00051712, 0.9666, 1e6, 1234567.0, -12.3456, -99.99996, 99.99996, 99999.96,
    -123456.0, 1.234e-10, -1.234e-10, 1e-300, -1.5e-300, 1.7e308, -1.7e308, float("nan"),
    float("inf"), float("-inf"),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
def test_columns_never_run_together(value: float) -> None:
    columns = ("train_loss", "val_acc", "val_loss")
    started = Started("t", "", 1, 1, 0, 1, 1, 1, 1, 1, 10**7, 1, 0, 1, columns)
    for rate in (value, None):
        for epoch, time in ((1, 0.1), (10**7, 359_999.0), (12, 3e7), (3, 1e6)):
            done = EpochDone(epoch, dict.fromkeys(columns, value), rate, time, best=False)
            title, row = (
                head_text(started, SCREEN).splitlines()[-1],
                row_text(done, started, SCREEN),
            )
            assert len(row.split()) == 6, row
            assert len(row) == len(title)
            assert row.split()[0] == str(epoch)


@pytest.mark.parametrize(
    ("rate", "text"),
    [(0.000517, "5.17e-4"), (0.00095, "0.00095"), (1e6, "1e6"), (12345.678, "12345.7")],
)
def test_a_rate_keeps_the_digits_for_which_there_is_room(rate: float, text: str) -> None:
    assert (
        row_text(EpochDone(1, MEASURED, rate, 2.1, best=False), STARTED, SCREEN).split()[-2] == text
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0.0000"), (0.98765, "0.9877"), (12.5, "12.5000"), (1e-5, "1e-5"), (2.5e7, "2.5e7")],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.05, "0.0500"), (0.001, "0.001"), (0.00095, "0.00095"), (1e-5, "1e-5"), (0.0, "0.0000")],
)
def test_rates(value: float, text: str) -> None:
    assert small(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00042, "0.4ms"), (0.085, "85ms"), (0.9994, "999ms"), (2.14, "2.1s"), (59.94, "59.9s"),
        (59.96, "1m00s"), (65, "1m05s"), (3720, "1h02m"),
        (360_000, "4d04h"), (8_640_000, "100d"),
    ],
)  # fmt: skip
def test_durations(value: float, text: str) -> None:
    assert seconds(value) == text


def test_sizes_and_counts() -> None:
    assert [short(n) for n in (38_144, 416_520, 3_858_000_000)] == ["38,144", "0.42 M", "3.86 G"]
    assert [size_text(n) for n in (12, 2_048, 3_250_586)] == ["12 bytes", "2.0 KiB", "3.1 MiB"]
    assert clock(98.4) == "0:01:38"


def test_a_confusion_matrix_lines_up() -> None:
    assert confusion_text(((50, 0), (3, 107)), ("oak", "maple"), SCREEN) == (
        "true \\ predicted    oak  maple\n"
        "oak                  50      0\n"
        "maple                 3    107"
    )


def test_an_interrupted_run_says_where_it_stood(capsys: pytest.CaptureFixture[str]) -> None:
    printer = RunPrinter(SCREEN, live=False, now=lambda: 0.0)
    printer.interrupted()
    printer(STARTED)
    printer(EpochStarted(1))
    printer.interrupted()
    printer(EpochDone(1, MEASURED, 0.05, 2.1, best=True))
    printer(EpochStarted(2))
    printer.interrupted()
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("stopped")]
    assert lines == [
        "stopped before the first step",
        "stopped in epoch 1 of 20",
        "stopped in epoch 2 of 20; the best epoch was 1 (val loss 0.0871)",
    ]


@pytest.mark.parametrize(
    ("room", "text"),
    [
        (60, "loss 0.1250  9,000 samples/s  0:00:01 left, all 0:01:00"),
        (54, "loss 0.1250  0:00:01 left, all 0:01:00"),
        (37, "loss 0.1250  0:00:01 left"),
        (24, "loss 0.1250"),
        (10, ""),
    ],
)
def test_beside_a_bar_stands_what_has_room(room: int, text: str) -> None:
    parts = ("loss 0.1250", "9,000 samples/s", "0:00:01 left, all 0:01:00")
    assert step_line(*parts, room=room) == text
