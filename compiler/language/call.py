"""A call while it is bound: its arguments, which option each is for, and what does not fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from ...grammar.source import Span
from .kinds import Reason
from .options import Option, Options, options_of
from .values import UnknownValue, WordValue, WrittenValue

O = TypeVar("O", bound=Options)  # noqa: E741  one letter, as is usual for a type variable


def _nothing(name: str) -> bool:
    return False


class Wrong(NamedTuple):
    """A value that an option does not take."""

    option: Option
    value: WrittenValue
    reason: Reason
    hint: str = ""
    """A way out, where the rule itself has one."""


class Arguments(NamedTuple):
    """The evaluated arguments of one call, in source order."""

    positional: tuple[WrittenValue | UnknownValue, ...] = ()
    keywords: tuple[tuple[WordValue, WrittenValue | UnknownValue], ...] = ()
    defines: Callable[[str], bool] = _nothing
    """Whether `$name` is a value here, for one who forgot the `$`."""


class Bound(NamedTuple, Generic[O]):
    """An options object, and the place of the value of each written option."""

    options: O
    spans: dict[str, Span]


@dataclass(slots=True)
class Binding:
    """What is known of a call while it is bound: which value goes to which option."""

    cls: type[Options]
    arguments: Arguments
    place: Span
    given: dict[str, WrittenValue | UnknownValue] = field(default_factory=dict)
    extra: list[WrittenValue] = field(default_factory=list)
    """Values without a name that no positional option is left for."""
    unknown: list[tuple[WordValue, WrittenValue | UnknownValue]] = field(default_factory=list)
    repeated: list[tuple[WordValue, WrittenValue | UnknownValue]] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    missing: list[Option] = field(default_factory=list)
    has_unknown: bool = False
    """Whether a value without a name is unknown. If it is a word, it takes no option's place."""


def assign(cls: type[Options], arguments: Arguments, place: Span) -> Binding:
    """Which value was meant for which option, by position and by name."""
    binding = Binding(cls, arguments, place)
    names = {option.name for option in options_of(cls)}
    perhaps_words: set[str] = set()
    places = len(cls.positional)
    known = 0
    for index, value in enumerate(arguments.positional):
        if isinstance(value, UnknownValue):
            binding.has_unknown = True
        else:
            known += 1
            if known > places:
                binding.extra.append(value)
        if index < places:
            name = cls.positional[index]
            binding.given[name] = value
            if binding.has_unknown:
                perhaps_words.add(name)
    for key, value in arguments.keywords:
        if key.text not in names:
            binding.unknown.append((key, value))
        elif key.text in binding.given and key.text not in perhaps_words:
            binding.repeated.append((key, value))
        else:
            binding.given[key.text] = value
    return binding
