"""The patterns of the instruction set: operands, results and scratch memory of an instruction.

    "x[N,I] w[I,O] -> y[N,O]"           two operands, one result
    "x[...,C] b[C] -> y[...,C]"         `...` is any leading axes
    "dy[...] y[...] -> dx[...] | mask[...]:bool"   scratch memory after the bar
    "p[n]! g[n] ->"                     `!`: the operand is changed in place
    "x[N,H,W,C] -> y[N,P,Q,C]"          P and Q come from the instruction's attributes
    "xs[...,C]* -> y[...,E]"            any number of operands, each with a C of its own

A letter is one size and means the same size wherever it occurs. Types: `f` (the precision of the
plan, when nothing is said), `f64`, `i64`, `u8`, `bool`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

FixedShape = tuple[int, ...]
Bindings = dict[str, int | FixedShape]

ELLIPSIS = "..."
_OPERAND = re.compile(r"(\w+)\[([^\]]*)\]([!*]?)(?::(\w+))?")


@dataclass(frozen=True, slots=True)
class Operand:
    """One operand, result or scratch buffer of an instruction."""

    name: str
    axes: tuple[str, ...]
    dtype: str
    changed: bool = False
    many: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """A parsed pattern."""

    operands: tuple[Operand, ...]
    results: tuple[Operand, ...]
    scratch: tuple[Operand, ...]


class PatternError(Exception):
    """An instruction was emitted with operands that do not fit: a bug in an op, never a user's."""


def parse_pattern(text: str) -> Pattern:
    """Reads the notation above."""
    left, arrow, right = text.partition("->")
    if not arrow:
        raise ValueError(f"no `->` in pattern {text!r}")
    results, _, scratch = right.partition("|")
    return Pattern(_operands(left), _operands(results), _operands(scratch))


def _operands(text: str) -> tuple[Operand, ...]:
    return tuple(
        Operand(name, tuple(re.findall(r"[^\s,]+", axes)), dtype or "f", mark == "!", mark == "*")
        for name, axes, mark, dtype in _OPERAND.findall(text)
    )


def expand(operands: tuple[Operand, ...], count: int) -> tuple[Operand, ...]:
    """The operands of an instruction with this many: one for many is written out."""
    if not operands or not operands[0].many:
        return operands
    first = operands[0]
    copies = tuple(
        replace(first, axes=tuple(a if a == ELLIPSIS else f"{a}{i}" for a in first.axes))
        for i in range(count - len(operands) + 1)
    )
    return copies + operands[1:]


def unify(operands: tuple[Operand, ...], shapes: tuple[FixedShape, ...], sizes: Bindings) -> None:
    """Binds the letters of the operands to the sizes of the shapes, in `sizes`.

    Raises PatternError where a letter would mean two sizes.
    """
    if len(operands) != len(shapes):
        raise PatternError(f"{len(operands)} operands wanted, {len(shapes)} given")
    for operand, shape in zip(operands, shapes, strict=True):
        _unify_one(operand, shape, sizes)


def _unify_one(operand: Operand, shape: FixedShape, sizes: Bindings) -> None:
    axes = operand.axes
    if axes and axes[0] == ELLIPSIS:
        rest = axes[1:]
        cut = len(shape) - len(rest)
        if cut < 0:
            raise PatternError(f"{operand.name} has shape {shape}, too short for {axes}")
        _bind(operand, ELLIPSIS, shape[:cut], sizes)
        axes, shape = rest, shape[cut:]
    if len(axes) != len(shape):
        raise PatternError(f"{operand.name} has shape {shape}, its pattern is {axes}")
    for axis, size in zip(axes, shape, strict=True):
        if axis.isdigit():
            if int(axis) != size:
                raise PatternError(f"{operand.name} has {size} where {axis} is needed")
        else:
            _bind(operand, axis, size, sizes)


def _bind(operand: Operand, axis: str, size: int | FixedShape, sizes: Bindings) -> None:
    known = sizes.setdefault(axis, size)
    if known != size:
        raise PatternError(f"{operand.name}: {axis} is {known} and {size}")


def shape_of(operand: Operand, sizes: Mapping[str, int | FixedShape]) -> FixedShape:
    """The shape of a result or scratch buffer once every letter is bound."""
    shape: list[int] = []
    for axis in operand.axes:
        size = int(axis) if axis.isdigit() else sizes.get(axis)
        if size is None:
            raise PatternError(f"{operand.name}: the size of {axis} is not known")
        if isinstance(size, tuple):
            shape.extend(size)
        else:
            shape.append(size)
    return tuple(shape)
