"""From the arguments of a call to an options object.

Every option that is wrong is reported, not only the first. The words for what is wrong live in
`misfits.py`, which is imported when the first one is met.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from ...grammar.problem import Problems
from ...grammar.source import Span
from ..spans import Place
from .kinds import Wrong
from .options import Option, Options, options_of
from .values import UnknownValue, Value, Word

O = TypeVar("O", bound=Options)  # noqa: E741  one letter, as is usual for a type variable


def _nothing(name: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Arguments:
    """The evaluated arguments of one call, in source order."""

    positional: tuple[Value | UnknownValue, ...] = ()
    keywords: tuple[tuple[Word, Value | UnknownValue], ...] = ()
    defines: Callable[[str], bool] = _nothing
    """Whether `$name` is a value here, for one who forgot the `$`."""


@dataclass(frozen=True, slots=True)
class Bound(Generic[O]):
    """An options object, and where the value of each written option stands."""

    options: O
    spans: dict[str, Span]


@dataclass(slots=True)
class Binding:
    """What is known of a call while it is bound: which value goes to which option."""

    cls: type[Options]
    arguments: Arguments
    place: Place
    given: dict[str, Value | UnknownValue] = field(default_factory=dict)
    extra: list[Value] = field(default_factory=list)
    """Values without a name that no positional option is left for."""
    unknown: list[tuple[Word, Value | UnknownValue]] = field(default_factory=list)
    repeated: list[tuple[Word, Value | UnknownValue]] = field(default_factory=list)
    wrong: list[tuple[Option, Value, Wrong]] = field(default_factory=list)
    missing: list[Option] = field(default_factory=list)
    has_unknown: bool = False
    """Whether a value without a name is unknown. If it is a word, it takes no option's place."""


def bind(cls: type[O], arguments: Arguments, place: Place, problems: Problems) -> Bound[O] | None:
    """The options that a call means; None after at least one report, or when a value is unknown.

    What does not depend on an unknown value is checked beside it.

    The object equals the one that Pydantic's validation of the same values would give; no
    validator is built for it.
    """
    binding = assign(cls, arguments, place)
    values: dict[str, Any] = {}
    unknown = binding.has_unknown
    for option in options_of(cls):
        if option.name in binding.given:
            written = binding.given[option.name]
            if isinstance(written, UnknownValue):
                unknown = True
                continue
            converted = option.kind.convert(written)
            if isinstance(converted, Wrong):
                binding.wrong.append((option, written, converted))
            values[option.name] = converted
        elif option.required:
            binding.missing.append(option)
    if binding.extra or binding.unknown or binding.repeated or binding.wrong or binding.missing:
        from .misfits import report

        report(binding, problems)
        return None
    if unknown:
        return None
    spans = {name: value.span for name, value in binding.given.items()}
    return Bound(cls(**values), spans)


def assign(cls: type[Options], arguments: Arguments, place: Place) -> Binding:
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
