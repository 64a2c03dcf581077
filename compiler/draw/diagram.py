"""A network as boxes, links and frames, for every drawing format.

A layer and the activations, normalisations and noise layers right after it are one box:
`conv 64 3x3 bn relu`. What repeats is drawn once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ..graph import Graph, GraphNode
from ..layers.layer import Arity, Layer, Trainable
from ..shapes import Shape, shape_text
from .calls import ELLIPSIS, LONGEST_NAME, call_text, lines_of, shortened
from .folding import Folded, Frame, fold

Family = Literal["input", "weights", "window", "merge", "other"]

CALLS = 6
"""Layers of a box."""
DEEPEST = 2
"""Blocks within more blocks than this get no frame, unless they are repeated."""
LARGEST_FRAME = 16
"""Boxes in the frame of a block that is not repeated."""
LONGEST_LABEL = 40


@dataclass(frozen=True, slots=True)
class Box:
    """One layer, or a chain of them."""

    nodes: tuple[GraphNode, ...]
    words: tuple[str, ...]
    """Lines of netc text."""
    facts: str
    """The number of parameters, if it has any."""
    family: Family
    output: str
    """Its shape and its labels, for the arrows that leave it."""
    shape: Shape
    frame: int | None
    """The innermost frame around it."""

    @property
    def name(self) -> str:
        return self.nodes[0].name


@dataclass(frozen=True, slots=True)
class Diagram:
    """Boxes, each after those it reads, links between their positions, and frames, outer ones
    before inner ones."""

    boxes: tuple[Box, ...]
    links: tuple[tuple[int, int], ...]
    frames: tuple[Frame, ...]
    stands_for: dict[str, str]
    """Layers that are not drawn, and the layers that are drawn for them."""


def diagram_of(graph: Graph) -> Diagram:
    """Folds chains and what repeats."""
    folded = fold(graph)
    nodes = [node for node in graph.nodes if node.name not in folded.same]
    sources = {node.name: tuple(dict.fromkeys(map(folded.shown, node.inputs))) for node in nodes}
    strict = {at for at, frame in enumerate(folded.frames) if frame.times > 1}
    around = {node.name: _within(folded, node.name, strict) for node in nodes}
    counts = Counter(
        frame
        for chain in _chains(nodes, sources, around)
        for frame in _ancestors(folded, folded.frame_of[chain[0].name])
    )
    kept = {
        at
        for at, frame in enumerate(folded.frames)
        if frame.times > 1
        or (1 < counts[at] <= LARGEST_FRAME and len([*_ancestors(folded, at)]) <= DEEPEST)
    }
    kept -= {
        at
        for at in kept - strict
        if any(
            counts[around] == counts[at] for around in _ancestors(folded, folded.frames[at].parent)
        )
    }
    around = {node.name: _within(folded, node.name, kept) for node in nodes}
    chains = _chains(nodes, sources, around)
    home = {node.name: at for at, chain in enumerate(chains) for node in chain}
    links = tuple(
        (home[source], at) for at, chain in enumerate(chains) for source in sources[chain[0].name]
    )
    held = [around[chain[0].name] for chain in chains]
    kept -= _open_frames(folded, held, links, kept)
    places = {at: place for place, at in enumerate(sorted(kept))}
    shown = _Shown(graph, folded)
    boxes = tuple(
        shown.box(chain, _nearest(folded, frame, places))
        for chain, frame in zip(chains, held, strict=True)
    )
    frames = tuple(
        replace(folded.frames[at], parent=_nearest(folded, folded.frames[at].parent, places))
        for at in places
    )
    stands_for = {name: folded.shown(name) for name in folded.same}
    return Diagram(boxes, links, frames, stands_for)


def _ancestors(folded: Folded, frame: int | None) -> Iterable[int]:
    """A frame and those around it."""
    while frame is not None:
        yield frame
        frame = folded.frames[frame].parent


def _within(folded: Folded, name: str, kept: set[int]) -> int | None:
    """The innermost of some frames around a layer."""
    return next((at for at in _ancestors(folded, folded.frame_of[name]) if at in kept), None)


def _nearest(folded: Folded, frame: int | None, places: Mapping[int, int]) -> int | None:
    """The place of the innermost frame that is drawn."""
    return next((places[at] for at in _ancestors(folded, frame) if at in places), None)


def _chains(
    nodes: Sequence[GraphNode],
    sources: Mapping[str, tuple[str, ...]],
    around: Mapping[str, int | None],
) -> list[list[GraphNode]]:
    """Each layer with those after it that go into its box."""
    readers = Counter(name for node in nodes for name in sources[node.name])
    chains: list[list[GraphNode]] = []
    ends: dict[str, list[GraphNode]] = {}
    for node in nodes:
        came = sources[node.name]
        chain = ends.get(came[0]) if len(came) == 1 and readers[came[0]] == 1 else None
        if (
            chain is not None
            and _folds(node.layer)
            and chain[-1].inputs
            and around[node.name] == around[chain[-1].name]
            and len(chain) < CALLS
        ):
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


def _open_frames(
    folded: Folded,
    held: Sequence[int | None],
    links: Sequence[tuple[int, int]],
    kept: set[int],
) -> set[int]:
    """Frames that several links enter from different boxes, or leave from different boxes."""
    inside = [tuple(at for at in _ancestors(folded, frame) if at in kept) for frame in held]
    sources: dict[int, set[int]] = {at: set() for at in kept}
    ends: dict[int, set[int]] = {at: set() for at in kept}
    read = {source for source, _ in links}
    for source, target in links:
        for at in inside[target]:
            if at not in inside[source]:
                sources[at].add(source)
        for at in inside[source]:
            if at not in inside[target]:
                ends[at].add(source)
    for box, frames in enumerate(inside):
        if box not in read:
            for at in frames:
                ends[at].add(box)
    return {at for at in kept if len(sources[at]) > 1 or len(ends[at]) > 1}


class _Shown:
    """What boxes say of the layers that they stand for."""

    def __init__(self, graph: Graph, folded: Folded) -> None:
        self.labels: dict[str, list[str]] = {}
        for label, name in graph.labels.items():
            self.labels.setdefault(folded.shown(name), []).append(f"@{label}")
        self.all: dict[str, list[GraphNode]] = {}
        for node in graph.nodes:
            self.all.setdefault(folded.shown(node.name), []).append(node)

    def box(self, chain: Sequence[GraphNode], frame: int | None) -> Box:
        first, last = chain[0], chain[-1]
        calls = [call_text(first.layer)]
        calls += [call_text(node.layer) for node in chain[1:] if not node.layer.passes_through]
        shapes = [node.shape for node in self.all[last.name]]
        labels = [label for node in chain for label in self.labels.get(node.name, ())]
        output = " ".join([_range_text(shapes[0], shapes[-1]), *labels])
        return Box(
            nodes=tuple(chain),
            words=tuple(lines_of(calls)),
            facts=self.parameters(chain),
            family=_family(first.layer),
            output=shortened(output, LONGEST_LABEL),
            shape=last.shape,
            frame=frame,
        )

    def parameters(self, chain: Sequence[GraphNode]) -> str:
        """The number of trainable parameters, or nothing; of repeated layers, of the first and of
        the last."""
        repeated = [self.all[node.name] for node in chain]
        first = _count([nodes[0] for nodes in repeated])
        last = _count([nodes[-1] for nodes in repeated])
        if not last and not first:
            shared = next((node.shares for node in chain if node.shares is not None), None)
            if shared is None:
                return ""
            (name, *_) = self.labels.get(shared, [shared])
            return f"weights of {shortened(name, LONGEST_NAME)}"
        return f"{first or 0} params" if first == last else f"{first or 0}{ELLIPSIS}{last} params"


def _range_text(first: Shape, last: Shape) -> str:
    """`8x8x64`, and of layers whose channels grow `8x8x64…256`."""
    if first == last:
        return shape_text(first)
    if len(first) == len(last) > 1 and first[:-1] == last[:-1]:
        return f"{shape_text(first)}{ELLIPSIS}{shape_text(last[-1:])}"
    return f"{shape_text(first)} {ELLIPSIS} {shape_text(last)}"


def _family(layer: Layer) -> Family:
    if layer.arity is Arity.NONE:
        return "input"
    if layer.arity is Arity.MANY:
        return "merge"
    if layer.resamples:
        return "window"
    return "weights" if isinstance(layer, Trainable) else "other"


def _count(nodes: Iterable[GraphNode]) -> str:
    counts = [node.parameter_count() for node in nodes]
    if None in counts:
        return "?"
    total = sum(count or 0 for count in counts)
    return f"{total:,}" if total else ""
