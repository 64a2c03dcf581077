"""Fixes, applied as `netc check --fix` applies them, leave nothing of what they fix."""

from __future__ import annotations

import re
from inspect import cleandoc
from pathlib import Path

import pytest
from netc.cli.specs.fixing import apply_fixes, edited
from netc.compiler.language.builtin import BUILTIN
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
        texts, applied, *_ = apply_fixes(found, [source], unsafe=unsafe)
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
metric accu top5
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


REVEALED = {"E0134", "E0206", "E0227", "E0238", "E0312", "E0420", "E0701"}
"""What may still be wrong with what a fix made readable: its parentheses, a constant, file or
network that is missing, a choice in quotes, a window or loss that does not fit."""

DAMAGED = [
    ("input 5 -> @a.5 -> dense 3", None),
    ("let w=3\ninput 5 -> dense $w.5", None),
    ("input 5 -> dense (3).5", None),
    ("input 5 -> dropout .5 -> dense 3.", "input 5 -> dropout 0.5 -> dense 3"),
    ("input 5 -> dense 4 ln eps=1e-3", "input 5 -> dense 4 -> ln eps=1e-3"),
    (
        "input 8x8x1 -> conv 4 3x3 relu pad=1 strid=1",
        "input 8x8x1 -> conv 4 3x3 pad=1 stride=1 relu",
    ),
    ("input 8x8x1 -> conv pad=1 4 stride=1 3x3", "input 8x8x1 -> conv 4 3x3 pad=1 stride=1"),
    ("input 5 -> dense 4 relu foo=3", None),
    ("input 5 -> dense 4 unknown eps=3", None),
    ("input 5 -> dense 4 relu 5", None),
    ("input 5 -> dense 4 prelu lr=2", None),
    ("input 5 -> dense units=4 5", None),
    ("input 5 -> @a -> dense 5 -> add name=x @a", "input 5 -> @a -> dense 5 -> add @a name=x"),
    (
        "input 5 -> repeat 2 [dense 5] relu name=x",
        "input 5 -> repeat 2 [dense 5] -> relu name=x",
    ),
    ("input 5 -> dense 4\ntrain epochs=3 5", None),
    ("input 5 -> dense 4\nopt sgd lr=0.1 adam", None),
    (
        'input 5 -> dense 4\nopt lr=0.1 sgd\ndata target=a csv "a.csv"',
        'input 5 -> dense 4\nopt sgd lr=0.1\ndata csv "a.csv" target=a',
    ),
    ("input 5 -> dense 4\nopt(adam, lr=0.01)", "input 5 -> dense 4\nopt adam lr=0.01"),
    ("input 5 -> dense 4\nopt(lr=0.01, adam)", "input 5 -> dense 4\nopt adam lr=0.01"),
    ("input 5 -> dense 4\nopt = adam(lr=0.01)", "input 5 -> dense 4\nopt adam lr=0.01"),
    ("input 5 -> dense 4\nloss(mse, weight=0.5)", "input 5 -> dense 4\nloss mse weight=0.5"),
    (
        "input 5 -> dense(4, relu, bias=false) -> dense 2",
        "input 5 -> dense 4 bias=false relu -> dense 2",
    ),
    ("input: 5 -> dense: 10", "input 5 -> dense 10"),
    ("input 5 -> dense 3\nloss := mse", "input 5 -> dense 3\nloss mse"),
    ("width := 3\ninput 5 -> dense 10 == relu", None),
    (
        "block f(a): dense $a\ninput 5 -> f 3 => relu\nexpect params => 18",
        "block f(a)= dense $a\ninput 5 -> f 3 -> relu\nexpect params >= 18",
    ),
    ("input 5 -> dense.relu -> nets/a.net", None),
    ("input 5 -> repeat 2 (dense 3 relu) -> repeat 2 (relu dense 3)", None),
    ("input 5 -> add(dense 5, id)", None),
    ("input 5 -> dense(4  # four\n  , bias=false)", None),
    (
        "Input(5) -> Dense(4, activation='relu', use_bias=false) -> dense(relu, units=2)",
        "input 5 -> dense 4 bias=false relu -> dense units=2 relu",
    ),
    (
        "input 8x8x1 -> conv(3, kernel_size=3, padding='same')",
        "input 8x8x1 -> conv 3 kernel=3 pad=same",
    ),
    ("input 5 -> dropout 0,5 -> dense 3", "input 5 -> dropout 0.5 -> dense 3"),
    ('input 28x28x1 -> conv 3x3 8 bias="none"', 'input 28x28x1 -> conv 8 3x3 bias="none"'),
    ('input 28x28x1 -> conv 8 3 bias="none"', None),
    ("input 28,28,1 -> flatten -> dense 1,000", None),
    (
        "input 5 - > dense 4 > dense 5 relu > dense 3 bias=false tanh",
        "input 5 -> dense 4 -> dense 5 relu -> dense 3 bias=false tanh",
    ),
    ("input=5 -> dense 3", "input 5 -> dense 3"),
    (
        "block f c d = dense $c -> dense $d\ninput 5 -> f 3 4",
        "block f(c, d) = dense $c -> dense $d\ninput 5 -> f 3 4",
    ),
    (
        "block f($c, $d) = dense $c -> dense $d\ninput 5 -> f 3 4",
        "block f(c, d) = dense $c -> dense $d\ninput 5 -> f 3 4",
    ),
    ("block f(c) -> dense $c\ninput 5 -> f 3", "block f(c) = dense $c\ninput 5 -> f 3"),
    (
        "let w=3\ninput 5 -> dense {w} -> repeat 2 {relu} -> dense ${w}",
        "let w=3\ninput 5 -> dense $w -> repeat 2 {relu} -> dense $w",
    ),
]
"""Damaged specs and what safe fixes make of them; None where there is nothing safe to do."""


@pytest.mark.parametrize(("text", "result"), DAMAGED)
def test_safe_fixes_of_a_damaged_spec(text: str, result: str | None) -> None:
    assert repaired(text, unsafe=False) == (text if result is None else result)


WRONG_SPECS = Path(__file__).parents[1] / "resolve" / "wrong_specs"
WRONG = [path.read_text() for path in sorted(WRONG_SPECS.glob("*.net"))]


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
