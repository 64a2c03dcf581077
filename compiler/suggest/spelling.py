"""Did you mean: the known word that a misspelt one is nearest to.

The distance counts insertions, deletions, substitutions and swaps of two neighbours, each as one
(Damerau 1964, in the restricted form that edits no character twice).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Candidate(NamedTuple):
    """A known word near to a misspelt one."""

    distance: int
    begins_otherwise: bool
    word: str


def near(word: str, candidates: Iterable[str]) -> list[Candidate]:
    """The candidates within about a third of the word's length, the nearest first.

    Of those at the same distance the ones that begin alike come first, then in the order given.
    """
    limit = _allowed(word)
    found: list[Candidate] = []
    for candidate in candidates:
        if candidate == word or abs(len(candidate) - len(word)) > limit:
            continue
        edits = distance(word, candidate, limit)
        if edits <= limit:
            found.append(Candidate(edits, candidate[:1] != word[:1], candidate))
    return sorted(found, key=lambda item: item[:2])


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The nearest candidate, or None when none is near."""
    found = near(word, candidates)
    return found[0].word if found else None


def _allowed(word: str) -> int:
    # One letter changed into another is another name, not a slip.
    return max(1, (len(word) + 1) // 3) if len(word) > 1 else 0


def distance(left: str, right: str, limit: int) -> int:
    """How many edits make one word of the other; `limit + 1` for any number above the limit."""
    start = 0
    for a, b in zip(left, right, strict=False):
        if a != b:
            break
        start += 1
    end = 0
    while end < min(len(left), len(right)) - start and left[-1 - end] == right[-1 - end]:
        end += 1
    left, right = left[start : len(left) - end], right[start : len(right) - end]
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for row, a in enumerate(left, start=1):
        current = [row]
        for column, b in enumerate(right, start=1):
            cost = min(
                previous[column] + 1,
                current[column - 1] + 1,
                previous[column - 1] + (a != b),
            )
            if row > 1 and column > 1 and a == right[column - 2] and left[row - 2] == b:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before, previous = previous, current
    return min(previous[-1], limit + 1)
