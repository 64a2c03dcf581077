"""`netc run --overfit` and `--find-lr`: what to do with a new network before it is trained."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...compiler.optimizers.exact import Exact
from ...grammar.problem import Problems, in_order
from ...runtime.training.spec import RunOptions, Spec
from ..specs.one_spec import DIVERGED, Opened, fail
from ..terminal.figures import LABEL, number
from ..terminal.fit import print_fitted
from ..terminal.screen import ColorChoice
from .keeping import stoppable

if TYPE_CHECKING:
    from ...runtime.analysis.overfit import OverfitReport
    from ...runtime.analysis.rate_test import RateTest
    from .progress import RunPrinter


def learn_batch(
    opened: Opened,
    batch: int | str | None,
    options: RunOptions,
    plots: Path | None,
    printer: RunPrinter,
    color: ColorChoice,
) -> int:
    """`--overfit`: 0 if one batch was learned."""
    from ...runtime.analysis.overfit import overfit, overfit_picture
    from ..pictures import write_pictures

    _require_steps(opened, "--overfit")
    problems = Problems()
    stopped = partial(_stopped, "stopped before the batch was learned", printer)
    with stoppable(printer, opened.document.source, color, stopped):
        report = overfit(
            Spec.of(opened.checked),
            options,
            batch if isinstance(batch, int) else None,
            root=opened.root,
            problems=problems,
            reporter=printer,
        )
    if report is None:
        return fail(in_order(problems), color)
    print_fitted(_overfit_text(report, printer))
    if plots is not None and not write_pictures(
        (overfit_picture(report, f"{opened.title}: one batch of {report.samples}"),), plots
    ):
        return 1
    return 0 if report.attempt.learned else 1


def _overfit_text(report: OverfitReport, printer: RunPrinter) -> str:
    attempt, dot = report.attempt, f" {printer.screen.glyphs.dot} "
    data = printer.screen.clean(report.data)
    parts = [f"a batch of {report.samples} of {report.training:,} training samples"]
    if report.off:
        parts.append(f"without {', '.join(report.off)}")
    lines = [f"{'data':<{LABEL}}{data:<{LABEL - 1}} {dot.join(parts)}"]
    first, last = number(float(attempt.losses[0])), number(float(attempt.losses[-1]))
    course = f"loss {first} to {last} in {attempt.steps:,} steps"
    if attempt.right is not None:
        course += f", {attempt.right:,} of {report.labels:,} right"
    verdict = "memorised" if attempt.learned else "not learned"
    lines.append(f"{'overfit':<{LABEL}}{verdict}: {course}")
    if not attempt.learned:
        wanted = f"a loss below {number(report.goal)}"
        wanted += "" if attempt.right is None else ", all right"
        lines.append(f"{'wanted':<{LABEL}}{wanted}")
    lines += [f"{'found':<{LABEL}}{finding}" for finding in report.findings]
    if not attempt.learned and not report.findings:
        lines.append(f"{'found':<{LABEL}}nothing that explains it")
    return "".join(f"{line}\n" for line in lines)


def find_learning_rate(
    opened: Opened,
    options: RunOptions,
    plots: Path | None,
    printer: RunPrinter,
    color: ColorChoice,
) -> int:
    """`--find-lr`: a range test, and the rate that it suggests."""
    from ...runtime.analysis.rate_test import find_rate, rate_picture
    from ...runtime.training.session import prepare_run
    from ..pictures import write_pictures

    _require_steps(opened, "--find-lr")
    problems, session = Problems(), None
    stopped = partial(_stopped, "stopped before the end of the test", printer)
    with stoppable(printer, opened.document.source, color, stopped):
        try:
            spec = Spec.of(opened.checked)
            session = prepare_run(
                spec, options, root=opened.root, problems=problems, reporter=printer
            )
            test = None if session is None else find_rate(session, printer)
        finally:
            if session is not None:
                session.engine.close()
    if test is None:
        return fail(in_order(problems), color)
    print_fitted(_rate_text(test, opened))
    if plots is not None and not write_pictures((rate_picture(test, opened.title),), plots):
        return 1
    return 0 if test.falls else DIVERGED


def _rate_text(test: RateTest, opened: Opened) -> str:
    steps = f"{len(test.rates)} steps from {test.rates[0]:.2g} to {test.rates[-1]:.2g}"
    steps += f"; {test.ended}" if test.ended else ""
    lines = [f"{'test':<{LABEL}}{steps}"]
    if not test.falls:
        lines.append(f"{'rate':<{LABEL}}the loss did not fall: no rate trains this network")
        return "".join(f"{line}\n" for line in lines)
    lines.append(
        f"{'loss':<{LABEL}}falls fastest at {test.steepest:.2g}, is lowest at {test.lowest:.2g}"
    )
    optimizer, place = opened.checked.model.optimizer, opened.checked.spans.get("optimizer.lr")
    assert optimizer is not None
    written = "" if place is None else place.text.rpartition("=")[2]
    rate = f"{test.suggested:.1g}"
    how = (
        f"--set {written[1:]}={rate}"
        if written.startswith("$")
        else f"opt {optimizer.word} lr={rate}"
    )
    lines.append(f"{'try':<{LABEL}}{how}")
    return "".join(f"{line}\n" for line in lines)


def _stopped(text: str, printer: RunPrinter) -> None:
    printer.finish()
    print_fitted(f"{text}\n")


def _require_steps(opened: Opened, option: str) -> None:
    if isinstance(opened.checked.model.optimizer, Exact):
        raise click.UsageError(f"{option} needs steps, and `opt exact` takes none")
