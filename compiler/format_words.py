"""What the formatter knows of a vocabulary's words."""

from __future__ import annotations

from dataclasses import dataclass

from ..grammar.format.values import FormatWords
from .language.options import options_of
from .language.vocabulary import Vocabulary
from .layers.layer import Layer
from .resolve.words import CHOOSERS

SEQUENCES = ("prep", "metric")
"""Statements in which the order of the arguments means something."""

NOT_FOLLOWED = ("input", "expect", "id")
"""Layers that compute nothing: a word behind them reads as theirs and is not."""


def format_words(vocabulary: Vocabulary) -> FormatWords:
    """The words of a vocabulary for `format_file`."""
    return _Words(vocabulary)


@dataclass(frozen=True, slots=True)
class _Words:
    vocabulary: Vocabulary

    def option_order(self, call: str, word: str | None) -> tuple[str, ...]:
        known = self.vocabulary
        if call in SEQUENCES:
            return ()
        if call in CHOOSERS:
            category = CHOOSERS[call].category
            chosen = word if word is not None and known.has(category, word) else None
            if chosen is None and call == "stop":
                chosen = "patience"
            cls = known.get(category, chosen) if chosen is not None else None
        elif known.has("directive", call):
            cls = known.get("directive", call)
        elif known.has("layer", call):
            cls = known.get("layer", call)
        else:
            cls = None
        return () if cls is None else tuple(option.name for option in options_of(cls))

    def folds(self, word: str) -> bool:
        if word in NOT_FOLLOWED or not self.is_layer(word):
            return False
        cls = self.vocabulary.get("layer", word)
        needs = any(option.required for option in options_of(cls))
        return issubclass(cls, Layer) and cls.keeps_shape and not needs

    def is_layer(self, word: str) -> bool:
        return word not in NOT_FOLLOWED and self.vocabulary.has("layer", word)
