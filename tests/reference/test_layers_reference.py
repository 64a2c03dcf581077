"""Every layer, forward and backward, against PyTorch in double precision.

Tolerances are on the largest difference over the largest number of a tensor. 1e-10 in double
precision leaves 1e6 roundings of 1e-16, far more than any of these sums has in a row. 1e-5 in
single precision is 170 roundings of 6e-8: sums of up to some thousand products lose the square
root of their length, and a few layers follow one another.

Gradients that are zero in theory (a bias before batch normalisation) are rounding errors on both
sides, so no tensor is measured against less than a hundredth of the largest gradient of the net.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from layer_rows import TABLE, Row, words
from netc.compiler.layers.catalog import LAYERS
from reference_net import CHOSEN, INNERMOST, NATIVE, PLAIN, Array, Net, distance, shake

torch = pytest.importorskip("torch", reason="the reference is PyTorch")

TOLERANCE = {"f32": 1e-5, "f64": 1e-10}


def drawn(row: Row, net: Net, seed: int) -> dict[str, Array]:
    """Tokens, and a target of normal numbers."""
    rng = np.random.default_rng(seed)
    feeds: dict[str, Array] = {}
    for name, array in net.engine.feeds.items():
        if name != "tokens":
            feeds[name] = rng.standard_normal(array.shape).astype(np.float32)
        elif row.tokens:
            feeds[name] = rng.integers(0, row.tokens, array.shape)
        else:
            feeds[name] = np.arange(array.size).reshape(array.shape)
    return feeds


def test_every_layer_has_a_row() -> None:
    missing = {entry.word for entry in LAYERS} - words()
    assert not missing, f"no row walks {sorted(missing)}"


def test_every_layer_of_a_graph_is_written_in_pytorch() -> None:
    from torch_words import WORDS

    missing = {entry.word for entry in LAYERS} - set(WORDS) - {"input"}
    assert not missing, f"torch_words.py lacks {sorted(missing)}"


def compare(row: Row, precision: str, choices: Any) -> dict[str, float]:
    """Distances of outputs, loss, gradients and running moments, by name."""
    from torch_words import leaves, walk

    net = Net(row.text(precision), row.batch, choices)
    feeds = drawn(row, net, seed=3)
    # Both sides start from the same single-precision numbers.
    start = {
        name: value.astype(np.float32).astype(float)
        for name, value in shake(net.parameters(), seed=5).items()
    }
    net.set(start)
    net.feed(feeds)
    graph = net.checked.graph
    (output,) = graph.outputs
    kept = {slot.name for slot in net.engine.plan.slots if slot.region == "kept"}
    found: dict[str, float] = {}

    net.engine.evaluate_step()
    with torch.no_grad():
        expected = walk(graph, feeds, leaves(start, kept=kept), training=False)[output]
    found["evaluated"] = distance(net.outputs()[output], expected)

    loss = net.train()
    tensors = leaves(start, kept=kept)
    y = walk(graph, feeds, tensors, training=True)[output]
    target = torch.as_tensor(feeds[f"target:{output}"], dtype=torch.float64)
    wanted = ((y - target) ** 2).mean()
    found["output"] = distance(net.outputs()[output], y.detach())
    found["loss"] = distance(loss, wanted.detach())
    if any(tensor.requires_grad for tensor in tensors.values()):
        wanted.backward()
    expected_gradients = {
        name: np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.numpy()
        for name, tensor in tensors.items()
        if tensor.requires_grad
    }
    for node in graph.nodes:
        for penalty in ("l1", "l2"):
            strength = getattr(node.layer, penalty, None) or 0.0
            w = start.get(f"{node.name}.w", np.zeros(()))
            if strength:
                slope = np.sign(w) if penalty == "l1" else w
                expected_gradients[f"{node.name}.w"] += strength * slope
    gradients = net.gradients()
    assert gradients.keys() == expected_gradients.keys()
    floor = 1e-2 * max(np.abs(value).max() for value in expected_gradients.values())
    for name, value in expected_gradients.items():
        found[f"gradient of {name}"] = distance(gradients[name], value, floor)
    for name in kept:
        found[name] = distance(net.parameters()[name], tensors[name])
    return found


@pytest.mark.parametrize("precision", ["f32", "f64"])
@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_layer_computes_what_pytorch_does(row: Row, precision: str) -> None:
    found = compare(row, precision, CHOSEN)
    wrong = {name: error for name, error in found.items() if error > TOLERANCE[precision]}
    assert not wrong, f"{row}: {wrong}"


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_layer_with_its_samples_innermost_computes_the_same(row: Row) -> None:
    found = compare(row, "f64", INNERMOST)
    wrong = {name: error for name, error in found.items() if error > TOLERANCE["f64"]}
    assert not wrong, f"{row}: {wrong}"


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_layer_in_a_native_plan_computes_the_same(row: Row) -> None:
    found = compare(row, "f64", NATIVE)
    wrong = {name: error for name, error in found.items() if error > TOLERANCE["f64"]}
    assert not wrong, f"{row}: {wrong}"


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_layer_without_any_pass_computes_the_same(row: Row) -> None:
    found = compare(row, "f64", PLAIN)
    wrong = {name: error for name, error in found.items() if error > TOLERANCE["f64"]}
    assert not wrong, f"{row}: {wrong}"
