"""Frozen records: the classes of the syntax tree, of values, kinds, options and the IR.

A record is written like a frozen data class, and type checkers take it for one. What differs is
when the work is done. A data class writes and compiles six methods when it is created, which
takes 0.3 ms; the hundred and fifty classes that a check may need would take as long as the check.
The fields of a record are read from its annotations when the first one is made.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, TypeVar, cast, dataclass_transform


@dataclass_transform(frozen_default=True)
class Record:
    """The base. A record equals another of its class whose fields are equal.

    `vars(record)` are its fields, in their order.
    """

    def __init__(self, *values: Any, **named: Any) -> None:
        fields = fields_of(type(self))
        own = vars(self)
        if len(values) == len(fields.defaults) and not named:
            own.update(zip(fields.defaults, values, strict=True))
            return
        given = {**dict(zip(fields.defaults, values, strict=False)), **named}
        own.update(fields.defaults)
        for name in fields.copied:
            own[name] = own[name].copy()
        own.update(given)
        is_whole = len(own) == len(fields.defaults) and fields.required <= given.keys()
        if not is_whole or len(given) < len(values) + len(named):
            raise TypeError(_misfit(type(self), values, named))

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


def change(record: R, **changes: Any) -> R:
    """A copy of the record with other values in some fields."""
    return type(record)(**{**vars(record), **changes})


def _misfit(cls: type[Record], values: tuple[Any, ...], named: dict[str, Any]) -> str:
    """What is wrong with the arguments that a record was made with."""
    fields = fields_of(cls)
    placed = list(fields.defaults)[: len(values)]
    parts: dict[str, list[Any]] = {
        "has no": [name for name in named if name not in fields.defaults],
        "needs": [name for name in fields.defaults if name in fields.required - {*placed, *named}],
        "was given twice": [name for name in placed if name in named],
        f"takes {len(fields.defaults)} values, not": [len(values)][: len(values) > len(placed)],
    }
    said = [f"{text} {', '.join(map(str, items))}" for text, items in parts.items() if items]
    return f"{cls.__name__} {' and '.join(said)}"
