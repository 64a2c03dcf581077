"""`netc show`: a network as a table, as arithmetic, or with all options in effect."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import click

from ...compiler.draw import Direction
from ...compiler.pipeline import Checked
from ...grammar.problem import Problems, in_order
from ..completing import any_file
from ..network.show_graph import GraphOptions
from ..options import NO_OPTIONS, GradientsOptions, PlanOptions, number_option, text_option
from ..specs.checking import Request, examine, request_options
from ..specs.inputs import read_all
from ..terminal.fit import fit_lines
from ..terminal.output import print_document, print_text
from ..terminal.screen import ColorChoice, Screen, screen_for

View = Literal["table", "arithmetic", "resolved", "json", "plan"]


@click.command()
@click.argument("paths", metavar="[SPEC]...", nargs=-1, shell_complete=any_file)
@text_option
@click.option(
    "--arithmetic", "view", flag_value="arithmetic", help="Show the arithmetic of each layer."
)
@click.option(
    "--resolved", "view", flag_value="resolved", help="Show every option in effect and its origin."
)
@click.option("--json", "view", flag_value="json", help="Print the model as JSON.")
@click.option(
    "--plan",
    "view",
    flag_value="plan",
    help="Print the compiled instructions and memory of a training step.",
)
@click.option("--verify", is_flag=True, help="Verify the plan after each compiler pass.")
@number_option("--batch", "Batch size of the plan.")
@click.option(
    "--engine",
    type=click.Choice(["numpy", "native"]),
    help="The engine of --plan; `native` also shows what runs as C. [default: numpy]",
)
@click.option(
    "--gradients",
    is_flag=True,
    help="Show the values, deltas and gradients for one sample; as JSON with --json.",
)
@number_option("--sample", "The sample of --gradients in the training part. [default: 1]")
@click.option(
    "--input", "inputs", metavar="X,...", multiple=True, help="The numbers of another sample."
)
@click.option("--target", "targets", metavar="Y,...", multiple=True, help="Its target.")
@click.option(
    "--weights",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Trained weights for --gradients. [default: the initial weights]",
)
@click.option(
    "--graph",
    "picture",
    metavar="FILE",
    shell_complete=any_file,
    help="Draw the network to a file: .svg, .png, .pdf or .mmd (Mermaid).",
)
@click.option(
    "--direction",
    type=click.Choice(["down", "right"]),
    help="The direction of --graph. [default: down]",
)
@request_options
def show(
    paths: tuple[str, ...],
    texts: tuple[str, ...],
    view: View | None,
    verify: bool,
    batch: int | None,
    engine: str | None,
    gradients: bool,
    sample: int | None,
    inputs: tuple[str, ...],
    targets: tuple[str, ...],
    weights: Path | None,
    picture: str | None,
    direction: Direction | None,
    request: Request,
    color: ColorChoice,
) -> int:
    """Print a network layer by layer: shapes, parameters, multiply-adds, receptive fields.

    SPEC is a file, a folder or `-` for standard input. A spec with mistakes is shown up to the
    first mistake.
    """
    plan = PlanOptions(batch, engine, verify)
    plan.check(view)
    asked = GraphOptions(picture, direction)
    asked.check("gradients" if gradients else view)
    options = GradientsOptions(sample, inputs, targets, weights)
    if gradients:
        return _show_gradients(paths, texts, options, view, request, color)
    if options != NO_OPTIONS:
        raise click.UsageError("--sample, --input, --target and --weights need --gradients")
    screen = screen_for(sys.stdout, color)
    errors = screen_for(sys.stderr, color)
    unread = Problems()
    documents = read_all(paths, texts, unread)
    _complain(unread, len(unread), errors)
    asked.check_specs(len(documents))
    failed = bool(len(unread))
    for number, document in enumerate(documents):
        checked = examine(document, request)
        wrong = checked.has_errors
        failed = failed or wrong
        head = f"{screen.clean(document.source.name)}\n\n" if len(documents) > 1 else ""
        if picture is None:
            text = _view(checked, view or "table", screen, plan, complete=not wrong)
        else:
            text = ""
            if not wrong:
                asked.write(checked.graph, document.source.name)
        if text:
            show = print_document if view in ("json", "resolved") else print_text
            show(("\n" if number else "") + screen.paint(head, "strong") + text)
        if wrong:
            errors_of = Problems([p for p in checked.problems if p.is_error])
            print_text("\n" if text else "", sys.stderr)
            _complain(errors_of, 1, errors)
    return 1 if failed else 0


def _show_gradients(
    paths: tuple[str, ...],
    texts: tuple[str, ...],
    options: GradientsOptions,
    view: View | None,
    request: Request,
    color: ColorChoice,
) -> int:
    from ..network.show_gradients import gradients_view
    from ..specs.one_spec import open_spec

    if view not in (None, "json"):
        raise click.UsageError("--gradients can only be combined with --json")
    if len(paths) > 1:
        raise click.UsageError("--gradients takes one spec")
    if options.sample is not None and (options.inputs or options.targets):
        raise click.UsageError("the sample is either --sample or --input with --target")
    found = open_spec(paths[0] if paths else None, texts, request, color)
    if found is None:
        return 1
    screen = screen_for(sys.stdout, color)
    text = gradients_view(found, options, screen, color, as_json=view == "json")
    if text is None:
        return 1
    print_text(text)
    return 0


def _complain(problems: Problems, files: int, screen: Screen) -> None:
    if len(problems):
        from ..problems.render import complaint

        print_text(complaint(in_order(problems), files, screen), sys.stderr)


def _view(
    checked: Checked,
    view: View,
    screen: Screen,
    plan: PlanOptions,
    *,
    complete: bool,
) -> str:
    """What standard output gets: nothing where there is nothing to show."""
    if view == "json":
        from ...compiler.ir import to_json

        # A program that reads this must not take half a model for a whole one.
        return to_json(checked.model) + "\n" if complete else ""
    if view == "resolved":
        from ..network.resolved import resolved_text

        if not complete:
            return ""
        return resolved_text(checked.model, checked.spans, checked.graph, screen)
    if not checked.graph.nodes:
        return ""
    if view == "plan":
        from ..network.show_plan import plan_view

        if not complete:
            return ""
        return plan_view(checked.model, checked.graph, plan, screen)
    if view == "arithmetic":
        from ..network.arithmetic import arithmetic_text

        return arithmetic_text(checked.graph, screen)
    from ..network.table import network_table
    from ..network.totals import totals_line

    text = network_table(checked.graph, screen)
    if not complete:
        return text + f"\n  {screen.paint('up to the first error', 'warning')}\n"
    return text + fit_lines(f"\n  {totals_line(checked.graph, checked.model, screen)}\n", screen)
