"""Drawings one after the other, as an animated GIF."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .style import draw

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FRAME, LAST = 120, 2000
"""Milliseconds that a frame is shown, and the last one."""
COLOURS_OF_FRAME = 128


def animate(fills: Sequence[Callable[[Figure], None]]) -> bytes:
    """The drawings as one GIF that repeats. Raises ImportError without matplotlib, which brings
    Pillow."""
    from PIL import Image

    frames = [Image.open(io.BytesIO(draw(fill, ".png", dpi=80))).convert("RGB") for fill in fills]
    # one palette keeps colours from flickering
    palette = frames[-1].quantize(COLOURS_OF_FRAME)
    images = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    out = io.BytesIO()
    images[0].save(
        out,
        "GIF",
        save_all=True,
        append_images=images[1:],
        duration=[FRAME] * (len(images) - 1) + [LAST],
        loop=0,
    )
    return out.getvalue()
