"""From a word that is unknown at its place to the best suggestion.

Rules are tried in order, and the first that knows something of the word makes the problem.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from ...grammar.problem import Problem
from ...grammar.source import Span
from ...grammar.text import with_article
from ..language.options import Category, options_of
from ..language.statements import CHOOSERS, DIRECTIVES, LOOPS, STATEMENT_OF
from ..language.vocabulary import Vocabulary
from .foreign import Translation, translate
from .owner import SETTINGS, owner_of
from .spelling import near

DECLARATIONS = {
    "let": r"\S+\s+\w+\s*=",
    "use": r'\S+?\s*"',
    "block": r"\S+\s+\w+\s*(\(.*\)\s*)?=\s*[a-z]",
    "netc": r"\S+\s+\d+\.",
}
"""Each with what a call must look like to be one: `let x=1`, `use "file"`, `block b = id`,
`netc 0.1`."""

TRIED = 5
"""How many near words are tried before none is offered as a fix."""


def fits_always(word: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Unknown:
    """A word that is unknown at its place, and what is known there."""

    word: str
    at: Span
    vocabulary: Vocabulary
    known: Collection[str]
    """The words that are possible here."""
    fits: Callable[[str], bool] = fits_always
    """Whether the call would take its arguments if it began with this word."""

    def may_begin_with(self, word: str) -> bool:
        """Whether the word can be written in place of the unknown one."""
        return self.fits(word)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownStage(Unknown):
    """An unknown word in a pipe."""

    begins: bool
    """Whether it begins a statement, where more than layers and blocks is allowed."""
    text: str
    """The whole call."""
    statements: Mapping[str, str] = field(default_factory=dict)
    """The statements of the spec, by their first word."""

    def may_begin_with(self, word: str) -> bool:
        if re.match(DECLARATIONS.get(word, ""), self.text) is None:
            return False
        return self.fits(word)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownStatementWord(Unknown):
    """A word that a statement does not know."""

    directive: str


class Suggestion(NamedTuple):
    """The word that was most likely meant."""

    word: str | None
    is_certain: bool
    """Whether it takes the arguments that are there, and no other word is as near."""


def stages(blocks: Iterable[str], vocabulary: Vocabulary, *, is_statement: bool) -> tuple[str, ...]:
    """The words that are possible in a pipe, or begin a statement."""
    known = (*blocks, *vocabulary.words("layer"), *LOOPS)
    # `expect` is both a layer and a statement.
    return tuple(dict.fromkeys((*known, *DIRECTIVES, *DECLARATIONS))) if is_statement else known


def suggest(word: str, known: Iterable[str], fits: Callable[[str], bool]) -> Suggestion:
    """The nearest word that fits; where none does, the nearest, which is not a fix."""
    candidates = near(word, known)[:TRIED]
    fitting = [item for item in candidates if fits(item.word)]
    if not fitting:
        return Suggestion(candidates[0].word if candidates else None, is_certain=False)
    rivals = [item for item in fitting if item.distance == fitting[0].distance]
    return Suggestion(fitting[0].word, is_certain=len(rivals) == 1)


# Words in a pipe


def stage_problem(unknown: UnknownStage) -> Problem:
    """The problem of a word that no layer and no block has."""
    return _first(STATEMENT_RULES if unknown.begins else PIPE_RULES, unknown)


def _broken_layer(unknown: UnknownStage) -> Problem | None:
    return _broken_word(unknown, "layer")


def _broken_word(unknown: Unknown, category: Category) -> Problem | None:
    """A word of an installed package that cannot be used."""
    broken = unknown.vocabulary.broken(category, unknown.word)
    if broken is None:
        return None
    from ..problems.outside import WordUnusable

    return WordUnusable(
        at=unknown.at,
        word=broken.word,
        category=broken.category,
        package=broken.package,
        reason=broken.reason,
    )


def _foreign_stage(unknown: UnknownStage) -> Problem | None:
    foreign = translate("layer", unknown.word, unknown.known)
    if unknown.begins:
        foreign = translate("statement", unknown.word, unknown.known) or foreign
    return (
        None
        if foreign is None
        else _unknown_layer(unknown, _translated(foreign, unknown), foreign.note)
    )


def _misspelt_stage(unknown: UnknownStage) -> Problem:
    suggestion = suggest(unknown.word, unknown.known, unknown.may_begin_with)
    return _unknown_layer(unknown, suggestion, "")


def _unknown_layer(unknown: UnknownStage, suggestion: Suggestion, note: str) -> Problem:
    from ..problems.names import UnknownLayer

    return UnknownLayer(
        at=unknown.at,
        word=unknown.word,
        nearest=suggestion.word,
        is_certain=suggestion.is_certain,
        starts=unknown.begins,
        note=note,
    )


def _choice_as_stage(unknown: UnknownStage) -> Problem | None:
    """`adam lr=0.1`: a word that a statement chooses."""
    if unknown.begins and unknown.word in SETTINGS and unknown.word != unknown.text:
        return None  # `precision f64` is no metric
    from ..problems.names import WrongPlace

    for category in unknown.vocabulary.categories_of(unknown.word):
        directive = STATEMENT_OF.get(category)
        if directive is not None:
            return WrongPlace(
                at=unknown.at,
                word=unknown.word,
                what=with_article(CHOOSERS[directive].what),
                wanted="a layer",
                instead=f"{directive} {unknown.word}",
                prefix=f"{directive} " if unknown.begins else None,
            )
    return None


def _setting(unknown: UnknownStage) -> Problem | None:
    """`epochs 10`: an option as a statement of its own."""
    from ..problems.names import WrongPlace

    foreign = translate("option", unknown.word, SETTINGS)
    setting = (foreign.here if foreign else None) or unknown.word
    owner = owner_of(setting, unknown.vocabulary, unknown.statements)
    if owner is None:
        return None
    return WrongPlace(
        at=unknown.at,
        word=unknown.word,
        what=("" if setting == unknown.word else f"`{setting}`, ") + f"an option of `{owner.call}`",
        wanted="a statement",
        instead=owner.with_option(setting, _set_to(unknown.text)),
        is_there=owner.is_there,
    )


def _set_to(text: str) -> str:
    """The value that a setting gets, or dots: `epochs 10`, `batch size=32`, `lr (0.1, 0.2)`."""
    rest = text.partition(" ")[2].strip()
    alone = re.fullmatch(r"(?:\w+=)?(\([^()]*\)|[^\s()=]+)", rest)
    found = alone or re.fullmatch(r"[^()]*\s(\d[^\s()]*)", rest)
    return "..." if found is None else found[1]


PIPE_RULES = (_broken_layer, _foreign_stage, _choice_as_stage, _misspelt_stage)
STATEMENT_RULES = (_broken_layer, _choice_as_stage, _setting, _foreign_stage, _misspelt_stage)


# Words that a statement chooses


def choice_problem(unknown: UnknownStatementWord) -> Problem:
    """The problem of a word that a statement does not know."""
    return _first(CHOICE_RULES, unknown)


def _broken_choice(unknown: UnknownStatementWord) -> Problem | None:
    return _broken_word(unknown, CHOOSERS[unknown.directive].category)


def _metric_as_loss(unknown: UnknownStatementWord) -> Problem | None:
    if unknown.directive != "loss" or not unknown.vocabulary.has("metric", unknown.word):
        return None
    from ..problems.contracts import MetricAsLoss

    return MetricAsLoss(at=unknown.at, metric=unknown.word)


def _augmentation_as_prep(unknown: UnknownStatementWord) -> Problem | None:
    written = augmentations(unknown.vocabulary).get(unknown.word)
    if unknown.directive != "prep" or written is None:
        return None
    return prep_or_augment("prep", unknown.word, unknown.at, f"augment {written}")


def _other_category(unknown: UnknownStatementWord) -> Problem | None:
    from ..problems.names import WrongPlace

    for other in unknown.vocabulary.categories_of(unknown.word):
        if other == "layer":
            noun, instead = "layer", f"-> {unknown.word}"
        elif other in STATEMENT_OF:
            noun = CHOOSERS[STATEMENT_OF[other]].what
            instead = f"{STATEMENT_OF[other]} {unknown.word}"
        else:
            continue
        return WrongPlace(
            at=unknown.at,
            word=unknown.word,
            what=with_article(noun),
            wanted=with_article(CHOOSERS[unknown.directive].what),
            instead=instead,
        )
    return None


def _foreign_choice(unknown: UnknownStatementWord) -> Problem | None:
    category = CHOOSERS[unknown.directive].category
    foreign = translate(category, unknown.word, unknown.known)
    return (
        None
        if foreign is None
        else _unknown_word(unknown, _translated(foreign, unknown), foreign.note)
    )


def _misspelt_choice(unknown: UnknownStatementWord) -> Problem:
    return _unknown_word(unknown, suggest(unknown.word, unknown.known, unknown.fits), "")


def _unknown_word(unknown: UnknownStatementWord, suggestion: Suggestion, note: str) -> Problem:
    from ..problems.names import UnknownWord

    return UnknownWord(
        at=unknown.at,
        directive=unknown.directive,
        what=CHOOSERS[unknown.directive].what,
        word=unknown.word,
        known=tuple(unknown.known),
        nearest=suggestion.word,
        is_certain=suggestion.is_certain,
        note=note,
    )


CHOICE_RULES = (
    _broken_choice,
    _metric_as_loss,
    _augmentation_as_prep,
    _other_category,
    _foreign_choice,
    _misspelt_choice,
)


U = TypeVar("U", bound=Unknown)


def _first(rules: Iterable[Callable[[U], Problem | None]], unknown: U) -> Problem:
    return next(problem for rule in rules if (problem := rule(unknown)) is not None)


def _translated(foreign: Translation, unknown: Unknown) -> Suggestion:
    """The word of netc, which is written in place of a foreign one where it takes the rest."""
    here = foreign.here
    return Suggestion(here, is_certain=here is not None and unknown.may_begin_with(here))


# What belongs where


def augmentations(vocabulary: Vocabulary) -> dict[str, str]:
    """The options of `augment`, each as one may write it: `flip=h`."""
    options = options_of(vocabulary.get("directive", "augment"))
    return {option.name: f"{option.name}={option.kind.example()}" for option in options}


def prep_or_augment(directive: str, word: str, at: Span, instead: str) -> Problem:
    """The problem of a word of `prep` after `augment`, or the other way round."""
    from ..problems.training import PrepOrAugment

    return PrepOrAugment(at=at, directive=directive, word=word, instead=instead)
