"""Every way out that a message offers gives the size that it promises."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from netc.compiler.problems.windows import WindowLeavesData, WindowOnPadding, WindowTooLarge
from netc.compiler.shapes import shape_text
from netc.grammar.problem import Fix, Problem

if TYPE_CHECKING:
    from .conftest import Place, Reader

OFFER = re.compile(r"`([^`]+)`(?: reads every \w+ and| drops \w+ and| covers \w+ and)? "
                   r"gives ([\dx]+)")  # fmt: skip


def apply(place: Place, fix: Fix) -> tuple[str, list[str]]:
    """The text after a fix, its call and the shapes before it."""
    text = place.source_text.text
    for edit in sorted(fix.edits, key=lambda edit: -edit.span.start):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    *before, call = text.split(" -> ")
    return call, [stage.removeprefix("input ") for stage in before]


def changed(call: str, option: str) -> str:
    """The call with an option set, or another call altogether."""
    if "=" not in option.split()[0]:
        return option
    key, _, value = option.partition("=")
    kept = [word for word in call.split() if not word.startswith(f"{key}=")]
    return " ".join([*kept, f"{key}={value}"])


def check_offers(read: Reader, call: str, shape: str, problem: Problem) -> None:
    offers = [match.groups() for line in problem.help() for match in OFFER.finditer(line)]
    for option, promised in offers:
        again = changed(call, option)
        if again == option:
            # Another window keeps what else was written.
            kept = [word for word in call.split() if "=" in word and "stride=" not in word]
            again = " ".join([option, *kept])
        assert read.infer(again, shape) == promised, (call, shape, option)
    place = read.place(call, shape)
    place.infer()
    fixes = place.found[0].fixes()
    assert len(fixes) == len(offers), "every offer can be applied"
    for fix, (_, promised) in zip(fixes, offers, strict=True):
        assert not fix.safe
        fixed, inputs = apply(place, fix)
        assert read.infer(fixed, *inputs) == promised, (fixed, promised)


@given(
    word=st.sampled_from(["conv 4", "maxpool", "avgpool", "depthwise"]),
    rows=st.integers(1, 30),
    columns=st.integers(1, 30),
    kernel=st.sampled_from(["1", "2", "3", "4", "2x2", "3x3", "5x5", "3x2", "7x7"]),
    stride=st.sampled_from(["", " stride=2", " stride=3", " stride=2x3", " stride=5"]),
    pad=st.sampled_from(["", " pad=0", " pad=1"]),
)
def test_images(
    read: Reader, word: str, rows: int, columns: int, kernel: str, stride: str, pad: str
) -> None:
    call = f"{word} {kernel}{stride}{pad}"
    shape = f"{rows}x{columns}x3"
    place = read.place(call, shape)
    if place.infer() is None:
        (problem,) = place.found
        assert isinstance(problem, WindowLeavesData | WindowTooLarge | WindowOnPadding)
        check_offers(read, call, shape, problem)


@given(
    size=st.integers(1, 40),
    kernel=st.integers(1, 7),
    stride=st.integers(1, 6),
    pad=st.integers(0, 3),
    dilation=st.integers(1, 3),
)
def test_sequences(
    read: Reader, size: int, kernel: int, stride: int, pad: int, dilation: int
) -> None:
    call = f"conv 4 {kernel} stride={stride} pad={pad} dilation={dilation}"
    place = read.place(call, f"{size}x3")
    if place.infer() is None:
        check_offers(read, call, f"{size}x3", place.found[0])


def test_unread_data_is_always_offered_both_roundings(read: Reader) -> None:
    problem = read.problem("conv 4 3x3 stride=3", "7x7x1")
    assert isinstance(problem, WindowLeavesData)
    assert shape_text(problem.floor.shape) == "2x2x4"
    assert shape_text(problem.ceil.shape) == "3x3x4"


def test_no_edit_reaches_into_the_arguments_of_a_block(read: Reader) -> None:
    """A value from outside the call is left alone: other layers may read it too."""
    place = read.place("maxpool 2x2", "7x7x16")
    outside = place.makers[0]
    place.options["kernel"] = outside
    place.infer()
    assert place.found[0].fixes() == ()
    place = read.place("conv 4 3x3 stride=3", "7x7x1")
    place.options["stride"] = outside
    place.infer()
    assert [fix.title for fix in place.found[0].fixes()] == [
        "write `pad=1`", "write `round=floor`", "write `round=ceil`",
    ]  # fmt: skip


MERGE = re.compile(r"`-> ([^`]+)` after `([\dx]+)` gives ([\dx]+)")
PADDED = re.compile(r"`pad=(\d)` in the branch that gives `([\dx]+)` makes it ([\dx]+)")
SIDES = st.sampled_from([1, 2, 3, 4, 6, 7, 8, 12, 14])
CHANNELS = st.sampled_from([1, 4, 8])


@given(
    word=st.sampled_from(["add", "concat"]),
    first=st.tuples(SIDES, SIDES, CHANNELS),
    other=st.tuples(SIDES, SIDES, CHANNELS),
    rank=st.sampled_from([1, 2, 3]),
    other_rank=st.sampled_from([1, 2, 3]),
)
def test_merges(
    read: Reader,
    word: str,
    first: tuple[int, ...],
    other: tuple[int, ...],
    rank: int,
    other_rank: int,
) -> None:
    left, right = shape_text(first[-rank:]), shape_text(other[-other_rank:])
    place = read.place(word, left, right)
    if place.infer() is not None:
        return
    for line in place.found[0].help():
        if match := MERGE.match(line):
            call, after, promised = match.groups()
            given = after
            for stage in call.split(" -> "):
                given = read.infer(stage, given)
            assert given == promised
            assert after in (left, right)
            kept = right if after == left else left
            assert read.infer(word, promised, kept) is not None
        elif match := PADDED.match(line):
            pad, without, padded = match.groups()
            *axes, channels = without.split("x")
            window = "x".join(str(2 * int(pad) + 1) for _ in axes)
            assert read.infer(f"conv {channels} {window}", padded) == without
            assert read.infer(f"conv {channels} {window} pad={pad}", padded) == padded


def test_a_branch_without_padding_beside_its_skip(read: Reader) -> None:
    place = read.place("add", "14x14x16", "16x16x3")
    assert place.infer() is None
    assert place.found[0].help() == (
        "`pad=1` in the branch that gives `14x14x16`, and "
        "`-> conv 16 1x1` after `16x16x3` gives 16x16x16",
    )
