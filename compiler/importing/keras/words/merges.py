"""Several tensors into one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ....layers.merge import Add, Average, Concat, Maximum, Merge, Multiply
from ..fields import UnsupportedError
from .piece import KerasPiece, LayerFields, LayerReader


def _merge(word: Callable[[], Merge], fields: LayerFields) -> list[KerasPiece]:
    if len(fields.shapes) < 2:
        raise UnsupportedError(f"it merges {len(fields.shapes)} tensors")
    if len(set(fields.shapes)) > 1:
        raise UnsupportedError("its inputs have different shapes, and netc stretches none")
    return [KerasPiece(word())]


def _concat(fields: LayerFields) -> list[KerasPiece]:
    if len(fields.shapes) < 2:
        raise UnsupportedError(f"it merges {len(fields.shapes)} tensors")
    fields.on_last_axis()
    return [KerasPiece(Concat())]


LAYERS: dict[str, LayerReader] = {
    "Add": partial(_merge, Add),
    "Multiply": partial(_merge, Multiply),
    "Maximum": partial(_merge, Maximum),
    "Average": partial(_merge, Average),
    "Concatenate": _concat,
}

OPERATIONS: dict[str, LayerReader] = {
    "Add": partial(_merge, Add),
    "Multiply": partial(_merge, Multiply),
    "Maximum": partial(_merge, Maximum),
    "Concatenate": _concat,
}
