"""Free sizes: a `?` in an input takes what the data has there."""

from __future__ import annotations

from ...compiler.check.contracts import check_contracts
from ...compiler.graph import Graph
from ...compiler.infer import infer
from ...compiler.ir import Model
from ...compiler.language.frozen import change
from ...compiler.spans import Spans
from ...grammar.problem import Problems
from ..data.dataset import Dataset
from ..training.objectives import input_shapes


def bind_sizes(
    model: Model, graph: Graph, dataset: Dataset, spans: Spans, problems: Problems
) -> tuple[Model, Graph] | None:
    """The model and its graph with every size known; None after a problem.

    What could not be decided while a size was free is inferred and held to the contracts now.
    """
    free = {node.name for node in graph.nodes if not node.inputs and None in node.shape}
    if not free:
        return model, graph
    shapes = input_shapes(model, graph, dataset, spans, problems)
    if shapes is None:
        return None
    nodes = tuple(
        change(node, layer=change(node.layer, shape=shapes[node.name]))
        if node.name in free
        else node
        for node in model.nodes
    )
    bound = change(model, nodes=nodes)
    before = len(problems)
    inference = infer(bound, spans, problems)
    if len(problems) == before:
        check_contracts(bound, inference.graph, spans, problems)
    return None if len(problems) > before else (bound, inference.graph)
