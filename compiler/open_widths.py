"""Widths that the data decide: of `input ?` the number of features, of `dense ?` what the targets
need. Both are the shapes of weights, so a trained network has them for good."""

from __future__ import annotations

from .ir import Model
from .language.frozen import change
from .layers.source import Input


def open_inputs(model: Model) -> tuple[str, ...]:
    """The inputs of a free number of features. One that `embed` reads has a free length instead,
    which every sample may choose."""
    nodes = {node.name: node for node in model.nodes}
    tokens: set[str] = set()
    for node in model.nodes:
        if node.layer.token_count() is not None:
            source = nodes[node.inputs[0]]
            while source.layer.is_view and source.inputs:
                source = nodes[source.inputs[0]]
            tokens.add(source.name)
    return tuple(
        node.name
        for node in model.nodes
        if isinstance(node.layer, Input) and node.layer.shape == (None,) and node.name not in tokens
    )


def open_outputs(model: Model) -> dict[str, int]:
    """The nodes whose number of outputs a loss decides, each with the index of that loss.

    The loss reads what they give, perhaps through activations, normalisation and noise. Where
    several do, the first one decides.
    """
    nodes = {node.name: node for node in model.nodes}
    read = {name for node in model.nodes for name in node.inputs}
    ends = [node.name for node in model.nodes if node.name not in read]
    found: dict[str, int] = {}
    for index, loss in enumerate(model.losses):
        if loss.on is None and len(ends) != 1:
            continue
        name = model.labels.get(loss.on) if loss.on is not None else ends[0]
        while name is not None:
            node = nodes[name]
            if node.layer.takes_units():
                found.setdefault(name, index)
            through = node.layer.keeps_shape or node.layer.passes_through
            name = node.inputs[0] if through and node.inputs else None
    return found


def has_open_widths(model: Model) -> bool:
    """Whether the shapes of some weights are left to the data."""
    return bool(open_inputs(model) or open_outputs(model))


def with_widths(model: Model, bound: Model) -> Model:
    """A model with the widths of another of the same nodes, in which they are known."""
    if not has_open_widths(model):
        return model
    names = {*open_inputs(model), *open_outputs(model)}
    found = {node.name: node.layer for node in bound.nodes}
    nodes = tuple(
        change(node, layer=found[node.name])
        if node.name in names and type(found.get(node.name)) is type(node.layer)
        else node
        for node in model.nodes
    )
    return change(model, nodes=nodes)
