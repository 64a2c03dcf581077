"""From drafts to the model's nodes: late labels are filled in, and every node comes after those
that feed it."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import NamedTuple

from ...grammar.problem import Problems
from ...grammar.source import Span
from ..ir import Node
from ..layers.missing import Missing
from ..spans import Place, Spans
from .draft import UNKNOWN, Draft, Late, NetworkDraft, Tensor, UnknownTensor

NOWHERE = "?"
"""The name of the node that represents every unknown tensor."""


class Wired(NamedTuple):
    """The nodes and labels of a model."""

    nodes: tuple[Node, ...]
    labels: dict[str, str]
    complete: bool
    """False when a layer failed."""


def wire(network: NetworkDraft, spans: Spans, problems: Problems) -> Wired:
    """Nodes in an order in which they can be computed, which is that of the text where it can be.

    A failed layer, and a tensor that is not known, are a `Missing` layer in their place.
    """
    settled: dict[str, str | UnknownTensor] = {}
    _settle_labels(network, settled, problems)
    drafts = _computable(network, settled, problems)
    complete = len(drafts) == len(network.drafts) and not any(
        isinstance(draft.layer, Missing) for draft, _ in drafts
    )
    nodes = []
    for index, (draft, inputs) in enumerate(drafts):
        nodes.append(Node(name=draft.name, layer=draft.layer, inputs=tuple(inputs)))
        path = f"nodes.{index}"
        spans.put(path, draft.place)
        calls = draft.place.calls
        for option, span in draft.options.items():
            spans.put(f"{path}.{option}", Place(span, calls) if calls else span)
    known = {node.name for node in nodes}
    labels = {}
    for name, written in network.labels.items():
        tensor = settled[name]
        if isinstance(tensor, str) and tensor in known:
            labels[name] = tensor
            spans.put(f"labels.{name}", written.at)
        else:
            complete = False
    return Wired(tuple(nodes), labels, complete)


def _settle_labels(
    network: NetworkDraft, settled: dict[str, str | UnknownTensor], problems: Problems
) -> None:
    """The layer of each label, through labels that name labels; cycles are reported."""
    for name in network.labels:
        path: dict[str, Span] = {}
        label = name
        tensor: Tensor
        while True:
            if label in settled:
                tensor = settled[label]
                break
            written = network.labels.get(label)
            tensor = UNKNOWN if written is None else written.tensor
            if not isinstance(tensor, Late):
                break
            if tensor.label in path or tensor.label == label:
                cycle = [*path, label]
                cycle = cycle[cycle.index(tensor.label) :]
                places = [*path.values(), tensor.at][-len(cycle) :]
                _report_circle(cycle, places, problems)
                tensor = UNKNOWN
                break
            path[label] = tensor.at
            label = tensor.label
        assert not isinstance(tensor, Late)
        for passed in (*path, label, name):
            settled[passed] = tensor


def _report_circle(cycle: list[str], places: list[Span], problems: Problems) -> None:
    from ..problems.expansion import LabelCycle

    names = tuple(f"@{name}" for name in (*cycle, cycle[0]))
    problems.add(LabelCycle(at=places[0], cycle=names, places=tuple(places)))


def _computable(
    network: NetworkDraft, settled: dict[str, str | UnknownTensor], problems: Problems
) -> list[tuple[Draft, list[str]]]:
    """The drafts that can be computed with their inputs, each after those it reads."""
    drafts = _with_unknown(network, settled)
    position = {draft.name: index for index, draft in enumerate(drafts)}
    inputs: list[list[str]] = []
    in_order = True
    for index, draft in enumerate(drafts):
        names: list[str] = []
        for tensor in draft.inputs:
            found = _found(tensor, settled)
            names.append(found if isinstance(found, str) else NOWHERE)
            in_order = in_order and position[names[-1]] < index
        inputs.append(names)
    order = range(len(inputs)) if in_order else _sorted(network, drafts, inputs, position, problems)
    known: set[str] = set()
    result: list[tuple[Draft, list[str]]] = []
    for index in order:
        draft, feeding = drafts[index], inputs[index]
        if not known.issuperset(feeding):
            continue
        known.add(draft.name)
        result.append((draft, feeding))
    return result


def _found(tensor: Tensor, settled: dict[str, str | UnknownTensor]) -> str | UnknownTensor:
    return settled.get(tensor.label, UNKNOWN) if isinstance(tensor, Late) else tensor


def _with_unknown(network: NetworkDraft, settled: dict[str, str | UnknownTensor]) -> list[Draft]:
    """The drafts, and one before them all for the tensors that are not known, where it is read."""
    for draft in network.drafts:
        if any(isinstance(_found(tensor, settled), UnknownTensor) for tensor in draft.inputs):
            return [Draft(NOWHERE, Missing(), (), draft.place, {}), *network.drafts]
    return network.drafts


def _sorted(
    network: NetworkDraft,
    drafts: list[Draft],
    inputs: list[list[str]],
    position: dict[str, int],
    problems: Problems,
) -> list[int]:
    """Positions such that each comes after those it reads; among those that could come next the
    first of the text does. Circles are reported and left out, with all that follows from them."""
    waiting = [len(set(names)) for names in inputs]
    readers: dict[int, list[int]] = {}
    for index, names in enumerate(inputs):
        for name in set(names):
            readers.setdefault(position[name], []).append(index)
    ready = [index for index, count in enumerate(waiting) if count == 0]
    heapify(ready)
    order: list[int] = []
    while ready:
        index = heappop(ready)
        order.append(index)
        for reader in readers.get(index, ()):
            waiting[reader] -= 1
            if waiting[reader] == 0:
                heappush(ready, reader)
    done = set(order)
    stuck = [index for index in range(len(inputs)) if index not in done]
    _find_circles(network, drafts, stuck, inputs, position, problems)
    return order


def _find_circles(
    network: NetworkDraft,
    drafts: list[Draft],
    stuck: list[int],
    inputs: list[list[str]],
    position: dict[str, int],
    problems: Problems,
) -> None:
    """Walks from reader to read until a place comes twice: every stuck layer leads to a circle."""
    remaining = set(stuck)
    visited: set[int] = set()
    for start in stuck:
        path: list[int] = []
        places: dict[int, int] = {}
        index = start
        while index not in visited:
            visited.add(index)
            places[index] = len(path)
            path.append(index)
            index = next(position[name] for name in inputs[index] if position[name] in remaining)
        if index not in places:
            continue
        circle = path[places[index] :]
        late = []
        for reader, read in zip(circle, [*circle[1:], index], strict=True):
            names = inputs[reader]
            edge = drafts[reader].inputs[names.index(drafts[read].name)]
            if isinstance(edge, Late):
                late.append(edge)
        labels = [network.labels[edge.label].text for edge in late]
        _report_circle(labels, [edge.at for edge in late], problems)
