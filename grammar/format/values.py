"""Values and calls on one line, in their canonical spelling."""

from __future__ import annotations

from itertools import groupby
from typing import Protocol

from .. import ast
from ..numbers import shortest
from ..text import quoted


class FormatWords(Protocol):
    """What the formatter must know of the words that the grammar does not know."""

    def option_order(self, call: str, word: str | None) -> tuple[str, ...]:
        """The options of a call in the order in which they are written: `conv`; `opt` with its
        first bare word `adam`. Empty where the order means something or nothing is known."""
        ...

    def folds(self, word: str) -> bool:
        """Whether `-> word` may be a bare word of the layer before it: a layer that takes one
        tensor and needs no options."""
        ...

    def is_layer(self, word: str) -> bool:
        """Whether bare words after a call of it are stages: a layer, but no contract."""
        ...


def value_text(value: ast.Value) -> str:
    """One value."""
    match value:
        case ast.Number():
            return number_text(value)
        case ast.Shape():
            return "x".join("?" if size is None else str(size) for size in value.sizes)
        case ast.String():
            return quoted(value.text)
        case ast.Name():
            return value.text
        case ast.Reference():
            return f"@{value.name}"
        case ast.Parameter():
            return f"${value.name}"
        case ast.Unary():
            return f"-{value_text(value.operand)}"
        case ast.Binary():
            return f"{value_text(value.left)}{value.operator}{value_text(value.right)}"
        case ast.Group():
            return f"({value_text(value.value)})"
        case ast.List():
            return list_text(value.items)
        case ast.Function():
            return f"{value.name.text}({', '.join(map(value_text, value.arguments))})"


def list_text(items: tuple[ast.Value, ...]) -> str:
    """`(64, 128)`; a list of one keeps its comma."""
    comma = "," if len(items) == 1 else ""
    return f"({', '.join(map(value_text, items))}{comma})"


def number_text(number: ast.Number) -> str:
    """The shortest spelling; a whole number keeps its digits."""
    unit = number.unit or ""
    value = number.value
    return f"{value}{unit}" if isinstance(value, int) else f"{shortest(value)}{unit}"


def ordered(call: ast.Call, words: FormatWords) -> tuple[ast.Argument, ...]:
    """The arguments with neighbouring options in the order of their schema. In a layer the options
    come before its brackets; nothing else changes its place, as a value after an option is a
    mistake, and an option after a word may be meant for that."""
    arguments = call.arguments
    first = next((item.text for item in arguments if isinstance(item, ast.Name)), None)
    order = words.option_order(call.name.text, first)
    places = {name: place for place, name in enumerate(order)}

    def place(keyword: ast.Keyword) -> int:
        return places.get(keyword.key.text, len(places)) if order else 0

    end = len(arguments)
    if words.is_layer(call.name.text):
        # a word is a layer of its own, also one with a `>` that was meant as an arrow
        words_from = (ast.Name, ast.Comparison)
        end = next((at for at, item in enumerate(arguments) if isinstance(item, words_from)), end)
    own = _options_first(arguments[:end]) if words.is_layer(call.name.text) else arguments
    result: list[ast.Argument] = []
    for is_option, group in groupby(own, lambda item: isinstance(item, ast.Keyword)):
        if is_option:
            options = [item for item in group if isinstance(item, ast.Keyword)]
            options.sort(key=place)
            result += options
        else:
            result += group
    return (*result, *arguments[end:])


def _options_first(arguments: tuple[ast.Argument, ...]) -> tuple[ast.Argument, ...]:
    """The arguments with the options among the brackets before the first of them."""
    start = next(
        (at for at, item in enumerate(arguments) if isinstance(item, ast.Branches)), len(arguments)
    )
    held = arguments[start:]
    if any(not isinstance(item, ast.Branches | ast.Keyword) for item in held):
        return arguments
    return (
        *arguments[:start],
        *(item for item in held if isinstance(item, ast.Keyword)),
        *(item for item in held if isinstance(item, ast.Branches)),
    )


def argument_text(argument: ast.Argument, words: FormatWords) -> str:
    """One argument."""
    match argument:
        case ast.Keyword():
            return f"{argument.key.text}={value_text(argument.value)}"
        case ast.Comparison():
            return f"{argument.name.text}{argument.operator}{value_text(argument.value)}"
        case ast.Branches():
            return f"[{' | '.join(pipe_text(pipe, words) for pipe in argument.pipes)}]"
        case _:
            return value_text(argument)


def stage_text(stage: ast.Stage, words: FormatWords) -> str:
    """One stage."""
    if isinstance(stage, ast.Reference):
        return f"@{stage.name}"
    parts = [stage.name.text, *(argument_text(item, words) for item in ordered(stage, words))]
    return " ".join(parts)


def pipe_text(pipe: ast.Pipe, words: FormatWords) -> str:
    """A pipe on one line, its bare words folded."""
    texts: list[str] = []
    target: ast.Stage | None = None
    for stage in pipe.stages:
        if target is not None and folds_into(target, stage, words):
            texts[-1] += f" {stage_text(stage, words)}"
        else:
            texts.append(stage_text(stage, words))
            target = stage
    return " -> ".join(texts)


def folds_into(target: ast.Stage, stage: ast.Stage, words: FormatWords) -> bool:
    """Whether a stage may be written as a bare word of the layer before it."""
    if not isinstance(stage, ast.Call) or not isinstance(target, ast.Call):
        return False
    if stage.arguments or not words.folds(stage.name.text):
        return False
    holds_pipes = any(isinstance(item, ast.Branches) for item in target.arguments)
    return words.is_layer(target.name.text) and not holds_pipes


def header_text(block: ast.Block) -> str:
    """`block name(a, b=1) =`."""
    parameters = ", ".join(parameter_text(parameter) for parameter in block.parameters)
    return f"block {block.name.text}{f'({parameters})' if parameters else ''} ="


def parameter_text(parameter: ast.BlockParameter) -> str:
    """`c` or `c=64`."""
    default = "" if parameter.default is None else f"={value_text(parameter.default)}"
    return f"{parameter.name.text}{default}"


def statement_text(statement: ast.Statement, words: FormatWords) -> str:
    """A statement on one line."""
    match statement:
        case ast.Version():
            return f"netc {number_text(statement.number)}"
        case ast.Use():
            return f"use {value_text(statement.path)}"
        case ast.Let():
            return " ".join(["let", *(argument_text(item, words) for item in statement.bindings)])
        case ast.Block():
            return f"{header_text(statement)} {pipe_text(statement.body, words)}"
        case ast.Pipe():
            return pipe_text(statement, words)
