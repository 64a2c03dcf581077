"""How pictures look. Colours are those of Okabe and Ito, which people with any colour vision can
tell apart; the background is white, on screen and on paper.

matplotlib is an extra, so it is imported when something is drawn; its global state is not touched.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.ticker import Locator

LineStyle = Literal["solid", "dashed", "dotted"]
SUFFIXES = (".png", ".svg")
COLOURS = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000",
)  # fmt: skip
INK, FAINT = "#1b2733", "#8a97a3"
STYLE: Any = {
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "netc",
}
"""Texts of an SVG stay texts, and its bytes depend on nothing but what is drawn."""


LINES = tuple(colour for colour in COLOURS if colour != "#F0E442")
"""The colours of lines: yellow is not seen on white."""
DASHES: tuple[LineStyle, ...] = ("solid", "dashed", "dotted")


def line_styles(count: int) -> list[tuple[str, LineStyle]]:
    """Colours and dashes that tell so many lines apart; of very many, some are alike."""
    return [
        (LINES[number % len(LINES)], DASHES[number // len(LINES) % len(DASHES)])
        for number in range(count)
    ]


def draw(fill: Callable[[Figure], None], suffix: str, *, dpi: int = 150) -> bytes:
    """What `fill` draws, as the bytes of a file with this suffix, `.png` or `.svg`. Raises
    ImportError without matplotlib."""
    return draw_all(fill, (suffix,), dpi=dpi)[suffix]


def draw_all(
    fill: Callable[[Figure], None], suffixes: Iterable[str], *, dpi: int = 150
) -> dict[str, bytes]:
    """The same for several suffixes, with the layout that the first of them needs."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    files = {}
    with rc_context(STYLE):
        figure = Figure(layout="constrained", facecolor="white")
        fill(figure)
        for suffix in suffixes:
            out = io.BytesIO()
            metadata = {"Date": None} if suffix == ".svg" else {"Software": None}
            figure.savefig(out, format=suffix[1:], dpi=dpi, metadata=metadata)
            files[suffix] = out.getvalue()
            # finding the layout takes longer than drawing
            figure.set_layout_engine("none")
    return files


def set_title(figure: Figure, text: str) -> None:
    """The title of a whole picture, at its left."""
    figure.suptitle(text, x=0.01, ha="left", fontsize=10.5, fontweight="bold")


def ticks(most: int, *, whole: bool = False) -> Locator:
    """At most so many intervals between ticks, at whole numbers if asked."""
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=most, integer=whole)
