"""Several independent mistakes around layers that failed: each shows once, in one pass, and
nothing is said that only follows from another."""

from __future__ import annotations

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of

TEXTS = [
    # An unknown layer, and what stands behind a layer that does not depend on it.
    ("input 784 -> dense 128 rleu -> dense 10 sigmoid\nloss ce", ["1 E0201", "2 E0420"]),
    ("data mnist\ninput 28x28x1 -> flaten -> dense 11 softmax\nloss ce", ["2 E0201", "2 E0505"]),
    ("data mnist\ninput 28x28x1 -> dense 11 softmax\nloss ce", ["2 E0301", "2 E0505"]),
    ("input 784 -> dense 128 act=relu -> dense 10 -> conv 3 3x3", ["1 E0230", "1 E0302"]),
    ("input 784 -> foo 3 -> reshape 4x4x3 -> conv 8 5x5", ["1 E0201", "1 E0311"]),
    ("input 784 -> foo 3 -> expect 8x8x3 -> conv 8 9x9", ["1 E0201", "1 E0311"]),
    ("input 9x9x3 -> conv 3 2x2 strid=2 -> foo -> dense 5 sigmoid\nloss hinge",
     ["1 E0230", "1 E0201", "2 E0420"]),
    # What does not change the shape is reported, and the shape flows on.
    ("input 8x8x3 -> conv 8 3x3 groups=3\n-> expect 7x7x8", ["1 E0306", "2 E0308"]),
    ("input 8x3 -> conv 8 3 groups=3\n-> expect 7x8", ["1 E0306", "2 E0308"]),
    ("input 8x8x3 -> conv 8 3x3 groups=2 -> @a -> conv 8 3x3\n-> add @a -> relu",
     ["1 E0306", "2 E0304"]),
    ("input 8x8x6 -> gn 4\n-> expect 8x8x7", ["1 E0306", "2 E0308"]),
    ("input 8x8x6 -> expect 9x9x6\n-> conv 8 9x9", ["1 E0308", "2 E0311"]),
    # A misspelt activation keeps the shape.
    ("input 8x8x3 -> conv 8 3x3 rleu\n-> expect 7x7x8", ["1 E0201", "2 E0308"]),
    ("input 8x8x3 -> conv 8 3x3 -> relu slope=1\n-> expect 7x7x8", ["1 E0230", "2 E0308"]),
    ("input 8x8x3 -> relu slope=1 -> conv 8 9x9", ["1 E0230", "1 E0311"]),
    # Nothing more is said where it only follows.
    ("data mnist\ninput 28x28x1 -> flatten -> dense 10 sotfmax\nloss ce", ["2 E0201"]),
    ("data mnist\ninput 28x28x1 -> flatten -> dens 10\nloss ce", ["2 E0201"]),
    ("data mnist\ninput 28x28x1 -> flatten -> dense 10 strid=2\nloss ce", ["2 E0230"]),
    ("data mnist\ninput 28x28x1 -> flatten -> dense 10 -> softmax strid=2\nloss ce", ["2 E0230"]),
    ("input 8x8x3 -> conv 8 4x4 stride=3 -> flatten -> expect 3", ["1 E0312"]),
    ("input 8x8x3 -> foo -> flatten -> conv 3 3x3", ["1 E0201"]),
    ("input 8x8x3 -> foo -> add [conv 8 3x3 | id]", ["1 E0201"]),
    ("input 784 -> dense 9999999999 -> dense 9 softmax\nloss ce", ["1 E0309"]),
    ("input 784 -> foo 3 -> dense 10 -> @a\n@b -> dense 10\nloss ce", ["1 E0201", "2 E0205"]),
    ("input 8x8x3 -> foo @a -> dense 10\ninput 3 -> @a\nloss ce", ["1 E0201"]),
    ("input 64 -> dense 64 rleu -> @a -> dense 32 -> add @a", ["1 E0201", "1 E0304"]),
    ("input 8 -> foo -> dense 4 bias=false share=@x softmax\n"
     "input 8 -> dense 5 bias=false -> @x -> dense 4 softmax\nloss ce", ["1 E0201", "3 E0424"]),
    ("input 784 -> foo -> dense 10 softmax\nexpect params=7", ["1 E0201"]),
    ("input 784 -> foo -> dense 10 -> softmax\nloss mse\nopt exact", ["1 E0201", "2 E0421"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), TEXTS, ids=[text for text, _ in TEXTS])
def test_independent_mistakes_show_in_one_pass(text: str, expected: list[str]) -> None:
    problems = check(source_of(text), BUILTIN, read_source).problems
    found = [f"{item.at.line} {item.code}" for item in problems if item.is_error]
    assert found == expected
