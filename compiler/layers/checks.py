"""Shape checks that several layers share: each reports and says whether all is well.

Here and in the layers, the classes of problems are imported where one is reported: a spec without
mistakes does not pay for them.
"""

from __future__ import annotations

from math import prod

from ..shapes import LARGEST, Shape
from .layer import Layer, Site


def is_vector(layer: Layer, shape: Shape, site: Site, *, flattens: bool = True) -> bool:
    """Reports an image or a sequence."""
    if len(shape) == 1:
        return True
    from ..problems.shapes import VectorNeeded

    site.report(
        VectorNeeded(
            at=site.span,
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
    from ..problems.shapes import PositionsNeeded

    site.report(
        PositionsNeeded(at=site.span, layer=layer.heading(), shape=shape, maker=site.source(0))
    )
    return False


def is_known(layer: Layer, shape: Shape, size: int | None, what: str, site: Site) -> bool:
    """Reports a free size where the layer needs it; `what` is "the number of channels".

    The widths of `input ?` and `dense ?` are not reported: they are known once there are data.
    """
    if size is not None or site.is_open():
        return True
    from ..problems.sizes import SizeUnknown

    site.report(
        SizeUnknown(
            at=site.span, layer=layer.heading(), shape=shape, what=what, maker=site.source(0)
        )
    )
    return False


def fits(layer: Layer, shape: Shape, what: str, site: Site) -> bool:
    """Reports a tensor of more than `LARGEST` numbers; free sizes count as 1."""
    if prod(size or 1 for size in shape) <= LARGEST:
        return True
    known = tuple(size or 1 for size in shape)
    from ..problems.sizes import TensorTooLarge

    site.report(TensorTooLarge(at=site.span, layer=layer.heading(), shape=known, what=what))
    return False


def ranks_agree(options: tuple[tuple[str, tuple[int, ...]], ...], shape: Shape, site: Site) -> bool:
    """Reports `3x3` on a sequence: sizes that are neither one nor one for each position axis."""
    axes = len(shape) - 1
    for name, sizes in options:
        if len(sizes) not in (1, axes):
            from ..problems.windows import WindowRankDiffers

            site.report(
                WindowRankDiffers(
                    at=site.option(name),
                    option=name,
                    sizes=sizes,
                    shape=shape,
                    maker=site.source(0),
                )
            )
            return False
    return True
