"""The blocks of a spec, found again by the names of their layers: `down1.cb2.conv1`.

A block that gives one tensor and has modules becomes a class. Of any other, the layers stand where
the block was called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .layer import ArgumentValue, Construction
from .names import free_name
from .network import TorchNetwork, TorchNode

FEWEST_CALLS = 3
"""Equal calls in a row that the network itself writes as one; in a block, any are one, because
other calls of it may have more."""


@dataclass(frozen=True, slots=True, eq=False)
class ScopeItem:
    """A layer, or calls of a block: one, or several in a row that differ in numbers only."""

    attribute: str
    """Its name within the scope."""
    inputs: tuple[str, ...]
    """The nodes that it reads."""
    output: str
    """The node whose value it gives."""
    node: TorchNode | None
    calls: tuple[TorchScope, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class TorchScope:
    """One call of a block, or the whole network."""

    block: str
    """The block's name."""
    prefix: str
    """What the names of its layers begin with: `down1.`."""
    items: tuple[ScopeItem, ...]
    inputs: tuple[str, ...]
    """The nodes outside that it reads."""
    outputs: tuple[str, ...]
    key: object = field(default=None)
    """Equal for calls that differ in numbers only."""
    constants: tuple[ArgumentValue, ...] = ()
    """These numbers: the arguments of all modules in it."""


def construction_of(node: TorchNode) -> Construction | None:
    """The module of a layer, or the one that could take the place of its function."""
    return node.layer.module or node.layer.as_module


def scopes_of(network: TorchNetwork) -> TorchScope:
    """The whole network, with the calls of its blocks."""
    readers: dict[str, set[str]] = {}
    for node in network.nodes:
        for name in node.inputs:
            readers.setdefault(name, set()).add(node.name)
    outputs = tuple(output.node for output in network.outputs)
    builder = _Builder(readers, frozenset(outputs), network.labels)
    return builder.scope("", "", network.nodes, outputs)


class _Group(NamedTuple):
    """What stands in a scope: a layer, or the layers of a block."""

    name: str
    nodes: list[TorchNode]
    is_block: bool


@dataclass(frozen=True, slots=True)
class _Builder:
    readers: Mapping[str, set[str]]
    returned: frozenset[str]
    labels: Mapping[str, str]

    def scope(
        self, block: str, prefix: str, nodes: Sequence[TorchNode], outputs: tuple[str, ...]
    ) -> TorchScope:
        order = {node.name: at for at, node in enumerate(nodes)}
        items = sorted(self.items(prefix, "", nodes), key=lambda item: order[item.output])
        items = list(self.merged(items, 2 if block else FEWEST_CALLS))
        inside = {node.name for node in nodes}
        read = (name for item in items for name in item.inputs if name not in inside)
        inputs = tuple(dict.fromkeys(read))
        constants = (value for item in items for value in _constants(item))
        shape = _shape(items, inputs, outputs, prefix)
        key = (block, shape)
        return TorchScope(block, prefix, tuple(items), inputs, outputs, key, tuple(constants))

    def items(self, prefix: str, attribute: str, nodes: Sequence[TorchNode]) -> Iterator[ScopeItem]:
        """The layers and calls of a scope; those of blocks that are no class have longer names."""
        for group in _groups(prefix, nodes):
            name = f"{attribute}{group.name}"
            if not group.is_block:
                (node,) = group.nodes
                yield ScopeItem(name, node.inputs, node.name, node)
                continue
            inner = f"{prefix}{group.name}."
            outputs = self.outputs(group.nodes)
            if len(outputs) > 1 or not any(node.layer.module for node in group.nodes):
                yield from self.items(inner, f"{name}_", group.nodes)
                continue
            block = group.name.rstrip("0123456789") or group.name
            scope = self.scope(block, inner, group.nodes, outputs)
            yield ScopeItem(name, scope.inputs, outputs[0], None, (scope,))

    def outputs(self, nodes: Sequence[TorchNode]) -> tuple[str, ...]:
        """The layers that others read."""
        inside = {node.name for node in nodes}
        return tuple(
            name
            for name in inside
            if name in self.returned or not self.readers.get(name, set()) <= inside
        )

    def merged(self, items: Sequence[ScopeItem], fewest: int) -> Iterator[ScopeItem]:
        """Calls in a row as one, named after their block where that name is free."""
        taken = {item.attribute for item in items}
        runs = [list(self.run(items, at)) for at in range(len(items))]
        blocks = [items[at].calls[0].block if items[at].calls else "" for at in range(len(items))]
        starts = []
        at = 0
        while at < len(items):
            starts.append(at)
            at += len(runs[at]) if len(runs[at]) >= fewest else 1
        merged = [blocks[at] for at in starts if len(runs[at]) >= fewest]
        count = dict.fromkeys(blocks, 0)
        for at in starts:
            run, block = runs[at], blocks[at]
            if len(run) < fewest:
                yield items[at]
                continue
            count[block] += 1
            name = block if merged.count(block) == 1 else f"{block}s{count[block]}"
            name = free_name(name, taken)
            taken.add(name)
            calls = tuple(call for item in run for call in item.calls)
            yield ScopeItem(name, run[0].inputs, run[-1].output, None, calls)

    def run(self, items: Sequence[ScopeItem], at: int) -> Iterator[ScopeItem]:
        """The calls that begin here, each of which reads only the one before it. Their numbers are
        equal or, of three and more, grow evenly."""
        first = items[at]
        if not first.calls or len(first.inputs) != 1:
            return
        found, steps = [first], None
        for item in items[at + 1 :]:
            last = found[-1]
            if not self.is_next(last, item):
                break
            own = _steps(last.calls[0].constants, item.calls[0].constants)
            if own is None or (steps is not None and own != steps):
                break
            found.append(item)
            steps = own
        yield from found[:1] if len(found) == 2 and any(steps or ()) else found

    def is_next(self, last: ScopeItem, item: ScopeItem) -> bool:
        """Whether a call of the same block reads only the one before it, which nothing else reads
        or names."""
        if not item.calls or item.calls[0].key != last.calls[0].key:
            return False
        readers, prefix = self.readers.get(last.output, set()), item.calls[0].prefix
        return (
            item.inputs == (last.output,)
            and all(name.startswith(prefix) for name in readers)
            and last.output not in self.returned
            and last.output not in self.labels
        )


def _groups(prefix: str, nodes: Sequence[TorchNode]) -> Iterator[_Group]:
    """Layers and blocks of a scope, in the order of their first layers."""
    found: dict[str, _Group] = {}
    for node in nodes:
        name, _, rest = node.name.removeprefix(prefix).partition(".")
        group = found.setdefault(name, _Group(name, [], bool(rest)))
        group.nodes.append(node)
    yield from found.values()


def _constants(item: ScopeItem) -> Iterator[ArgumentValue]:
    for call in item.calls:
        yield from call.constants
    module = None if item.node is None else construction_of(item.node)
    for argument in () if module is None else module.arguments:
        yield argument.value


def _steps(
    first: Sequence[ArgumentValue], second: Sequence[ArgumentValue]
) -> tuple[int, ...] | None:
    """By how much each number grows; None where something else differs."""
    found: list[int] = []
    for a, b in zip(first, second, strict=False):
        if type(a) is int and type(b) is int:
            found.append(b - a)
        elif a != b or type(a) is not type(b):
            return None
    return tuple(found) if len(first) == len(second) else None


def _shape(
    items: Sequence[ScopeItem], inputs: Sequence[str], outputs: Sequence[str], prefix: str
) -> object:
    """What all calls of a class have in common: everything but numbers."""
    at = {name: index for index, name in enumerate(inputs)}
    at |= {item.output: len(inputs) + index for index, item in enumerate(items)}
    shapes: list[object] = []
    for item in items:
        reads = tuple(at[name] for name in item.inputs)
        if item.node is None:
            shapes.append((reads, item.calls[0].key, _growth(item)))
        else:
            shapes.append((reads, item.attribute, _layer_shape(item.node, prefix)))
    return tuple(shapes), tuple(at[name] for name in outputs)


def _growth(item: ScopeItem) -> tuple[int, ...] | None:
    """By how much the numbers of calls in a row grow."""
    if len(item.calls) < 2:
        return None
    steps = _steps(item.calls[0].constants, item.calls[1].constants)
    return steps if any(steps or ()) else None


def _layer_shape(node: TorchNode, prefix: str) -> object:
    layer, module = node.layer, construction_of(node)
    names = () if module is None else tuple(argument.name for argument in module.arguments)
    shares = node.shares
    if shares is not None and shares.startswith(prefix):
        shares = shares.removeprefix(prefix)
    expression = "" if layer.as_module else layer.expression
    weights = tuple(weight.own for weight in layer.weights)
    cls = None if module is None else module.cls
    return expression, cls, names, weights, layer.frozen, shares
