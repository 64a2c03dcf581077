"""Mistakes in the syntax whose way out names words of the language."""

from __future__ import annotations

import netc
import pytest

ADVICE = {
    "input 784 -> 128": "a layer of 128 units is `dense 128`",
    "28x28 -> dense 3": "the input is written `input 28x28`",
    "let n=3\ninput 3 -> $n": "a parameter is a value, used as in `dense $n`",
    "input 3 -> [dense 3]": "brackets follow a word: `add [p | q]`, `repeat 2 [p]`",
    "-> dense 3": "start with `input` and the shape of a sample: `input 784 -> ...`",
    "input 3 -> add [id | ]": "write `id` for a branch that passes its input through, "
    "or remove the `|`",
    "input 3 -> repeat 2 []": "`[id]` passes the input through",
    "input 3 -> dense 3 | id": "put the branches in the brackets of a merge: `add [p | q]`",
    "input 3 -> dense 3 + relu": "tensors are added with `add [p | q]`",
    "input 3 -> @a -> dense 3 -> + @a": "a label is added with `add @a`",
    "input 3 -> 3x dense 3": "to repeat layers, write `repeat 3 [dense 64 relu]`",
    "acc>=98%": "write `expect acc>=98%`",
    "import torch.nn as nn": "a network is a pipe of layers: `input 784 -> dense 128 relu "
    "-> dense 10 softmax`",
}


@pytest.mark.parametrize("text", ADVICE)
def test_the_advice_names_words_of_the_language(text: str) -> None:
    assert ADVICE[text] in [way for found in netc.check(text) for way in found.help]


SPEC = "data digits\ninput 8x8x1 -> flatten -> dense 10 softmax\nloss ce\n"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("epochs = 5\nbatch = 32\n", "train epochs=5 batch=32"),
        ("batch_size = 32\nepochs=5\nseed = 3\n", "train batch=32 epochs=5 seed=3"),
        ("opt adam\nlr = 0.1\n", "opt adam lr=0.1"),
        ("train batch=8\nepochs = 5\n", "train batch=8 epochs=5"),
    ],
)
def test_options_of_one_statement_are_one_mistake(lines: str, told: str) -> None:
    found = [problem for problem in netc.check(SPEC + lines) if problem.code == "E0146"]
    assert [problem.help for problem in found] == [(f"write `{told}`",)]


def test_options_of_one_statement_are_put_together() -> None:
    (found,) = netc.check(SPEC + "epochs = 5\nbatch = 32\n")
    (fix,) = found.fixes
    assert fix.safe
    assert [edit.text for edit in fix.edits] == ["train epochs=5 batch=32", ""]
