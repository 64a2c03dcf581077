"""The boxes and frames right within each frame, with the links between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from .diagram import Diagram
from .structure import Net, Subnet


class Member(NamedTuple):
    """A box or a frame, by its place in the diagram."""

    box: int | None
    frame: int | None


@dataclass(frozen=True, slots=True)
class Level:
    """What is right within a frame. Its members are numbered so that each is after its sources."""

    members: tuple[Member, ...]
    net: Net
    part: Subnet


@dataclass(slots=True)
class _Gathered:
    members: dict[Member, None] = field(default_factory=dict)
    links: dict[tuple[Member, Member], None] = field(default_factory=dict)
    entries: set[Member] = field(default_factory=set)
    exits: set[Member] = field(default_factory=set)


def levels_of(diagram: Diagram) -> dict[int | None, Level]:
    """For each frame, and for the whole: what is right within it."""
    gathered: dict[int | None, _Gathered] = {None: _Gathered()}
    for number in range(len(diagram.frames)):
        gathered[number] = _Gathered()
    paths = []
    for at, box in enumerate(diagram.boxes):
        path = _path(diagram, at, box.frame)
        paths.append(path)
        for frame, member in path:
            gathered[frame].members[member] = None
    for source, target in diagram.links:
        above, below = paths[source], paths[target]
        depth = 0
        while above[depth][1] == below[depth][1]:
            depth += 1
        gathered[above[depth][0]].links[above[depth][1], below[depth][1]] = None
        for frame, member in above[depth + 1 :]:
            gathered[frame].exits.add(member)
        for frame, member in below[depth + 1 :]:
            gathered[frame].entries.add(member)
    return {frame: _level(found) for frame, found in gathered.items()}


def _path(diagram: Diagram, box: int, frame: int | None) -> list[tuple[int | None, Member]]:
    """The frames around a box from the outside, each with its member that holds the box."""
    path: list[tuple[int | None, Member]] = []
    member = Member(box, None)
    while frame is not None:
        path.append((frame, member))
        member = Member(None, frame)
        frame = diagram.frames[frame].parent
    path.append((None, member))
    return path[::-1]


def _level(found: _Gathered) -> Level:
    order = _sorted(list(found.members), list(found.links))
    place = {member: at for at, member in enumerate(order)}
    sources: Mapping[int, list[int]] = {at: [] for at in range(len(order))}
    readers: Mapping[int, list[int]] = {at: [] for at in range(len(order))}
    for above, below in found.links:
        readers[place[above]].append(place[below])
        sources[place[below]].append(place[above])
    part = Subnet(
        range(len(order)),
        frozenset(map(place.__getitem__, found.entries)),
        frozenset(map(place.__getitem__, found.exits)),
    )
    return Level(tuple(order), Net(sources, readers), part)


def _sorted(members: Sequence[Member], links: Sequence[tuple[Member, Member]]) -> list[Member]:
    """The members, each after its sources, otherwise in the order of the spec."""
    place = {member: at for at, member in enumerate(members)}
    missing = [0] * len(members)
    readers: list[list[int]] = [[] for _ in members]
    for above, below in links:
        missing[place[below]] += 1
        readers[place[above]].append(place[below])
    ready = [at for at, count in enumerate(missing) if not count]
    heapify(ready)
    order = []
    while ready:
        at = heappop(ready)
        order.append(members[at])
        for reader in readers[at]:
            missing[reader] -= 1
            if not missing[reader]:
                heappush(ready, reader)
    return order
