"""From a model to ONNX: `netc export -o FILE.onnx`."""

from __future__ import annotations

from dataclasses import replace

from ....compiler.onnx.graph import OnnxGraph
from ....compiler.onnx.lower import OnnxOptions, Unwritten, lower_to_onnx
from ....compiler.problems.interchange import NotInOnnx
from ....grammar.problem import Problem, Problems
from ...data.fitted_prep import Categories
from ...model.exported_network import exported_network
from ...training.spec import Spec
from ...training.trained_state import TrainedState


def onnx_graph(
    spec: Spec, state: TrainedState, name: str, options: OnnxOptions, problems: Problems
) -> OnnxGraph | None:
    """The graph of a network with its weights; None after a problem. `name` is the graph's."""
    refusal = _refusal(spec, state, options)
    if refusal is not None:
        problems.add(refusal)
        return None
    if not options.preparation:
        # inputs are what the preparation makes of the columns
        state = replace(state, steps=(), columns=() if holds_texts(state) else state.columns)
    contents = exported_network(spec, state, name)
    graph = lower_to_onnx(spec.graph, contents, name, options)
    if isinstance(graph, Unwritten):
        index = next(i for i, node in enumerate(spec.model.nodes) if node.name == graph.node)
        problems.add(
            NotInOnnx(
                at=spec.place(f"nodes.{index}"),
                reason=graph.reason,
                advice="`netc export -o FILE.py` and `-o FILE.c` may have it",
            )
        )
        return None
    return graph


def holds_texts(state: TrainedState) -> bool:
    """Whether it was trained on columns of text, which no graph takes."""
    coded = any(isinstance(step, Categories) for own in state.steps for step in own)
    return coded or any(categories is not None for categories in state.categories)


def _refusal(spec: Spec, state: TrainedState, options: OnnxOptions) -> Problem | None:
    """Why the preparation cannot be in the graph."""
    if options.preparation and holds_texts(state):
        return NotInOnnx(
            at=spec.place("data"),
            reason="some columns hold texts, and the graph would take numbers",
            advice="leave `--preparation` out, and prepare samples with netc",
        )
    return None
