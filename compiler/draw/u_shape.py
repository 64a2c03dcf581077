"""Networks that go down to smaller shapes and up again, with skips between: drawn as a U.

One arm flows on, the other one flows back beside it, and each skip goes right across.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from ..shapes import Shape
from .piece import STUB, Area, Measures, Piece, Placed, Trail, joined, shifted
from .structure import Fork, Leaf, Stage

FEWEST_LEVELS = 2
LONGEST_SKIP = 3
"""Boxes on a skip."""
AROUND = 8.0
"""The distance of a skip from the end of the label above it."""
APART = 22.0
"""The length of an arrow across."""
BETWEEN_ARMS = 60.0

ShapeOf = Callable[[int], Shape]


@dataclass(frozen=True, slots=True)
class Rung:
    """One level of the U: what is before the skip, on it, and from its merge on."""

    before: tuple[Stage, ...]
    skip: tuple[int, ...]
    after: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class UShape:
    """The levels from the outside, and what is below them: on the way down, and on the way up."""

    rungs: tuple[Rung, ...]
    down: tuple[Stage, ...]
    up: tuple[Stage, ...]


def u_shape_of(items: Sequence[Stage], shape_of: ShapeOf) -> UShape | None:
    """The U that a series forms, if it forms one."""
    rungs = []
    while True:
        found = [at for at in range(1, len(items)) if _is_rung(items[at - 1], items[at], shape_of)]
        if len(found) != 1:
            break
        at = found[0]
        fork = items[at]
        assert isinstance(fork, Fork)
        assert fork.merge is not None
        deep, skip = _ways(fork)
        rungs.append(Rung(tuple(items[:at]), skip, (Leaf(fork.merge), *items[at + 1 :])))
        items = deep
    if len(rungs) < FEWEST_LEVELS or len(found) > 1 or not items:
        return None
    sizes = [_size(item, shape_of) for item in items]
    turn = max(at for at, size in enumerate(sizes) if size == min(sizes)) + 1
    return UShape(tuple(rungs), tuple(items[:turn]), tuple(items[turn:]))


def _ways(fork: Fork) -> tuple[tuple[Stage, ...], tuple[int, ...]]:
    """The branch that goes down, and the boxes on the skip."""
    deep = max(fork.branches, key=lambda branch: branch.size)
    skips = [branch for branch in fork.branches if branch is not deep]
    boxes = [item.vertex for branch in skips for item in branch.items if isinstance(item, Leaf)]
    return deep.items, tuple(boxes)


def _is_rung(before: Stage, fork: Stage, shape_of: ShapeOf) -> bool:
    """Whether one way of a fork goes down and up again, and the other one is a skip."""
    if not isinstance(fork, Fork) or fork.merge is None or not fork.from_above:
        return False
    ways = len(fork.branches) + fork.skip
    if ways != 2 or not all(branch.fed and branch.feeds for branch in fork.branches):
        return False
    deep = max(fork.branches, key=lambda branch: branch.size)
    for branch in fork.branches:
        if branch is not deep and (
            branch.size > LONGEST_SKIP or not all(isinstance(item, Leaf) for item in branch.items)
        ):
            return False
    start = _size(before, shape_of)
    sizes = [_size(item, shape_of) for item in deep.items]
    return 0 < min(sizes) < start and sizes[-1] > min(sizes)


def _size(item: Stage, shape_of: ShapeOf) -> int:
    """How many positions its output has; 0 if that is not known."""
    vertex = item.vertex if isinstance(item, Leaf) else getattr(item, "merge", None)
    if vertex is None:
        return 0
    shape = shape_of(vertex)
    sizes = shape[:-1] if len(shape) > 1 else shape
    return 0 if None in sizes else prod(size for size in sizes if size is not None)


class UDrawer:
    """Puts the rows of a U together. `left` and `right` have one for each level, from the outside,
    and one for what is below."""

    def __init__(
        self,
        left: Sequence[Piece],
        right: Sequence[Piece | None],
        skips: Sequence[Sequence[Piece]],
        measures: Measures,
    ) -> None:
        self.left, self.right, self.skips, self.measures = left, right, skips, measures
        self.levels = len(skips)
        self.whole = Piece(0.0, 0.0, 0.0)
        self.rungs: list[float] = []
        """Where the skips are, along."""
        self.turn = 0.0
        """Where the way turns round."""
        self.axis = 0.0
        """Of the arm that flows back."""

    def piece(self) -> Piece | None:
        """The U; None where an arm is not straight."""
        rows = [*self.left, *(row for row in self.right if row is not None)]
        if any(row.exit for row in rows):
            return None
        self.place_along()
        self.place_across()
        for level in range(self.levels):
            self.draw_skip(level)
        self.draw_arms()
        return self.whole

    def stem(self, piece: Piece) -> float:
        return self.measures.label_length(piece.output) + AROUND

    def merge_half(self, level: int) -> float:
        """Half the length of the box into which a skip goes."""
        row = self.right[level]
        assert row is not None
        area = next(iter(row.parts[0].piece.boxes.values()))
        return area.along_end / 2

    def place_along(self) -> None:
        measures = self.measures
        low_left = low_right = 0.0
        """Where the level before ends, in each arm."""
        for level in range(self.levels):
            left, right = self.left[level], self.right[level]
            assert right is not None
            half = self.merge_half(level)
            first = low_left + (STUB + AROUND if level else 0.0) + left.length + self.stem(left)
            link = measures.label_length(right.output) + STUB if level else 0.0
            second = low_right + link + right.length - half
            third = self.rungs[-1] + self.skip_distance(level) if level else 0.0
            rung = max(first, second, third)
            self.rungs.append(rung)
            low_left, low_right = rung, rung + half
        left, right = self.left[-1], self.right[-1]
        self.turn = low_left + STUB + AROUND + left.length + self.stem(left)
        if right is None:
            self.turn = max(self.turn, low_right + STUB + AROUND)
        else:
            link = measures.label_length(right.output) + STUB
            self.turn = max(self.turn, low_right + link + right.length + STUB + AROUND)
        self.whole.length = self.turn + AROUND

    def skip_distance(self, level: int) -> float:
        """The least distance of a skip from the one before, for what stands on them."""
        distance = 0.0
        for piece in self.skips[level - 1]:
            _, label = self.measures.label_across(piece.output, 0.0, 0.0)
            distance = max(distance, label.along_end + AROUND)
        both = [piece.length for level in (level - 1, level) for piece in self.skips[level]]
        return max(distance, max(both, default=0.0) + AROUND)

    def place_across(self) -> None:
        left = max(row.right for row in self.left)
        for row in self.left[:-1]:
            left = max(left, self.measures.label_reach(row.output)[1])
        middle = BETWEEN_ARMS
        for skip in self.skips:
            middle = max(middle, sum(map(self.across_of, skip)) + 2 * APART)
        rows = [row for row in self.right if row is not None]
        self.axis = left + middle + max(-row.left for row in rows)
        self.whole.left = min(row.left for row in self.left)
        for row in self.left:
            self.whole.left = min(self.whole.left, -self.measures.label_reach(row.output)[0])
        self.whole.right = self.axis + max(
            max(row.right, self.measures.label_reach(row.output)[1]) for row in rows
        )

    def across_of(self, piece: Piece) -> float:
        """The room that a box on a skip needs, with the link after it."""
        _, label = self.measures.label_across(piece.output, 0.0, 0.0)
        return piece.right - piece.left + max(label.across_end + APART, APART)

    def left_start(self, level: int) -> float:
        row = self.left[level]
        end = self.rungs[level] if level < self.levels else self.turn
        return end - self.stem(row) - row.length

    def right_start(self, level: int) -> float:
        """Where the arm that flows back enters a row."""
        if level < self.levels:
            return self.rungs[level] + self.merge_half(level)
        return self.turn - STUB - AROUND

    def draw_skip(self, level: int) -> None:
        """A skip: from below its source right across, through the boxes on it."""
        whole, measures = self.whole, self.measures
        along = self.rungs[level]
        row, target = self.left[level], self.right[level]
        assert target is not None
        ((source, way),) = row.exits
        merge = target.parts[0].piece
        ((number, _),) = merge.entries
        edge = self.axis + next(iter(merge.boxes.values())).across
        start = joined(shifted(way, 0.0, self.left_start(level)), ((0.0, along),))
        across = edge - sum(map(self.across_of, self.skips[level]))
        for piece in self.skips[level]:
            ((box, area),) = piece.boxes.items()
            half = (area.along_end - area.along) / 2
            whole.parts.append(Placed(piece, across - piece.left, along - half))
            whole.links[source, box] = joined(start, ((across, along),))
            start = ((across + piece.right - piece.left, along),)
            whole.labels.append(measures.label_across(piece.output, start[0][0], along))
            across += self.across_of(piece)
            source = box
        whole.links[source, number] = joined(start, ((edge, along),))

    def draw_arms(self) -> None:
        """The rows of both arms, each linked to the next."""
        way: tuple[int, Trail] | None = None
        for level, row in enumerate(self.left):
            start = self.left_start(level)
            self.whole.parts.append(Placed(row, 0.0, start))
            for number, into in row.entries if way else ():
                assert way is not None
                self.whole.links[way[0], number] = joined(way[1], shifted(into, 0.0, start))
            ((box, out),) = row.exits
            way = (box, shifted(out, 0.0, start))
            if row.output:
                end = start + row.length
                self.whole.labels.append(self.measures.label(row.output, 0.0, end))
        assert way is not None
        way = (way[0], joined(way[1], ((0.0, self.turn), (self.axis, self.turn))))
        for level in range(len(self.right) - 1, -1, -1):
            row_back = self.right[level]
            if row_back is None:
                continue
            start = self.right_start(level)
            self.whole.parts.append(Placed(row_back, self.axis, start, -1))
            for number, into in row_back.entries:
                rest = shifted(into, self.axis, start, -1)
                self.whole.links[way[0], number] = joined(way[1], rest)
            if row_back.exits:
                ((box, out),) = row_back.exits
                way = (box, shifted(out, self.axis, start, -1))
                if level:
                    self.back_label(row_back, start - row_back.length)

    def back_label(self, row: Piece, along: float) -> None:
        """The label of a link that flows back from here."""
        text, area = self.measures.label(row.output, self.axis, 0.0)
        turned = Area(area.across, along - area.along_end, area.across_end, along - area.along)
        self.whole.labels.append((text, turned))
