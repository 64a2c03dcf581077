"""The statements beside the network, and the words of a pipe that are neither layer nor block."""

from __future__ import annotations

from typing import NamedTuple

from .options import Category
from .vocabulary import Vocabulary


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
    "stop": Chooser("stop", "stopping rule"),
    "tune": Chooser("tuner", "search"),
    "metric": Chooser("metric", "metric"),
    "prep": Chooser("prep", "preprocessing step"),
}

DIRECTIVES = (*CHOOSERS, "augment", "train", "kfold", "expect", "init")
"""Every word that is a statement of its own. `expect` is also a layer."""

STATEMENT_OF: dict[Category, str] = {
    chooser.category: directive for directive, chooser in CHOOSERS.items()
}

LOOPS = ("repeat", "each")
"""The calls whose brackets may be expanded more than once."""


def is_word(name: str, vocabulary: Vocabulary) -> bool:
    """Whether a block may not take this name. It may take that of a word of a package, which a spec
    of before must not break on."""
    return name in DIRECTIVES or name in LOOPS or name == "id" or vocabulary.is_own("layer", name)
