"""Parts of a network that occur in several places: a `block`, and its calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from typing import NamedTuple

from ..layers.merge import Add
from .loops import LONGEST, LoopChoice, best_loop, penalty, plainly_repeated, repeated
from .names import NewNames, last_word, scope_of
from .text import block_text, spec_text
from .tree import (
    BlockTree,
    CallSlot,
    CallText,
    PipeTree,
    SpecTree,
    TreeItem,
    is_tied,
    letters,
    nested,
    steps_of,
)
from .unify import PatternParameter, SharedPattern, skeleton, unify

LEAST = 30
"""Letters that a definition saves, which takes a moment to read."""
MOST_PARAMETERS = 8
MOST_ITEMS = 4000
"""Of a network that is looked through for blocks: the time grows with their square."""


class PipePart(NamedTuple):
    """A part of a pipe."""

    pipe: int
    start: int
    end: int


class BlockChoice(NamedTuple):
    """A block that could be made, with its calls."""

    block: BlockTree
    calls: dict[PipePart, CallText]
    saved: int


def compressed(spec: SpecTree, names: NewNames) -> SpecTree:
    """The spec with what repeats written once, where that makes it shorter. What is best first
    cannot be known: loops of loops hide a pattern that is around them, and make others."""
    plain = _shortened(_mapped(spec, plainly_repeated), NewNames(set(names.taken)))
    nested = _shortened(_mapped(spec, repeated), NewNames(set(names.taken)))
    return min(plain, nested, key=lambda found: len(spec_text(found)))


def _shortened(spec: SpecTree, names: NewNames) -> SpecTree:
    while sum(map(len, spec.pipes())) <= MOST_ITEMS:
        block, loop = _best_block(spec, names), _best_loop(spec)
        if block is not None and (loop is None or block.saved >= loop[1].saved):
            names.taken.add(block.block.name)
            spec = _with_block(spec, block)
        elif loop is not None:
            spec = _with_loop(spec, *loop)
        else:
            return spec
    return spec


def _mapped(spec: SpecTree, change: Callable[[PipeTree], PipeTree]) -> SpecTree:
    return SpecTree(
        tuple(replace(block, body=change(block.body)) for block in spec.blocks),
        tuple(map(change, spec.statements)),
    )


def _best_loop(spec: SpecTree) -> tuple[int, LoopChoice] | None:
    """The loop that makes the spec shortest, and the number of its pipe."""
    found = [
        (number, loop) for number, pipe in enumerate(spec.pipes()) if (loop := best_loop(pipe))
    ]
    return max(found, key=lambda item: (item[1].saved, -item[0]), default=None)


def _with_loop(spec: SpecTree, number: int, loop: LoopChoice) -> SpecTree:
    return _edited(spec, {number: [(loop.start, loop.end, loop.call)]})


def _with_block(spec: SpecTree, found: BlockChoice) -> SpecTree:
    edits: dict[int, list[tuple[int, int, CallText]]] = {}
    for place, call in found.calls.items():
        edits.setdefault(place.pipe, []).append((place.start, place.end, call))
    spec = _edited(spec, edits)
    return SpecTree((*spec.blocks, found.block), spec.statements)


def _edited(spec: SpecTree, edits: dict[int, list[tuple[int, int, CallText]]]) -> SpecTree:
    """The spec with other items in stretches of its pipes, which are numbered as in `pipes`."""
    numbers = iter(range(sum(1 for _ in spec.pipes())))

    def edit(pipe: PipeTree) -> PipeTree:
        number = next(numbers)
        items: list[TreeItem] = [
            replace(item, branches=tuple(map(edit, item.branches)))
            if isinstance(item, CallText) and item.branches
            else item
            for item in pipe
        ]
        for start, end, call in sorted(edits.get(number, ()), reverse=True, key=lambda e: e[0]):
            items[start:end] = [call]
        return tuple(items)

    return _mapped(spec, edit)


def _best_block(spec: SpecTree, names: NewNames) -> BlockChoice | None:
    """The definition that makes the spec shortest."""
    pipes = tuple(spec.pipes())
    best: BlockChoice | None = None
    for places in _groups(pipes):
        most = (len(places) - 1) * max(letters(_part(pipes, place)) for place in places)
        if best is not None and most <= best.saved:
            continue
        found = _candidate(pipes, places, names)
        if found is not None and (best is None or found.saved > best.saved):
            best = found
    return best


def _groups(pipes: tuple[PipeTree, ...]) -> Iterator[list[PipePart]]:
    """Parts of pipes with one skeleton that do not overlap, of two places at least."""
    kinds: dict[Hashable, int] = {}
    groups: dict[tuple[int, ...], list[PipePart]] = {}
    for number, pipe in enumerate(pipes):
        own = [
            -1 if is_tied(item) else kinds.setdefault(skeleton(item), len(kinds)) for item in pipe
        ]
        for start in range(len(pipe)):
            for end in range(start + 1, min(len(pipe), start + LONGEST) + 1):
                if own[end - 1] < 0:
                    break
                places = groups.setdefault(tuple(own[start:end]), [])
                if not places or places[-1].pipe != number or places[-1].end <= start:
                    places.append(PipePart(number, start, end))
    yield from sorted(
        (places for places in groups.values() if len(places) > 1),
        key=lambda places: -len(places) * (places[0].end - places[0].start),
    )


def _part(pipes: tuple[PipeTree, ...], place: PipePart) -> PipeTree:
    return pipes[place.pipe][place.start : place.end]


def _candidate(
    pipes: tuple[PipeTree, ...], places: list[PipePart], names: NewNames
) -> BlockChoice | None:
    parts = [_part(pipes, place) for place in places]
    pattern = unify(parts, closed=True)
    if pattern is None or len(pattern.parameters) > MOST_PARAMETERS:
        return None
    slots, order = _signature(pattern)
    block = BlockTree(_name(parts, names), slots, pattern.pipe)
    calls = {
        place: CallText(
            block.name,
            slots,
            tuple(own.values[at] for own in order),
            ends_stage=_ends_stage(pattern.pipe),
            step=scope_of(steps_of(parts[at])),
        )
        for at, place in enumerate(places)
    }
    before = sum(letters(part) for part in parts)
    after = sum(letters((call,)) for call in calls.values())
    torn = sum(penalty(pipes[place.pipe], place.start, place.end) for place in places)
    saved = before - after - len(block_text(block)) - torn
    return BlockChoice(block, calls, saved) if saved >= LEAST else None


def _ends_stage(pipe: PipeTree) -> bool:
    return isinstance(pipe[-1], CallText) and pipe[-1].ends_stage


def _signature(pattern: SharedPattern) -> tuple[tuple[CallSlot, ...], list[PatternParameter]]:
    """The parameters of a block: first those that every call gives, then those with the default
    that most calls mean."""
    given = [(CallSlot(own.name, True, None, True), own) for own in pattern.parameters]
    for at in range(len(given) - 1, 0, -1):
        _, own = given[at]
        if own.usual is not None:
            given.append((CallSlot(own.name, False, own.usual, True), own))
            del given[at]
    return tuple(slot for slot, _ in given), [own for _, own in given]


def _name(parts: list[PipeTree], names: NewNames) -> str:
    """A name that says what is in a block: what the file calls most of these parts, or what they
    do, or the first words in them."""
    scopes = Counter(last_word(scope_of(steps_of(part))) for part in parts)
    said, times = scopes.most_common(1)[0]
    if said and 2 * times > len(parts):
        return names.free(said)
    items = [item for pipe in nested(parts[0]) for item in pipe if isinstance(item, CallText)]
    merge = next((item for item in items if len(item.branches) > 1), None)
    if merge is not None:
        return names.free(
            "residual" if () in merge.branches and merge.word == Add.word else f"{merge.word}_block"
        )
    words = dict.fromkeys(item.word for item in items if not item.branches)
    return names.free("_".join(list(words)[:3]))
