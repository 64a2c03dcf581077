"""What `netc inspect` finds, as JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ...runtime.analysis.inspection.figures import ActivationFigures, ParameterFigures
from ...runtime.analysis.inspection.looking import Findings, InputFindings
from ...runtime.analysis.inspection.opening import Inspection
from ...runtime.analysis.inspection.pictures import mistakes_table
from ...runtime.analysis.inspection.reconstructions import Reconstructions
from ...runtime.analysis.inspection.units import Responses

MOST_MISTAKES = 100
MOST_STRONGEST = 8


def findings_json(inspection: Inspection, findings: Findings, aspects: frozenset[str]) -> str:
    """Everything that was asked for. The numbers of a picture are lists of its rows, its columns
    and its channels; samples and units are counted from 1."""
    outcomes, report = findings.report.outcomes, findings.report
    found: dict[str, Any] = {
        "data": inspection.loaded.dataset.name,
        "part": inspection.loaded.part,
        "samples": len(inspection.encoded),
        "samples_of_part": inspection.total,
        "parameters": inspection.graph.parameter_count(),
        "loss": float(outcomes.losses.mean()),
    }
    counts = outcomes.confusion
    if counts is not None:
        found["acc"] = int(np.trace(counts)) / max(int(counts.sum()), 1)
    if "layers" in aspects:
        found["layers"] = _layers(findings)
    if "units" in aspects and report.responses is not None:
        found["units"] = _units(inspection, findings, report.responses)
    found["inputs"] = [_input(inspection, findings, item) for item in findings.inputs]
    if "maps" in aspects and findings.maps:
        found["maps"] = {
            "sample": int(inspection.places[findings.explained[0]]),
            "layers": {item.layer.name: item.maps.tolist() for item in findings.maps},
        }
    if "confusion" in aspects and counts is not None:
        found["confusion"] = {"classes": list(outcomes.names), "counts": counts.tolist()}
    if "mistakes" in aspects:
        table = mistakes_table(inspection, outcomes, MOST_MISTAKES)
        rows = zip(*table.values(), strict=True)
        found["mistakes"] = [dict(zip(table, row, strict=True)) for row in rows]
    if findings.rebuilt is not None:
        found["reconstructions"] = _reconstructions(inspection, findings.rebuilt)
    found["without"] = dict(findings.missing)
    return json.dumps(_finite(found), allow_nan=False) + "\n"


def _layers(findings: Findings) -> dict[str, Any]:
    gradients = {item.name: item for item in findings.gradients}
    return {
        "parameters": [
            _figures(item)
            | {"units": item.shape[-1], "distinct_units": item.distinct}
            | {"gradient": _figures(gradients[item.name])}
            for item in findings.report.parameters
        ],
        "outputs": [_output(item) for item in findings.report.activations],
    }


def _units(inspection: Inspection, findings: Findings, responses: Responses) -> dict[str, Any]:
    strongest = {
        unit: responses.strongest(unit, MOST_STRONGEST if responses.responds(unit) else 0)
        for unit in findings.units
    }
    return {
        "layer": responses.layer.name,
        "strongest": [
            {
                "unit": unit + 1,
                "samples": inspection.places[samples].tolist(),
                "outputs": responses.values[samples, unit].tolist(),
            }
            for unit, samples in strongest.items()
        ],
    }


def _reconstructions(inspection: Inspection, rebuilt: Reconstructions) -> list[dict[str, Any]]:
    return [
        {
            "sample": int(inspection.places[index]),
            "input": rebuilt.samples[number].tolist(),
            "output": rebuilt.outputs[number].tolist(),
        }
        for number, index in enumerate(rebuilt.indices)
    ]


def _figures(item: ParameterFigures | ActivationFigures) -> dict[str, Any]:
    return {
        "name": item.name,
        "shape": list(item.shape),
        "mean": item.mean,
        "deviation": item.deviation,
        "min": item.least,
        "max": item.most,
    }


def _output(item: ActivationFigures) -> dict[str, Any]:
    return _figures(item) | {
        "layer": item.heading,
        "zeros": item.zeros,
        "saturated": item.saturated,
        "dead_units": item.dead,
        "units": item.units,
    }


def _input(inspection: Inspection, findings: Findings, item: InputFindings) -> dict[str, Any]:
    found: dict[str, Any] = {"name": item.name}
    if item.filters is not None:
        filters = item.filters
        found["filters"] = {"parameter": filters.parameter, "units": filters.weights.tolist()}
    if item.saliency:
        found["saliency"] = [
            {
                "sample": int(inspection.places[index]),
                "score_of": one.score.name,
                "gradient": one.gradient.tolist(),
                "smoothgrad": one.smooth.tolist(),
            }
            for index, one in zip(findings.explained, item.saliency, strict=True)
        ]
    if item.occlusion:
        found["occlusion"] = [
            {
                "sample": int(inspection.places[index]),
                "score_of": one.score.name,
                "patch": one.size,
                "whole": one.whole,
                "rows": [top + 1 for top in one.tops],
                "columns": [left + 1 for left in one.lefts],
                "covered": one.covered.tolist(),
            }
            for index, one in zip(findings.explained, item.occlusion, strict=True)
        ]
    if item.optimum is not None:
        found["optimum"] = {
            "layer": item.optimum.layer.name,
            "units": [
                {"unit": name, "output": one.response, "input": one.pixels.tolist()}
                for name, one in zip(item.optimum.names, item.optimum.inputs, strict=True)
            ],
        }
    return found


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: null."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
