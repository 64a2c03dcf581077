"""What fits together and what does not, as whole specs; a document has what is said of the latter.

pytest tests/compiler/check --update-snapshots      writes it anew; read the difference
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from contract_rows import CODES
from netc.compiler.check import contracts
from netc.compiler.problems.catalog import all_problem_classes
from netc.compiler.training.monitors import measure
from netc.grammar.problem import Problem

Check = Callable[[str], tuple[Problem, ...]]

CONTRACTS = Path(contracts.__file__).parent
DOCUMENT = Path(__file__).parent / "snapshots" / "contracts.txt"


@pytest.mark.parametrize(("text", "code"), CODES, ids=[row[0] for row in CODES])
def test_a_contract(text: str, code: str, problems_of: Check) -> None:
    assert [problem.code for problem in problems_of(text)] == ([code] if code else [])


def test_every_contract_has_a_row() -> None:
    sources = "".join(file.read_text(encoding="utf-8") for file in CONTRACTS.glob("*.py"))
    names = set(re.findall(r"problems\.add\(\s*(\w+)\(", sources))
    codes = {cls.code for cls in all_problem_classes() if cls.__name__ in names}
    assert codes <= {code for _, code in CODES}


WIDTHS = [text for text, code in CODES if code == "E0505"]


@pytest.mark.parametrize("text", WIDTHS)
def test_the_right_number_of_outputs_is_said(text: str, problems_of: Check) -> None:
    """What the message advises is right: with it nothing is wrong."""
    (problem,) = problems_of(text)
    width, last, loss = re.findall(
        r"`(dense \d+)( softmax)?`(?: and `(loss \w+)`)?", problem.help()[0]
    )[0]
    mended = re.sub(r"dense \d+", width + last, text)
    assert problems_of(re.sub(r"loss \w+", loss, mended) if loss else mended) == ()


def said(text: str, problems_of: Check) -> Iterator[str]:
    """The problems of a spec, as the document shows them."""
    yield text
    for problem in problems_of(text):
        yield f"{problem.code} at `{problem.at.text}`: {problem.message()}"
        if problem.label():
            yield f"  here: {problem.label()}"
        for label in problem.labels():
            yield f"  `{label.span.text}`: {label.text}"
        for line in problem.help():
            yield f"  help: {line}"
        for fix in problem.fixes():
            yield f"  fix: {fix.title}"


def test_what_is_said_of_each(problems_of: Check, request: pytest.FixtureRequest) -> None:
    """Every fact of a problem is that of its spec: places, numbers, names."""
    pages = ("\n".join(said(text, problems_of)) for text, code in CODES if code)
    document = "\n\n".join(pages) + "\n"
    if request.config.getoption("--update-snapshots"):
        DOCUMENT.parent.mkdir(exist_ok=True)
        DOCUMENT.write_text(document, encoding="utf-8")
    assert document == DOCUMENT.read_text(encoding="utf-8")


def test_both_numbers_of_a_broken_expectation_are_named(problems_of: Check) -> None:
    text = "input 784 -> dense 64 relu -> dense 10\nexpect params=50000\n"
    (problem,) = problems_of(text)
    assert problem.message() == "expected 50,000 parameters, got 50,890"
    assert problem.label() == "890 too many"
    assert problem.help() == (
        "largest: `dense 64` 50,240, `dense 10` 650",
        "if the network is correct, write `params=50890`",
    )


def test_loss_and_output_are_both_shown(problems_of: Check) -> None:
    (problem,) = problems_of("input 4 -> dense 3\nloss ce\n")
    assert problem.at.text == "loss ce"
    assert [(label.span.text, label.text) for label in problem.labels()] == [
        ("dense 3", "the output comes from here")
    ]
    assert problem.help() == (
        "add `softmax`: `dense 3 softmax`",
        "or keep a linear output and use `loss mse` or `loss hinge`",
    )


@pytest.mark.parametrize("last", ["dropout 0.5", "gaussian_noise 0.1", "ln"])
def test_what_follows_the_needed_activation_is_moved_before_it(
    last: str, problems_of: Check
) -> None:
    (problem,) = problems_of(f"input 4 -> dense 3 softmax -> {last}\nloss ce\n")
    assert problem.code == "E0420"
    word = last.split(maxsplit=1)[0]
    wanted = f"`loss ce` needs `softmax` as the last layer, but `{word}` follows it"
    assert problem.message() == wanted
    assert problem.help() == (f"move `{last}` before `softmax`, or remove it",)
    assert problem.fixes() == ()


def test_a_layer_that_failed_silences_only_what_follows_from_it(problems_of: Check) -> None:
    text = """
        data mnist
        input 28x28x1 -> conv 8 3x3 relu -> dense 10
        loss ce
        metric top5 subset_acc
        expect params=7
    """
    assert [problem.code for problem in problems_of(text)] == ["E0301", "E0420", "E0433"]


def test_a_statement_that_failed_does_not_hide_the_others(problems_of: Check) -> None:
    text = """
        data digits
        prep pad=x
        input 144 -> dense 10
        loss ce
        train epochs=0
        expect parms=7
    """
    found = [problem.code for problem in problems_of(text)]
    assert found == ["E0234", "E0420", "E0235", "E0431"]


@pytest.mark.parametrize(
    ("name", "part", "bare"),
    [
        ("params", "static", "params"),
        ("macs", "static", "macs"),
        ("acc", "test", "acc"),
        ("loss", "test", "loss"),
        ("val_loss", "val", "loss"),
        ("train_r2", "train", "r2"),
    ],
)
def test_what_quantities_stand_for(name: str, part: str, bare: str) -> None:
    known = measure(name)
    assert known is not None
    assert (known.part, known.name) == (part, bare)


@pytest.mark.parametrize("name", ["val_params", "confusion", "val_", "val_val_acc", "accuracy"])
def test_what_is_no_quantity(name: str) -> None:
    assert measure(name) is None
