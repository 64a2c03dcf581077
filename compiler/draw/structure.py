"""How the boxes of a network lie behind and beside each other.

A network is a series of items. Where a link is not simply passed on, there is a fork: branches
beside each other, which begin at one box and end at one. Each branch is a series again. What is
no such nest, because links cross, is a tangle.

A box that every path passes is where a series may be cut. Of boxes in any order that has sources
before their readers, it is one that no link jumps over; so each level takes one sweep.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

DEEPEST = 40
"""Forks inside each other; what is in more is a tangle."""

MOST_EXITS = 2
"""Boxes of a series that are read at its end; of more, the links are clearer as a tangle."""


@dataclass(frozen=True, slots=True)
class Leaf:
    vertex: int


@dataclass(frozen=True, slots=True)
class Branch:
    items: tuple[Stage, ...]
    fed: bool
    """Whether it reads the box above the fork."""
    feeds: bool
    """Whether the box below the fork reads it."""
    size: int


@dataclass(frozen=True, slots=True)
class Fork:
    """Branches beside each other, and what merges them."""

    branches: tuple[Branch, ...]
    skip: bool
    """Whether a link goes from the box above right to the one below, or to the end."""
    merge: int | None
    from_above: bool
    """Whether there is a box above it, or an entry."""


@dataclass(frozen=True, slots=True)
class Tangle:
    """Boxes whose links cross, in an order that has sources before their readers."""

    vertices: tuple[int, ...]
    entries: frozenset[int]
    exits: frozenset[int]


Stage = Leaf | Fork | Tangle


class Net(NamedTuple):
    """Boxes, and what they read and are read by."""

    sources: Mapping[int, Sequence[int]]
    readers: Mapping[int, Sequence[int]]


class Subnet(NamedTuple):
    """Boxes in an order that has sources before their readers, those that read what is above
    all of them, and those that are read below."""

    vertices: Sequence[int]
    entries: frozenset[int]
    exits: frozenset[int]


class SideBranch(NamedTuple):
    """Boxes beside the trunk, and where on it they begin and end."""

    vertices: list[int]
    first: int
    last: int


def series_of(net: Net, part: Subnet, depth: int = 0) -> tuple[Stage, ...]:
    """The items of a connected part."""
    trunk = _trunk(net, part)
    if not trunk or depth > DEEPEST:
        return (_tangle(part),)
    place = {vertex: at for at, vertex in enumerate(trunk)}
    spans = _beside(net, part, place)
    cuts = _cuts(net, part, trunk, place, spans)
    if not cuts and len(part.vertices) > 1:
        (region,) = _regions(trunk, [], spans)
        parts = components(net, region)
        if len(parts) == 1:
            return (_tangle(part),)
    passes = cuts and cuts[-1] + 1 < len(trunk) and trunk[cuts[-1]] in part.exits
    if passes and len(part.exits) > MOST_EXITS:
        return (_tangle(part),)
    items: list[Stage] = []
    ends = [-1, *cuts, len(trunk)]
    for number, region in enumerate(_regions(trunk, cuts, spans)):
        above, below = ends[number], ends[number + 1]
        if region:
            top = trunk[above] if above >= 0 else None
            bottom = trunk[below] if below < len(trunk) else None
            items += _between(net, part, region, top, bottom, depth)
        if below < len(trunk) and not (
            items and isinstance(items[-1], Fork) and items[-1].merge == trunk[below]
        ):
            items.append(Leaf(trunk[below]))
    return tuple(items)


def _tangle(part: Subnet) -> Tangle:
    return Tangle(tuple(part.vertices), part.entries, part.exits)


def _between(
    net: Net, part: Subnet, region: list[int], top: int | None, bottom: int | None, depth: int
) -> list[Stage]:
    """The items between two cuts of a series; None for its beginning and its end."""
    above = part.entries if top is None else frozenset(net.readers[top])
    below = part.exits if bottom is None else frozenset(net.sources[bottom])
    branches = []
    for vertices in components(net, region):
        inner = Subnet(vertices, above.intersection(vertices), below.intersection(vertices))
        branches.append(
            Branch(
                series_of(net, inner, depth + 1),
                bool(inner.entries),
                bool(inner.exits),
                len(vertices),
            )
        )
    if bottom is None:
        skip = top is not None and top in part.exits
    else:
        skip = bottom in above
    if len(branches) == 1 and not skip:
        return list(branches[0].items)
    return [Fork(tuple(branches), skip, bottom, bool(above) or top is not None)]


def _trunk(net: Net, part: Subnet) -> list[int]:
    """The boxes on the paths from the entries to the exits, or from the longest path's first box
    and to its last."""
    inside = set(part.vertices)
    starts, ends = set(part.entries), set(part.exits)
    if not starts:
        longest = _lengths(reversed(part.vertices), net.readers, inside, ends)
        first = [v for v in part.vertices if not inside.intersection(net.sources[v])]
        starts = {max(first, key=lambda vertex: longest[vertex])}
    reached = _reached(part.vertices, net.sources, starts)
    if not ends:
        longest = _lengths(part.vertices, net.sources, inside, starts)
        last = [
            v for v in part.vertices if v in reached and not inside.intersection(net.readers[v])
        ]
        ends = {max(last, key=lambda vertex: longest[vertex])}
    back = _reached(reversed(part.vertices), net.readers, ends)
    return [vertex for vertex in part.vertices if vertex in reached and vertex in back]


def _lengths(
    order: Iterable[int], before: Mapping[int, Sequence[int]], inside: set[int], anchors: set[int]
) -> dict[int, int]:
    """The longest path to each box, of those from the anchors where there are some."""
    lengths: dict[int, int] = {}
    for vertex in order:
        found = max((lengths[v] for v in before[vertex] if v in inside), default=-len(inside) - 1)
        if vertex in anchors or (not anchors and not inside.intersection(before[vertex])):
            found = max(found, 0)
        lengths[vertex] = found + 1
    return lengths


def _reached(
    order: Iterable[int], before: Mapping[int, Sequence[int]], starts: set[int]
) -> set[int]:
    found = set(starts)
    for vertex in order:
        if not found.isdisjoint(before[vertex]):
            found.add(vertex)
    return found


def _beside(net: Net, part: Subnet, place: Mapping[int, int]) -> list[SideBranch]:
    """What is not on the trunk: further inputs, which begin as far above their merge as they are
    long, and further outputs."""
    spans = []
    for vertices in components(net, [v for v in part.vertices if v not in place]):
        came = [place[s] for v in vertices for s in net.sources[v] if s in place]
        gone = [place[r] for v in vertices for r in net.readers[v] if r in place]
        came += [-1] * (not part.entries.isdisjoint(vertices))
        gone += [len(place)] * (not part.exits.isdisjoint(vertices))
        size = len(vertices)
        first = min([*came, *(at - 1 - (0 if came else size) for at in gone)])
        last = max([*gone, *(at + 1 + (0 if gone else size) for at in came)])
        if not came and first <= 0:
            first = -1
        if not gone and last >= len(place) - 1:
            last = len(place)
        spans.append(SideBranch(vertices, max(first, -1), min(last, len(place))))
    return spans


def _cuts(
    net: Net,
    part: Subnet,
    trunk: Sequence[int],
    place: Mapping[int, int],
    spans: Sequence[SideBranch],
) -> list[int]:
    """The places on the trunk that nothing jumps over."""
    covered = [0] * (len(trunk) + 2)

    def jump(first: int, last: int) -> None:
        if last > first + 1:
            covered[first + 1] += 1
            covered[last] -= 1

    for vertex in trunk:
        for reader in net.readers[vertex]:
            if reader in place:
                jump(place[vertex], place[reader])
        if vertex in part.entries:
            jump(-1, place[vertex])
        if vertex in part.exits:
            jump(place[vertex], len(trunk))
    for span in spans:
        jump(span.first, span.last)
    cuts, over = [], 0
    for at in range(len(trunk)):
        over += covered[at]
        if not over:
            cuts.append(at)
    return cuts


def _regions(
    trunk: Sequence[int], cuts: Sequence[int], spans: Sequence[SideBranch]
) -> list[list[int]]:
    """What lies before, between and after the cuts, in order."""
    ends = [-1, *cuts, len(trunk)]
    regions = [list(trunk[above + 1 : below]) for above, below in itertools.pairwise(ends)]
    number_at: list[int] = []
    number = 0
    for at in range(-1, len(trunk)):
        while number + 1 < len(regions) and ends[number + 1] <= at:
            number += 1
        number_at.append(number)
    for span in spans:
        regions[number_at[span.first + 1]] += span.vertices
    return regions


def components(net: Net, vertices: Iterable[int]) -> list[list[int]]:
    """The parts of some boxes that no link connects, each in the order of the numbers."""
    inside = set(vertices)
    found: list[list[int]] = []
    for start in sorted(inside):
        if start not in inside:
            continue
        inside.discard(start)
        component, waiting = [start], [start]
        while waiting:
            vertex = waiting.pop()
            for other in (*net.sources[vertex], *net.readers[vertex]):
                if other in inside:
                    inside.discard(other)
                    component.append(other)
                    waiting.append(other)
        found.append(sorted(component))
    return found
