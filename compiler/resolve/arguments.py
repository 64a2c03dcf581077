"""Sorts the arguments of a call: values, `key=value`, brackets, and the words behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...grammar import ast
from ...grammar.problem import Edit, Fix, Problem
from ...grammar.source import Span

Accepts = Callable[[str, str], bool]
"""Whether the layer or block with the first name has an option with the second."""


@dataclass(slots=True)
class Sorted:
    """The arguments of one call by what they are."""

    values: tuple[ast.Value, ...]
    keywords: tuple[ast.Keyword, ...]
    branches: tuple[ast.Branches, ...]
    words: tuple[ast.Call | ast.Parameter, ...]
    """What follows the call: each word as a call of its own. A `$name` behind a word is one too,
    if its value is a word."""
    in_order: int
    """How many of the values stand where values stand; the others are reported."""
    problems: tuple[Problem, ...]
    fixed: bool
    """True when no argument reads a name, so that every expansion gives the same options."""
    incomplete: bool
    """True when an argument was left out because it is no value."""
    head: Span
    """The call without the words behind it: `conv 64 3x3` of `conv 64 3x3 bn relu`."""


def sort_arguments(call: ast.Call, accepts: Accepts) -> Sorted:
    """The arguments of a layer, block or loop.

    A misplaced one is reported and still goes where it belongs, so that it costs one error.
    """
    if not call.arguments:
        return Sorted((), (), (), (), 0, (), True, False, call.span)
    values: list[ast.Value] = []
    keywords: list[ast.Keyword] = []
    branches: list[ast.Branches] = []
    words: list[ast.Call | ast.Parameter] = []
    problems: list[Problem] = []
    fixed = True
    incomplete = False
    in_order = 0
    run: Span | None = None
    """Where values began that stand behind the same word, one after the other."""
    last: Span = call.name.span
    """The end of what stands in front of the words."""
    for argument in call.arguments:
        match argument:
            case ast.Name():
                words.append(ast.Call(argument, (), argument.span))
                run = None
                continue
            case ast.Parameter() if words:
                words.append(argument)
                continue
            case ast.Comparison():
                problems.append(_comparison(call, argument))
                incomplete = True
                continue
            case ast.Branches():
                branches.append(argument)
            case ast.Keyword():
                fixed = fixed and _is_literal(argument.value)
                if words:
                    behind = words[-1]
                    belongs = isinstance(behind, ast.Call) and (
                        accepts(behind.name.text, argument.key.text)
                        and not accepts(call.name.text, argument.key.text)
                    )
                    run = None
                    at = argument.span
                    problems.append(
                        _misplaced(call, at, behind, last, belongs=belongs, is_keyword=True)
                    )
                    if belongs:
                        words[-1] = _extended(behind, argument)
                        continue
                keywords.append(argument)
            case _:
                fixed = fixed and _is_literal(argument)
                if words:
                    behind = words[-1]
                    belongs = isinstance(behind, ast.Call) and accepts(behind.name.text, "")
                    if run is not None:
                        problems.pop()
                    run = run or argument.span
                    at = run.to(argument.span)
                    problems.append(_misplaced(call, at, behind, last, belongs=belongs))
                    if belongs:
                        words[-1] = _extended(behind, argument)
                        continue
                elif keywords:
                    before = values[-1].span if values else call.name.span
                    problems.append(_behind_keyword(call, argument, keywords[-1], before))
                in_order += not words
                values.append(argument)
        if not words:
            last = argument.span
    head = Span(call.span.source, call.span.start, last.end)
    return Sorted(
        tuple(values),
        tuple(keywords),
        tuple(branches),
        tuple(words),
        in_order,
        tuple(problems),
        fixed,
        incomplete,
        head,
    )


def _is_literal(value: ast.Value) -> bool:
    return isinstance(value, ast.Number | ast.Shape | ast.Name | ast.String)


def _extended(word: ast.Call | ast.Parameter, argument: ast.Argument) -> ast.Call:
    assert isinstance(word, ast.Call)
    return ast.Call(word.name, (*word.arguments, argument), word.span.to(argument.span))


def move(argument: Span, after: Span, title: str, *, safe: bool) -> Fix:
    """The fix that takes an argument out and puts it behind another place."""
    text = argument.source.text
    start = argument.start
    while start > after.end and text[start - 1] in " \t":
        start -= 1
    insert = Span(argument.source, after.end, after.end)
    remove = Span(argument.source, start, argument.end)
    return Fix(title, (Edit(insert, f" {argument.text}"), Edit(remove, "")), safe=safe)


def _misplaced(
    call: ast.Call,
    at: Span,
    behind: ast.Call | ast.Parameter,
    last: Span,
    *,
    belongs: bool,
    is_keyword: bool = False,
) -> Problem:
    from ..problems.calls import ArgumentOrder

    name = behind.name.text if isinstance(behind, ast.Call) else f"${behind.name}"
    text = at.text
    if belongs:
        edit = Edit(Span(behind.span.source, behind.span.start, behind.span.start), "-> ")
        fix = Fix(f"give it to `{name}`: `-> {name} {text}`", (edit,), safe=True)
    else:
        title = f"put `{text}` before `{name}`, behind `{last.text}`"
        fix = move(at, last, title, safe=is_keyword)
    return ArgumentOrder(
        at=at, call=call.name.text, text=text, behind=name, is_word=True, moved=fix
    )


def _behind_keyword(
    call: ast.Call, argument: ast.Value, keyword: ast.Keyword, before: Span
) -> Problem:
    from ..problems.calls import ArgumentOrder

    title = f"put `{argument.span.text}` before `{keyword.span.text}`"
    return ArgumentOrder(
        at=argument.span,
        call=call.name.text,
        text=argument.span.text,
        behind=keyword.span.text,
        is_word=False,
        moved=move(argument.span, before, title, safe=True),
    )


def _comparison(call: ast.Call, argument: ast.Comparison) -> Problem:
    from ..problems.values import WrongComparison

    between = Span(argument.span.source, argument.name.span.end, argument.value.span.start)
    return WrongComparison(
        at=argument.span,
        call=call.name.text,
        name=argument.name.text,
        operator=argument.operator,
        sign=between,
    )


def wrong_comparison(directive: str, argument: ast.Comparison) -> Problem:
    """A comparison in a statement that reads none."""
    return _comparison(ast.Call(ast.Name(directive, argument.span), (), argument.span), argument)
