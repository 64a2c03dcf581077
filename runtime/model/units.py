"""Which numbers of a tensor are differentiated."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..array_types import Array, Labels
from ..data.object_arrays import is_whole

Unit = int | tuple[int, ...] | Labels | None
"""Which numbers of a tensor are meant; see `choose_units`."""


def choose_units(unit: Unit, shape: tuple[int, ...], count: int) -> Array:
    """What each number of a tensor counts, (N, ...): 1 for the numbers that are chosen.

    None chooses all, a number the last axis (a unit of `dense`, a channel of an image at all of
    its positions), a tuple one number of a sample, and an array of N numbers for each sample a
    channel of its own. Raises ValueError for what there is not.
    """
    chosen = np.zeros((count, *shape))
    if unit is None:
        chosen[...] = 1.0
        return chosen
    try:
        if isinstance(unit, tuple):
            if len(unit) != len(shape) or any(isinstance(place, bool) for place in unit):
                raise IndexError
            index: Any = (slice(None), *unit)
            chosen[index] = 1.0
        else:
            channels = np.broadcast_to(np.asarray(unit), (count,))
            if not is_whole(channels) or (abs(channels.astype(float)) > shape[-1]).any():
                raise IndexError
            chosen[np.arange(count), ..., channels.astype(np.intp)] = 1.0
    except (IndexError, ValueError, TypeError):
        text = "x".join(map(str, shape))
        raise ValueError(f"there is no unit {unit!r} in a tensor of {text}") from None
    return chosen
