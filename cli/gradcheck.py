"""`netc gradcheck`: every gradient against the slope that it should be."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ..compiler.shapes import shape_text
from ..grammar.problem import Problems, in_order
from .checking import request_of
from .one_spec import fail, read_one, root_of, warn
from .options import color_option, outside_option, set_option, text_option
from .output import print_text
from .screen import ColorChoice, Screen, screen_for
from .summary import counted

if TYPE_CHECKING:
    from ..runtime.analysis.gradcheck import Finding, GradcheckReport

INTERRUPTED = 130

KINK = (
    "kink: the loss is not differentiable there (a relu at 0, a max of equal values), so the\n"
    "left and right derivatives differ; the gradient lies between them, which is correct\n"
)


# A gradient that is wrong is wrong for a few samples, and each costs time and memory: thousands
# would fill the machine and show nothing more.
MOST_SAMPLES = 256


@click.command()
@click.argument("path", metavar="[SPEC]", required=False)
@text_option
@click.option(
    "--batch",
    type=click.IntRange(min=1, max=MOST_SAMPLES),
    metavar="N",
    help="Batch size. [default: that of the spec, at most 32]",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="N",
    default=0,
    show_default=True,
    help="The seed of the random numbers.",
)
@click.option(
    "--own-data", is_flag=True, help="Use samples of the spec's data, not random numbers."
)
@set_option
@outside_option
@color_option
def gradcheck(
    path: str | None,
    texts: tuple[str, ...],
    batch: int | None,
    seed: int,
    own_data: bool,
    settings: tuple[str, ...],
    allow_outside: bool,
    color: ColorChoice,
) -> int:
    """Compare the gradient of every parameter with the numerical gradient of the loss.

    SPEC is a file or `-` for standard input. The numerical gradient is computed in double precision
    by central differences, along random directions and for single numbers.
    """
    found = read_one(path, texts, request_of(settings, allow_outside=allow_outside), color)
    if found is None:
        return 1
    document, checked = found
    warn(checked.problems, color)
    from ..runtime.analysis.gradcheck_run import gradcheck as check
    from ..runtime.training.spec import Spec

    problems = Problems()
    try:
        report = check(
            Spec.of(checked),
            batch=batch,
            seed=seed,
            own_data=own_data,
            root=root_of(document.source),
            problems=problems,
            reporter=lambda event: None,
        )
    except KeyboardInterrupt:
        return INTERRUPTED
    if report is None:
        return fail(in_order(problems), color)
    print_text(report_text(report, screen_for(sys.stdout, color)))
    return 0 if report.holds else 1


def report_text(report: GradcheckReport, screen: Screen) -> str:
    """The table, and what it says as a whole."""
    head = ("parameter", "shape", "|gradient|", "|numerical|", "difference", "")
    rows = [_row(item, screen) for item in report.findings]
    wide = [max(len(row[column]) for row in (head, *rows)) for column in range(6)]
    samples = counted(report.batch, "sample")
    lines = [
        f"batch of {samples}",
        "",
        _line(head, wide),
        *(_line(row, wide, item, screen) for row, item in zip(rows, report.findings, strict=True)),
    ]
    failed = sum(item.worst.verdict == "failed" for item in report.findings)
    if any(item.worst.verdict == "kink" for item in report.findings):
        lines += ["", *KINK.splitlines()]
    total = counted(len(report.findings), "parameter")
    if not report.findings:
        verdict = "no trainable parameters, so no gradients"
    elif failed:
        verdict = screen.paint(f"{failed} of {total} FAILED", "error")
    else:
        verdict = f"{total} {screen.paint('ok', 'good')}"
    return "\n".join((*lines, "", f"loss {report.loss:.6g} on {samples}: {verdict}")) + "\n"


def _row(item: Finding, screen: Screen) -> tuple[str, ...]:
    worst = item.worst
    verdict = {"ok": "ok", "kink": "kink", "failed": "FAILED"}[worst.verdict]
    return (
        screen.clean(item.name),
        shape_text(item.shape) or "1",
        f"{abs(worst.analytic):.6g}",
        f"{abs(worst.numerical):.6g}",
        f"{worst.difference:.1e}" if worst.difference else "0",
        verdict,
    )


def _line(
    row: tuple[str, ...],
    wide: list[int],
    item: Finding | None = None,
    screen: Screen | None = None,
) -> str:
    cells = [f"{row[0]:<{wide[0]}}", f"{row[1]:<{wide[1]}}"]
    cells += [f"{row[column]:>{wide[column]}}" for column in (2, 3, 4)]
    verdict = row[5]
    if item is not None and screen is not None:
        style = {"ok": "good", "kink": "warning", "failed": "error"}[item.worst.verdict]
        verdict = screen.paint(verdict, style)
    return "  ".join((*cells, verdict)).rstrip()
