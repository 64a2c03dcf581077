"""What is said of a loss that is no finite number: which layer it came from, and what to try."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import netc
import numpy as np
import pytest
from click.testing import CliRunner
from netc.cli.main import netc as command
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.problems.running import TrainingDiverged
from netc.compiler.reading import read_source
from netc.compiler.spans import Place
from netc.grammar.problem import Problem, Problems
from netc.grammar.source import Source, Span
from netc.runtime.events import Culprit, Diverged, Event, LossGrew
from netc.runtime.training.diagnosis.divergence import diverged_problem, find_culprit
from netc.runtime.training.run import run
from netc.runtime.training.spec import Spec

NET = "input 4 -> dense 8 relu -> dense 8 relu -> dense 3"


def find(text: str, change: dict[str, float], x: float = 1.0) -> Culprit | None:
    """The culprit when every number of some parameters has one value."""
    checked = check(Source("<t>", text), BUILTIN, read_source)
    model, graph = checked.model, checked.graph
    weights = {
        f"{node.name}.{parameter.name}": np.full(
            parameter.shape, change.get(f"{node.name}.{parameter.name}", 0.5), np.float32
        )
        for node in graph.nodes
        for parameter in node.parameters
    }
    feeds = {
        graph.nodes[0].name: np.full((5, *graph.nodes[0].shape), x, np.float32),
        f"target:{graph.outputs[0]}": np.ones((5, *graph.node(graph.outputs[0]).shape), np.float32),
    }
    with np.errstate(all="ignore"):
        return find_culprit(model, graph, weights, feeds)


@pytest.mark.parametrize(
    ("change", "x", "culprit"),
    [
        ({}, 1.0, None),
        ({}, float("nan"), Culprit("input", "input1")),
        ({"dense2.b": float("inf")}, 1.0, Culprit("parameter", "dense2.b")),
        ({"dense1.w": 1e30, "dense2.w": 1e30}, 1.0, Culprit("output", "dense2")),
        ({"dense1.w": 3e38}, 10.0, Culprit("output", "dense1")),
        ({"dense3.w": 1e30}, 1.0, Culprit("loss", "")),  # its square is too large
    ],
)
def test_the_first_values_that_are_not_finite(
    change: dict[str, float], x: float, culprit: Culprit | None
) -> None:
    found = find(f"{NET}; loss mse; opt sgd", change, x)
    assert (found and replace(found, growth=())) == culprit


def go(text: str) -> tuple[list[Event], list[Problem]]:
    checked = check(Source("<t>", text), BUILTIN, read_source)
    problems, events = Problems(), []
    run(Spec.of(checked), root=Path(), problems=problems, reporter=events.append)
    return events, list(problems)


def test_a_run_names_the_layer_and_a_learning_rate() -> None:
    net = "data iris; input 4 -> dense 8 relu -> dense 8 relu -> dense 3 softmax; loss ce; "
    _, (problem,) = go(f"{net} opt sgd lr=1e25 clip=5")
    assert problem.code == "E0651"
    assert problem.message().endswith("in epoch 1, batch 2: the output of `dense2` is not finite")
    assert problem.help()[0] == (
        "the learning rate there was 1e25; usual for `sgd` is 1e-5 to 1: try `lr=0.01`"
    )


DEEP = "repeat {} [dense 64 init={}]"
START = {
    "weights of one size in every layer": (
        DEEP.format(60, "normal(1)"), "normal(1)",
        ["outputs grow from 13 in `dense1` to", "`init=normal(1)` of `dense1` is 5.7 times"],
    ),
    "a layer that is far too large": (
        "dense 8 init=he -> dense 8 init=uniform(1e38)", "uniform(1e38)",
        ["outputs grow from 1.8 in `dense1`", "of `dense2` is 1.2e38 times"],
    ),
    "too large for the loss": (
        "dense 10 init=normal(1e30)", "normal(1e30)",
        ["outputs of `dense1` reach", "`init=normal(1e30)` of `dense1` is"],
    ),
    "weights that are usual, and an activation that is not": (
        "dense 8 -> leaky 1e25 -> dense 8 -> leaky 1e25", "leaky 1e25",
        ["outputs grow from", "`bn` or `ln` between the layers"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("layers", "place", "advice"), START.values(), ids=START)
def test_what_fails_before_any_training_is_the_matter_of_the_initial_weights(
    layers: str, place: str, advice: list[str]
) -> None:
    text = f"data digits; prep scale; input 64 -> {layers} -> dense 10; loss mse; opt sgd"
    _, (problem,) = go(f"{text}; train batch=512")
    assert isinstance(problem, TrainingDiverged)
    assert (problem.epoch, problem.batch) == (1, 1)
    assert problem.at.text == place
    for found, part in zip(problem.help(), advice, strict=True):
        assert part in found


def test_initial_weights_that_fail_later_are_named_before_the_learning_rate() -> None:
    text = "data digits; prep scale; input 64 -> dense 8 init=normal(1e30) -> dense 10 softmax"
    _, (problem,) = go(f"{text}; loss ce; opt sgd lr=0.1; train batch=512")
    start, rate = problem.help()
    assert "`init=normal(1e30)` of `dense1` is 5.7e30 times as large as `he`" in start
    assert "try `lr=0.01`" in rate


def test_weights_of_a_file_that_fail_at_once(tmp_path: Path) -> None:
    net = "input 4 -> dense 3; loss mse; opt sgd lr=0.001"
    x = np.random.default_rng(0).random((20, 4))
    model = netc.compile(net).fit(x, x[:, :3])
    model.set_weights({name: np.full_like(a, 1e38) for name, a in model.weights.items()})
    model.save(tmp_path / "w.safetensors")
    (tmp_path / "a.net").write_text(f'init "w.safetensors"\n{net}\n')
    with pytest.raises(netc.TrainingError) as error:
        netc.compile(tmp_path / "a.net").fit(x, x[:, :3])
    (diagnostic,) = error.value.diagnostics
    (way,) = diagnostic.help
    assert "the weights come from `w.safetensors`" in way
    assert diagnostic.line == 1


def test_the_advice_starts_from_the_rate_in_the_spec() -> None:
    """Not from the one that a warm-up has made of it, which would be far too small."""
    text = "input 4 -> dense 3; loss mse; opt sgd lr=0.005"
    optimizer = check(Source("<t>", text), BUILTIN, read_source).model.optimizer
    place = Place(Span(Source("<t>", text), 0, 0))
    problem = diverged_problem(Diverged(1, 2, math.inf, rate=1e-6), optimizer, place)
    assert "the learning rate there was 1e-6" in problem.help()[0]
    assert "try `lr=5e-4`" in problem.help()[0]


def test_a_rate_below_the_default_is_divided() -> None:
    problem = TrainingDiverged(
        at=Span(Source("<t>", ""), 0, 0),
        epoch=1, batch=4, loss="nan", rate=0.00051700000001, optimizer="sgd",
        usual=(1e-5, 1.0), advised=0.000051700000001, clips=False,
        kind="parameter", name="dense2.w",
    )  # fmt: skip
    assert problem.message() == "the loss became nan in epoch 1, batch 4: `dense2.w` is not finite"
    assert "was 0.000517; " in problem.help()[0]
    assert "try `lr=5.17e-5`" in problem.help()[0]


X = np.random.default_rng(0).uniform(1, [[30, 300, 5e4]], (300, 3))
PRICES = 3000 * X[:, 1] + 1000 * X[:, 0] ** 2 - 0.5 * X[:, 2]
LINES = "input 3 -> dense 16 relu -> dense 1"
POWERS = "input 3 -> poly {} -> dense 1"
EXPLODING = {
    "features and targets": (LINES, "", ("on=target", "prep standardize", "lr=")),
    "targets": (LINES, "prep standardize", ("on=target", "lr=")),
    "features": (LINES, "prep standardize on=target", ("prep standardize", "lr=")),
    "powers": (POWERS.format(5), "", ("on=target", "prep scale")),
    "very high powers": (POWERS.format(70), "", ("on=target", "prep scale")),
    "powers of standardized features": (
        POWERS.format(9), "prep standardize", ("on=target", "`prep scale` instead", "lr="),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("net", "prep", "advice"), EXPLODING.values(), ids=EXPLODING)
@pytest.mark.filterwarnings("ignore")  # what is odd about the data is told before, too
def test_a_regression_that_explodes_gets_advice_that_helps(
    net: str, prep: str, advice: tuple[str, ...]
) -> None:
    text = f"{net}\nloss mse; opt sgd lr=0.02; train epochs=30 seed=1; metric r2"
    with pytest.raises(netc.TrainingError) as error:
        netc.compile(f"{prep}\n{text}").fit(X, PRICES)
    (diagnostic,) = error.value.diagnostics
    assert len(diagnostic.help) == len(advice)
    for found, part in zip(diagnostic.help, advice, strict=True):
        assert part in found
    # the preparations that are advised, without another learning rate
    advised = "prep scale" if "poly" in net else "prep standardize"
    report = netc.compile(f"{advised}; prep standardize on=target\n{text}").fit(X, PRICES).report
    assert report is not None
    assert report.epochs[-1].measured["val_r2"] > 0.5


def test_a_run_that_learns_says_nothing_of_growth() -> None:
    text = "data iris; input 4 -> dense 3 softmax; loss ce; opt adam lr={}; train epochs=2"
    calm, _ = go(text.format(0.01))
    wild, problems = go(text.format("1e6"))
    assert problems == []
    assert not any(isinstance(event, LossGrew) for event in calm)
    (grew,) = (event for event in wild if isinstance(event, LossGrew))
    assert grew.last > 100 * grew.first


def test_a_run_whose_loss_exploded_ends_with_status_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "data iris; input 4 -> dense 3 softmax; loss ce; opt adam lr={}; train epochs=2{}"
    status = {}
    for rate, more in (("0.01", ""), ("1e6", ""), ("1e6", "; stop patience=5ep")):
        done = CliRunner().invoke(
            command, ["run", "-e", text.format(rate, more)], standalone_mode=False
        )
        status[rate, more] = done.return_value
        assert ("the loss grew from" in done.output) == (rate == "1e6")
    # where the best epoch's weights are kept, the run has a result
    assert list(status.values()) == [0, 3, 0]
