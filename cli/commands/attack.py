"""`netc attack`: the accuracy of a trained classifier against the size of an attack."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...grammar.problem import Problems, in_order
from ...grammar.text import counted
from ..options import number_option, plots_option
from ..results.trained import PARTS, NamedWeights, open_trained, trained_options
from ..specs.checking import Request, request_options
from ..specs.one_spec import fail
from ..terminal.figures import LABEL
from ..terminal.fit import fit_lines, table_lines
from ..terminal.output import print_text
from ..terminal.screen import ColorChoice, Screen, screen_for
from ..training.progress import RunPrinter

if TYPE_CHECKING:
    from ...runtime.model.attacks.attack_run import AttackReport
    from ...runtime.model.attacks.options import AttackMethod, AttackNorm

EPSILONS = {
    "linf": (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3),
    "l2": (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0),
}
"""The sizes of attacks where none are said, in the range of the data."""


class Numbers(click.ParamType):  # type: ignore[type-arg]
    """Numbers of at least 0 with commas between them."""

    name = "numbers"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        try:
            numbers = tuple(float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"`{value}` is not a list of numbers, such as 0,0.1,0.2", param, ctx)
        if not all(0 <= number < float("inf") for number in numbers):
            self.fail(f"`{value}`: eps is at least 0", param, ctx)
        return tuple(sorted({0.0, *numbers}))


@click.command()
@trained_options
@click.option(
    "--method",
    type=click.Choice(["fgsm", "pgd"]),
    default="fgsm",
    show_default=True,
    help="One step along the sign of the gradient, or several from a random start.",
)
@click.option(
    "--norm",
    type=click.Choice(["linf", "l2"]),
    default="linf",
    show_default=True,
    help="What eps bounds: the change of each number, or the length of the whole change.",
)
@click.option(
    "--eps",
    "epsilons",
    type=Numbers(),
    metavar="X,...",
    help="The sizes of the attack, as fractions of the range of the data. [default: 0 to 0.3, for "
    "l2 0 to 3]",
)
@number_option("--steps", "The steps of pgd.", default=10)
@number_option("--samples", "Attack at most N samples, spread over the part.", default=1000)
@number_option("--seed", "The seed of the random starts of pgd.", least=0, default=0)
@plots_option
@request_options
def attack(
    named: NamedWeights,
    method: AttackMethod,
    norm: AttackNorm,
    epsilons: tuple[float, ...] | None,
    steps: int,
    samples: int,
    seed: int,
    plots: Path | None,
    request: Request,
    color: ColorChoice,
) -> int:
    """Measure a trained classifier on adversarial examples: samples changed slightly to make it
    wrong.

    WEIGHTS_OR_SPEC is a file written by `netc run --save`, or a spec together with --weights.
    """
    found = open_trained(named, request, color)
    if found is None:
        return 1
    spec, state, root, part = found
    from ...runtime.model.attacks.attack_run import attack_on_data
    from ...runtime.model.attacks.options import AttackOptions

    screen, problems = screen_for(sys.stdout, color), Problems()
    report = attack_on_data(
        spec,
        state,
        epsilons or EPSILONS[norm],
        AttackOptions(method, norm, steps, seed),
        root=root,
        part=part,
        most=samples,
        problems=problems,
        reporter=RunPrinter(screen),
    )
    if report is None:
        return fail(in_order(problems), color)
    print_text(attack_text(report, screen))
    if plots is None:
        return 0
    from ...runtime.model.attacks.attack_picture import attack_pictures
    from ..pictures import write_pictures

    return 0 if write_pictures(attack_pictures(report), plots) else 1


def attack_text(report: AttackReport, screen: Screen) -> str:
    """What was attacked, and a line for each eps."""
    dot = f" {screen.glyphs.dot} "
    samples = counted(len(report.truths), "sample")
    where = samples if report.part == "all" else f"{samples} of the {PARTS[report.part]} part"
    options = report.options
    how = [options.method, NORMS[options.norm]]
    if options.method == "pgd":
        how[1:1] = [counted(options.steps, "step"), f"seed {options.seed}"]
    rows = [("eps", "acc", "loss")]
    rows += [
        (f"{point.eps:g}", f"{point.accuracy:.4f}", f"{point.loss:.4f}") for point in report.points
    ]
    lines = [
        f"{'data':<{LABEL}}{screen.clean(report.data):<{LABEL - 1}} {where}",
        f"{'attack':<{LABEL}}{dot.join(how)}",
        *table_lines(rows, "rrr", screen),
        f"eps is a fraction of the range of the data, {range_text(report)}",
    ]
    return fit_lines("\n".join(lines) + "\n", screen, LABEL)


NORMS = {"linf": "eps bounds every number", "l2": "eps bounds the length of the change"}


def range_text(report: AttackReport) -> str:
    """`0 to 255`, or that every feature has its own."""
    first = report.ranges[0]
    if first.low.size > 1 or len(report.ranges) > 1:
        return "of each feature in these samples"
    return f"{float(first.low):g} to {float(first.high):g}"
