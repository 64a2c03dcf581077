"""What an argument is after `$` was read and arithmetic was done.

The same classes serve every call: a layer, a directive, a block, an element of a list. Each
carries the span of what the author wrote, so that a wrong value is shown where it stands.
"""

from __future__ import annotations

from ...grammar.record import Record
from ...grammar.source import Span


class Number(Record):
    """A number with its unit (`ep it % min h s`) or none."""

    value: int | float
    unit: str | None
    span: Span


class ShapeValue(Record):
    """`3x3`, `?x8`. A plain number is a `Number`, never a shape of one size."""

    sizes: tuple[int | None, ...]
    span: Span


class Text(Record):
    """A string in quotes."""

    text: str
    span: Span


class Word(Record):
    """A bare word."""

    text: str
    span: Span


class LabelValue(Record):
    """`@name`, read."""

    name: str
    span: Span


class Sequence(Record):
    """`(64, 128)`."""

    items: tuple[Value, ...]
    span: Span


class FunctionValue(Record):
    """`log(1e-4, 1e-1)`."""

    name: str
    arguments: tuple[Value, ...]
    span: Span


class UnknownValue(Record):
    """A value that something wrong elsewhere keeps unknown, about which nothing more is said."""

    span: Span


Value = Number | ShapeValue | Text | Word | LabelValue | Sequence | FunctionValue
