"""Sorts the arguments of a call: values, `key=value`, brackets, and the words after them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ...grammar import ast
from ...grammar.problem import Edit, Fix, Problem
from ...grammar.source import Span
from ..language.options import Options, options_of
from ..layers.layer import Arity, Layer
from ..suggest.spelling import closest

BRACKETS = re.compile(r"\[.*\]", re.DOTALL)


class Signature(NamedTuple):
    """What the call of a layer or block takes."""

    options: tuple[str, ...]
    places: int | None
    """How many values it takes without a name; None when there is no limit."""
    names: tuple[str, ...]
    """The options that these values are."""
    takes_brackets: bool = False

    def may_mean(self, key: str) -> bool:
        """Whether a key is one of the options, rightly spelt or not."""
        return key in self.options or closest(key, self.options) is not None


def signature_of(cls: type[Options]) -> Signature:
    """What the call of a layer takes. A merge takes as many labels as there are."""
    merges = issubclass(cls, Layer) and cls.arity is Arity.MANY
    options = tuple(option.name for option in options_of(cls))
    return Signature(options, None if merges else len(cls.positional), cls.positional, merges)


Takes = Callable[[str], Signature | None]
"""What the layer or block with a name takes; None for a word that is none."""

IsWord = Callable[[ast.Parameter], bool]
"""Whether a `$name` may be a layer: whether its value is a word, or is not known."""


class Sorted(NamedTuple):
    """The arguments of one call by what they are."""

    values: tuple[ast.Value, ...]
    keywords: tuple[ast.Keyword, ...]
    branches: tuple[ast.Branches, ...]
    words: tuple[ast.Call | ast.Parameter, ...]
    """What follows the call: each word as a call of its own. A `$name` after a word is one too,
    if its value is a word."""
    in_order: int
    """How many of the values are in the right place; the others are reported."""
    problems: tuple[Problem, ...]
    fixed: bool
    """True when no argument reads a name, so that every expansion gives the same options."""
    incomplete: bool
    """True when an argument was left out because it is not a value."""
    head: Span
    """The call without the words after it: `conv 64 3x3` of `conv 64 3x3 bn relu`."""

    @property
    def own(self) -> tuple[ast.Value | ast.Keyword | ast.Branches, ...]:
        """What belongs to the call itself."""
        return (*self.values, *self.keywords, *self.branches)

    @property
    def holds_only_words(self) -> bool:
        """Whether a call has words, but neither brackets nor labels: `add dense 64 id`."""
        if not self.words or self.branches:
            return False
        return not any(isinstance(value, ast.Reference) for value in self.values)


def sort_arguments(
    call: ast.Call, takes: Takes, is_word: IsWord = lambda parameter: True
) -> Sorted:
    """The arguments of a layer, block or loop.

    A misplaced one is reported and still goes where it belongs, so that it costs one error.
    """
    if not call.arguments:
        return Sorted((), (), (), (), 0, (), True, False, call.span)
    found = _Found(call, takes, is_word, call.name.span, first_keyword(call))
    for argument in call.arguments:
        _sort(found, argument)
        if not found.words and not isinstance(argument, ast.Comparison):
            found.last = argument.span
    found.end_word()
    if found.late:
        found.problems.append(after_keyword(call, found.late))
    return Sorted(
        tuple(found.values),
        tuple(found.keywords),
        tuple(found.branches),
        tuple(found.words),
        found.in_order,
        tuple(found.problems),
        found.fixed,
        found.incomplete,
        Span(call.span.source, call.span.start, found.last.end),
    )


@dataclass(slots=True)
class _Found:
    """What the arguments so far are."""

    call: ast.Call
    takes: Takes
    is_word: IsWord
    last: Span
    """The end of what precedes the words."""
    late_from: int
    """Where the first `key=value` ends."""
    values: list[ast.Value] = field(default_factory=list)
    keywords: list[ast.Keyword] = field(default_factory=list)
    branches: list[ast.Branches] = field(default_factory=list)
    words: list[ast.Call | ast.Parameter] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    fixed: bool = True
    incomplete: bool = False
    in_order: int = 0
    given: list[ast.Argument] = field(default_factory=list)
    """What goes to the last word."""
    run: tuple[Span, _Place, int] | None = None
    """What follows the same word, one after the other: from the first to the last, where it
    goes, and how many values were given before the last."""
    has_parameter: bool = False
    """Whether one of the values is a `$name`."""
    late: list[Span] = field(default_factory=list)
    """The values after a `key=value`."""
    after_arrow: bool = False
    """Whether the last word follows a `>` that was meant as `->`, and has arguments."""

    def add_words(self, *words: ast.Call | ast.Parameter) -> None:
        self.end_word()
        self.words += words

    def give(self, argument: ast.Argument) -> None:
        """Gives an argument to the last word, which needs a `->` for it."""
        first = self.run[0] if self.run else argument.span
        place = _Place(with_word=True, is_safe=True)
        self.run = (first.to(argument.span), place, len(self.values))
        self.given.append(argument)

    def end_run(self) -> None:
        """Reports what follows a word."""
        if self.run is not None:
            self.problems.append(_misplaced(self, *self.run))
            self.run = None

    def end_word(self) -> None:
        """Makes what goes to the last word its arguments."""
        self.end_run()
        if self.given:
            word = self.words[-1]
            assert isinstance(word, ast.Call)
            span = word.span.to(self.given[-1].span)
            self.words[-1] = ast.Call(word.name, (*word.arguments, *self.given), span)
            self.given = []


def _sort(found: _Found, argument: ast.Argument) -> None:
    match argument:
        case ast.Name():
            found.add_words(ast.Call(argument, (), argument.span))
            found.after_arrow = False
        case ast.Comparison(value=ast.Name() as preceding) if argument.operator == ">":
            found.problems.append(_wrong_arrow(argument))
            found.add_words(*(ast.Call(name, (), name.span) for name in (argument.name, preceding)))
            found.after_arrow = True
        case ast.Comparison():
            found.problems.append(_comparison(found.call, argument))
            found.incomplete = True
        case ast.Branches():
            _sort_brackets(found, argument)
        case _ if found.after_arrow:
            found.given.append(argument)
        case ast.Parameter() if found.words and found.is_word(argument):
            found.add_words(argument)
        case ast.Keyword():
            _sort_keyword(found, argument)
        case _:
            _sort_value(found, argument)


def _sort_brackets(found: _Found, branches: ast.Branches) -> None:
    """Brackets go to a word that takes them where the call takes none: `relu concat [p | q]`."""
    word = _signature(found.words[-1], found.takes) if found.words else None
    own = found.takes(found.call.name.text)
    if word is None or not word.takes_brackets or (own is not None and own.takes_brackets):
        found.branches.append(branches)
        return
    found.give(branches)


def _sort_keyword(found: _Found, keyword: ast.Keyword) -> None:
    found.fixed = found.fixed and _is_literal(keyword.value)
    if found.given and found.run is not None:
        # The word has arguments of its own, so this is one more of them.
        taker = _signature(found.words[-1], found.takes)
        if taker is not None and taker.may_mean(keyword.key.text):
            found.give(keyword)
            return
    found.end_run()
    if found.words:
        place = _place_of(found.call, keyword, found.words[-1], found.takes)
        if place.is_clear:
            found.problems.append(_misplaced(found, keyword.span, place))
        if place.with_word:
            found.given.append(keyword)
            return
    found.keywords.append(keyword)


def _sort_value(found: _Found, value: ast.Value) -> None:
    found.fixed = found.fixed and _is_literal(value)
    if found.words:
        signature = _signature(found.words[-1], found.takes)
        if signature is None and isinstance(found.words[-1], ast.Call):
            found.given.append(value)  # An unknown word, which is all that there is to say.
            return
        if signature is not None and signature.places != 0:
            found.give(value)
            return
        first = found.run[0] if found.run else value.span
        place = _Place(with_word=False, is_safe=False)
        found.run = (first.to(value.span), place, len(found.values))
    elif found.keywords and value.span.start >= found.late_from and _has_place(found, value):
        found.late.append(value.span)
    found.in_order += not found.words
    found.values.append(value)
    found.has_parameter = found.has_parameter or isinstance(value, ast.Parameter)


class _Place(NamedTuple):
    """Where an argument goes that follows a word."""

    with_word: bool
    """To the word, rather than to the call."""
    is_safe: bool
    """Whether nothing else can have been meant."""
    is_clear: bool = True
    """Whether one of the two takes it. Otherwise it is unknown, which is all there is to say."""


def _signature(word: ast.Call | ast.Parameter, takes: Takes) -> Signature | None:
    return takes(word.name.text) if isinstance(word, ast.Call) else None


def _place_of(
    call: ast.Call, keyword: ast.Keyword, preceding: ast.Call | ast.Parameter, takes: Takes
) -> _Place:
    """Where an option goes: to the word if only that may have it, otherwise to the call."""
    key = keyword.key.text
    own, other = takes(call.name.text), _signature(preceding, takes)
    if own is None:
        return _Place(with_word=False, is_safe=False)
    has_own, has_other = key in own.options, other is not None and key in other.options
    if not has_own and not has_other:
        may_own, may_other = own.may_mean(key), other is not None and other.may_mean(key)
        is_unknown = other is None and isinstance(preceding, ast.Call) and not may_own
        return _Place(
            with_word=is_unknown or (may_other and not may_own),
            is_safe=may_own != may_other,
            is_clear=may_own or may_other,
        )
    return _Place(with_word=not has_own, is_safe=not (has_own and has_other))


def _has_place(found: _Found, value: ast.Value) -> bool:
    """Whether a value after a `key=value` would be right before it. Where it is one too many, or
    the second for its option, that is the mistake."""
    own = found.takes(found.call.name.text)
    if own is None or own.places is None or isinstance(value, ast.Parameter | ast.Reference):
        return True
    if found.has_parameter:
        return True
    count = len(found.values)
    return count < own.places and all(
        keyword.key.text != own.names[count] for keyword in found.keywords
    )


def _is_literal(value: ast.Value) -> bool:
    if isinstance(value, ast.List):
        return all(isinstance(item, ast.Number | ast.Shape | ast.Name) for item in value.items)
    return isinstance(value, ast.Number | ast.Shape | ast.Name | ast.String)


def move(argument: Span, after: Span, title: str, *, safe: bool) -> Fix:
    """The fix that takes an argument out and puts it after another place."""
    return _move((argument,), after, title, safe=safe)


def _move(arguments: Sequence[Span], after: Span, title: str, *, safe: bool) -> Fix:
    text = after.source.text
    insert = after.after
    edits = [Edit(insert, "".join(f" {argument.text}" for argument in arguments))]
    for argument in arguments:
        start = argument.start
        while start > after.end and text[start - 1] in " \t":
            start -= 1
        edits.append(Edit(Span(argument.source, start, argument.end), ""))
    return Fix(title, tuple(edits), safe=safe)


def _misplaced(found: _Found, at: Span, place: _Place, given: int = -1) -> Problem:
    """The problem of an argument after a word. Of values, so many are `given` before them."""
    from ..problems.calls import ArgumentOrder

    call, preceding, last = found.call, found.words[-1], found.last
    name = preceding.name.text if isinstance(preceding, ast.Call) else f"${preceding.name}"
    text = at.text
    brief = BRACKETS.sub("[...]", text)
    own = found.takes(call.name.text)
    is_full = given >= 0 and own is not None and own.places is not None and given >= own.places
    fix: Fix | None = None
    if place.with_word:
        edit = Edit(preceding.span.before, "-> ")
        fix = Fix(f"write `-> {name} {brief}`", (edit,), safe=place.is_safe)
    elif not is_full:
        title = f"move `{text}` before `{name}`, after `{last.text}`"
        fix = move(at, last, title, safe=place.is_safe)
    return ArgumentOrder(
        at=at,
        call=call.name.text,
        text=brief if place.with_word else text,
        preceding=name,
        is_word=True,
        moved=fix,
        needs_arrow=place.with_word,
    )


def first_keyword(call: ast.Call) -> int:
    """Where the first `key=value` ends in the text. Where parentheses were removed, the
    arguments come in another order than they are written."""
    ends = [item.span.end for item in call.arguments if isinstance(item, ast.Keyword)]
    return min(ends, default=call.span.end)


def after_keyword(call: ast.Call, late: Sequence[Span]) -> Problem:
    """The problem of values that follow a `key=value`."""
    from ..problems.calls import ArgumentOrder

    keywords = [item.span for item in call.arguments if isinstance(item, ast.Keyword)]
    before = [item.span for item in call.arguments if item.span.end <= keywords[0].start]
    after = before[-1] if before else call.name.span
    text = " ".join(value.text for value in late)
    preceding = next(key.text for key in reversed(keywords) if key.end <= late[0].start)
    return ArgumentOrder(
        at=late[0],
        call=call.name.text,
        text=text,
        preceding=preceding,
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
