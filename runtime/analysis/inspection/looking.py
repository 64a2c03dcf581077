"""`netc inspect`: what is wanted, and what is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ....compiler.graph import differentiable_inputs
from ....compiler.shapes import shape_text
from .figures import ParameterFigures
from .gradients import gradient_figures
from .layers import ShownLayer, shown_layers
from .maps import (
    FeatureMaps,
    Filters,
    Picture3,
    feature_maps,
    first_filters,
    has_maps,
    picture_shape,
)
from .occlusion import OcclusionMap, occlude, usual_patch
from .opening import Inspection
from .outcomes import classified_output
from .reconstructions import Reconstructions, reconstructions
from .report import InspectionReport, inspect_network
from .saliency import OptimalInput, SaliencyMap, differentiator, optimal_inputs, saliency
from .scores import Score, score_of_class, score_of_output

ASPECTS = (
    "layers", "filters", "maps", "units", "optimum", "saliency", "occlusion", "confusion",
    "mistakes", "reconstructions",
)  # fmt: skip
"""What there is to see, in the order in which it is shown."""

MOST_EXPLAINED = 4
"""Samples whose answers are explained where none are named."""
MOST_OPTIMA = 16
"""Units for which an input is sought where none is named."""
MOST_STEPS = 24
"""Places of a patch along an axis, about: it moves by more than one pixel in large pictures."""


@dataclass(frozen=True, slots=True)
class InspectionRequest:
    """What a reader asks for."""

    aspects: frozenset[str]
    input: str | None = None
    """The input that is looked at; None: every one."""
    samples: tuple[int, ...] = ()
    """Places of samples in the part, from 1; none: those that show most."""
    category: int | None = None
    """The class whose score is explained; None: the predicted one."""
    layer: ShownLayer | None = None
    """The layer whose units are looked at."""
    unit: int | None = None
    """One of its units, from 0; None: all."""
    seed: int = 0
    """Of the noise."""
    names_layer: bool = False
    """Whether the layer was named."""


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """Inputs that units of a layer respond to strongly."""

    layer: ShownLayer
    names: tuple[str, ...]
    """Of the units: classes, or `unit 3`."""
    inputs: tuple[OptimalInput, ...]


@dataclass(frozen=True, slots=True, eq=False)
class InputFindings:
    """What was found about one input."""

    name: str
    filters: Filters | None = None
    saliency: tuple[SaliencyMap, ...] = ()
    """Of each sample whose answer is explained."""
    occlusion: tuple[OcclusionMap, ...] = ()
    """Of each of these."""
    optimum: Optimum | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """What was found."""

    report: InspectionReport
    inputs: tuple[InputFindings, ...]
    """Those that are looked at."""
    gradients: tuple[ParameterFigures, ...] = ()
    maps: tuple[FeatureMaps, ...] = ()
    explained: tuple[int, ...] = ()
    """The indices of the samples whose answers are explained."""
    units: tuple[int, ...] = ()
    """Those that are looked at."""
    rebuilt: Reconstructions | None = None
    """Of an autoencoder."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Why something that was asked for is not there."""


def look(inspection: Inspection, wanted: InspectionRequest) -> Findings:
    """Computes what is wanted, as far as it applies to the network and its data."""
    report = inspect_network(inspection, wanted.layer)
    missing = _missing(inspection, report, wanted)
    names = tuple(inspection.encoded.inputs) if wanted.input is None else (wanted.input,)
    explained = _explained(inspection, report, wanted)
    scores: list[Score] = []
    if wanted.aspects & {"saliency", "occlusion"}:
        scores = [score_for(inspection, report, wanted, index) for index in explained]
    inputs = []
    for name in names:
        reasons = _missing_of(inspection.at_input(name), wanted)
        shown = wanted.aspects - set(missing) - set(reasons)
        inputs.append(_look_at(inspection.at_input(name), wanted, shown, explained, scores))
        of = f" of {name}" if len(names) > 1 else ""
        missing |= {f"{aspect}{of}": reason for aspect, reason in reasons.items()}
    shown = wanted.aspects - set(missing)
    rebuilt = reconstructions(inspection) if "reconstructions" in shown else None
    if rebuilt is None and "reconstructions" in shown and len(wanted.aspects) < len(ASPECTS):
        missing["reconstructions"] = "no loss compares an output with a picture that is an input"
    return Findings(
        report,
        tuple(inputs),
        gradient_figures(inspection) if "layers" in shown else (),
        feature_maps(inspection, explained[0]) if "maps" in shown else (),
        explained,
        _units(report, wanted),
        rebuilt,
        dict(sorted(missing.items(), key=lambda item: ASPECTS.index(item[0].partition(" ")[0]))),
    )


def _look_at(
    inspection: Inspection,
    wanted: InspectionRequest,
    shown: frozenset[str],
    explained: Sequence[int],
    scores: Sequence[Score],
) -> InputFindings:
    """What is found about one input."""
    name = inspection.input
    picture = picture_shape(inspection, name)
    saliency_maps: tuple[SaliencyMap, ...] = ()
    occlusion: tuple[OcclusionMap, ...] = ()
    if "saliency" in shown:
        of = differentiator(inspection, scores[0].logits)
        shape = picture or inspection.session.objective.inputs[name]
        saliency_maps = tuple(
            saliency(of, index, score, shape, seed=wanted.seed)
            for index, score in zip(explained, scores, strict=True)
        )
    if "occlusion" in shown and picture is not None:
        step = max(1, max(picture[:2]) // MOST_STEPS)
        occlusion = tuple(
            occlude(inspection, index, score, picture, usual_patch(picture), step)
            for index, score in zip(explained, scores, strict=True)
        )
    return InputFindings(
        name,
        first_filters(inspection) if "filters" in shown else None,
        saliency_maps,
        occlusion,
        _optimum(inspection, wanted, picture) if "optimum" in shown and picture else None,
    )


def _missing(
    inspection: Inspection, report: InspectionReport, wanted: InspectionRequest
) -> dict[str, str]:
    """Why some of what is wanted does not apply to the network."""
    graph, reasons = inspection.graph, dict[str, str]()
    if not any(has_maps(layer) for layer in shown_layers(graph)):
        reasons["maps"] = "no layer has rows and columns"
    if wanted.layer is None:
        reasons["units"] = "there is no hidden layer with weights"
    if len(graph.node(score_of_output(inspection, 0).node).shape) > 1:
        reasons["saliency"] = reasons["occlusion"] = "there is a prediction for every position"
    if report.outcomes.confusion is None:
        reasons["confusion"] = "the targets are not single classes"
    return {name: reason for name, reason in reasons.items() if name in wanted.aspects}


def _missing_of(inspection: Inspection, wanted: InspectionRequest) -> dict[str, str]:
    """Why some of what is wanted does not apply to an input."""
    graph, name, reasons = inspection.graph, inspection.input, dict[str, str]()
    if first_filters(inspection) is None:
        reasons["filters"] = "no layer with weights reads it"
    if picture_shape(inspection, name) is None:
        shape = shape_text(graph.node(name).shape)
        reasons["optimum"] = reasons["occlusion"] = f"samples of {shape} are not pictures"
    if name not in differentiable_inputs(graph):
        reasons["saliency"] = reasons["optimum"] = "tokens have no gradient"
    return {aspect: reason for aspect, reason in reasons.items() if aspect in wanted.aspects}


def _units(report: InspectionReport, wanted: InspectionRequest) -> tuple[int, ...]:
    """The one that is named, or all."""
    if report.responses is None:
        return ()
    return tuple(range(report.responses.layer.units)) if wanted.unit is None else (wanted.unit,)


def _explained(
    inspection: Inspection, report: InspectionReport, wanted: InspectionRequest
) -> tuple[int, ...]:
    """The samples that are named; else the first of some classes, of the wanted one if any."""
    if wanted.samples:
        return tuple(inspection.index_of(place) for place in wanted.samples)
    true = report.outcomes.true
    if true is None:
        return tuple(range(min(MOST_EXPLAINED, len(inspection.encoded))))
    if wanted.category is not None:
        found = np.flatnonzero(true == wanted.category)[:MOST_EXPLAINED]
    else:
        _, found = np.unique(true, return_index=True)
        found = np.sort(found)[:MOST_EXPLAINED]
    return tuple(map(int, found)) or (0,)


def score_for(
    inspection: Inspection, report: InspectionReport, wanted: InspectionRequest, index: int
) -> Score:
    """The score that is explained for a sample."""
    predicted = report.outcomes.predicted
    category = wanted.category
    if category is None and predicted is not None:
        category = int(predicted[index])
    score = None if category is None else score_of_class(inspection, category)
    return score or score_of_output(inspection, 0)


def _optimum(
    inspection: Inspection, wanted: InspectionRequest, picture: Picture3
) -> Optimum | None:
    """Of the units of the layer that is named, else of the classes."""
    layers = shown_layers(inspection.graph)
    layer = wanted.layer if wanted.names_layer or wanted.unit is not None else layers[-1]
    if layer is None:
        return None
    units = tuple(range(min(layer.units, MOST_OPTIMA)))
    if wanted.unit is not None:
        units = (wanted.unit,)
    node = layer.rising.name
    reading = classified_output(inspection)
    names: tuple[str, ...] = tuple(f"unit {unit + 1}" for unit in units)
    if reading is not None and reading.output == layer.last.name and layer.units > 1:
        units = units if wanted.category is None else (wanted.category,)
        names = tuple(reading.names[unit] for unit in units)
    return Optimum(layer, names, optimal_inputs(inspection, node, units, picture, seed=wanted.seed))
