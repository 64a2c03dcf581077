"""Weights between netc's layout and PyTorch's. Both ways move numbers and change none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...compiler.torch.layer import WeightTurn
from ...compiler.torch.source import TorchSource
from ..array_types import Array


def state_of(source: TorchSource, weights: Mapping[str, Array]) -> dict[str, Array]:
    """netc's weights, by name, as the `state_dict` of the module, by key.

    Weights that layers share are there under the key of each. Counters of batches are 0.
    """
    state = {own.key: to_torch(weights[own.name], own.turn) for own in source.weights}
    state |= {key: np.zeros((), np.int64) for key in source.counters}
    return state


def weights_of(source: TorchSource, state: Mapping[str, Array]) -> dict[str, Array]:
    """The arrays of a `state_dict`, by key, as netc's weights, by name."""
    found: dict[str, Array] = {}
    for own in source.weights:
        if own.name not in found:
            found[own.name] = from_torch(state[own.key], own.turn)
    return found


def to_torch(array: Array, turn: WeightTurn) -> Array:
    """netc's array in PyTorch's layout."""
    turned = array.reshape(turn.split).transpose(turn.order)
    return np.ascontiguousarray(turned.reshape(turn.shape))


def from_torch(array: Array, turn: WeightTurn) -> Array:
    """PyTorch's array in netc's layout, in the shape before `split` joined or divided axes."""
    turned = tuple(turn.split[axis] for axis in turn.order)
    back = np.argsort(turn.order)
    return np.ascontiguousarray(array.reshape(turned).transpose(back).reshape(turn.origin))
