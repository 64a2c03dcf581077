"""Reads `tune random trials=20 width=(32, 64) lr=log(1e-4, 1e-1)`.

An option of the search itself (`trials`) is that option; every other key is a searched `let`.
"""

from __future__ import annotations

from typing import Literal

from ...grammar import ast
from ...grammar.text import quoted
from ..ir import Search, Tune
from ..language.kinds import value_text
from ..language.options import options_of
from ..language.values import (
    FunctionValue,
    Number,
    Sequence,
    Text,
    UnknownValue,
    WordValue,
    WrittenValue,
)
from .evaluate import describe
from .reader import Reader

SCALES = ("log", "linear")


def read_tune(
    call: ast.Call,
    word: str,
    values: list[WrittenValue | UnknownValue],
    keywords: list[tuple[WordValue, WrittenValue | UnknownValue]],
    reader: Reader,
) -> None:
    """Fills the model's `tune`."""
    own = {option.name for option in options_of(reader.vocabulary.get("tuner", word))}
    options = [(key, value) for key, value in keywords if key.text in own]
    searches: list[Search] = []
    places = {}
    failed = False
    seen: dict[str, WordValue] = {}
    for key, value in keywords:
        if key.text in own:
            continue
        if key.text in seen:
            from ..problems.calls import ArgumentTwice

            first = seen[key.text].span
            reader.report(ArgumentTwice(at=key.span, call="tune", key=key.text, first=first))
            failed = True
            continue
        seen[key.text] = key
        if key.text not in reader.lets:
            failed = True
            if f"${key.text}" not in reader.scope.home.lost:
                from ..problems.definitions import UnknownSearch

                nearest = reader.scope.home.nearest(key.text, [*reader.lets, *own])
                reader.report(UnknownSearch(at=key.span, name=key.text, nearest=nearest))
            continue
        reader.scope.home.used_lets.add(key.text)
        search = None if isinstance(value, UnknownValue) else _search(key, value, reader)
        if search is None:
            failed = True
            continue
        places[f"searches.{len(searches)}"] = key.span.to(value.span)
        searches.append(search)
    bound = reader.bind("tuner", word, values, options, call.span)
    if bound is None or failed:
        return
    for name, span in bound.spans.items():
        places[f"tuner.{name}"] = span
    tune = Tune(tuner=bound.options, searches=tuple(searches))
    reader.put("tune", tune, call.span, places)


def _search(key: WordValue, value: WrittenValue, reader: Reader) -> Search | None:
    name = key.text
    if isinstance(value, Sequence) and value.items:
        return Search(name=name, values=tuple(plain(item) for item in value.items))
    if isinstance(value, FunctionValue) and value.name in SCALES:
        bounds = [
            item.value for item in value.arguments if isinstance(item, Number) and item.unit is None
        ]
        low_enough = value.name == "linear" or all(bound > 0 for bound in bounds)
        if len(value.arguments) == len(bounds) == 2 and bounds[0] < bounds[1] and low_enough:
            low, high = float(bounds[0]), float(bounds[1])
            scale: Literal["log", "linear"] = "log" if value.name == "log" else "linear"
            return Search(name=name, low=low, high=high, scale=scale)
        above = "" if value.name == "linear" else ", both greater than 0"
        reason = f"needs a low and a high number in `{value.name}(low, high)`{above}"
    elif isinstance(value, Sequence):
        reason = "has no values to try"
    else:
        reason = f"needs values to try, got {describe(value)}"
    from ..problems.values import WrongSearch

    reader.report(WrongSearch(at=value.span, name=name, reason=reason))
    return None


def plain(value: WrittenValue) -> int | float | str:
    """A value for the model: numbers and words as they are, all others as netc text."""
    if isinstance(value, Number) and value.unit is None:
        return value.value
    if isinstance(value, WordValue | Text):
        return value.text if isinstance(value, WordValue) else quoted(value.text)
    return value_text(value)
