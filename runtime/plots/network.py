"""A picture of a network as PNG or PDF."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from math import sqrt
from typing import TYPE_CHECKING, Any

from ...compiler.draw.palette import LIGHT
from ...compiler.draw.piece import Point
from ...compiler.draw.scene import Rectangle, Scene, TextLine, printable
from ...compiler.draw.strokes import steps_of, strokes_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path

PIXELS_PER_INCH = 96
SHARP = 2.0
"""Pixels of a PNG for each pixel of the picture, where it is not too large."""
BLURRED = 0.6
"""Below this, texts cannot be read."""
LARGEST_SIDE = 16_000
LARGEST_AREA = 80e6
LONGEST_PAGE = 200.0
"""Inches: more has no PDF."""
FONT = "DejaVu Sans Mono"
STYLE: Any = {"pdf.fonttype": 42}
"""Texts of a PDF stay texts."""


def network_picture(scene: Scene, suffix: str, title: str) -> bytes | None:
    """The bytes of a file with this suffix, `.png` or `.pdf`; None if texts in a PNG of a possible
    size could not be read. Raises ImportError without matplotlib."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    title = printable(title)
    inches = (scene.width / PIXELS_PER_INCH, scene.height / PIXELS_PER_INCH)
    scale = 1.0
    metadata: dict[str, str | None] = {"Software": None, "Title": title}
    sharp = min(
        SHARP,
        LARGEST_SIDE / max(scene.width, scene.height),
        sqrt(LARGEST_AREA / (scene.width * scene.height)),
    )
    if suffix == ".pdf":
        scale = min(1.0, LONGEST_PAGE / max(inches))
        metadata = {"CreationDate": None, "Title": title}
    elif sharp < BLURRED:
        return None
    with rc_context(STYLE):
        figure = Figure(figsize=(inches[0] * scale, inches[1] * scale), facecolor=LIGHT.page)
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_xlim(0, scene.width)
        axes.set_ylim(scene.height, 0)
        axes.set_axis_off()
        _Drawer(axes, scale * 72 / PIXELS_PER_INCH).draw(scene)
        out = io.BytesIO()
        figure.savefig(out, format=suffix[1:], dpi=PIXELS_PER_INCH * sharp, metadata=metadata)
    return out.getvalue()


class _Drawer:
    """Draws on axes whose units are the pixels of the picture."""

    def __init__(self, axes: Axes, point: float) -> None:
        self.axes = axes
        self.point = point
        """How many points a pixel is."""

    def draw(self, scene: Scene) -> None:
        for shape in scene.frames:
            for offset in shape.sheets:
                path = _rounded(shape.place, 6.0, offset)
                self.fill([path], LIGHT.frame, LIGHT.frame_edge)
        strokes = list(strokes_of(scene.links))
        lines = [_line(stroke.points) for stroke in strokes]
        self.fill(lines, "none", LIGHT.line, width=1.3)
        heads = [_polygon(stroke.head) for stroke in strokes if stroke.head is not None]
        self.fill(heads, LIGHT.line, "none")
        for line in scene.lines():
            self.write(line)
        for family, colour in LIGHT.families.items():
            boxes = [shape for shape in scene.boxes if shape.box.family == family]
            paths = [_rounded(box.place, box.radius) for box in boxes]
            self.fill(paths, colour, LIGHT.edge)
        for box in scene.boxes:
            for line in box.lines():
                self.write(line)

    def fill(self, paths: Iterable[Path], face: str, edge: str, *, width: float = 1.0) -> None:
        """Several paths as one."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        paths = list(paths)
        if paths:
            whole = Path.make_compound_path(*paths)
            self.axes.add_patch(
                PathPatch(
                    whole, facecolor=face, edgecolor=edge, linewidth=width * self.point,
                    capstyle="butt", joinstyle="miter",
                )
            )  # fmt: skip

    def write(self, line: TextLine) -> None:
        self.axes.text(
            line.x,
            line.y,
            line.text,
            fontsize=(11 if line.small else 12) * self.point,
            color=LIGHT.faint if line.small else LIGHT.text,
            ha="center" if line.centred else "left",
            va="baseline",
            family=FONT,
            parse_math=False,
        )


def _line(points: tuple[Point, ...]) -> Path:
    from matplotlib.path import Path

    vertices, codes = [points[0]], [Path.MOVETO]
    for step in steps_of(points):
        if step.kind == "line":
            vertices.append(step.end)
            codes.append(Path.LINETO)
        else:
            vertices += [step.corner, step.end]
            codes += [Path.CURVE3, Path.CURVE3]
    return Path(vertices, codes)


def _polygon(corners: tuple[Point, ...]) -> Path:
    from matplotlib.path import Path

    return Path([*corners, corners[0]], closed=True)


def _rounded(place: Rectangle, radius: float, offset: float = 0.0) -> Path:
    """A rectangle with round corners."""
    from matplotlib.path import Path

    vertices, codes = [], []
    for code, point in _outline(place, radius, offset):
        vertices.append(point)
        codes.append(getattr(Path, code))
    return Path(vertices, codes)


def _outline(place: Rectangle, radius: float, offset: float) -> Iterator[tuple[str, Point]]:
    left, top = place.x + offset, place.y + offset
    right, bottom = left + place.width, top + place.height
    yield "MOVETO", (left + radius, top)
    for corner, before, after in (
        ((right, top), (right - radius, top), (right, top + radius)),
        ((right, bottom), (right, bottom - radius), (right - radius, bottom)),
        ((left, bottom), (left + radius, bottom), (left, bottom - radius)),
        ((left, top), (left, top + radius), (left + radius, top)),
    ):
        yield "LINETO", before
        yield "CURVE3", corner
        yield "CURVE3", after
    yield "CLOSEPOLY", (left + radius, top)
