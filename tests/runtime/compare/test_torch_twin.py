"""The twin in PyTorch has every layer, loss and optimizer, or says why it has not.

Distances are in double precision, over the largest number of a tensor and at least 1e-6: what is
zero in theory, such as the gradient of a bias before batch normalisation, is 1e-16 on both sides.
1e-8 is above the rounding of the deepest of these networks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from layer_rows import TABLE, Row, words
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.lower.network import loss_sites
from netc.compiler.pipeline import Checked, check
from netc.compiler.reading import read_source, source_of
from netc.runtime.compare.case import Case, make_case
from netc.runtime.compare.netc_side import differ, show
from netc.runtime.compare.torch_losses import LOSSES, criterion
from netc.runtime.compare.torch_net import build_net
from netc.runtime.compare.torch_optimizers import OPTIMIZERS
from netc.runtime.compare.torch_side import TorchSide, values_read
from netc.runtime.compare.torch_words import WORDS
from netc.runtime.engine.engine import Engine
from netc.runtime.engine.selection import EngineOptions, build_single, set_weights

torch = pytest.importorskip("torch", reason="the twin is a network of PyTorch")

CLOSE = 1e-8
SPECS = Path(__file__).parents[3] / "specs"

NO_TWIN = {
    "input": "an argument of the network",
    "exact": "takes no steps: it solves",
}
"""The words that the twin lacks, and why."""


def checked(text: str) -> Checked:
    found = check(source_of(text), BUILTIN, read_source)
    assert not found.has_errors, [problem.message() for problem in found.problems]
    return found


def case_of(text: str, batch: int, *, trains: bool = True) -> Case:
    found = checked(text)
    return make_case(found.model, found.graph, batch, trains=trains)


def engine_of(case: Case) -> Engine:
    purpose = "train" if case.trains else "evaluate"
    options = EngineOptions(case.batch, case.batch, 0, purpose)
    return build_single(case.model, case.graph, options)


def parameters_of(case: Case) -> dict[str, Any]:
    """Random everywhere, so that a swapped axis or a missing bias shows."""
    random = np.random.default_rng(3)
    found = {name: array.copy() for name, array in engine_of(case).parameters().items()}
    for name, array in found.items():
        array += 0.1 * random.standard_normal(array.shape)
        if name.endswith(".var"):
            np.abs(array, out=array)
    return found


def assert_equal_gradients(case: Case, **options: bool) -> None:
    parameters = parameters_of(case)
    side = TorchSide(case, parameters, threads=1, **options)
    where, gap = differ(show(case, parameters), side.show())
    assert gap < CLOSE, where
    side.run(1)


def test_every_word_has_a_twin_or_a_reason() -> None:
    for category, twins in (("layer", WORDS), ("loss", LOSSES), ("optimizer", OPTIMIZERS)):
        named = set(BUILTIN.words(category))
        assert set(twins) <= named
        assert named - set(twins) == named & set(NO_TWIN)


def test_every_layer_is_in_a_row() -> None:
    assert set(WORDS) <= words()


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_gradients_of_a_layer_agree(row: Row) -> None:
    assert_equal_gradients(case_of(row.text("f32"), row.batch))


@pytest.mark.parametrize("row", [row for row in TABLE if row.shape.count("x") == 2][::4], ids=str)
def test_answers_of_a_layer_agree_in_the_other_format(row: Row) -> None:
    case = case_of(row.text("f32"), row.batch, trains=False)
    assert_equal_gradients(case, channels_last=True)


LOSS_ROWS = [
    "dense 5 softmax; loss ce",
    "dense 5 softmax -> expect 5; loss ce smoothing=0.2 weight=0.3",
    "reshape 4x3x2 -> conv 5 1x1 softmax; loss ce smoothing=0.1",
    "reshape 8x3 -> conv 4 3 softmax; loss nll",
    "dense 5 softmax; loss kl",
    "reshape 8x3 -> conv 4 3 softmax; loss kl weight=2",
    "dense 3 sigmoid; loss bce",
    "reshape 4x3x2 -> conv 1 1x1 sigmoid; loss bce",
    "dense 3; loss mse",
    "reshape 8x3 -> conv 4 3; loss mae",
    "dense 3; loss huber delta=0.3",
    "dense 1; loss hinge",
    "dense 4; loss hinge",
    "reshape 4x3x2 -> conv 5 1x1; loss hinge",
    "dense 1; loss perceptron",
    "dense 4; loss perceptron",
    "dense 1; loss logistic",
    "dense 5 softmax -> @a; @x -> dense 3 -> @b; loss ce on=@a; loss mse on=@b weight=0.5",
    "dense 24 -> @y; loss mse target=@x",
]


def test_every_loss_is_in_a_row() -> None:
    named = {text.partition("loss ")[2].split()[0] for text in LOSS_ROWS}
    assert named == set(BUILTIN.words("loss"))


@pytest.mark.parametrize("text", LOSS_ROWS)
def test_a_loss_agrees(text: str) -> None:
    assert_equal_gradients(case_of(f"input 24 -> @x -> {text}; opt sgd", 6))


OPTIMIZER_ROWS = [
    "sgd lr=0.1",
    "sgd lr=0.05 momentum=0.9 nesterov=true weight_decay=0.1",
    "adam lr=0.02 beta1=0.8 beta2=0.95 eps=1e-3",
    "adam lr=0.01 weight_decay=0.1 clip=0.3",
    "adamw lr=0.01",
    "nadam lr=0.01 beta1=0.8 beta2=0.9 decay=0.02 eps=1e-4 weight_decay=0.1",
    "rmsprop lr=0.01",
    "rmsprop lr=0.003 rho=0.99 momentum=0.9 eps=1e-4 clip=0.5",
    "adagrad lr=0.1 eps=0.01 weight_decay=0.1",
    "adadelta lr=5 rho=0.8 eps=1e-4",
    "lion lr=0.003 beta1=0.8 beta2=0.5 weight_decay=0.1",
]
REGULARIZERS = ["", "reg l2 0.05", "reg l1 0.01; reg l2 0.1"]


def test_every_optimizer_is_in_a_row() -> None:
    assert {row.split()[0] for row in OPTIMIZER_ROWS} == set(OPTIMIZERS)


@pytest.mark.parametrize("reg", REGULARIZERS)
@pytest.mark.parametrize("opt", OPTIMIZER_ROWS)
def test_an_optimizer_takes_the_same_steps(opt: str, reg: str) -> None:
    """1e-7 allows roundings of 1e-16 to grow in twenty steps that divide small by small numbers."""
    case = case_of(
        "input 4 -> dense 6 lr=0.5 tanh -> dense 5 l2=0.2 bias=false bn -> dense 5 freeze=true"
        f" -> dense 3 l1=0.1; loss mse; opt {opt}; {reg}; train precision=f64",
        8,
    )
    start = parameters_of(case)
    side, engine = TorchSide(case, start, threads=1), engine_of(case)
    set_weights(engine, start)
    side.run(20)
    for rows, _ in zip(case.slices(), range(20), strict=False):
        for name, array in (case.inputs | case.targets).items():
            np.copyto(engine.feeds[name], array[rows])
        engine.train_step(case.rate)
    found = side.parameters()
    ours = engine.parameters()
    assert set(found) == set(engine.gradients())
    for name, array in found.items():
        assert np.abs(ours[name] - start[name]).max() > 1e-4, f"{name} was not trained"
        np.testing.assert_allclose(array, ours[name], rtol=1e-7, atol=1e-9, err_msg=name)


SHIPPED = sorted(SPECS.rglob("*.net"))
SMALL = 100_000
"""Parameters and multiply-adds up to which gradients are compared."""


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(SPECS)))
def test_a_shipped_spec_has_a_twin(path: Path) -> None:
    """Large ones on the device `meta`, whose tensors have no memory."""
    found = check(read_source(str(path)), BUILTIN, read_source)
    model, graph = found.model, found.graph
    sites = loss_sites(model, graph)
    assert model.optimizer is None or model.optimizer.word in {*OPTIMIZERS, *NO_TWIN}
    steps = model.optimizer is not None and model.optimizer.word in OPTIMIZERS
    work = sum(node.multiply_adds or 0 for node in graph.nodes)
    if max(work, graph.parameter_count() or 0) <= SMALL:
        case = make_case(model, graph, 3, trains=steps)
        assert_equal_gradients(case)
        return
    with torch.device("meta"):
        net = build_net(torch, graph, values_read(graph, sites))
    counted = {name: p.numel() for name, p in net.module.named_parameters()}
    assert sum(counted.values()) == graph.parameter_count()
    assert all(criterion(torch, site.loss) for site in sites)
