"""Statements that hold several words in a row: `metric acc top5`, `prep pad=2 standardize`.

Each known word begins the next item, and what follows belongs to it: `prep whiten pca scale` is
two preps. A `key=value` whose key is such a word is that word with the value: `pad=2`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ...grammar import ast
from ...grammar.source import Span
from ..language.options import Options, options_of
from ..language.statements import CHOOSERS
from ..language.values import WordValue, WrittenValue
from .arguments import wrong_comparison
from .reader import Reader, brackets


@dataclass(slots=True)
class Item:
    """One word with what belongs to it."""

    word: str
    span: Span
    values: list[WrittenValue] = field(default_factory=list)
    keywords: list[tuple[WordValue, WrittenValue]] = field(default_factory=list)
    failed: bool = False


def read_sequence(call: ast.Call, reader: Reader) -> None:
    """Adds every item to its field of the model."""
    directive = call.name.text
    category, what = CHOOSERS[directive]
    if not call.arguments:
        from ..problems.names import MissingChoice

        known = reader.vocabulary.words(category)
        reader.report(MissingChoice(at=call.span, directive=directive, what=what, known=known))
    items: list[Item] = []
    for argument in call.arguments:
        if isinstance(argument, ast.Branches):
            reader.report(brackets(call, argument))
        elif isinstance(argument, ast.Comparison):
            reader.report(wrong_comparison(directive, argument))
        else:
            _take(call, argument, items, reader)
    for item in items:
        if item.failed:
            continue
        bound = reader.bind(category, item.word, item.values, item.keywords, item.span)
        if bound is not None:
            if directive == "metric" and _is_repeated(item, bound.options, reader):
                continue
            reader.fill(directive, bound, item.span)


def _is_repeated(item: Item, options: Options, reader: Reader) -> bool:
    """Whether the same metric was asked for before; reports it."""
    first = reader.found.first.setdefault(repr(options), item.span)
    if first is item.span:
        return False
    from ..problems.definitions import StatementTwice

    reader.report(StatementTwice(at=item.span, directive=f"metric {item.word}", first=first))
    return True


def _take(
    call: ast.Call, argument: ast.Keyword | ast.Value, items: list[Item], reader: Reader
) -> None:
    directive = call.name.text
    category, what = CHOOSERS[directive]
    vocabulary = reader.vocabulary
    last = items[-1] if items else None
    if isinstance(argument, ast.Keyword):
        value = reader.value(argument.value)
        key = argument.key
        if vocabulary.has(category, key.text):
            new = Item(key.text, argument.span, failed=value is None)
            new.values += [] if value is None else [value]
            items.append(new)
        elif directive == "prep" and _is_augmentation(key.text, last, reader):
            from ..suggest.words import prep_or_augment

            instead = f"augment {argument.span.text}"
            reader.report(prep_or_augment(directive, key.text, argument.span, instead))
        elif last is None:
            reader.refuse(directive, WordValue(key.text, key.span))
        elif value is None:
            last.failed = True
        else:
            last.keywords.append((WordValue(key.text, key.span), value))
            last.span = last.span.to(argument.span)
        return
    value = reader.value(argument)
    if value is None:
        if last is not None:
            last.failed = True
    elif isinstance(value, WordValue) and vocabulary.has(category, value.text):
        items.append(Item(value.text, value.span))
    elif last is not None and (
        len(last.values) < len(vocabulary.get(category, last.word).positional)
        or not isinstance(value, WordValue)
    ):
        last.values.append(value)
        last.span = last.span.to(argument.span)
    elif isinstance(value, WordValue):
        reader.refuse(directive, value)
    else:
        from ..problems.names import MissingChoice

        known = vocabulary.words(category)
        reader.report(MissingChoice(at=call.span, directive=directive, what=what, known=known))


def _is_augmentation(key: str, last: Item | None, reader: Reader) -> bool:
    """Whether a key belongs to `augment`, and not to the prep before it."""
    own = () if last is None else options_of(reader.vocabulary.get("prep", last.word))
    if any(option.name == key for option in own):
        return False
    from ..suggest.words import augmentations

    return key in augmentations(reader.vocabulary)
