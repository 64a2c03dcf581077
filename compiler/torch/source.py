"""A network as the source of a PyTorch module: `torch_source`.

The text needs nothing but torch. It defines one class for the network, a class for each block, and
nothing that runs. `TorchSource` says besides what the arguments and results of the network are and
what its weights are called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..graph import Graph
from ..ir import Model
from ..optimizers.optimizer import Optimizer
from ..shapes import Shape
from . import words as words  # fills `torch_layer`
from .block_names import NO_NAMES, BlockNames
from .classes import ClassItem, ClassParameter, ClassTable, TorchClass, classes_of
from .helpers import HELPERS
from .initial import StartedLayer, init_lines, started_layer
from .layer import NoCounterpartError, WeightTurn, constant_text
from .names import FILE_NAMES, VARIABLE_NAMES, class_name, free_name
from .network import TorchInput, TorchNetwork, TorchOutput, torch_network
from .scopes import TorchScope, scopes_of
from .solving import solve_lines
from .statements import ForwardSignature, ForwardStep, feature_lines, forward_lines
from .training import TorchTarget, TrainingText, TrainingWriter
from .updates import TrainedParameter, UpdateWriter, treatments
from .wrapping import WIDTH, wrapped


class TorchWeight(NamedTuple):
    """A weight of the network on both sides."""

    name: str
    """In netc: `cb1.conv1.w`."""
    key: str
    """In the module's `state_dict`: `cb1.conv1.weight`."""
    turn: WeightTurn
    """How the axes change."""


@dataclass(frozen=True, slots=True)
class TorchSource:
    """The source of a module, and what is known of it."""

    text: str
    class_name: str
    """The class of the network; it is constructed without arguments."""
    inputs: tuple[TorchInput, ...]
    """The arguments of `forward`, in order."""
    outputs: tuple[TorchOutput, ...]
    """What `forward` returns: one tensor, or a tuple of several."""
    weights: tuple[TorchWeight, ...]
    """Every weight and every running statistic, in the order of the network."""
    counters: tuple[str, ...]
    """Keys of the `state_dict` that count batches, and which netc does not have: whole numbers."""
    targets: tuple[TorchTarget, ...] = ()
    """With `training`: what `loss_function` compares with, one for each loss."""


def torch_source(
    model: Model,
    graph: Graph,
    name: str = "net",
    *,
    training: bool = False,
    names: BlockNames = NO_NAMES,
) -> TorchSource:
    """The source of a network. `name` is what its class is called after, in any spelling. With
    `training`, the functions of `training.py` follow the classes. `names` are what the spec calls
    the parameters of its blocks. Raises NoCounterpartError where
    PyTorch has no equal of a layer at its place."""
    network = torch_network(model, graph)
    whole = scopes_of(network)
    title = class_name(name)
    title = f"{title}Net" if title in {*HELPERS, *FILE_NAMES} else title
    table = classes_of(whole, title, (*HELPERS, *FILE_NAMES), names)
    return _Writer(model, network, graph, table, whole).source(training=training)


@dataclass(frozen=True, slots=True)
class _Writer:
    model: Model
    network: TorchNetwork
    graph: Graph
    table: ClassTable
    whole: TorchScope

    def source(self, *, training: bool) -> TorchSource:
        weights = tuple(self.weights(self.whole, ""))
        owners = {weight.name: weight.key for weight in reversed(weights)}
        ties = [(weight.key, owners[weight.name]) for weight in weights]
        ties = [(key, owner) for key, owner in ties if key != owner]
        trains = self.training() if training else TrainingText()
        needed = [node.layer.helper for node in self.network.nodes] + [*trains.helpers]
        helpers = dict.fromkeys(helper for helper in needed if helper is not None)
        parts = [HELPERS[helper].splitlines() for helper in helpers]
        parts += [self.block(cls) for cls in self.table.classes[:-1]]
        parts.append(self.main(self.table.classes[-1], ties))
        parts += trains.functions
        body = "\n\n\n".join("\n".join(part) for part in parts)
        text = f"{_imports(body)}\n\n\n{body}\n"
        counters = tuple(self.counters(self.whole, ""))
        return TorchSource(
            text,
            self.table.classes[-1].name,
            self.network.inputs,
            self.network.outputs,
            weights,
            counters,
            trains.targets,
        )

    def training(self) -> TrainingText:
        """The functions that train."""
        treated = treatments(self.model, self.graph)
        weights = {weight.name: weight for weight in reversed([*self.weights(self.whole, "")])}
        trained = [
            TrainedParameter(_access("model", own.key), len(own.turn.shape), treated[name])
            for name, own in reversed(weights.items())
            if name in treated
        ]
        frozen = any(node.layer.frozen for node in self.network.nodes)
        names = {output.node: f"y{at + 1}" for at, output in enumerate(self.network.outputs)}
        names |= self.labels(self.whole, self.arguments())
        updates = UpdateWriter(self.model, trained, frozen)
        text = TrainingWriter(self.model, self.graph, self.network, updates, names).write()
        if isinstance(self.model.optimizer, Optimizer) and self.model.optimizer.closed_form:
            return replace(text, functions=(*text.functions, self.solve()))
        start = init_lines(self.started(self.whole, "model."))
        return replace(text, functions=(start, *text.functions) if start else text.functions)

    def solve(self) -> list[str]:
        """The function for an optimizer that takes no steps: of the one layer that learns."""
        main = self.table.classes[-1]
        steps = [self.step(main, item, at) for at, item in enumerate(main.items)]
        for at, own in enumerate(main.items):
            if own.line is not None:
                value = own.item.inputs[0]
                features = feature_lines(steps[:at], value) if at else []
                access = f"model.{own.attribute}"
                if own.node is None:
                    break
                return solve_lines(self.model, self.graph, access, features)
        raise NoCounterpartError(
            "",
            "the layer that `opt exact` solves is in a block",
            "write the layer where the block is called",
        )

    def started(self, scope: TorchScope, path: str) -> Iterator[StartedLayer]:
        """The modules whose weights are drawn."""
        for item, own in zip(scope.items, self.table.of(scope).items, strict=True):
            if item.node is not None and own.line is not None and item.node.shares is None:
                node = self.graph.node(item.node.name)
                weights = {weight.name: weight for weight in item.node.layer.weights}
                if node.parameters:
                    first = node.parameters[0]
                    yield started_layer(
                        own.line.cls,
                        _access("", f"{path}{own.attribute}").removeprefix("."),
                        first,
                        weights[first.name].turn.shape,
                        has_bias="b" in weights,
                    )
            for number, call in enumerate(item.calls):
                yield from self.started(call, _inner_path(path, own, number))

    def block(self, cls: TorchClass) -> list[str]:
        first = cls.calls[0]
        shapes = (self.shape(first.inputs[0]) if first.inputs else "", self.shape(first.outputs[0]))
        shown = f'    """Block `{cls.block}`: {" -> ".join(filter(None, shapes))}'
        where = ", where it is called first" if len(cls.calls) > 1 else ""
        where = where if len(shown) + len(where) + 4 <= WIDTH else ""
        lines = [f"class {cls.name}(nn.Module):", f'{shown}{where}."""']
        letters = ("x", "y", "z", "u", "v", "w")
        variables = dict(zip(first.inputs, letters, strict=False))
        lines += self.constructor(cls, [])
        return [*lines, *self.forward(cls, variables)]

    def main(self, cls: TorchClass, ties: Sequence[tuple[str, str]]) -> list[str]:
        variables = self.arguments()
        lines = [f"class {cls.name}(nn.Module):", *self.description(variables)]
        lines += self.constructor(cls, ties)
        lines += self.forward(cls, variables)
        return [*lines, *self.predict(variables)]

    def arguments(self) -> dict[str, str]:
        """The arguments of the network: `x`, or the names of its inputs."""
        names = [found.node for found in self.network.inputs]
        if len(names) == 1:
            return {names[0]: "x"}
        taken: set[str] = set(VARIABLE_NAMES)
        found = {}
        for name in names:
            found[name] = free_name(name.replace(".", "_"), taken)
            taken.add(found[name])
        return found

    def description(self, variables: Mapping[str, str]) -> list[str]:
        count = self.graph.parameter_count()
        lines = [] if count is None else [f"{count:,} parameters.", ""]
        for found in self.network.inputs:
            what = f", whole numbers below {found.tokens}" if found.tokens else ""
            lines.append(f"Takes {variables[found.node]}: N x {self.shape(found.node)}{what}.")
        lines += map(self.result_text, self.network.outputs)
        return ['    """' + lines[0], *(f"    {line}".rstrip() for line in lines[1:]), '    """']

    def result_text(self, output: TorchOutput) -> str:
        labels, shape = self.network.labels, self.shape(output.node)
        label = labels.get(output.node) or labels.get(output.activation or "")
        named = f"`{label}`: " if label else ""
        if output.activation is None:
            return f"Returns {named}N x {shape}."
        word = self.graph.node(output.activation).layer.word
        return f"Returns {named}N x {shape} logits; the loss includes the {word}."

    def constructor(self, cls: TorchClass, ties: Sequence[tuple[str, str]]) -> list[str]:
        """`__init__`, where there is anything to construct."""
        body: list[str] = []
        for item in cls.items:
            if item.line is None:
                continue
            body += wrapped(f"self.{item.attribute} = {item.line.text()}", 8)
            if item.node is not None and item.node.layer.frozen:
                body.append(f"        self.{item.attribute}.requires_grad_(False)")
        body += [line for key, owner in ties for line in _tie(key, owner)]
        if not body:
            return []
        parameters = ["self", *map(_parameter_text, cls.parameters)]
        head = wrapped(f"def __init__({', '.join(parameters)}):", 4)
        return ["", *head, "        super().__init__()", *body]

    def forward(self, cls: TorchClass, variables: Mapping[str, str]) -> list[str]:
        scope = cls.calls[0]
        labels = self.labels(scope, variables)
        steps = [self.step(cls, item, at) for at, item in enumerate(cls.items)]
        head = wrapped(f"def forward({', '.join(['self', *variables.values()])}):", 4)
        body = forward_lines(steps, ForwardSignature(variables, scope.outputs, labels))
        return ["", *head, *body]

    def labels(self, scope: TorchScope, variables: Mapping[str, str]) -> dict[str, str]:
        """The labels that a scope writes, as variables."""
        taken = {*VARIABLE_NAMES, *variables.values()}
        found: dict[str, str] = {}
        for item in scope.items:
            label = self.network.labels.get(item.output)
            if label is None or (item.output in scope.outputs and scope is not self.whole):
                continue
            if label.rpartition(".")[0] != scope.prefix.rstrip("."):
                continue
            found[item.output] = free_name(label.rpartition(".")[2], taken)
            taken.add(found[item.output])
        for output in self.network.outputs if scope is self.whole else ():
            label = self.network.labels.get(output.activation or "")
            if label is not None and output.node not in found:
                found[output.node] = free_name(label.rpartition(".")[2], taken)
                taken.add(found[output.node])
        return found

    def step(self, cls: TorchClass, item: ClassItem, at: int) -> ForwardStep:
        node = item.node
        own = f"self.{item.owner or item.attribute}"
        if node is None:
            template, is_atom, follows = "{self}({all})", True, False
        elif item.line is not None and node.layer.module is None:
            template, is_atom, follows = "{self}({0})", True, node.follows
        else:
            template, is_atom, follows = node.layer.expression, node.layer.is_atom, node.follows
        shapes = {self.shape(call.items[at].output) for call in cls.calls}
        return ForwardStep(
            item.item.output,
            item.item.inputs,
            template.replace("{self}", own),
            is_atom,
            follows,
            shapes.pop() if len(shapes) == 1 else "",
        )

    def shape(self, node: str) -> str:
        return shape_text(self.graph.node(node).shape)

    def predict(self, variables: Mapping[str, str]) -> list[str]:
        """A method for the outputs of the spec, where `forward` leaves an activation to a loss."""
        network = self.network
        outputs = [output.node for output in network.outputs]
        results = [network.computed(name) for name in network.results]
        if results == outputs:
            return []
        own = {output.activation: output.node for output in network.outputs if output.activation}
        called = f"self({', '.join(variables.values())})"
        names = {node: f"y{at + 1}" for at, node in enumerate(outputs)}
        names |= self.labels(self.whole, variables)
        single = len(outputs) == 1
        terms = []
        for name in results:
            value = called if single else names[own.get(name, name)]
            activation = network.activations[name].expression if name in own else "{0}"
            terms.append(activation.format(value))
        body = [] if single else [f"{', '.join(names[node] for node in outputs)} = {called}"]
        body.append(f"return {', '.join(terms)}")
        words = [self.graph.node(name).layer.word for name in results if name in own]
        what = f"with the {' and the '.join(dict.fromkeys(words))}" if words else "in its order"
        return [
            "",
            "    @torch.no_grad()",
            *wrapped(f"def predict({', '.join(['self', *variables.values()])}):", 4),
            f'        """The outputs of the spec, {what}."""',
            *(line for text in body for line in wrapped(text, 8)),
        ]

    def weights(self, scope: TorchScope, path: str) -> Iterator[TorchWeight]:
        cls = self.table.of(scope)
        for item, own in zip(scope.items, cls.items, strict=True):
            where = f"{path}{own.attribute}"
            if item.node is not None and own.line is not None:
                owner = item.node.shares or item.node.name
                for weight in item.node.layer.weights:
                    name = f"{owner}.{weight.name}"
                    yield TorchWeight(name, f"{where}.{weight.own}", weight.turn)
            for number, call in enumerate(item.calls):
                yield from self.weights(call, _inner_path(path, own, number))

    def counters(self, scope: TorchScope, path: str) -> Iterator[str]:
        """The keys of batch normalisations that count batches."""
        for weight in self.weights(scope, path):
            if weight.key.endswith(".running_mean"):
                yield f"{weight.key.removesuffix('running_mean')}num_batches_tracked"


def shape_text(shape: Shape) -> str:
    """A shape of the spec as PyTorch has it: `3 x 224 x 224`."""
    return " x ".join("?" if size is None else str(size) for size in (shape[-1], *shape[:-1]))


def _parameter_text(parameter: ClassParameter) -> str:
    if isinstance(parameter.usual, type):
        return parameter.name
    return f"{parameter.name}={constant_text(parameter.usual)}"


def _imports(body: str) -> str:
    lines = ["import math", ""] if "math." in body else []
    if "torch." in body:
        lines.append("import torch")
    if "F." in body:
        lines.append("import torch.nn.functional as F")
    return "\n".join([*lines, "from torch import nn"])


def _inner_path(path: str, item: ClassItem, number: int) -> str:
    """What the keys in a call of a block begin with."""
    repeats = item.line is not None and item.line.repeats is not None
    return f"{path}{item.attribute}.{number}." if repeats else f"{path}{item.attribute}."


def _tie(key: str, owner: str) -> list[str]:
    """The statement by which a module has a weight of another."""
    return wrapped(f"{_access('self', key)} = {_access('self', owner)}", 8)


def _access(owner: str, key: str) -> str:
    """`same.0.conv1.weight` as an expression."""
    parts = [f"[{part}]" if part.isdigit() else f".{part}" for part in key.split(".")]
    return owner + "".join(parts)
