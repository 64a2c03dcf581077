"""The number of a network that a picture explains: the score of a class, or an output."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....compiler.graph import Graph
from ....compiler.lower.network import loss_sites
from ...array_types import Array, Doubles
from .opening import Inspection
from .outcomes import classified_output


@dataclass(frozen=True, slots=True)
class Score:
    """One number per sample. Where one output tells two classes, the score of class 0 is what is
    left: 1 - y of a probability, -y of a logit."""

    node: str
    """The output, such as a softmax."""
    logits: str
    """What flows into the softmax or sigmoid at its end; the output itself without one."""
    unit: int
    name: str
    """Of the class, or of the output."""
    flipped: bool = False
    """Whether it is what is left."""

    def before(self, graph: Graph) -> str:
        """The word of the last activation that gradients are taken before; empty without one."""
        return "" if self.logits == self.node else graph.node(self.node).layer.word

    def of(self, output: Array) -> Doubles:
        """The score of each sample, (N,), from the output (N, ...)."""
        values = output.reshape(len(output), -1)[:, self.unit].astype(np.float64)
        if not self.flipped:
            return values
        return 1 - values if self.node != self.logits else -values


def score_of_class(inspection: Inspection, index: int) -> Score | None:
    """The score of a class; None where the network does not tell one class per sample."""
    reading = classified_output(inspection)
    if reading is None or len(inspection.graph.node(reading.output).shape) != 1:
        return None
    name = reading.names[index]
    logits = _before_probabilities(inspection, reading.output)
    single = inspection.graph.node(reading.output).shape == (1,)
    return Score(
        reading.output, logits, 0 if single else index, name, flipped=single and index == 0
    )


def score_of_output(inspection: Inspection, unit: int) -> Score:
    """One number of what the first loss is on."""
    node = loss_sites(inspection.spec.model, inspection.graph)[0].output
    names = inspection.loaded.state.target_columns
    name = names[unit] if unit < len(names) else f"output {unit + 1}"
    return Score(node, _before_probabilities(inspection, node), unit, name)


def _before_probabilities(inspection: Inspection, name: str) -> str:
    node = inspection.graph.node(name)
    while node.layer.is_view and node.inputs:
        node = inspection.graph.node(node.inputs[0])
    return node.inputs[0] if node.layer.probabilities else name
