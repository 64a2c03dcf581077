"""What a word is known as, for those who meet it in a place where it does not belong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from ...grammar.problem import Problem
from ...grammar.source import Span
from ..language.options import Category, options_of
from ..language.vocabulary import Vocabulary
from ..suggest.spelling import closest
from .survey import LOOPS


class Chooser(NamedTuple):
    """A statement whose first word chooses a class."""

    category: Category
    what: str


CHOOSERS: dict[str, Chooser] = {
    "data": Chooser("data", "data source"),
    "loss": Chooser("loss", "loss"),
    "opt": Chooser("optimizer", "optimizer"),
    "schedule": Chooser("schedule", "schedule"),
    "reg": Chooser("regularizer", "regularizer"),
    "stop": Chooser("stop", "stop"),
    "tune": Chooser("tuner", "search"),
    "metric": Chooser("metric", "metric"),
    "prep": Chooser("prep", "preparation"),
}

DIRECTIVES = (*CHOOSERS, "augment", "train", "kfold", "expect", "init")
"""Every word that is a statement of its own. `expect` is also a layer."""

STATEMENT_OF: dict[Category, str] = {
    chooser.category: directive for directive, chooser in CHOOSERS.items()
}


def is_word(name: str, vocabulary: Vocabulary) -> bool:
    """Whether a block may not take this name."""
    return name in DIRECTIVES or name in LOOPS or name == "id" or vocabulary.has("layer", name)


def with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


SETTINGS = ("epochs", "batch", "seed", "lr", "precision")
"""Options that are met as statements of their own, under the names of other frameworks too."""

Nearest = Callable[[str, Iterable[str]], str | None]
"""Finds the known word that is nearest to a misspelt one."""


def unknown_layer(
    name: str,
    at: Span,
    calls: tuple[Span, ...],
    blocks: Iterable[str],
    vocabulary: Vocabulary,
    nearest: Nearest,
    *,
    starts_statement: bool,
    text: str,
    statements: Mapping[str, str],
) -> Problem:
    """The problem of a word that no layer and no block has: known elsewhere, or misspelt."""
    from ..problems.names import UnknownLayer, WrongPlace
    from ..suggest.foreign import translate

    known = [*blocks, *vocabulary.words("layer"), *LOOPS]
    if starts_statement:
        known += [*DIRECTIVES, "let", "use", "block", "netc"]
    foreign = translate("layer", name, known)
    if starts_statement:
        foreign = translate("statement", name, known) or foreign
    for category in () if foreign and not starts_statement else vocabulary.categories_of(name):
        if category in STATEMENT_OF:
            directive = STATEMENT_OF[category]
            return WrongPlace(
                at=at,
                calls=calls,
                word=name,
                what=with_article(CHOOSERS[directive].what),
                wanted="a layer",
                instead=f"{directive} {name}",
                prefix=f"{directive} " if starts_statement else None,
            )
    option = translate("option", name, SETTINGS) if starts_statement else None
    setting = (option.here if option else None) or name
    if starts_statement and (owner := owner_of(setting, vocabulary, statements)) is not None:
        words = text.split()
        value = words[-1] if len(words) == 2 or words[-1][:1].isdigit() else "..."
        return WrongPlace(
            at=at,
            calls=calls,
            word=name,
            what=("" if setting == name else f"`{setting}`, ") + f"an option of `{owner.call}`",
            wanted="a statement",
            instead=owner.with_option(setting, value),
            is_there=owner.is_there,
        )
    return UnknownLayer(
        at=at,
        calls=calls,
        word=name,
        nearest=foreign.here if foreign else nearest(name, known),
        starts=starts_statement,
        note=foreign.note if foreign else "",
    )


class Owner(NamedTuple):
    """The statement that an option belongs to."""

    call: str
    """`train`, `opt adam`."""
    written: str
    """The whole of it where the spec has it already: `opt adam lr=0.1`; or the same as `call`."""
    is_there: bool
    """Whether the spec has it."""

    def with_option(self, name: str, value: str) -> str:
        """The statement with the option."""
        rest = re.sub(rf" {name}=\S+", "", self.written)
        return f"{rest} {name}={value}"


def owner_of(name: str, vocabulary: Vocabulary, statements: Mapping[str, str]) -> Owner | None:
    """The statement that an option belongs to: `train` for `epochs`, the optimizer for `lr`.

    `statements` are those that the spec has, by their first word.
    """

    def has(category: Category, word: str) -> bool:
        if not vocabulary.has(category, word):
            return False
        return any(option.name == name for option in options_of(vocabulary.get(category, word)))

    if has("directive", "train"):
        return Owner("train", statements.get("train", "train"), "train" in statements)
    written = statements.get("opt", "")
    chosen = written.split()[1] if len(written.split()) > 1 else ""
    if has("optimizer", chosen):
        return Owner(f"opt {chosen}", written, is_there=True)
    return Owner("opt sgd", "opt sgd", is_there=False) if has("optimizer", "sgd") else None


def unknown_choice(
    directive: str, name: str, at: Span, blocks: Iterable[str], vocabulary: Vocabulary
) -> Problem:
    """The problem of a word that a statement does not know."""
    from ..problems.names import UnknownWord, WrongPlace
    from ..suggest.foreign import translate

    category, what = CHOOSERS[directive]
    if directive == "loss" and vocabulary.has("metric", name):
        from ..problems.contracts import MetricAsLoss

        return MetricAsLoss(at=at, metric=name)
    if directive == "prep" and name in augmentations(vocabulary):
        return prep_or_augment(directive, name, at, f"augment {augmentations(vocabulary)[name]}")
    for other in vocabulary.categories_of(name):
        if other == "layer":
            noun, instead = "layer", f"-> {name}"
        elif other in STATEMENT_OF:
            noun = CHOOSERS[STATEMENT_OF[other]].what
            instead = f"{STATEMENT_OF[other]} {name}"
        else:
            continue
        return WrongPlace(
            at=at,
            word=name,
            what=with_article(noun),
            wanted=with_article(what),
            instead=instead,
        )
    known = vocabulary.words(category)
    foreign = translate(category, name, known)
    return UnknownWord(
        at=at,
        directive=directive,
        what=what,
        word=name,
        known=known,
        nearest=foreign.here if foreign else closest(name, known),
        note=foreign.note if foreign else "",
    )


def augmentations(vocabulary: Vocabulary) -> dict[str, str]:
    """The options of `augment`, each as one may write it: `flip=h`."""
    options = options_of(vocabulary.get("directive", "augment"))
    return {option.name: f"{option.name}={option.kind.example()}" for option in options}


def prep_or_augment(directive: str, word: str, at: Span, instead: str) -> Problem:
    """The problem of a word of `prep` after `augment`, or the other way round."""
    from ..problems.training import PrepOrAugment

    return PrepOrAugment(at=at, directive=directive, word=word, instead=instead)
