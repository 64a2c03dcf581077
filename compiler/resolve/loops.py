"""Expands `repeat N [p]` and `each c=(64, 128) [p]`.

A label that is written in the brackets belongs to one round and is seen only there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...grammar import ast
from ...grammar.source import Span
from ..language.values import Number, Sequence, Value
from .arguments import Sorted
from .draft import UNKNOWN
from .evaluate import describe, evaluate, value_text
from .limits import LIMIT
from .scope import Scope
from .survey import labels_written, least_calls

if TYPE_CHECKING:
    from .expand import Expander, Flow


MANY = 8
"""Rounds from which on it pays to know before how large they become."""


class Rounds(NamedTuple):
    """How often the pipe is expanded, and the value of each variable in each round."""

    times: int
    variables: dict[str, tuple[Value, ...]]


def expand_loop(
    work: Expander, call: ast.Call, arguments: Sorted, flow: Flow, scope: Scope
) -> Flow:
    """What comes out after all rounds; with no round, what flowed in."""
    count = _repeat if call.name.text == "repeat" else _each
    rounds = count(work, call, arguments, scope)
    body = _body(work, call, arguments, scope)
    if rounds is None or body is None or rounds.times == 0:
        unknown = {keyword.key.text: None for keyword in arguments.keywords}
        work.rehearse_branches(arguments.branches, scope, unknown)
        return UNKNOWN if rounds is None or body is None else flow
    times = rounds.times
    if work.rehearsing and call.name.text == "repeat" and times <= LIMIT:
        times = 1
    if not work.has_room(times * (1 if work.rehearsing else _least(work, body, scope, rounds))):
        work.too_large(call.span, scope, certain=times > LIMIT)
        return UNKNOWN
    labels = [label.name for label in labels_written(body)]
    work.check_labels(body, scope)
    prefix = scope.names.group(call.name.text) if labels else ""
    for index in range(times):
        inner = Scope(
            scope.home,
            scope.names,
            values={name: items[index] for name, items in rounds.variables.items()},
            labels={label: f"{prefix}.{index + 1}.{label}" for label in labels},
            around=scope,
            calls=scope.calls,
        )
        flow = work.pipe(body, flow, inner)
    return flow


def _least(work: Expander, body: ast.Pipe, scope: Scope, rounds: Rounds) -> int:
    """How many calls one round expands to at least. It is worked out only for many rounds: for few
    it would take as long as expanding them."""
    if rounds.times < MANY:
        return 1
    seen = {name for around in scope.outward() for name in around.values} | set(rounds.variables)
    lets = scope.home.lets
    constants = {name: value for name, value in lets.items() if name not in seen} if seen else lets
    return max(1, least_calls(body, work.definitions.sizes, constants, LIMIT + 1))


def _body(work: Expander, call: ast.Call, arguments: Sorted, scope: Scope) -> ast.Pipe | None:
    word = call.name.text
    branches = arguments.branches
    if len(branches) == 1 and len(branches[0].pipes) == 1:
        return branches[0].pipes[0]
    from ..problems.calls import WrongBrackets

    example = "repeat 2 [...]" if word == "repeat" else "each c=(64, 128) [...]"
    if arguments.words and not branches:
        inside = Span(call.span.source, arguments.words[0].span.start, call.span.end).text
        example = f"{arguments.head.text} [{inside}]"
    work.report(
        WrongBrackets(
            at=branches[-1].span if branches else arguments.head,
            calls=scope.calls,
            call=word,
            wanted="takes one pipe in brackets",
            example=example,
        )
    )
    return None


def _repeat(work: Expander, call: ast.Call, arguments: Sorted, scope: Scope) -> Rounds | None:
    extra = (*arguments.values[1:], *arguments.keywords)
    if extra:
        from ..problems.calls import TooManyArguments

        given = len(arguments.values) + len(arguments.keywords)
        work.report(
            TooManyArguments(
                at=extra[0].span, calls=scope.calls, call="repeat", takes=1, given=given
            )
        )
        return None
    if not arguments.values:
        from ..problems.expansion import WrongCount

        work.report(WrongCount(at=arguments.head, calls=scope.calls, got=None))
        return None
    value = evaluate(arguments.values[0], scope, work.problems)
    if value is None:
        return None
    if isinstance(value, Number) and value.unit is None and value.value >= 0:
        count = int(value.value)
        if count == value.value:
            return Rounds(count, {})
    from ..problems.expansion import WrongCount
    from ..problems.wording import shortened

    work.report(WrongCount(at=value.span, calls=scope.calls, got=shortened(value_text(value))))
    return None


def _each(work: Expander, call: ast.Call, arguments: Sorted, scope: Scope) -> Rounds | None:
    if arguments.values or not arguments.keywords:
        from ..problems.expansion import WrongList

        at = arguments.values[0].span if arguments.values else arguments.head
        work.report(WrongList(at=at, calls=scope.calls))
        return None
    lists: dict[str, Sequence] = {}
    failed = False
    for keyword in arguments.keywords:
        name = keyword.key.text
        value = evaluate(keyword.value, scope, work.problems)
        if name in lists:
            from ..problems.calls import ArgumentTwice

            work.report(
                ArgumentTwice(
                    at=keyword.span,
                    calls=scope.calls,
                    call="each",
                    key=name,
                    first=lists[name].span,
                )
            )
            failed = True
        elif isinstance(value, Sequence):
            lists[name] = value
        else:
            failed = True
            if value is not None:
                from ..problems.expansion import WrongList
                from ..problems.wording import shortened

                work.report(
                    WrongList(
                        at=value.span,
                        calls=scope.calls,
                        name=name,
                        got=describe(value),
                        text=shortened(value_text(value)),
                    )
                )
    if failed:
        return None
    (first, start), *others = lists.items()
    for name, items in others:
        if len(items.items) != len(start.items):
            from ..problems.expansion import UnequalLists

            work.report(
                UnequalLists(
                    at=items.span,
                    calls=scope.calls,
                    first=first,
                    first_length=len(start.items),
                    first_at=start.span,
                    second=name,
                    second_length=len(items.items),
                )
            )
            return None
    return Rounds(len(start.items), {name: items.items for name, items in lists.items()})
