"""Wrong options, as a person writes them: the code, the place, the words and the ways out."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest
from netc.grammar.problem import Problem

Check = Callable[[str], tuple[Problem, ...]]

TABLE = [
    # statement, code, where, message, help
    (
        "opt sgd momentun=0.9",
        "E0230",
        "momentun",
        "unknown option `momentun` of `sgd`",
        (
            "did you mean `momentum`?",
            "the options of `sgd` are `lr`, `momentum`, `nesterov`, `weight_decay`, `clip`",
        ),
    ),
    (
        "prep scale low=0",
        "E0230",
        "low",
        "unknown option `low` of `scale`",
        ("the options of `scale` are `on`",),
    ),
    (
        "opt sgd lr=0.1 lr=0.2",
        "E0231",
        "lr=0.2",
        "duplicate option `lr` of `sgd`",
        ("keep one of them",),
    ),
    (
        "schedule step factor=0.5",
        "E0232",
        "schedule step factor=0.5",
        "`schedule step` requires `every`",
        (
            "`every` is a quantity such as `5ep` or `200it`",
            "for example `schedule step factor=0.5 every=5ep`",
        ),
    ),
    (
        "data csv target=species",
        "E0232",
        "data csv target=species",
        "`data csv` requires `path`",
        (
            "`path` is the path of a file in quotes",
            'for example `data csv "data.csv" target=species`',
        ),
    ),
    (
        "opt sgd nesterov",
        "E0233",
        "nesterov",
        "`sgd` takes no positional argument, got `nesterov`",
        ("write `nesterov=true`",),
    ),
    (
        "schedule exp step",
        "E0233",
        "step",
        "`exp` takes no positional argument, got `step`",
        ("write `per=step`",),
    ),
    (
        "kfold 5 7",
        "E0233",
        "7",
        "`kfold` takes 1 positional argument (`folds`), and `7` is one too many",
        (),
    ),
    (
        "train epochs=2.5",
        "E0234",
        "2.5",
        "`epochs` of `train` must be a whole number of at least 1, got `2.5`",
        (),
    ),
    (
        'opt sgd lr="fast"',
        "E0234",
        '"fast"',
        '`lr` of `sgd` must be a number greater than 0, got `"fast"`',
        (),
    ),
    (
        "loss ce on=out",
        "E0234",
        "out",
        "`on` of `ce` must be a label such as `@name`, got `out`",
        ("write `@out`",),
    ),
    (
        "train batch=0",
        "E0235",
        "0",
        "`batch` of `train` must be `all` or a whole number of at least 1, got `0`",
        (),
    ),
    (
        "data digits val=20",
        "E0235",
        "20",
        "`val` of `digits` must be a number of at least 0 and less than 1 (or a percentage), "
        "got `20`",
        ("for a percentage, write `20%`",),
    ),
    (
        "stop patience=5",
        "E0236",
        "5",
        "`patience` needs a unit, got `5`",
        ("write `5ep` or `5it`",),
    ),
    (
        "stop after 10",
        "E0236",
        "10",
        "`limit` of `after` needs a unit, got `10`",
        ("write `10min`, `10h`, `10s` or `10it`",),
    ),
    (
        "stop patience=5min",
        "E0237",
        "5min",
        "`patience` must be in `ep` or `it`, got `min`",
        ("for example `5ep`",),
    ),
    (
        "opt sgd lr=10%",
        "E0237",
        "10%",
        "`lr` of `sgd` takes no unit, got `%`",
        ("write `0.1`",),
    ),
    (
        "train precision=f65",
        "E0238",
        "f65",
        "`precision` of `train` must be `f32` or `f64`, got `f65`",
        ("did you mean `f64`?",),
    ),
    (
        "prep whiten pcaa",
        "E0238",
        "pcaa",
        "`kind` of `whiten` must be `pca` or `zca`, got `pcaa`",
        ("did you mean `pca`?",),
    ),
    (
        "stop patience=5ep on=acc",
        "E0234",
        "acc",
        "`on` of `patience` must be a quantity of the validation or training part such as "
        "`val_loss` or `train_acc`, got `acc`",
        ("name the part: `val_acc`",),
    ),
]


@pytest.mark.parametrize(
    ("statement", "code", "where", "message", "ways"), TABLE, ids=[row[0] for row in TABLE]
)
def test_a_wrong_option(
    statement: str,
    code: str,
    where: str,
    message: str,
    ways: tuple[str, ...],
    problems_of: Check,
) -> None:
    (problem,) = problems_of(f"input 64 -> dense 10 softmax\n{statement}\n")
    assert problem.code == code
    assert problem.at.text == where
    assert problem.message() == message
    assert problem.help() == ways


def test_all_wrong_options_of_a_call_are_reported(problems_of: Check) -> None:
    text = "input 64 -> dense 10 softmax\nopt sgd lr=0 momentum=2 nesterof=true clip=no\n"
    found = [(problem.code, problem.at.text) for problem in problems_of(text)]
    assert found == [("E0235", "0"), ("E0235", "2"), ("E0230", "nesterof"), ("E0234", "no")]


def test_a_misspelt_option_is_not_missing_too(problems_of: Check) -> None:
    found = problems_of("input 64 -> dense 10 softmax\nschedule step evry=5ep\n")
    assert [problem.code for problem in found] == ["E0230"]


def test_a_computed_value_is_shown_with_what_was_written(problems_of: Check) -> None:
    text = dedent("""
        let width=2.5
        input 64 -> dense $width -> dense 10 softmax
    """)
    (problem,) = problems_of(text)
    assert problem.message() == "`units` of `dense` must be a whole number of at least 1, got `2.5`"
    assert problem.at.text == "$width"
    assert problem.label() == "this is `2.5`"
    assert problem.fixes() == ()


def test_a_misspelt_word_has_a_safe_fix(problems_of: Check) -> None:
    (problem,) = problems_of("input 64 -> dense 10 softmax\naugment flp=h\n")
    (fix,) = problem.fixes()
    assert fix.safe
    assert [(edit.span.text, edit.text) for edit in fix.edits] == [("flp", "flip")]
