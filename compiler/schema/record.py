"""Frozen records: the classes of options and of the IR.

A record is written like a data class with keywords only, and type checkers take it for one. What
differs is when the work is done. A data class writes and compiles its methods when it is created,
and a Pydantic model builds its fields; a spec that says `adam` would pay for every optimizer
there is. A record's fields are read from its annotations when the first one is made, and an
annotation is evaluated when somebody asks for it. Pydantic is met only by those who validate or
write JSON: see `validation.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar, cast, dataclass_transform

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record:
    """The base. A record equals another of its class whose fields are equal.

    `vars(record)` are its fields, in their order.
    """

    def __init__(self, **values: Any) -> None:
        fields = fields_of(type(self))
        own = vars(self)
        own.update(fields.defaults)
        for name in fields.copied:
            own[name] = own[name].copy()
        own.update(values)
        if len(own) != len(fields.defaults) or not fields.required <= values.keys():
            raise TypeError(_misfit(type(self), values))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a {type(self).__name__} is frozen: its {name!r} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a {type(self).__name__} is frozen: its {name!r} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        written = (f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({', '.join(written)})"

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Self], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        from .validation import record_schema

        return record_schema(source, handler)


R = TypeVar("R", bound=Record)
Function = TypeVar("Function", bound=Callable[..., Any])


def once_a_class(function: Function) -> Function:
    """Remembers what a function of a class gave: `functools.cache` with a plain type.

    The type of `cache` asks for arguments that can be hashed, and mypy does not see that a class
    can be whose instances define `__hash__`.
    """
    return cast(Function, cache(function))


class Fields(NamedTuple):
    """The fields of a class of records."""

    defaults: dict[str, Any]
    """All of them in the order of their annotations, those of the base classes first, with their
    defaults; None for those that are required."""
    required: frozenset[str]
    copied: tuple[str, ...]
    """Those whose default is a dictionary, of which every record gets its own."""


@once_a_class
def fields_of(cls: type[Record]) -> Fields:
    """The fields of a class: what is annotated in it and its bases, and is no `ClassVar`."""
    names = [name for base in reversed(cls.__mro__) for name in own_annotations(base)]
    defaults = {name: getattr(cls, name, None) for name in names}
    return Fields(
        defaults,
        frozenset(name for name in names if not hasattr(cls, name)),
        tuple(name for name, value in defaults.items() if isinstance(value, dict)),
    )


def own_annotations(cls: type) -> dict[str, str]:
    """The fields that a class declares itself, and the text of their types.

    Every module here has `from __future__ import annotations`, so annotations are text.
    """
    if not issubclass(cls, Record):
        return {}
    annotations: dict[str, str] = vars(cls).get("__annotations__", {})
    return {name: text for name, text in annotations.items() if not text.startswith("ClassVar")}


@once_a_class
def types_of(cls: type[Record]) -> dict[str, Any]:
    """The fields that a class declares itself, and their types.

    They are evaluated among the names of the module that the class stands in.
    """
    names = vars(sys.modules[cls.__module__])
    return {name: eval(text, names) for name, text in own_annotations(cls).items()}


def type_of(cls: type[Record], name: str) -> Any:
    """The type of a field, as the class declares it or the nearest of its bases that does."""
    owner = next(base for base in cls.__mro__ if name in own_annotations(base))
    return types_of(owner)[name]


def change(record: R, **changes: Any) -> R:
    """A copy of the record with other values in some fields."""
    return type(record)(**{**vars(record), **changes})


def _misfit(cls: type[Record], values: dict[str, Any]) -> str:
    """What is wrong with the keywords that a record was made with."""
    fields = fields_of(cls)
    unknown = [name for name in values if name not in fields.defaults]
    missing = [name for name in fields.defaults if name in fields.required - values.keys()]
    parts = [
        f"{text} {', '.join(names)}"
        for text, names in (("has no", unknown), ("needs", missing))
        if names
    ]
    return f"{cls.__name__} {' and '.join(parts)}"
