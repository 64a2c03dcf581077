"""By how much the tensors of two files differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..array_types import Array


@dataclass(frozen=True, slots=True)
class TensorChange:
    """A tensor that is not the same in both; its shape is None where there is none."""

    name: str
    first: tuple[int, ...] | None
    second: tuple[int, ...] | None
    difference: float | None
    """The largest one of two numbers in the same place; None where the shapes differ."""
    relative: float | None
    """The same as a share of the largest number of the first."""


def tensor_changes(
    first: Mapping[str, Array], second: Mapping[str, Array]
) -> tuple[TensorChange, ...]:
    """The tensors that differ in a bit, a shape or a type of numbers."""
    found = []
    for name in dict.fromkeys((*first, *second)):
        a, b = first.get(name), second.get(name)
        if a is None or b is None or a.shape != b.shape:
            here, there = (None if one is None else one.shape for one in (a, b))
            found.append(TensorChange(name, here, there, None, None))
        elif a.dtype != b.dtype or a.tobytes() != b.tobytes():
            wide, other = a.astype(np.float64), b.astype(np.float64)
            difference = float(np.abs(wide - other).max(initial=0.0))
            largest = float(np.abs(wide).max(initial=0.0))
            relative = difference / largest if largest else None
            found.append(TensorChange(name, a.shape, b.shape, difference, relative))
    return tuple(found)
