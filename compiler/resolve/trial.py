"""Whether a call would be right if it began with another word: what is offered as a fix takes the
arguments that are there, or such as a safe fix makes of them.

What follows the call, what is in its brackets and what is wrong with a value in itself is
another matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile

from ...grammar import ast
from ...grammar.problem import Problem, Problems
from ...grammar.source import Span
from ..language.bind import bind
from ..language.call import Arguments
from ..language.options import Options
from ..language.statements import DIRECTIVES
from ..language.values import LabelValue, UnknownValue, WordValue, WrittenValue
from .arguments import Sorted, sort_arguments
from .context import Expansion
from .evaluate import evaluate
from .scope import Scope

Keywords = Sequence[tuple[WordValue, WrittenValue | UnknownValue]]


def call_fits(context: Expansion, call: ast.Call, *, is_statement: bool) -> Callable[[str], bool]:
    """Whether a call in a pipe would take its arguments under a name.

    A statement takes any: its arguments are looked at when it is one.
    """
    own = takewhile(lambda item: not isinstance(item, ast.Name), call.arguments)
    plain = tuple(item for item in own if not isinstance(item, ast.Branches))
    has_brackets = any(isinstance(item, ast.Branches) for item in call.arguments)

    def fits(name: str) -> bool:
        kind = context.kind_of(name)
        if kind is None or (is_statement and name in DIRECTIVES):
            return True
        if kind == "loop" or (has_brackets and not context.is_merge(name)):
            return kind == "loop" and has_brackets
        renamed = ast.Call(ast.Name(name, call.name.span), plain, call.span)
        arguments = sort_arguments(renamed, context.signature)
        if arguments.incomplete or not all(map(_has_safe_fix, arguments.problems)):
            return False
        if kind != "block":
            layer = context.layer(name)
            values, keywords = _evaluated(arguments, context.scope)
            return options_fit(layer, values, keywords, call.span, context.scope)
        return _block_fits(context, name, arguments)

    return fits


def options_fit(
    cls: type[Options],
    values: Sequence[WrittenValue | UnknownValue],
    keywords: Keywords,
    at: Span,
    scope: Scope,
) -> bool:
    """Whether a word takes these arguments."""
    problems = Problems()
    bind(cls, Arguments(tuple(values), tuple(keywords), scope.defines), at, problems)
    return all(map(_has_safe_fix, problems))


def _has_safe_fix(problem: Problem) -> bool:
    return any(fix.safe for fix in problem.fixes())


def _evaluated(
    arguments: Sorted, scope: Scope
) -> tuple[list[WrittenValue | UnknownValue], list[tuple[WordValue, WrittenValue | UnknownValue]]]:
    ignored = Problems()
    values = [
        evaluate(item, scope, ignored) or UnknownValue(item.span) for item in arguments.values
    ]
    keywords = [
        (
            WordValue(item.key.text, item.key.span),
            evaluate(item.value, scope, ignored) or UnknownValue(item.value.span),
        )
        for item in arguments.keywords
    ]
    return [item for item in values if not isinstance(item, WordValue | LabelValue)], keywords


def _block_fits(context: Expansion, name: str, arguments: Sorted) -> bool:
    """Whether a block has a parameter for every argument, and gets what it needs."""
    parameters = context.spec.definitions.blocks[name].parameters
    names = [parameter.name.text for parameter in parameters]
    needed = {item.name.text for item in parameters if item.default is None}
    keys = {keyword.key.text for keyword in arguments.keywords}
    given = {*names[: len(arguments.values)], *keys}
    return len(arguments.values) <= len(names) and needed <= given <= {*names, "name"}
