"""What the formatter knows of a vocabulary's words."""

from __future__ import annotations

from dataclasses import dataclass

from ..grammar.format.values import FormatWords
from .language.options import options_of
from .language.statements import CHOOSERS
from .language.vocabulary import Vocabulary
from .layers.layer import Arity, Layer

SEQUENCES = ("prep", "metric")
"""Statements in which the order of the arguments means something."""


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
        if not self.is_layer(word):
            return False
        cls = self._layer(word)
        return cls.keeps_shape and not any(option.required for option in options_of(cls))

    def is_layer(self, word: str) -> bool:
        """Whether it computes something: a word after `expect` is a layer of its own."""
        if not self.vocabulary.has("layer", word):
            return False
        cls = self._layer(word)
        return cls.arity is not Arity.NONE and not cls.passes_through

    def _layer(self, word: str) -> type[Layer]:
        cls = self.vocabulary.get("layer", word)
        assert issubclass(cls, Layer)
        return cls
