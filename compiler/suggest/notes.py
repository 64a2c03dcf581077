"""The notes of the grammar, completed by those who know the words.

The grammar knows no layer and no statement: it notes that `Linear` is not in lower case, that
`10px` runs together and that `loss = ce` assigns to nothing. What was meant is said in place of the
note: one word is one problem.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from ...grammar.problem import Problem, Problems
from ...grammar.source import Source, Span
from ..language.statements import DIRECTIVES
from ..language.vocabulary import Vocabulary
from .foreign import translate
from .owner import SETTINGS, owner_of


class Intended(NamedTuple):
    """What a word was meant to be, for the grammar's note on its spelling."""

    word: str | None
    """What to write in its place, where that is all there is to do."""
    nearest: str | None
    advice: str


def report_word(problem: Problem, problems: Problems) -> None:
    """Adds the problem of an unknown word. Where the grammar has noted its spelling, the note with
    the suggestion says all: neither `Linear` nor `linear` is a word of netc."""
    if not problems.complete(problem.at, lambda note: _completed(note, _intended(problem))):
        problems.add(problem)


def is_unit(at: Span, problems: Problems) -> bool:
    """Whether a word comes right after a number, as in `epochs=10px`."""
    note = problems.note_at(at)
    if note is None:
        return False
    from ...grammar.problems.numbers import NumberRunsIntoWord

    return isinstance(note, NumberRunsIntoWord)


def report_unit(at: Span, problems: Problems) -> None:
    """Reports that a word right after a number is not a unit."""
    problems.complete(at, lambda note: _completed(note, Intended(None, None, "")))


def _intended(problem: Problem) -> Intended:
    from ..problems.names import UnknownLayer, UnknownWord, WrongPlace

    if isinstance(problem, UnknownLayer | UnknownWord):
        word = problem.nearest if problem.is_certain else None
        return Intended(word, problem.nearest, problem.note or problem.label() or problem.message())
    advice = next(iter(problem.help()), problem.message())
    if isinstance(problem, WrongPlace) and problem.prefix is not None:
        return Intended(problem.instead, None, advice)
    return Intended(None, None, advice)


def _completed(note: Problem, intended: Intended) -> Problem:
    """What comes right after a number and is not a word, as in `10px`, was meant as a unit."""
    from ...grammar.problems.characters import WordNotLowerCase
    from ...grammar.problems.numbers import NumberRunsIntoWord, UnknownUnit

    if isinstance(note, WordNotLowerCase):
        return replace(note, intended=intended.word, advice=intended.advice)
    if not isinstance(note, NumberRunsIntoWord):
        return note
    if intended.nearest is not None:
        return replace(note, word=intended.nearest)
    return UnknownUnit(at=note.at, number=note.number, unit=note.word, intended=None)


def complete_assignments(
    source: Source, vocabulary: Vocabulary, statements: Mapping[str, str], problems: Problems
) -> None:
    """`loss = ce` and `epochs = 10` are statements with a `=` too many, and no constants."""
    for note in problems.notes():
        if note.at.source is source:
            problems.complete(note.at, lambda note: _as_statement(note, vocabulary, statements))


def _as_statement(note: Problem, vocabulary: Vocabulary, statements: Mapping[str, str]) -> Problem:
    """The note on a `=` with the statement that was meant, where it is one."""
    from ...grammar.problems.declarations import WrongAssignment

    if not isinstance(note, WrongAssignment) or note.whole is None:
        return note
    text = note.at.source.text
    word = text[note.whole.start : note.at.start].strip()
    rest = text[note.at.end : note.whole.end].strip()
    if call := re.fullmatch(r"([a-z]\w*)\(([^()]*)\)", rest):
        rest = " ".join([call[1], *call[2].replace(",", " ").split()])
    foreign = translate("statement", word, DIRECTIVES) or translate("option", word, SETTINGS)
    name = (foreign.here if foreign else None) or word
    if name in (*DIRECTIVES, "input"):
        return replace(note, instead=f"{name} {rest}")
    owner = owner_of(name, vocabulary, statements)
    if owner is None:
        return note
    # No fix: another such line may say the same statement.
    return replace(note, instead=owner.with_option(name, rest), whole=None)
