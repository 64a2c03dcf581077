"""Boxes whose links cross, in one line: a link to the next box is straight, and the others of a box
share a rail beside the line, as do those to one box."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import pairwise, product
from typing import NamedTuple

from .piece import STUB, Area, Measures, Piece, Placed, Point, Trail, joined, shifted
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
    """The links of a box to others than the next; or those of several boxes to one."""

    sources: Sequence[int]
    readers: Sequence[int]
    first: float
    last: float


def tangle_piece(
    tangle: Tangle, net: Net, pieces: Mapping[int, Piece], measures: Measures
) -> Piece:
    """The boxes of a tangle in their order, with the links between them."""
    line = _Line(tangle, net, pieces)
    line.place(measures)
    line.draw_straight()
    line.draw_rails()
    return line.whole


class _Line:
    """The boxes in their places, to which the links come."""

    def __init__(self, tangle: Tangle, net: Net, pieces: Mapping[int, Piece]) -> None:
        self.order, self.net, self.pieces = tangle.vertices, net, pieces
        self.first, self.last = tangle.entries, tangle.exits
        self.far = self.far_readers()
        self.whole = Piece(0.0, 0.0, 0.0, is_point=bool(tangle.entries))
        self.places: dict[int, Point] = {}
        """Where each box begins."""
        self.stems: dict[int, Point] = {ENTRY: (0.0, TAP)}
        """Where rails leave the link at its end."""

    def far_readers(self) -> dict[int, list[int]]:
        """For each box, the readers that are not next in line."""
        place = {vertex: at for at, vertex in enumerate(self.order)}
        far = {ENTRY: [vertex for vertex in self.order[1:] if vertex in self.first]}
        for at, vertex in enumerate(self.order):
            readers = [v for v in self.net.readers[vertex] if place.get(v, 0) > at + 1]
            far[vertex] = sorted(readers, key=place.__getitem__)
            if vertex in self.last and at + 1 < len(self.order):
                far[vertex].append(EXIT)
        return {vertex: readers for vertex, readers in far.items() if readers}

    def place(self, measures: Measures) -> None:
        """Puts the boxes one after the other."""
        whole = self.whole
        across, along = 0.0, 2 * TAP + STUB if self.first else 0.0
        for vertex in self.order:
            piece = self.pieces[vertex]
            self.places[vertex] = (across, along)
            whole.parts.append(Placed(piece, across, along))
            left, right = measures.label_reach(piece.output)
            whole.left = min(whole.left, across + piece.left, across + piece.exit - left)
            whole.right = max(whole.right, across + piece.right, across + piece.exit + right)
            across, end = across + piece.exit, along + piece.length
            if piece.output:
                whole.labels.append(measures.label(piece.output, across, end))
            stem = end + measures.label_length(piece.output) + TAP
            self.stems[vertex] = (across, stem)
            along = stem + STUB + (TAP if vertex in self.far else -TAP)
        whole.exit, whole.length = across, stem + TAP

    def add(self, source: int, box: int, way: Trail) -> None:
        """A link into a box or to what follows, by a way from the end of a source or from the
        beginning of all."""
        if source == ENTRY:
            self.whole.entries.append((box, joined(((0.0, 0.0),), way)))
            return
        ((number, out),) = self.pieces[source].exits
        whole = joined(shifted(out, *self.places[source]), way)
        if box == EXIT:
            self.whole.exits.append((number, whole))
        else:
            self.whole.links[number, box] = whole

    def entries(self, vertex: int) -> Iterator[tuple[int, Trail]]:
        """The boxes of a member that read what is before it, and the ways from its beginning."""
        for box, way in self.pieces[vertex].entries:
            yield box, shifted(way, *self.places[vertex])

    def draw_straight(self) -> None:
        """The links to the next box."""
        order = self.order
        pairs = [(ENTRY, order[0])] if order[0] in self.first else []
        pairs += [pair for pair in pairwise(order) if pair[1] in self.net.readers[pair[0]]]
        for source, target in pairs:
            for box, way in self.entries(target):
                self.add(source, box, way)
        if order[-1] in self.last:
            self.add(order[-1], EXIT, ((self.whole.exit, self.whole.length),))

    def draw_rails(self) -> None:
        """The other links, beside all boxes."""
        rails = list(self.rails())
        edge = self.whole.right + FROM_BOXES
        for rail, lane in zip(rails, _lanes(rails), strict=True):
            across = edge + lane * RAIL
            self.whole.right = max(self.whole.right, across + TAP)
            for source, reader in product(rail.sources, rail.readers):
                stem = self.stems[source]
                turn = (across, self.tap(reader))
                self.leave(source, reader, (stem, (across, stem[1]), turn))

    def rails(self) -> Iterator[Rail]:
        """Boxes with one reader share a rail to it."""
        to: dict[int, list[int]] = {}
        for source, readers in self.far.items():
            if len(readers) == 1:
                to.setdefault(readers[0], []).append(source)
        ends: list[tuple[Sequence[int], Sequence[int]]] = [
            ((source,), readers) for source, readers in self.far.items() if len(readers) > 1
        ]
        ends += [(sources, (reader,)) for reader, sources in to.items()]
        for group, reached in ends:
            first = min(self.stems[source][1] for source in group)
            yield Rail(group, reached, first, max(map(self.tap, reached)))

    def side(self, vertex: int) -> Area | None:
        """A box, which a rail reaches from its side; None for a frame and for what follows."""
        boxes = self.pieces[vertex].boxes if vertex != EXIT else {}
        return next(iter(boxes.values()), None)

    def tap(self, vertex: int) -> float:
        """Where along the line a rail ends."""
        if vertex == EXIT:
            return self.whole.length - TAP
        area, (_, along) = self.side(vertex), self.places[vertex]
        return along - TAP - 2 if area is None else along + (area.along + area.along_end) / 2

    def leave(self, source: int, reader: int, way: Trail) -> None:
        """From the end of a rail into its reader."""
        along = way[-1][1]
        if reader == EXIT:
            end = self.whole.exit
            self.add(source, EXIT, (*way, (end, along), (end, self.whole.length)))
            return
        area, (across, _) = self.side(reader), self.places[reader]
        for box, rest in self.entries(reader):
            if area is None:
                self.add(source, box, (*way, (across, along), *rest))
            else:
                self.add(source, box, (*way, (across + area.across_end, along)))


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
    """A lane for each rail, the first that is free where it begins."""
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
