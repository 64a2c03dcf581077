"""Pieces one after the other, in as many rows as a readable picture needs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt

from .piece import STUB, Measures, Piece, Placed, joined, shifted

LONGEST = 1500.0
"""The length of a row that is never divided."""
GUTTER = 20.0
"""The distance of the way from one row to the next from the rows."""
ABOVE = 26.0
"""Where rows begin: the way to them passes before."""
RATIO = 0.75
"""The length of a row over the extent of all rows, at least."""

WORTHWHILE = 0.75
"""What the longest of several rows may be of the only one."""
SEARCHES = 20
"""Halvings of the range in which the length of the longest row lies."""


def in_rows(pieces: Sequence[Piece], measures: Measures) -> Piece:
    """The pieces in one row, or in several that are alike in length."""
    row = in_a_row(pieces, measures)
    if row.length <= LONGEST or len(pieces) < 4:
        return row
    width = row.right - row.left + 2 * GUTTER
    target = max(LONGEST, sqrt(row.length * width * RATIO))
    rows = _balanced(pieces, int(row.length // target) + 1, measures)
    if len(rows) < 2:
        return row
    whole = _beside(rows, measures)
    return whole if whole.length < WORTHWHILE * row.length else row


def in_a_row(pieces: Sequence[Piece], measures: Measures) -> Piece:
    """The pieces along one line."""
    whole = Piece(0.0, 0.0, 0.0, is_point=pieces[0].is_point)
    across = along = 0.0
    before: Piece | None = None
    for piece in pieces:
        if before is not None:
            start = along
            along += _gap(before, piece, measures)
            if before.output:
                whole.labels.append(measures.label(before.output, across, start))
                left, right = measures.label_reach(before.output)
                whole.left = min(whole.left, across - left)
                whole.right = max(whole.right, across + right)
            for source, way in whole.exits:
                for target, into in piece.entries:
                    whole.links[source, target] = joined(way, shifted(into, across, along))
        else:
            whole.entries = list(piece.entries)
        whole.parts.append(Placed(piece, across, along))
        whole.left = min(whole.left, across + piece.left)
        whole.right = max(whole.right, across + piece.right)
        past = whole.exits if piece.passes else []
        rest = shifted(piece.passes, across, along)
        whole.exits = [(box, shifted(way, across, along)) for box, way in piece.exits]
        whole.exits += [(box, joined(way, rest)) for box, way in past]
        across += piece.exit
        along += piece.length
        before = piece
    whole.exit, whole.length, whole.output = across, along, pieces[-1].output
    return whole


def _gap(before: Piece, piece: Piece, measures: Measures) -> float:
    return measures.label_length(before.output) + (0.0 if piece.is_point else STUB)


def _balanced(pieces: Sequence[Piece], count: int, measures: Measures) -> list[list[Piece]]:
    """At most so many rows, the longest of them as short as possible."""
    steps = [pieces[0].length]
    steps += [_gap(before, piece, measures) + piece.length for before, piece in pairwise(pieces)]
    low, high = max(steps), sum(steps)
    for _ in range(SEARCHES):
        middle = (low + high) / 2
        if len(_divided(pieces, steps, middle)) <= count:
            high = middle
        else:
            low = middle
    return _divided(pieces, steps, high)


def _divided(pieces: Sequence[Piece], steps: Sequence[float], longest: float) -> list[list[Piece]]:
    """Rows of at most this length, where the pieces allow it."""
    rows: list[list[Piece]] = [[]]
    along = 0.0
    for at, (piece, step) in enumerate(zip(pieces, steps, strict=True)):
        if along and along + step > longest and pieces[at - 1].exits and not piece.passes:
            rows.append([])
            along = 0.0
        along += step
        rows[-1].append(piece)
    return rows


def _beside(rows: Sequence[Sequence[Piece]], measures: Measures) -> Piece:
    """Rows beside each other, each linked to the next by a way around."""
    placed = [in_a_row(row, measures) for row in rows]
    whole = Piece(placed[0].left, 0.0, 0.0, is_point=placed[0].is_point)
    whole.entries = list(placed[0].entries)
    across = along = 0.0
    for number, row in enumerate(placed):
        if number:
            before = placed[number - 1]
            exit_across, end = across + before.exit, along + before.length
            left, right = measures.label_reach(before.output)
            low = end + measures.label_length(before.output) + 5
            edge = max(across + before.right, exit_across + right) + GUTTER
            across = edge + GUTTER - row.left
            along = ABOVE
            if before.output:
                whole.labels.append(measures.label(before.output, exit_across, end))
            around = (
                (exit_across, end), (exit_across, low), (edge, low),
                (edge, ABOVE - STUB - 4), (across, ABOVE - STUB - 4), (across, ABOVE),
            )  # fmt: skip
            for source, way in whole.exits:
                for target, into in row.entries:
                    whole.links[source, target] = joined(way, around, shifted(into, across, along))
            whole.left = min(whole.left, exit_across - left)
            whole.length = max(whole.length, low)
        whole.parts.append(Placed(row, across, along))
        whole.exits = [(box, shifted(way, across, along)) for box, way in row.exits]
        whole.right = max(whole.right, across + row.right)
        whole.length = max(whole.length, along + row.length)
    last = placed[-1]
    whole.exit, whole.output = across + last.exit, last.output
    rest = ((whole.exit, along + last.length), (whole.exit, whole.length))
    whole.exits = [(box, joined(way, rest)) for box, way in whole.exits]
    return whole
