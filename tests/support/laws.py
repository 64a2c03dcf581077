"""What must hold of a spec that `check` accepts, and of one that it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from generated_models import Generated
from growing import examined
from netc.compiler.graph import Graph
from netc.compiler.language.frozen import change
from netc.compiler.lower.context import Choices
from netc.compiler.lower.forward import emit_forward
from netc.compiler.lower.lower import lower
from netc.compiler.lower.network import build_network
from netc.compiler.lower.passes.pipeline import NAMES
from netc.compiler.lower.plan import LOSS, Plan
from netc.compiler.lower.program import Emitter, Program, Value
from netc.compiler.lower.verify import verify
from netc.compiler.lower.verify_plan import verify_plan
from netc.compiler.pipeline import Checked
from netc.compiler.training.directives import Train
from netc.runtime.engine.engine import Engine
from shape_formulas import follows_formulas

BATCH = 5
SHORT = 3
"""Samples of a last batch that is not full."""
CLOSE = 1e-9
LEAST_SHARE = 1e-3
"""A probability nearer to 0 or 1 than this has lost digits that the fused loss still has."""


def refusal_is_explained(text: str) -> None:
    """A refused text has an error, and every error points into the text."""
    checked = examined(text)
    errors = [problem for problem in checked.problems if problem.is_error]
    assert errors, text
    for problem in errors:
        assert 0 <= problem.at.start <= problem.at.end <= len(text), (problem.code, text)
        assert problem.message()
        assert problem.help() is not None


def accepted_runs(model: Generated, checked: Checked) -> None:
    """It trains and evaluates with the inferred shapes, in finite numbers, whatever the passes
    do, and a short batch gives every sample the same."""
    every_layer_has_its_shape(checked)
    follows_formulas(checked.graph)
    engine = engine_of(checked, Choices(least_innermost=1, inspect=verify))
    rng = np.random.default_rng(0)
    feeds = feeds_of(engine, model, checked.graph, rng)
    fill(engine, feeds, BATCH)
    start(engine, rng)

    engine.evaluate_step()
    evaluated = _outputs(engine)
    for name, output in evaluated.items():
        shape = () if name == LOSS else (BATCH, *checked.graph.node(name).shape)
        assert output.shape == shape
        assert np.isfinite(output).all(), name
    parameters = {name: value.copy() for name, value in engine.parameters().items()}
    plain = Choices(without=NAMES - _passes_to_keep(checked, evaluated), inspect=verify)
    twin = engine_of(checked, plain)
    fill(twin, feeds, BATCH)
    set_parameters(twin, parameters)
    exact = checked.model.train.precision == "f64"

    twin.evaluate_step()
    if exact:
        _compare("evaluate", evaluated, _outputs(twin))
        _short_batch_agrees(engine, feeds, evaluated)
    engine.resize(BATCH)
    native = engine_of(checked, Choices(native=True, inspect=verify))
    fill(native, feeds, BATCH)
    set_parameters(native, parameters)
    native.evaluate_step()
    if exact:
        _compare("native, evaluate", _outputs(native), _outputs(twin))
    saving = engine_of(checked, Choices(least_innermost=1, inspect=verify), memory="low")
    fill(saving, feeds, BATCH)
    set_parameters(saving, parameters)
    for step in range(2):
        engine.train_step(0.0 if step == 0 else 1e-3)
        saving.train_step(0.0 if step == 0 else 1e-3)
        _same_bits(_outputs(engine) | engine.gradients(), _outputs(saving) | saving.gradients())
        twin.train_step(0.0 if step == 0 else 1e-3)
        trained, gradients = _outputs(engine), copies(engine.gradients())
        for name, value in (trained | gradients).items():
            assert np.isfinite(value).all(), name
        if exact and step == 0:
            lost = digits_lost(checked)
            _compare("train", trained, _outputs(twin), lost=lost)
            wanted = copies(twin.gradients())
            _compare("gradients", gradients, wanted, together=True, lost=lost)
            native.train_step(0.0)
            _compare("native, train", _outputs(native), _outputs(twin), lost=lost)
            found = copies(native.gradients())
            _compare("native, gradients", found, wanted, together=True, lost=lost)
    for name, value in engine.parameters().items():
        assert np.isfinite(value).all(), name


def every_layer_has_its_shape(checked: Checked) -> None:
    """What each layer emits has the shape that was inferred, with the batch in front."""
    graph = checked.graph
    network = build_network(checked.model, graph)
    for training in (True, False):
        e = Emitter(Program("shapes"), BATCH, BATCH, training, backward=training, noise=training)
        parameters, feeds = _values(graph, e)
        forward = emit_forward(network, e, parameters, feeds)
        for node in graph.nodes:
            assert forward.layers[node.name].output.shape == (BATCH, *node.shape), node.name


def _values(graph: Graph, e: Emitter) -> tuple[dict[str, dict[str, Value]], dict[str, Value]]:
    parameters = {
        node.name: {
            parameter.name: e.new_value(parameter.shape, region="parameters")
            for parameter in node.parameters
        }
        for node in graph.nodes
    }
    feeds = {
        node.name: e.new_value((BATCH, *node.shape), region="feeds")
        for node in graph.nodes
        if not node.inputs
    }
    return parameters, feeds


def engine_of(checked: Checked, choices: Choices, memory: str = "normal") -> Engine:
    train = change(checked.model.train or Train(), memory=memory)
    model = change(checked.model, train=train)

    def plan_for(batch: int) -> Plan:
        plan = lower(model, checked.graph, batch=batch, choices=choices)
        verify_plan(plan)
        return plan

    return Engine(plan_for, batch=BATCH, seed=3)


def feeds_of(
    engine: Engine, model: Generated, graph: Graph, rng: np.random.Generator
) -> dict[str, Any]:
    """Inputs and targets of the right kind for every feed."""
    losses = {graph.labels[label]: loss for label, loss in model.kinds.items()}
    feeds = {}
    for name, feed in engine.feeds.items():
        if name in model.tokens:
            feeds[name] = rng.integers(0, model.tokens[name], feed.shape).astype(float)
        elif name.startswith("target:"):
            loss = losses[name.removeprefix("target:")]
            feeds[name] = _target(loss, feed.shape, rng)
        else:
            feeds[name] = rng.standard_normal(feed.shape)
    return feeds


def _target(loss: str, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray[Any, Any]:
    if loss == "kl":
        shares = rng.random(shape) + 0.1
        return shares / shares.sum(-1, keepdims=True)
    if loss in ("ce", "nll") or (loss in ("hinge", "perceptron") and shape[-1] > 1):
        return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]
    if loss == "bce":
        return (rng.random(shape) > 0.5).astype(float)
    if loss in ("hinge", "perceptron", "logistic"):
        return np.where(rng.random(shape) > 0.5, 1.0, -1.0)
    return rng.standard_normal(shape)


def fill(engine: Engine, feeds: Mapping[str, Any], count: int) -> None:
    for name, feed in engine.feeds.items():
        feed[...] = feeds[name][:count]


def _same_bits(first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name], err_msg=name)


def start(engine: Engine, rng: np.random.Generator) -> None:
    """Gives everything that starts at one number numbers of its own."""
    for name, value in engine.parameters().items():
        if name.endswith(".var"):
            value[...] = rng.uniform(0.5, 2, value.shape)
        elif value.size and value.std() == 0:
            value += 0.2 * rng.standard_normal(value.shape)


def set_parameters(engine: Engine, parameters: Mapping[str, Any]) -> None:
    for name, value in engine.parameters().items():
        value[...] = parameters[name]


def _outputs(engine: Engine) -> dict[str, Any]:
    return copies(engine.outputs)


def copies(arrays: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.copy() for name, value in arrays.items()}


def _passes_to_keep(checked: Checked, outputs: Mapping[str, Any]) -> set[str]:
    """Without its pass a loss after softmax or sigmoid loses digits near 0 and 1: then the twin
    keeps that pass. With `bn`, the probabilities of training are others than these."""
    others = any(node.layer.word == "bn" for node in checked.graph.nodes)
    for value in outputs.values():
        low, high = value.min(initial=0.5), value.max(initial=0.5)
        near = low < LEAST_SHARE or high > 1 - LEAST_SHARE
        if low >= 0 and high <= 1 and (near or others):
            return {"fuse_losses"}
    return set()


def _short_batch_agrees(engine: Engine, feeds: Mapping[str, Any], full: Mapping[str, Any]) -> None:
    engine.resize(SHORT)
    fill(engine, feeds, SHORT)
    engine.evaluate_step()
    for name, value in _outputs(engine).items():
        assert np.isfinite(value).all()
        if name != LOSS:
            _close(f"short batch, {name}", value, full[name][:SHORT])


def digits_lost(checked: Checked) -> float:
    """How much larger rounding may grow. A normalisation of numbers that hardly differ, as a few
    samples' may, divides them by as little as sqrt(eps) = 0.003, and the next one does so again."""
    norms = sum(node.layer.word in ("bn", "ln", "gn") for node in checked.graph.nodes)
    return 1e3 if norms > 1 else 1.0


def _compare(
    where: str,
    found: Mapping[str, Any],
    wanted: Mapping[str, Any],
    *,
    together: bool = False,
    lost: float = 1.0,
) -> None:
    """Equal up to rounding, measured against the largest number of each array, or of all."""
    assert found.keys() == wanted.keys()
    largest = max((abs(value).max(initial=0) for value in wanted.values()), default=0)
    for name, value in found.items():
        scale = largest if together else None
        _close(f"{where}, {name}", value, wanted[name], scale=scale, lost=lost)


def _close(
    where: str, found: Any, wanted: Any, *, scale: float | None = None, lost: float = 1.0
) -> None:
    if scale is None:
        scale = abs(wanted).max(initial=0)
    error = abs(found - wanted).max(initial=0)
    assert error <= CLOSE * lost * max(1.0, scale), f"{where}: {error} of {scale}"
