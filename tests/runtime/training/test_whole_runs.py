"""Whole runs of small specs: from the text to the figures, and what is refused on the way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.problems.data import ClassesDiffer
from netc.compiler.reading import read_source
from netc.grammar.problem import Problems
from netc.grammar.source import Source, Span
from netc.runtime.events import Event, RunReport, Started
from netc.runtime.training.run import run
from netc.runtime.training.spec import Spec


def go(text: str, root: Path = Path()) -> tuple[RunReport | None, list[Event], list[str]]:
    """The report, the events, and the problems as `code message`."""
    checked = check(Source("<text>", text), BUILTIN, read_source)
    assert [problem.message() for problem in checked.problems if problem.is_error] == []
    problems = Problems()
    events: list[Event] = []
    report = run(Spec.of(checked), root=root, problems=problems, reporter=events.append)
    return report, events, [f"{item.code} {item.message()}" for item in problems]


def figures_of(text: str, root: Path = Path()) -> dict[str, float]:
    report, _, wrong = go(text, root)
    assert wrong == []
    assert report is not None
    assert report.test is not None
    return dict(report.test.measured)


@pytest.mark.parametrize(
    ("text", "quantity", "least"),
    [
        # one layer of each kind of target: a class of many, of two, a number, the input itself
        ("data iris; prep standardize; input 4 -> dense 3 softmax; loss ce; opt adam lr=0.1; "
         "train epochs=30", "acc", 0.85),
        ("data circles; input 2 -> dense 16 tanh -> dense 1 sigmoid; loss bce; opt adam lr=0.05; "
         "train epochs=30; metric auc f1", "auc", 0.99),
        ("data xor; input 2 -> dense 8 tanh -> dense 2 softmax; loss ce; opt adam lr=0.05; "
         "train epochs=20", "acc", 0.99),
        ("data blobs; input 2 -> dense 3; loss mse; opt adam lr=0.1; train epochs=20", "acc", 0.95),
        ("data linear; input 1 -> dense 1; loss mse; opt adam lr=0.1; train epochs=20; metric r2",
         "r2", 0.97),
        ("data blobs noise=0.02; prep scale; input 2 -> @x -> dense 8 tanh -> dense 2; "
         "loss mse target=@x; opt adam lr=0.05; train epochs=30; metric r2", "r2", 0.9),
    ],
)  # fmt: skip
def test_specs_learn(text: str, quantity: str, least: float) -> None:
    assert figures_of(text)[quantity] >= least


def test_a_linear_model_cannot_solve_xor() -> None:
    text = "data xor; input 2 -> dense 2 softmax; loss ce; opt adam lr=0.05; train epochs=20"
    assert figures_of(text)["acc"] < 0.8


def test_whole_numbers_of_a_table_are_numbers_for_a_loss_of_numbers(tmp_path: Path) -> None:
    random = np.random.Generator(np.random.PCG64(0))
    x = random.integers(0, 50, 200)
    rows = "".join(f"{value},{3 * value + 7}\n" for value in x)
    (tmp_path / "t.csv").write_text("x,y\n" + rows)
    text = (
        'data csv "t.csv" target=y; prep standardize; input 1 -> dense 1; loss mse; '
        "opt adam lr=1.0; train epochs=60; metric r2"
    )
    assert figures_of(text, tmp_path)["r2"] > 0.99


def test_two_outputs_learn_from_the_same_classes() -> None:
    text = (
        "data iris; prep standardize; input 4 -> dense 8 relu -> @trunk; "
        "@trunk -> dense 3 softmax -> @main; @trunk -> dense 3 softmax -> @side; "
        "loss ce on=@main; loss ce on=@side weight=0.3; opt adam lr=0.05; train epochs=20"
    )
    assert figures_of(text)["acc"] > 0.8


def test_batch_all_is_one_step_an_epoch() -> None:
    text = "data iris; input 4 -> dense 3 softmax; loss ce; opt adam; train epochs=2 batch=all"
    _, events, _ = go(text)
    started = next(event for event in events if isinstance(event, Started))
    assert (started.batch, started.steps) == (120, 1)


def test_a_batch_larger_than_the_data_is_the_data() -> None:
    text = "data iris; input 4 -> dense 3 softmax; loss ce; opt adam; train epochs=1 batch=4096"
    _, events, _ = go(text)
    started = next(event for event in events if isinstance(event, Started))
    assert (started.batch, started.steps) == (120, 1)


def test_double_precision_is_followed_by_the_data() -> None:
    text = "data iris; input 4 -> dense 3 softmax; loss ce; opt adam; train epochs=2"
    single, double = figures_of(text), figures_of(text + " precision=f64")
    assert single["loss"] == pytest.approx(double["loss"], rel=1e-4)
    assert single["loss"] != double["loss"]


def test_expectations_are_judged_on_the_weights_that_were_kept() -> None:
    text = (
        "data digits; input 64 -> dense 16 relu -> dense 10 softmax; loss ce; "
        "opt adam lr=0.01; train epochs=4; stop patience=3ep on=val_acc; "
        "expect acc>=50%; expect val_acc<50%; expect params=1210"
    )
    report, _, _ = go(text)
    assert report is not None
    assert [(item.text, item.holds) for item in report.expectations] == [
        ("acc>=50%", True),
        ("val_acc<50%", False),
    ]
    assert report.best_epoch is not None
    best = report.epochs[report.best_epoch - 1]
    assert report.expectations[1].value == best.measured["val_acc"]


@pytest.mark.parametrize(
    ("header", "rest", "wrong"),
    [
        (
            "a,b,c,kind",
            "input 3 -> dense 5 softmax; loss ce",
            ["E0505 the network has 5 outputs, but `t.csv` has 2 classes"],
        ),
        (
            "a,b,c,kind",
            "input 7 -> dense 2 softmax; loss ce",
            ["E0504 `input 7` expects 7 features; `t.csv` has 3"],
        ),
        (
            "a,b,c,kind",
            "input 7 -> dense 5 softmax; loss ce",
            [
                "E0504 `input 7` expects 7 features; `t.csv` has 3",
                "E0505 the network has 5 outputs, but `t.csv` has 2 classes",
            ],
        ),
        (
            "a,b,c",
            "input 2 -> dense 1; loss mse; metric f1",
            ["E0656 `f1` cannot be computed on `t.csv`: its targets are numbers"],
        ),
    ],
)
def test_what_only_loading_shows_is_reported(
    header: str, rest: str, wrong: list[str], tmp_path: Path
) -> None:
    columns = header.split(",")
    cells = [{"kind": kind, "a": "1", "b": "2", "c": "0.5"} for kind in ("yes", "no") * 10]
    rows = "".join(",".join(row[name] for name in columns) + "\n" for row in cells)
    (tmp_path / "t.csv").write_text(f"{header}\n{rows}")
    text = f'data csv "t.csv" target={columns[-1]}; {rest}; opt adam'
    assert go(text, tmp_path)[2] == wrong


def test_a_class_target_under_a_loss_of_numbers_with_one_output(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,kind\n" + "1,x\n2,y\n3,z\n" * 10)
    text = 'data csv "t.csv" target=kind; input 1 -> dense 1; loss mse; opt adam'
    assert go(text, tmp_path)[2] == ["E0505 `loss mse` needs numeric targets; `kind` is text"]


@pytest.mark.parametrize("rest", ["1; loss mse", "30 softmax; loss ce"])
def test_amounts_with_signs_are_no_classes(rest: str, tmp_path: Path) -> None:
    prices = "".join(f'{n},"${n},{n + 100}.50"\n' for n in range(1, 31))
    (tmp_path / "t.csv").write_text("a,price\n" + prices)
    (wrong,) = go(f'data csv "t.csv"; input 1 -> dense {rest}; opt adam', tmp_path)[2]
    assert wrong.startswith("E0506")
    assert wrong.endswith("texts such as `$1,101.50`, which are numbers")


@pytest.mark.parametrize(
    ("text", "help_text"),
    [
        ("", "make the last layer `dense 2`"),
        ("y", "write values such as `10 kg` without signs and units: they are numbers"),
    ],
    ids=["classes", "where numbers are needed"],
)
def test_the_advice_for_amounts_depends_on_what_the_loss_needs(text: str, help_text: str) -> None:
    problem = ClassesDiffer(
        at=Span(Source("<text>", ""), 0, 0),
        outputs=5,
        data="t.csv",
        wanted=2,
        what="classes",
        names=("10 kg", "5 kg"),
        text=text,
        loss="mse",
    )
    assert problem.help()[0] == help_text


def test_a_few_weights_with_units_are_classes(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,kind\n" + "1,5 kg\n2,10 kg\n" * 20)
    text = 'data csv "t.csv" target=kind; input 1 -> dense 2 softmax; loss ce; opt adam'
    assert go(text, tmp_path)[2] == []
