"""A small trained model, and data that every test may read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import netc
import numpy as np
import pytest

SPEC = """\
input 4 -> dense 6 tanh -> bn -> dropout 0.2 -> dense 3 softmax
prep standardize
loss ce
opt adam lr=0.02
train epochs=4 batch=16 seed=1
"""

Arrays = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]


@pytest.fixture(scope="session")
def flowers() -> Arrays:
    """Three heaps of points, with texts as labels."""
    random = np.random.default_rng(3)
    labels = np.repeat(["aster", "lily", "rose"], 40)
    centres = np.array([[0, 0, 5, 5], [5, 0, 0, 5], [0, 5, 5, 0]], np.float64)
    x = np.repeat(centres, 40, axis=0) + random.normal(size=(120, 4))
    return x, labels


@pytest.fixture(scope="session")
def trained(flowers: Arrays) -> netc.Model:
    """A model that nobody may change."""
    return netc.compile(SPEC).fit(*flowers)


@pytest.fixture
def codes() -> Callable[..., list[str]]:
    """The codes of what a call raises."""

    def codes_of(error: type[netc.NetcError], call: Callable[[], object]) -> list[str]:
        with pytest.raises(error) as caught:
            call()
        assert type(caught.value) is error
        return [item.code for item in caught.value.diagnostics]

    return codes_of
