"""Networks of netc as another tool's file would have them: flat, without labels and blocks."""

from __future__ import annotations

from netc.compiler.graph import Graph
from netc.compiler.importing.network import ImportedInput, ImportedNetwork, ImportedStep
from netc.compiler.importing.writing import WrittenSpec
from netc.compiler.language.frozen import change
from netc.compiler.layers.layer import Learning
from netc.compiler.layers.source import Expect


def flat_network(graph: Graph) -> ImportedNetwork:
    """All layers of a graph but contracts, without names."""
    inputs, steps = [], []
    real: dict[str, str] = {}
    for node in graph.nodes:
        sources = tuple(real.get(name, name) for name in node.inputs)
        if isinstance(node.layer, Expect):
            real[node.name] = sources[0]
        elif not sources:
            inputs.append(ImportedInput(node.name, node.shape))
        else:
            layer = change(node.layer, name=None)
            layer = change(layer, share=None) if isinstance(layer, Learning) else layer
            steps.append(ImportedStep(node.name, layer, sources, node.shares))
    outputs = tuple(real.get(name, name) for name in graph.outputs)
    return ImportedNetwork(tuple(inputs), tuple(steps), outputs)


def assert_same(graph: Graph, written: WrittenSpec) -> None:
    """That a spec is of the network that it was written of."""
    assert not written.checked.has_errors, [p.message() for p in written.checked.problems]
    found = written.checked.graph
    for name, own in written.nodes.items():
        node = found.node(own)
        if name in graph.by_name():
            assert node.shape == graph.node(name).shape
            assert len(node.parameters) == len(graph.node(name).parameters)
    assert found.parameter_count() == graph.parameter_count()
    assert set(written.outputs) == set(found.outputs)
    assert len(written.outputs) == len(graph.outputs)
