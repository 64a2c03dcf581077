"""A network as an SVG picture, in plain SVG 1.1: no script, no font of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from ..graph import Graph
from .diagram import Box, Diagram, DiagramBlock, diagram_of
from .layout import BoxSize, Placement, lay_out

CHARACTER = 7.3
"""How wide a character of 12 pixels is, a little more than in any common monospaced font."""
LINE_HEIGHT = 16.0
PADDING = 9.0
MARGIN = 24.0
HEADING = 22.0
"""Room above a box in which a block begins, for the block's name."""
FRAME = 9.0
"""The distance of a frame from its boxes; each frame around it is one more away."""
DEEPEST = 2
"""Blocks within more blocks than this get no frame."""

LIGHT = """\
.netc-graph text { fill: #1b2733;
  font: 12px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace }
.netc-graph .facts { font-size: 11px; fill: #5a6b7b }
.netc-graph .block { font-size: 11px; fill: #66788a;
  stroke: #f7f9fb; stroke-width: 4; paint-order: stroke }
.netc-graph .page { fill: #ffffff }
.netc-graph .box { stroke: #90a4b8; stroke-width: 1 }
.netc-graph .input { fill: #eceff1 }
.netc-graph .weights { fill: #e3eefb }
.netc-graph .window { fill: #fff3dc }
.netc-graph .merge { fill: #e4f4e6 }
.netc-graph .other { fill: #ffffff }
.netc-graph .frame { fill: #f7f9fb; stroke: #cfd8e0; stroke-width: 1 }
.netc-graph .link { fill: none; stroke: #6b7d8f; stroke-width: 1.3 }
.netc-graph .head { fill: #6b7d8f }"""
DARK = """\
.netc-graph text { fill: #dfe7ee }
.netc-graph .facts { fill: #9fb0c0 }
.netc-graph .block { fill: #9fb0c0; stroke: #1c232b }
.netc-graph .page { fill: #14191f }
.netc-graph .box { stroke: #5f7388 }
.netc-graph .input { fill: #2c343c }
.netc-graph .weights { fill: #1d3550 }
.netc-graph .window { fill: #453818 }
.netc-graph .merge { fill: #1d3d27 }
.netc-graph .other { fill: #20272f }
.netc-graph .frame { fill: #1c232b; stroke: #3b4855 }
.netc-graph .link { stroke: #8fa1b3 }
.netc-graph .head { fill: #8fa1b3 }"""
Theme = Literal["auto", "light", "dark"]
"""`auto` follows the reader's setting."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Left, top, right and bottom."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Rectangle) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def holds(self, other: Rectangle) -> bool:
        return (
            self.left <= other.left
            and self.right >= other.right
            and self.top <= other.top
            and self.bottom >= other.bottom
        )


def svg_text(graph: Graph, *, title: str = "network") -> str:
    """The picture of a graph as a file."""
    element = svg_element(graph, title=title, page=True)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{element}'


def svg_element(
    graph: Graph, *, title: str = "network", theme: Theme = "auto", page: bool = False
) -> str:
    """The picture as an `<svg>` element that may stand in an HTML page, also several times: it has
    no ids, its style applies to nothing else, and its ground is that of the page unless it
    brings its own `page`. Every box has as `data-layer` the name of its first layer, and as its
    tooltip all its layers."""
    diagram = diagram_of(graph)
    frames = [block for block in diagram.blocks if len(block.name) <= DEEPEST]
    sizes = {box.name: _size(box) for box in diagram.boxes}
    layout = lay_out(sizes, diagram.links, _headings(frames))
    places = {name: _place(name, sizes[name], layout) for name in sizes}
    framed = _framed(frames, places, layout)
    whole = [*places.values(), *framed.values()]
    left = min((place.left for place in whole), default=0) - MARGIN
    top = min((place.top for place in whole), default=0) - MARGIN
    width = max(layout.width, *(place.right for place in whole), 0) - left + MARGIN
    height = max(layout.height, *(place.bottom for place in whole), 0) - top + MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="netc-graph" role="img" '
        f'width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="{left:.1f} {top:.1f} {width:.1f} {height:.1f}">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{_style(theme)}\n</style>",
    ]
    if page:
        lines.append(
            f'<rect class="page" x="{left:.1f}" y="{top:.1f}" '
            f'width="{width:.1f}" height="{height:.1f}"/>'
        )
    lines += [
        *(_frame(framed[block.name]) for block in frames if block.name in framed),
        *_links(diagram, layout, places),
        *(_heading(block, framed[block.name]) for block in frames if block.name in framed),
        *(line for box in diagram.boxes for line in _drawn(box, places[box.name])),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _style(theme: Theme) -> str:
    if theme == "light":
        return LIGHT
    if theme == "dark":
        return f"{LIGHT}\n{DARK}"
    return f"{LIGHT}\n@media (prefers-color-scheme: dark) {{\n{DARK}\n}}"


def _size(box: Box) -> BoxSize:
    lines = [*box.words, box.facts] if box.facts else box.words
    longest = max(len(line) for line in lines)
    return longest * CHARACTER + 2 * PADDING, len(lines) * LINE_HEIGHT + PADDING


def _place(name: str, size: BoxSize, layout: Placement) -> Rectangle:
    width, height = size
    x, y = layout.centers[name] - width / 2, layout.tops[name]
    return Rectangle(x, y, x + width, y + height)


def _headings(frames: list[DiagramBlock]) -> dict[str, float]:
    """How much room the first box of each block wants above it, for the names of its blocks."""
    room: dict[str, float] = {}
    for block in frames:
        room[block.members[0]] = room.get(block.members[0], 0.0) + HEADING
    return room


def _framed(
    frames: list[DiagramBlock], places: Mapping[str, Rectangle], layout: Placement
) -> dict[tuple[str, ...], Rectangle]:
    """The frames that hold their own boxes and no others, and cross no other frame."""
    found: dict[tuple[str, ...], Rectangle] = {}
    for block in sorted(frames, key=lambda block: -len(block.name)):
        members = set(block.members)
        inner = [places[name] for name in members]
        inner += [frame for name, frame in found.items() if name[: len(block.name)] == block.name]
        top = min(place.top for place in inner)
        bottom = max(place.bottom for place in inner)
        inner += [
            Rectangle(x, first, x, last)
            for (_, target), threads in layout.threads.items()
            for x, first, last in threads
            if target in members and top <= first and last <= bottom
        ]
        frame = Rectangle(
            min(place.left for place in inner) - FRAME,
            top - HEADING,
            max(place.right for place in inner) + FRAME,
            bottom + FRAME,
        )
        others = (place for name, place in places.items() if name not in members)
        crossed = (other for other in found.values() if not frame.holds(other))
        if not any(frame.meets(other) for other in (*others, *crossed)):
            found[block.name] = frame
    return found


def _frame(place: Rectangle) -> str:
    return (
        f'<rect class="frame" x="{place.left:.1f}" y="{place.top:.1f}" '
        f'width="{place.right - place.left:.1f}" height="{place.bottom - place.top:.1f}" rx="6"/>'
    )


def _heading(block: DiagramBlock, place: Rectangle) -> str:
    """Drawn after the links, which it interrupts."""
    return (
        f'<text class="block" x="{place.left + 7:.1f}" y="{place.top + 13:.1f}">'
        f"{escape(block.text)}</text>"
    )


def _links(diagram: Diagram, layout: Placement, places: Mapping[str, Rectangle]) -> Iterator[str]:
    for source, target in diagram.links:
        start, end = places[source], places[target]
        x, y = (start.left + start.right) / 2, start.bottom
        path = [f"M{x:.1f} {y:.1f}"]
        stops = [
            *layout.threads[source, target],
            ((end.left + end.right) / 2, end.top - 1, end.top - 1),
        ]
        for next_x, top, bottom in stops:
            middle = (y + top) / 2
            path.append(f"C{x:.1f} {middle:.1f} {next_x:.1f} {middle:.1f} {next_x:.1f} {top:.1f}")
            if bottom > top:
                path.append(f"L{next_x:.1f} {bottom:.1f}")
            x, y = next_x, bottom
        yield f'<path class="link" d="{"".join(path)}"/>'
        yield f'<path class="head" d="M{x - 3:.1f} {y - 5:.1f}h6L{x:.1f} {y:.1f}z"/>'


def _drawn(box: Box, place: Rectangle) -> Iterator[str]:
    yield f"<g data-layer={quoteattr(box.name)}>"
    layers = ", ".join(node.name for node in box.nodes)
    yield f"<title>{escape(layers)}</title>"
    yield (
        f'<rect class="box {box.family}" x="{place.left:.1f}" y="{place.top:.1f}" '
        f'width="{place.right - place.left:.1f}" height="{place.bottom - place.top:.1f}" '
        f'rx="4"/>'
    )
    x = (place.left + place.right) / 2
    y = place.top + PADDING / 2 + 12
    for line in box.words:
        yield f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{escape(line)}</text>'
        y += LINE_HEIGHT
    if box.facts:
        yield (
            f'<text class="facts" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">'
            f"{escape(box.facts)}</text>"
        )
    yield "</g>"
