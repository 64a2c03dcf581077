"""What `netc inspect` finds, as text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...compiler.shapes import shape_text
from ...grammar.text import counted
from ...runtime.analysis.inspection.figures import ActivationFigures, ParameterFigures
from ...runtime.analysis.inspection.looking import Findings, InputFindings
from ...runtime.analysis.inspection.opening import Inspection
from ...runtime.analysis.inspection.pictures import mistakes_table
from ..terminal.figures import LABEL, number
from ..terminal.fit import fit_lines, table_lines
from ..terminal.screen import Screen
from ..training.results import confusion_text
from .trained import PARTS

MOST_MISTAKES = 10
MOST_STRONGEST = 8
MOST_UNITS = 20
MOST_FEATURES = 12


def findings_text(
    inspection: Inspection, findings: Findings, aspects: frozenset[str], screen: Screen
) -> str:
    """Everything that was asked for, as far as it is numbers."""
    blocks = [_head(inspection, findings, screen)]
    if "layers" in aspects:
        blocks.append(_parameters(findings, screen))
        blocks.append(_activations(findings.report.activations, screen))
        blocks += _notes(findings, screen)
    if "units" in aspects and findings.report.responses is not None:
        blocks.append(_units(inspection, findings, screen))
    for item in findings.inputs:
        if item.saliency:
            blocks.append(_saliency(inspection.at_input(item.name), item, findings, screen))
        if item.occlusion:
            blocks.append(_occlusion(inspection, item, findings, screen))
    outcomes = findings.report.outcomes
    if "confusion" in aspects and outcomes.confusion is not None:
        rows = tuple(tuple(map(int, row)) for row in outcomes.confusion)
        blocks.append(confusion_text(rows, outcomes.names, screen))
    if "mistakes" in aspects:
        blocks.append(_mistakes(inspection, findings, screen))
    if findings.missing:
        blocks.append(_missing(findings))
    return fit_lines("\n\n".join(blocks) + "\n", screen, LABEL)


def _head(inspection: Inspection, findings: Findings, screen: Screen) -> str:
    part, outcomes = inspection.loaded.part, findings.report.outcomes
    seen, total = len(inspection.encoded), inspection.total
    facts = f"{seen:,} of the {total:,} samples" if seen < total else counted(total, "sample")
    if part != "all":
        facts += f" of the {PARTS[part]} part"
    if seen < total:
        facts += ", evenly spaced"
    cells = [f"loss {number(float(outcomes.losses.mean()))}"]
    if outcomes.confusion is not None:
        right, every = int(np.trace(outcomes.confusion)), int(outcomes.confusion.sum())
        cells.insert(0, f"acc {number(right / max(every, 1))}")
    parameters = counted(inspection.graph.parameter_count() or 0, "parameter")
    return "\n".join(
        (
            f"{'data':<{LABEL}}{screen.clean(inspection.loaded.dataset.name)}  {facts}",
            f"{'model':<{LABEL}}{parameters}",
            f"{part:<{LABEL}}{'  '.join(cells)}",
        )
    )


def _figures(item: ParameterFigures | ActivationFigures) -> tuple[str, ...]:
    return tuple(f"{value:.3g}" for value in (item.mean, item.deviation, item.least, item.most))


def _parameters(findings: Findings, screen: Screen) -> str:
    gradients = {item.name: item for item in findings.gradients}
    head = ("parameter", "shape", "mean", "deviation", "min", "max", "gradient rms")
    rows: list[tuple[str, ...]] = [head]
    for item in findings.report.parameters:
        size = np.hypot(gradients[item.name].mean, gradients[item.name].deviation)
        rows.append(
            (screen.clean(item.name), shape_text(item.shape), *_figures(item), f"{size:.2e}")
        )
    return "\n".join(table_lines(rows, "llrrrrr", screen))


def _activations(items: Sequence[ActivationFigures], screen: Screen) -> str:
    saturates = any(item.saturated is not None for item in items)
    dies = any(item.dead is not None for item in items)
    head = ["output", "layer", "shape", "mean", "deviation", "min", "max", "zeros"]
    rows = [[*head, *["saturated"] * saturates, *["dead units"] * dies]]
    for item in items:
        row = [screen.clean(item.name), screen.clean(item.heading), shape_text(item.shape)]
        row += [*_figures(item), f"{item.zeros:.1%}"]
        if saturates:
            row.append("" if item.saturated is None else f"{item.saturated:.1%}")
        if dies:
            row.append("" if item.dead is None else f"{item.dead:,} of {item.units:,}")
        rows.append(row)
    return "\n".join(table_lines(rows, "lll" + "r" * (len(rows[0]) - 3), screen))


def _notes(findings: Findings, screen: Screen) -> list[str]:
    """What the table says in so many words: units that are equal."""
    lines = [
        f"{screen.clean(item.name)}: {item.shape[-1] - item.distinct:,} of its "
        f"{item.shape[-1]:,} units have the weights of another"
        for item in findings.report.parameters
        if item.distinct is not None and item.distinct < item.shape[-1]
    ]
    return ["\n".join(lines)] if lines else []


def _units(inspection: Inspection, findings: Findings, screen: Screen) -> str:
    responses = findings.report.responses
    assert responses is not None
    layer = responses.layer
    before = "" if layer.responding is layer.last else f", before {layer.last.layer.word}"
    rows = [("unit", "largest", "samples that it responds to most")]
    units = findings.units[:MOST_UNITS]
    for unit in units:
        strongest = responses.strongest(unit, MOST_STRONGEST)
        places = (str(inspection.places[index]) for index in strongest)
        samples = " ".join(places) if responses.responds(unit) else "none: all equal"
        rows.append((str(unit + 1), f"{responses.values[strongest[0], unit]:.3g}", samples))
    more = len(findings.units) - len(units)
    title = f"units of {screen.clean(layer.name)} ({screen.clean(layer.heading)}){before}"
    lines = [title, *table_lines(rows, "rrl", screen)]
    if more:
        lines.append(f"and {more:,} more: --unit shows one")
    return "\n".join(lines)


def _of(inspection: Inspection, item: InputFindings, screen: Screen) -> str:
    """Which input, of several."""
    return f" by `{screen.clean(item.name)}`" if len(inspection.encoded.inputs) > 1 else ""


def _saliency(
    inspection: Inspection, found: InputFindings, findings: Findings, screen: Screen
) -> str:
    """Of pictures the pixel with the largest gradient, of vectors the gradient of each feature."""
    columns = inspection.columns
    first = found.saliency[0].gradient
    vector = first.ndim == 1 and len(first) <= MOST_FEATURES
    rows: list[list[str]] = []
    for index, item in zip(findings.explained, found.saliency, strict=True):
        row = [str(inspection.places[index]), screen.clean(item.score.name)]
        if vector:
            row += [f"{value:.3g}" for value in item.gradient]
        else:
            flat = int(np.abs(item.gradient).argmax())
            place = [int(at) + 1 for at in np.unravel_index(flat, item.gradient.shape)]
            row += [f"{item.gradient.ravel()[flat]:.3g}", shape_text(place)]
        rows.append(row)
    if vector:
        names = columns if len(columns) == len(first) else range(1, len(first) + 1)
        head = [screen.clean(f"{name}") for name in names]
    else:
        head = ["largest", "at"]
    rows.insert(0, ["sample", "score of", *head])
    lines = table_lines(rows, "rl" + "r" * len(head), screen, keys=2)
    last = found.saliency[0].score.before(inspection.graph)
    before = f", before the {last}" if last else ""
    title = f"gradient of the score{_of(inspection, found, screen)}{before}"
    return "\n".join([title, *lines])


def _occlusion(
    inspection: Inspection, found: InputFindings, findings: Findings, screen: Screen
) -> str:
    size = found.occlusion[0].size
    rows = [("sample", "score of", "whole", "lowest", "with the patch at")]
    for index, item in zip(findings.explained, found.occlusion, strict=True):
        row, column = item.lowest()
        rows.append(
            (
                str(inspection.places[index]),
                screen.clean(item.score.name),
                number(item.whole),
                number(float(item.covered.min())),
                f"row {row + 1}, column {column + 1}",
            )
        )
    of = f" in `{screen.clean(found.name)}`" if len(inspection.encoded.inputs) > 1 else ""
    return "\n".join(
        [f"occlusion by a patch of {size}x{size}{of}", *table_lines(rows, "rlrrl", screen, keys=2)]
    )


def _mistakes(inspection: Inspection, findings: Findings, screen: Screen) -> str:
    table = mistakes_table(inspection, findings.report.outcomes, MOST_MISTAKES)
    columns = [
        [number(item) if isinstance(item, float) else screen.clean(str(item)) for item in column]
        for column in table.values()
    ]
    rows = [list(table), *map(list, zip(*columns, strict=True))]
    return "\n".join(["the highest losses", *table_lines(rows, "r" * len(table), screen)])


def _missing(findings: Findings) -> str:
    said = (f"{name} ({reason})" for name, reason in findings.missing.items())
    return f"{'without':<{LABEL}}{', '.join(said)}"
