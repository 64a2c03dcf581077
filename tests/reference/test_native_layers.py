"""Every layer in the native engine, forward and backward, beside the NumPy engine.

The NumPy engine is compared with PyTorch by `test_layers_reference.py`. Both add the same products,
in other orders, so the tolerances are those of that comparison, for the same reasons.
"""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from layer_rows import TABLE, Row
from native_engines import native_engine, plan_compiler
from netc.compiler.lower.context import Choices
from reference_net import Array, Net, distance, shake

TOLERANCE = {"f32": 1e-5, "f64": 1e-10}
INNERMOST = Choices(native=True, least_innermost=1)
"""Few channels have their samples innermost, however small the batch of a test is."""
SOME = tuple(islice(TABLE, 5, None, 40))


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


def distances(row: Row, precision: str, choices: Choices) -> dict[str, float]:
    """Of outputs, loss, gradients and running moments, by name."""
    net = Net(row.text(precision), row.batch)
    engine = native_engine(net.checked, plan_compiler(quick=True), batch=row.batch, choices=choices)
    start = {name: value.copy() for name, value in shake(net.parameters(), seed=5).items()}
    net.set(start)
    for name, value in engine.parameters().items():
        value[...] = start[name]
    feeds = drawn(row, net)
    net.feed(feeds)
    for name, feed in engine.feeds.items():
        feed[...] = feeds[name]
    found: dict[str, float] = {}
    net.engine.evaluate_step()
    engine.evaluate_step()
    for name, value in net.engine.outputs.items():
        found[f"evaluated {name}"] = distance(engine.outputs[name], value)
    net.engine.train_step(0.01)
    engine.train_step(0.01)
    found["loss"] = abs(engine.loss() - net.engine.loss()) / max(abs(net.engine.loss()), 1.0)
    gradients = net.engine.gradients()
    largest = max((abs(value).max(initial=0) for value in gradients.values()), default=0.0)
    for name, value in gradients.items():
        # a gradient that is 0 in theory, as of a bias before a normalisation, is rounding on both
        # sides, of sums of numbers about as large as the largest gradient
        scale = max(abs(value).max(initial=0), largest / 10, 1e-30)
        found[f"gradient {name}"] = float(
            abs(engine.gradients()[name] - value).max(initial=0) / scale
        )
    for name, value in net.engine.parameters().items():
        found[f"after {name}"] = distance(engine.parameters()[name], value)
    engine.close()
    return found


def check_row(row: Row, precision: str, choices: Choices) -> None:
    wrong = {
        name: error
        for name, error in distances(row, precision, choices).items()
        if not error <= TOLERANCE[precision]
    }
    assert not wrong, wrong


@pytest.mark.parametrize("row", SOME, ids=str)
def test_some_layers_agree(row: Row) -> None:
    check_row(row, "f64", INNERMOST)


@pytest.mark.heavy
@pytest.mark.parametrize("row", TABLE, ids=str)
def test_all_layers_agree(row: Row) -> None:
    check_row(row, "f64", INNERMOST)


@pytest.mark.heavy
@pytest.mark.parametrize("row", TABLE[::3], ids=str)
def test_layers_agree_in_single_precision(row: Row) -> None:
    check_row(row, "f32", Choices(native=True))
