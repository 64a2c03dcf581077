"""What repeats in a network, so that it is drawn once.

Layers that follow each other form units: the expansion of a block, or a few layers without one.
Units with the same calls, each of which reads only the end of the one before it, are folded; their
shapes and numbers of parameters may differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ..graph import Graph, GraphNode
from ..layers.layer import Arity
from .calls import LONGEST_NAME, call_text, shortened

LONGEST_UNIT = 48
"""Items of a unit, each a layer or a block."""
FEWEST_SAVED = 3
"""Layers that a fold without a block's name must save."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A block's expansion, or a unit that is repeated."""

    text: str
    """`basic2`, or `basic x 3`; of a unit that is no block `x 3`."""
    parent: int | None
    times: int = 1


@dataclass(slots=True)
class Folded:
    """The frames, outer ones before inner ones, and for every layer the one around it."""

    frames: list[Frame] = field(default_factory=list)
    frame_of: dict[str, int | None] = field(default_factory=dict)
    same: dict[str, str] = field(default_factory=dict)
    """Layers that are not drawn, and those that stand for them."""

    def shown(self, name: str) -> str:
        """The layer that is drawn for a layer."""
        while name in self.same:
            name = self.same[name]
        return name


class Stretch(NamedTuple):
    """A layer, or the expansion of a block."""

    block: str | None
    nodes: tuple[GraphNode, ...]
    key: object
    """Equal for items with the same calls and the same links inside."""


def fold(graph: Graph) -> Folded:
    """Finds what repeats."""
    readers: dict[str, list[str]] = {node.name: [] for node in graph.nodes}
    for node in graph.nodes:
        for source in node.inputs:
            readers[source].append(node.name)
    folder = _Folder(readers)
    folder.walk(graph.nodes, 0, None)
    return folder.found


class _Folder:
    def __init__(self, readers: Mapping[str, Sequence[str]]) -> None:
        self.readers = readers
        self.blocks = {block for name in readers for block in name.split(".")[:-1]}
        self.found = Folded()

    def walk(self, nodes: Sequence[GraphNode], depth: int, frame: int | None) -> None:
        """`depth` is how many of the blocks in the layers' names lie around them."""
        items = list(_items(nodes, depth))
        runs = _runs([item.key for item in items])
        at = 0
        while at < len(items):
            units = self.repeated(items, at, runs)
            inner = frame
            if units:
                first = list(units[0])
                inner = self.open(Frame(self.text(units), frame, len(units)))
                self.inside(first, depth, inner)
                at += len(units) * len(first)
            else:
                item = items[at]
                if item.block is not None:
                    inner = self.open(Frame(shortened(item.block, LONGEST_NAME), frame))
                self.inside([item], depth, inner)
                at += 1

    def text(self, units: Sequence[Sequence[Stretch]]) -> str:
        name = units[0][0].block
        if len(units[0]) > 1 or name is None:
            return f"x {len(units)}"
        return f"{shortened(self.block_name(name), LONGEST_NAME)} x {len(units)}"

    def block_name(self, expansion: str) -> str:
        """The name of the block: without the number of its expansion, as they count from 1."""
        digits = len(expansion) - len(expansion.rstrip("0123456789"))
        for length in range(digits, 0, -1):
            if f"{expansion[:-length]}1" in self.blocks:
                return expansion[:-length]
        return expansion

    def open(self, frame: Frame) -> int:
        self.found.frames.append(frame)
        return len(self.found.frames) - 1

    def inside(self, items: Sequence[Stretch], depth: int, frame: int | None) -> None:
        if len(items) == 1:
            (item,) = items
            if item.block is None:
                self.found.frame_of[item.nodes[0].name] = frame
            else:
                self.walk(item.nodes, depth + 1, frame)
        else:
            self.walk(_nodes(items), depth, frame)

    def repeated(
        self, items: Sequence[Stretch], at: int, runs: Mapping[int, Sequence[int]]
    ) -> list[Sequence[Stretch]]:
        """The equal units that begin here and save most; none where nothing is worth folding."""
        best: list[Sequence[Stretch]] = []
        best_matched: list[dict[str, str]] = []
        saved = 0
        for period, run in runs.items():
            times = 1 + run[at] // period
            if (times - 1) * period <= saved or not _follows(
                items[at + period - 1 : at + period + 1]
            ):
                continue
            matched = self.matches(items, at, period, times)
            count = len(matched) + 1
            units = [items[at + n * period : at + (n + 1) * period] for n in range(count)]
            if _is_worth(units) and len(matched) * period > saved:
                best, best_matched, saved = units, matched, len(matched) * period
        for pairs in best_matched:
            self.found.same.update(pairs)
        return best

    def matches(
        self, items: Sequence[Stretch], at: int, period: int, times: int
    ) -> list[dict[str, str]]:
        """For each unit after the first that goes on like it: its layers, and those of the first
        that they equal."""
        first = _nodes(items[at : at + period])
        names = {node.name for node in first}
        outside = {source for node in first for source in node.inputs} - names
        if len(outside) != 1 or not all(node.inputs for node in first) or not self.is_closed(first):
            return []
        found: list[dict[str, str]] = []
        before = first
        for start in range(at + period, at + times * period, period):
            nodes = _nodes(items[start : start + period])
            inside = {node.name for node in nodes}
            if not inside.issuperset(self.readers[before[-1].name]) or not self.is_closed(nodes):
                break
            pairs = _pairs(first, before[-1].name, nodes)
            if pairs is None:
                break
            found.append(pairs)
            before = nodes
        return found

    def is_closed(self, nodes: Sequence[GraphNode]) -> bool:
        """Whether only the last of them is read elsewhere."""
        names = {node.name for node in nodes}
        return all(
            self.readers[node.name] and names.issuperset(self.readers[node.name])
            for node in nodes[:-1]
        )


def _nodes(items: Sequence[Stretch]) -> list[GraphNode]:
    return [node for item in items for node in item.nodes]


def _follows(pair: Sequence[Stretch]) -> bool:
    """Whether the second of two neighbours begins with what reads the end of the first."""
    before, item = pair
    return before.nodes[-1].name in item.nodes[0].inputs


def _items(nodes: Sequence[GraphNode], depth: int) -> Iterator[Stretch]:
    """Each layer, and each run of layers within one block."""
    at = 0
    while at < len(nodes):
        block = _block(nodes[at], depth)
        end = at + 1
        while block is not None and end < len(nodes) and _block(nodes[end], depth) == block:
            end += 1
        members = tuple(nodes[at:end])
        yield Stretch(block, members, _key(members, block is not None))
        at = end


def _block(node: GraphNode, depth: int) -> str | None:
    path = node.name.split(".")
    return path[depth] if len(path) > depth + 1 else None


def _key(nodes: Sequence[GraphNode], is_block: bool) -> object:
    places = {node.name: at for at, node in enumerate(nodes)}
    return is_block, tuple(
        (
            call_text(node.layer),
            node.shares,
            tuple(places.get(source, -1) for source in node.inputs),
        )
        for node in nodes
    )


def _runs(keys: Sequence[object]) -> dict[int, list[int]]:
    """For each distance, and each item: how many items from there on are as the one so far on."""
    numbers: dict[object, int] = {}
    kinds = [numbers.setdefault(key, len(numbers)) for key in keys]
    runs: dict[int, list[int]] = {}
    for distance in range(1, min(LONGEST_UNIT, len(kinds) // 2) + 1):
        run = [0] * (len(kinds) + 1)
        for at in range(len(kinds) - distance - 1, -1, -1):
            if kinds[at] == kinds[at + distance]:
                run[at] = run[at + 1] + 1
        if max(run) >= distance:
            runs[distance] = run
    return runs


def _pairs(
    first: Sequence[GraphNode], before: str, nodes: Sequence[GraphNode]
) -> dict[str, str] | None:
    """Which layer of the first unit each layer of a later one equals, if its links are those."""
    pairs: dict[str, str] = {}
    names = {node.name for node in first}
    for one, other in zip(first, nodes, strict=True):
        for source, arrived in zip(one.inputs, other.inputs, strict=True):
            fits = pairs.get(arrived) == source if source in names else arrived == before
            if not fits:
                return None
        pairs[other.name] = one.name
    return pairs


def _is_worth(units: Sequence[Sequence[Stretch]]) -> bool:
    """Blocks are, and what saves a few layers: of layers in a line three times, of branches two."""
    if len(units) < 2:
        return False
    first = units[0]
    if len(first) == 1 and first[0].block is not None:
        return True
    nodes = _nodes(first)
    starts = [not (node.layer.keeps_shape or node.layer.passes_through) for node in nodes]
    if any(starts) and not starts[0]:
        return False
    merges = any(node.layer.arity is Arity.MANY for node in nodes)
    fewest = 2 if merges else 3
    return len(units) >= fewest and (len(units) - 1) * max(sum(starts), 1) >= FEWEST_SAVED
