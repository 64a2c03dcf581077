"""What installed packages bring to netc: words and reporters. They are imported to see whether
they can be used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ....compiler.language.builtin import INSTALLED
from ....compiler.language.outside import BrokenWord, load_reporters
from .installation import Trouble


@dataclass(frozen=True, slots=True)
class PackageWords:
    """What a package brings, each as its category and its name."""

    package: str
    words: tuple[str, ...]


def find_package_words() -> tuple[PackageWords, ...]:
    """The packages that bring something that can be used."""
    brought: dict[str, list[str]] = {}
    for category, word in INSTALLED.every_word():
        package = INSTALLED.get(category, word).package
        if package:
            brought.setdefault(package, []).append(f"{category} {word}")
    for reporter in load_reporters()[0]:
        brought.setdefault(reporter.package, []).append(f"reporter {reporter.name}")
    return tuple(PackageWords(package, tuple(words)) for package, words in sorted(brought.items()))


def word_troubles() -> Iterator[Trouble]:
    """What cannot be used."""
    broken: tuple[BrokenWord, ...] = (*INSTALLED.all_broken(), *load_reporters()[1])
    for item in broken:
        text = f"the {item.category} `{item.word}` of the package `{item.package}` cannot be used"
        help_text = f"update the package, or uninstall it: `pip uninstall {item.package}`"
        yield Trouble(f"{text}: {item.reason}", help_text, True)
