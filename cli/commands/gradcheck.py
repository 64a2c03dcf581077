"""`netc gradcheck`: gradients compared with numerical gradients."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ...compiler.shapes import shape_text
from ...grammar.problem import Problems, in_order
from ...grammar.text import counted
from ..options import number_option, spec_argument, text_option
from ..specs.checking import Request, request_options
from ..specs.one_spec import fail, open_spec
from ..terminal.fit import fit_lines, table_lines
from ..terminal.output import print_text
from ..terminal.screen import ColorChoice, Screen, screen_for

if TYPE_CHECKING:
    from ...runtime.analysis.gradcheck import Finding, GradcheckReport

KINK = (
    "kink: the loss is not differentiable there (a relu at 0, a max of equal values), so the\n"
    "left and right derivatives differ; the gradient lies between them, which is correct\n"
)


# A gradient that is wrong is wrong for a few samples, and each costs time and memory: thousands
# would fill the machine and show nothing more.
MOST_SAMPLES = 256

# Each parameter takes a dozen steps of the whole network, so that the time of all grows with the
# square of the depth. A ResNet-50 has 161.
MOST_PARAMETERS = 200


@click.command()
@spec_argument
@text_option
@number_option("--batch", "Batch size. [default: that of the spec, at most 32]", most=MOST_SAMPLES)
@number_option(
    "--parameters",
    "Check at most N parameters, evenly spaced over the network.",
    default=MOST_PARAMETERS,
)
@number_option("--seed", "The seed of the random numbers.", least=0, default=0)
@click.option(
    "--own-data", is_flag=True, help="Use samples of the spec's data, not random numbers."
)
@request_options
def gradcheck(
    path: str | None,
    texts: tuple[str, ...],
    batch: int | None,
    parameters: int,
    seed: int,
    own_data: bool,
    request: Request,
    color: ColorChoice,
) -> int:
    """Compare the gradients of the parameters with numerical gradients of the loss.

    SPEC is a file or `-` for standard input. The numerical gradient is computed in double precision
    by central differences, along random directions and for single parameters.
    """
    found = open_spec(path, texts, request, color)
    if found is None:
        return 1
    from ...runtime.analysis.gradcheck_run import gradcheck as check
    from ...runtime.training.spec import Spec

    problems = Problems()
    report = check(
        Spec.of(found.checked),
        batch=batch,
        seed=seed,
        own_data=own_data,
        most=parameters,
        root=found.root,
        problems=problems,
        reporter=lambda event: None,
    )
    if report is None:
        return fail(in_order(problems), color)
    print_text(report_text(report, screen_for(sys.stdout, color)))
    return 0 if report.holds else 1


def report_text(report: GradcheckReport, screen: Screen) -> str:
    """The table, and what it says as a whole."""
    verdicts = [item.worst.verdict for item in report.findings]
    rows = [HEADINGS, *(_row(item, screen) for item in report.findings)]
    lines = table_lines(rows, "llrrrl", screen)
    samples = counted(report.batch, "sample")
    total = counted(len(verdicts), "parameter")
    left_out = report.parameters - len(verdicts)
    if left_out:
        total = f"{len(verdicts):,} of {counted(report.parameters, 'parameter')}"
    if not verdicts:
        verdict = "no trainable parameters, so no gradients"
    elif "failed" in verdicts:
        verdict = screen.paint(f"{verdicts.count('failed')} of {total} FAILED", "error")
    else:
        verdict = f"{total} {screen.paint('ok', 'good')}"
    notes = ["", *KINK.splitlines()] if "kink" in verdicts else []
    if left_out:
        notes += [
            "",
            f"not checked: {counted(left_out, 'parameter')}; --parameters sets how many are",
        ]
    end = f"loss {report.loss:.6g} on {samples}: {verdict}"
    text = "\n".join((f"batch of {samples}", "", *lines, *notes, "", end)) + "\n"
    return fit_lines(text, screen)


HEADINGS = ("parameter", "shape", "|gradient|", "|numerical|", "difference", "")
VERDICTS = {"ok": ("ok", "good"), "kink": ("kink", "warning"), "failed": ("FAILED", "error")}
"""How a verdict is written, and in which style."""


def _row(item: Finding, screen: Screen) -> tuple[str, ...]:
    worst = item.worst
    return (
        screen.clean(item.name),
        shape_text(item.shape) or "1",
        f"{abs(worst.analytic):.6g}",
        f"{abs(worst.numerical):.6g}",
        f"{worst.difference:.1e}" if worst.difference else "0",
        screen.paint(*VERDICTS[worst.verdict]),
    )
