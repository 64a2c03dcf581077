"""Words and reporters that installed packages bring: entry points of the group `netc.words`.

    [project.entry-points."netc.words"]
    "layer.mish" = "netc_mish:Mish"
    "reporter.mail" = "netc_mish:Mail"

The name says the category and the word, so that nothing is imported before the word is used. To
look through all installed packages takes longer than a check, so it is done when a word is met that
neither netc nor the spec knows, and when words are listed.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NamedTuple

from .options import ADDED, Category, Options

GROUP = "netc.words"
REPORTER = "reporter"
"""What follows a run; no word of a spec."""


class OutsideWord(NamedTuple):
    """A word of an installed package, whose class is not imported yet."""

    category: Category
    word: str
    package: str
    point: EntryPoint


class OutsideReporter(NamedTuple):
    """A reporter of an installed package, which is not imported yet."""

    category: str
    word: str
    """Its name on a command line."""
    package: str
    point: EntryPoint


class BrokenWord(NamedTuple):
    """A word, or a reporter, that cannot be used, and why."""

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
    for category, word, package, point in _entries():
        if category in ADDED and word:
            words.append(OutsideWord(category, word, package, point))
        elif category != REPORTER or not word:
            known = ", ".join(f"`{name}.WORD`" for name in (*ADDED, REPORTER))
            reason = f"its entry point `{point.name}` is none of {known}"
            broken.append(BrokenWord(category, word or category, package, reason))
    return Installed(tuple(sorted(words)), tuple(sorted(broken)))


def find_reporters() -> dict[str, list[OutsideReporter]]:
    """The reporters of the installed packages, by name."""
    found: dict[str, list[OutsideReporter]] = {}
    for category, name, package, point in sorted(_entries(), key=lambda entry: entry[:3]):
        if category == REPORTER and name:
            found.setdefault(name, []).append(OutsideReporter(category, name, package, point))
    return found


def _entries() -> Iterator[tuple[str, str, str, EntryPoint]]:
    """Category, word and package of every entry point."""
    for point in entry_points(group=GROUP):
        category, _, word = point.name.partition(".")
        yield category, word, "?" if point.dist is None else point.dist.name, point


class LoadedReporter(NamedTuple):
    """A reporter that can be started."""

    name: str
    package: str
    factory: Callable[..., Any]


def load_reporters(
    wanted: str | None = None,
) -> tuple[tuple[LoadedReporter, ...], tuple[BrokenWord, ...]]:
    """The reporters of the installed packages, or the one of a name, and those that cannot be
    used. Imports them."""
    loaded: list[LoadedReporter] = []
    broken: list[BrokenWord] = []
    for name, candidates in find_reporters().items():
        if wanted not in (None, name):
            continue
        factory = choose_reporter(candidates)
        if isinstance(factory, BrokenWord):
            broken.append(factory)
        else:
            loaded.append(LoadedReporter(name, candidates[0].package, factory))
    return tuple(loaded), tuple(broken)


def choose_reporter(candidates: list[OutsideReporter]) -> Callable[..., Any] | BrokenWord:
    """What makes a reporter, or why there is none."""
    first, *others = candidates
    if others:
        return _brought_twice(candidates)
    try:
        made = first.point.load()
    except Exception as error:
        return _broken(first, f"importing `{first.point.value}` failed: {fault_of(error)}")
    if not callable(made):
        return _broken(first, f"`{first.point.value}` cannot be called")
    found: Callable[..., Any] = made
    return found


def choose_word(candidates: list[OutsideWord], *, taken: bool) -> type[Options] | BrokenWord:
    """The class of a word that packages bring, or why there is none. `taken` is a word that netc
    itself has."""
    first, *others = candidates
    if taken:
        return _broken(first, f"netc itself has the {first.category} `{first.word}`")
    if others:
        return _brought_twice(candidates)
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


def _brought_twice(candidates: Sequence[OutsideWord | OutsideReporter]) -> BrokenWord:
    names = " and ".join(f"`{item.package}`" for item in candidates)
    return _broken(candidates[0], f"{names} provide it, and one of them must be uninstalled")


def _broken(found: OutsideWord | OutsideReporter, reason: str) -> BrokenWord:
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
