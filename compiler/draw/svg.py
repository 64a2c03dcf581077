"""A network as an SVG picture, in plain SVG 1.1: no script, no id, no font of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from ..graph import Graph
from .direction import Direction
from .palette import DARK, LIGHT, Palette
from .scene import BoxShape, FrameShape, Rectangle, Scene, TextLine, TooLarge, printable, scene_of
from .strokes import Stroke, steps_of, strokes_of

Theme = Literal["auto", "light", "dark"]
"""`auto` follows the reader's setting."""

FONT = 'ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace'
STYLE = f"""\
.netc-graph text {{ font: 12px {FONT} }}
.netc-graph .small {{ font-size: 11px }}
.netc-graph .middle {{ text-anchor: middle }}
.netc-graph .line {{ fill: none; stroke-width: 1.3 }}"""


def svg_text(
    graph: Graph, *, title: str = "network", direction: Direction = "down"
) -> str | TooLarge:
    """The picture of a graph as a file."""
    element = svg_element(graph, title=title, direction=direction, page=True)
    if isinstance(element, TooLarge):
        return element
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{element}'


def svg_element(
    graph: Graph,
    *,
    title: str = "network",
    direction: Direction = "down",
    theme: Theme = "auto",
    page: bool = False,
) -> str | TooLarge:
    """The picture as an `<svg>` element that may stand in an HTML page, also several times: it has
    no ids, its style applies to nothing else, and its ground is that of the page unless it
    brings its own `page`. Every box has as `data-layer` the name of its first layer, and as its
    tooltip all its layers."""
    scene = scene_of(graph, direction)
    if isinstance(scene, TooLarge):
        return scene
    return "\n".join(_lines(scene, title, theme, page)) + "\n"


def _lines(scene: Scene, title: str, theme: Theme, page: bool) -> Iterator[str]:
    width, height = _number(scene.width), _number(scene.height)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="netc-graph" role="img" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    )
    yield f"<title>{escape(printable(title))}</title>"
    yield f"<style>\n{_style(theme)}\n</style>"
    if page:
        yield f'<rect class="page" width="{width}" height="{height}"/>'
    for frame in scene.frames:
        yield from _frame(frame)
    for stroke in strokes_of(scene.links):
        yield from _stroke(stroke)
    for line in scene.lines():
        yield _text(line)
    for box in scene.boxes:
        yield from _box(box)
    yield "</svg>"


def _style(theme: Theme) -> str:
    if theme == "light":
        return f"{STYLE}\n{_colours(LIGHT)}"
    if theme == "dark":
        return f"{STYLE}\n{_colours(DARK)}"
    dark = f"@media (prefers-color-scheme: dark) {{\n{_colours(DARK)}\n}}"
    return f"{STYLE}\n{_colours(LIGHT)}\n{dark}"


def _colours(palette: Palette) -> str:
    rules = {
        "text": f"fill: {palette.text}",
        ".faint": f"fill: {palette.faint}",
        ".page": f"fill: {palette.page}",
        ".box": f"stroke: {palette.edge}",
        ".frame": f"fill: {palette.frame}; stroke: {palette.frame_edge}",
        ".line": f"stroke: {palette.line}",
        ".head": f"fill: {palette.line}",
    }
    rules |= {f".{family}": f"fill: {colour}" for family, colour in palette.families.items()}
    return "\n".join(f".netc-graph {what} {{ {rule} }}" for what, rule in rules.items())


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _rectangle(kind: str, place: Rectangle, radius: float, offset: float = 0.0) -> str:
    return (
        f'<rect class="{kind}" x="{_number(place.x + offset)}" y="{_number(place.y + offset)}" '
        f'width="{_number(place.width)}" height="{_number(place.height)}" rx="{radius:g}"/>'
    )


def _frame(shape: FrameShape) -> Iterator[str]:
    for offset in shape.sheets:
        yield _rectangle("frame", shape.place, 6, offset)


def _stroke(stroke: Stroke) -> Iterator[str]:
    x, y = stroke.points[0]
    path = [f"M{_number(x)} {_number(y)}"]
    for step in steps_of(stroke.points):
        x, y = step.end
        if step.kind == "line":
            path.append(f"L{_number(x)} {_number(y)}")
        else:
            corner = f"{_number(step.corner[0])} {_number(step.corner[1])}"
            path.append(f"Q{corner} {_number(x)} {_number(y)}")
    link = stroke.link
    ends = f"data-from={quoteattr(link.source)}"
    if link.target is not None:
        ends += f" data-to={quoteattr(link.target)}"
    yield f'<path class="line" {ends} d="{"".join(path)}"/>'
    if stroke.head is not None:
        corners = "L".join(f"{_number(x)} {_number(y)}" for x, y in stroke.head)
        yield f'<path class="head" d="M{corners}z"/>'


def _text(line: TextLine) -> str:
    kinds = ["middle"] * line.centred + ["small", "faint"] * line.small
    kind = f'class="{" ".join(kinds)}" ' if kinds else ""
    return f'<text {kind}x="{_number(line.x)}" y="{_number(line.y)}">{escape(line.text)}</text>'


def _box(shape: BoxShape) -> Iterator[str]:
    box = shape.box
    yield f"<g data-layer={quoteattr(box.name)}>"
    layers = ", ".join(node.name for node in box.nodes)
    yield f"<title>{escape(layers)}</title>"
    yield _rectangle(f"box {box.family}", shape.place, shape.radius)
    for line in shape.lines():
        yield _text(line)
    yield "</g>"
