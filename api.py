"""netc for programs: check, format and compile specs.

Nothing here prints, exits, configures logging or touches global random state. A mistake in a spec
is a value (`Diagnostic`); only `compile` raises for one, and only `CompileError`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .compiler.builtin import BUILTIN
from .compiler.pipeline import Checked
from .compiler.pipeline import check as check_source
from .compiler.reading import ReadFailure, explain_failure, read_source, source_of
from .grammar.problem import Problem, in_order
from .grammar.source import Source, Span

if TYPE_CHECKING:
    from .compiler.graph import Graph
    from .compiler.ir import Model as Ir

Value = int | float | str | bool | Sequence["Value"]
"""What a `let` can be set to. A text is netc text: `"30ep"`, `"3x3"`, `"relu"`."""


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


class CompileError(Exception):
    """The spec is wrong. `diagnostics` says everything that was found, errors and warnings."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = diagnostics
        errors = [str(item) for item in diagnostics if item.severity == "error"]
        super().__init__("\n".join(errors))


@dataclass(frozen=True, slots=True)
class Model:
    """A spec that was understood: what it means, and its network with every shape."""

    ir: Ir
    graph: Graph

    @property
    def parameters(self) -> int | None:
        """How many numbers are learnt; None while a size is free."""
        return self.graph.parameter_count()

    def to_json(self) -> str:
        """The intermediate representation as JSON; `schema()` describes it."""
        from .compiler.ir import to_json

        return to_json(self.ir)


def check(text: str) -> list[Diagnostic]:
    """Everything that is wrong or suspicious in a spec, by place. Empty when all is well."""
    checked = check_source(source_of(text), BUILTIN, read_source)
    return [diagnostic(problem) for problem in checked.problems]


def compile(
    text_or_path: str | os.PathLike[str], **lets: Value
) -> Model:
    """The model of a spec. `lets` set the spec's constants.

    A path is a `PathLike`, or a text that ends with `.net` and has neither a newline nor `->`.
    Raises `CompileError` when the spec has an error or cannot be read.
    """
    source = _source(text_or_path)
    overrides = {name: _written(value) for name, value in lets.items()}
    checked = check_source(source, BUILTIN, read_source, overrides=overrides)
    if checked.has_errors:
        raise CompileError(tuple(diagnostic(problem) for problem in checked.problems))
    return _model(checked)


def from_json(text: str) -> Model:
    """The model of a JSON text that `Model.to_json` wrote.

    Raises `ValueError` for a text that is no such JSON, and `CompileError` when its layers do not
    fit together.
    """
    from .compiler.load import load_model
    from .grammar.problem import Problems

    problems = Problems()
    ir, inference = load_model(text, BUILTIN, problems)
    if problems.has_errors():
        raise CompileError(tuple(diagnostic(problem) for problem in in_order(problems)))
    return Model(ir, inference.graph)


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what `Model.to_json` writes."""
    from .compiler.schema_json import json_schema

    return json_schema(BUILTIN)


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


def _source(text_or_path: str | os.PathLike[str]) -> Source:
    if isinstance(text_or_path, str) and not _is_path(text_or_path):
        return source_of(text_or_path)
    result = read_source(os.fspath(text_or_path))
    if isinstance(result, ReadFailure):
        raise CompileError((diagnostic(explain_failure(result)),))
    return result


def _is_path(text: str) -> bool:
    return text.endswith(".net") and "\n" not in text and "->" not in text


def _written(value: Value) -> str:
    """A Python value as netc text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return repr(value)
    comma = "," if len(value) == 1 else ""
    return f"({', '.join(_written(item) for item in value)}{comma})"


def _model(checked: Checked) -> Model:
    return Model(checked.model, checked.graph)
