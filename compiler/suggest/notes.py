"""The notes of the grammar, completed by those who know the words.

The grammar knows no layer and no statement: it notes that `Linear` is not in lower case, that
`10px` runs together, that `loss = ce` assigns to nothing and that a branch is empty. What was meant
is said in place of the note: one word is one problem.
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
from .owner import SETTINGS, Owner, owner_of

SPELLING = ("E0107", "E0109")
"""The codes of notes on how a word is spelt."""


class Intended(NamedTuple):
    """What a word was meant to be, for the grammar's note on its spelling."""

    word: str | None
    """What to write in its place, where that is all there is to do."""
    nearest: str | None
    advice: str


def report_word(problem: Problem, problems: Problems) -> None:
    """Adds the problem of an unknown word. Where the grammar has noted its spelling, the note with
    the suggestion says all: neither `Linear` nor `linear` is a word of netc."""
    note = problems.note_at(problem.at)
    if note is None or note.code not in SPELLING:
        problems.add(problem)
    else:
        problems.complete(problem.at, lambda note: _completed(note, _intended(problem)))


def report_value(problem: Problem, problems: Problems) -> None:
    """Adds the problem of a value. Of one that begins with a capital letter the grammar has noted
    that text is quoted: of a choice, the note says its spelling, and any other problem says all."""
    from ..problems.options import UnknownChoice

    note = problems.note_at(problem.at)
    if note is None or note.code != "E0107":
        problems.add(problem)
    elif isinstance(problem, UnknownChoice) and problem.suggestion is not None:
        intended = problem.suggestion
        problems.complete(problem.at, lambda note: replace(note, intended=intended))
    else:
        problems.complete(problem.at, lambda _: problem)


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
        return replace(note, intended=intended.word, advice=(intended.advice,))
    if not isinstance(note, NumberRunsIntoWord):
        return note
    if intended.nearest is not None:
        return replace(note, word=intended.nearest)
    return UnknownUnit(at=note.at, number=note.number, unit=note.word, intended=None)


ADVICE: dict[str, tuple[str, ...]] = {
    "E0124": ("`[id]` passes the input through",),
    "E0130": ("start with `input` and the shape of a sample: `input 784 -> ...`",),
    "E0132": ("write `id` for a branch that passes its input through, or remove the `|`",),
    "E0133": (
        "put the branches in the brackets of a merge: `add [p | q]`",
        "layers are joined by `->`",
    ),
    "E0148": ("a network is a pipe of layers: `input 784 -> dense 128 relu -> dense 10 softmax`",),
}
"""What to do about mistakes in the syntax, by code, in the words of the language."""


def complete_notes(
    vocabulary: Vocabulary, statements: Mapping[str, str], problems: Problems
) -> None:
    """Advises in the words of the language what to do about mistakes in the syntax.

    `statements` are those that the spec has, by their first word.
    """
    settings: dict[tuple[Source, str], list[Setting]] = {}
    for note in problems.notes():
        if note.code == "E0146":
            setting = _setting(note, vocabulary, statements)
            if isinstance(setting, Setting):
                settings.setdefault((note.at.source, setting.owner.call), []).append(setting)
            elif setting is not None:
                _replace(note, problems, instead=setting)
            elif (whole := vars(note)["whole"]) is not None:
                word = note.at.source.text[whole.start : note.at.start].strip()
                if word in DIRECTIVES:
                    hint = f"write what follows `{word}` after a space, without parentheses"
                    _replace(note, problems, hint=hint)
        elif note.code == "E0147":
            if vars(note)["is_named"]:
                _replace(note, problems, instead=f"expect {note.at.text}")
            else:
                _replace(note, problems, advice=("write the name first: `expect acc>=98%`",))
        elif advice := ADVICE.get(note.code) or _advice(note):
            _replace(note, problems, advice=advice)
    for group in settings.values():
        _complete_settings(group, problems)


def _replace(note: Problem, problems: Problems, **facts: object) -> None:
    problems.complete(note.at, lambda note: replace(note, **facts))


def _advice(note: Problem) -> tuple[str, ...]:
    """What depends on what was written."""
    text, source = note.at.text, note.at.source.text
    after = source[note.at.end : note.at.end + 1]
    match note.code, vars(note):
        case "E0100", {"found": "`+`"} if source[note.at.end :].lstrip(" \t")[:1] == "@":
            label = source[note.at.end :].split()[0]
            return (f"a label is added with `add {label}`",)
        case "E0114", {"intended": None} if text[:-1].isdecimal() and after not in ("$", "("):
            return (
                f"to repeat layers, write `repeat {text[:-1]} [dense 64 relu]`",
                "a shape is sizes joined by `x`, as in `3x3` or `28x28x1`",
            )
        case "E0125", {"is_between_calls": True}:
            return ("layers are joined by `->`", "tensors are added with `add [p | q]`")
        case "E0138", {"hint": "", "kind": "LSQB"}:
            return ("brackets follow a word: `add [p | q]`, `repeat 2 [p]`",)
        case "E0138", {"hint": "", "kind": "PARAMETER"}:
            return (f"a parameter is a value, used as in `dense {text}`",)
        case "E0138", {"kind": "NUMBER" | "SHAPE", "is_first": True}:
            return (f"the input is written `input {text}`",)
        case "E0138", {"kind": "NUMBER"} if text.isdecimal():
            return (f"a layer of {text} units is `dense {text}`",)
    return ()


class Setting(NamedTuple):
    """`epochs = 5` as a statement of its own."""

    note: Problem
    whole: Span
    owner: Owner
    name: str
    value: str


def _setting(
    note: Problem, vocabulary: Vocabulary, statements: Mapping[str, str]
) -> Setting | str | None:
    """What an assignment was meant to be: an option of a statement, or the statement itself
    (`loss = ce`). None where nobody knows."""
    whole = vars(note)["whole"]
    if whole is None:
        return None
    text = note.at.source.text
    word = text[whole.start : note.at.start].strip()
    rest = text[note.at.end : whole.end].strip()
    if call := re.fullmatch(r"([a-z]\w*)\(([^()]*)\)", rest):
        rest = " ".join([call[1], *call[2].replace(",", " ").split()])
    foreign = translate("statement", word, DIRECTIVES) or translate("option", word, SETTINGS)
    name = (foreign.here if foreign else None) or word
    if name == "input":
        return f"{name} {rest}"
    if name in DIRECTIVES:
        # `opt=(adam)`: what the others of several mean, nobody knows
        alone = re.fullmatch(r"\(\s*([a-z]\w*)\s*,?\s*\)", rest)
        if rest.startswith("(") and not alone:
            return None
        return f"{name} {alone[1] if alone else rest}"
    owner = owner_of(name, vocabulary, statements)
    return None if owner is None else Setting(note, whole, owner, name, rest)


def _complete_settings(group: list[Setting], problems: Problems) -> None:
    """Options of one statement are one mistake, told at the first of them."""
    first, owner = group[0], group[0].owner
    for setting in group:
        owner = owner._replace(written=owner.with_option(setting.name, setting.value))
    _replace(
        first.note,
        problems,
        instead=owner.written,
        whole=first.whole if owner.is_clear else None,
        others=tuple(setting.whole for setting in group[1:]),
    )
    for setting in group[1:]:
        problems.complete(setting.note.at, lambda _: None)
