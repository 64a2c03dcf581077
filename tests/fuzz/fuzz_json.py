"""Any JSON gives a model, which can be trained and written as JSON again, or a `NetcError`."""

from __future__ import annotations

import math
import warnings
from functools import cache
from typing import Any

import netc
import numpy as np
from fuzz_checker import examined
from json_mutations import mutated_text
from netc.compiler.ir import to_json
from spec_mutations import document_seeds
from target import Target

MOST_PARAMETERS = 20_000
MOST_POSITIONS = 200_000
SAMPLES = 6


_NETWORKS = (
    "input 4 -> dense 5 bn relu -> dense 3 softmax; loss ce; metric acc",
    "input 4 -> @x -> dense 2 tanh -> dense 4; loss mse target=@x; prep standardize; reg l2 0.1",
    "input 6x6x2 -> conv 2 3x3 pad=1 relu -> maxpool 2x2 -> flatten -> dense 1 sigmoid; loss bce",
    "input 3 -> @t -> dense 3 softmax -> @kind; @t -> dense 2 -> @box; "
    "loss ce on=@kind; loss mse on=@box weight=0.5; prep whiten pca; schedule cosine warmup=1ep",
    "input 5 -> embed 4 3 -> flatten -> dense 2 -> @out; loss mse on=@out; prep scale on=target",
    "let w=4; input 4 -> dense $w -> @a -> dense 4 share=@a -> add @a -> dense 1; loss logistic",
)
TRAINABLE = tuple(f"{text}; opt adam lr=0.01; train epochs=1 batch=2" for text in _NETWORKS)


@cache
def seeds() -> tuple[bytes, ...]:
    """The models of the documents' specs."""
    found = (examined(text.decode()) for text in (*document_seeds(), *map(str.encode, TRAINABLE)))
    texts = (to_json(checked.model).encode() for checked in found if not checked.has_errors)
    return tuple(dict.fromkeys(text for text in texts if len(text) < 20_000))


def is_small(model: netc.Model) -> bool:
    """Whether a step of it takes milliseconds."""
    nodes = model.graph.nodes
    shapes = [node.shape for node in nodes]
    if not nodes or any(axis is None for shape in shapes for axis in shape):
        return False
    sizes = [int(np.prod([axis or 1 for axis in shape], dtype=float)) for shape in shapes]
    costs = [node.multiply_adds or 0 for node in nodes]
    return (
        (model.parameters or 0) <= MOST_PARAMETERS
        and sum(sizes) <= MOST_POSITIONS
        and sum(costs) <= 10 * MOST_POSITIONS
    )


def samples_for(model: netc.Model) -> tuple[Any, Any]:
    """Random samples and targets, a tuple where there are several."""
    random = np.random.default_rng(0)
    graph = model.graph
    inputs = [node for node in graph.nodes if node.layer.word == "input"]
    x = [random.uniform(0, 2, (SAMPLES, *map(int, node.shape))) for node in inputs]
    y = []
    for loss in model.ir.losses:
        if loss.target is None:
            name = graph.outputs[0] if loss.on is None else graph.labels[loss.on]
            y.append(_targets(random, loss.word, tuple(map(int, graph.node(name).shape))))
    return x[0] if len(x) == 1 else tuple(x), (None if not y else y[0] if len(y) == 1 else tuple(y))


def _targets(random: np.random.Generator, loss: str, shape: tuple[int, ...]) -> Any:
    if loss in ("ce", "nll") or (loss in ("hinge", "perceptron") and shape[-1] > 1):
        return np.arange(SAMPLES * math.prod(shape[:-1])).reshape(SAMPLES, *shape[:-1]) % shape[-1]
    if loss in ("bce", "hinge", "perceptron", "logistic"):
        return random.integers(0, 2, (SAMPLES, *shape))
    return random.dirichlet(np.ones(shape[-1]), (SAMPLES, *shape[:-1]))


def explains(error: netc.NetcError) -> None:
    assert error.diagnostics, "an error without a diagnostic"
    assert all(item.message for item in error.diagnostics), "a diagnostic without a message"


def try_out(model: netc.Model) -> None:
    """Trains a small model for an epoch and asks it. Any `NetcError` is an answer."""
    if not is_small(model):
        return
    x, y = samples_for(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model.fit(x, y, epochs=1)
            model.predict(x)
        except netc.NetcError as error:
            explains(error)


def run(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        model = netc.from_json(text)
    except netc.NetcError as error:
        explains(error)
        return
    again = model.to_json()
    assert netc.from_json(again).ir == model.ir, f"JSON there and back differs: {again}"
    str(model)
    try_out(model)


TARGET = Target(seeds, mutated_text, run, seconds=6.0)
