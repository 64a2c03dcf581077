"""What the grammar said of a word, said better once it is known what words there are.

The grammar knows no layer and no statement: it can say that `Linear` is not in small letters, that
`10px` runs together and that `loss = ce` assigns to nothing, but not what was meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ...grammar import ast
from ...grammar.problem import Problem, Problems
from ...grammar.source import Span
from ..language.vocabulary import Vocabulary


def is_respelt(name: str, at: Span) -> bool:
    """Whether a word was written with large letters, which is said already."""
    return at.text != name and at.text.lower() == name


def runs_on(at: Span) -> bool:
    """Whether a word stands right behind a number, which is said already."""
    before = at.source.text[at.start - 1] if at.start else ""
    return before.isdigit() and at.source.text[at.start].isalpha()


def amend_word(problem: Problem, problems: Problems) -> None:
    """The known word takes the place of the unknown one in what was said of its spelling.

    `Linear` is no word of netc, and neither is `linear`: the way out is `dense`. And what stands
    right behind a number and is no word, as in `10px`, was meant as a unit.
    """
    from ...grammar.problems.characters import WordNotLowerCase
    from ...grammar.problems.numbers import NumberRunsIntoWord, UnknownUnit

    nearest = getattr(problem, "nearest", None)
    for index, said in enumerate(problems.found):
        if said.at.source is not problem.at.source or said.at.end != problem.at.end:
            continue
        if isinstance(said, WordNotLowerCase) and said.at == problem.at and nearest:
            problems.found[index] = replace(said, meant=nearest)
        elif isinstance(said, NumberRunsIntoWord) and nearest:
            problems.found[index] = replace(said, word=nearest)
        elif isinstance(said, NumberRunsIntoWord):
            problems.found[index] = UnknownUnit(
                at=said.at, calls=said.calls, number=said.number, unit=said.word, meant=None
            )


def amend_assignments(
    file: ast.File, vocabulary: Vocabulary, statements: Mapping[str, str], problems: Problems
) -> None:
    """`loss = ce` and `epochs = 10` are statements with a `=` too many, and no constants."""
    if not any(broken.word for broken in file.broken):
        return
    from ...grammar.problems.declarations import WrongAssignment
    from ..resolve.words import DIRECTIVES, SETTINGS, owner_of
    from .foreign import translate

    for index, said in enumerate(problems.found):
        if not isinstance(said, WrongAssignment) or said.whole is None:
            continue
        if said.at.source is not file.source:
            continue
        text = said.at.source.text
        word = text[said.whole.start : said.at.start].strip()
        rest = text[said.at.end : said.whole.end].strip()
        if call := re.fullmatch(r"([a-z]\w*)\(([^()]*)\)", rest):
            rest = " ".join([call[1], *call[2].replace(",", " ").split()])
        foreign = translate("statement", word, DIRECTIVES) or translate("option", word, SETTINGS)
        name = (foreign.here if foreign else None) or word
        if name in (*DIRECTIVES, "input"):
            problems.found[index] = replace(said, instead=f"{name} {rest}")
        elif (owner := owner_of(name, vocabulary, statements)) is not None:
            # No fix: another such line may say the same statement.
            instead = owner.with_option(name, rest)
            problems.found[index] = replace(said, instead=instead, whole=None)
