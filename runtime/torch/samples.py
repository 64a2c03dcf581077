"""Samples between netc's layout, channels last, and PyTorch's, channels first; batch included."""

from __future__ import annotations

import numpy as np

from ..array_types import Array


def to_channels_first(array: Array) -> Array:
    """[N, ..., C] as [N, C, ...]; vectors stay."""
    return np.ascontiguousarray(np.moveaxis(array, -1, 1)) if array.ndim > 2 else array


def from_channels_first(array: Array) -> Array:
    """[N, C, ...] as [N, ..., C]; vectors stay."""
    return np.ascontiguousarray(np.moveaxis(array, 1, -1)) if array.ndim > 2 else array
