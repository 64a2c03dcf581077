"""Several tensors into one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf

from ....layers.arrange import Reshape, Upsample
from ....layers.merge import Add, Average, Concat, Maximum, Merge, Multiply
from ....shapes import Shape
from ..fields import UnsupportedError, shown
from .piece import KerasPiece, LayerFields, LayerReader


def _merge(
    word: Callable[[], Merge], fields: LayerFields, *, aligns: bool = True
) -> list[KerasPiece]:
    """A merge, before which smaller inputs are repeated at every position, as squeeze and
    excitation needs it. A merge layer `aligns` vectors with the channels of images."""
    if len(fields.shapes) < 2:
        raise UnsupportedError(f"it merges {len(fields.shapes)} tensors")
    rank = max(map(len, fields.shapes))
    shapes = [_as_point(shape, rank) if aligns else shape for shape in fields.shapes]
    of_rank = [shape for shape in shapes if len(shape) == rank]
    whole = tuple(max(sizes, key=_breadth) for sizes in zip(*of_rank, strict=True))
    pieces: list[KerasPiece] = []
    for at, (shape, own) in enumerate(zip(shapes, fields.shapes, strict=True)):
        if shape == whole:
            continue
        pairs = list(zip(shape, whole, strict=False))
        stretches = all(size in (1, wanted) for size, wanted in pairs[:-1])
        if None in whole or len(shape) != rank or shape[-1] != whole[-1] or not stretches:
            raise UnsupportedError(
                f"it stretches {shown(own)} to {shown(whole)}, and netc repeats positions only"
            )
        if shape != own:
            pieces.append(KerasPiece(Reshape(shape=shape), f"point{at + 1}", alone=at))
        factor = tuple((wanted or 0) // (size or 1) for size, wanted in pairs[:-1])
        pieces.append(KerasPiece(Upsample(factor=factor), f"everywhere{at + 1}", alone=at))
    return [*pieces, KerasPiece(word())]


def _breadth(size: int | None) -> float:
    return inf if size is None else size


def _as_point(shape: Shape, rank: int) -> Shape:
    """A vector as an image of one position, as the merge layers of Keras read it beside images."""
    return (*(1,) * (rank - 1), *shape) if len(shape) == 1 else shape


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
    "Add": partial(_merge, Add, aligns=False),
    "Multiply": partial(_merge, Multiply, aligns=False),
    "Maximum": partial(_merge, Maximum, aligns=False),
    "Concatenate": _concat,
}
