"""Free sizes: a `?` in an input takes what the data has there."""

from __future__ import annotations

from dataclasses import replace

from ....compiler.check.contracts import check_contracts
from ....compiler.infer import infer
from ....compiler.language.frozen import change
from ....grammar.problem import Problems
from ...data.dataset import Dataset
from ..objectives.objectives import input_shapes
from ..spec import Spec


def bind_sizes(spec: Spec, dataset: Dataset, problems: Problems) -> Spec | None:
    """The spec with every size known; None after a problem.

    What could not be decided while a size was free is inferred and held to the contracts now.
    """
    free = {node.name for node in spec.graph.nodes if not node.inputs and None in node.shape}
    if not free:
        return spec
    shapes = input_shapes(spec, dataset, problems)
    if shapes is None:
        return None
    nodes = tuple(
        change(node, layer=change(node.layer, shape=shapes[node.name]))
        if node.name in free
        else node
        for node in spec.model.nodes
    )
    bound = change(spec.model, nodes=nodes)
    before = len(problems)
    inference = infer(bound, spec.spans, problems)
    if len(problems) == before:
        check_contracts(bound, inference.graph, spec.spans, problems)
    return None if len(problems) > before else replace(spec, model=bound, graph=inference.graph)
