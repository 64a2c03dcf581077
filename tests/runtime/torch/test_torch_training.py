"""Losses, optimizers and schedules as PyTorch source: the same gradients, steps and rates as the
NumPy engine's."""

from __future__ import annotations

import re
from itertools import cycle
from typing import Any

import netc
import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.compiler.torch.source import torch_source
from netc.runtime.compare.case import Case, make_case
from netc.runtime.engine.selection import EngineOptions, build_single, set_weights
from netc.runtime.torch.module import build_module, load_source, read_weights_of
from netc.runtime.training.loop.schedules import rate_of
from torch_comparison import (
    assert_gradients_agree,
    batch_of,
    compared_with,
    module_of,
    random_weights,
)

torch = pytest.importorskip("torch", reason="the exported source is run by PyTorch")


def case_of(text: str, batch: int) -> Case:
    found = check(source_of(text), BUILTIN, read_source)
    assert not found.has_errors, [problem.message() for problem in found.problems]
    return make_case(found.model, found.graph, batch, trains=True)


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
    "dense 24 tanh -> @h -> dense 24 -> @y; loss mse on=@y target=@h",
]


def test_every_loss_is_in_a_row() -> None:
    named = {text.partition("loss ")[2].split()[0] for text in LOSS_ROWS}
    assert named == set(BUILTIN.words("loss"))


@pytest.mark.parametrize("text", LOSS_ROWS)
def test_a_loss_has_the_gradients_of_the_engine(text: str) -> None:
    assert_gradients_agree(torch, case_of(f"input 24 -> @x -> {text}; train precision=f64", 6))


def test_class_weights_ignored_labels_and_positive_weights_are_those_of_the_spec() -> None:
    """By the formulas in the documents of `ce` and `bce`."""
    text = "input 4 -> dense 3 softmax; loss ce weight=(1, 2.5, 0.5) ignore=2"
    found = check(source_of(text), BUILTIN, read_source)
    program = load_source(torch_source(found.model, found.graph, training=True))
    logits, target = torch.randn(6, 3).double(), torch.tensor([0, 1, 2, 1, 0, 2])
    counts = torch.tensor([1, 2.5, 0, 2.5, 1, 0]).double()
    rows = -torch.log_softmax(logits, 1)[torch.arange(6), target]
    expected = (counts * rows).sum() / counts.sum()
    assert torch.isclose(program.loss_function(logits, target), expected, rtol=1e-12)

    text = "input 4 -> dense 2 sigmoid; loss bce pos_weight=(3, 0.5)"
    found = check(source_of(text), BUILTIN, read_source)
    program = load_source(torch_source(found.model, found.graph, training=True))
    logits, target = torch.randn(5, 2).double(), torch.rand(5, 2).double()
    y, w = torch.sigmoid(logits), torch.tensor([3, 0.5]).double()
    expected = -(w * target * y.log() + (1 - target) * (1 - y).log()).mean()
    assert torch.isclose(program.loss_function(logits, target), expected, rtol=1e-12)


OPTIMIZER_ROWS = [
    "sgd lr=0.1",
    "sgd lr=0.05 momentum=0.9 nesterov=true weight_decay=0.1",
    "adam lr=0.02 beta1=0.8 beta2=0.95 eps=1e-3",
    "adam lr=0.01 weight_decay=0.1 clip=0.3",
    "adamw lr=0.01",
    "adamw lr=0.01 weight_decay=0",
    "nadam lr=0.01 beta1=0.8 beta2=0.9 decay=0.02 eps=1e-4 weight_decay=0.1",
    "rmsprop lr=0.01",
    "rmsprop lr=0.003 rho=0.99 momentum=0.9 eps=1e-4 clip=0.5",
    "adagrad lr=0.1 eps=0.01 weight_decay=0.1",
    "adadelta lr=5 rho=0.8 eps=1e-4",
    "lion lr=0.003 beta1=0.8 beta2=0.5 weight_decay=0.1",
]
PLAIN = "input 4 -> dense 6 tanh -> dense 5 bias=false bn -> dense 3"
OWN = (
    "input 4 -> dense 6 lr=0.5 tanh -> dense 5 l2=0.2 bias=false bn -> dense 5 freeze=true"
    " -> dense 3 l1=0.1"
)
REGULARIZERS = ["reg l2 0", "reg l2 0.05", "reg l1 0.01; reg l2 0.1"]


def test_every_optimizer_that_takes_steps_is_in_a_row() -> None:
    stepping = {
        word for word in BUILTIN.words("optimizer") if BUILTIN.get("optimizer", word).can_run()
    }
    assert {row.split()[0] for row in OPTIMIZER_ROWS} == stepping


STEPPED = [
    *(f"{OWN}; opt {opt}; {REGULARIZERS[at % 3]}" for at, opt in enumerate(OPTIMIZER_ROWS)),
    *(f"{PLAIN}; opt {opt}; {reg}" for opt in OPTIMIZER_ROWS[1:5:2] for reg in REGULARIZERS),
]


@pytest.mark.parametrize("text", STEPPED)
def test_an_optimizer_takes_the_steps_of_the_engine(text: str) -> None:
    """1e-7 allows roundings of 1e-16 to grow in ten steps that divide small by small numbers."""
    case = case_of(f"{text}; loss mse; train precision=f64", 8)
    source, start = torch_source(case.model, case.graph, training=True), random_weights(case)
    program = load_source(source)
    module = module_of(torch, source, start).train()
    optimizer = program.make_optimizer(module)
    engine = build_single(case.model, case.graph, EngineOptions(8, 8, 0, "train"))
    set_weights(engine, start)
    batch = batch_of(torch, source, case)
    for _ in range(10):
        optimizer.zero_grad()
        outputs = module(*batch)
        loss = program.loss_function(outputs, compared_with(torch, source, case, batch, outputs))
        loss = loss + (program.penalty(module) if hasattr(program, "penalty") else 0)
        loss.backward()
        clip = re.search(r"max_norm=([\d.]+)", source.text)
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(module.parameters(), max_norm=float(clip[1]))
        optimizer.step()
        for name, array in (case.inputs | case.targets).items():
            np.copyto(engine.feeds[name], array[:8])
        engine.train_step(case.rate)
    found, ours = read_weights_of(module, source), engine.parameters()
    for name in engine.gradients():
        assert np.abs(ours[name] - start[name]).max() > 1e-5, f"{name} was not trained"
    for name, array in found.items():
        np.testing.assert_allclose(array, ours[name], rtol=1e-7, atol=1e-9, err_msg=name)


EXACT_ROWS = [
    "poly 3 -> dense 2; reg l2 0.01",
    "dense 1 bias=false; reg l2 0.1",
    "dense 2 l2=0.3; reg l2 0.1",
    "poly 2 -> dense 1",
]


@pytest.mark.parametrize("row", EXACT_ROWS)
def test_least_squares_has_the_weights_of_the_engine(row: str) -> None:
    text = f"input 3 -> {row}; loss mse weight=0.5; opt exact; train precision=f64"
    model = netc.compile(text)
    random = np.random.default_rng(0)
    x = random.standard_normal((40, 3))
    y = x @ random.standard_normal((3, model.graph.node(model.graph.outputs[0]).shape[0])) + 1
    model.fit(x, y, validation=0)
    found = check(source_of(text), BUILTIN, read_source)
    source = torch_source(found.model, found.graph, training=True)
    program, module = load_source(source), build_module(source).double()
    program.solve(module, torch.from_numpy(x), torch.from_numpy(y))
    ours = model.trained_state().weights
    for name, array in read_weights_of(module, source).items():
        np.testing.assert_allclose(array, ours[name], rtol=1e-7, atol=1e-9, err_msg=name)


DRAWN = "conv 40 3x3{} -> flatten -> dense 50"
INITIAL_ROWS = [
    *(f" init={rule}" for rule in ("he", "glorot", "xavier", "lecun", "orthogonal", "zeros")),
    " init=normal(0.3)",
    " init=uniform(0.2)",
    " groups=4 init=glorot",
]


@pytest.mark.parametrize("option", INITIAL_ROWS)
def test_initial_weights_are_spread_as_those_of_the_engine(option: str) -> None:
    """14,400 drawn numbers (3,600 with groups) have their standard deviation within 5%."""
    text = f"input 5x5x40 -> {DRAWN.format(option)} -> dense 3; loss mse; opt sgd"
    found = check(source_of(text), BUILTIN, read_source)
    source = torch_source(found.model, found.graph, training=True)
    program, module = load_source(source), build_module(source)
    torch.manual_seed(0)
    program.init_weights(module)
    engine = build_single(found.model, found.graph, EngineOptions(1, 1, 0, "train"))
    ours, theirs = engine.parameters(), read_weights_of(module, source)
    for name in ("conv1.w", "dense1.w"):
        np.testing.assert_allclose(theirs[name].std(), ours[name].std(), rtol=0.05, err_msg=name)
        assert abs(theirs[name].mean()) <= 0.05 * ours[name].std() + 1e-12
    assert not theirs["conv1.b"].any()


def test_the_loop_takes_the_steps_of_its_functions() -> None:
    """All that a spec may say of a step, in `train` itself."""
    text = (
        "input 4 -> dense 6 tanh -> dense 3 softmax; loss ce; opt adam lr=0.01 clip=0.5; "
        "reg l1 0.01; schedule cosine warmup=3it; train epochs=2 batch=8 precision=f64"
    )
    case = case_of(text, 8)
    source, start = torch_source(case.model, case.graph, training=True), random_weights(case)
    program, module = load_source(source), module_of(torch, source, start)
    (feed,) = case.classes
    loader = [
        (torch.from_numpy(case.inputs[name][at : at + 8]), torch.from_numpy(classes[at : at + 8]))
        for name, classes in [(next(iter(case.inputs)), case.classes[feed])]
        for at in range(0, 32, 8)
    ]
    program.train(module, loader)
    engine = build_single(case.model, case.graph, EngineOptions(8, 8, 0, "train"))
    set_weights(engine, start)
    rate = rate_of(case.model.schedule, case.rate, epoch_steps=4, run_steps=8)
    for step, at in zip(range(8), cycle(range(0, 32, 8)), strict=False):
        for name, array in (case.inputs | case.targets).items():
            np.copyto(engine.feeds[name], array[at : at + 8])
        engine.train_step(rate.at(step))
    for name, array in read_weights_of(module, source).items():
        np.testing.assert_allclose(array, engine.parameters()[name], rtol=1e-8, atol=1e-10)


SCHEDULE_ROWS = [
    "constant",
    "constant warmup=3it",
    "exp gamma=0.9",
    "exp gamma=0.99 per=step",
    "exp gamma=0.9 warmup=1ep",
    "exp gamma=0.99 per=step warmup=5it",
    "step every=2ep factor=0.5",
    "step every=7it",
    "step every=2ep factor=0.5 warmup=4it",
    "multistep at=(1ep, 12it, 80%)",
    "multistep at=(2ep, 4ep) factor=0.3 warmup=1ep",
    "cosine",
    "cosine warmup=2ep",
    "cosine warmup=10%",
    "poly power=2",
    "poly",
    "poly power=0.5 warmup=6it",
    "onecycle",
    "onecycle warmup=2ep",
    "onecycle warmup=7it",
    "plateau patience=1ep",
    "plateau patience=2ep factor=0.5 on=train_loss",
    "plateau patience=2ep factor=0.5 on=val_acc",
    "plateau patience=1ep warmup=7it",
]
MEASURED = [1.0, 0.9, 0.9, 0.95, 0.8, 0.85]


def test_every_schedule_is_in_a_row() -> None:
    assert {row.split()[0] for row in SCHEDULE_ROWS} == set(BUILTIN.words("schedule"))


@pytest.mark.filterwarnings("ignore:.*lr_scheduler.step.*")
@pytest.mark.parametrize("row", SCHEDULE_ROWS)
def test_a_schedule_has_the_rates_of_the_engine(row: str) -> None:
    """Over six epochs of five steps, of two parameters with rates of their own."""
    text = (
        "input 4 -> dense 3 lr=0.5 -> dense 3 softmax; loss ce; metric acc; opt sgd lr=0.1; "
        f"schedule {row}; train epochs=6"
    )
    found = check(source_of(text), BUILTIN, read_source)
    assert not found.has_errors
    program = load_source(torch_source(found.model, found.graph, training=True))
    optimizer: Any = program.make_optimizer(program.Net())
    scheduler = program.make_scheduler(optimizer, 5) if hasattr(program, "make_scheduler") else None
    plateau = program.make_plateau(optimizer) if hasattr(program, "make_plateau") else None
    ours = rate_of(found.model.schedule, 0.1, epoch_steps=5, run_steps=30)
    for step in range(30):
        rates = sorted({group["lr"] for group in optimizer.param_groups})
        expected = [0.5 * ours.at(step), ours.at(step)]
        np.testing.assert_allclose(rates, expected, rtol=1e-9, atol=1e-15, err_msg=f"step {step}")
        if scheduler is not None and step < 29:
            scheduler.step()
        if step % 5 == 4 and plateau is not None:
            value = MEASURED[step // 5]
            plateau.step(value)
            ours.epoch_ended({found.model.schedule.on: value})
