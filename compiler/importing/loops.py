"""Neighbouring parts of a pipe that are equal, or equal but for numbers: `repeat` and `each`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from .names import scope_of
from .tree import (
    CallSlot,
    CallText,
    PipeTree,
    TreeItem,
    ValueList,
    WholeNumber,
    is_tied,
    letters,
    steps_of,
)
from .unify import EACH, SharedPattern, skeleton, unify

LONGEST = 40
"""Items of a part."""
LEAST = 8
"""Letters that a `repeat` saves."""
LEAST_EACH = 30
"""Letters that an `each` saves, which takes a moment to read."""


class LoopChoice(NamedTuple):
    """A stretch of a pipe as a loop."""

    start: int
    end: int
    call: CallText
    saved: int
    parts: PipeTree
    """What it takes the place of."""


def repeated(pipe: PipeTree) -> PipeTree:
    """The pipe with equal neighbours as `repeat`, those that save most first."""
    return _repeated(pipe, _worth)


def plainly_repeated(pipe: PipeTree) -> PipeTree:
    """The pipe with equal neighbours as `repeat`, the shortest first, and no loops of loops."""
    return _repeated(pipe, _shortness)


def _repeated(pipe: PipeTree, key: Callable[[LoopChoice], tuple[int, int]]) -> PipeTree:
    pipe = tuple(
        replace(item, branches=tuple(_repeated(branch, key) for branch in item.branches))
        if isinstance(item, CallText) and item.branches
        else item
        for item in pipe
    )
    while True:
        loops = _loops(pipe, exact=True)
        if key is _shortness:
            loops = (loop for loop in loops if not any(map(_has_brackets, loop.parts)))
        best = max(loops, key=key, default=None)
        if best is None:
            return pipe
        pipe = (*pipe[: best.start], best.call, *pipe[best.end :])


def _shortness(loop: LoopChoice) -> tuple[int, int]:
    (body,) = loop.call.branches
    return -len(body), loop.saved


def best_loop(pipe: PipeTree) -> LoopChoice | None:
    """The loop that makes the pipe shortest."""
    both = (*_loops(pipe, exact=True), *_loops(pipe, exact=False))
    return max(both, key=_worth, default=None)


def _worth(loop: LoopChoice) -> tuple[int, int]:
    return loop.saved, -loop.start


def _has_brackets(item: TreeItem) -> bool:
    return isinstance(item, CallText) and bool(item.branches)


def _loops(pipe: PipeTree, *, exact: bool) -> Iterator[LoopChoice]:
    for stretch in _stretches(pipe):
        loop = _loop(pipe, *stretch, exact)
        if loop is not None:
            yield loop


def _stretches(pipe: PipeTree) -> Iterator[tuple[int, int, int]]:
    """Start, length of a part and number of parts, where neighbours have one skeleton."""
    kinds = [None if is_tied(item) else skeleton(item) for item in pipe]
    for length in range(1, min(LONGEST, len(pipe) // 2) + 1):
        same = [
            kinds[at] is not None and kinds[at] == kinds[at + length]
            for at in range(len(pipe) - length)
        ]
        run = 0
        for at in range(len(same) - 1, -1, -1):
            run = run + 1 if same[at] else 0
            if run >= length and None not in kinds[at : at + run + length]:
                yield at, length, run // length + 1


def _loop(pipe: PipeTree, start: int, length: int, count: int, exact: bool) -> LoopChoice | None:
    parts = [pipe[at : at + length] for at in range(start, start + length * count, length)]
    if exact:
        equal = next((n for n, part in enumerate(parts) if part != parts[0]), count)
        if equal < 2:
            return None
        pattern, count = SharedPattern(parts[0], ()), equal
    else:
        if (count - 1) * letters(parts[0]) < LEAST_EACH:
            return None
        found = unify(parts, closed=False)
        if found is None or not found.parameters:
            return None
        pattern = found
    end = start + length * count
    call = _repeat(pattern.pipe, count) if exact else _each(pattern)
    saved = letters(pipe[start:end]) - letters((call,))
    saved -= penalty(pipe, start, end)
    if saved < (LEAST if exact else LEAST_EACH):
        return None
    call = replace(call, step=scope_of(steps_of(pipe[start:end])))
    return LoopChoice(start, end, call, saved, pipe[start:end])


def penalty(pipe: PipeTree, start: int, end: int) -> int:
    """What it costs the reader to see a layer parted from the activation that belongs to it."""
    torn = 0
    for at in (start, end):
        item = pipe[at] if at < len(pipe) else None
        torn += at > 0 and isinstance(item, CallText) and item.folds
    return 20 * torn


def _repeat(pipe: PipeTree, count: int) -> CallText:
    return CallText("repeat", (CallSlot("n", True, None, True),), (WholeNumber(count),), (pipe,))


def _each(pattern: SharedPattern) -> CallText:
    slots = tuple(CallSlot(own.name, False, None, True) for own in pattern.parameters)
    values = tuple(ValueList(own.values) for own in pattern.parameters)
    return CallText(EACH, slots, values, (pattern.pipe,))
