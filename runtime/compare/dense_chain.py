"""Chains of dense layers, the only networks that scikit-learn and the textbook network support."""

from __future__ import annotations

from dataclasses import dataclass

from ...compiler.layers.dense import Dense
from ...compiler.losses.cross_entropy import CrossEntropy
from .case import Case, TwinError

ACTIVATIONS = ("relu", "tanh", "sigmoid")


@dataclass(frozen=True, slots=True)
class DenseChain:
    """A perceptron of several layers with a softmax and its cross-entropy at the end."""

    names: tuple[str, ...]
    """Of the dense layers, in order."""
    sizes: tuple[int, ...]
    """From the inputs to the classes."""
    activations: tuple[str, ...]
    """Of the hidden layers."""


def dense_chain(case: Case) -> DenseChain:
    """The chain that a case is. Raises TwinError with the reason when it is none."""
    if not case.trains:
        raise TwinError("it is compared in training only")
    if not isinstance(case.site().loss, CrossEntropy):
        raise TwinError("its loss is not cross-entropy")
    first, *nodes, last = case.graph.nodes
    if len(first.shape) != 1:
        raise TwinError("it is not a chain of dense layers on vectors")
    if not last.layer.sums_to_one:
        raise TwinError("it does not end with a softmax")
    names: list[str] = []
    sizes = [first.shape[0] or 0]
    activations: list[str] = []
    before, layer = first.name, "activation"
    for node in (*nodes, last):
        if node.inputs != (before,):
            raise TwinError("it is not a chain of layers")
        before = node.name
        word = node.layer.word
        if isinstance(node.layer, Dense) and layer == "activation" and node.layer.bias:
            names.append(node.name)
            sizes.append(node.shape[0] or 0)
            layer = "dense"
        elif layer == "dense" and (node is last or word in ACTIVATIONS):
            activations.append(word)
            layer = "activation"
        else:
            raise TwinError("it is not a chain of dense layers and activations")
    return DenseChain(tuple(names), tuple(sizes), tuple(activations[:-1]))
