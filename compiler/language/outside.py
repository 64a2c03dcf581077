"""Words that installed packages bring: entry points of the group `netc.words`.

    [project.entry-points."netc.words"]
    "layer.mish" = "netc_mish:Mish"

The name says the category and the word, so that nothing is imported before the word is used. To
look through all installed packages takes longer than a check, so it is done when a word is met that
neither netc nor the spec knows, and when words are listed.
"""

from __future__ import annotations

import os
import traceback
from importlib.metadata import EntryPoint, entry_points
from typing import NamedTuple

from .options import ADDED, Category, Options

GROUP = "netc.words"


class OutsideWord(NamedTuple):
    """A word of an installed package, whose class is not imported yet."""

    category: Category
    word: str
    package: str
    point: EntryPoint


class BrokenWord(NamedTuple):
    """A word that cannot be used, and why."""

    category: str
    word: str
    package: str
    reason: str


class Installed(NamedTuple):
    """The words of all packages."""

    words: tuple[OutsideWord, ...]
    broken: tuple[BrokenWord, ...]


def find_words() -> Installed:
    """What the installed packages bring, in the order of category, word and package."""
    words: list[OutsideWord] = []
    broken: list[BrokenWord] = []
    for point in entry_points(group=GROUP):
        package = "?" if point.dist is None else point.dist.name
        category, _, word = point.name.partition(".")
        if category in ADDED and word:
            words.append(OutsideWord(category, word, package, point))
        else:
            known = ", ".join(f"`{name}.WORD`" for name in ADDED)
            reason = f"its entry point `{point.name}` is none of {known}"
            broken.append(BrokenWord(category, word or category, package, reason))
    return Installed(tuple(sorted(words)), tuple(sorted(broken)))


def choose_word(candidates: list[OutsideWord], *, taken: bool) -> type[Options] | BrokenWord:
    """The class of a word that packages bring, or why there is none. `taken` is a word that netc
    itself has."""
    first, *others = candidates
    if taken:
        return _broken(first, f"netc itself has the {first.category} `{first.word}`")
    if others:
        names = " and ".join(f"`{item.package}`" for item in candidates)
        return _broken(first, f"{names} bring it, and one of them must be uninstalled")
    return load_word(first)


def load_word(found: OutsideWord) -> type[Options] | BrokenWord:
    """The class of a word, or why it cannot be used."""
    try:
        cls = found.point.load()
    except Exception as error:
        return _broken(found, f"importing `{found.point.value}` failed: {fault_of(error)}")
    if not (isinstance(cls, type) and issubclass(cls, Options)):
        return _broken(found, f"`{found.point.value}` is not a class of words")
    if getattr(cls, "category", None) != found.category:
        return _broken(found, f"`{found.point.value}` is not a {found.category}")
    if getattr(cls, "word", None) != found.word:
        return _broken(found, f"`{found.point.value}` has the word `{getattr(cls, 'word', '')}`")
    if not isinstance(getattr(cls, "summary", None), str):
        return _broken(found, f"`{found.point.value}` has no `summary`")
    cls.package = found.package
    return cls


def _broken(found: OutsideWord, reason: str) -> BrokenWord:
    return BrokenWord(found.category, found.word, found.package, reason)


def word_at_fault(error: BaseException) -> Options | None:
    """The word of a package in whose method an exception was raised; None where it was none."""
    found = None
    for frame, _ in traceback.walk_tb(error.__traceback__):
        own = frame.f_locals.get("self")
        if isinstance(own, Options) and own.package:
            found = own
    return found


def fault_of(error: BaseException) -> str:
    """An exception and where it was raised: ``KeyError: 'mish' (mish.py:12)``."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    said = str(error).strip().splitlines()
    what = f"{type(error).__name__}: {said[0]}" if said else type(error).__name__
    return f"{what} ({os.path.basename(last.filename)}:{last.lineno})"
