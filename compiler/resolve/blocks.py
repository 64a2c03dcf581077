"""The call of a block: its parameters get values, in a new scope for its pipe."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...grammar import ast
from ...grammar.source import Span
from ..language.values import WordValue, WrittenValue
from .arguments import Sorted
from .context import Expansion
from .evaluate import evaluate
from .scope import LayerNames, Scope


@dataclass(slots=True)
class Given:
    """What a call gives to a block."""

    values: dict[str, WrittenValue | None] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)
    words: list[WordValue] = field(default_factory=list)
    """Words that came out of values: they follow the call."""
    chosen: WordValue | None = None
    misspelt: set[str] = field(default_factory=set)
    """Parameters that an unknown argument was most likely meant for."""


def enter_block(
    context: Expansion, call: ast.Call, arguments: Sorted
) -> tuple[ast.Pipe, Scope, list[WordValue]] | None:
    """The pipe of a block, the scope for it, and the words that follow the call.

    A parameter without a value is unknown and says nothing more. None when the block cannot be
    expanded.
    """
    name = call.name.text
    definitions, scope = context.spec.definitions, context.scope
    context.work.blocks_called.add(name)
    if name in definitions.broken_blocks:
        return None
    block = definitions.blocks[name]
    if not context.has_room(definitions.sizes[name]):
        context.too_large(call.span)
        return None
    given = Given()
    _read_values(context, block, arguments, given)
    _read_keywords(context, block, arguments, given)
    _check_missing(context, block, arguments, given)
    if given.chosen is None:
        prefix = scope.names.number(name, call.span)
    else:
        prefix = context.choose_name(given.chosen.text, call.span, given.chosen.span)
    inner = Scope(
        scope.home,
        LayerNames(f"{prefix}."),
        values=given.values,
        labels={label.name: f"{prefix}.{label.name}" for label in definitions.written[name]},
        around=context.spec.files[block.span.source],
        calls=(arguments.head, *scope.calls),
    )
    for parameter in block.parameters:
        key = parameter.name.text
        if key not in given.values:
            assert parameter.default is not None
            given.values[key] = evaluate(parameter.default, inner, context.problems)
    return block.body, inner, given.words


def _read_values(context: Expansion, block: ast.Block, arguments: Sorted, given: Given) -> None:
    """The values without a name, in the order of the parameters."""
    parameters = [parameter.name.text for parameter in block.parameters]
    extra: list[ast.Value] = []
    count = 0
    for written in arguments.values[: max(arguments.in_order, len(parameters))]:
        value = context.evaluate(written)
        if isinstance(value, WordValue):
            given.words.append(value)
            continue
        if count < len(parameters):
            given.values[parameters[count]] = value
            given.places[parameters[count]] = written.span
        else:
            extra.append(written)
        count += 1
    if extra:
        from ..problems.calls import TooManyArguments

        context.report(
            TooManyArguments(
                at=extra[0].span,
                call=block.name.text,
                takes=len(parameters),
                given=count,
                definition=block.name.span,
            )
        )


def _read_keywords(context: Expansion, block: ast.Block, arguments: Sorted, given: Given) -> None:
    parameters = tuple(parameter.name.text for parameter in block.parameters)
    known = frozenset(parameters)
    for keyword in arguments.keywords:
        key = keyword.key.text
        value = context.evaluate(keyword.value)
        if key == "name" and key not in known and isinstance(value, WordValue):
            given.chosen = value
        elif key not in known:
            _report_unknown(context, block, keyword, parameters, given)
        elif key in given.values:
            from ..problems.calls import ArgumentTwice

            context.report(
                ArgumentTwice(
                    at=keyword.span, call=block.name.text, key=key, first=given.places[key]
                )
            )
        else:
            given.values[key] = value
            given.places[key] = keyword.span


def _report_unknown(
    context: Expansion,
    block: ast.Block,
    keyword: ast.Keyword,
    parameters: tuple[str, ...],
    given: Given,
) -> None:
    from ..problems.calls import UnknownArgument

    key = keyword.key
    nearest = context.scope.home.nearest(key.text, parameters)
    given.misspelt.update([] if nearest is None else [nearest])
    context.report(
        UnknownArgument(
            at=key.span,
            block=block.name.text,
            key=key.text,
            known=parameters,
            definition=block.name.span,
            nearest=nearest,
        )
    )


def _check_missing(context: Expansion, block: ast.Block, arguments: Sorted, given: Given) -> None:
    missing = [
        parameter.name.text
        for parameter in block.parameters
        if parameter.default is None and parameter.name.text not in given.values
    ]
    needed = tuple(key for key in missing if key not in given.misspelt)
    if needed:
        from ..problems.calls import MissingArgument

        context.report(
            MissingArgument(
                at=arguments.head, block=block.name.text, missing=needed, definition=block.name.span
            )
        )
    given.values.update(dict.fromkeys(missing))
