"""Fixes, applied as `netc check --fix` applies them, leave nothing of what they fix."""

from __future__ import annotations

import re
from inspect import cleandoc
from pathlib import Path

import pytest
from netc.cli.fixing import apply_fixes, edited
from netc.compiler.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.problems.catalog import all_problem_classes
from netc.compiler.reading import read_source, source_of
from netc.grammar.problem import Problem

FENCE = re.compile(r"```netc[^\n]*\n(.*?)```", re.DOTALL)


def problems_of(text: str) -> tuple[Problem, ...]:
    return check(source_of(text), BUILTIN, read_source).problems


def examples() -> list[tuple[str, str]]:
    """The wrong example of every page whose problem has a fix, with its code."""
    found = []
    for cls in all_problem_classes():
        fences = FENCE.findall(cleandoc(cls.__doc__ or ""))
        if fences and any(problem.fixes() for problem in problems_of(fences[0])):
            found.append((cls.code, fences[0]))
    return found


def repaired(text: str, *, unsafe: bool) -> str:
    """The text after as many rounds of fixes as it takes, which must be few."""
    for _ in range(5):
        source = source_of(text)
        found = check(source, BUILTIN, read_source).problems
        texts, applied = apply_fixes(found, [source], unsafe=unsafe)
        if not applied:
            return text
        text = texts[source.name]
    raise AssertionError(f"fixes without end: {text}")


@pytest.mark.parametrize(("code", "text"), examples())
def test_every_fix_of_an_example_removes_its_code(code: str, text: str) -> None:
    fixes = [
        fix for problem in problems_of(text) if problem.code == code for fix in problem.fixes()
    ]
    for fix in fixes:
        result = edited(text, fix.edits)
        assert code not in [problem.code for problem in problems_of(result)], (
            f"{fix.title}\n{result}"
        )
    assert code not in [problem.code for problem in problems_of(repaired(text, unsafe=True))]


SAFE = [
    """
let widht=64
input 28x28x1 -> conv 8 3x3 relu strid=1 -> flaten -> dense $width relu -> dense widht
  -> dens 10 sofmax -> @ot
loss ce on=@out
otp adam lr=0.001
train epochs=10
""",
    """
input 784 -> Dense 128 ReLU -> dense(64) relu, tanh => dense 10 softmax // the head
loss cee smoothing=0.1
metric ac top5
schedule cosin warmup=2ep
""",
    """
block cb(c, k=3x3) = conv $c $k pad=1 bias=false bn rel
input 32x32x3 -> cb 16 strid=1 -> cb 16 kk=3x3 -> gap -> dense 10 softmax
sgd lr=0.1 momentum=0.9
loss ce
""",
]


@pytest.mark.parametrize("text", SAFE)
def test_safe_fixes_remove_all_that_can_be_fixed(text: str) -> None:
    result = repaired(text, unsafe=False)
    left = [problem for problem in problems_of(result) if problem.is_error]
    assert not any(fix.safe for problem in left for fix in problem.fixes())
    assert {problem.code for problem in left} <= {"E0216", "E0231"}, result


def test_unsafe_fixes_make_a_network_of_lines_without_arrows() -> None:
    text = "input 784\ndense 128 relu\ndense 10\nloss ce\n"
    result = repaired(text, unsafe=True)
    assert result == "input 784\n-> dense 128 relu\n-> dense 10 -> softmax\nloss ce\n"
    assert problems_of(result) == ()


REVEALED = {"E0206", "E0227", "E0312", "E0701"}
"""What is wrong with the statement that a fix made readable: a constant or a file that is missing,
a network that is, a window that does not fit."""

DAMAGED = [
    ("input 5 -> @a.5 -> dense 3", None),
    ("let w=3\ninput 5 -> dense $w.5", None),
    ("input 5 -> dense (3).5", None),
    ("input 5 -> dropout .5 -> dense 3.", "input 5 -> dropout 0.5 -> dense 3"),
]
"""Damaged specs and what safe fixes make of them; None where there is nothing safe to do."""


@pytest.mark.parametrize(("text", "result"), DAMAGED)
def test_safe_fixes_of_a_damaged_spec(text: str, result: str | None) -> None:
    assert repaired(text, unsafe=False) == (text if result is None else result)


WRONG = [path.read_text() for path in sorted((Path(__file__).parent / "wrong_specs").glob("*.net"))]


@pytest.mark.parametrize("text", [text for _, text in examples()] + WRONG + [t for t, _ in DAMAGED])
def test_a_safe_fix_makes_no_other_error(text: str) -> None:
    repaired(text, unsafe=False)
    found = [problem for problem in problems_of(text) if problem.is_error]
    known = {problem.code for problem in found} | REVEALED
    for problem in found:
        for fix in problem.fixes():
            if fix.safe:
                result = edited(text, fix.edits)
                codes = {left.code for left in problems_of(result) if left.is_error}
                assert codes <= known, f"{fix.title}\n{result}"
