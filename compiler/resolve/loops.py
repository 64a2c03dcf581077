"""The rounds of `repeat N [p]` and `each c=(64, 128) [p]`.

A label that is written in the brackets belongs to one round and is seen only there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...grammar import ast
from ...grammar.source import Span
from ..language.kinds import short_text
from ..language.values import Number, Sequence
from .arguments import Sorted
from .context import Expansion, Rounds
from .evaluate import describe
from .limits import LIMIT
from .scope import Scope
from .survey import labels_written, least_calls

MANY = 8
"""Rounds from which on it pays to know before how large they become."""


class Loop(NamedTuple):
    """A loop whose call is right."""

    body: ast.Pipe
    rounds: Rounds


def read_loop(context: Expansion, call: ast.Call, arguments: Sorted) -> Loop | None:
    """What is repeated and how often, or None after a report."""
    rounds = _rounds(context, call, arguments)
    body = _body(context, call, arguments)
    return None if rounds is None or body is None else Loop(body, rounds)


def _rounds(context: Expansion, call: ast.Call, arguments: Sorted) -> Rounds | None:
    """How often the pipe is expanded, worked out once where it is always the same."""
    count = _repeat if call.name.text == "repeat" else _each
    if not arguments.fixed:
        return count(context, arguments)
    known = context.work.rounds
    if call.span not in known:
        known[call.span] = count(context, arguments)
    return known[call.span]


def scopes_of(context: Expansion, call: ast.Call, loop: Loop) -> Iterator[Scope] | None:
    """A scope for each round; None after a report that there are too many. A dry run of `repeat`
    takes one round."""
    body, (times, variables) = loop
    scope, is_dry_run = context.scope, context.target.is_dry_run
    if is_dry_run and call.name.text == "repeat" and times <= LIMIT:
        times = 1
    if not context.has_room(times * (1 if is_dry_run else _least(context, loop))):
        context.too_large(call.span, certain=times > LIMIT)
        return None
    labels = [label.name for label in labels_written(body)]
    prefix = scope.names.group(call.name.text) if labels else ""
    return (
        Scope(
            scope.home,
            scope.names,
            values={name: items[index] for name, items in variables.items()},
            labels={label: f"{prefix}.{index + 1}.{label}" for label in labels},
            around=scope,
            calls=scope.calls,
        )
        for index in range(times)
    )


def _least(context: Expansion, loop: Loop) -> int:
    """How many calls one round expands to at least. It is worked out for outermost loops and for
    many rounds: for few rounds in a loop it would take as long as expanding them."""
    scope = context.scope
    if loop.rounds.times < MANY and scope.around is not None:
        return 1
    seen = {name for around in scope.outward() for name in around.values}
    seen.update(loop.rounds.variables)
    lets = scope.home.lets
    constants = {name: value for name, value in lets.items() if name not in seen} if seen else lets
    return max(1, least_calls(loop.body, context.spec.definitions.sizes, constants, LIMIT + 1))


def _body(context: Expansion, call: ast.Call, arguments: Sorted) -> ast.Pipe | None:
    word = call.name.text
    branches = arguments.branches
    if len(branches) == 1 and len(branches[0].pipes) == 1:
        return branches[0].pipes[0]
    example = "repeat 2 [...]" if word == "repeat" else "each c=(64, 128) [...]"
    if arguments.words and not branches:
        inside = Span(call.span.source, arguments.words[0].span.start, call.span.end).text
        example = f"{arguments.head.text} [{inside}]"
    at = branches[-1].span if branches else arguments.head
    context.wrong_brackets(word, at, "takes one pipe in brackets", example)
    return None


def _repeat(context: Expansion, arguments: Sorted) -> Rounds | None:
    extra = (*arguments.values[1:], *arguments.keywords)
    if extra:
        from ..problems.calls import TooManyArguments

        given = len(arguments.values) + len(arguments.keywords)
        context.report(TooManyArguments(at=extra[0].span, call="repeat", takes=1, given=given))
        return None
    if not arguments.values:
        from ..problems.expansion import WrongCount

        context.report(WrongCount(at=arguments.head, got=None))
        return None
    value = context.evaluate(arguments.values[0])
    if value is None:
        return None
    if isinstance(value, Number) and value.unit is None and value.value >= 0:
        count = int(value.value)
        if count == value.value:
            return Rounds(count, {})
    from ..problems.expansion import WrongCount

    context.report(WrongCount(at=value.span, got=short_text(value)))
    return None


def _each(context: Expansion, arguments: Sorted) -> Rounds | None:
    if arguments.values or not arguments.keywords:
        from ..problems.expansion import WrongList

        at = arguments.values[0].span if arguments.values else arguments.head
        context.report(WrongList(at=at))
        return None
    lists: dict[str, Sequence] = {}
    failed = False
    for keyword in arguments.keywords:
        items = _list(context, keyword, lists)
        if items is None:
            failed = True
        else:
            lists[keyword.key.text] = items
    if failed or not _are_equally_long(context, lists):
        return None
    variables = {name: items.items for name, items in lists.items()}
    return Rounds(len(next(iter(variables.values()))), variables)


def _list(context: Expansion, keyword: ast.Keyword, known: dict[str, Sequence]) -> Sequence | None:
    """The values of one variable, or None after a report."""
    name = keyword.key.text
    value = context.evaluate(keyword.value)
    if name in known:
        from ..problems.calls import ArgumentTwice

        first = known[name].span
        context.report(ArgumentTwice(at=keyword.span, call="each", key=name, first=first))
        return None
    if value is None or isinstance(value, Sequence):
        return value
    from ..problems.expansion import WrongList

    got, text = describe(value), short_text(value)
    context.report(WrongList(at=value.span, name=name, got=got, text=text))
    return None


def _are_equally_long(context: Expansion, lists: dict[str, Sequence]) -> bool:
    (first, start), *others = lists.items()
    for name, items in others:
        if len(items.items) != len(start.items):
            from ..problems.expansion import UnequalLists

            context.report(
                UnequalLists(
                    at=items.span,
                    first=first,
                    first_length=len(start.items),
                    first_at=start.span,
                    second=name,
                    second_length=len(items.items),
                )
            )
            return False
    return True
