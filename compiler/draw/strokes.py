"""How the links of a picture are drawn: each line once, with round corners and one arrowhead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import hypot
from typing import Literal, NamedTuple

from .piece import Point
from .scene import Link

RADIUS = 6.0
HEAD = 7.0
"""The length of an arrowhead."""
HALF_HEAD = 3.2


class Stroke(NamedTuple):
    """What is drawn of a link: of links that share a way, one draws it."""

    link: Link
    points: tuple[Point, ...]
    head: tuple[Point, Point, Point] | None
    """The corners of its arrowhead."""


class PathStep(NamedTuple):
    """To a point, straight or on a curve round a corner."""

    kind: Literal["line", "curve"]
    corner: Point
    end: Point


def strokes_of(links: Sequence[Link]) -> Iterator[Stroke]:
    """The links from the same box divide where they part; those to the same box join."""
    leaving: dict[str, list[tuple[Point, ...]]] = {}
    arriving: dict[str, list[tuple[Point, ...]]] = {}
    heads: set[tuple[int, int]] = set()
    for link in links:
        points = link.points
        before = leaving.setdefault(link.source, [])
        begin = max((_shared(points, other) for other in before), default=0.0)
        before.append(points)
        end = 0.0
        if link.target is not None:
            after = arriving.setdefault(link.target, [])
            turned = points[::-1]
            end = max((_shared(turned, other) for other in after), default=0.0)
            after.append(turned)
        tip = (round(points[-1][0]), round(points[-1][1]))
        head = None if tip in heads else _head(points)
        heads.add(tip)
        begin, end = max(begin - RADIUS, 0.0), max(end - RADIUS, 0.0)
        if head is not None:
            end = max(end, HEAD - 2)
        shown = _without(_without(points, begin)[::-1], end)[::-1]
        if len(shown) > 1:
            yield Stroke(link, shown, head)


def steps_of(points: Sequence[Point]) -> Iterator[PathStep]:
    """From the first point on, with round corners."""
    for at in range(1, len(points)):
        point = points[at]
        if at == len(points) - 1:
            yield PathStep("line", point, point)
            return
        before, after = points[at - 1], points[at + 1]
        radius = min(RADIUS, _distance(before, point) / 2, _distance(point, after) / 2)
        start, end = _towards(point, before, radius), _towards(point, after, radius)
        yield PathStep("line", start, start)
        yield PathStep("curve", point, end)


def _shared(one: Sequence[Point], other: Sequence[Point]) -> float:
    """How far two ways from the same point are the same."""
    length = 0.0
    if _distance(one[0], other[0]) > 0.01:
        return length
    at, there = 1, 1
    here = one[0]
    while at < len(one) and there < len(other):
        mine, theirs = _distance(here, one[at]), _distance(here, other[there])
        step = min(mine, theirs)
        if _distance(_towards(here, one[at], step), _towards(here, other[there], step)) > 0.01:
            break
        length += step
        here = _towards(here, one[at], step)
        at += mine - step < 0.01
        there += theirs - step < 0.01
    return length


def _without(points: tuple[Point, ...], length: float) -> tuple[Point, ...]:
    """A way without so much of its beginning."""
    at = 0
    while at + 1 < len(points):
        step = _distance(points[at], points[at + 1])
        if length < step:
            return (_towards(points[at], points[at + 1], length), *points[at + 1 :])
        length -= step
        at += 1
    return points[-1:]


def _head(points: Sequence[Point]) -> tuple[Point, Point, Point]:
    tip = points[-1]
    x, y = _towards(tip, points[-2], HEAD)
    length = _distance(tip, points[-2]) or 1.0
    across = ((points[-2][1] - tip[1]) / length, (tip[0] - points[-2][0]) / length)
    return (
        tip,
        (x + HALF_HEAD * across[0], y + HALF_HEAD * across[1]),
        (x - HALF_HEAD * across[0], y - HALF_HEAD * across[1]),
    )


def _distance(one: Point, other: Point) -> float:
    return hypot(one[0] - other[0], one[1] - other[1])


def _towards(start: Point, goal: Point, length: float) -> Point:
    whole = _distance(start, goal)
    if not whole:
        return start
    share = length / whole
    return (start[0] + share * (goal[0] - start[0]), start[1] + share * (goal[1] - start[1]))
