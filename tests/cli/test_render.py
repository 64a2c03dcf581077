"""The picture of a problem: every layout once, over problems made by hand."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netc.cli.problems.render import render
from netc.cli.problems.summary import summary
from netc.cli.terminal.columns import lay_out, width_of
from netc.cli.terminal.screen import ASCII, UNICODE, Screen
from netc.grammar.problem import Label, Problem
from netc.grammar.source import Source, Span
from work import counted

Netc = Callable[..., subprocess.CompletedProcess[str]]
Snapshot = Callable[[str, str], None]

PLAIN = Screen(UNICODE, "utf-8", False, 100)
POOR = Screen(ASCII, "ascii", False, 100)
COLORED = Screen(UNICODE, "utf-8", True, 100)


class Wrong(Problem):
    """A problem with all its parts given."""

    code = "E0312"
    title = "window leaves data unread"
    says: str = "the window of `maxpool 2x2` leaves data unread"
    beside: str = ""
    others: tuple[Label, ...] = ()
    ways: tuple[str, ...] = ()

    def message(self) -> str:
        return self.says

    def label(self) -> str:
        return self.beside

    def labels(self) -> tuple[Label, ...]:
        return self.others

    def help(self) -> tuple[str, ...]:
        return self.ways


class Doubtful(Wrong):
    """The same as a lint."""

    code = "W0311"
    title = "bias before bn"


def find(source: Source, part: str, number: int = 1) -> Span:
    """The place of a part of the text; of its second, third, ... occurrence."""
    at = -1
    for _ in range(number):
        at = source.text.index(part, at + 1)
    return Span(source, at, at + len(part))


LENET = Source(
    "lenet.net",
    "# LeNet\n\ninput 14x14x6\n\n  -> conv 16 5x5 pad=0 relu\n  -> maxpool 2x2\n  -> flatten\n",
)


def window_problem() -> Wrong:
    return Wrong(
        at=find(LENET, "maxpool 2x2"),
        beside="(7 - 2) / 2 leaves a remainder of 1: the last row and column are never read",
        others=(Label(find(LENET, "conv 16 5x5 pad=0 relu"), "gives 7x7x16"),),
        ways=(
            "`maxpool 3x3 stride=2` reads every pixel and gives 3x3x16",
            "`round=floor` drops them and gives 3x3x16",
        ),
    )


def one_line() -> Wrong:
    source = Source("<text>", "input 28x28x1 -> conv 16 5x5 relu -> maxpool 2x2 -> flatten")
    return Wrong(
        at=find(source, "conv 16 5x5"),
        beside="this one",
        others=(
            Label(find(source, "input 28x28x1"), "first"),
            Label(find(source, "maxpool 2x2"), "last"),
            Label(find(source, "flatten"), ""),
        ),
    )


def overlapping() -> Wrong:
    source = Source("a.net", "loss ce on=@digit weight=0.5\n")
    return Wrong(
        at=find(source, "weight=0.5"),
        beside="here",
        others=(Label(find(source, "loss ce on=@digit weight=0.5"), "in this loss"),),
    )


def nested() -> Wrong:
    text = (
        "".join(f"block b{n}(c) = b{n + 1} $c\n" for n in range(6))
        + "block b6(c) = maxpool 2x2\ninput 7x7x16\n  -> b0 64\n"
    )
    source = Source("blocks.net", text)
    calls = (*(find(source, f"b{n} $c") for n in range(6, 0, -1)), find(source, "b0 64"))
    return Wrong(at=find(source, "maxpool 2x2"), beside="7x7 comes in", calls=calls)


def two_files() -> Wrong:
    blocks = Source("parts/blocks.net", "block cb(c) = conv $c 3x3 bn\n")
    main = Source("main.net", 'use "parts/blocks.net"\n\n\ninput 4 -> cb 64\n')
    return Wrong(
        at=find(blocks, "conv $c 3x3"),
        beside="needs an image",
        others=(Label(find(main, "input 4"), "gives 4"),),
        calls=(find(main, "cb 64"),),
    )


def many_lines() -> Wrong:
    source = Source(
        "inception.net", "input 28x28x192\n  -> concat [\n    conv 64 1x1\n  | conv 32 3x3\n  ]\n"
    )
    return Wrong(
        at=find(source, "concat").to(find(source, "]")),
        beside="the branches differ",
        others=(
            Label(find(source, "conv 64 1x1"), "gives 28x28x64"),
            Label(find(source, "conv 32 3x3"), "gives 26x26x32"),
        ),
    )


def very_many_lines() -> Wrong:
    branches = "".join(f"  | conv {n} 1x1\n" for n in range(1, 30))
    source = Source("wide.net", f"input 8x8x3 -> concat [\n    id\n{branches}  ] -> relu\n")
    return Wrong(at=find(source, "concat").to(find(source, "]")), beside="too many")


def whole_statement() -> Wrong:
    source = Source("a.net", "input 8\n  -> dense 4\n  -> dense 2\nloss ce\n")
    return Wrong(
        at=find(source, "loss ce"),
        beside="needs `softmax`",
        others=(Label(find(source, "input 8").to(find(source, "dense 2")), "this network"),),
    )


def two_embraced() -> Wrong:
    source = Source("a.net", "block a = add [\n  id\n| conv 8 3x3 -> add [\n    id | relu ]\n]\n")
    return Wrong(
        at=find(source, "add [", 2).to(find(source, "]")),
        beside="inner",
        others=(Label(find(source, "block a").to(find(source, "]", 2)), "outer"),),
    )


def wide_characters() -> Wrong:
    source = Source("幅.net", "# 日本語\n\tinput 8 -> 畳み込み 64 🎉 -> cafe\u0301 5 -> dense 3\n")
    return Wrong(
        says="`畳み込み` is no layer",
        at=find(source, "畳み込み"),
        beside="unknown",
        others=(
            Label(find(source, "🎉"), "a party"),
            Label(find(source, "cafe\u0301"), "an accent"),
            Label(find(source, "dense 3"), "plain again"),
        ),
    )


def tabs() -> Wrong:
    source = Source("tabs.net", "input 8\n\t->\tdense\t\t4\n")
    return Wrong(at=find(source, "4"), beside="four", others=(Label(find(source, "dense"), "d"),))


def hostile() -> Wrong:
    source = Source("a\x1b[31m.net", "input 8 -> \x1b[2J\x07dense\u202e 4\x00\n")
    return Wrong(says="\x1b]0;owned\x07 is no layer", at=find(source, "dense"), beside="\x1b[1m")


def long_line() -> Wrong:
    layers = " -> ".join(f"dense {n} relu" for n in range(100, 200))
    source = Source("<text>", f"input 784 -> {layers}; loss ce")
    return Wrong(
        at=find(source, "dense 150"),
        beside="in the middle",
        others=(
            Label(find(source, "input 784"), "at the start"),
            Label(find(source, "loss ce"), "at the end"),
        ),
    )


def long_place() -> Wrong:
    layers = " -> ".join(f"dense {n} relu" for n in range(100, 200))
    source = Source("<text>", f"input 784 -> {layers}; loss ce")
    return Wrong(at=find(source, f"{layers}"), beside="all of it")


def at_the_end() -> Wrong:
    source = Source("a.net", "input 8 ->")
    return Wrong(says="the text ends", at=Span(source, 10, 10), beside="a layer is missing here")


def line_end() -> Wrong:
    source = Source("a.net", "input 8 -> dense\r\nloss ce\r\n")
    return Wrong(says="a size is missing", at=Span(source, 11, 18), beside="up to the line's end")


def no_text() -> Wrong:
    source = Source("nope.net", "")
    return Wrong(says="there is no file `nope.net`", at=Span(source, 0, 0), ways=("look again",))


def no_text_but_a_hint() -> Wrong:
    source = Source("nope.net", "")
    return Wrong(says="there is no file", at=Span(source, 0, 0), beside="did you mean `nape.net`?")


def long_help() -> Wrong:
    return Wrong(at=find(LENET, "flatten"), ways=("one line\nand its second", "another"))


def lint() -> Doubtful:
    return Doubtful(says="a bias before `bn` does nothing", at=find(LENET, "conv 16 5x5"))


CASES: tuple[Callable[[], Problem], ...] = (
    window_problem, one_line, overlapping, nested, two_files, many_lines, very_many_lines,
    whole_statement, two_embraced, wide_characters, tabs, hostile, long_line, long_place,
    at_the_end, line_end, no_text, no_text_but_a_hint, long_help, lint,
)  # fmt: skip


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
@pytest.mark.parametrize(
    ("screen", "folder"), [(PLAIN, "render"), (POOR, "render_ascii")], ids=["unicode", "ascii"]
)
def test_a_problem_looks_like_its_picture(
    make: Callable[[], Problem], screen: Screen, folder: str, snapshot: Snapshot
) -> None:
    text = render(make(), screen) + "\n"
    snapshot(f"{folder}/{make.__name__}.txt", text)
    text.encode(screen.encoding)
    assert all(line == line.rstrip() for line in text.split("\n"))
    assert not any(ord(c) < 32 and c != "\n" for c in text)


@pytest.mark.parametrize("make", [window_problem, nested, lint], ids=lambda make: make.__name__)
def test_colours_change_nothing_but_the_colour(
    make: Callable[[], Problem], snapshot: Snapshot
) -> None:
    import re

    text = render(make(), COLORED) + "\n"
    snapshot(f"render_color/{make.__name__}.txt", text)
    assert re.sub(r"\x1b\[[0-9;]*m", "", text) == render(make(), PLAIN) + "\n"


def test_the_summary_counts() -> None:
    error, lints = window_problem(), lint()
    assert summary([], 3, PLAIN) == "no problems in 3 files"
    assert summary([error], 1, PLAIN) == "1 error in 1 file"
    assert summary([error, two_files(), lints], 9, PLAIN) == "2 errors, 1 warning in 2 files"


def test_a_snippet_of_a_very_long_line_takes_no_longer_than_one_of_a_long_line() -> None:
    def work(length: int) -> int:
        return counted(lambda: lay_out("relu " * (length // 5), [(5, 9)], PLAIN, 80))[1]

    assert work(500_000) == work(5_000)


@given(
    line=st.text(st.sampled_from("ab \t日🎉e\u0301\x1b-"), max_size=200),
    cuts=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), max_size=3),
    room=st.integers(24, 100),
)
def test_columns_are_those_of_the_printed_characters(
    line: str, cuts: list[tuple[int, int]], room: int
) -> None:
    places = [(min(a, b, len(line)), min(max(a, b), len(line))) for a, b in cuts]
    laid = lay_out(line, places, PLAIN, room)
    columns = [laid.column(index) for index in range(len(line) + 1)]
    assert columns == sorted(columns)
    assert columns[-1] <= width_of(laid.text)
    for start, end in places:
        if end - start == 1 and line[start] in "ab日🎉":
            # Its column, in the printed text, is where the character stands.
            column = 0
            for index, character in enumerate(laid.text):
                if column == columns[start] and width_of(laid.text[index]) > 0:
                    assert character == line[start]
                    break
                column += width_of(character)


LONG = "n" * 5000
MANY = range(500)
HOSTILE = {
    "a layer": f"input 4 -> {LONG} 3",
    "a constant": f"input 4 -> dense ${LONG}",
    "a file": f'use "{LONG}.net"; input 4 -> dense 3',
    "a shape": f"input {'x'.join('4' for _ in MANY)} -> dense 3",
    "parameters": f"block b({', '.join(f'p{n}' for n in MANY)}) = dense $p1\ninput 4 -> b",
    "blocks": "\n".join(f"block b{n} = b{(n + 1) % 500}" for n in MANY) + "\ninput 4 -> b0",
    "outputs": "\n".join(f"input 4 name=i{n} -> dense 3 -> @o{n}" for n in MANY) + "\nloss ce",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_long_and_many_names_are_shortened(netc: Netc, text: str) -> None:
    """One problem is no more than a screen."""
    done = netc("check", "-e", text)
    assert done.returncode == 1
    assert len(done.stdout) < 2000
    assert "…" in done.stdout or "more" in done.stdout
    assert json.loads(netc("check", "--format", "json", "-e", text).stdout)["problems"]
