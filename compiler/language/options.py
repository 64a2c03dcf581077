"""The base of everything that has options: layers, losses, optimizers, directives.

A class is one word of the language. Its fields are its options, in the order in which the
formatter writes them; `positional` names those that may stand without their key.

The kind of an option stands in its annotation, and is evaluated when the first call of the word
is bound.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from ...grammar.record import Record, fields_of, once_a_class, own_annotations
from .kinds import Kind
from .record import JsonRecord, type_of


class Options(JsonRecord):
    """One word of the language with its options."""

    category: ClassVar[Literal["layer", "loss", "optimizer"] | None] = None
    """What kind of word it is, where programs may add words of the kind."""
    word: ClassVar[str]
    """How it is written."""
    summary: ClassVar[str]
    """What it is, in one short line."""
    positional: ClassVar[tuple[str, ...]] = ()
    """The options that may be written without their key, in order."""


class Option(Record):
    """One field of an options class, as the binder and the documents see it."""

    name: str
    kind: Kind
    required: bool
    default: Any


@once_a_class
def options_of(cls: type[Options]) -> tuple[Option, ...]:
    """The options of a class: its own first, then those of each class that it extends."""
    names = dict.fromkeys(name for base in cls.__mro__ for name in own_annotations(base))
    fields = fields_of(cls)
    return tuple(
        Option(name, _kind(cls, name), name in fields.required, fields.defaults[name])
        for name in names
    )


def _kind(cls: type[Options], name: str) -> Kind:
    for item in getattr(type_of(cls, name), "__metadata__", ()):
        if isinstance(item, Kind):
            return item
    raise TypeError(f"{cls.__name__}.{name} has no kind: write Annotated[type, Kind()]")
