"""The torch engine beside the NumPy engine: layers, losses, optimizers, trainings, states."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from layer_rows import TABLE, Row
from netc.runtime.engine.engine import Engine
from netc.runtime.engine.state import EngineStateError
from netc.runtime.kernels.optimizer import KERNELS
from reference_net import Array, Net, distance, shake, understand
from resuming import assert_same, session_of, trained

torch = pytest.importorskip("torch", reason="the torch engine computes with PyTorch")

from netc.runtime.engine.torch.engine import TorchEngine  # noqa: E402
from netc.runtime.engine.torch.update import SCALAR_ROWS, VECTOR_ROWS  # noqa: E402
from torch_engines import losses_of, torch_engine  # noqa: E402

TOLERANCE = 1e-9
SOME = tuple(islice(TABLE, 3, None, 25))
MLP = "data digits; input 8x8x1 -> flatten -> dense 16 relu -> dense 10 softmax; loss ce"
ADAM = f"{MLP}; opt adam lr=0.01; train epochs=3 batch=64 precision=f64"
LENET = (
    "data digits; input 8x8x1 -> conv 4 3x3 pad=1 bias=false bn relu -> maxpool 2 -> "
    "conv 8 3x3 bias=false bn relu -> flatten -> dense 16 relu -> dense 10 softmax; loss ce; "
    "opt sgd lr=0.05 momentum=0.9; train epochs=3 batch=64 precision=f64"
)
RESNET = """\
block cb(c, k=3x3, stride=1, pad=1) = conv $c $k stride=$stride pad=$pad bias=false bn
block basic(c) = add [cb $c relu -> cb $c | id] -> relu
block down(c) = add [cb $c stride=2 relu -> cb $c | cb $c 1x1 stride=2 pad=0] -> relu
data digits
input 8x8x1 -> cb 4 relu -> basic 4 -> down 8 -> gap -> dense 10 softmax
loss ce smoothing=0.1
reg l2 1e-4
opt sgd lr=0.1 momentum=0.9 nesterov=true
schedule cosine warmup=10it
train epochs=3 batch=64 precision=f64
"""


def drawn(row: Row, net: Net) -> dict[str, Array]:
    """Tokens, and a target of normal numbers."""
    rng = np.random.default_rng(3)
    feeds: dict[str, Array] = {}
    for name, array in net.engine.feeds.items():
        if name != "tokens":
            feeds[name] = rng.standard_normal(array.shape)
        elif row.tokens:
            feeds[name] = rng.integers(0, row.tokens, array.shape)
        else:
            feeds[name] = np.arange(array.size).reshape(array.shape)
    return feeds


def check_row(row: Row) -> None:
    """Outputs, loss and the parameters after steps."""
    net = Net(row.text("f64"), row.batch)
    engine = torch_engine(net.checked, batch=row.batch)
    start = {name: value.copy() for name, value in shake(net.parameters(), seed=5).items()}
    net.set(start)
    for name, value in engine.parameters().items():
        value[...] = start[name]
    feeds = drawn(row, net)
    net.feed(feeds)
    for name, feed in engine.feeds.items():
        feed[...] = feeds[name]
    net.engine.evaluate_step()
    engine.evaluate_step()
    wrong: dict[str, float] = {}
    for name, value in net.outputs().items():
        wrong[f"evaluated {name}"] = distance(engine.outputs[name], value)
    net.engine.train_step(0.01)
    engine.train_step(0.01)
    wrong["loss"] = abs(engine.loss() - net.engine.loss()) / max(abs(net.engine.loss()), 1.0)
    for name, value in net.engine.parameters().items():
        wrong[f"after {name}"] = distance(engine.parameters()[name], value)
    assert {name: far for name, far in wrong.items() if not far <= TOLERANCE} == {}


@pytest.mark.parametrize("row", SOME, ids=str)
def test_some_layers_agree(row: Row) -> None:
    check_row(row)


@pytest.mark.heavy
@pytest.mark.parametrize("row", TABLE, ids=str)
def test_all_layers_agree(row: Row) -> None:
    check_row(row)


def test_every_row_of_an_update_is_written() -> None:
    assert {*VECTOR_ROWS, *SCALAR_ROWS} == set(KERNELS)


LOSSES = (
    "dense 4 softmax; loss ce",
    "dense 4 softmax; loss ce smoothing=0.1",
    "dense 4 softmax; loss nll weight=2",
    "dense 4 softmax; loss kl",
    "dense 4 softmax -> id; loss ce",
    "dense 3 sigmoid; loss bce",
    "dense 4; loss mse",
    "dense 4; loss mae",
    "dense 4; loss huber delta=0.3",
    "dense 1; loss hinge",
    "dense 4; loss hinge",
    "dense 1; loss perceptron",
    "dense 4; loss perceptron",
    "dense 1; loss logistic",
)


@pytest.mark.parametrize("text", LOSSES)
def test_losses_agree(text: str) -> None:
    signs = "logistic" in text or "dense 1;" in text
    checked = understand(f"input 5 -> {text}; opt sgd lr=0.1; train precision=f64")
    ours, theirs = Net(checked.files[0].source.text, 6).engine, torch_engine(checked, batch=6)
    rng = np.random.default_rng(1)
    for name, feed in ours.feeds.items():
        if name.startswith("target"):
            units = feed.shape[-1]
            codes = np.eye(units)[rng.integers(units, size=6)]
            feed[...] = 2.0 * rng.integers(2, size=feed.shape) - 1 if signs else codes
        else:
            feed[...] = rng.standard_normal(feed.shape)
        theirs.feeds[name][...] = feed
    assert_steps_agree(ours, theirs, 3)


OPTIMIZERS = (
    "sgd",
    "sgd momentum=0.9 nesterov=true weight_decay=0.01 clip=0.1",
    "adam",
    "adam weight_decay=0.01 clip=0.1",
    "adamw",
    "nadam",
    "rmsprop",
    "rmsprop momentum=0.5",
    "adagrad",
    "adadelta",
    "lion weight_decay=0.1",
)


@pytest.mark.parametrize("opt", OPTIMIZERS)
def test_optimizers_agree(opt: str) -> None:
    check_optimizer(opt, "", 12)


def test_what_has_decayed_becomes_zero_now_and_then() -> None:
    x = torch.tensor([1e-300, -1e-300, 1e-200], dtype=torch.float64)
    for steps, kept in ((63.0, 3), (64.0, 1)):
        VECTOR_ROWS["flush"](x, steps=np.array(steps), least=1e-290, every=64)
        assert int(x.count_nonzero()) == kept


@pytest.mark.parametrize("opt", ["sgd", "adamw", "rmsprop clip=0.1"])
def test_the_gradient_of_a_penalty_by_size_agrees(opt: str) -> None:
    check_optimizer(opt, "l1=0.01", 3)  # before a weight is near 0, where rounding decides its sign


def check_optimizer(opt: str, option: str, steps: int) -> None:
    """Layers with learning rates of their own, frozen ones, and penalties."""
    text = (
        f"input 5 -> dense 6 lr=0.5 {option} tanh -> dense 4 freeze=true -> dense 3 softmax; "
        f"loss ce; reg l2 0.01; opt {opt}; train precision=f64"
    )
    ours, theirs = Net(text, 6).engine, torch_engine(understand(text), batch=6)
    rng = np.random.default_rng(1)
    for name, feed in ours.feeds.items():
        feed[...] = rng.random(feed.shape)
        if name.startswith("target"):
            feed /= feed.sum(-1, keepdims=True)  # probabilities
        theirs.feeds[name][...] = feed
    assert_steps_agree(ours, theirs, steps)


def assert_steps_agree(ours: Engine, theirs: TorchEngine, steps: int) -> None:
    """Losses, parameters and the state of the optimizer."""
    for _ in range(steps):
        ours.train_step(0.01)
        theirs.train_step(0.01)
        assert theirs.loss() == pytest.approx(ours.loss(), rel=TOLERANCE)
    mine, other = ours.state(), theirs.state()
    for name, value in mine.parameters.items():
        assert distance(other.parameters[name], value) <= TOLERANCE, name
    for part in ("optimizer", "cells"):
        here, there = (getattr(own, part).view(np.float64) for own in (mine, other))
        assert distance(there, here) <= TOLERANCE, part


@pytest.mark.parametrize("text", [ADAM, LENET, RESNET], ids=["mlp", "lenet", "resnet"])
def test_trainings_agree_step_by_step(text: str) -> None:
    steps = 6 if text is not ADAM else 69
    ours, theirs = (losses_of(text, engine)[:steps] for engine in ("numpy", "torch"))
    assert len(ours) == steps
    assert theirs == pytest.approx(ours, rel=TOLERANCE)


def test_a_short_last_batch_and_one_of_a_single_sample_agree() -> None:
    text = LENET.replace("batch=64", "batch=718").replace("epochs=3", "epochs=2")
    ours, theirs = (losses_of(text, engine) for engine in ("numpy", "torch"))
    assert len(ours) == 6
    assert theirs == pytest.approx(ours, rel=TOLERANCE)


def test_weighted_classes_and_ignored_labels_agree() -> None:
    text = ADAM.replace("loss ce", "loss ce weight=balanced ignore=3").replace(
        "epochs=3", "epochs=1"
    )
    ours, theirs = (losses_of(text, engine) for engine in ("numpy", "torch"))
    assert theirs == pytest.approx(ours, rel=TOLERANCE)


def test_adversarial_training_agrees() -> None:
    text = ADAM.replace("epochs=3", "epochs=1 adversarial=0.1")
    ours, theirs = (losses_of(text, engine) for engine in ("numpy", "torch"))
    assert theirs == pytest.approx(ours, rel=TOLERANCE)


DROPOUT = ADAM.replace("relu", "relu -> dropout 0.3").replace("epochs=3", "epochs=2")


def test_a_training_that_was_left_ends_as_one_in_one_go() -> None:
    whole = trained(session_of(DROPOUT, engine="torch"))
    left = trained(session_of(DROPOUT, engine="torch"), leave=30)
    again = trained(session_of(DROPOUT, engine="torch"), resumed=left.kept[-1])
    assert_same(whole, again)


def test_random_numbers_of_a_program_stay_where_they_are() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    trained(session_of(DROPOUT.replace("epochs=2", "epochs=1"), engine="torch"))
    assert torch.equal(torch.rand(3), expected)


def test_a_state_goes_from_one_engine_to_the_other() -> None:
    text = (
        "input 4x4x2 -> conv 3 3x3 bias=false bn relu -> flatten -> dense 3 softmax; loss ce; "
        "opt adam; train precision=f64"
    )
    ours, theirs = Net(text, 6).engine, torch_engine(understand(text), batch=6)
    rng = np.random.default_rng(1)
    for name, feed in ours.feeds.items():
        feed[...] = rng.random(feed.shape)
        if name.startswith("target"):
            feed /= feed.sum(-1, keepdims=True)  # probabilities
        theirs.feeds[name][...] = feed
    for _ in range(3):
        ours.train_step(0.01)
    theirs.restore(ours.state())
    assert_steps_agree(ours, theirs, 3)
    ours.restore(theirs.state())
    assert_steps_agree(ours, theirs, 3)


def test_the_state_of_another_network_is_refused() -> None:
    one, other = (
        torch_engine(understand(f"input 4 -> dense {units} softmax; loss ce; opt sgd"), batch=2)
        for units in (2, 3)
    )
    with pytest.raises(EngineStateError):
        one.restore(other.state())
    with pytest.raises(EngineStateError, match="streams"):
        one.restore(replace(one.state(), streams=np.zeros((2, 1, 7), np.uint64)))


def test_what_is_written_to_parameters_counts_in_the_next_step() -> None:
    engine = torch_engine(understand("input 4 -> dense 2; loss mse; opt sgd"), batch=2)
    engine.feeds["input1"][...] = 1.0
    engine.evaluate_step()
    parameters = engine.parameters()
    parameters["dense1.w"][...] = 0.5
    parameters["dense1.b"][...] = 1.0
    engine.evaluate_step()
    (output,) = (array for array in engine.outputs.values() if array.shape == (2, 2))
    assert np.array_equal(output, np.full((2, 2), 3.0))
