"""All figures that one pass over the samples gives."""

from __future__ import annotations

from dataclasses import dataclass

from .figures import ActivationFigures, ActivationGatherer, ParameterFigures, parameter_figures
from .layers import ShownLayer, shown_layers
from .opening import Inspection
from .outcomes import OutcomeGatherer, Outcomes
from .units import ResponseGatherer, Responses


@dataclass(frozen=True, slots=True, eq=False)
class InspectionReport:
    """What a trained network looks like on some samples."""

    parameters: tuple[ParameterFigures, ...]
    activations: tuple[ActivationFigures, ...]
    outcomes: Outcomes
    responses: Responses | None
    """Of the layer whose units are looked at."""


def inspect_network(inspection: Inspection, units_of: ShownLayer | None) -> InspectionReport:
    """Passes all samples through the network once."""
    layers = shown_layers(inspection.graph)
    activations = [ActivationGatherer(layer, len(inspection.encoded)) for layer in layers]
    outcomes = OutcomeGatherer(inspection)
    responses = None if units_of is None else ResponseGatherer(units_of)
    for rows, outputs in inspection.batches():
        for item in activations:
            item.add(rows, outputs)
        outcomes.add(rows, outputs)
        if responses is not None:
            responses.add(rows, outputs)
    weights = inspection.loaded.state.weights
    parameters = [
        (f"{node.name}.{parameter.name}", parameter)
        for node in inspection.graph.nodes
        for parameter in node.parameters
    ]
    return InspectionReport(
        tuple(
            parameter_figures(name, weights[name])
            for name, parameter in parameters
            if parameter.trained
        ),
        tuple(item.figures() for item in activations),
        outcomes.outcomes(),
        None if responses is None else responses.responses(),
    )


def usual_layer(layers: tuple[ShownLayer, ...]) -> ShownLayer | None:
    """The layer whose units say most: the last one with positions and weights, else the last
    hidden one."""
    weighted = [layer for layer in layers if layer.nodes[0].parameters]
    placed = [layer for layer in weighted if len(layer.last.shape) > 1 and _positions(layer) > 1]
    return placed[-1] if placed else weighted[-2] if len(weighted) > 1 else None


def _positions(layer: ShownLayer) -> int:
    count = 1
    for size in layer.last.shape[:-1]:
        count *= size or 1
    return count
