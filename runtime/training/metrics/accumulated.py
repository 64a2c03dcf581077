"""What metrics have gathered of a part so far, as arrays, and back: a training that stops in the
middle of an epoch goes on with the same sums.
"""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from ...array_types import Array


class Accumulating(Protocol):
    """Metrics that say which of their attributes grow with every batch."""

    ACCUMULATED: ClassVar[tuple[str, ...]]
    """Numbers, arrays, or lists of arrays with a row for each sample."""


def accumulated_arrays(metrics: Accumulating) -> dict[str, Array]:
    """By attribute; an empty list is left out."""
    found: dict[str, Array] = {}
    for name in type(metrics).ACCUMULATED:
        value = getattr(metrics, name)
        if not isinstance(value, list):
            found[name] = np.array(value)
        elif value:
            found[name] = np.concatenate(value)
    return found


def accumulate_again(metrics: Accumulating, arrays: dict[str, Array]) -> None:
    """The inverse, on metrics that have seen nothing."""
    for name, array in arrays.items():
        if isinstance(getattr(metrics, name), list):
            setattr(metrics, name, [array.copy()])
        else:
            setattr(metrics, name, array.copy() if array.ndim else array.item())
