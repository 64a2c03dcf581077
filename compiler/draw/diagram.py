"""A network as boxes and links, for every drawing format.

A layer and the activations, normalisations and noise layers right after it are one box:
`conv 64 3x3 bn relu`. Consecutive equal blocks are drawn once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Literal

from ..graph import Graph, GraphNode
from ..language.options import options_of
from ..layers.layer import Arity, Layer, Trainable
from ..shapes import shape_text

Family = Literal["input", "weights", "window", "merge", "other"]

LINE = 34
"""Characters of a line in a box."""
QUIET = ("name", "bias", "init", "l1", "l2", "lr", "share", "momentum", "eps")
"""Options without an effect on shapes."""


@dataclass(frozen=True, slots=True)
class Box:
    """One layer, or a chain of them."""

    nodes: tuple[GraphNode, ...]
    words: tuple[str, ...]
    """Lines of netc text."""
    facts: str
    """The output shape and the number of parameters; empty for an input, which has its shape."""
    family: Family
    blocks: tuple[str, ...]
    """The names of the blocks around its first layer, outermost first."""

    @property
    def name(self) -> str:
        return self.nodes[0].name


@dataclass(frozen=True, slots=True)
class DiagramBlock:
    """A block's expansion, drawn as a frame; `times` if it represents several equal ones."""

    name: tuple[str, ...]
    text: str
    members: tuple[str, ...]
    """Names of the boxes in it."""


@dataclass(frozen=True, slots=True)
class Diagram:
    """Boxes in the order of the graph, links between their names, and frames, outermost first."""

    boxes: tuple[Box, ...]
    links: tuple[tuple[str, str], ...]
    blocks: tuple[DiagramBlock, ...]
    stands_for: dict[str, str]
    """Layers of equal blocks, and the layers that are drawn for them."""


def diagram_of(graph: Graph) -> Diagram:
    """Folds chains and equal blocks of a graph."""
    same, counts = _equal_blocks(graph)
    nodes = [node for node in graph.nodes if node.name not in same]
    sources = {
        node.name: tuple(dict.fromkeys(same.get(name, name) for name in node.inputs))
        for node in nodes
    }
    labels: dict[str, list[str]] = {}
    for label, name in graph.labels.items():
        labels.setdefault(same.get(name, name), []).append(f"@{label}")
    chains = _chains(nodes, sources)
    home = {node.name: chain[0].name for chain in chains for node in chain}
    boxes = tuple(_box(chain, labels) for chain in chains)
    links = tuple(
        (home[source], chain[0].name) for chain in chains for source in sources[chain[0].name]
    )
    return Diagram(boxes, links, tuple(_blocks(boxes, counts)), same)


def _chains(
    nodes: Sequence[GraphNode], sources: dict[str, tuple[str, ...]]
) -> list[list[GraphNode]]:
    """Each layer with those after it that go into its box."""
    readers = Counter(name for node in nodes for name in sources[node.name])
    chains: list[list[GraphNode]] = []
    ends: dict[str, list[GraphNode]] = {}
    for node in nodes:
        came = sources[node.name]
        chain = ends.get(came[0]) if len(came) == 1 and readers[came[0]] == 1 else None
        if chain is not None and _folds(node.layer) and chain[-1].inputs:
            del ends[chain[-1].name]
            chain.append(node)
        else:
            chain = [node]
            chains.append(chain)
        ends[node.name] = chain
    return chains


def _folds(layer: Layer) -> bool:
    """Whether it goes into the box before it."""
    return layer.keeps_shape or layer.passes_through


def _box(chain: Sequence[GraphNode], labels: dict[str, list[str]]) -> Box:
    first = chain[0]
    calls = [_call(first.layer)]
    calls += [_call(node.layer) for node in chain[1:] if not node.layer.passes_through]
    calls += [label for node in chain for label in labels.get(node.name, ())]
    facts = [] if first.layer.arity is Arity.NONE else [shape_text(chain[-1].shape)]
    count = _parameters(chain)
    if count:
        facts.append(f"{count} params")
    blocks = tuple(first.name.split(".")[:-1])
    return Box(tuple(chain), tuple(_lines(calls)), " · ".join(facts), _family(first.layer), blocks)


def _lines(calls: Iterable[str]) -> Iterator[str]:
    """The calls, as many on a line as fit."""
    line = ""
    for call in calls:
        for part in [call] if len(call) <= LINE else wrap(call, LINE, break_long_words=False):
            if line and len(line) + 1 + len(part) > LINE:
                yield line
                line = part
            else:
                line = f"{line} {part}".strip()
    yield line


def _call(layer: Layer) -> str:
    """A layer as it is written, without what concerns only its training."""
    named = {option.name: option for option in options_of(type(layer))}
    keyed = [
        f"{name}={option.kind.write(getattr(layer, name))}"
        for name, option in named.items()
        if name not in layer.positional
        and name not in QUIET
        and getattr(layer, name) != option.default
    ]
    if layer.arity is Arity.NONE and layer.name is not None:
        keyed.append(layer.name)
    return " ".join([layer.heading(), *keyed])


def _family(layer: Layer) -> Family:
    if layer.arity is Arity.NONE:
        return "input"
    if layer.arity is Arity.MANY:
        return "merge"
    if layer.resamples:
        return "window"
    return "weights" if isinstance(layer, Trainable) else "other"


def _parameters(nodes: Iterable[GraphNode]) -> str:
    """The number of trainable parameters, or nothing."""
    counts = [node.parameter_count() for node in nodes]
    if None in counts:
        return "?"
    total = sum(count or 0 for count in counts)
    return f"{total:,}" if total else ""


def _blocks(boxes: Sequence[Box], counts: dict[tuple[str, ...], str]) -> Iterator[DiagramBlock]:
    """Every block with two boxes or more, and every one that represents others."""
    members: dict[tuple[str, ...], list[str]] = {}
    for box in boxes:
        for depth in range(1, len(box.blocks) + 1):
            members.setdefault(box.blocks[:depth], []).append(box.name)
    for name in sorted(members, key=len):
        text = counts.get(name, name[-1])
        if len(members[name]) > 1 or name in counts:
            yield DiagramBlock(name, text, tuple(members[name]))


def _equal_blocks(graph: Graph) -> tuple[dict[str, str], dict[tuple[str, ...], str]]:
    """Layers that need not be drawn, with those that represent them, and the texts of the blocks
    that represent others: `same1 to same3`."""
    same: dict[str, str] = {}
    texts: dict[tuple[str, ...], str] = {}
    _find_equal(graph.nodes, 0, same, texts)
    return same, texts


def _find_equal(
    nodes: Sequence[GraphNode],
    depth: int,
    same: dict[str, str],
    texts: dict[tuple[str, ...], str],
) -> None:
    groups: list[tuple[str | None, list[GraphNode]]] = []
    for node in nodes:
        path = node.name.split(".")
        name = path[depth] if len(path) > depth + 1 else None
        if name is not None and groups and groups[-1][0] == name:
            groups[-1][1].append(node)
        else:
            groups.append((name, [node]))
    at = 0
    while at < len(groups):
        name, members = groups[at]
        at += 1
        if name is None:
            continue
        last, times = "", 1
        while at < len(groups) and groups[at][0] is not None:
            matched = _match(members, groups[at - 1][1], groups[at][1], depth + 1, same)
            if matched is None:
                break
            same.update(matched)
            last, times = groups[at][0] or "", times + 1
            at += 1
        if last:
            around = tuple(members[0].name.split(".")[:depth])
            texts[(*around, name)] = f"{name.rstrip('0123456789')} x {times}"
        _find_equal(members, depth + 1, same, texts)


def _match(
    first: Sequence[GraphNode],
    before: Sequence[GraphNode],
    block: Sequence[GraphNode],
    depth: int,
    same: dict[str, str],
) -> dict[str, str] | None:
    """Which layer of the first block each layer of a later one equals; None unless all do, and
    the block goes on where the one before it ended."""
    if len(first) != len(block):
        return None
    matched: dict[str, str] = {}
    inside = {node.name for node in first}
    for one, other in zip(first, block, strict=True):
        if _look(one, depth) != _look(other, depth) or len(one.inputs) != len(other.inputs):
            return None
        for source, arrived in zip(one.inputs, other.inputs, strict=True):
            if source in inside:
                fits = matched.get(arrived) == source
            else:
                fits = arrived == before[-1].name
            if not fits:
                return None
        matched[other.name] = one.name
    return matched


def _look(node: GraphNode, depth: int) -> tuple[object, ...]:
    name = ".".join(node.name.split(".")[depth:])
    return (name, _call(node.layer), node.shape, _parameters([node]), node.shares)
