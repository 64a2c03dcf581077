"""A picture of a network as PNG or PDF."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from math import sqrt
from typing import TYPE_CHECKING, Any

from ...compiler.draw.measure import LINE_HEIGHT, SMALL_HEIGHT
from ...compiler.draw.palette import LIGHT
from ...compiler.draw.piece import PADDING, Point
from ...compiler.draw.scene import BoxShape, Rectangle, Scene
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
SHEET = 4.0
STYLE: Any = {"pdf.fonttype": 42}
"""Texts of a PDF stay texts."""


def network_picture(scene: Scene, suffix: str, title: str) -> bytes | None:
    """The bytes of a file with this suffix, `.png` or `.pdf`; None if texts in a PNG of a possible
    size could not be read. Raises ImportError without matplotlib."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

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
            for offset in (SHEET, 0.0) if shape.frame.times > 1 else (0.0,):
                path = _rounded(shape.place, 6.0, offset)
                self.fill([path], LIGHT.frame, LIGHT.frame_edge)
        strokes = list(strokes_of(scene.links))
        lines = [_line(stroke.points) for stroke in strokes]
        self.fill(lines, "none", LIGHT.line, width=1.3)
        heads = [_polygon(stroke.head) for stroke in strokes if stroke.head is not None]
        self.fill(heads, LIGHT.line, "none")
        for shape in scene.frames:
            self.write(shape.frame.text, shape.heading)
        for label in scene.labels:
            self.write(label.text, label.place)
        for family, colour in LIGHT.families.items():
            boxes = [shape for shape in scene.boxes if shape.box.family == family]
            paths = [_rounded(box.place, _radius(box)) for box in boxes]
            self.fill(paths, colour, LIGHT.edge)
        for box in scene.boxes:
            self.box(box)

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

    def write(self, text: str, place: Rectangle) -> None:
        self.text(text, place.x, place.y + place.height - 3.5, 11, LIGHT.faint, "left")

    def text(self, text: str, x: float, y: float, size: float, colour: str, align: str) -> None:
        self.axes.text(
            x, y, text, fontsize=size * self.point, color=colour, ha=align, va="baseline",
            family=FONT, parse_math=False,
        )  # fmt: skip

    def box(self, shape: BoxShape) -> None:
        place = shape.place
        x = place.x + place.width / 2
        y = place.y + PADDING / 2 + LINE_HEIGHT - 4
        for line in shape.box.words:
            self.text(line, x, y, 12, LIGHT.text, "center")
            y += LINE_HEIGHT
        if shape.box.facts:
            y -= LINE_HEIGHT - SMALL_HEIGHT
            self.text(shape.box.facts, x, y, 11, LIGHT.faint, "center")


def _radius(shape: BoxShape) -> float:
    return min(shape.place.height / 2, 13.0) if shape.box.family == "merge" else 4.0


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
