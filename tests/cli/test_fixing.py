"""Fixes applied to texts, and texts written back to their files."""

from __future__ import annotations

import os
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from netc.cli.specs.checking import Request, examine_all
from netc.cli.specs.fixing import apply_fixes, edited
from netc.cli.specs.inputs import Document, read_all
from netc.cli.specs.repair import Repair, repair_all
from netc.cli.specs.writing import unified_diff, with_newlines, write_document
from netc.grammar.problem import Edit, Fix, Problem, Problems
from netc.grammar.source import Source, Span


class Repairable(Problem):
    """A problem with the fixes that a test gives it."""

    code = "E0201"
    title = "repairable"
    ways: tuple[Fix, ...]

    def fixes(self) -> tuple[Fix, ...]:
        return self.ways


def problem(source: Source, *ways: tuple[int, int, str, bool]) -> Repairable:
    fixes = tuple(
        Fix("fix", (Edit(Span(source, start, end), text),), safe) for start, end, text, safe in ways
    )
    return Repairable(at=Span(source, 0, 0), ways=fixes)


def test_safe_fixes_go_first_and_unsafe_ones_need_leave() -> None:
    source = Source("a.net", "abcdef")
    both = problem(source, (0, 1, "UNSAFE", False), (0, 1, "SAFE", True))
    unsafe = problem(source, (3, 4, "X", False))
    safe = apply_fixes([both, unsafe], [source], unsafe=False)
    assert (safe.texts, safe.problems) == ({"a.net": "SAFEbcdef"}, (both,))
    every = apply_fixes([both, unsafe], [source], unsafe=True)
    assert (every.texts, every.problems) == ({"a.net": "SAFEbcXef"}, (both, unsafe))


def test_of_fixes_that_touch_only_the_first_is_applied() -> None:
    source = Source("a.net", "abcdef")
    first, second = problem(source, (1, 3, "X", True)), problem(source, (2, 4, "Y", True))
    beside = problem(source, (3, 3, "Z", True))
    assert apply_fixes([first, second, beside], [source], unsafe=False).texts == {"a.net": "aXdef"}


def test_a_fix_is_applied_whole_or_not_at_all() -> None:
    source, other = Source("a.net", "abc"), Source("b.net", "abc")
    edits = (Edit(Span(source, 0, 1), "X"), Edit(Span(other, 0, 1), "Y"))
    both = Repairable(at=Span(source, 0, 0), ways=(Fix("both", edits, safe=True),))
    assert apply_fixes([both], [source], unsafe=False).texts == {}
    done = apply_fixes([both], [source, other], unsafe=False)
    assert done.texts == {"a.net": "Xbc", "b.net": "Ybc"}


def repaired(text: str) -> Repair:
    """What `netc check --unsafe-fixes` makes of a text."""
    document = Document(Source("a.net", text), is_file=False)
    problems = examine_all([document], Request()).problems
    return repair_all((document,), problems, Request(), unsafe=True)


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        # the window is in a loop: what helps one pass harms the next
        ("input 32x32x3 -> repeat 3 [maxpool 2x3]", None),
        # the word before it is unknown, and the option is one of `conv` all the same
        (
            "input 8x8x1 -> adadelta conv 64 3x3 -> bn",
            "input 8x8x1 -> adadelta conv 64 3x3 bias=false -> bn",
        ),
        ("input 8x8x1 -> conv 64 3x3 -> bn", "input 8x8x1 -> conv 64 3x3 bias=false -> bn"),
        ("input 7x7x1 -> maxpool 2x2", "input 7x7x1 -> maxpool 3x3 stride=2"),
    ],
)
def test_a_fix_that_does_not_remove_its_problem_is_not_applied(
    text: str, fixed: str | None
) -> None:
    once = repaired(text)
    assert once.after[0].source.text == (text if fixed is None else fixed)
    assert once.applied == (fixed is not None)
    assert repaired(once.after[0].source.text).applied == 0


@pytest.mark.parametrize("sign", ["->", ",", "-> ,", "=>"])
def test_rows_of_signs_are_removed_to_the_end(sign: str) -> None:
    text = f"input 4 -> dense 3 {f'{sign} ' * 150}-> dense 2"
    once = repaired(text).after[0].source.text
    assert " ".join(once.split()) == "input 4 -> dense 3 -> dense 2"
    assert repaired(once).applied == 0


def test_new_lines_end_as_the_others_do() -> None:
    source = Source("a.net", "a\r\nb\r\n")
    assert edited(source.text, [Edit(Span(source, 3, 3), "x\n")]) == "a\r\nx\r\nb\r\n"


@given(st.text("ab\n", max_size=20), st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3))))
def test_edits_change_nothing_else(text: str, cuts: list[tuple[int, int]]) -> None:
    source = Source("a", text)
    edits, expected, at = [], "", 0
    for start, length in sorted(cuts):
        if at <= start and start + length < len(text):
            edits.append(Edit(Span(source, start, start + length), "X"))
            expected += text[at:start] + "X"
            at = start + length + 1
            expected += text[at - 1]
    assert edited(text, reversed(edits)) == expected + text[at:]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "marked"])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_a_file_keeps_its_mark_its_line_ends_and_its_mode(
    tmp_path: Path, mark: bytes, newline: bytes
) -> None:
    path = tmp_path / "a.net"
    path.write_bytes(mark + b"input 8" + newline + b"loss ce" + newline)
    path.chmod(0o640)
    link = tmp_path / "link.net"
    link.symlink_to(path)
    problems = Problems()
    (document,) = read_all([str(link)], [], problems)
    assert not len(problems)
    assert document.source.text == (b"input 8" + newline + b"loss ce" + newline).decode()
    write_document(document, with_newlines("input 9\nloss mse\n", document.newline))
    assert path.read_bytes() == mark + b"input 9" + newline + b"loss mse" + newline
    assert path.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["a.net", "link.net"]


def test_a_file_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    document = Document(Source("gone/a.net", "", str(tmp_path / "gone" / "a.net")), is_file=True)
    with pytest.raises(click.ClickException, match=r"cannot write gone/a\.net: no such file"):
        write_document(document, "input 8\n")


def test_a_diff_is_one_that_patch_reads() -> None:
    assert unified_diff("a.net", "a\nb\n", "a\nc") == (
        "--- a/a.net\n+++ b/a.net\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n\\ No newline at end of file\n"
    )
    assert unified_diff("a.net", "a\n", "a\n") == ""


def test_folders_are_read_in_order_and_files_once(tmp_path: Path) -> None:
    for name in ("b.net", "a.net", "sub/c.net", ".hidden/d.net", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("input 8\n")
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    problems = Problems()
    found = read_all([str(tmp_path), str(tmp_path / "a.net")], ["x", "y"], problems)
    names = [document.source.name.removeprefix(f"{tmp_path}/") for document in found]
    assert names == ["<text>", "<text 2>", "a.net", "b.net", "sub/c.net"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (None, "E0701"),
        (b"input\0", "E0703"),
        (b"input \xff", "E0704"),
        (b"# " + b"x" * (16 * 2**20), "E0705"),
    ],
)
def test_what_is_no_spec_is_a_problem(tmp_path: Path, data: bytes | None, code: str) -> None:
    path = tmp_path / "a.net"
    if data is not None:
        path.write_bytes(data)
    problems = Problems()
    assert read_all([str(path)], [], problems) == ()
    assert [problem.code for problem in problems] == [code]


def test_a_folder_without_specs_is_a_problem(tmp_path: Path) -> None:
    problems = Problems()
    assert read_all([str(tmp_path)], [], problems) == ()
    assert [problem.code for problem in problems] == ["E0720"]


def test_a_misspelt_path_finds_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "lenet.net").write_text("")
    problems = Problems()
    read_all([str(tmp_path / "lenett.net")], [], problems)
    assert [problem.label() for problem in problems] == [
        f"did you mean `{tmp_path / 'lenet.net'}`?"
    ]
