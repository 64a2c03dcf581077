"""Every mistake, with what is said about it: `snapshots/mistakes.txt` is the document."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from netc.grammar.problem import Problem

SNAPSHOT = Path(__file__).parent / "snapshots" / "mistakes.txt"

MISTAKES = (
    "input 784 -> 128\nloss ce",
    "input 3 -> dense(128, relu) -> softmax",
    "Input 3 → Dense 4 –> relu => x",
    "input 3 -> dense 128relu",
    "stop after 30eps; stop after 30 ep; stop after 20 %; a 10m",
    "input 3 -> repeat 2 [dense 4 -> relu\nloss ce\n@x -> dense 3",
    "let a=(1, 2\nloss ce",
    "x )\nloss ce",
    "x [a)\nloss ce",
    "let width 64",
    "let",
    "let a=1, b=2",
    "a -> -> b",
    "-> b",
    "a ->",
    "a | b",
    "x [a |]; x [| a]; x [a || b]; x []",
    "dense 64-1; dense 4*$c; dense 3*3; dense $c - 1; dense +3; d 64 -1",
    "block f (a) = b",
    "block f(a) b $a",
    "block = b",
    "block f(a) =",
    "block f(3) = a",
    "block f(a b) = a",
    "use blocks.net",
    "netc",
    "a; netc 1",
    "netc 2",
    'data csv "abc target=x\nloss ce',
    "data csv 'abc' target=X",
    "data csv 'a\"b' header=true",
    'data csv "abc" ignore=(a, Id, Full Name)',
    'data csv "abc" target=lot-area',
    "data csv “abc” x",
    "a 1e999 b .5 c 5. d 1_000 e 1e f 1.2.3",
    "a 12345678901234567890",
    "a (1 2) (4*) (,1) (1**2) (a -> b) (x=3)",
    "width = 64",
    "acc>=98%",
    "// comment here\na -> b // more\nc",
    "a key: 3 x==3 y:=2",
    "a\x00b",
    "a {b}",
    "$a=3",
    "a let 3",
    "a -> @x relu 3",
    "a 1,000",
    "a b=",
    "a 28x28x b 3X3 c 3×3",
    "@ $ $(4)",
    "a (1; 2)",
    "a init=normal（0.01)",
    "a $",
    "= 3",
    "a @x=3",
    "input 3 ->\nlet a=3",
    "1 -> 2",
    "a 64k",
    "a ]] b",
    "block f(a = b\ninput 3\n",
    "data csv my-iris.csv target=a",
    "use blocks.net",
    "data: mnist\nloss: ce",
    "a +3",
    "acc>=98%",
    "width = 64",
    "input 3 ->\nlet a=3",
    "// c x\na",
    "add [a | b\n  c\n  | d\n\nblock f = x",
    "a [b (c ] -> d",
    "a -> (3)",
    'a "x" -> "y"',
    "let let=3",
    "let a",
    "a netc=3",
    "block use(a) = b",
    "a b=-> c",
    "a 3 = 4",
    "a [b -> | c]; b",
    "a @b.5",
    "a $b.5",
    "a (3).5",
    "a b=0,00.1; a b=28,0.5; a b=0,5e999; a b=1,5%",
    "a b=0,001 c=1,5e-3; a 28,28,1; a 1,5",
    "a - > b > c 3 >> d",
    "a b=80/10/10; a b=80/20; a b=80%/10%/10%",
    "a b(c=0.1); a b(c=(1, 2))",
    "block f c = d $c",
    "block f c d = e $c",
    "block f($c, $d) = e $c",
    "block f(c) -> d $c",
    "def f(c) = d $c",
    "/* a */ b -> c /* d\ne */ f",
    "/* a\nb",
    "let w=3\na {w} ${w} ${x}\na {x}",
    "a -> b=3",
    "a 1 -- b => c ==> d --> e |> f :> g ~> h >> i <- j <-> k → l ⮕ m — n",
    "a 1 - b; a 1 & b",
    "% don't (\n// 3 more: (\n-- it's\na; // b\nc",
    "a [b\n  -- c]",
    "let a=(1\n// 2\n--3)",
    "let 3 4; b 3 * * 4; b (1 2 -> 3)",
    "netc one; use; use 3; block; let a= ->; block f = b c=",
    "a b=[c]; a b=let 3; block f = [a | b]; a (let 3)",
    "stop acc => 3; stop acc =< 3; a := 3; let a:=3",
    "flowers.csv -> a; a 10^5; a 10^-3; a & b",
    'a \\"x"',
    "block let = a; block f(a, use) = b; block f(a) = let; block f a; block f(a)\nb; let -> a",
    'use("b.net"); opt(adam, lr=2); dense(a b, 3)',
    "a -> dense(3; 4)",
    "a [b; c]",
    "a {b -> c; d}",
    "input 3 -> a 3, b 4 -> c",
    "a -> b // 3; a * 3; a [b + 3]; a b * 3; a c=b * 3",
    "block f = a * 3; block f(a) = b * $a; block f = a b=c * 3",
    "a -> b $c=3; h = dense 3; 3<4",
    "@x 3; a 28x28x$c; a b=(**3)",
    "let a=(1\n-- 3)",
    "block ep = b\nstop after 30 ep",
    "a 1e3e b 1e999k",
    "a\nlet b=X",
    "a {w}\nblock f(w) = b",
)

Read = Callable[[str], tuple[Any, tuple[Problem, ...]]]


def describe(text: str, read: Read) -> str:
    """A text, each problem with its place and its ways out, and what could be read."""
    file, problems = read(text)
    lines = [f"| {line!r}"[:-1].replace("| '", "| ", 1) for line in text.split("\n")]
    for problem in problems:
        place = f"{problem.at.line}:{problem.at.column}"
        shown = repr(problem.at.text)[1:-1]
        lines.append(f"{place} {problem.code} at {shown}: {problem.message()}")
        if problem.label():
            lines.append(f"    {problem.label()}")
        lines += [f"    {i.span.line}:{i.span.column} {i.text}" for i in problem.labels()]
        lines += [f"    help: {text}" for text in problem.help()]
        for fix in problem.fixes():
            lines.append(f"    {'fix' if fix.safe else 'unsafe fix'}: {fix.title}")
    lines.append(f"read: {len(file.statements)}")
    for part in file.broken:
        lines.append(f"lost: {part.word or '?'} defines {part.defines} mentions {part.mentions}")
    return "\n".join(lines) + "\n"


def test_every_mistake_is_explained_as_in_the_document(
    read: Read, request: pytest.FixtureRequest
) -> None:
    text = "\n".join(describe(mistake, read) for mistake in MISTAKES)
    if request.config.getoption("--update-snapshots"):
        SNAPSHOT.write_text(text, encoding="utf-8")
    assert text == SNAPSHOT.read_text(encoding="utf-8")


@pytest.mark.parametrize("text", MISTAKES)
def test_safe_fixes_take_their_problems_away(text: str, read: Read) -> None:
    _, problems = read(text)
    for problem in problems:
        for fix in problem.fixes():
            fixed = text
            for edit in sorted(fix.edits, key=lambda edit: -edit.span.start):
                fixed = fixed[: edit.span.start] + edit.text + fixed[edit.span.end :]
            _, left = read(fixed)
            if fix.safe:
                assert len(left) < len(problems), fix.title


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("- dense: 64\n- relu:\n", "YAML"),
        ("input: 784\nlayers:\n  - dense: 64\n", "YAML"),
        ("<net>\n  <layer type='dense'/>\n</net>", "XML"),
        ("layers = [\n  imageInputLayer([28 28 1])\n  reluLayer];", "MATLAB"),
        ("#include <stdio.h>\nint main(void) {\n  return 0;\n}", "C"),
        ("import torch\nprint(torch.zeros(3))", "Python"),
    ],
)
def test_a_text_in_another_language_gets_one_error(text: str, language: str, read: Read) -> None:
    file, problems = read(text)
    assert [(problem.code, problem.message()) for problem in problems] == [
        ("E0148", f"this is {language}, not a spec")
    ]
    assert file.statements == ()


def test_one_line_with_a_foreign_comment_leaves_the_rest_a_spec(read: Read) -> None:
    file, problems = read("input 4 -> add [dense 3 | id\n% one line\nloss ce")
    assert [problem.code for problem in problems] == ["E0120", "E0116"]
    assert len(file.statements) == 1


@pytest.mark.parametrize(
    ("text", "code", "fixed"),
    [
        ("data iris split=(0,8 0,1 0,1)", "E0118", "0.8, 0.1, 0.1"),
        ("data iris split=(80 10 10)", "E0126", ","),
        ("data iris split=(1,5 2,5)", "E0126", None),
    ],
)
def test_a_comma_that_may_be_decimal_is_not_taken_for_another(
    text: str, code: str, fixed: str | None, read: Read
) -> None:
    _, problems = read(text)
    edits = [edit.text for fix in problems[0].fixes() for edit in fix.edits]
    assert problems[0].code == code
    assert edits == ([] if fixed is None else [fixed])
