"""A picture of a network as shapes with positions, for SVG, PNG and PDF."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..graph import Graph
from .arrange import STACK, Arranger
from .diagram import Box, Diagram, diagram_of
from .direction import Direction
from .folding import Frame
from .measure import LINE_HEIGHT, SMALL_HEIGHT
from .piece import PADDING, Area, Measures, Piece, Placed, Point, flattened, moved, shifted

MARGIN = 24.0
LARGEST = 32_000
"""The most pixels that a picture may be wide or high: more is drawn by no browser."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line, from its left or around its middle, on a base line."""

    text: str
    x: float
    y: float
    centred: bool = False
    small: bool = True
    """Beside the words of the spec: smaller and paler."""


@dataclass(frozen=True, slots=True)
class BoxShape:
    box: Box
    place: Rectangle

    @property
    def radius(self) -> float:
        """Of its corners."""
        return min(self.place.height / 2, 13.0) if self.box.family == "merge" else 4.0

    def lines(self) -> Iterator[TextLine]:
        x = self.place.x + self.place.width / 2
        y = self.place.y + PADDING / 2 + LINE_HEIGHT - 4
        for words in self.box.words:
            yield TextLine(words, x, y, centred=True, small=False)
            y += LINE_HEIGHT
        if self.box.facts:
            yield TextLine(self.box.facts, x, y - LINE_HEIGHT + SMALL_HEIGHT, centred=True)


@dataclass(frozen=True, slots=True)
class FrameShape:
    frame: Frame
    place: Rectangle
    heading: Rectangle

    @property
    def sheets(self) -> tuple[float, ...]:
        """How far its sheets are shifted, from the back: what is repeated looks like a stack."""
        return (STACK, 0.0) if self.frame.times > 1 else (0.0,)


@dataclass(frozen=True, slots=True)
class LinkLabel:
    text: str
    place: Rectangle


@dataclass(frozen=True, slots=True)
class Link:
    """An arrow between boxes, along straight lines; without a target it leaves the network."""

    source: str
    target: str | None
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything, in the order in which it is drawn."""

    width: float
    height: float
    frames: tuple[FrameShape, ...]
    links: tuple[Link, ...]
    labels: tuple[LinkLabel, ...]
    boxes: tuple[BoxShape, ...]

    def lines(self) -> Iterator[TextLine]:
        """The texts outside the boxes."""
        for frame in self.frames:
            yield _small(frame.frame.text, frame.heading)
        for label in self.labels:
            yield _small(label.text, label.place)


def _small(text: str, place: Rectangle) -> TextLine:
    return TextLine(text, place.x, place.y + place.height - 3.5)


@dataclass(frozen=True, slots=True)
class TooLarge:
    """Why there is no picture."""

    width: int
    height: int

    def __str__(self) -> str:
        return (
            f"the network is too large to draw: the picture would have {self.width:,} x "
            f"{self.height:,} pixels, and at most {LARGEST:,} are possible"
        )


def scene_of(graph: Graph, direction: Direction = "down") -> Scene | TooLarge:
    """Draws a graph that has at least one layer."""
    diagram = diagram_of(graph)
    measures = Measures(direction)
    piece = Arranger(diagram, measures).whole()
    across, along = piece.right - piece.left + 2 * MARGIN, piece.length + 2 * MARGIN
    width, height = (across, along) if measures.is_down else (along, across)
    if max(width, height) > LARGEST:
        return TooLarge(round(width), round(height))
    return _Drawing(diagram, measures, piece).scene(width, height)


class _Drawing:
    def __init__(self, diagram: Diagram, measures: Measures, piece: Piece) -> None:
        self.diagram, self.measures = diagram, measures
        self.origin = Placed(piece, MARGIN - piece.left, MARGIN)
        self.placed = [
            placed._replace(
                across=placed.across + self.origin.across, along=placed.along + self.origin.along
            )
            for placed in flattened(piece)
        ]

    def scene(self, width: float, height: float) -> Scene:
        boxes: dict[int, BoxShape] = {}
        frames: dict[int, FrameShape] = {}
        for placed in self.placed:
            for number, area in placed.piece.boxes.items():
                boxes[number] = BoxShape(
                    self.diagram.boxes[number], self.rectangle(moved(area, placed))
                )
            for number, area, heading in placed.piece.frames:
                frames[number] = FrameShape(
                    self.diagram.frames[number],
                    self.rectangle(moved(area, placed)),
                    self.rectangle(moved(heading, placed)),
                )
        return Scene(
            width,
            height,
            tuple(frames[number] for number in sorted(frames)),
            tuple(self.links()),
            tuple(
                LinkLabel(text, self.rectangle(moved(area, placed)))
                for placed in self.placed
                for text, area in placed.piece.labels
            ),
            tuple(boxes[number] for number in sorted(boxes)),
        )

    def links(self) -> Iterator[Link]:
        names = [box.name for box in self.diagram.boxes]
        found: dict[tuple[int, int], tuple[Point, ...]] = {}
        out: dict[int, tuple[Point, ...]] = {}
        for placed in self.placed:
            for link, way in placed.piece.links.items():
                found[link] = self.points(way, placed)
            for number, way in placed.piece.stubs:
                out[number] = self.points(way, placed)
        for source, target in sorted(found):
            yield Link(names[source], names[target], found[source, target])
        for number in sorted(out):
            yield Link(names[number], None, out[number])

    def points(self, way: tuple[Point, ...], placed: Placed) -> tuple[Point, ...]:
        points = shifted(way, placed.across, placed.along, placed.sign)
        return points if self.measures.is_down else tuple((b, a) for a, b in points)

    def rectangle(self, area: Area) -> Rectangle:
        if not self.measures.is_down:
            area = Area(area.along, area.across, area.along_end, area.across_end)
        return Rectangle(
            area.across, area.along, area.across_end - area.across, area.along_end - area.along
        )


def printable(text: str) -> str:
    """A text without what no XML and no PDF may hold, as the name of a file can: control characters
    and bytes that are no text."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
