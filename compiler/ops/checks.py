"""Shape checks that several layers share: each reports and says whether all is well."""

from __future__ import annotations

from math import prod

from ..problems.shapes import PositionsNeeded, SizeUnknown, TensorTooLarge, VectorNeeded
from ..shapes import LARGEST, Shape
from .layer import Layer, Site


def is_vector(layer: Layer, shape: Shape, site: Site, *, flattens: bool = True) -> bool:
    """Reports an image or a sequence."""
    if len(shape) == 1:
        return True
    site.report(
        VectorNeeded(
            at=site.span,
            calls=site.calls,
            layer=layer.heading(),
            shape=shape,
            maker=site.source(0),
            flattens=flattens,
        )
    )
    return False


def has_positions(layer: Layer, shape: Shape, site: Site) -> bool:
    """Reports a vector."""
    if len(shape) > 1:
        return True
    site.report(
        PositionsNeeded(
            at=site.span,
            calls=site.calls,
            layer=layer.heading(),
            shape=shape,
            maker=site.source(0),
        )
    )
    return False


def is_known(layer: Layer, shape: Shape, size: int | None, what: str, site: Site) -> bool:
    """Reports a free size where the layer needs it; `what` is "the number of channels"."""
    if size is not None:
        return True
    site.report(
        SizeUnknown(
            at=site.span,
            calls=site.calls,
            layer=layer.heading(),
            shape=shape,
            what=what,
            maker=site.source(0),
        )
    )
    return False


def fits(layer: Layer, shape: Shape, what: str, site: Site) -> bool:
    """Reports a tensor of more than `LARGEST` numbers; free sizes count as 1."""
    if prod(size or 1 for size in shape) <= LARGEST:
        return True
    known = tuple(size or 1 for size in shape)
    site.report(
        TensorTooLarge(
            at=site.span, calls=site.calls, layer=layer.heading(), shape=known, what=what
        )
    )
    return False
