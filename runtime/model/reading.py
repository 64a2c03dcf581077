"""How the outputs of a network are read: as labels, probabilities or numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ...compiler.graph import Graph
from ...compiler.ir import Model as Ir
from ...compiler.losses.loss import Loss, Target
from ..array_types import Array
from ..training.metrics.class_metrics import predicted_classes
from ..training.trained_state import TrainedState
from .sampled import SampledPrediction


@dataclass(frozen=True, slots=True)
class PredictionRule:
    """How the outputs of a loss are read."""

    output: str
    """The node."""
    threshold: float
    is_probability: bool
    name: str = ""
    """The label of the output, where the losses have several."""
    target: int | None = 0
    """Which target of the data it was trained on; None of an autoencoder, which is compared with a
    part of the network."""

    def classes(self, state: TrainedState) -> Array | None:
        """The labels that it tells apart; None where it gives numbers."""
        return None if self.target is None or not state.classes else state.classes[self.target]

    def has_several(self, state: TrainedState) -> bool:
        """Whether a sample has several labels of 0 and 1."""
        return self.target is not None and state.several[self.target : self.target + 1] == (True,)


def prediction_rule(ir: Ir, graph: Graph) -> PredictionRule:
    """From the first loss that learns a target of the data, else from the first; without losses the
    first output, read as probabilities."""
    if not ir.losses:
        output = graph.outputs[0]
        return PredictionRule(output, 0.5, _gives_probabilities(graph, output))
    learns = (loss for loss in ir.losses if loss.target is None)
    return _rule_of(next(learns, ir.losses[0]), graph)


def prediction_rules(ir: Ir, graph: Graph, state: TrainedState) -> tuple[PredictionRule, ...]:
    """Those of every target; of a target that several losses learn, the first."""
    targets: dict[str, Loss] = {}
    for loss in ir.losses:
        if loss.target is None:
            targets.setdefault(loss.on or "y", loss)
    if len(targets) < 2 or len(targets) != len(state.classes):
        return (prediction_rule(ir, graph),)
    return tuple(
        replace(_rule_of(loss, graph), name=name, target=index)
        for index, (name, loss) in enumerate(targets.items())
    )


def _rule_of(loss: Loss, graph: Graph) -> PredictionRule:
    output = graph.labels[loss.on] if loss.on is not None else graph.outputs[0]
    margins = Target.SIGN in loss.targets
    target = 0 if loss.target is None else None
    probability = _gives_probabilities(graph, output)
    return PredictionRule(output, 0.0 if margins else 0.5, probability, target=target)


def _gives_probabilities(graph: Graph, output: str) -> bool:
    """Whether the last thing computed is a softmax or a sigmoid."""
    nodes = graph.by_name()
    node = nodes[output]
    while node.layer.is_view:
        node = nodes[node.inputs[0]]
    return node.layer.probabilities


def labels_of(output: Array, classes: Array, threshold: float) -> Array:
    """The class of every sample, or of every position of a sequence."""
    if output.ndim <= 2:
        return np.asarray(classes[predicted_classes(output.reshape(len(output), -1), threshold)])
    return np.asarray(classes[output.argmax(axis=-1)])


def probabilities_of(output: Array) -> Array:
    """One column a class: a single unit tells two classes, 1 - p and p."""
    if output.shape[1:] == (1,):
        return np.concatenate([1 - output, output], axis=1)
    return output


def flat_values(output: Array) -> Array:
    """Measured numbers: (N,) for a single one."""
    return output[:, 0] if output.shape[1:] == (1,) else output


def sampled_numbers(
    found: Mapping[str, SampledPrediction], ir: Ir, graph: Graph, state: TrainedState
) -> SampledPrediction | str:
    """What `predict` gives of sampled outputs, or why it gives nothing."""
    rule = prediction_rule(ir, graph)
    if rule.classes(state) is not None or rule.has_several(state):
        return "classes have no mean"
    output = found[rule.output]
    mean, deviation = (flat_values(array) for array in (output.mean, output.deviation))
    return SampledPrediction(mean, deviation, output.samples)


def sampled_probabilities(
    found: Mapping[str, SampledPrediction], ir: Ir, graph: Graph, state: TrainedState
) -> SampledPrediction | str:
    """Mean and deviation of the probabilities among the outputs, or why there are none."""
    means = {node: output.mean for node, output in found.items()}
    mean = probability_outputs(means, ir, graph, state)
    if isinstance(mean, str):
        return mean
    output = found[prediction_rule(ir, graph).output]
    # a single unit gives 1 - p and p, which vary alike
    deviation = np.broadcast_to(output.deviation, mean.shape).copy()
    return SampledPrediction(mean, deviation, output.samples)


def answers_of(found: Mapping[str, Array], ir: Ir, graph: Graph, state: TrainedState) -> Array:
    """What `predict` gives of the outputs."""
    rule = prediction_rule(ir, graph)
    output, classes = found[rule.output], rule.classes(state)
    if rule.has_several(state):
        return (output > rule.threshold).astype(int)
    if classes is None:
        return flat_values(output)
    return labels_of(output, classes, rule.threshold)


def probability_outputs(
    found: Mapping[str, Array], ir: Ir, graph: Graph, state: TrainedState
) -> Array | str:
    """The probabilities among the outputs, or why there are none."""
    rule = prediction_rule(ir, graph)
    if rule.has_several(state):
        return found[rule.output]
    if rule.target is None:
        return "the target is a part of the network"
    if rule.classes(state) is None:
        return "the targets were numbers"
    if not rule.is_probability:
        word = graph.node(rule.output).layer.word
        return f"the network ends in `{word}`, not in a softmax or a sigmoid"
    return probabilities_of(found[rule.output])
