"""A program: instructions over values, each value made once.

Between the network's graph and the plan. Layers emit into it, passes rewrite it, the allocator
gives its values their memory. Nothing here knows an array.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from math import prod
from typing import Any, Literal

from .isa import ROWS, Row
from .pattern import Bindings, FixedShape, expand, shape_of, unify

Region = Literal[
    "arena", "parameters", "kept", "gradients", "state", "cells", "feeds", "constants", "prepared",
    "scratch",
]  # fmt: skip
"""Where a value lives.

`arena`: temporaries, shared by liveness. `scratch`: what one instruction works in, where that is
not in the arena too. `parameters` and `gradients`: the flat vectors, in one
layout. `kept`: running statistics and frozen weights. `state`: optimizer state. `cells`: scalars
that last (learning rate, step). `feeds`: batches, filled by the caller. `constants`: filled once.
`prepared`: computed from parameters alone, again when they change.
"""


Layout = Literal["nhwc", "chwn"]
"""Samples, rows, columns, channels; or channels, rows, columns, samples."""


@dataclass(frozen=True, slots=True)
class Value:
    """One array. `root` is the value whose memory it shares when it is only a view of it."""

    id: int
    shape: FixedShape
    dtype: str = "f"
    region: Region = "arena"
    name: str = ""
    root: int | None = None
    offset: int = 0
    """Elements from the start of the region; only for values that are laid out beforehand."""
    fill: float | None = None
    """What a constant holds."""
    layout: Layout = "nhwc"
    """What the axes of an image are; see `lower/passes/choose_layouts.py`."""

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def storage(self) -> int:
        """The id of the value that owns the memory."""
        return self.id if self.root is None else self.root

    def renamed(self, renamed: Mapping[int, Value]) -> Value:
        """The value that replaces this one: another, by id, or a view of another."""
        if self.id in renamed:
            return renamed[self.id]
        if self.root is not None and self.root in renamed:
            home = renamed[self.root]
            return replace(self, root=home.storage, region=home.region, offset=home.offset)
        return self


@dataclass(frozen=True, slots=True)
class Instruction:
    """One row of the instruction set over values."""

    row: str
    operands: tuple[Value, ...]
    results: tuple[Value, ...]
    scratch: tuple[Value, ...]
    attributes: tuple[tuple[str, Any], ...] = ()
    layer: str = ""
    """The node that it was emitted for: for listings and profiles."""
    loop: int | None = None
    """Instructions with one number in a row run together over slices of the flat vectors."""

    @property
    def rule(self) -> Row:
        return ROWS[self.row]

    def reading(self, operands: tuple[Value, ...]) -> Instruction:
        """The same on other operands, which mostly are its own: then nothing is made."""
        same = all(new is old for new, old in zip(operands, self.operands, strict=True))
        return self if same else replace(self, operands=operands)

    def changed(self) -> Iterator[Value]:
        """The operands that it changes in place."""
        pattern = expand(self.rule.pattern.operands, len(self.operands))
        for operand, value in zip(pattern, self.operands, strict=True):
            if operand.changed:
                yield value


@dataclass(slots=True)
class Program:
    """A list of instructions, and the values that must outlive it."""

    name: str
    instructions: list[Instruction] = field(default_factory=list)
    outputs: dict[str, Value] = field(default_factory=dict)
    """Read by the caller after the program ran."""
    prepared: list[Instruction] = field(default_factory=list)
    """What reads parameters alone: it runs once after they have changed, not each time."""
    ids: Iterator[int] = field(default_factory=partial(count, 1), repr=False, compare=False)
    """Numbers that no value of the program has yet; a rewritten program goes on with them."""

    def new_id(self) -> int:
        return next(self.ids)


@dataclass(frozen=True, slots=True)
class Algorithm:
    """How a convolution is computed: by what, and how much of it at a time."""

    name: Literal["winograd", "columns"]
    size: int
    """Of Winograd's algorithm the tiles that are handled together, of columns their elements."""


@dataclass(slots=True)
class Emitter:
    """What layers, losses and optimizers write instructions with."""

    program: Program
    batch: int
    """Samples in the arrays of this program."""
    total_batch: int
    """Samples over which losses are averaged: the same, or that of all shards together."""
    training: bool
    """Whether batch normalisation takes the statistics of the batch, and updates its own."""
    backward: bool = False
    """Whether gradients follow, for which layers save what they need."""
    noise: bool = False
    """Whether dropout and the like draw random numbers."""
    sharded: bool = False
    """True when the batch of this program is one shard of a larger one."""
    cache_elements: int = 262_144
    """How large a scratch buffer may grow: 1 MiB of float32, half of a core's second-level
    cache."""
    column_elements: int = 524_288
    """How large the columns of a convolution may grow: as the products over them are long, more
    rows gain what the cache loses."""
    algorithms: Mapping[str, Algorithm] = field(default_factory=dict)
    """How convolutions are computed where the rules of `layers/convolve.py` do not decide, by
    node."""
    exact: bool = False
    """True forbids algorithms that round differently from the direct sum."""
    native: bool = False
    """Whether the program is for the native engine."""
    layout: Layout = "nhwc"
    """Of the images that are emitted now."""
    layer: str = ""
    loop: int | None = None
    _ones: dict[int, Value] = field(default_factory=dict)
    _loops: int = 0

    def new_value(self, shape: FixedShape, **details: Any) -> Value:
        """A value that no instruction makes: a parameter, a feed, a constant."""
        return Value(self.program.new_id(), shape, **details)

    def emit(self, row: str, *operands: Value, **attributes: Any) -> Value:
        """Appends an instruction and gives its one result."""
        (result,) = self.emit_many(row, *operands, **attributes)
        return result

    def emit_many(self, row: str, *operands: Value, **attributes: Any) -> tuple[Value, ...]:
        """Appends an instruction and gives its results. Attributes with capital names are sizes."""
        pattern = ROWS[row].pattern
        sizes: Bindings = {key: size for key, size in attributes.items() if key[0].isupper()}
        wanted = expand(pattern.operands, len(operands))
        unify(wanted, tuple(value.shape for value in operands), sizes)
        results = tuple(
            self.new_value(shape_of(result, sizes), dtype=result.dtype, layout=self.layout)
            for result in pattern.results
        )
        scratch = tuple(
            self.new_value(shape_of(item, sizes), dtype=item.dtype) for item in pattern.scratch
        )
        kept = tuple((key, value) for key, value in attributes.items() if not key[0].isupper())
        self.program.instructions.append(
            Instruction(row, operands, results, scratch, kept, self.layer, self.loop)
        )
        return results

    def rows_at_once(self, shape: FixedShape) -> int:
        """How many rows (all axes but the last) several passes should handle together, so that
        the three or four arrays that they touch stay in the cache."""
        rows = max(1, self.cache_elements // 4 // shape[-1])
        return min(rows, prod(shape[:-1]))

    def laid_out(self, value: Value, layout: Layout) -> Value:
        """An image in another layout."""
        if value.layout == layout or len(value.shape) != 4:
            return value
        self.layout = layout
        return self.emit("swap_layout", value)

    def over_shards(self, x: Value) -> Value:
        """The sum of a vector over all shards of the batch."""
        return self.emit("sum_shards", x) if self.sharded else x

    def emit_like(self, instruction: Instruction, operands: tuple[Value, ...]) -> Value:
        """Appends the same instruction, with one result, on other operands of the same shapes."""
        results = tuple(
            self.new_value(value.shape, dtype=value.dtype) for value in instruction.results
        )
        scratch = tuple(
            self.new_value(value.shape, dtype=value.dtype) for value in instruction.scratch
        )
        self.program.instructions.append(
            replace(instruction, operands=operands, results=results, scratch=scratch)
        )
        (result,) = results
        return result

    def part(self, rows: int, row_elements: int, elements: int | None = None) -> tuple[int, int]:
        """How many samples, or rows of one sample, an instruction should handle together so that
        its scratch buffer (rows of this many elements) stays in the cache, or holds no more than
        so many elements."""
        room = max(1, (elements or self.cache_elements) // max(1, row_elements))
        if room < rows:
            return 1, room
        return min(self.batch, max(1, room // rows)), rows

    def view(self, value: Value, shape: FixedShape) -> Value:
        """The same memory under another name, and maybe in another shape."""
        if prod(shape) != value.size:
            raise ValueError(f"{value.shape} cannot be seen as {shape}")
        return replace(value, id=self.program.new_id(), shape=shape, root=value.storage)

    def constant(self, fill: float, shape: FixedShape = (), dtype: str = "f") -> Value:
        """An array that holds one number everywhere."""
        return self.new_value(shape, dtype=dtype, region="constants", fill=fill)

    def ones_over(self, *shape: int) -> Value:
        """As many ones as an array of this shape has elements: what sums are products with."""
        count = prod(shape)
        if count not in self._ones:
            self._ones[count] = self.constant(1.0, (count,))
        return self._ones[count]

    def begin_loop(self) -> None:
        """The instructions up to `end_loop` run together, slice by slice of their one flat axis."""
        self._loops += 1
        self.loop = self._loops

    def end_loop(self) -> None:
        self.loop = None
