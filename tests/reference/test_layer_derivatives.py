"""The gradient of every layer against differences of the loss, in random directions.

(L(p + h d) - L(p - h d)) / 2h differs from the derivative along d by h² times third derivatives
and by the rounding of L over h: with h = 1e-5 in double precision about 1e-10 and 1e-11 of the
size of these losses. 1e-6 leaves room for layers that bend sharply. Kinks (ReLU, max) within h
of a number would show as errors; the seeds are such that there are none.
"""

from __future__ import annotations

import numpy as np
import pytest
from layer_rows import TABLE, Row
from reference_net import CHOSEN, NATIVE, Array, Choices, Net, shake

STEP = 1e-5
TOLERANCE = 1e-6


@pytest.mark.parametrize("choices", [CHOSEN, NATIVE], ids=["numpy", "native"])
@pytest.mark.parametrize("row", [row for row in TABLE if row.count() < 1000], ids=str)
def test_a_gradient_is_a_slope(row: Row, choices: Choices) -> None:
    # Penalties are in the gradients of a step but not in the loss that it reports.
    text = row.text("f64").replace("l1=0.1", "").replace("l2=0.1", "")
    net = Net(text, row.batch, choices)
    rng = np.random.default_rng(8)
    for name, array in net.engine.feeds.items():
        if name != "tokens":
            net.feed({name: rng.standard_normal(array.shape)})
        elif row.tokens:
            net.feed({name: rng.integers(0, row.tokens, array.shape)})
        else:
            net.feed({name: np.arange(array.size)})
    start = shake(net.parameters(), seed=9)
    net.set(start)
    net.train()
    gradients = net.gradients()
    whole = np.sqrt(sum((value**2).sum() for value in gradients.values()))

    def loss_at(directions: dict[str, Array], step: float) -> float:
        net.set(start)
        net.set({name: start[name] + step * d for name, d in directions.items()})
        return net.train()

    everything = {name: rng.standard_normal(value.shape) for name, value in gradients.items()}
    for directions in (everything, *({name: d} for name, d in everything.items())):
        rise = loss_at(directions, STEP) - loss_at(directions, -STEP)
        slope = sum(float((gradients[name] * d).sum()) for name, d in directions.items())
        # Where the loss does not change at all, both are rounding errors.
        largest = max(abs(slope), 0.01 * whole)
        assert abs(rise / (2 * STEP) - slope) <= TOLERANCE * largest, sorted(directions)
