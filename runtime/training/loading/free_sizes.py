"""Free sizes: a `?` in an input takes what the data has there, one in `dense ?` what the targets
need.

Positions stay free in a trained network, which takes images of any size. Widths do not: they are
the shapes of weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ....compiler.check.contracts import check_contracts
from ....compiler.infer import infer
from ....compiler.ir import Model, Node
from ....compiler.language.frozen import change
from ....compiler.losses.loss import Loss
from ....compiler.open_widths import open_inputs, open_outputs
from ....compiler.shapes import Shape, elements
from ....grammar.problem import Problems
from ...data.dataset import Dataset
from ..objectives.objectives import input_shapes, target_index
from ..objectives.target_encoding import units_of
from ..spec import Spec


def bind_sizes(spec: Spec, dataset: Dataset, problems: Problems) -> Spec | None:
    """The spec with every size known; None after a problem.

    What could not be decided while a size was free is inferred and held to the contracts now.
    """
    wide = bind_widths(spec, dataset, problems)
    if wide is None:
        return None
    free = {node.name for node in wide.graph.nodes if not node.inputs and None in node.shape}
    return _bind_inputs(wide, free, dataset, problems) if free else wide


def bind_widths(spec: Spec, dataset: Dataset, problems: Problems) -> Spec | None:
    """The spec with the widths of `input ?` and `dense ?` known; None after a problem."""
    inputs = set(open_inputs(spec.model))
    bound: Spec | None = spec
    if inputs:
        bound = _bind_inputs(spec, inputs, dataset, problems)
    units = open_outputs(spec.model)
    if not units or bound is None:
        return bound
    found = {name: _units(bound, dataset, index) for name, index in units.items()}
    return with_sizes(bound, {}, found, problems)


def bind_to_arrays(spec: Spec, dataset: Dataset, problems: Problems) -> Spec | None:
    """The spec with the widths that arrays in place of its `data` give; None after a problem. It
    has no `data` then where that has other numbers of features or classes."""
    bound = bind_widths(spec.with_model(change(spec.model, data=None)), dataset, problems)
    if bound is None:
        return None
    return inferred(bound, change(bound.model, data=spec.model.data), Problems()) or bound


def with_sizes(
    spec: Spec, inputs: Mapping[str, Shape], units: Mapping[str, int], problems: Problems
) -> Spec | None:
    """The spec with these shapes of inputs and numbers of outputs; None after a problem."""

    def sized(node: Node) -> Node:
        if node.name in inputs:
            return change(node, layer=change(node.layer, shape=inputs[node.name]))
        if node.name in units:
            return change(node, layer=node.layer.with_units(units[node.name]))
        return node

    return inferred(spec, change(spec.model, nodes=tuple(map(sized, spec.model.nodes))), problems)


def inferred(spec: Spec, bound: Model, problems: Problems) -> Spec | None:
    """The spec with a model in which sizes are known; None after a problem."""
    before = len(problems)
    inference = infer(bound, spec.spans, problems)
    if len(problems) == before:
        check_contracts(bound, inference.graph, spec.spans, problems)
    return None if len(problems) > before else replace(spec, model=bound, graph=inference.graph)


def _bind_inputs(spec: Spec, names: set[str], dataset: Dataset, problems: Problems) -> Spec | None:
    shapes = input_shapes(spec, dataset, problems)
    if shapes is None:
        return None
    return with_sizes(spec, {name: shapes[name] for name in names}, {}, problems)


def _units(spec: Spec, dataset: Dataset, index: int) -> int:
    """How many outputs a loss needs for what it compares them with."""
    loss: Loss = spec.model.losses[index]
    if loss.target is not None:
        shape = spec.graph.node(spec.graph.labels[loss.target]).shape
        return elements(shape) or 1
    target = target_index(loss, dataset)
    return units_of(loss, dataset.train.targets[target], dataset.classes_of(target))
