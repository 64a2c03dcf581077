"""`netc eval`: trained weights, evaluated on a part of the data."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ...grammar.problem import Problems, in_order
from ...grammar.text import counted
from ..options import engine_option, format_option, workers_option
from ..results.trained import PARTS, NamedWeights, open_trained, trained_options
from ..specs.checking import Request, request_options
from ..specs.one_spec import fail, lost_worker
from ..terminal.figures import LABEL
from ..terminal.fit import fit_lines
from ..terminal.output import print_document, print_text
from ..terminal.screen import ColorChoice, Screen, screen_for
from ..training.progress import RunPrinter
from ..training.results import confusion_text, found, measured_cells, report_text, verdict

if TYPE_CHECKING:
    from ...runtime.training.evaluation import Evaluation
    from ...runtime.training.spec import EngineChoice


@click.command("eval")
@trained_options
@workers_option
@engine_option
@format_option
@request_options
def evaluate(
    named: NamedWeights,
    workers: int | None,
    engine: EngineChoice,
    form: str,
    request: Request,
    color: ColorChoice,
) -> int:
    """Evaluate trained weights on a part of the data, and check `expect`.

    WEIGHTS_OR_SPEC is a file written by `netc run --save`, or a spec together with --weights.
    """
    found = open_trained(named, request, color)
    if found is None:
        return 1
    spec, state, root, part = found
    from ...runtime.engine.synchronization import WorkerError
    from ...runtime.training.evaluation import evaluate_on_data

    screen = screen_for(sys.stdout, color)
    problems = Problems()
    try:
        result = evaluate_on_data(
            spec,
            state,
            root=root,
            part=part,
            workers=workers,
            engine=engine,
            problems=problems,
            # what is for a program has no lines of progress in it
            reporter=RunPrinter(screen) if form == "text" else lambda event: None,
        )
    except WorkerError as error:
        return lost_worker(spec.source, error, color)
    if result is None:
        return fail(in_order(problems), color)
    if form == "json":
        from ..training.run_json import evaluation_json

        print_document(evaluation_json(result))
    else:
        print_text(evaluation_text(result, screen))
    return 0 if all(item.holds for item in result.expectations) else 1


def evaluation_text(result: Evaluation, screen: Screen) -> str:
    """What was measured on what, and whether it is as expected."""
    dot = f" {screen.glyphs.dot} "
    facts = [counted(result.samples, "sample")]
    if result.part != "all":
        facts[0] += f" of the {PARTS[result.part]} part"
    if result.note:
        facts.append(result.note)
    cells = measured_cells(result.tested)
    lines = [
        f"{'data':<{LABEL}}{screen.clean(result.data):<{LABEL - 1}} {dot.join(facts)}",
        f"{'model':<{LABEL}}{counted(result.parameters, 'parameter')}",
        f"{result.part:<{LABEL}}{'  '.join(cells)}",
    ]
    lines += [
        f"{'expect':<{LABEL}}{verdict(item, screen)}  ({found(item)})"
        for item in result.expectations
    ]
    if result.tested.confusion is not None:
        lines.append(confusion_text(result.tested.confusion, result.tested.class_names, screen))
    lines += filter(None, (report_text(result.tested, screen),))
    return fit_lines("\n".join(lines) + "\n", screen, LABEL)
