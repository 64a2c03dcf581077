"""Sorts the arguments of a call: values, `key=value`, brackets, and the words behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ...grammar import ast
from ...grammar.problem import Edit, Fix, Problem
from ...grammar.source import Span
from ..language.options import Options, options_of
from ..layers.layer import Arity, Layer
from ..suggest.spelling import closest


class Signature(NamedTuple):
    """What the call of a layer or block takes."""

    options: tuple[str, ...]
    places: int | None
    """How many values it takes without a name; None when there is no limit."""
    names: tuple[str, ...]
    """The options that these values are."""

    def may_mean(self, key: str) -> bool:
        """Whether a key is one of the options, rightly spelt or not."""
        return key in self.options or closest(key, self.options) is not None


def signature_of(cls: type[Options]) -> Signature:
    """What the call of a layer takes. A merge takes as many labels as there are."""
    merges = issubclass(cls, Layer) and cls.arity is Arity.MANY
    options = tuple(option.name for option in options_of(cls))
    return Signature(options, None if merges else len(cls.positional), cls.positional)


Takes = Callable[[str], Signature | None]
"""What the layer or block with a name takes; None for a word that is none."""


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

    @property
    def own(self) -> tuple[ast.Value | ast.Keyword | ast.Branches, ...]:
        """What belongs to the call itself."""
        return (*self.values, *self.keywords, *self.branches)

    @property
    def holds_only_words(self) -> bool:
        """Whether a call has words, but neither brackets nor labels: `add dense 64 id`."""
        has_label = any(isinstance(value, ast.Reference) for value in self.values)
        return bool(self.words) and not self.branches and not has_label


def sort_arguments(call: ast.Call, takes: Takes) -> Sorted:
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
    late: list[Span] = []
    """The values behind a `key=value`."""
    last: Span = call.name.span
    """The end of what stands in front of the words."""
    after_arrow = False
    """Whether the last word stands behind a `>` that was to be `->`, and has arguments."""
    for argument in call.arguments:
        match argument:
            case ast.Name():
                words.append(ast.Call(argument, (), argument.span))
                run = None
                after_arrow = False
                continue
            case ast.Comparison(value=ast.Name()) if argument.operator == ">":
                problems.append(_wrong_arrow(argument))
                words.append(ast.Call(argument.name, (), argument.name.span))
                behind = argument.value
                assert isinstance(behind, ast.Name)
                words.append(ast.Call(behind, (), behind.span))
                after_arrow = True
                continue
            case _ if after_arrow and not isinstance(argument, ast.Comparison | ast.Branches):
                words[-1] = _extended(words[-1], argument)
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
                run = None
                if words:
                    place = _place_of(call, argument, words[-1], takes)
                    if place.is_clear:
                        problems.append(
                            _misplaced(call, argument.span, words[-1], last, place, takes)
                        )
                    if place.with_word:
                        words[-1] = _extended(words[-1], argument)
                        continue
                keywords.append(argument)
            case _:
                fixed = fixed and _is_literal(argument)
                signature = _signature(words[-1], takes) if words else None
                if words and signature is None and isinstance(words[-1], ast.Call):
                    # An unknown word, which is all that there is to say.
                    words[-1] = _extended(words[-1], argument)
                    continue
                if words:
                    belongs = signature is not None and signature.places != 0
                    if run is not None:
                        problems.pop()
                    run = run or argument.span
                    place = _Place(with_word=belongs, is_safe=belongs)
                    at = run.to(argument.span)
                    problems.append(
                        _misplaced(call, at, words[-1], last, place, takes, len(values))
                    )
                    if belongs:
                        words[-1] = _extended(words[-1], argument)
                        continue
                elif (
                    keywords
                    and stands_late(call, argument)
                    and _has_place(call, argument, values, keywords, takes)
                ):
                    late.append(argument.span)
                in_order += not words
                values.append(argument)
        if not words:
            last = argument.span
    if late:
        problems.append(behind_keyword(call, late))
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


class _Place(NamedTuple):
    """Where an argument goes that stands behind a word."""

    with_word: bool
    """To the word, rather than to the call."""
    is_safe: bool
    """Whether nothing else can have been meant."""
    is_clear: bool = True
    """Whether one of the two takes it. Otherwise it is unknown, which is all there is to say."""


def _signature(word: ast.Call | ast.Parameter, takes: Takes) -> Signature | None:
    return takes(word.name.text) if isinstance(word, ast.Call) else None


def _place_of(
    call: ast.Call, keyword: ast.Keyword, behind: ast.Call | ast.Parameter, takes: Takes
) -> _Place:
    """Where an option goes: to the word if only that may have it, otherwise to the call."""
    key = keyword.key.text
    own, other = takes(call.name.text), _signature(behind, takes)
    if own is None:
        return _Place(with_word=False, is_safe=False)
    has_own, has_other = key in own.options, other is not None and key in other.options
    if not has_own and not has_other:
        may_own, may_other = own.may_mean(key), other is not None and other.may_mean(key)
        is_unknown = other is None and isinstance(behind, ast.Call) and not may_own
        return _Place(
            with_word=is_unknown or (may_other and not may_own),
            is_safe=may_own != may_other,
            is_clear=may_own or may_other,
        )
    return _Place(with_word=not has_own, is_safe=not (has_own and has_other))


def _has_place(
    call: ast.Call,
    value: ast.Value,
    values: list[ast.Value],
    keywords: list[ast.Keyword],
    takes: Takes,
) -> bool:
    """Whether a value behind a `key=value` would be right before it. Where it is one too many, or
    the second for its option, that is the mistake."""
    own = takes(call.name.text)
    if own is None or own.places is None or any(isinstance(v, ast.Parameter) for v in values):
        return True
    if isinstance(value, ast.Parameter | ast.Reference):
        return True
    given = {keyword.key.text for keyword in keywords}
    return len(values) < own.places and own.names[len(values)] not in given


def _is_literal(value: ast.Value) -> bool:
    if isinstance(value, ast.List):
        return all(isinstance(item, ast.Number | ast.Shape | ast.Name) for item in value.items)
    return isinstance(value, ast.Number | ast.Shape | ast.Name | ast.String)


def _extended(word: ast.Call | ast.Parameter, argument: ast.Argument) -> ast.Call:
    assert isinstance(word, ast.Call)
    return ast.Call(word.name, (*word.arguments, argument), word.span.to(argument.span))


def move(argument: Span, after: Span, title: str, *, safe: bool) -> Fix:
    """The fix that takes an argument out and puts it behind another place."""
    return _move((argument,), after, title, safe=safe)


def _move(arguments: Sequence[Span], after: Span, title: str, *, safe: bool) -> Fix:
    text = after.source.text
    insert = Span(after.source, after.end, after.end)
    edits = [Edit(insert, "".join(f" {argument.text}" for argument in arguments))]
    for argument in arguments:
        start = argument.start
        while start > after.end and text[start - 1] in " \t":
            start -= 1
        edits.append(Edit(Span(argument.source, start, argument.end), ""))
    return Fix(title, tuple(edits), safe=safe)


def _misplaced(
    call: ast.Call,
    at: Span,
    behind: ast.Call | ast.Parameter,
    last: Span,
    place: _Place,
    takes: Takes,
    given: int = -1,
) -> Problem:
    """The problem of an argument behind a word. Of values, so many are `given` before them."""
    from ..problems.calls import ArgumentOrder

    name = behind.name.text if isinstance(behind, ast.Call) else f"${behind.name}"
    text = at.text
    own = takes(call.name.text)
    is_full = given >= 0 and own is not None and own.places is not None and given >= own.places
    fix: Fix | None = None
    if place.with_word:
        edit = Edit(Span(behind.span.source, behind.span.start, behind.span.start), "-> ")
        fix = Fix(f"give it to `{name}`: `-> {name} {text}`", (edit,), safe=place.is_safe)
    elif not is_full:
        title = f"move `{text}` before `{name}`, after `{last.text}`"
        fix = move(at, last, title, safe=place.is_safe)
    return ArgumentOrder(
        at=at, call=call.name.text, text=text, behind=name, is_word=True, moved=fix
    )


def stands_late(call: ast.Call, argument: ast.Argument) -> bool:
    """Whether a value stands behind a `key=value` in the text. Where parentheses were taken away,
    the arguments come in another order than they are written."""
    return any(
        isinstance(item, ast.Keyword) and item.span.end <= argument.span.start
        for item in call.arguments
    )


def behind_keyword(call: ast.Call, late: Sequence[Span]) -> Problem:
    """The problem of values that stand behind a `key=value`."""
    from ..problems.calls import ArgumentOrder

    keywords = [item.span for item in call.arguments if isinstance(item, ast.Keyword)]
    before = [item.span for item in call.arguments if item.span.end <= keywords[0].start]
    after = before[-1] if before else call.name.span
    text = " ".join(value.text for value in late)
    behind = next(key.text for key in reversed(keywords) if key.end <= late[0].start)
    return ArgumentOrder(
        at=late[0],
        call=call.name.text,
        text=text,
        behind=behind,
        is_word=False,
        moved=_move(late, after, f"put `{text}` before `{keywords[0].text}`", safe=True),
    )


def _wrong_arrow(comparison: ast.Comparison) -> Problem:
    """The problem of `relu > dense 10`, which compares nothing."""
    from ...grammar.problems.characters import WrongArrow

    source, start = comparison.span.source, comparison.name.span.end
    sign = source.text.index(">", start)
    return WrongArrow(at=Span(source, sign, sign + 1))


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
