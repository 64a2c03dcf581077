"""From a network to statements: chains, merges with their branches, and labels elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from ..layers.arrange import Upsample
from ..layers.deconv import Deconv
from ..layers.merge import Elementwise
from ..layers.source import Identity, Input
from ..layers.windowed import Windowed
from .names import NewNames
from .network import ImportedNetwork, ImportedStep
from .tree import CallText, LabelText, PipeTree, TreeItem, WrittenText, call_of, steps_of

FEW = 2
"""Labels that stand in brackets beside what flows in."""


@dataclass(eq=False, slots=True)
class TensorEdge:
    """A tensor on its way from a node to one that is left, through the steps of a pipe."""

    source: str
    target: str
    pipe: PipeTree = ()


@dataclass(slots=True)
class FlowGraph:
    """The nodes that are left, with the edges between them."""

    calls: dict[str, CallText] = field(default_factory=dict)
    """In an order in which they can be computed."""
    labels: dict[str, str] = field(default_factory=dict)
    """Those of nodes whose parameters others use."""
    commuting: set[str] = field(default_factory=set)
    """Merges of two tensors whose order changes no bit."""
    shrinking: set[str] = field(default_factory=set)
    growing: set[str] = field(default_factory=set)
    into: dict[str, list[TensorEdge]] = field(default_factory=dict)
    out_of: dict[str, list[TensorEdge]] = field(default_factory=dict)

    def add(self, call: CallText, inputs: tuple[str, ...]) -> None:
        """A node after those that it reads."""
        self.calls[call.step] = call
        self.into[call.step] = [TensorEdge(source, call.step) for source in inputs]
        self.out_of[call.step] = []
        for edge in self.into[call.step]:
            self.out_of[edge.source].append(edge)

    def items(self, name: str) -> PipeTree:
        """The node as it is written, with the label that belongs to it."""
        label = self.labels.get(name)
        return (self.calls[name],) if label is None else (self.calls[name], LabelText(label))

    def join(self, name: str) -> Iterator[str]:
        """Makes branches of edges that all come from one node, and a chain of a node between two
        others. Gives the nodes of which this may make another such node."""
        edges = self.into[name]
        source = edges[0].source
        together = len(edges) > 1 and all(edge.source == source for edge in edges)
        if together and not any(self.is_hourglass(edge.pipe) for edge in edges):
            branches = tuple(edge.pipe for edge in edges)
            self.calls[name] = replace(self.calls[name], branches=branches)
            self._drop(edges)
            self.into[name] = [TensorEdge(source, name)]
            self.out_of[source].append(self.into[name][0])
            yield source
        if len(self.into[name]) == 1 and len(self.out_of[name]) == 1:
            (before,), (after,) = self.into[name], self.out_of[name]
            pipe = (*before.pipe, *self.items(name), *after.pipe)
            edge = TensorEdge(before.source, after.target, pipe)
            self._drop([before])
            self.out_of[before.source].append(edge)
            readers = self.into[after.target]
            readers[readers.index(after)] = edge
            del self.calls[name], self.into[name], self.out_of[name]
            yield after.target

    def is_hourglass(self, pipe: PipeTree) -> bool:
        """Whether positions become fewer and more again, as in a U-Net: half of a network, which
        nobody would write in brackets."""
        steps = set(steps_of(pipe))
        return not steps.isdisjoint(self.shrinking) and not steps.isdisjoint(self.growing)

    def _drop(self, edges: list[TensorEdge]) -> None:
        for edge in edges:
            self.out_of[edge.source].remove(edge)


@dataclass(frozen=True, slots=True)
class NetworkStatements:
    """A network as statements, each after those whose labels it reads."""

    pipes: tuple[PipeTree, ...]
    outputs: dict[str, str]
    """The label of each output, where there are several."""


def decompose(network: ImportedNetwork, names: NewNames) -> NetworkStatements:
    """The statements of a network whose outputs nothing reads."""
    nodes = _nodes(network, names)
    waiting = dict.fromkeys(nodes.calls)
    while waiting:
        name = next(iter(waiting))
        del waiting[name]
        if nodes.into.get(name):
            waiting.update(dict.fromkeys(nodes.join(name)))
    writer = _Writer(nodes, names)
    pipes = writer.write()
    named = {step.name for step in network.steps if step.layer.name is not None}
    losses = {loss.output for loss in network.losses}
    outputs = [name for name in network.outputs if name not in named or name in losses]
    labels = writer.label_outputs(outputs) if len(network.outputs) > 1 else {}
    return NetworkStatements(tuple(map(tuple, pipes)), labels)


def with_own_outputs(network: ImportedNetwork, names: NewNames) -> ImportedNetwork:
    """The network without steps that no output needs, and with an `id` of its own for each output
    that is read inside, too: only what nothing reads is an output of a spec."""
    needed = set(network.outputs)
    for step in reversed(network.steps):
        if step.name in needed:
            needed.update(step.inputs)
            needed.update(() if step.shares is None else (step.shares,))
    steps = [step for step in network.steps if step.name in needed]
    read = {source for step in steps for source in step.inputs}
    read.update(own.name for own in network.inputs)
    outputs: list[str] = []
    for output in network.outputs:
        if output in read or output in outputs:
            label = names.new(output)
            own = f"{output} as {label}"
            steps.append(ImportedStep(own, Identity(name=label), (output,)))
            output = own
        outputs.append(output)
    return replace(network, steps=tuple(steps), outputs=tuple(outputs))


def _nodes(network: ImportedNetwork, names: NewNames) -> FlowGraph:
    nodes = FlowGraph()
    owners = {step.shares for step in network.steps if step.shares is not None}
    nodes.labels = {owner: names.new(owner) for owner in owners}
    several = len(network.inputs) > 1
    for own in network.inputs:
        name = names.new(own.name) if several or not own.name.startswith("input") else None
        nodes.add(call_of(Input(shape=own.shape, name=name), own.name), ())
    for step in network.steps:
        call = call_of(step.layer, step.name)
        if step.shares is not None:
            call = _sharing(call, nodes.labels[step.shares])
        nodes.add(call, step.inputs)
        if isinstance(step.layer, Elementwise):
            nodes.commuting.add(step.name)
        if isinstance(step.layer, Deconv | Upsample):
            nodes.growing.add(step.name)
        elif isinstance(step.layer, Windowed) and max(step.layer.sliding_window().stride) > 1:
            nodes.shrinking.add(step.name)
    return nodes


def _sharing(call: CallText, label: str) -> CallText:
    values = tuple(
        WrittenText(f"@{label}") if slot.key == "share" else value
        for slot, value in zip(call.slots, call.values, strict=True)
    )
    return replace(call, values=values)


@dataclass(slots=True)
class _Writer:
    """Writes the nodes that are left, chain by chain."""

    nodes: FlowGraph
    names: NewNames
    done: dict[str, int] = field(default_factory=dict)
    """The nodes that are written, and the statement of each."""
    labels: dict[str, str] = field(default_factory=dict)
    statements: list[list[TreeItem]] = field(default_factory=list)
    ends: dict[TensorEdge, str] = field(default_factory=dict)
    """The labels of edges whose pipes are written, which end before their target."""
    order: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.order.update((name, at) for at, name in enumerate(self.nodes.calls))

    def write(self) -> list[list[TreeItem]]:
        for name in self.nodes.calls:
            if name not in self.done:
                self._chain(name)
        return self.statements

    def label_outputs(self, outputs: Iterable[str]) -> dict[str, str]:
        """Puts a label at the end of each output's statement, which it ends."""
        for name in outputs:
            self._put_label(name, self.statements[self.done[name]])
        return {name: self.labels[name] for name in outputs}

    def _chain(self, name: str) -> None:
        """A statement that begins with a node and goes on as far as it can."""
        pipe: list[TreeItem] = []
        self.statements.append(pipe)
        self._place(name, self._head(name), pipe)
        while True:
            edge = self._onward(name, is_input=not self.nodes.into[name])
            if edge is None:
                self._end(name, pipe)
                return
            if len(self.nodes.out_of[name]) > 1:
                self._put_label(name, pipe)
            pipe += edge.pipe
            name = edge.target
            self._place(name, self._joined(name, edge), pipe)

    def _end(self, name: str, pipe: list[TreeItem]) -> None:
        """The label that others read where a chain can go no further."""
        edges = self.nodes.out_of[name]
        if len(edges) == 1 and edges[0].pipe:
            pipe += edges[0].pipe
            last = pipe[-1]
            if isinstance(last, CallText):
                last = LabelText(self.names.new(last.step))
                pipe.append(last)
            self.ends[edges[0]] = last.name
        elif edges:
            self._put_label(name, pipe)

    def _place(self, name: str, items: PipeTree, pipe: list[TreeItem]) -> None:
        self.done[name] = len(self.statements) - 1
        pipe += items

    def _head(self, name: str) -> PipeTree:
        """A node at the beginning of a statement, with what it reads."""
        edges = self.nodes.into[name]
        if not edges:
            return self.nodes.items(name)
        if len(edges) == 1:
            return (
                LabelText(self._label(edges[0].source)),
                *edges[0].pipe,
                *self.nodes.items(name),
            )
        return self._merged(name, [self._branch(edge) for edge in edges])

    def _joined(self, name: str, edge: TensorEdge) -> PipeTree:
        """A node that a chain reaches along an edge."""
        edges = self.nodes.into[name]
        if len(edges) == 1:
            return self.nodes.items(name)
        others = [self._branch(other) for other in edges if other is not edge]
        commutes = len(edges) == 2 and name in self.nodes.commuting
        if edges[0] is edge or commutes:
            if all(len(branch) == 1 for branch in others):
                return self._merged(name, others)
            return self._merged(name, [(), *others])
        return self._merged(name, [() if e is edge else self._branch(e) for e in edges])

    def _branch(self, edge: TensorEdge) -> PipeTree:
        if edge in self.ends:
            return (LabelText(self.ends[edge]),)
        return (LabelText(self._label(edge.source)), *edge.pipe)

    def _merged(self, name: str, branches: list[PipeTree]) -> PipeTree:
        call, *rest = self.nodes.items(name)
        assert isinstance(call, CallText)
        if all(len(branch) == 1 and isinstance(branch[0], LabelText) for branch in branches):
            labels = tuple(item.name for (item,) in branches if isinstance(item, LabelText))
            return (replace(call, labels=labels), *rest)
        return (replace(call, branches=tuple(branches)), *rest)

    def _onward(self, name: str, *, is_input: bool) -> TensorEdge | None:
        """The edge along which a chain goes on: to the next node whose other inputs are written."""
        later_input = is_input and len(self.done) > 1
        edges = sorted(self.nodes.out_of[name], key=self._place_of)
        for edge in edges:
            others = [other for other in self.nodes.into[edge.target] if other is not edge]
            if others and later_input:
                continue
            if len(others) > FEW and self.nodes.into[edge.target][0] is not edge:
                continue  # `concat @a @b @c @d` is read at once, with `id` among them it is not
            if all(other.source in self.done for other in others):
                return edge
        return None

    def _place_of(self, edge: TensorEdge) -> tuple[int, int]:
        """Earlier targets come first, and of the edges to one the longest."""
        return self.order[edge.target], -len(edge.pipe)

    def _put_label(self, name: str, pipe: list[TreeItem]) -> None:
        label = self._label(name)
        if pipe[-1] != LabelText(label):
            pipe.append(LabelText(label))

    def _label(self, name: str) -> str:
        if name not in self.labels:
            known = self.nodes.labels.get(name)
            self.labels[name] = self.names.new(name) if known is None else known
        return self.labels[name]
