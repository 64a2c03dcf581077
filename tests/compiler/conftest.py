"""Reads values and whole specs the way that the pipeline does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.language.values import (
    FunctionValue,
    LabelValue,
    Number,
    Sequence,
    ShapeValue,
    Text,
    WordValue,
    WrittenValue,
    extent_around,
)
from netc.compiler.pipeline import check
from netc.compiler.training.stops import OPERATORS
from netc.grammar import ast
from netc.grammar.parser import parse
from netc.grammar.problem import Problem, Problems
from netc.grammar.source import Source, Span


def convert(value: ast.Value) -> WrittenValue:
    """A value without `$` and arithmetic."""
    match value:
        case ast.Number():
            return Number(value.value, value.unit, value.span)
        case ast.Unary(operand=ast.Number() as number):
            return Number(-number.value, number.unit, value.span)
        case ast.Shape():
            return ShapeValue(value.sizes, value.span)
        case ast.String():
            return Text(value.text, value.span)
        case ast.Name():
            return WordValue(value.text, value.span)
        case ast.Reference():
            return LabelValue(value.name, value.span)
        case ast.Group():
            return convert(value.value)
        case ast.List():
            items = tuple(convert(item) for item in value.items)
            return Sequence(items, value.span, extent_around(items))
        case ast.Function():
            arguments = tuple(convert(item) for item in value.arguments)
            return FunctionValue(value.name.text, arguments, value.span, extent_around(arguments))
    raise TypeError(f"{value.span.text} is computed")


@pytest.fixture(scope="session")
def value_of() -> Callable[[str], WrittenValue]:
    """The value that a text writes."""

    def read(text: str) -> WrittenValue:
        if text in OPERATORS:
            return WordValue(text, Span(Source("value", text), 0, len(text)))
        problems = Problems()
        file = parse(Source("value", f"let x={text}"), problems)
        assert not list(problems), text
        (statement,) = file.statements
        assert isinstance(statement, ast.Let)
        return convert(statement.bindings[0].value)

    return read


@pytest.fixture(scope="session")
def problems_of() -> Callable[[str], tuple[Problem, ...]]:
    """Everything that checking finds in a spec."""

    def read(text: str) -> tuple[Problem, ...]:
        def nothing(path: str) -> str:
            raise FileNotFoundError(path)

        return check(Source("spec.net", text), BUILTIN, nothing).problems  # type: ignore[arg-type]

    return read
