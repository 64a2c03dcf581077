"""Values that are set from outside: `--set width=32`, `--batch 64`."""

from __future__ import annotations

from collections.abc import Container, Mapping
from math import isfinite
from typing import Any, NamedTuple

from ..grammar import ast
from ..grammar.parser import parse
from ..grammar.problem import Problems
from ..grammar.source import Source, Span
from .ir import Model
from .language.frozen import change
from .spans import Spans

COMMAND_LINE = "<command line>"


class Override(NamedTuple):
    """The value of a constant, as netc text, and the option that gives it: `--compare lr=0.1,1`."""

    value: str
    typed: str
    at: int
    """Where the value is in what was typed."""


Overrides = Mapping[str, str | Override]
"""The values of constants by name, as netc text."""


def _source_of(name: str, setting: str | Override) -> Source:
    """The `let` that says the same."""
    if isinstance(setting, str):
        return Source("<lets>", f"let {name}={setting}")
    value, typed, at = setting
    start = typed.index(name, typed.index(" "))
    text = (f"{'let':<{start}}{name}=".ljust(at) + value).ljust(len(typed))
    return Source(COMMAND_LINE, text, typed=typed)


def read_overrides(overrides: Overrides, problems: Problems) -> list[ast.Keyword]:
    """Each `name=value` as it would be in a `let`; what is not one is reported.

    Every setting is a text of its own, so that one cannot bring in another statement.
    """
    found: list[ast.Keyword] = []
    for name, setting in overrides.items():
        source, value = _source_of(name, setting), value_of(setting)
        if "." in name:
            _report_wrong(name, value, source, problems)
            continue
        seen = len(problems)
        statements = parse(source, problems).statements
        if len(problems) > seen:
            continue
        match statements:
            case [ast.Let(bindings=[binding])] if binding.key.text == name:
                found.append(binding)
            case _:
                _report_wrong(name, value, source, problems)
    return found


def _report_wrong(name: str, value: str, source: Source, problems: Problems) -> None:
    from .problems.values import WrongSetting

    at = Span(source, 0, len(source.text))
    problems.add(WrongSetting(at=at, name=name, value=value))


def value_of(setting: str | Override) -> str:
    """The netc text."""
    return setting if isinstance(setting, str) else setting.value


def let_text(name: str, value: Any) -> str:
    """A Python value as netc text; a scalar of NumPy's is the number that it holds."""
    if getattr(value, "ndim", None) == 0:
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return repr(int(value))
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError(f"`{name}` cannot be {float(value)}: a constant is a finite number")
        return repr(float(value))
    if isinstance(value, list | tuple):
        comma = "," if len(value) == 1 else ""
        return f"({', '.join(let_text(name, item) for item in value)}{comma})"
    kind = type(value).__name__
    raise TypeError(f"`{name}` is a number, a text, true or false, or a tuple of them, not {kind}")


def override_train(model: Model, spans: Spans, options: Mapping[str, int | str]) -> Model:
    """The model with these options of `train`, which are on the command line."""
    if not options:
        return model
    for name, value in options.items():
        source = Source(COMMAND_LINE, f"--{name} {value}")
        place = Span(source, 0, len(source.text))
        if spans.get("train") is None:
            spans.put("train", place)
        spans.put(f"train.{name}", place)
    return change(model, train=change(model.train, **options))


def written_lets(file: ast.File, names: Container[str]) -> list[ast.Keyword]:
    """The constants with these names that a file itself defines."""
    lets = (statement for statement in file.statements if isinstance(statement, ast.Let))
    return [item for let in lets for item in let.bindings if item.key.text in names]


def with_lets(file: ast.File, values: Mapping[str, str]) -> str:
    """The text of a file with other values of its constants; everything else stays as it is."""
    text = file.source.text
    for binding in reversed(written_lets(file, values)):
        span = binding.value.span
        text = text[: span.start] + values[binding.key.text] + text[span.end :]
    return text
