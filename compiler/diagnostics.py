"""Problems as plain data, for programs, and the exceptions that carry them across the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ..grammar.problem import Problem, Problems, in_order
from ..grammar.source import Span


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text between two places (lines and columns from 1) by another."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A way out that a program can apply. `safe` is False when it changes the model."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem with a spec. Lines and columns count from 1, columns in characters."""

    code: str
    severity: Literal["error", "warning"]
    message: str
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    label: str
    help: tuple[str, ...]
    fixes: tuple[Fix, ...]
    calls: tuple[tuple[str, int, int], ...]
    """Where the blocks around it were called, innermost first: file, line, column."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.code} {self.message}"


class NetcError(Exception):
    """What netc raises: the base of its exceptions. `diagnostics` says everything that was found,
    errors and warnings, by place."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = diagnostics
        errors = [str(item) for item in diagnostics if item.severity == "error"]
        super().__init__("\n".join(errors))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.diagnostics,)


class CompileError(NetcError):
    """The spec is wrong."""


class DataError(NetcError, ValueError):
    """What was handed over does not fit the model: arrays, a data set, a file of weights."""


class TrainingError(NetcError):
    """Training failed: the loss became infinite or not a number."""


def diagnostic(problem: Problem) -> Diagnostic:
    """A problem as plain data."""
    at = problem.at
    end_line, end_column = at.end_position
    return Diagnostic(
        code=problem.code,
        severity="error" if problem.is_error else "warning",
        message=problem.message(),
        file=at.source.name,
        line=at.line,
        column=at.column,
        end_line=end_line,
        end_column=end_column,
        label=problem.label(),
        help=problem.help(),
        fixes=tuple(
            Fix(fix.title, tuple(_edit(edit.span, edit.text) for edit in fix.edits), fix.safe)
            for fix in problem.fixes()
        ),
        calls=tuple((call.source.name, call.line, call.column) for call in problem.calls),
    )


def _edit(span: Span, text: str) -> Edit:
    return Edit(span.line, span.column, *span.end_position, text)


def raise_for(error: type[NetcError], problems: Problems) -> None:
    """Raises when there is an error among the problems."""
    if problems.has_errors():
        raise error(tuple(diagnostic(problem) for problem in in_order(problems)))
