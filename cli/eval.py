"""`netc eval`: trained weights, evaluated on a part of the data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..compiler.language.builtin import BUILTIN
from ..grammar.problem import Problems, in_order
from ..grammar.text import counted
from .checking import Request, request_options
from .figures import LABEL
from .one_spec import Opened, fail, lost_worker, open_spec, other_data
from .options import data_option, text_option, workers_option
from .output import print_text
from .progress import RunPrinter
from .results import confusion_text, found, measured_cells, report_text, verdict
from .screen import ColorChoice, Screen, screen_for

if TYPE_CHECKING:
    from ..runtime.training.evaluation import Evaluation, PartName
    from ..runtime.training.spec import Spec
    from ..runtime.training.trained_state import TrainedState


@click.command("eval")
@click.argument("path", metavar="[WEIGHTS_OR_SPEC]", required=False)
@text_option
@click.option("--weights", metavar="FILE", help="The trained weights, for a spec.")
@data_option
@click.option(
    "--part",
    type=click.Choice(["train", "val", "test", "all"]),
    help="The part of the data. [default: test, or all for --data without a test part]",
)
@workers_option
@request_options
def evaluate(
    path: str | None,
    texts: tuple[str, ...],
    weights: str | None,
    data: str | None,
    part: PartName | None,
    workers: int | None,
    request: Request,
    color: ColorChoice,
) -> int:
    """Evaluate trained weights on a part of the data, and check `expect`.

    WEIGHTS_OR_SPEC is a file written by `netc run --save`, or a spec together with --weights.
    """
    found = open_trained(path, texts, weights, data, request, color)
    if found is None:
        return 1
    spec, state, root = found
    from ..runtime.engine.synchronization import WorkerError
    from ..runtime.training.evaluation import evaluate_on_data

    chosen = part or usual_part(spec, other=data is not None)
    screen = screen_for(sys.stdout, color)
    problems = Problems()
    try:
        result = evaluate_on_data(
            spec,
            state,
            root=root,
            part=chosen,
            workers=workers,
            problems=problems,
            reporter=RunPrinter(screen),
        )
    except WorkerError as error:
        return lost_worker(spec.source, error, color)
    if result is None:
        return fail(in_order(problems), color)
    print_text(evaluation_text(result, screen))
    return 0 if all(item.holds for item in result.expectations) else 1


def open_trained(
    path: str | None,
    texts: tuple[str, ...],
    weights: str | None,
    data: str | None,
    request: Request,
    color: ColorChoice,
) -> tuple[Spec, TrainedState, Path] | None:
    """The spec that a command line names with its trained weights, and the folder that its paths
    are relative to; None after a problem was shown."""
    if weights is not None:
        return _open_with_weights(open_spec(path, texts, request, color, data), weights, color)
    if path is None or path == "-" or path.endswith(".net"):
        raise click.UsageError("a spec needs trained weights: use --weights")
    if texts or request.overrides:
        raise click.UsageError("the spec is in the weights file: -e and --set are not allowed")
    return open_saved(Path(path), data, color)


def _open_with_weights(
    opened: Opened | None, weights: str, color: ColorChoice
) -> tuple[Spec, TrainedState, Path] | None:
    """The spec, its trained weights, and the folder that its paths are relative to; None after
    a problem was shown."""
    from ..runtime.model.load import load_weights_for
    from ..runtime.training.spec import Spec

    if opened is None:
        return None
    spec = Spec.of(opened.checked)
    problems = Problems()
    state = load_weights_for(spec, Path(weights), BUILTIN, problems)
    if state is None:
        fail(in_order(problems), color)
        return None
    return spec, state, opened.root


def open_saved(
    path: Path, data: str | None, color: ColorChoice
) -> tuple[Spec, TrainedState, Path] | None:
    """The same from a file that holds both."""
    from ..runtime.model.load import load_trained

    problems = Problems()
    model = load_trained(path, BUILTIN, problems)
    if model is None:
        fail(in_order(problems), color)
        return None
    spec = model.as_spec()
    if data is not None:
        ir, wrong = other_data(spec.model, spec.graph, spec.spans, data, trained=True)
        if wrong:
            fail(wrong, color)
            return None
        spec = spec.with_model(ir)
    return spec, model.trained_state(), path.parent


def usual_part(spec: Spec, *, other: bool) -> PartName:
    """The test part; of another set that has none of its own, everything."""
    data = spec.model.data
    if not other or data is None or data.split is not None:
        return "test"
    return "test" if data.facts().test is not None else "all"


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
    return "\n".join(lines) + "\n"


PARTS = {"train": "training", "val": "validation", "test": "test"}
