"""Reporters of installed packages: started by name, and kept from ending what they follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...compiler.language.outside import BrokenWord, choose_reporter, fault_of, find_reporters
from ...compiler.problems.outside import ReporterFailed, ReporterUnusable
from ...grammar.problem import Problem
from ...grammar.source import Source, Span
from ..events import Event, FoldStarted, Started, StopTraining

REPORTER_OPTION = "--reporter"


@dataclass(slots=True)
class GuardedReporter:
    """A reporter of a package. `StopTraining` of it stops the training, as that of any reporter;
    every other exception ends the reporter alone."""

    name: str
    package: str
    at: Span
    reporter: Callable[[Event], object]
    begun: bool = False
    """Whether there is a training that can be stopped."""
    failed: bool = False

    def __call__(self, event: Event) -> Problem | None:
        """Tells it an event; gives the problem with which it has ended."""
        if self.failed:
            return None
        self.begun = self.begun or isinstance(event, Started | FoldStarted)
        try:
            self.reporter(event)
        except Exception as error:
            if self.begun and isinstance(error, StopTraining):
                raise
            self.failed = True
            return ReporterFailed(
                at=self.at, name=self.name, package=self.package, error=fault_of(error)
            )
        return None


def open_reporter(asked: str) -> GuardedReporter | Problem:
    """The reporter that `NAME` or `NAME=TEXT` asks for, or why it cannot be used. Raises KeyError
    for a name that no package brings."""
    name, equals, text = asked.partition("=")
    at = Span(Source(REPORTER_OPTION, asked), 0, len(name))
    candidates = find_reporters()[name]
    package = candidates[0].package
    factory = choose_reporter(candidates)
    if isinstance(factory, BrokenWord):
        return ReporterUnusable(at=at, name=name, package=package, reason=factory.reason)
    try:
        reporter = factory(text) if equals else factory()
    except Exception as error:
        reason = f"starting it failed: {fault_of(error)}"
        return ReporterUnusable(at=at, name=name, package=package, reason=reason)
    if not callable(reporter):
        reason = "what it gives cannot be called"
        return ReporterUnusable(at=at, name=name, package=package, reason=reason)
    return GuardedReporter(name, package, at, reporter)
