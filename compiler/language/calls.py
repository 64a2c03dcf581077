"""Options objects as the calls that mean them."""

from __future__ import annotations

from typing import Any

from .options import Option, Options, options_of


def call_text(options: Options) -> str:
    """The shortest call that means these options: `conv 64 3x3 pad=1`, defaults left out."""
    named = {option.name: option for option in options_of(type(options))}
    words = [options.word]
    keyed = list(named)
    for name in options.positional:
        if not is_set(options, named[name]):
            break
        words.append(value_text(named[name], getattr(options, name)))
        keyed.remove(name)
    words += [
        f"{name}={value_text(named[name], getattr(options, name))}"
        for name in keyed
        if is_set(options, named[name])
    ]
    return " ".join(words)


def is_set(options: Options, option: Option) -> bool:
    """Whether an option has another value than its default."""
    value = getattr(options, option.name)
    return option.required or value != option.default


def value_text(option: Option, value: Any) -> str:
    """A value as netc text."""
    return option.kind.write(value)
