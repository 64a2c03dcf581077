"""Branches beside each other, which one box feeds and another one merges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .piece import STUB, Measures, Piece, Placed, Point, Trail, joined, shifted
from .structure import Fork

BETWEEN = 20.0
"""The distance of branches."""
LANE = 16.0
"""The distance of a skip from what it passes."""
BUS = 8.0
"""How far above the branches the line to them divides."""
TAIL = 5.0
"""The distance of the line that joins the branches from their labels."""
LOPSIDED = 2.5
"""A branch that has so many times the boxes of the others stays on the axis."""


@dataclass(slots=True)
class _Side:
    """A branch and its place."""

    piece: Piece
    fed: bool
    feeds: bool
    left: float
    right: float
    tail: float
    """How long the link at its end is, before it turns."""
    across: float = 0.0
    along: float = 0.0

    @property
    def end(self) -> float:
        return self.along + self.piece.length


def fork_piece(
    fork: Fork, branches: Sequence[Piece], merge: Piece | None, measures: Measures
) -> Piece:
    """The branches of a fork, with what merges them."""
    sides = [
        _side(piece, branch.fed, branch.feeds, measures)
        for piece, branch in zip(branches, fork.branches, strict=True)
    ]
    through = fork.skip and not any(side.fed and side.feeds for side in sides)
    main = None if through else _main(fork)
    _spread(sides, main, through, merge)
    top = BUS + STUB + 2 if fork.from_above else 0.0
    for side in sides:
        side.along = top
    feeding = [at for at, side in enumerate(sides) if side.feeds]
    turn = max((sides[at].end + sides[at].tail for at in feeding), default=top)
    if any(at != main for at in feeding) or (fork.skip and not through):
        turn = max(turn, *(side.end for side in sides))
    for side in sides:
        if side.feeds and not side.fed:
            side.along = turn - side.tail - side.piece.length
    drawn = _Drawn(fork, sides, merge, turn, measures)
    drawn.axis = sides[main].piece.exit if main is not None else 0.0
    drawn.place_branches()
    drawn.place_merge()
    if fork.skip:
        drawn.skip(through)
    return drawn.whole


def _side(piece: Piece, fed: bool, feeds: bool, measures: Measures) -> _Side:
    left, right = measures.label_reach(piece.output if feeds else "")
    tail = measures.label_length(piece.output) + TAIL if feeds else 0.0
    return _Side(
        piece,
        fed,
        feeds,
        min(piece.left, piece.exit - left),
        max(piece.right, piece.exit + right),
        tail,
    )


def _main(fork: Fork) -> int | None:
    """The branch that goes on straight, if there is one."""
    merges = any(branch.feeds for branch in fork.branches)
    sizes = [
        branch.size if branch.fed == fork.from_above and branch.feeds == merges else 0
        for branch in fork.branches
    ]
    first, *others = sorted(sizes, reverse=True)
    if len(fork.branches) > 1 and others[0] and first < LOPSIDED * others[0]:
        return None
    return sizes.index(first)


def _spread(sides: Sequence[_Side], main: int | None, through: bool, merge: Piece | None) -> None:
    """The places across: in the order of the spec, the main branch on the axis."""
    across = 0.0 if through else None
    for at, side in enumerate(sides):
        left, right = side.left, side.right
        if at == main and merge is not None:
            left = min(left, merge.left + side.piece.exit)
            right = max(right, merge.right + side.piece.exit)
        side.across = 0.0 if across is None else across + BETWEEN - left
        across = side.across + right
    if through:
        shift = 0.0
    elif main is not None:
        shift = sides[main].across
    else:
        shift = (sides[0].across + sides[-1].across) / 2
    for side in sides:
        side.across -= shift


class _Drawn:
    def __init__(
        self,
        fork: Fork,
        sides: Sequence[_Side],
        merge: Piece | None,
        turn: float,
        measures: Measures,
    ) -> None:
        self.fork, self.sides, self.merge, self.turn = fork, sides, merge, turn
        self.measures = measures
        self.whole = Piece(0.0, 0.0, 0.0, is_point=fork.from_above)
        self.axis = 0.0
        self.start = turn + STUB + 2
        """Where the merge begins."""

    def place_branches(self) -> None:
        whole = self.whole
        for side in self.sides:
            whole.parts.append(Placed(side.piece, side.across, side.along))
            whole.left = min(whole.left, side.across + side.left)
            whole.right = max(whole.right, side.across + side.right)
            whole.length = max(whole.length, side.end)
            if side.fed:
                way: tuple[Point, ...] = (
                    (0.0, 0.0), (0.0, BUS), (side.across, BUS), (side.across, side.along),
                )  # fmt: skip
                whole.entries += [
                    (box, joined(way, shifted(rest, side.across, side.along)))
                    for box, rest in side.piece.entries
                ]
            if side.feeds and side.piece.output:
                whole.labels.append(
                    self.measures.label(side.piece.output, side.across + side.piece.exit, side.end)
                )

    def place_merge(self) -> None:
        whole, merge = self.whole, self.merge
        end = self.turn + 4
        if merge is not None:
            whole.parts.append(Placed(merge, self.axis, self.start))
            whole.left = min(whole.left, self.axis + merge.left)
            whole.right = max(whole.right, self.axis + merge.right)
            end = self.start + merge.length
            whole.output = merge.output
        whole.exit = self.axis + (merge.exit if merge is not None else 0.0)
        whole.length = max(whole.length, end)
        if merge is not None:
            whole.exits = [
                (box, joined(shifted(way, self.axis, self.start), ((whole.exit, whole.length),)))
                for box, way in merge.exits
            ]
        for side in self.sides:
            if side.feeds:
                self.lead_out(side)

    def lead_out(self, side: _Side) -> None:
        """The links from the end of a branch to the merge, or out of the fork."""
        across = side.across + side.piece.exit
        turn = ((across, side.end), (across, self.turn), (self.axis, self.turn))
        for box, way in side.piece.exits:
            start = shifted(way, side.across, side.along)
            if self.merge is None:
                end = ((self.axis, self.whole.length),)
                self.whole.exits.append((box, joined(start, turn, end)))
                continue
            for reader, rest in self.merge.entries:
                into = shifted(rest, self.axis, self.start)
                self.whole.links[box, reader] = joined(start, turn, into)

    def skip(self, through: bool) -> None:
        """The link past all branches, into the side of the merge; or straight into it, with the
        branches at its side."""
        whole, merge = self.whole, self.merge
        if through:
            way: Trail = ((0.0, 0.0), (self.axis, self.start))
        else:
            lane = whole.right + LANE
            whole.right = lane + LANE / 2
            way = ((0.0, 0.0), (0.0, BUS), (lane, BUS))
        if merge is None:
            end = (self.axis, whole.length)
            turn = () if through else ((way[-1][0], self.turn), (self.axis, self.turn))
            whole.passes = joined(way[: 1 if through else 3], turn, (end,))
            return
        ((number, _),) = merge.entries
        if not through:
            area = next(iter(merge.boxes.values()))
            middle = self.start + (area.along + area.along_end) / 2
            way += ((way[-1][0], middle), (self.axis + area.across_end, middle))
        whole.entries.append((number, way))
