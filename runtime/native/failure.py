"""Why an engine cannot be used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ...grammar.problem import Problem
from ...grammar.source import Span
from ..storage.files import place_of

NOWHERE = place_of(Path("<native engine>"))
"""The place of a problem that no line of a spec has caused."""


class EngineError(RuntimeError):
    """An engine is not installed, or cannot compute a network: why, as a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message())
        self.problem = problem

    def at(self, place: Span) -> Problem:
        """The problem, reported at a place of a spec."""
        return replace(self.problem, at=place)


class NativeError(EngineError):
    """No compiler, or one that fails."""
