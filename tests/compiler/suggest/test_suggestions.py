"""A suggestion is tried before it is offered as a fix: what a safe fix writes is right there."""

from __future__ import annotations

import re

import pytest
from netc.cli.specs.fixing import apply_fixes
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import Checked, check
from netc.compiler.reading import read_source, source_of
from netc.grammar.problem import Problem


def checked(text: str) -> Checked:
    return check(source_of(text), BUILTIN, read_source)


def errors(text: str) -> list[Problem]:
    return [problem for problem in checked(text).problems if problem.is_error]


def repaired(text: str) -> str:
    """The text after all rounds of safe fixes, which must end."""
    for _ in range(6):
        source = source_of(text)
        found = check(source, BUILTIN, read_source).problems
        texts, applied, *_ = apply_fixes(found, [source], unsafe=False)
        if not applied:
            return text
        text = texts[source.name]
    raise AssertionError(f"fixes without end: {text}")


UNSAFE = {
    "a layer that does not take the arguments": ("input 8x8x1 -> falten 16 3x3", "E0201"),
    "a layer in which something is missing": ("input 8 -> dens relu", "E0201"),
    "two layers that are as near": ("input 8 -> dense 4 xelu", "E0201"),
    "a block with other parameters": (
        "block part(a, b) = dense $a -> dense $b\ninput 8 -> prat 3",
        "E0201",
    ),
    "an option that does not take the value": (
        "input 8 -> dense 3\nloss mse weights=(1, 2, 3)",
        "E0230",
    ),
    "two metrics that are as near": ("input 8 -> dense 3 softmax\nloss ce\nmetric ac", "E0203"),
    "a name in capital letters that is nothing": ("input 8 -> Foo 3", "E0107"),
    "a number that is a name in capital letters": ("input 8 -> dropout rate=Foo", "E0234"),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_what_would_not_be_right_is_no_safe_fix(name: str) -> None:
    text, code = UNSAFE[name]
    (problem,) = errors(text)
    assert problem.code == code
    assert repaired(text) == text


SAFE = {
    "a schedule of another framework, and a number for its only option": (
        "input 8 -> dense 3 softmax\nloss ce\nopt sgd lr=0.1\nschedule exponential 0.95",
        "input 8 -> dense 3 softmax\nloss ce\nopt sgd lr=0.1\nschedule exp gamma=0.95",
    ),
    "a quantity that the targets have": (
        "data linear\ninput 1 -> dense 1\nloss mse\nopt sgd lr=0.1\nexpect rms<=0.3 mea<=0.2",
        "data linear\ninput 1 -> dense 1\nloss mse\nopt sgd lr=0.1\nexpect rmse<=0.3 mae<=0.2",
    ),
    "the number of multiply-adds where there are no classes": (
        "data linear\ninput 1 -> dense 1\nloss mse\nopt sgd lr=0.1\nexpect acs=1",
        "data linear\ninput 1 -> dense 1\nloss mse\nopt sgd lr=0.1\nexpect macs=1",
    ),
    "a list of class weights": (
        "input 8 -> dense 3 softmax\nloss ce weights=(1, 2, 3)",
        "input 8 -> dense 3 softmax\nloss ce weight=(1, 2, 3)",
    ),
    "class weights as scikit-learn calls them": (
        "input 8 -> dense 3 softmax\nloss ce class_weight=balanced",
        "input 8 -> dense 3 softmax\nloss ce weight=balanced",
    ),
    "an ignored label as PyTorch calls it": (
        "input 8 -> dense 3 softmax\nloss ce ignore_index=255",
        "input 8 -> dense 3 softmax\nloss ce ignore=255",
    ),
    "the nearest layer that takes the arguments": (
        "input 8 -> @a -> dense 8 -> dad @a",
        "input 8 -> @a -> dense 8 -> add @a",
    ),
    "a layer with brackets": ("input 8 -> ad [dense 8 | id]", "input 8 -> add [dense 8 | id]"),
    "a word of another framework in capital letters": (
        "input 8 -> Linear 3",
        "input 8 -> dense 3",
    ),
    "a word that is both a layer and a statement": (
        "input 3 -> dense 3 softmax\nloss ce\nxpect params=12",
        "input 3 -> dense 3 softmax\nloss ce\nexpect params=12",
    ),
    "a choice in capital letters": (
        "input 8 -> dense 3 init=He bias=False",
        "input 8 -> dense 3 init=he bias=false",
    ),
    "a column in capital letters": (
        'data csv "people.csv" target=Survived ignore=(Name, Cabin)\ninput 3',
        'data csv "people.csv" target="Survived" ignore=("Name", "Cabin")\ninput 3',
    ),
    "a layer in capital letters as a value": (
        "let act=Tanh\ninput 8 -> dense 3 $act",
        "let act=tanh\ninput 8 -> dense 3 $act",
    ),
    "a statement in capital letters": (
        "input 8 -> dense 3 softmax\nloss ce\nAdam lr=0.1",
        "input 8 -> dense 3 softmax\nloss ce\nopt adam lr=0.1",
    ),
}


@pytest.mark.parametrize("name", SAFE)
def test_what_is_right_is_a_safe_fix(name: str) -> None:
    text, expected = SAFE[name]
    assert repaired(text) == expected
    assert not errors(expected)


SPECS = (
    "input 28x28x1 -> conv 8 3x3 pad=same bn relu -> maxpool 2x2 -> gap -> dense 10 softmax\n"
    "loss ce smoothing=0.1\nopt sgd lr=0.1 momentum=0.9\nschedule cosine warmup=2ep\n"
    "metric acc top5\ntrain epochs=5 batch=32\nstop patience=3ep\n",
    "let width=16\nblock cell(units, drop=20%) = dense $units gelu -> dropout $drop\n"
    "data moons n=200 noise=0.1\nprep standardize\ninput 2 -> repeat 2 [cell $width] -> @code\n"
    "add [@code -> dense 4 | @code -> dense 4 tanh] -> dense 1 sigmoid\nloss bce\nopt adamw\n"
    "reg l2 1e-4\nexpect params<=9000\n",
)
WORD = re.compile(r'(?<![\w@$".])[a-z]{3,}(?![\w"])')
DEFINED = {"width", "units", "drop", "cell", "code"}
"""Names that the spec itself gives: to misspell one is to give another."""


def misspellings(text: str) -> list[str]:
    """The text with one word misspelt: a letter lost, two swapped, or a capital letter."""
    found = []
    for match in WORD.finditer(text):
        word = match[0]
        if word in DEFINED:
            continue
        others = {word.capitalize()}
        for at in range(1, len(word) - 1):
            others.add(word[:at] + word[at + 1 :])
            others.add(word[:at] + word[at + 1] + word[at] + word[at + 2 :])
        start, end = text[: match.start()], text[match.end() :]
        found += [start + other + end for other in sorted(others - {word})]
    return found


@pytest.mark.parametrize("spec", SPECS, ids=["images", "blocks"])
def test_a_misspelt_word_is_repaired_to_the_same_model_or_not_at_all(spec: str) -> None:
    """No safe fix leads to another model, or to an error of another kind."""
    model = checked(spec).model
    assert not errors(spec)
    for text in misspellings(spec):
        before = {problem.code for problem in errors(text)}
        result = repaired(text)
        after = {problem.code for problem in errors(result)}
        assert after <= before, f"{text}\n{result}"
        if before and not after:
            assert checked(result).model == model, f"{text}\n{result}"
