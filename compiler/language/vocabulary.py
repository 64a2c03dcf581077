"""Which words there are, and which class each one is.

The grammar knows no layer and no optimizer. A vocabulary is a value that the caller passes, so
that two programs in one process may speak two vocabularies. Classes are imported when their word
is first met: a spec pays only for the words that it uses. Installed packages are looked through
when a word is met that netc itself does not have, or when all words are listed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from .options import ADDED, Category, Options

if TYPE_CHECKING:
    from .outside import BrokenWord, Installed, OutsideWord


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
    """Those that are known from the start."""
    find: Callable[[], Installed] | None = None
    """Gives the words of installed packages; None: they are not looked at."""
    _index: dict[tuple[str, str], Entry] = field(default_factory=dict, repr=False)
    _loaded: dict[tuple[str, str], type[Options]] = field(default_factory=dict, repr=False)
    _outside: dict[tuple[str, str], list[OutsideWord]] | None = field(default=None, repr=False)
    """What the packages bring, of which nothing is imported yet; None before it was asked for."""
    _broken: dict[tuple[str, str], BrokenWord] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._index.update(((entry.category, entry.word), entry) for entry in self.entries)

    def extended(self, *classes: type[Options]) -> Vocabulary:
        """These words and those of more classes: layers, losses, optimizers and data sources.

        Raises TypeError for a class of another kind, ValueError for a word that is taken.
        """
        entries, loaded = list(self.entries), dict(self._loaded)
        for cls in classes:
            if getattr(cls, "category", None) not in ADDED:
                name = getattr(cls, "__name__", repr(cls))
                raise TypeError(
                    f"{name} is neither a layer nor a loss nor an optimizer nor a data source"
                )
            if self.is_own(cls.category, cls.word):
                raise ValueError(f"`{cls.word}` is already a word: choose another")
            entries.append(Entry(cls.category, cls.word, cls.__module__, cls.__qualname__))
            loaded[cls.category, cls.word] = cls
        return Vocabulary(tuple(entries), self.find, _loaded=loaded)

    def words(self, category: Category) -> tuple[str, ...]:
        """The words of a category in the order of their list, those of packages last."""
        own = tuple(entry.word for entry in self.entries if entry.category == category)
        return (*own, *(word for kind, word in self._brought() if kind == category))

    def is_own(self, category: Category, word: str) -> bool:
        """Whether it is a word without any package."""
        entry = self._index.get((category, word))
        return entry is not None and entry in self.entries

    def has(self, category: Category, word: str) -> bool:
        return (category, word) in self._index or self._take_up(category, word)

    def get(self, category: Category, word: str) -> type[Options]:
        """The class of a word that `has` knows. Raises KeyError for another."""
        key = (category, word)
        if key not in self._loaded:
            entry = self._index[key]
            self._loaded[key] = getattr(import_module(entry.module), entry.name)
        return self._loaded[key]

    def categories_of(self, word: str) -> tuple[Category, ...]:
        """The categories that know a word: what to say when it is in the wrong place."""
        own = tuple(entry.category for entry in self.entries if entry.word == word)
        return (*own, *(kind for kind, known in self._brought(word) if known == word))

    def every_word(self) -> tuple[tuple[Category, str], ...]:
        """All words with their categories, those of packages last."""
        return (*((entry.category, entry.word) for entry in self.entries), *self._brought())

    def broken(self, category: Category, word: str) -> BrokenWord | None:
        """Why a word of a package cannot be used; None where that is not so."""
        return None if self.has(category, word) else self._broken.get((category, word))

    def all_broken(self) -> tuple[BrokenWord, ...]:
        """Every word of a package that cannot be used."""
        self._brought()
        return tuple(self._broken.values())

    # Packages

    def _packages(self) -> dict[tuple[str, str], list[OutsideWord]]:
        """What the packages bring; looked up once."""
        if self._outside is None:
            self._outside = {}
            installed = None if self.find is None else self.find()
            for broken in () if installed is None else installed.broken:
                self._broken[broken.category, broken.word] = broken
            for found in () if installed is None else installed.words:
                self._outside.setdefault((found.category, found.word), []).append(found)
        return self._outside

    def _brought(self, word: str | None = None) -> tuple[tuple[Category, str], ...]:
        """The words that packages bring and that can be used; with a word, only such ones."""
        keys = [found[0][:2] for found in self._packages().values()]
        return tuple(
            key
            for key in keys
            if word in (None, key[1]) and self._take_up(*key) and not self.is_own(*key)
        )

    def _take_up(self, category: Category, word: str) -> bool:
        """Imports a word of a package; False where there is none, or it cannot be used."""
        key = (category, word)
        if self.find is None or category not in ADDED or key in self._broken:
            return False
        candidates = self._packages().get(key)
        if not candidates:
            return False
        if key in self._loaded and key in self._index and not self.is_own(*key):
            return True
        from .outside import choose_word

        chosen = choose_word(candidates, taken=self.is_own(category, word))
        if not isinstance(chosen, type):
            self._broken[key] = chosen
            return False
        self._loaded[key] = chosen
        self._index[key] = Entry(category, word, chosen.__module__, chosen.__qualname__)
        return True


def need_vocabulary(value: object) -> None:
    """Raises TypeError for anything but a vocabulary, such as a class of a word."""
    if not isinstance(value, Vocabulary):
        raise TypeError(
            f"a vocabulary is what `netc.vocabulary(...)` gives, not {type(value).__name__}"
        )
