"""What people read when shapes do not fit: a document with every message, and the edits.

pytest tests/ops --update-snapshots      writes the document anew; look at the difference
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from netc.compiler.problems.catalog import all_problem_classes
from netc.grammar.source import Span

if TYPE_CHECKING:
    from .conftest import Place, Reader

DOCUMENT = Path(__file__).parent / "snapshots" / "shape_problems.txt"

WRONG = [
    ("maxpool 2x2", "7x7x16"),
    ("maxpool 2", "7x8x3"),
    ("avgpool 2 stride=3", "7x4"),
    ("conv 4 3x3 stride=3", "7x7x1"),
    ("conv 4 3x3 stride=3", "7x8x1"),
    ("conv 4 3x3 stride=3", "?x7x1"),
    ("conv 4 3 stride=4 pad=1", "104x1"),
    ("conv 4 2x2 stride=4 dilation=2", "10x9x1"),
    ("depthwise 2 stride=3", "7x7x3"),
    ("conv 4 7x7", "5x5x1"),
    ("conv 4 7x7 stride=2", "5x9x1"),
    ("conv 4 9x9 pad=1", "5x4x1"),
    ("conv 5 9x9 groups=2", "8x8x3"),
    ("maxpool 2", "1x8"),
    ("conv 4 3x3", "100x8"),
    ("conv 4 3x3 stride=1x1x1", "9x9x8"),
    ("upsample 2x2", "5x5"),
    ("pad 1 after=1x1", "5x5"),
    ("maxpool 2 pad=2", "8x8"),
    ("avgpool 4x4 pad=1x4", "8x8x3"),
    ("avgpool 1 pad=1", "8x8x3"),
    ("deconv 4 3 stride=2 output_pad=2", "7x8"),
    ("deconv 4 3 output_pad=1", "7x8"),
    ("deconv 4 2 pad=4", "3x3x8"),
    ("deconv 4 2 pad=1", "1x8"),
    ("crop 4", "8x8x1"),
    ("crop 1", "1x8"),
    ("dense 10", "6x6x256"),
    ("dense 10", "100x8"),
    ("dense 10", "?x8"),
    ("embed 10 4", "28x28x1"),
    ("poly 3", "8x8x1"),
    ("conv 8 3x3", "784"),
    ("conv 8 3x3", "3072"),
    ("gap", "10"),
    ("lrn 5", "10"),
    ("dense 10", "?"),
    ("conv 8 3x3", "28x28x?"),
    ("bn", "?"),
    ("prelu", "8x?"),
    ("reshape 4x4", "?"),
    ("add", "8x8x32", "8x8x16"),
    ("add", "28x28x128", "56x56x64"),
    ("add", "8x8x16", "6x6x16"),
    ("add", "7x7x16", "6x6x16"),
    ("add", "7x16", "14x16"),
    ("add", "10", "20"),
    ("add", "32", "4x4x2"),
    ("max", "2", "4x4x2"),
    ("avg", "4x8", "4x8", "4x9"),
    ("mul", "?x8", "4x8"),
    ("concat", "6x6x8", "8x8x16"),
    ("concat", "14x14x8", "28x28x16"),
    ("concat", "7x8", "14x16"),
    ("concat", "8", "4x4x8"),
    ("concat", "8x8", "4x4x8"),
    ("conv 32 3x3 groups=3", "8x8x16"),
    ("conv 30 3x3 groups=4", "8x8x16"),
    ("deconv 9 3x3 groups=2", "8x8x16"),
    ("gn 3", "7x7x16"),
    ("reshape 28x27x1", "784"),
    ("reshape 5x?", "784"),
    ("reshape 13x17x5", "784"),
    ("reshape 783", "784"),
    ("reshape 3x3", "12x5"),
    ("reshape ?x?", "784"),
    ("reshape 1x2x3x4", "24"),
    ("expect 28x28x8", "26x26x8"),
    ("expect 7", "26x26x8"),
    ("expect 5x8", "?x8"),
    ("input 64x28x28x1",),
    ("input 10000000x10000000",),
    ("dense 10000000000", "784"),
    ("conv 1000000 3x3 pad=1", "2000x2000x3"),
    ("upsample 1000000", "28x28x1"),
]


def section(read: Reader, call: str, *inputs: str) -> str:
    """A problem as the document shows it."""
    problem = read.problem(call, *inputs)
    text = problem.at.source.text
    lines = [text, " " * problem.at.start + "^" * len(problem.at.text)]
    lines.append(f"{problem.code}: {problem.message()}")
    if problem.label():
        lines.append(f"  here: {problem.label()}")
    lines += [f"  {label.span.text}: {label.text}" for label in problem.labels()]
    lines += [f"  help: {line}" for line in problem.help()]
    lines += [f"  fix: {fix.title}" for fix in problem.fixes()]
    return "\n".join(lines)


def test_messages(read: Reader, request: pytest.FixtureRequest) -> None:
    text = "\n\n".join(section(read, *row) for row in WRONG) + "\n"
    if request.config.getoption("--update-snapshots"):
        DOCUMENT.parent.mkdir(exist_ok=True)
        DOCUMENT.write_bytes(text.encode())
    assert text == DOCUMENT.read_bytes().decode()


def test_every_code_of_shapes_is_in_the_document(read: Reader) -> None:
    codes = {cls.code for cls in all_problem_classes() if cls.code.startswith("E03")}
    assert {read.problem(*row).code for row in WRONG} == codes


@pytest.mark.parametrize("row", WRONG, ids=["  ".join(row) for row in WRONG])
def test_other_places_say_what_they_give(read: Reader, row: tuple[str, ...]) -> None:
    problem = read.problem(*row)
    for second in problem.labels():
        assert second.text == f"gives {second.span.text.removeprefix('input ')}"
    assert problem.help(), "there is always a way out"
    assert not any(fix.safe for fix in problem.fixes()), "a shape is never wrong for sure"


@pytest.mark.parametrize(
    ("call", "shape", "before", "gives"),
    [
        ("dense 10", "6x6x256", "flatten", "10"),
        ("dense 10", "?x8", "gap", "10"),
        ("conv 8 3x3", "147", "reshape 7x7x3", "5x5x8"),
    ],
)
def test_a_layer_can_be_put_before_it(
    read: Reader, call: str, shape: str, before: str, gives: str
) -> None:
    place = read.place(call, shape)
    place.makers[0] = part(place, "input")
    assert place.infer() is None
    (edit,) = place.found[0].fixes()[0].edits
    assert edit.text == f"{before} -> "
    assert edit.span.start == edit.span.end == place.span.start
    middle = read.infer(before, shape)
    assert middle is not None
    assert read.infer(call, middle) == gives


def test_the_input_itself_is_rewritten_where_it_is_next(read: Reader) -> None:
    (edit,) = read.problem("conv 8 3x3", "784").fixes()[0].edits
    assert (edit.span.text, edit.text) == ("784", "28x28x1")


def test_a_value_from_elsewhere_is_left_alone(read: Reader) -> None:
    place = read.place("gn 3", "7x7x16")
    place.options["groups"] = part(place, "7x7")
    assert place.infer() is None
    assert place.found[0].fixes() == ()


def part(place: Place, text: str) -> Span:
    """The first place of a text in the whole one."""
    start = place.source_text.text.index(text)
    return Span(place.source_text, start, start + len(text))
