"""Which words there are, and which class each one is.

The grammar knows no layer and no optimizer. A vocabulary is a value that the caller passes, so
that two programs in one process may speak two vocabularies. Classes are imported when their word
is first met: a spec pays only for the words that it uses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import NamedTuple

from .options import Category, Options


class Entry(NamedTuple):
    """One word: `Entry("layer", "dense", "netc.compiler.layers.dense", "Dense")`."""

    category: Category
    word: str
    module: str
    name: str


@dataclass(slots=True)
class Vocabulary:
    """The words of a language, by category."""

    entries: tuple[Entry, ...]
    _index: dict[tuple[str, str], Entry] = field(default_factory=dict, repr=False)
    _loaded: dict[tuple[str, str], type[Options]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._index.update(((entry.category, entry.word), entry) for entry in self.entries)

    def extended(self, *classes: type[Options]) -> Vocabulary:
        """These words and those of more classes: layers, losses and optimizers.

        Raises TypeError for a class of another kind, ValueError for a word that is taken.
        """
        entries, loaded = list(self.entries), dict(self._loaded)
        for cls in classes:
            if cls.category not in ("layer", "loss", "optimizer"):
                raise TypeError(f"{cls.__name__} is neither a layer nor a loss nor an optimizer")
            if self.has(cls.category, cls.word):
                raise ValueError(f"`{cls.word}` is already a word: choose another")
            entries.append(Entry(cls.category, cls.word, cls.__module__, cls.__qualname__))
            loaded[cls.category, cls.word] = cls
        return Vocabulary(tuple(entries), _loaded=loaded)

    def words(self, category: Category) -> tuple[str, ...]:
        """The words of a category in the order of their list."""
        return tuple(entry.word for entry in self.entries if entry.category == category)

    def has(self, category: Category, word: str) -> bool:
        return (category, word) in self._index

    def get(self, category: Category, word: str) -> type[Options]:
        """The class of a word that `has` knows. Raises KeyError for another."""
        key = (category, word)
        if key not in self._loaded:
            entry = self._index[key]
            self._loaded[key] = getattr(import_module(entry.module), entry.name)
        return self._loaded[key]

    def categories_of(self, word: str) -> tuple[Category, ...]:
        """The categories that know a word: what to say when it is in the wrong place."""
        return tuple(entry.category for entry in self.entries if entry.word == word)
