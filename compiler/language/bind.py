"""From the arguments of a call to an options object.

The values are read by kind into plain Python values, and Pydantic validates these. Every option
that is wrong is reported, not only the first. The words for what is wrong live in
`suggest/arguments.py`, which is imported when the first one is met.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from ...grammar.problem import Problems
from ...grammar.source import Span
from .call import Arguments, Binding, Bound, O, Wrong, assign
from .errors import refusals
from .kinds import Misread
from .options import options_of
from .values import UnknownValue


def bind(cls: type[O], arguments: Arguments, place: Span, problems: Problems) -> Bound[O] | None:
    """The options that a call means; None after at least one report, or when a value is unknown.

    What does not depend on an unknown value is checked beside it.
    """
    binding = assign(cls, arguments, place)
    values: dict[str, Any] = {}
    unknown = binding.has_unknown
    for option in options_of(cls):
        written = binding.given.get(option.name)
        if isinstance(written, UnknownValue):
            unknown = True
        elif written is not None:
            value = option.kind.read(written)
            if isinstance(value, Misread):
                binding.wrong.append(Wrong(option, written, value.reason))
            else:
                values[option.name] = value
    options = None
    try:
        options = cls(**values)
    except ValidationError as error:
        _refuse(binding, error)
    if binding.extra or binding.unknown or binding.repeated or binding.wrong or binding.missing:
        from ..suggest.arguments import report

        report(binding, problems)
        return None
    if unknown or options is None:
        return None
    spans = {name: value.span for name, value in binding.given.items()}
    return Bound(options, spans)


def _refuse(binding: Binding, error: ValidationError) -> None:
    """Notes which options Pydantic refuses, and which it misses."""
    options = {option.name: option for option in options_of(binding.cls)}
    for refusal in refusals(error):
        option = options[refusal.name]
        written = binding.given.get(refusal.name)
        if written is None:
            binding.missing.append(option)
        elif not isinstance(written, UnknownValue) and not refusal.missing:
            binding.wrong.append(Wrong(option, written, refusal.reason, refusal.hint))
    order = list(options)
    binding.wrong.sort(key=lambda wrong: order.index(wrong.option.name))
    binding.missing.sort(key=lambda option: order.index(option.name))
