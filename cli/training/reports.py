"""The report of a run that is kept: `report.html` in its folder."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...grammar.problem import Problem, Problems
from ...runtime.training.spec import Spec
from ..terminal.figures import LABEL
from ..terminal.output import print_text
from .kept_run import KeptRun

if TYPE_CHECKING:
    from ...runtime.events import CrossValidationReport, Event, Reporter, RunReport
    from ...runtime.report.data import ReportData
    from ...runtime.training.session import Session

REPORTS_NEED = "reports need"
"""How the message about a missing jinja2 begins."""


@dataclass(slots=True)
class RunReports:
    """Looks at a network when it is trained, and writes the report when the run has ended."""

    told: list[Problem] = field(default_factory=list)
    data: ReportData | None = None
    is_left_out: bool = False

    def watch(self, reporter: Reporter) -> Reporter:
        """What is to be told the events of the run: warnings are part of the report."""
        from ...runtime.events import Warned

        def tell(event: Event) -> None:
            if isinstance(event, Warned):
                self.told.append(event.problem)
            reporter(event)

        return tell

    def look(
        self, kept: KeptRun, session: Session, report: RunReport | None, problems: Problems
    ) -> None:
        """Looks at the trained network, while it is there."""
        if kept.keeper is None or report is None:
            return
        if not report.epochs and report.diverged is None:
            return
        from ...runtime.report.collecting.collect import collect
        from ...runtime.report.data import RunFacts

        errors = [problem for problem in problems if problem.is_error]
        facts = RunFacts(kept.keeper.record.name)
        try:
            self.data = collect(session, report, facts, [*self.told, *errors])
        except KeyboardInterrupt:
            # the training is done: only its report is left out
            self.is_left_out = True

    def look_at_folds(
        self, kept: KeptRun, spec: Spec, report: CrossValidationReport | None
    ) -> None:
        """The same of a cross-validation, which keeps no network."""
        if kept.keeper is None or report is None:
            return
        from ...runtime.report.collecting.collect import collect_folds
        from ...runtime.report.data import RunFacts

        self.data = collect_folds(spec, report, RunFacts(kept.keeper.record.name), self.told)

    def write(self, kept: KeptRun) -> bool:
        """Writes the report of a run that has ended, and says where it is; False after it was said
        why it cannot be written."""
        keeper = kept.keeper
        if keeper is not None and self.is_left_out:
            print_text(
                f"report left out: `netc report {keeper.folder.path}` makes it\n", sys.stderr
            )
        if keeper is None or self.data is None:
            return True
        from ...runtime.report.of_run import facts_of, write_report

        sources = [file.source for file in kept.opened.checked.files[1:]]
        data = replace(self.data, facts=facts_of(keeper.record, sources))
        folder = keeper.folder.path
        try:
            page = write_report(folder, data)
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            said = f"error: the report cannot be written to `{folder}`: {reason}\n"
            print_text(said, sys.stderr)
            return False
        if isinstance(page, Path):
            print_text(f"{'report':<{LABEL}}{page}\n")
        else:
            said = page.text(REPORTS_NEED)
            print_text(f"{said}; then `netc report {folder}` makes it\n", sys.stderr)
        return True
