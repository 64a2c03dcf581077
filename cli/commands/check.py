"""`netc check`: all mistakes in specs, and repairs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NamedTuple

import click

from ...grammar.problem import Problem, Problems, in_order
from ..completing import any_file
from ..options import number_option, text_option
from ..problems.summary import MOST, first_problems, hidden_line, summary
from ..specs.checking import Request, examine_all, request_options
from ..specs.inputs import read_all
from ..terminal.fit import fit_lines
from ..terminal.output import print_text
from ..terminal.screen import ColorChoice, Screen, screen_for

FORMATS = ("full", "concise", "json", "github", "sarif")


@click.command()
@click.argument("paths", nargs=-1, shell_complete=any_file)
@text_option
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="full",
    show_default=True,
    help="`full` shows the source, `concise` is one line per problem, `json` and `sarif` are for "
    "programs, `github` annotates a pull request.",
)
@number_option(
    "--max-errors",
    f"Show at most N errors and N warnings; 0 shows all. [default: {MOST} in `full` and `concise`]",
    least=0,
)
@click.option("--deny-warnings", is_flag=True, help="Exit with status 1 for warnings too.")
@click.option("--fix", is_flag=True, help="Apply the safe fixes, such as spelling.")
@click.option("--unsafe-fixes", is_flag=True, help="Also apply fixes that change the network.")
@click.option("--diff", is_flag=True, help="Show the fixes as a diff; write nothing.")
@request_options
def check(
    paths: tuple[str, ...],
    texts: tuple[str, ...],
    form: str,
    max_errors: int | None,
    deny_warnings: bool,
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
    request: Request,
    color: ColorChoice,
) -> int:
    """Find mistakes in specs, and fix some of them.

    PATHS are files, folders (all `.net` files in and below them) or `-` for standard input.
    """
    unread = Problems()
    documents = read_all(paths, texts, unread)
    files = len(documents) + len(unread)
    problems, notes = examine_all(documents, request)
    stream, closing, pending = sys.stdout, "", False
    if fix or unsafe_fixes or diff:
        from ..specs.repair import deliver, repair_all

        repair = repair_all(documents, problems, request, unsafe=unsafe_fixes)
        problems = repair.problems
        closing = repair.line(written=not diff)
        pending = diff and bool(repair.changed)
        # Standard output belongs to the texts that are written there.
        if deliver(repair, diff=diff):
            stream = sys.stderr
    problems = (*in_order(unread), *problems)
    report = Report(problems, files, _most(form, max_errors), closing, notes)
    print_text(report.written(form, screen_for(stream, color)), stream)
    failed = any(problem.is_error for problem in problems) or (deny_warnings and problems)
    return 1 if failed or pending else 0


def _most(form: str, wanted: int | None) -> int:
    """How many errors, and how many warnings, are shown; 0 means all."""
    if wanted is not None:
        return wanted
    return MOST if form in ("full", "concise") else 0


class Report(NamedTuple):
    """What a run of `netc check` says."""

    problems: tuple[Problem, ...]
    files: int
    most: int
    closing: str
    """What was repaired, as a last line."""
    notes: tuple[str, ...] = ()
    """What is good to know, beside the problems."""

    def written(self, form: str, screen: Screen) -> str:
        """The problems in one of `FORMATS`."""
        shown, hidden = first_problems(self.problems, self.most)
        if form == "full":
            if not shown:
                return self.foot(hidden, screen)
            from ..problems.render import render_all

            return render_all(shown, screen) + self.foot(hidden, screen)
        from ..problems import machine

        if form == "concise":
            return machine.concise(shown, screen) + self.foot(hidden, screen)
        if form == "json":
            return machine.json_text(shown, self.files)
        if form == "github":
            return machine.github(shown)
        from ..problems.sarif import sarif_text

        return sarif_text(shown)

    def foot(self, hidden: Sequence[Problem], screen: Screen) -> str:
        """The lines below the problems."""
        lines = [hidden_line(hidden, "--max-errors 0", screen)]
        lines += [fit_lines(f"{note}\n", screen) for note in self.notes]
        lines.append(summary(self.problems, self.files, screen) + "\n")
        fixable = sum(any(fix.safe for fix in problem.fixes()) for problem in self.problems)
        if self.closing:
            lines.append(self.closing + "\n")
        elif fixable:
            lines.append(f"`netc check --fix` fixes {fixable} of them\n")
        return "".join(lines)
