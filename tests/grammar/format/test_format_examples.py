"""The canonical form, seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from netc.compiler.format_words import format_words
from netc.compiler.language.builtin import BUILTIN
from netc.grammar.format.document import format_file

EXAMPLES = {
    "statements stand on lines of their own": ("loss ce;opt   adam", "loss ce\nopt adam\n"),
    "at most one blank line": ("loss ce\n\n\n\nopt adam\n\n", "loss ce\n\nopt adam\n"),
    "words fold into the layer before": (
        "input 8x8x1 -> conv 64 3x3 -> bn -> relu -> dropout 0.5",
        "input 8x8x1 -> conv 64 3x3 bn relu -> dropout 0.5\n",
    ),
    "a break of the author stops the fold": (
        "input 8x8x1 -> conv 64 3x3\n-> relu",
        "input 8x8x1 -> conv 64 3x3\n  -> relu\n",
    ),
    "nothing folds into brackets, labels, contracts and the input": (
        "input 8 -> relu -> expect 8 -> tanh -> @x -> relu -> add [id | relu] -> relu",
        "input 8 -> relu -> expect 8 -> tanh -> @x -> relu -> add [id | relu] -> relu\n",
    ),
    "what has options does not fold": (
        "input 8 -> dense 4 -> elu 0.5",
        "input 8 -> dense 4 -> elu 0.5\n",
    ),
    "options in the order of their schema": (
        "input 8x8x1 -> conv 4 3x3 bias=false pad=1 stride=2 relu",
        "input 8x8x1 -> conv 4 3x3 stride=2 pad=1 bias=false relu\n",
    ),
    "a line of which a comment speaks is not divided": (
        "input 8x8x1 -> conv 8 3x3 bn; opt  sgd   # netc: allow(W0311)\nlet a=1; let b=2 # or not",
        "input 8x8x1 -> conv 8 3x3 bn; opt sgd  # netc: allow(W0311)\nlet a=1\nlet b=2  # or not\n",
    ),
    "nor is it broken where it is long": (
        "input 8x8x1 -> conv 8 3x3 pad=1 bn relu -> conv 8 3x3 pad=1 bn relu"
        " -> add [conv 8 3x3 pad=1 bn relu | id] # netc: allow(W0311)",
        "input 8x8x1 -> conv 8 3x3 pad=1 bn relu -> conv 8 3x3 pad=1 bn relu"
        " -> add [conv 8 3x3 pad=1 bn relu | id]  # netc: allow(W0311)\n",
    ),
    "values after options are a mistake, which stays": (
        "input 8x8x1 -> conv bias=false pad=1 4 3x3 stride=2 relu",
        "input 8x8x1 -> conv pad=1 bias=false 4 3x3 stride=2 relu\n",
    ),
    "an option keeps its layer beside a wrong arrow": (
        "input 8 -> dense 8 init=he relu> dense 3 bias=false l1=0",
        "input 8 -> dense 8 init=he relu>dense 3 bias=false l1=0\n",
    ),
    "options before brackets": (
        "input 8 -> add [id | relu] name=sum",
        "input 8 -> add name=sum [id | relu]\n",
    ),
    "options behind a word stay with it": (
        "input 5 -> dense 4 init=he bias=false ln eps=1e-3 -> conv 4 3x3 relu pad=1 stride=2",
        "input 5 -> dense 4 bias=false init=he ln eps=0.001 -> conv 4 3x3 relu pad=1 stride=2\n",
    ),
    "options of statements too": (
        "opt sgd clip=1 momentum=0.9 lr=0.1",
        "opt sgd lr=0.1 momentum=0.9 clip=1\n",
    ),
    "the order of preparations is theirs": (
        "prep pad=2 standardize center",
        "prep pad=2 standardize center\n",
    ),
    "the shortest numbers": (
        "let a=0.0010 b=0.00001 c=1e3 d=1000000 e=1E6 f=5e-4 g=-0.50 h=007 i=2.50e-3 j=1.0",
        "let a=0.001 b=1e-5 c=1000 d=1000000 e=1e6 f=5e-4 g=-0.5 h=7 i=0.0025 j=1\n",
    ),
    "a whole number has at most 18 digits": (
        "let a=9223372036854775807.1 b=123456789012345678 c=-999999999999999999.9",
        "let a=9.223372036854776e18 b=123456789012345678 c=-1e18\n",
    ),
    "blanks in parentheses": (
        "let a=( 4 * $c ) b=(64,128,) c=(1 ,) d=log( 1,2 ) e=()",
        "let a=(4*$c) b=(64, 128) c=(1,) d=log(1, 2) e=()\n",
    ),
    "breaks stand before the arrow": (
        "input 8 ->\n dense 4 ->\n\n dense 2",
        "input 8\n  -> dense 4\n  -> dense 2\n",
    ),
    "long lines break before an arrow": (
        "input 784 -> dense 1000 tanh -> dense 1000 tanh -> dense 1000 tanh -> dense 1000 tanh"
        " -> dense 1000 tanh",
        "input 784 -> dense 1000 tanh -> dense 1000 tanh -> dense 1000 tanh -> dense 1000 tanh\n"
        "  -> dense 1000 tanh\n",
    ),
    "long brackets open at their branches": (
        "block inception(n, r) = concat [conv $n 1x1 relu | conv $r 1x1 relu -> conv $n 3x3 pad=1"
        " relu | maxpool 3x3 stride=1 pad=1]",
        "block inception(n, r) = concat [\n"
        "    conv $n 1x1 relu\n"
        "  | conv $r 1x1 relu -> conv $n 3x3 pad=1 relu\n"
        "  | maxpool 3x3 stride=1 pad=1\n"
        "]\n",
    ),
    "brackets that the author opened stay open": (
        "input 8\n -> each n=(2,3) [\n repeat $n [dense 8] -> relu] -> relu",
        "input 8\n  -> each n=(2, 3) [\n       repeat $n [dense 8] -> relu\n     ] -> relu\n",
    ),
    "comments stay": (
        "# a\ninput 8 # b\n  # c\n -> add [ # d\n id # e\n | relu ] # f\n# g",
        "# a\ninput 8  # b\n  # c\n  -> add [  # d\n         id  # e\n       | relu\n     ]  # f\n"
        "# g\n",
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name: str, read: Callable[[str], tuple[Any, tuple[Any, ...]]]) -> None:
    text, expected = EXAMPLES[name]
    file, problems = read(text)
    assert problems == ()
    assert format_file(file, format_words(BUILTIN)) == expected
