"""What an argument is after `$` was read and arithmetic was done.

The same classes serve every call: a layer, a directive, a block, an element of a list. Each
carries the span of what the author wrote, so that a wrong value is shown where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...grammar.source import Span


@dataclass(frozen=True, slots=True)
class Number:
    """A number with its unit (`ep it % min h s`) or none."""

    value: int | float
    unit: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class ShapeValue:
    """`3x3`, `?x8`. A plain number is a `Number`, never a shape of one size."""

    sizes: tuple[int | None, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Text:
    """A string in quotes."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class LabelValue:
    """`@name`, read."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Sequence:
    """`(64, 128)`."""

    items: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class FunctionValue:
    """`log(1e-4, 1e-1)`."""

    name: str
    arguments: tuple[Value, ...]
    span: Span


Value = Number | ShapeValue | Text | Word | LabelValue | Sequence | FunctionValue
