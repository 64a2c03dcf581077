"""The base of everything that has options: layers, losses, optimizers, directives.

A class is one word of the language. Its fields are its options, in the order in which the
formatter writes them; `positional` names those that may stand without their key.

Pydantic builds validators only for the classes that meet JSON (`defer_build`): the binder has
already converted every value by its kind, with messages in the words of the language.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from .kinds import Kind


class Options(BaseModel):
    """One word of the language with its options."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)

    word: ClassVar[str]
    """How it is written."""
    summary: ClassVar[str]
    """What it is, in one short line."""
    positional: ClassVar[tuple[str, ...]] = ()
    """The options that may be written without their key, in order."""


@dataclass(frozen=True, slots=True)
class Option:
    """One field of an options class, as the binder and the documents see it."""

    name: str
    kind: Kind
    required: bool
    default: Any


@cache
def options_of(cls: type[Options]) -> tuple[Option, ...]:
    """The options of a class: its own first, then those of each class that it extends."""
    fields = cls.model_fields
    names = dict.fromkeys(
        name for base in cls.__mro__ for name in vars(base).get("__annotations__", ())
    )
    return tuple(
        Option(name, _kind(cls, name, field.metadata), field.is_required(), field.default)
        for name, field in ((name, fields[name]) for name in names if name in fields)
    )


def _kind(cls: type[Options], name: str, metadata: list[Any]) -> Kind:
    for item in metadata:
        if isinstance(item, Kind):
            return item
    raise TypeError(f"{cls.__name__}.{name} has no kind: write Annotated[type, Kind()]")
