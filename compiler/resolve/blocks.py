"""Expands the call of a block: its parameters get values, its pipe is expanded in a new scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...grammar import ast
from ...grammar.source import Span
from ..language.values import Value, Word
from ..suggest.spelling import closest
from .arguments import Sorted
from .draft import UNKNOWN
from .evaluate import evaluate
from .scope import Names, Scope

if TYPE_CHECKING:
    from .expand import Expander, Flow


def expand_block(
    work: Expander, call: ast.Call, arguments: Sorted, flow: Flow, scope: Scope
) -> Flow:
    """What comes out of a block. A parameter without a value is unknown and says nothing more."""
    name = call.name.text
    work.blocks_called.add(name)
    if name in work.definitions.broken_blocks:
        return UNKNOWN
    block = work.definitions.blocks[name]
    if not work.has_room(work.definitions.sizes[name]):
        work.too_large(call.span, scope)
        return UNKNOWN
    if arguments.branches:
        from ..problems.calls import WrongBrackets

        at = arguments.branches[0].span
        wanted = "takes no brackets"
        work.report(WrongBrackets(at=at, calls=scope.calls, call=name, wanted=wanted))
        work.rehearse_branches(arguments.branches, scope)
    given, words, prefix = _given(work, block, call, arguments, scope)
    written = work.definitions.written[name]
    inner = Scope(
        scope.home,
        Names(f"{prefix}."),
        values=given,
        labels={label.name: f"{prefix}.{label.name}" for label in written},
        around=work.files[block.span.source],
        calls=(arguments.head, *scope.calls),
    )
    for parameter in block.parameters:
        key = parameter.name.text
        if key not in given:
            assert parameter.default is not None
            given[key] = evaluate(parameter.default, inner, work.problems)
    flow = work.pipe(block.body, flow, inner)
    for word in words:
        flow = work.named(word, flow, scope)
    return flow


def _given(
    work: Expander, block: ast.Block, call: ast.Call, arguments: Sorted, scope: Scope
) -> tuple[dict[str, Value | None], list[Word], str]:
    """The values of the parameters, the words among them, and the name of this expansion."""
    given: dict[str, Value | None] = {}
    places: dict[str, Span] = {}
    words: list[Word] = []
    parameters = [parameter.name.text for parameter in block.parameters]
    extra: list[ast.Value] = []
    count = 0
    for written in arguments.values[: max(arguments.in_order, len(parameters))]:
        value = evaluate(written, scope, work.problems)
        if isinstance(value, Word):
            words.append(value)
            continue
        if count < len(parameters):
            given[parameters[count]] = value
            places[parameters[count]] = written.span
        else:
            extra.append(written)
        count += 1
    if extra:
        from ..problems.calls import TooManyArguments

        work.report(
            TooManyArguments(
                at=extra[0].span,
                calls=scope.calls,
                call=block.name.text,
                takes=len(parameters),
                given=count,
                definition=block.name.span,
            )
        )
    chosen: Word | None = None
    misspelt: set[str] = set()
    for keyword in arguments.keywords:
        key = keyword.key.text
        value = evaluate(keyword.value, scope, work.problems)
        if key == "name" and key not in parameters and isinstance(value, Word):
            chosen = value
        elif key not in parameters:
            misspelt.add(_unknown(work, block, keyword, parameters, scope) or "")
        elif key in given:
            _twice(work, block, keyword, places[key], scope)
        else:
            given[key] = value
            places[key] = keyword.span
    missing = [
        parameter.name.text
        for parameter in block.parameters
        if parameter.default is None and parameter.name.text not in given
    ]
    needed = tuple(key for key in missing if key not in misspelt)
    if needed:
        from ..problems.calls import MissingArgument

        work.report(
            MissingArgument(
                at=arguments.head,
                calls=scope.calls,
                block=block.name.text,
                missing=needed,
                definition=block.name.span,
            )
        )
    given.update(dict.fromkeys(missing))
    return given, words, _prefix(work, block, call, chosen, scope)


def _prefix(
    work: Expander, block: ast.Block, call: ast.Call, chosen: Word | None, scope: Scope
) -> str:
    if chosen is None:
        return scope.names.number(block.name.text, call.span)
    name, other = scope.names.choose(chosen.text, call.span)
    if other is not None:
        from ..problems.definitions import DefinedTwice

        work.report(
            DefinedTwice(
                at=chosen.span,
                calls=scope.calls,
                what="layer name",
                name=chosen.text,
                first=other,
            )
        )
    return name


def _unknown(
    work: Expander,
    block: ast.Block,
    keyword: ast.Keyword,
    parameters: list[str],
    scope: Scope,
) -> str | None:
    from ..problems.calls import UnknownArgument

    nearest = closest(keyword.key.text, parameters)
    work.report(
        UnknownArgument(
            at=keyword.key.span,
            calls=scope.calls,
            block=block.name.text,
            key=keyword.key.text,
            known=tuple(parameters),
            definition=block.name.span,
            nearest=nearest,
        )
    )
    return nearest


def _twice(
    work: Expander, block: ast.Block, keyword: ast.Keyword, first: Span, scope: Scope
) -> None:
    from ..problems.calls import ArgumentTwice

    work.report(
        ArgumentTwice(
            at=keyword.span,
            calls=scope.calls,
            call=block.name.text,
            key=keyword.key.text,
            first=first,
        )
    )
