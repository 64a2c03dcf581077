"""Boxes whose links cross, in one line: a link to the next box is straight, and the others of a box
share a rail beside the line."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from .piece import STUB, Measures, Piece, Placed, Trail, joined, shifted
from .structure import Net, Tangle

RAIL = 9.0
"""The distance of rails."""
FROM_BOXES = 16.0
TAP = 8.0
"""The distance of a rail from where it leaves or reaches a link of the line."""
NESTED = 400
"""So many rails are put within each other; more are put where there is room."""

ENTRY, EXIT = -1, -2


class Rail(NamedTuple):
    """The links of a box to others than the next."""

    source: int
    readers: tuple[int, ...]
    first: float
    last: float


def tangle_piece(
    tangle: Tangle,
    net: Net,
    pieces: Mapping[int, Piece],
    measures: Measures,
) -> Piece:
    """The boxes of an order that has sources before their readers."""
    part, order = tangle, tangle.vertices
    whole = Piece(0.0, 0.0, 0.0, is_point=bool(part.entries))
    far = _far_links(order, net, part)
    starts: dict[int, float] = {}
    stems: dict[int, float] = {}
    axes: dict[int, float] = {}
    across = 0.0
    along = 2 * TAP + STUB if part.entries else 0.0
    stems[ENTRY] = TAP
    axes[ENTRY] = 0.0
    for vertex in order:
        piece = pieces[vertex]
        starts[vertex], axes[vertex] = along, across + piece.exit
        whole.parts.append(Placed(piece, across, along))
        whole.left = min(whole.left, across + piece.left)
        whole.right = max(whole.right, across + piece.right)
        end = along + piece.length
        across += piece.exit
        along = end
        if piece.output:
            whole.labels.append(measures.label(piece.output, across, end))
            left, right = measures.label_reach(piece.output)
            whole.left = min(whole.left, across - left)
            whole.right = max(whole.right, across + right)
        stems[vertex] = end + measures.label_length(piece.output) + TAP
        along = stems[vertex] + STUB + (TAP if vertex in far else -TAP)
    whole.exit, whole.length = across, stems[order[-1]] + TAP
    line = _Line(whole, pieces, starts, stems, axes)
    line.straight_links(order, net, part)
    line.rails(far)
    return whole


def _far_links(order: Sequence[int], net: Net, part: Tangle) -> dict[int, list[int]]:
    """For each box, the readers that are not next in line."""
    place = {vertex: at for at, vertex in enumerate(order)}
    far: dict[int, list[int]] = {}
    entered = [vertex for vertex in order[1:] if vertex in part.entries]
    if entered:
        far[ENTRY] = entered
    for at, vertex in enumerate(order):
        readers = [v for v in net.readers[vertex] if v in place and place[v] > at + 1]
        if vertex in part.exits and at + 1 < len(order):
            readers.append(EXIT)
        if readers:
            far[vertex] = sorted(readers, key=lambda v: place.get(v, len(order)))
    return far


class _Line:
    """The boxes in their places, to which the links come."""

    def __init__(
        self,
        whole: Piece,
        pieces: Mapping[int, Piece],
        starts: Mapping[int, float],
        stems: Mapping[int, float],
        axes: Mapping[int, float],
    ) -> None:
        self.whole, self.pieces = whole, pieces
        self.starts, self.stems, self.axes = starts, stems, axes

    def leaving(self, vertex: int) -> tuple[int, Trail] | None:
        """The box that a vertex is read from, and the way from it."""
        if vertex == ENTRY:
            return None
        piece = self.pieces[vertex]
        across = self.axes[vertex] - piece.exit
        ((box, way),) = piece.exits
        return box, shifted(way, across, self.starts[vertex])

    def link(self, source: int, target: int, way: Trail, into: Trail) -> None:
        """A link between boxes of the line, or with what is outside."""
        box, reached = self.box_of(target, into) if target != EXIT else (EXIT, ())
        left = self.leaving(source)
        if left is None:
            self.whole.entries.append((box, joined(way, reached)))
        elif target == EXIT:
            self.whole.exits.append((left[0], joined(left[1], way)))
        else:
            self.whole.links[left[0], box] = joined(left[1], way, reached)

    def box_of(self, vertex: int, into: Trail) -> tuple[int, Trail]:
        piece = self.pieces[vertex]
        ((box, way),) = piece.entries[:1]
        if into:
            return box, into
        across = self.axes[vertex] - piece.exit
        return box, shifted(way, across, self.starts[vertex])

    def straight_links(self, order: Sequence[int], net: Net, part: Tangle) -> None:
        if order[0] in part.entries:
            self.enter(ENTRY, order[0])
        for above, below in itertools.pairwise(order):
            if below in net.readers[above]:
                self.enter(above, below)
        if order[-1] in part.exits:
            ends = (self.axes[order[-1]], self.whole.length)
            self.link(order[-1], EXIT, (ends,), ())

    def enter(self, source: int, target: int) -> None:
        for box, way in self.pieces[target].entries:
            across = self.axes[target] - self.pieces[target].exit
            rest = shifted(way, across, self.starts[target])
            left = self.leaving(source)
            if left is None:
                self.whole.entries.append((box, joined(((0.0, 0.0),), rest)))
            else:
                self.whole.links[left[0], box] = joined(left[1], rest)

    def rails(self, far: Mapping[int, Sequence[int]]) -> None:
        end = self.whole.length
        rails = []
        for source, readers in far.items():
            last = max(end if v == EXIT else self.reach(v) for v in readers)
            rails.append(Rail(source, tuple(readers), self.stems[source], last))
        lanes = _lanes(rails)
        edge = self.whole.right + FROM_BOXES
        for rail, lane in zip(rails, lanes, strict=True):
            across = edge + lane * RAIL
            self.whole.right = max(self.whole.right, across + TAP)
            stem = (self.axes[rail.source], rail.first)
            start: Trail = (stem, (across, rail.first))
            if rail.source == ENTRY:
                start = ((0.0, 0.0), *start)
            for reader in rail.readers:
                self.tap(rail, reader, start, across)

    def reach(self, vertex: int) -> float:
        """Where a rail reaches a vertex: the side of a box, or the link into a frame."""
        boxes = self.pieces[vertex].boxes
        if boxes:
            (area,) = boxes.values()
            return self.starts[vertex] + (area.along + area.along_end) / 2
        return self.starts[vertex] - TAP - 2

    def tap(self, rail: Rail, reader: int, start: Trail, across: float) -> None:
        if reader == EXIT:
            end = self.whole.length
            way = (*start, (across, end - TAP), (self.whole.exit, end - TAP))
            self.link(rail.source, EXIT, (*way, (self.whole.exit, end)), ())
            return
        along = self.reach(reader)
        piece = self.pieces[reader]
        axis = self.axes[reader] - piece.exit
        if piece.boxes:
            (area,) = piece.boxes.values()
            way = (*start, (across, along), (axis + area.across_end, along))
            self.link(rail.source, reader, way, way[-1:])
            return
        way = (*start, (across, along), (axis, along))
        left = self.leaving(rail.source)
        for box, rest in piece.entries:
            into = shifted(rest, axis, self.starts[reader])
            if left is None:
                self.whole.entries.append((box, joined(way, into)))
            else:
                self.whole.links[left[0], box] = joined(left[1], way, into)


def _lanes(rails: Sequence[Rail]) -> list[int]:
    """A lane for each rail, so that rails in one lane do not meet; short ones inside."""
    if len(rails) > NESTED:
        return _packed(rails)
    lanes = [0] * len(rails)
    done: list[int] = []
    for at in sorted(range(len(rails)), key=lambda at: rails[at].last - rails[at].first):
        rail = rails[at]
        met = [
            lanes[other]
            for other in done
            if rails[other].first < rail.last + RAIL and rail.first < rails[other].last + RAIL
        ]
        lanes[at] = max(met, default=-1) + 1
        done.append(at)
    return lanes


def _packed(rails: Sequence[Rail]) -> list[int]:
    lanes = [0] * len(rails)
    ends: list[tuple[float, int]] = []
    used = 0
    for at in sorted(range(len(rails)), key=lambda at: rails[at].first):
        if ends and ends[0][0] + RAIL < rails[at].first:
            lanes[at] = heappop(ends)[1]
        else:
            lanes[at] = used
            used += 1
        heappush(ends, (rails[at].last, lanes[at]))
    return lanes
