"""Reading: newlines, places, recovery, hostile texts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from netc.grammar import ast
from netc.grammar.parser import LARGEST, STATEMENTS_MOST
from netc.grammar.problem import Problem
from spec_strategy import specs
from work import counted

Read = Callable[[str], tuple[ast.File, tuple[Problem, ...]]]
quick = settings(max_examples=200, suppress_health_check=list(HealthCheck))

SPLITS = {
    "a\nb": 2,
    "a; b;; c": 3,
    "a\n\n\n -> b": 1,
    "a\n# c\n\n# d\n -> b": 1,
    "a ->\n\n b": 1,
    "block f =\n a": 1,
    "block f =\n# c\n a": 1,
    "x [\na\n|\nb\n]": 1,
    "x (\n1,\n2)": 1,
    "x [\n]\n": 0,
    "let a=1\nlet b=2": 2,
    "a\r\nb\r\n": 2,
    "\ufeffa": 1,
    "": 0,
    "# only": 0,
    ";;": 0,
}


@pytest.mark.parametrize("text", SPLITS)
def test_a_newline_ends_a_statement_unless_something_is_open(text: str, read: Read) -> None:
    file, _ = read(text)
    assert len(file.statements) == SPLITS[text]


def test_places_are_exact(read: Read) -> None:
    text = 'block f(a, k=3x3) = conv (4*$a) -0.5 -> @x\n\nlet  w = log( 1 ,2 )  # c\r\nx "s" b>=1%'
    file, problems = read(text)
    assert problems == ()
    block, let, pipe = file.statements
    assert isinstance(block, ast.Block)
    assert isinstance(let, ast.Let)
    assert isinstance(pipe, ast.Pipe)
    assert block.span.text == text.partition("\n")[0]
    assert [part.span.text for part in block.parameters] == ["a", "k=3x3"]
    call, label = block.body.stages
    assert isinstance(call, ast.Call)
    assert [part.span.text for part in call.arguments] == ["(4*$a)", "-0.5"]
    assert label.span.text == "@x"
    assert [part.span.text for part in let.bindings] == ["w = log( 1 ,2 )"]
    assert file.comments[0].text == "# c"
    assert pipe.span.line == 4
    assert pipe.span.text == 'x "s" b>=1%'


def test_statements_around_a_broken_one_are_kept(read: Read) -> None:
    text = "data mnist\nblock f(a = dense $a\nlet w=(3\ninput 3 -> 4 -> @x\nloss ce\n"
    file, problems = read(text)
    assert [problem.code for problem in problems] == ["E0120", "E0120", "E0138"]
    assert [statement.span.text for statement in file.statements] == ["data mnist", "loss ce"]
    assert [part.word for part in file.broken] == ["block", "let", "input"]
    assert [part.defines for part in file.broken] == [("f",), ("$w",), ("@x",)]


@quick
@given(text=st.text(alphabet="ab1.x?@$-> =|[](),;:\"'#\n\r\t %*/+→×\x00{}E_n", max_size=60))
def test_no_text_crashes_the_parser(text: str, read: Read) -> None:
    hold(text, read)


@quick
@example(text="dense->dense->dense", place=0.5, size=0, new="(")
@given(text=specs(), place=st.floats(0, 1), size=st.integers(0, 3), new=st.text("[]()->=,|1a\n"))
def test_a_damaged_spec_has_a_place_for_each_problem(
    text: str, place: float, size: int, new: str, read: Read
) -> None:
    at = int(place * len(text))
    hold(text[:at] + new + text[at + size :], read)


def hold(text: str, read: Read) -> None:
    """Every problem can be told and lies inside the text; what is lost is said."""
    file, problems = read(text)
    for problem in problems:
        assert 0 <= problem.at.start <= problem.at.end <= len(text)
        words = (problem.message(), problem.label(), *problem.help())
        assert "None" not in str(words)
        assert all(0 <= part.span.start <= len(text) for part in problem.labels())
    assert problems or not file.broken


def test_fifty_mistakes_give_fifty_errors(read: Read) -> None:
    text = "".join(f"input {n} -> dense {n}, relu\n" for n in range(50))
    file, problems = read(text)
    assert len(problems) == 50
    assert len(file.statements) == 50


HOSTILE = {
    "brackets": "a " + "[a " * 10_000 + "]" * 10_000,
    "open brackets": "a " + "[a " * 10_000,
    "parentheses": "a " + "(" * 10_000 + "1" + ")" * 10_000,
    "sum": "a (" + "1+" * 50_000 + "1)",
    "minus": "a (" + "-" * 100_000 + "1)",
    "digits": "a " + "1" * 5_000,
    "fraction": "a 0." + "1" * 100_000,
    "large": "a 1e999",
    "shape": "a " + "1x" * 50_000 + "1" * 40,
    "mixed": "(" * 50_000 + "]" * 50_000,
    "line": "a " * (LARGEST * 5),
    "units": "1 ep " * 20_000,
    "newlines": "a [" + "\n" * 100_000,
    "signs": "§ " * 50_000,
    "arrows": "-" * 100_000,
}


def test_a_text_of_too_many_statements_is_not_read(read: Read) -> None:
    assert "E0115" not in {problem.code for problem in read("a;" * STATEMENTS_MOST)[1]}
    text = "a;" * (LARGEST // 2)
    (_, problems), work = counted(lambda: read(text))
    assert [problem.code for problem in problems] == ["E0115"]
    assert work < 20 * len(text)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_refused_quickly(name: str, read: Read) -> None:
    text = HOSTILE[name]
    (_, problems), work = counted(lambda: read(text))
    assert problems or name == "fraction"
    assert work < 100 * len(text)


def test_a_long_text_is_read_in_time(read: Read) -> None:
    text = "input 784\n" + "  -> dense 128 relu bias=false\n" * 8_000
    (file, problems), work = counted(lambda: read(text))
    assert work < 10 * len(text), "about five calls for each character"
    assert problems == ()
    pipe = file.statements[0]
    assert isinstance(pipe, ast.Pipe)
    assert len(pipe.stages) == 8_001
