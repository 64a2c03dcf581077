"""Breaking lines between words, stacking tables, dropping columns."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netc.cli.terminal.columns import width_of
from netc.cli.terminal.fit import (
    ShownColumn,
    command_lines,
    fit_lines,
    shown_columns,
    table_lines,
    wrapped,
)
from netc.cli.terminal.screen import UNICODE, Screen, screen_for
from netc.cli.training.epochs import epoch_titles, row_text
from netc.runtime.events import EpochDone, Started

PIPE = screen_for(io.StringIO(), "never")


def terminal(width: int, *, colored: bool = False) -> Screen:
    return Screen(UNICODE, "utf-8", colored, width, terminal=True)


words = st.text("abc`é語.", min_size=1, max_size=12)
lines = st.lists(st.tuples(st.sampled_from([" ", "  ", " · "]), words), max_size=20).map(
    lambda pairs: "".join(gap + word for gap, word in pairs).strip()
)


@given(lines, st.integers(20, 60), st.integers(0, 12), st.integers(0, 8))
def test_a_wrapped_line_fits_and_keeps_its_words(
    line: str, width: int, hang: int, indent: int
) -> None:
    line = " " * indent + line
    parts = wrapped(line, width, hang)
    assert " ".join(parts).split() == line.split()
    longest = max((width_of(word) for word in line.split()), default=0)
    assert all(width_of(part) <= max(width, longest + max(hang, indent)) for part in parts)
    assert all(part == part.rstrip() or not part.strip() for part in parts)


def test_what_follows_a_break_is_below_the_text() -> None:
    line = "data    digits  1,437 train · 180 validation · 180 test"
    assert wrapped(line, 40, 8) == [
        "data    digits  1,437 train ·",
        "        180 validation · 180 test",
    ]


def test_the_counts_of_a_class_stay_together() -> None:
    line = "classes setosa 40 · 5 · 5, versicolor 40 · 5 · 5, virginica 40 · 5 · 5"
    assert wrapped(line, 60, 8) == [
        "classes setosa 40 · 5 · 5, versicolor 40 · 5 · 5,",
        "        virginica 40 · 5 · 5",
    ]


def test_what_is_in_backticks_stays_whole() -> None:
    assert wrapped("write `input 8x8x1` there", 16) == ["write", "`input 8x8x1`", "there"]
    assert wrapped("write `input 8x8x1 -> dense 10` there", 20) == [
        "write `input 8x8x1",
        "-> dense 10` there",
    ]


def test_paint_takes_no_room() -> None:
    screen = terminal(20, colored=True)
    text = screen.paint("error: " + "word " * 3, "error")
    assert len(fit_lines(text, screen).splitlines()) == 2
    assert fit_lines(screen.paint("x" * 20, "error"), screen).count("\n") == 0


def test_a_pipe_gets_lines_as_they_are() -> None:
    line = "word " * 100
    assert fit_lines(line, PIPE) == line
    rows = [["name" * 10, *["value" * 4] * 12]]
    assert len(table_lines(rows, "l" * 13, PIPE)) == 1


ROWS = [["name", "first", "second", "third"], ["conv1", "1.25", "12", "a long text of words"]]


@pytest.mark.parametrize("width", range(20, 60, 3))
def test_a_table_is_stacked_before_its_cells_break(width: int) -> None:
    found = table_lines(ROWS, "lrrl", terminal(width))
    assert all(width_of(line) <= max(width, 23) for line in found)
    text = " ".join(found)
    assert all(cell in text for row in ROWS for cell in row[:3])
    assert re.sub(r" +", " ", text).count("conv1") == found.count("") + 1


def test_the_parts_of_a_table_repeat_their_keys() -> None:
    assert table_lines(ROWS, "lrrl", terminal(30), indent="  ", head="faint") == [
        "  name   first  second",
        "  conv1   1.25      12",
        "",
        "  name   third",
        "  conv1  a long text of words",
    ]


def test_columns_of_the_highest_rank_are_dropped_first() -> None:
    columns = [ShownColumn(name, 10, rank) for name, rank in zip("abcd", (0, 2, 1, 2), strict=True)]
    names = ["".join(item.name for item in shown_columns(columns, terminal(width), 10)) for width in
             (50, 49, 40, 39, 30, 29, 20)]  # fmt: skip
    assert names == ["abcd", "abc", "abc", "ac", "ac", "a", "a"]
    assert len(shown_columns(columns, PIPE, 1000)) == 4


@pytest.mark.parametrize("width", [60, 80, 120])
def test_rows_of_epochs_have_the_columns_of_their_head(width: int) -> None:
    measured = ("loss", "acc", "f1", "precision", "recall", "top5")
    columns = tuple(f"{part}_{name}" for part in ("train", "val") for name in measured)
    started = Started("t", "", 1, 1, 1, 1, 1, 1, 1, 1, 20, 10, 0, 1, columns)
    screen = terminal(width)
    head = epoch_titles(started, screen).splitlines()
    done = EpochDone(3, dict.fromkeys(columns, 0.25), 0.001, 2.0, best=True)
    row = row_text(done, started, screen)
    assert len(row) - len("  *") == len(head[-1])
    assert len(row) <= width
    assert head[0].startswith("hidden  ")
    assert "lr" in head[0].split(", ")
    assert "val loss  val acc" in head[-1]


def test_a_command_goes_on_as_a_shell_reads_it() -> None:
    words = ["netc", "run", "a.net", "--set", "width=12", "--set", "name=(1, 2)", "--allow-outside"]
    assert command_lines(words, terminal(40), "run     ") == (
        "run     netc run a.net --set width=12 \\\n"
        "          --set 'name=(1, 2)' \\\n"
        "          --allow-outside"
    )
    assert "\n" not in command_lines(words, PIPE, "run     ")
