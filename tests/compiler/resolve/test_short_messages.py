"""What is said of a wrong value: what was meant, in a line that one can read."""

from __future__ import annotations

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.grammar.problem import Problem

SAID = {
    "a percentage of a fraction": (
        "input 3 -> dense 3\nloss mse\nopt sgd momentum=90%",
        "E0237",
        "write `0.9`",
    ),
    "a percentage that no fraction is": (
        "input 3 -> dense 3\nloss mse\nopt sgd momentum=900%",
        "E0237",
        "write `900`",
    ),
    "a shape with a computed size": (
        "let c=4\ninput 4 -> reshape 1x1x$c",
        "E0114",
        "write a shape with a computed size as a list: `(1, 1, $c)`",
    ),
    "a parenthesis that swallows a statement": (
        "input 3 -> dense 3\nloss mse\ntrain epochs=(10\nreg l2 5e-4)",
        "E0120",
        "write `)` where it ends",
    ),
    "a list over two lines": (
        "input 4 -> each n=(3\n  4) [dense $n]",
        "E0126",
        None,
    ),
}


def problems(text: str) -> tuple[Problem, ...]:
    return check(source_of(text), BUILTIN, read_source).problems


@pytest.mark.parametrize("name", SAID)
def test_it_says_what_to_write(name: str) -> None:
    text, code, help_text = SAID[name]
    (problem,) = problems(text)
    assert problem.code == code
    assert help_text is None or help_text in problem.help()
    assert help_text is None or not any(fix.safe for fix in problem.fixes())


@pytest.mark.parametrize(
    "text",
    [
        f"input 3 -> dense ({'1, ' * 9_000}1)",
        f"let a=({'1, ' * 9_000}1)\ninput 3 -> dense $a",
        f"let a=({'1, ' * 9_000}1)\ninput 3 -> repeat $a [relu]",
    ],
)
def test_a_long_value_is_cut(text: str) -> None:
    (problem,) = problems(text)
    said = " ".join((problem.message(), problem.label(), *problem.help()))
    assert "…" in said
    assert len(said) < 400
