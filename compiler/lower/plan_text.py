"""A plan as text: its programs, one line an instruction, the arrays they use, and all bytes.

    train, 43 instructions
      #  instruction  values                                                    layer
      0  conv2d       input conv1.w -> %1 64x24x24x6 | %2 %3                    conv1

Names tell where an array lives. `%1` is a temporary in the arena and `p1` a prepared one; `conv1.w`
is a parameter and `d(conv1.w)` its gradient; `parameters[0:64]`, `gradients[0:64]` and
`state[0:64]` are pieces of the flat vectors; `ones[64]` is a constant; anything else is a feed or a
cell. Results follow the arrow, and scratch memory follows the bar.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from math import prod
from textwrap import wrap
from typing import Any

from ..shapes import shape_text
from .plan import ITEM_BYTES, LOSS, Buffer, Plan, Slot, Step

WIDTH = 100
LAYER_WIDTH = 24

MEANINGS = {
    "parameters": "trained weights",
    "gradients": "in the layout of the parameters",
    "state": "optimizer state",
    "kept": "running statistics and frozen weights",
    "cells": "learning rate and step",
    "arena": "temporaries, which share memory",
    "scratch": "what an instruction of NumPy works in",
    "feeds": "one batch of inputs and targets",
    "constants": "vectors of ones, for sums",
    "prepared": "computed from parameters, for evaluation",
}
"""Every region, in the order in which they are listed."""


def plan_text(plan: Plan, *, width: int = WIDTH) -> str:
    """The whole plan. Lines are no wider than `width` unless a single name is."""
    heading = f"plan for a batch of {plan.batch:,} in {plan.precision}"
    names = [name for name in ("train", "evaluate", "prepare") if plan.programs.get(name)]
    parts = [
        [heading],
        *(_program_lines(plan, name, width) for name in names),
        _slot_lines(plan),
        _memory_lines(plan),
    ]
    return "\n".join("\n".join(lines) + "\n" for lines in parts)


def _program_lines(plan: Plan, name: str, width: int) -> Iterator[str]:
    steps = plan.programs[name]
    names = _Names(plan)
    yield f"{name}, {len(steps):,} instructions"
    numbers = max(len(str(len(steps))), 2)
    rows = max([len(step.row) for step in steps] + [len("instruction")])
    indent = numbers + rows + 6
    layers = min(max([len(step.layer) for step in steps] + [len("layer")]), LAYER_WIDTH)
    room = max(width - indent - layers - 2, 20)
    yield (
        f"  {'#':>{numbers}}  {'instruction':<{rows}}  "
        f"{'values -> results | scratch':<{room}}  layer"
    )
    sizes = Counter(step.loop for step in steps)
    loop: int | None = None
    for at, step in enumerate(steps):
        if step.loop is not None and step.loop != loop:
            together = sizes[step.loop]
            again = "this runs" if together == 1 else f"these {together} run together"
            yield f"{'':{indent}}{again} on slices of at most {plan.loop_step:,} elements:"
        loop = step.loop
        first, *others = _wrapped(_values(names, step), room) or [""]
        layer = _shortened(step.layer, LAYER_WIDTH)
        yield f"  {at:>{numbers}}  {step.row:<{rows}}  {first:<{room}}  {layer}".rstrip()
        for other in chain(others, _wrapped(_attributes(step), room)):
            yield f"{'':{indent}}{other}"
    outputs = plan.outputs[name]
    if outputs:
        called = {LOSS: "the loss"}
        made = [f"{called.get(key, key)} is {names.of(index)}" for key, index in outputs.items()]
        yield from (f"  {line}" for line in wrap("outputs: " + ", ".join(made), width - 2))
    yield ""
    yield from _array_lines(plan, name, names)


def _wrapped(text: str, room: int) -> list[str]:
    """A text in lines. Most take one, and `wrap` takes a third of the time of a plan to see it."""
    if len(text) <= room:
        return [text] if text else []
    return wrap(text, room, break_long_words=False)


def _values(names: _Names, step: Step) -> str:
    plan = names.plan
    results = [
        f"{names.of(index)} {shape_text(plan.buffers[index].shape) or 'scalar'}"
        for index in step.results
    ]
    text = " ".join(names.of(index) for index in step.operands)
    text = f"{text} -> {', '.join(results)}".strip() if results else f"{text} ->"
    scratch = [names.of(index) for index in step.scratch if 0 not in plan.buffers[index].shape]
    if scratch:
        text += " | " + " ".join(scratch)
    return text


def _attributes(step: Step) -> str:
    return " ".join(f"{key}={_attribute(value)}" for key, value in step.attributes)


def _attribute(value: Any) -> str:
    if isinstance(value, tuple):
        return "(" + ",".join(_attribute(item) for item in value) + ")"
    return f"{value:.6g}" if isinstance(value, float) else str(value).replace(" ", "")


def _array_lines(plan: Plan, name: str, names: _Names) -> Iterator[str]:
    """The temporaries and prepared arrays of a program: where, how large, and how long needed."""
    firsts: dict[str, int] = {}
    lasts: dict[str, int] = {}
    shown: dict[str, Buffer] = {}
    spans: dict[str, int] = {}
    for at, step in enumerate(plan.programs[name]):
        for index in chain(step.operands, step.results, step.scratch):
            buffer = plan.buffers[index]
            if buffer.region in ("arena", "scratch", "prepared") and 0 not in buffer.shape:
                key = names.of(index)
                shown.setdefault(key, buffer)
                firsts.setdefault(key, at)
                lasts[key] = at
                spans[key] = max(
                    spans.get(key, 0), plan.bytes_of(buffer, looped=step.loop is not None)
                )
    rows = [("array", "shape", "type", "region", "from byte", "to byte", "used at")]
    for key, buffer in shown.items():
        first, last = firsts[key], lasts[key]
        rows.append((
            key,
            shape_text(buffer.shape) or "scalar",
            plan.precision if buffer.dtype == "f" else buffer.dtype,
            buffer.region,
            f"{buffer.offset:,}",
            f"{buffer.offset + spans[key]:,}",
            str(first) if first == last else f"{first} to {last}",
        ))  # fmt: skip
    if len(rows) > 1:
        yield f"arrays of {name}"
        yield from _table(rows, right=(4, 5))


def _slot_lines(plan: Plan) -> Iterator[str]:
    item: int = ITEM_BYTES[plan.precision]
    rows = [("parameter", "shape", "type", "region", "from byte", "to byte")]
    for slot in plan.slots:
        start = slot.offset * item
        rows.append((
            slot.name,
            shape_text(slot.shape) or "scalar",
            plan.precision,
            slot.region,
            f"{start:,}",
            f"{start + prod(slot.shape) * item:,}",
        ))  # fmt: skip
    feeds = {plan.buffers[index].offset: (name, index) for name, index in plan.feeds.items()}
    for offset, (name, index) in sorted(feeds.items()):
        buffer = plan.buffers[index]
        end = offset + prod(buffer.shape) * item
        shape = shape_text(buffer.shape)
        rows.append((name, shape, plan.precision, "feeds", f"{offset:,}", f"{end:,}"))
    yield "parameters and inputs"
    yield from _table(rows, right=(4, 5))


def _memory_lines(plan: Plan) -> Iterator[str]:
    rows = [
        (region, f"{plan.bytes[region]:,}", meaning)
        for region, meaning in MEANINGS.items()
        if plan.bytes.get(region)
    ]
    total = sum(plan.bytes.values())
    shown = f"{total / 2**20:,.2f} MiB" if total >= 2**20 else f"{total / 2**10:,.1f} KiB"
    rows.append(("total", f"{total:,}", shown))
    yield "bytes"
    yield from _table(rows, right=(1,))


def _table(rows: Iterable[Sequence[str]], *, right: tuple[int, ...]) -> Iterator[str]:
    rows = list(rows)
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    for row in rows:
        cells = (
            f"{cell:>{widths[n]}}" if n in right else f"{cell:<{widths[n]}}"
            for n, cell in enumerate(row)
        )
        yield ("  " + "  ".join(cells)).rstrip()


def _shortened(name: str, width: int) -> str:
    """A layer's name; of a long one the end, which tells layers of one block apart."""
    return name if len(name) <= width else ".." + name[len(name) - width + 2 :]


@dataclass(slots=True)
class _Names:
    """Short names for the buffers of one program, given in the order in which they appear."""

    plan: Plan
    _temporaries: dict[int, str] = field(default_factory=dict)
    _named: dict[tuple[str, int], str] = field(default_factory=dict)
    """The feeds and cells by region and first byte."""
    _slots: dict[tuple[str, int], list[Slot]] = field(default_factory=dict)
    """The parameters by region and first element."""

    def __post_init__(self) -> None:
        for name, index in chain(self.plan.feeds.items(), self.plan.cells.items()):
            buffer = self.plan.buffers[index]
            self._named.setdefault((buffer.region, buffer.offset), name)
        for slot in self.plan.slots:
            self._slots.setdefault((slot.region, slot.offset), []).append(slot)

    def of(self, index: int) -> str:
        buffer = self.plan.buffers[index]
        region = buffer.region
        if region in ("arena", "scratch"):
            return self._temporaries.setdefault(buffer.storage, f"%{len(self._temporaries) + 1}")
        if region == "prepared":
            # By place, so that `evaluate` calls it as `prepare` does.
            return f"p{buffer.offset}"
        if region == "constants":
            word = "ones" if buffer.fill == 1 else f"{buffer.fill:g}"
            return f"{word}[{shape_text(buffer.shape)}]"
        if region in ("feeds", "cells"):
            return self._named[region, buffer.offset]
        return self._of_flat(buffer)

    def _of_flat(self, buffer: Buffer) -> str:
        """A parameter, its gradient, or a piece of a flat vector."""
        start = buffer.offset // ITEM_BYTES[self.plan.precision]
        size = prod(buffer.shape)
        region = "kept" if buffer.region == "kept" else "parameters"
        for slot in () if buffer.region == "state" else self._slots.get((region, start), ()):
            alone = len(buffer.shape) == 1 and len(slot.shape) != 1
            if prod(slot.shape) == size and not alone:
                return f"d({slot.name})" if buffer.region == "gradients" else slot.name
        return f"{buffer.region}[{start}:{start + size}]"
