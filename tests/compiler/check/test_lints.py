"""Lints: what they find, what they leave alone, and how they are silenced."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from netc.grammar.problem import Problem

Check = Callable[[str], tuple[Problem, ...]]

NET = "input 4 -> dense 3 softmax; loss ce; opt sgd"
BN_IRIS = "data iris; input 4 -> dense 8 bias=false bn relu -> dense 3 softmax; loss ce; opt sgd"

CODES = [
    # bias before bn
    ("input 28x28x1 -> conv 8 3x3 bn relu", "W0311"),
    ("input 28x28x1 -> conv 8 3x3 bias=true bn relu", "W0311"),
    ("input 28x28x1 -> conv 8 3x3 bias=false bn relu", ""),
    ("input 9 -> dense 8 bn relu", "W0311"),
    ("input 28x28x1 -> conv 8 3x3 -> bn freeze=true -> relu", ""),
    ("input 6x6x2 -> conv 2 3x3 pad=1 -> @k -> bn -> relu -> conv 2 3x3 pad=1 share=@k", ""),
    ("input 28x28x1 -> conv 8 3x3 relu bn", ""),
    ("input 28x28x1 -> conv 8 3x3 -> add [bn | id]", ""),
    ("input 28x28x1 -> conv 8 3x3 -> expect 26x26x8 -> bn", "W0311"),
    # dropout before bn
    ("input 9 -> dense 8 relu -> dropout 0.5 -> bn", "W0312"),
    ("input 9 -> dropout 0.5 -> relu -> bn", "W0312"),
    ("input 9 -> dense 8 bias=false bn relu -> dropout 0.5 -> dense 3", ""),
    # bn of one sample
    ("input 9 -> dense 8 bias=false bn relu; train batch=1", "W0314"),
    ("input 9x9x1 -> conv 8 9x9 bias=false bn relu; train batch=1", "W0314"),
    ("input 9x9x1 -> conv 8 3x3 bias=false bn relu; train batch=1", ""),
    ("input 9 -> dense 8 bias=false bn relu; train batch=2", ""),
    ("input 9 -> dense 8 bias=false -> bn freeze=true -> relu; train batch=1", ""),
    # a last batch of one: 120 = 7 * 17 + 1
    (f"{BN_IRIS}; train batch=17", "W0318"),
    (f"{BN_IRIS}; train batch=119", "W0318"),
    (f"{BN_IRIS}; train batch=17 last=drop", ""),
    (f"{BN_IRIS}; train batch=18", ""),
    (f"{BN_IRIS}; train batch=120", ""),
    (f"{BN_IRIS}; train batch=all", ""),
    ("data iris; input 4 -> dense 8 relu -> dense 3 softmax; loss ce; train batch=17", ""),
    (f"{BN_IRIS.replace('iris', 'iris limit=81')}", "W0318"),
    ("data digits; input 8x8x1 -> conv 4 3x3 bias=false bn -> gap -> dense 10; train batch=9", ""),
    # a rate that never changes
    (f"{NET}; train epochs=20; schedule multistep at=(10ep, 19ep)", ""),
    (f"{NET}; train epochs=20; schedule multistep at=(10ep, 20ep)", "W0317"),
    (f"{NET}; train epochs=20; schedule multistep at=(10ep, 100%)", "W0317"),
    (f"{NET}; train epochs=20; schedule multistep at=(3ep,) warmup=5ep", ""),
    (f"{NET}; train epochs=20; schedule step every=20ep", "W0317"),
    (f"{NET}; train epochs=20; schedule step every=19ep", ""),
    (f"{NET}; schedule cosine warmup=10ep", "W0317"),
    (f"{NET}; schedule exp warmup=9ep", ""),
    (f"{NET}; schedule plateau", "W0317"),
    (f"{NET}; train epochs=20; schedule plateau", ""),
    (f"{NET}; train epochs=20; schedule plateau patience=19ep", "W0317"),
    (f"{NET}; schedule multistep at=(99999it,)", ""),
    (f"data iris; {NET}; schedule multistep at=(19it,)", ""),
    (f"data iris; {NET}; schedule multistep at=(20it,)", "W0317"),
    (f"data iris; {NET}; train batch=50; schedule step every=29it", ""),
    (f"data iris; {NET}; train batch=50 last=drop; schedule step every=20it", "W0317"),
    # saturation
    ("input 8 -> repeat 4 [dense 8 tanh] -> dense 3", ""),
    ("input 8 -> repeat 4 [dense 8 sigmoid] -> dense 3 sigmoid; loss bce", ""),
    ("input 8 -> repeat 5 [dense 8 sigmoid] -> dense 3", "W0306"),
    ("input 8 -> repeat 9 [dense 8 tanh] -> dense 3", "W0306"),
    ("input 8 -> repeat 9 [dense 8 bias=false bn tanh] -> dense 3", ""),
    ("input 8 -> repeat 9 [add [dense 8 tanh | id]] -> dense 3", ""),
    (
        "block gated(p) = mul [id | dense $p sigmoid]; "
        "input 8 -> repeat 9 [add [dense 8 relu -> gated 8 | gated 8]] -> dense 3",
        "",
    ),
    # initialisers
    ("input 8 -> dense 8 init=xavier relu -> dense 3", "W0307"),
    ("input 8 -> dense 8 init=glorot bias=false bn relu -> dense 3", "W0307"),
    ("input 8 -> dense 8 init=glorot tanh -> dense 3", ""),
    ("input 8 -> dense 8 init=he relu -> dense 3", ""),
    # rectifier before softmax
    ("input 8 -> dense 3 relu -> softmax", "W0308"),
    ("input 8 -> dense 3 -> leaky 0.1 -> softmax", "W0308"),
    ("input 8 -> dense 3 tanh -> softmax", ""),
    ("input 8 -> dense 3 softmax softmax", "W0313"),
    ("input 8 -> dense 3 softmax -> dense 3 softmax", ""),
    # zeros
    ("input 8 -> dense 8 init=zeros relu -> dense 3 softmax", "W0315"),
    ("input 8 -> dense 8 init=zeros bias=false bn tanh -> dropout 0.1 -> dense 3", "W0315"),
    ("input 8x8x1 -> conv 4 3x3 init=zeros relu -> flatten -> dense 3", "W0315"),
    ("input 8 -> dense 3 init=zeros softmax", ""),
    ("input 8 -> dense 8 relu -> dense 3 init=zeros softmax", ""),
    ("input 8 -> add [dense 8 relu -> dense 8 init=zeros | id] -> relu -> dense 3", ""),
    ("input 8 -> dense 8 init=zeros freeze=true relu -> dense 3", ""),
    ('init "a.safetensors"; input 8 -> dense 8 init=zeros relu -> dense 3', ""),
    ("input 4 -> embed 9 8 init=zeros -> flatten -> dense 3", ""),
    # linear after linear
    ("input 8 -> dense 8 -> dense 3 softmax; loss ce", "W0316"),
    ("input 8 -> dense 8 bias=false bn -> dropout 0.1 -> dense 3; loss mse", "W0316"),
    ("input 8x8x3 -> conv 8 3x3 -> conv 8 3x3 relu; loss mse", "W0316"),
    ("input 8x8x3 -> conv 8 3x3 -> avgpool 2x2 -> conv 8 3x3 relu; loss mse", "W0316"),
    ("input 8x8x3 -> conv 8 3x3 -> conv 4 1x1 relu; loss mse", "W0316"),
    ("input 8 -> dense 8 -> expect 8 -> dense 8 -> relu -> dense 3; loss mse", "W0316"),
    ("input 8 -> dense 8 relu -> dense 3 softmax; loss ce", ""),
    ("input 8 -> dense 8 -> dense 3", ""),
    ("input 8x8x3 -> conv 8 3x3 -> maxpool 2x2 -> conv 8 3x3 relu; loss mse", ""),
    ("input 8 -> dense 8 -> ln -> dense 3; loss mse", ""),
    ("input 784 -> dense 64 relu -> dense 32 -> dense 784; loss mse", ""),
    ("input 8x8x32 -> conv 4 1x1 -> conv 32 3x3 relu; loss mse", ""),
    ("input 8x8x3 -> conv 8 1x3 -> conv 8 3x1 relu; loss mse", ""),
    ("input 8x8x3 -> depthwise 3x3 -> conv 8 1x1 relu; loss mse", ""),
    ("input 8x8x3 -> conv 8 3x3 -> flatten -> dense 3; loss mse", ""),
    ("input 8x8x3 -> conv 8 3x3 -> gap -> dense 3; loss mse", ""),
    ("input 8x8x4 -> conv 8 3x3 groups=2 -> conv 8 3x3 relu; loss mse", ""),
    ("input 8 -> dense 8 freeze=true -> dense 3; loss mse", ""),
    (
        "input 8 -> dense 8 -> @h -> dense 8 -> @y; @h -> relu -> dense 2 -> @z; loss mse on=@y;"
        " loss mse on=@z",
        "",
    ),
    ("input 8 -> dense 8 -> @h -> dense 8 -> @y; loss mse on=@y; loss mse on=@h", ""),
    # rates
    ("input 8 -> dense 3 softmax; loss ce; opt adam lr=0.5", "W0304"),
    ("input 8 -> dense 3 softmax; loss ce; opt sgd lr=0.5", ""),
    ("input 8 -> dense 3 softmax; loss ce; opt sgd lr=1e-7", "W0304"),
    ("input 8 -> dense 3 softmax; loss ce; opt lion lr=0.01", "W0304"),
    ("data linear; input 1 -> dense 1; loss mse; opt exact", ""),
    # batches
    ("data iris; input 4 -> dense 3 softmax; loss ce; train batch=121", "W0305"),
    ("data iris; input 4 -> dense 3 softmax; loss ce; train batch=120", ""),
    ("data iris; input 4 -> dense 3 softmax; loss ce; train batch=all", ""),
    ("data iris limit=50; input 4 -> dense 3 softmax; loss ce; train batch=64", "W0305"),
    ("data mnist; input 784 -> dense 10 softmax; loss ce; train batch=54000", ""),
    # outputs
    ("input 4 -> @t; @t -> dense 3 -> @a; @t -> dense 2; loss mse on=@a", "W0309"),
    # whitening
    ("data digits; prep whiten pca; input 8x8x1 -> conv 8 3x3 -> flatten -> dense 10", "W0310"),
    ("data digits; prep whiten pca; input 64 -> dense 10", ""),
    # names
    ("let a=1; input 4 -> dense 3", "W0301"),
    ("block b(n) = dense $n; input 4 -> dense 3", "W0302"),
    ("input 4 -> @x\n@x -> @y\n@x -> dense 3", "W0303"),
]


@pytest.mark.parametrize(("text", "code"), CODES, ids=[row[0] for row in CODES])
def test_a_lint(text: str, code: str, problems_of: Check) -> None:
    assert [problem.code for problem in problems_of(text)] == ([code] if code else [])


USUAL = {
    "sgd": (1e-5, 1.0),
    "adam": (1e-6, 0.05),
    "adamw": (1e-6, 0.05),
    "nadam": (1e-6, 0.05),
    "rmsprop": (1e-6, 0.05),
    "lion": (1e-6, 3e-3),
    "adagrad": (1e-4, 1.0),
    "adadelta": (1e-2, 10.0),
}
"""The least and the largest learning rate about which nothing is said."""


@pytest.mark.parametrize("word", USUAL)
def test_a_rate_outside_the_usual_ones(word: str, problems_of: Check) -> None:
    def found(rate: float) -> list[str]:
        text = f"input 8 -> dense 3 softmax; loss ce; opt {word} lr={rate:.9g}"
        return [problem.code for problem in problems_of(text)]

    least, most = USUAL[word]
    assert found(least) == found(most) == []
    assert found(0.99 * least) == found(1.01 * most) == ["W0304"]


ALLOWED = [
    # at the end of the line
    ("input 9x9x1 -> conv 8 3x3 bn relu  # netc: allow(W0311)\n", ""),
    ("input 9x9x1 -> conv 8 3x3 bn relu  # netc: allow(W0304, W0311)\n", ""),
    ("input 9x9x1 -> conv 8 3x3 bn relu  # netc:allow(W0304)\n", "W0311"),
    ("input 9x9x1 -> conv 8 3x3 bn relu  # allow(W0311)\n", "W0311"),
    ("input 9x9x1\n  -> conv 8 3x3 bn relu\n  -> gap  # netc: allow(W0311)\n", "W0311"),
    # alone above the statement
    ("# netc: allow(W0311)\ninput 9x9x1\n  -> conv 8 3x3 bn relu\n", ""),
    ("# netc: allow(W0311)\n\n# a net\ninput 9x9x1\n  -> conv 8 3x3 bn relu\n", ""),
    # alone above a line of a pipe
    ("input 9x9x1\n  # netc: allow(W0311)\n  -> conv 8 3x3 bn relu\n", ""),
    (
        "input 9x9x1\n  # netc: allow(W0311)\n  -> conv 8 3x3 relu\n  -> conv 8 3x3 bn relu\n",
        "W0311",
    ),
    # one that is about nothing
    ("input 9 -> dense 3  # netc: allow(W0311)\n", ""),
    ("input 9 -> dense 3  # netc: allow(W9311)\n", "W0320"),
    ("input 9 -> dense 3  # netc: allow(bias)\n", "W0320"),
    # an error stays one
    ("input 9 -> dense 0  # netc: allow(E0235)\n", "E0235 W0320"),
]


@pytest.mark.parametrize(("text", "codes"), ALLOWED, ids=[row[0] for row in ALLOWED])
def test_an_allowance(text: str, codes: str, problems_of: Check) -> None:
    assert sorted(problem.code for problem in problems_of(text)) == codes.split()


def test_one_place_is_reported_once_however_often_it_is_repeated(problems_of: Check) -> None:
    text = "block b() = conv 8 3x3 pad=1 bn relu\ninput 9x9x8 -> repeat 5 [b] -> gap\n"
    (problem,) = problems_of(text)
    assert problem.code == "W0311"
    assert problem.at.text == "conv 8 3x3 pad=1"
    assert problem.message() == "the bias of `conv 8 3x3` has no effect before `bn`"


def test_the_fix_of_a_bias_stands_behind_the_layer(problems_of: Check) -> None:
    text = "input 9x9x1 -> conv 8 3x3 bn relu\n"
    (problem,) = problems_of(text)
    ((edit,),) = [fix.edits for fix in problem.fixes()]
    fixed = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert fixed == "input 9x9x1 -> conv 8 3x3 bias=false bn relu\n"
    assert problems_of(fixed) == ()
