"""What installed packages bring to netc: words and reporters. They are imported to see whether
they can be used."""

from __future__ import annotations

from dataclasses import dataclass

from ....compiler.language.builtin import INSTALLED
from ....compiler.language.outside import BrokenWord, load_reporters
from .installation import Trouble


@dataclass(frozen=True, slots=True)
class PackageWords:
    """What a package brings, each as its category and its name."""

    package: str
    words: tuple[str, ...]


def look_at_packages() -> tuple[tuple[PackageWords, ...], tuple[Trouble, ...]]:
    """The packages that bring something that can be used, and what cannot be used."""
    brought: dict[str, list[str]] = {}
    for category, word in INSTALLED.every_word():
        package = INSTALLED.get(category, word).package
        if package:
            brought.setdefault(package, []).append(f"{category} {word}")
    reporters, unusable = load_reporters()
    for reporter in reporters:
        brought.setdefault(reporter.package, []).append(f"reporter {reporter.name}")
    usable = (PackageWords(package, tuple(words)) for package, words in sorted(brought.items()))
    broken = (*INSTALLED.all_broken(), *unusable)
    return tuple(usable), tuple(_trouble(item) for item in broken)


def _trouble(item: BrokenWord) -> Trouble:
    text = f"the {item.category} `{item.word}` of the package `{item.package}` cannot be used"
    help_text = f"update the package, or uninstall it: `pip uninstall {item.package}`"
    return Trouble(f"{text}: {item.reason}", help_text, True)
