"""How one network becomes another: layers that are added, removed or changed, and settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from .graph import Graph, GraphNode
from .ir import Model
from .language.calls import call_text
from .settings import settings_of

ChangeKind = Literal["added", "removed", "changed", "rewired", "renamed"]
SettingTexts = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class LayerChange:
    """A layer that is not the same in both; of an added one the first is None."""

    change: ChangeKind
    first: GraphNode | None
    second: GraphNode | None


@dataclass(frozen=True, slots=True)
class StructureChanges:
    """What differs between two models."""

    layers: tuple[LayerChange, ...]
    parameters: tuple[int | None, int | None]
    """Trained ones of either; None while a size is free."""
    multiply_adds: tuple[int | None, int | None]
    settings: dict[str, SettingTexts]
    """Those that differ, as netc text."""

    @property
    def is_empty(self) -> bool:
        return not self.layers and not self.settings


def structure_changes(
    first: Model, first_graph: Graph, second: Model, second_graph: Graph
) -> StructureChanges:
    """What makes the second model another one than the first. Layers are found again by what they
    are and where they are, since the names of all layers behind a new one may change."""
    pairs = list(_pairs(first_graph.nodes, second_graph.nodes))
    names = {a.name: b.name for a, b in pairs if a is not None and b is not None}
    is_moved = any(a is None or b is None for a, b in pairs)
    layers = []
    for a, b in pairs:
        change = _change(a, b, names, is_moved=is_moved)
        if change is not None:
            layers.append(LayerChange(change, a, b))
    here, there = dict(_settings(first, names)), dict(_settings(second, {}))
    settings = {
        name: (here.get(name), there.get(name))
        for name in dict.fromkeys((*here, *there))
        if here.get(name) != there.get(name)
    }
    return StructureChanges(
        tuple(layers),
        (first_graph.parameter_count(), second_graph.parameter_count()),
        (multiply_adds(first_graph), multiply_adds(second_graph)),
        settings,
    )


def multiply_adds(graph: Graph) -> int | None:
    """Those for one sample; None while a size is free."""
    counts = [node.multiply_adds for node in graph.nodes]
    return None if None in counts else sum(count or 0 for count in counts)


LayerPair = tuple[GraphNode | None, GraphNode | None]


MOST_PAIRS = 4_000_000
"""Pairs of layers up to which rows are aligned exactly. Of longer rows, what occurs in more than a
hundredth of the places aligns nothing."""


def _aligned(
    first: Sequence[str], second: Sequence[str]
) -> Iterator[tuple[str, int, int, int, int]]:
    """The opcodes of `SequenceMatcher`. The ends that both have are not searched."""
    most = min(len(first), len(second))
    head = next((at for at in range(most) if first[at] != second[at]), most)
    most -= head
    tail = next((at for at in range(most) if first[-1 - at] != second[-1 - at]), most)
    a, b = first[head : len(first) - tail], second[head : len(second) - tail]
    if head:
        yield "equal", 0, head, 0, head
    matcher = SequenceMatcher(None, a, b, autojunk=len(a) * len(b) > MOST_PAIRS)
    for kind, i, i_end, j, j_end in matcher.get_opcodes():
        yield kind, head + i, head + i_end, head + j, head + j_end
    if tail:
        yield "equal", len(first) - tail, len(first), len(second) - tail, len(second)


def _pairs(first: Sequence[GraphNode], second: Sequence[GraphNode]) -> Iterator[LayerPair]:
    """Every layer once, with the one that it has become."""
    texts = [*map(_text, first)], [*map(_text, second)]
    for kind, a, a_end, b, b_end in _aligned(*texts):
        here, there = first[a:a_end], second[b:b_end]
        if kind == "equal":
            yield from zip(here, there, strict=True)
            continue
        # of what was replaced, layers of the same kind are changed ones
        words = [node.layer.word for node in here], [node.layer.word for node in there]
        for same, i, i_end, j, j_end in _aligned(*words):
            if same == "equal":
                yield from zip(here[i:i_end], there[j:j_end], strict=True)
            else:
                yield from ((node, None) for node in here[i:i_end])
                yield from ((None, node) for node in there[j:j_end])


def _text(node: GraphNode) -> str:
    return call_text(node.layer)


def _change(
    a: GraphNode | None, b: GraphNode | None, names: dict[str, str], *, is_moved: bool
) -> ChangeKind | None:
    if a is None:
        return "added"
    if b is None:
        return "removed"
    if _text(a) != _text(b):
        return "changed"
    known = {*names.values()}
    inputs = [names.get(name) for name in a.inputs]
    # an input that is new, or gone, is told as such
    if None not in inputs and known.issuperset(b.inputs) and inputs != [*b.inputs]:
        return "rewired"
    if not is_moved and a.name != b.name:
        return "renamed"
    return None


def _settings(model: Model, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, text in settings_of(model):
        if not name.startswith("layer "):
            yield name, text
    for label, node in model.labels.items():
        yield f"@{label}", names.get(node, node)
