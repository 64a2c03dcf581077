"""Did you mean: the known word that a misspelt one is nearest to.

The distance counts insertions, deletions, substitutions and swaps of two neighbours, each as one
(Damerau 1964, in the restricted form that edits no character twice).
"""

from __future__ import annotations

from collections.abc import Iterable


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The nearest candidate within about a third of the word's length, or None.

    Of two at the same distance the one that begins alike wins, then the first.
    """
    best: str | None = None
    best_rank = (_allowed(word) + 1, 0)
    for candidate in candidates:
        if candidate == word:
            continue
        limit = best_rank[0]
        if abs(len(candidate) - len(word)) > limit:
            continue
        rank = (distance(word, candidate, limit), 0 if candidate[:1] == word[:1] else 1)
        if rank < best_rank:
            best, best_rank = candidate, rank
    return best


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
