"""Computes parts of the forward pass a second time instead of keeping them (`train memory=low`).

The forward pass is cut into stretches. Only what crosses a cut is kept; when the gradients reach a
stretch, its instructions run again from there. The same instructions on the same numbers give the
same bits, so nothing but time and bytes changes. With about sqrt(n) stretches of n layers, the
memory grows as sqrt(n) (Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate

from ..allocate import allocate
from ..context import Context
from ..plan import LOSS
from ..program import Instruction, Program, Value

MOST_STRETCHES = 16
"""More stretches than this keep more at their cuts than they save inside."""
SMALL = 1 / 64
"""Values of less than this part of the largest are kept: statistics, the filters of Winograd."""


def recompute(program: Program, context: Context) -> Program:
    """Rewrites the program with the number of stretches that needs the least memory."""
    if not context.low_memory:
        return program
    forward = _Forward.of(program)
    best, least = program, _arena_bytes(program, context)
    for stretches in range(2, MOST_STRETCHES + 1):
        cuts = forward.cuts(stretches)
        if len(cuts) < stretches - 1:
            break
        trial = replace(program, instructions=list(_rewritten(forward, cuts)))
        needed = _arena_bytes(trial, context)
        if needed < least:
            best, least = trial, needed
    return best


def _arena_bytes(program: Program, context: Context) -> int:
    choices = context.choices
    return allocate(program, context.precision, choices.loop_step, native=choices.native).size


@dataclass(frozen=True, slots=True)
class _Forward:
    """What is known of a program's forward pass before anything is chosen."""

    program: Program
    end: int
    """The instructions before this one make the loss; those from here on make gradients."""
    makers: dict[int, int]
    """The forward instruction that makes each storage that can be made again."""
    sizes: dict[int, int]
    """Elements of these storages."""
    last_read: dict[int, int]
    """The last forward instruction that reads each storage."""
    saved: frozenset[int]
    """Those of them that the gradients read."""

    @staticmethod
    def of(program: Program) -> _Forward:
        items = program.instructions
        changed = {value.storage for item in items for value in item.changed()}
        loss = program.outputs[LOSS].storage
        end = 1 + max(i for i, item in enumerate(items) if loss in (v.id for v in item.results))
        kept = {value.storage for value in program.outputs.values()}
        most = max(v.size for item in items[:end] for v in item.results)
        makers: dict[int, int] = {}
        sizes: dict[int, int] = {}
        last_read: dict[int, int] = {}
        for index, item in enumerate(items[:end]):
            last_read.update((value.storage, index) for value in item.operands)
            if _repeats(item, changed):
                large = [v for v in item.results if v.size >= SMALL * most and v.id not in kept]
                makers.update((value.id, index) for value in large)
                sizes.update((value.id, value.size) for value in large)
        read = {value.storage for item in items[end:] for value in item.operands}
        return _Forward(program, end, makers, sizes, last_read, frozenset(read & makers.keys()))

    def cuts(self, stretches: int) -> list[int]:
        """Where stretches begin, besides the first: each saves about as much as the others, and
        as little as possible crosses the cut."""
        grown = [0] * (self.end + 1)
        crossing = [0] * (self.end + 1)
        for storage, made in self.makers.items():
            size, read = self.sizes[storage], self.last_read.get(storage, -1)
            if storage in self.saved:
                grown[made + 1] += size
            if read > made:
                crossing[made + 1] += size
                crossing[read + 1] -= size
        grown, crossing = list(accumulate(grown)), list(accumulate(crossing))
        chosen: list[int] = []
        each = grown[-1] / stretches
        for number in range(1, stretches):
            after = chosen[-1] + 1 if chosen else 1
            away = {i: abs(grown[i] - number * each) for i in range(after, self.end)}
            near = [i for i in away if away[i] <= each / 2]
            if near:
                chosen.append(min(near, key=lambda i: (crossing[i], away[i])))
        return chosen


def _repeats(item: Instruction, changed: set[int]) -> bool:
    """Whether an instruction gives the same again, whenever it runs, and does nothing else."""
    rule = item.rule
    return (
        not (rule.random or rule.collective or rule.once)
        and all(value.storage not in changed for value in (*item.operands, *item.results))
        and all(value.region == "arena" for value in item.results)
    )


def _rewritten(forward: _Forward, cuts: list[int]) -> Iterator[Instruction]:
    """The program with each stretch but the last run again when gradients first read from it."""
    items, end = forward.program.instructions, forward.end
    numbers = forward.program.ids
    wanted = _dropped(forward, cuts)
    stretch_of = {storage: at for at, storages in wanted.items() for storage in storages}
    renamed: dict[int, Value] = {}
    yield from items[:end]
    starts = (0, *cuts)
    for item in items[end:]:
        for value in item.operands:
            if value.storage in stretch_of and value.storage not in renamed:
                at = stretch_of[value.storage]
                yield from _again(forward, starts[at], wanted[at], renamed, numbers)
        yield replace(item, operands=_anew(item.operands, renamed, numbers))


def _dropped(forward: _Forward, cuts: list[int]) -> dict[int, set[int]]:
    """What is not kept, by stretch: all that gradients read and that does not cross its end."""
    found: dict[int, set[int]] = {}
    for storage in forward.saved:
        made = forward.makers[storage]
        stretch = bisect_right(cuts, made)
        last = bisect_right(cuts, forward.last_read.get(storage, made))
        if stretch == last < len(cuts):
            found.setdefault(stretch, set()).add(storage)
    return found


def _again(
    forward: _Forward,
    start: int,
    wanted: set[int],
    renamed: dict[int, Value],
    numbers: Iterator[int],
) -> Iterator[Instruction]:
    """The instructions of a stretch that make some values, once more, and what is named anew."""
    items = forward.program.instructions
    needed, indices = set(wanted), set[int]()
    for index in range(max(forward.makers[s] for s in wanted), start - 1, -1):
        if not any(
            forward.makers.get(v.id) == index and v.id in needed for v in items[index].results
        ):
            continue
        indices.add(index)
        # Values from before the segment are kept, and so are those that gradients and later
        # segments read.
        needed.update(
            value.storage
            for value in items[index].operands
            if forward.makers.get(value.storage, -1) >= start
            and not (value.storage in forward.saved and value.storage not in wanted)
        )
    for index in sorted(indices):
        item = items[index]
        operands = _anew(item.operands, renamed, numbers)
        results = tuple(replace(value, id=next(numbers)) for value in item.results)
        scratch = tuple(replace(value, id=next(numbers)) for value in item.scratch)
        for old, new in zip(item.results, results, strict=True):
            if old.id in needed:
                renamed[old.id] = new
        yield replace(item, operands=operands, results=results, scratch=scratch)


def _anew(
    operands: tuple[Value, ...], renamed: dict[int, Value], numbers: Iterator[int]
) -> tuple[Value, ...]:
    """The operands with what was made again in place of what was dropped. A view of it is another
    value than the view of the first one."""
    return tuple(
        replace(value, id=next(numbers), root=renamed[value.storage].id)
        if value.storage in renamed
        else value
        for value in operands
    )
