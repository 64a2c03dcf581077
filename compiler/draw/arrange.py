"""From a diagram to the pieces of its picture."""

from __future__ import annotations

from collections.abc import Sequence

from ..shapes import Shape
from .diagram import Diagram
from .fork import fork_piece
from .levels import Level, levels_of
from .measure import small_width_of
from .piece import STUB, Area, Measures, Piece, Placed, shifted
from .rows import in_a_row, in_rows
from .structure import Leaf, Stage, Subnet, Tangle, components, series_of
from .tangle import tangle_piece
from .u_shape import UDrawer, UShape, u_shape_of

FRAME = 10.0
"""The distance of a frame from what is in it."""
HEADING = 20.0
"""The height of a frame's heading."""
STACK = 4.0
"""How far the second sheet of a repeated block looks out."""
NETS = 40.0
"""The distance of nets without a link between them."""


class Arranger:
    """Makes the pieces of a diagram."""

    def __init__(self, diagram: Diagram, measures: Measures) -> None:
        self.diagram, self.measures = diagram, measures
        self.levels = levels_of(diagram)
        self.read = {source for source, _ in diagram.links}

    def whole(self) -> Piece:
        """The nets of a spec, beside each other. There is one, as a rule."""
        level = self.levels[None]
        parts = [
            Subnet(vertices, frozenset(), frozenset())
            for vertices in components(level.net, level.part.vertices)
        ]
        pieces = [self.net(level, part) for part in parts]
        if len(pieces) == 1:
            return pieces[0]
        whole = Piece(0.0, 0.0, 0.0)
        for piece in pieces:
            whole.parts.append(Placed(piece, whole.right - piece.left, 0.0))
            whole.right += piece.right - piece.left + NETS
            whole.length = max(whole.length, piece.length)
        return whole

    def net(self, level: Level, part: Subnet) -> Piece:
        items = series_of(level.net, part)
        shape = u_shape_of(items, lambda vertex: self.shape(level, vertex))
        drawn = self.u_piece(shape, level, part) if shape is not None else None
        return drawn or self.series(items, level, part)

    def u_piece(self, shape: UShape, level: Level, part: Subnet) -> Piece | None:
        def row(items: Sequence[Stage], *, turned: bool = False) -> Piece:
            pieces = [self.piece(item, level, part, turned=turned) for item in items]
            return in_a_row(pieces, self.measures)

        left = [row(items) for items in (*(rung.before for rung in shape.rungs), shape.down)]
        right: list[Piece | None] = [row(rung.after, turned=True) for rung in shape.rungs]
        right.append(row(shape.up, turned=True) if shape.up else None)
        skips = [[self.vertex(vertex, level) for vertex in rung.skip] for rung in shape.rungs]
        return UDrawer(left, right, skips, self.measures).piece()

    def shape(self, level: Level, vertex: int) -> Shape:
        """What a box, or the last box in a frame, gives."""
        box, frame = level.members[vertex]
        while box is None:
            level = self.levels[frame]
            box, frame = level.members[next(iter(level.part.exits), -1)]
        return self.diagram.boxes[box].shape

    def series(self, items: Sequence[Stage], level: Level, part: Subnet) -> Piece:
        return in_rows([self.piece(item, level, part) for item in items], self.measures)

    def piece(self, item: Stage, level: Level, part: Subnet, *, turned: bool = False) -> Piece:
        """An item; `turned` if it is going to be turned round."""
        if isinstance(item, Leaf):
            return self.vertex(item.vertex, level, turned=turned)
        if isinstance(item, Tangle):
            members = {vertex: self.vertex(vertex, level) for vertex in item.vertices}
            return tangle_piece(item, level.net, members, self.measures)
        branches = [
            in_rows([self.piece(inner, level, part) for inner in branch.items], self.measures)
            for branch in item.branches
        ]
        merge = self.vertex(item.merge, level) if item.merge is not None else None
        return fork_piece(item, branches, merge, self.measures)

    def vertex(self, vertex: int, level: Level, *, turned: bool = False) -> Piece:
        box, frame = level.members[vertex]
        if box is not None:
            return self.box(box)
        assert frame is not None
        return self.frame(frame, turned=turned)

    def box(self, number: int) -> Piece:
        """A box, with an arrow out of it if nothing reads it."""
        box = self.diagram.boxes[number]
        width, length = self.measures.box(box.words, box.facts)
        piece = Piece(-width / 2, width / 2, length)
        piece.boxes[number] = Area(-width / 2, 0.0, width / 2, length)
        piece.entries.append((number, ((0.0, 0.0),)))
        if number in self.read:
            piece.output = box.output
            piece.exits.append((number, ((0.0, length),)))
            return piece
        end = length + self.measures.label_length(box.output) + STUB
        piece.labels.append(self.measures.label(box.output, 0.0, length))
        left, right = self.measures.label_reach(box.output)
        piece.left, piece.right = min(piece.left, -left), max(piece.right, right)
        piece.stubs.append((number, ((0.0, length), (0.0, end))))
        piece.length = end
        return piece

    def frame(self, number: int, *, turned: bool = False) -> Piece:
        """A frame with its heading and what is in it."""
        frame = self.diagram.frames[number]
        level = self.levels[number]
        inner = self.series(series_of(level.net, level.part), level, level.part)
        heading = small_width_of(frame.text) + 2
        sheet = STACK if frame.times > 1 else 0.0
        start, end = STUB + FRAME, FRAME
        left, right = inner.left - FRAME, inner.right + FRAME
        if self.measures.is_down:
            axis = inner.exit if turned else 0.0
            left = min(left, axis - heading - 16)
            start, end = (FRAME, HEADING + FRAME) if turned else (HEADING + FRAME, FRAME)
        else:
            left -= HEADING - 4
            start = max(start, heading + 16 - inner.length - end)
        before = sheet if turned else 0.0
        start += before
        bottom = start + inner.length + end
        area = Area(left, before, right, bottom)
        if not self.measures.is_down:
            title = Area(left + 4, before + 8, left + 18, before + 8 + heading)
        elif turned:
            title = Area(left + 8, bottom - 18, left + 8 + heading, bottom - 4)
        else:
            title = Area(left + 8, 4, left + 8 + heading, 18)
        length = bottom if turned else bottom + sheet
        piece = Piece(left, right + sheet, length, exit=inner.exit, output=inner.output)
        piece.frames.append((number, area, title))
        piece.parts.append(Placed(inner, 0.0, start))
        piece.entries = [
            (box, ((0.0, 0.0), *shifted(way, 0.0, start))) for box, way in inner.entries
        ]
        piece.exits = [
            (box, (*shifted(way, 0.0, start), (inner.exit, length))) for box, way in inner.exits
        ]
        return piece
