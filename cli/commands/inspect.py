"""`netc inspect`: a look inside a trained network."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...grammar.problem import Problems, in_order
from ..completing import any_file
from ..options import (
    color_option,
    data_option,
    format_option,
    number_option,
    part_option,
    plots_option,
)
from ..results.trained import PARTS, open_saved
from ..specs.one_spec import fail
from ..terminal.output import print_document, print_text
from ..terminal.screen import ColorChoice, screen_for
from ..training.progress import RunPrinter

if TYPE_CHECKING:
    from ...runtime.analysis.inspection.layers import ShownLayer
    from ...runtime.analysis.inspection.looking import InspectionRequest
    from ...runtime.analysis.inspection.opening import Inspection
    from ...runtime.training.evaluation import LoadedPart, PartName

ASPECTS = (
    "layers", "filters", "maps", "units", "optimum", "saliency", "occlusion", "confusion",
    "mistakes", "reconstructions",
)  # fmt: skip


class Aspects(click.ParamType):  # type: ignore[type-arg]
    """Some of `ASPECTS`, with commas between them."""

    name = "aspects"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> frozenset[str]:
        names = [name.strip() for name in value.split(",")]
        for name in names:
            if name not in ASPECTS:
                self.fail(f"`{name}` is not one of {', '.join(ASPECTS)}", param, ctx)
        return frozenset(names)


@click.command("inspect")
@click.argument("weights", metavar="WEIGHTS", shell_complete=any_file)
@data_option
@part_option
@click.option(
    "--only",
    "aspects",
    type=Aspects(),
    metavar="NAMES",
    help=f"Show only some of: {', '.join(ASPECTS)} (with commas).",
)
@click.option(
    "--sample",
    "chosen",
    type=click.IntRange(1),
    metavar="N",
    multiple=True,
    help="Explain sample N of the part; may be repeated. [default: the first of some classes]",
)
@click.option(
    "--input",
    "name",
    metavar="NAME",
    help="With several inputs, show the filters, gradients and images of this one only.",
)
@click.option("--class", "category", metavar="NAME", help="Explain the score of this class.")
@click.option("--layer", metavar="NAME", help="Look at the units of this layer.")
@number_option("--unit", "Look at unit (or channel) N of the layer alone.")
@number_option("--seed", "The seed of the noise.", least=0, default=0)
@number_option("--samples", "Pass at most N samples through the network.", default=2000)
@plots_option
@format_option
@color_option
def inspect(  # long because each option is a parameter
    weights: str,
    data: str | None,
    part: PartName | None,
    aspects: frozenset[str] | None,
    chosen: tuple[int, ...],
    name: str | None,
    category: str | None,
    layer: str | None,
    unit: int | None,
    seed: int,
    samples: int,
    plots: Path | None,
    form: str,
    color: ColorChoice,
) -> int:
    """Look inside a trained network: weights and outputs by layer, filters, what units respond to,
    what predictions depend on, and mistakes.

    WEIGHTS is a file written by `netc run --save`. Its spec names the data.
    """
    found = open_saved(Path(weights), data, part, color)
    if found is None:
        return 1
    spec, state, root, part = found
    from ...runtime.analysis.inspection.looking import look
    from ...runtime.analysis.inspection.opening import open_inspection
    from ...runtime.training.evaluation import load_part
    from ...runtime.training.prerequisites import report_missing_prerequisites

    screen = screen_for(sys.stdout, color)
    problems = Problems()
    report_missing_prerequisites(spec, problems, purpose="evaluate")
    loaded = inspection = None
    if not problems.has_errors():
        loaded = load_part(
            spec,
            state,
            root=root,
            part=part,
            problems=problems,
            # what is for a program has no lines of progress in it
            reporter=RunPrinter(screen) if form == "text" else lambda event: None,
        )
    if loaded is not None:
        _check_places(chosen, loaded)
        inspection = open_inspection(spec, loaded, most=samples, places=chosen, problems=problems)
    if inspection is None:
        return fail(in_order(problems), color)
    wanted = _wanted(inspection, aspects, category, layer, unit)
    wanted = replace(wanted, samples=chosen, seed=seed, input=_named_input(inspection, name))
    findings = look(inspection, wanted)
    if form == "json":
        from ..results.inspect_json import findings_json

        print_document(findings_json(inspection, findings, wanted.aspects))
    else:
        from ..results.inspect_text import findings_text

        print_text(findings_text(inspection, findings, wanted.aspects, screen))
    if plots is None:
        return 0
    from ...runtime.analysis.inspection.pictures import pictures_of
    from ..pictures import write_pictures

    pictures = pictures_of(inspection, findings, wanted)
    return 0 if write_pictures(pictures, plots, tells=form == "text") else 1


def _check_places(chosen: Sequence[int], loaded: LoadedPart) -> None:
    total = len(loaded.samples)
    for place in chosen:
        if place > total:
            part = f"the {PARTS[loaded.part]} part" if loaded.part in PARTS else "the data"
            raise click.UsageError(f"--sample {place}: {part} has {total:,} samples")


def _wanted(
    inspection: Inspection,
    aspects: frozenset[str] | None,
    category: str | None,
    layer: str | None,
    unit: int | None,
) -> InspectionRequest:
    """What is asked for, where the network has it. Raises UsageError."""
    from ...runtime.analysis.inspection.layers import shown_layers
    from ...runtime.analysis.inspection.looking import InspectionRequest
    from ...runtime.analysis.inspection.report import usual_layer

    shown = usual_layer(shown_layers(inspection.graph))
    if layer is not None:
        shown = _named_layer(inspection, layer)
    if unit is not None and (shown is None or unit > shown.units):
        has = "no hidden layer" if shown is None else f"`{shown.name}` has {shown.units} units"
        raise click.UsageError(f"--unit {unit}: {has}")
    index = None if category is None else _named_class(inspection, category)
    return InspectionRequest(
        aspects or frozenset(ASPECTS),
        category=index,
        layer=shown,
        unit=None if unit is None else unit - 1,
        names_layer=layer is not None,
    )


def _named_input(inspection: Inspection, name: str | None) -> str | None:
    names = tuple(inspection.encoded.inputs)
    if name is not None and name not in names:
        raise click.UsageError(f"--input: no input `{name}`; there are {', '.join(names)}")
    return name


def _named_layer(inspection: Inspection, name: str) -> ShownLayer:
    from ...compiler.suggest.spelling import closest
    from ...runtime.analysis.inspection.layers import find_layer, shown_layers

    layers = shown_layers(inspection.graph)
    found = find_layer(layers, inspection.graph, name)
    if found is None:
        names = [layer.name for layer in layers]
        near = closest(name, names)
        advice = f"did you mean `{near}`?" if near else f"there are {', '.join(names)}"
        raise click.UsageError(f"--layer: no layer `{name}`; {advice}")
    return found


def _named_class(inspection: Inspection, name: str) -> int:
    from ...runtime.analysis.inspection.outcomes import classified_output

    reading = classified_output(inspection)
    if reading is None:
        raise click.UsageError("--class: the targets are not single classes")
    if name not in reading.names:
        raise click.UsageError(f"--class: no class `{name}`; there are {', '.join(reading.names)}")
    return reading.names.index(name)
