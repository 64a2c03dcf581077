"""Parts of a picture, which are put together to larger ones.

Positions are pairs: across the flow, and along it. A piece begins where a link enters it, at
(0, 0), and ends where one leaves it. Which of the two is x is decided at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from .direction import Direction
from .measure import LINE_HEIGHT, SMALL_HEIGHT, small_width_of, width_of

Point = tuple[float, float]
Trail = tuple[Point, ...]

PADDING = 10.0
NARROWEST = 64.0
ASIDE = 5.0
"""The distance of a label from its link."""
STUB = 14.0
"""The length of an arrow, without its label."""


class Area(NamedTuple):
    """A rectangle, from its least to its greatest position across and along."""

    across: float
    along: float
    across_end: float
    along_end: float


class Placed(NamedTuple):
    """A piece within another. A sign of -1 turns it round: it flows the other way."""

    piece: Piece
    across: float
    along: float
    sign: int = 1


@dataclass(slots=True)
class Piece:
    """Some boxes with their links, and how links from outside reach them."""

    left: float
    right: float
    length: float
    exit: float = 0.0
    """Where the link at the end is, across."""
    output: str = ""
    """The label of the link at the end."""
    is_point: bool = False
    """Whether links enter it at a point, not at a box: they have no arrowhead there."""
    entries: list[tuple[int, Trail]] = field(default_factory=list)
    """The boxes that read what is before it, and the ways to them from the beginning."""
    exits: list[tuple[int, Trail]] = field(default_factory=list)
    """The boxes that are read by what is after it, and the ways from them to the end."""
    passes: Trail = ()
    """The way from the beginning to the end of a link that passes everything."""
    boxes: dict[int, Area] = field(default_factory=dict)
    labels: list[tuple[str, Area]] = field(default_factory=list)
    frames: list[tuple[int, Area, Area]] = field(default_factory=list)
    """The number of a frame, its area, and that of its heading."""
    links: dict[tuple[int, int], Trail] = field(default_factory=dict)
    stubs: list[tuple[int, Trail]] = field(default_factory=list)
    """Arrows out of the network."""
    parts: list[Placed] = field(default_factory=list)


class Measures:
    """The sizes of texts along and across the flow."""

    def __init__(self, direction: Direction) -> None:
        self.direction = direction
        self.is_down = direction == "down"

    def box(self, words: tuple[str, ...], facts: str) -> Point:
        """The size of a box, across and along."""
        widths = [*map(width_of, words), small_width_of(facts), NARROWEST - 2 * PADDING]
        width = max(widths) + 2 * PADDING
        height = len(words) * LINE_HEIGHT + bool(facts) * SMALL_HEIGHT + PADDING
        return (width, height) if self.is_down else (height, width)

    def label_length(self, text: str) -> float:
        """How long a link must be for its label, without its arrow."""
        if not text:
            return 4.0
        return SMALL_HEIGHT + 4 if self.is_down else small_width_of(text) + 10

    def label(self, text: str, across: float, along: float) -> tuple[str, Area]:
        """The label of a link that goes from here along the flow: right of it, or above it."""
        width = small_width_of(text)
        if self.is_down:
            start = across + ASIDE
            return text, Area(start, along + 3, start + width, along + 3 + SMALL_HEIGHT)
        end = across - 3
        return text, Area(end - SMALL_HEIGHT, along + 5, end, along + 5 + width)

    def label_across(self, text: str, across: float, along: float) -> tuple[str, Area]:
        """The label of a link that goes from here across the flow."""
        width = small_width_of(text)
        if self.is_down:
            return text, Area(across + 5, along - 3 - SMALL_HEIGHT, across + 5 + width, along - 3)
        return text, Area(across + 3, along + ASIDE, across + 3 + SMALL_HEIGHT, along + 5 + width)

    def label_reach(self, text: str) -> tuple[float, float]:
        """How far a label reaches from its link, to the left and to the right across."""
        if not text:
            return 0.0, 0.0
        if self.is_down:
            return 0.0, ASIDE + small_width_of(text)
        return SMALL_HEIGHT + 3, 0.0


def shifted(trail: Trail, across: float, along: float, sign: int = 1) -> Trail:
    return tuple((a + across, along + sign * b) for a, b in trail)


def joined(*trails: Trail) -> Trail:
    """Ways one after the other, without the points in the middle of straight lines."""
    points: list[Point] = []
    for trail in trails:
        for point in trail:
            if points and _near(points[-1], point):
                continue
            if len(points) > 1 and _is_straight(points[-2], points[-1], point):
                points[-1] = point
            else:
                points.append(point)
    return tuple(points)


def _near(one: Point, other: Point) -> bool:
    return abs(one[0] - other[0]) < 0.01 and abs(one[1] - other[1]) < 0.01


def _is_straight(first: Point, middle: Point, last: Point) -> bool:
    return any(
        abs(first[axis] - middle[axis]) < 0.01 and abs(middle[axis] - last[axis]) < 0.01
        for axis in (0, 1)
    )


def flattened(piece: Piece) -> Iterator[Placed]:
    """A piece and all within it, with their places in it."""
    waiting = [Placed(piece, 0.0, 0.0)]
    while waiting:
        placed = waiting.pop()
        yield placed
        waiting += [
            Placed(
                part.piece,
                placed.across + part.across,
                placed.along + placed.sign * part.along,
                placed.sign * part.sign,
            )
            for part in placed.piece.parts
        ]


def moved(area: Area, placed: Placed) -> Area:
    """An area of a piece, where the piece is placed."""
    along, end = sorted(
        (placed.along + placed.sign * area.along, placed.along + placed.sign * area.along_end)
    )
    return Area(area.across + placed.across, along, area.across_end + placed.across, end)
