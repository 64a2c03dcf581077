"""Verifies plans: no array may overwrite another that is still needed.

How long an array is needed is worked out here from the steps alone, so that a mistake of the
allocator cannot hide itself. Tests run it.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator
from itertools import chain, pairwise
from math import prod

from .isa import ROWS
from .pattern import expand
from .plan import ITEM_BYTES, Buffer, Plan, Step, item_bytes
from .verify import VerificationError

Interval = tuple[int, int]
"""Bytes of a region: the first, and the one after the last."""


def verify_plan(plan: Plan) -> None:
    """Raises VerificationError when a buffer leaves its region or is misaligned, when two arrays
    that last overlap, when a step reads what none has written, or when two temporaries are needed
    at once and overlap."""
    for index, buffer in enumerate(plan.buffers):
        item = item_bytes(buffer.dtype, plan.precision)
        if buffer.offset < 0 or buffer.offset % item:
            raise VerificationError(
                f"buffer {index} is misaligned: it begins at byte {buffer.offset}"
            )
    _verify_slots(plan)
    _verify_separate(plan, "feeds", plan.feeds)
    _verify_separate(plan, "cells", plan.cells)
    _verify_prepared(plan)
    for name in plan.programs:
        _verify_program(plan, name)


def _interval(plan: Plan, buffer: Buffer, *, looped: bool) -> Interval:
    return buffer.offset, buffer.offset + plan.bytes_of(buffer, looped=looped)


def _verify_slots(plan: Plan) -> None:
    """Parameters do not overlap, and each is within its region."""
    item = ITEM_BYTES[plan.precision]
    ends = {"parameters": 0, "kept": 0}
    for slot in sorted(plan.slots, key=lambda slot: slot.offset):
        if slot.offset < ends[slot.region]:
            raise VerificationError(f"`{slot.name}` overlaps another parameter")
        ends[slot.region] = slot.offset + prod(slot.shape)
    for region, end in ends.items():
        if end * item > plan.bytes[region]:
            raise VerificationError(
                f"`{region}` has {plan.bytes[region]} bytes, but needs {end * item}"
            )


def _verify_separate(plan: Plan, region: str, named: dict[str, int]) -> None:
    """The arrays that the caller fills do not overlap."""
    intervals = sorted(
        (*_interval(plan, plan.buffers[index], looped=False), name) for name, index in named.items()
    )
    for (_, end, first), (start, _, second) in pairwise(intervals):
        if start < end:
            raise VerificationError(f"the {region} `{first}` and `{second}` overlap")


def _verify_prepared(plan: Plan) -> None:
    """Every prepared array keeps its bytes until the parameters change: no two share any."""
    taken: dict[int, Interval] = {}
    for step in plan.programs.get("prepare", ()):
        for index in step.results:
            buffer = plan.buffers[index]
            if buffer.region != "prepared":
                raise VerificationError(
                    f"`prepare` has a result of {step.row} outside the region `prepared`"
                )
            taken[buffer.storage] = _interval(plan, buffer, looped=False)
    ordered = sorted(taken.values())
    for (_, end), (start, _) in pairwise(ordered):
        if start < end:
            raise VerificationError("two prepared arrays overlap")


def _verify_program(plan: Plan, name: str) -> None:
    steps = plan.programs[name]
    buffers = plan.buffers
    needed = _needed_until(plan, name)
    made: set[int] = set()
    live = _Live()
    for at, step in enumerate(steps):
        where = f"{name} {at}, {step.row} of {step.layer}"
        looped = step.loop is not None
        used = [buffers[index] for index in chain(step.operands, step.results, step.scratch)]
        if any(_interval(plan, it, looped=looped)[1] > plan.bytes[it.region] for it in used):
            raise VerificationError(f"{where}: a buffer exceeds its region")
        _verify_scratch(plan, step, where)
        operands = used[: len(step.operands)]
        if any(it.region == "arena" and it.storage not in made for it in operands):
            raise VerificationError(f"{where} reads a value that was never written")
        reusable = _reusable(plan, step, at, needed)
        for position, buffer in enumerate(used[len(step.operands) :]):
            if buffer.region != "arena":
                continue
            interval = _interval(plan, buffer, looped=looped)
            if position == 0 and step.results and interval in reusable:
                live.remove(reusable[interval])
            other = live.add(buffer.storage, interval)
            if other is not None:
                raise VerificationError(
                    f"{where}: array {buffer.storage} overwrites array {other}, still needed"
                )
            made.add(buffer.storage)
        for buffer in used:
            if buffer.region == "arena" and needed[buffer.storage] <= at:
                live.remove(buffer.storage)
    for output in plan.outputs[name].values():
        buffer = buffers[output]
        if buffer.region == "arena" and buffer.storage not in live.intervals:
            raise VerificationError(f"{name}: an output is overwritten")


def _verify_scratch(plan: Plan, step: Step, where: str) -> None:
    """The arrays of an instruction in `scratch` do not overlap, and none is a value."""
    buffers = plan.buffers
    if any(buffers[index].region == "scratch" for index in (*step.operands, *step.results)):
        raise VerificationError(f"{where} reads or makes a value in scratch memory")
    apart = [buffers[index] for index in step.scratch if buffers[index].region == "scratch"]
    ordered = sorted(_interval(plan, buffer, looped=False) for buffer in apart)
    for (_, end), (start, _) in pairwise(ordered):
        if start < end:
            raise VerificationError(f"{where}: its scratch arrays overlap")


def _needed_until(plan: Plan, name: str) -> dict[int, int]:
    """The last step at which each temporary is read or written.

    What a loop reads from outside it is needed until its last step, because the loop begins again
    for the next slice.
    """
    steps = plan.programs[name]
    ends: dict[int, int] = {step.loop: at for at, step in enumerate(steps) if step.loop is not None}
    made_in: dict[int, int | None] = {}
    needed: dict[int, int] = {}
    for at, step in enumerate(steps):
        for index in chain(step.results, step.scratch):
            made_in.setdefault(plan.buffers[index].storage, step.loop)
        for index in chain(step.operands, step.results, step.scratch):
            storage = plan.buffers[index].storage
            outside = step.loop is not None and made_in.get(storage) != step.loop
            until = ends[step.loop] if step.loop is not None and outside else at
            needed[storage] = max(needed.get(storage, 0), until)
    for index in plan.outputs[name].values():
        needed[plan.buffers[index].storage] = len(steps)
    return needed


def _reusable(plan: Plan, step: Step, at: int, needed: dict[int, int]) -> dict[Interval, int]:
    """The bytes that the first result may take over, by its row: those of operands that nobody
    needs after this step, and that no other operand of it is."""
    row = ROWS[step.row]
    found: dict[Interval, int] = {}
    for operand, index in zip(
        expand(row.pattern.operands, len(step.operands)), step.operands, strict=True
    ):
        buffer = plan.buffers[index]
        if operand.name in row.reuses and buffer.region == "arena" and needed[buffer.storage] == at:
            interval = _interval(plan, buffer, looped=step.loop is not None)
            found[interval] = buffer.storage
    return found


class _Live:
    """The temporaries that are needed now, by position."""

    def __init__(self) -> None:
        self.intervals: dict[int, Interval] = {}
        self._ordered: list[tuple[int, int, int]] = []

    def add(self, storage: int, interval: Interval) -> int | None:
        """Adds an array, or gives one that it overlaps."""
        if storage in self.intervals:
            return storage
        for start, end, other in self._near(interval):
            if start < interval[1] and interval[0] < end:
                return other
        self.intervals[storage] = interval
        insort(self._ordered, (*interval, storage))
        return None

    def remove(self, storage: int) -> None:
        interval = self.intervals.pop(storage, None)
        if interval is not None:
            self._ordered.remove((*interval, storage))

    def _near(self, interval: Interval) -> Iterator[tuple[int, int, int]]:
        """The neighbours: intervals are in order, so one on each side is enough."""
        at = bisect_right(self._ordered, (interval[0], interval[1], 0))
        yield from self._ordered[max(0, at - 1) : at + 1]
