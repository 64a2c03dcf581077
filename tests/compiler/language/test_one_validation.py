"""A spec, JSON and a Python program accept the same values of every option, and no others."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from math import inf, nan
from typing import Any

import pytest
from netc.compiler.data.files import FilePath
from netc.compiler.language.bind import bind
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.language.call import Arguments
from netc.compiler.language.compound import AnyOf, ListOf
from netc.compiler.language.initializers import Initializer
from netc.compiler.language.kinds import Kind, Misread, number_text
from netc.compiler.language.options import Option, Options, accepts, options_of
from netc.compiler.language.quantities import Quantity
from netc.compiler.language.values import WordValue, WrittenValue
from netc.compiler.spans import Place
from netc.grammar.problem import Problems
from netc.grammar.source import Source, Span
from pydantic import ValidationError

AT = Span(Source("call", "call"), 0, 4)

QUANTITIES = [
    Quantity(number, unit)
    for unit in ("ep", "it", "%", "s", "min", "h", "kg")
    for number in (-1, 0, 1, 5, 2.5, 101)
]
INITIALIZERS = [
    Initializer(rule, scale)
    for rule in ("he", "zeros", "normal", "uniform", "constant", "hee")
    for scale in (None, 3.0, 0.0, -1.0)
]
CANDIDATES: list[Any] = [
    -1, 0, 1, 2, 7, -0.5, 0.5, 0.999, 2.5, 1e300, True, False,
    (), (0,), (1,), (3, 3), (3, -1), (3, 2.5), (3, None), (None, 8), (0, None), (1, 2, 3, 4),
    (0.5, 0.25, 0.25), (0.5, 0.5), (0.5, 2.5, 0.5), (Quantity(5, "ep"),), (Quantity(0, "ep"),),
    (Quantity(2.5, "ep"), Quantity(5, "ep")), (Quantity(5, "min"),), ("all",),
    "all", "same", "floor", "f32", "f16", "h", "pca", ">=", "val_loss", "val_los", "loss", "step",
    "name", "A b!", "block", "1a", "", "a-b",
    "a\tb",
    *QUANTITIES, *INITIALIZERS,
]  # fmt: skip
UNWRITABLE = [nan, inf, -inf, Quantity(inf, "s"), Quantity(nan, "%"), Initializer("normal", inf)]
"""Numbers that no text of a spec stands for."""

OPTIONS = [
    pytest.param(BUILTIN.get(entry.category, entry.word), option, id=f"{entry.word}-{option.name}")
    for entry in BUILTIN.entries
    for option in options_of(BUILTIN.get(entry.category, entry.word))
]
every_option = pytest.mark.parametrize(("cls", "option"), OPTIONS)


def parts_of(kind: Kind) -> tuple[Kind, ...]:
    """The kinds of which a value has one."""
    return kind.kinds if isinstance(kind, AnyOf) else ()


def text_kind(kind: Kind) -> Kind | None:
    """The kind that texts are of, or are written as items of."""
    if getattr(kind, "python", None) is str:
        return kind
    parts = (kind.item,) if isinstance(kind, ListOf) else parts_of(kind)
    found = (text_kind(part) for part in parts)
    return next((part for part in found if part is not None), None)


def written(option: Option, value: Any) -> str:
    """A value as netc text: a text as the option takes texts, all else by what it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, str):
        kind = text_kind(option.kind)
        return value if kind is None else kind.write(value)
    if isinstance(value, tuple):
        numbers = any(isinstance(part, ListOf) for part in parts_of(option.kind))
        sizes = not numbers and all(item is None or type(item) is int for item in value)
        if sizes and len(value) > 1 and min(item or 0 for item in value) >= 0:
            return "x".join("?" if item is None else str(item) for item in value)
        items = ["?" if item is None else written(option, item) for item in value]
        return f"({', '.join(items)}{',' * (len(items) == 1)})"
    return str(value)


def by_spec(
    cls: type[Options], option: Option, value: Any, value_of: Callable[[str], WrittenValue]
) -> bool:
    """Whether a spec may say it: its text reads as this value, and only others are missing."""
    try:
        said = value_of(written(option, value))
    except (AssertionError, ValueError):
        return False  # Not even the grammar takes it.
    problems = Problems()
    bind(cls, Arguments((), ((WordValue(option.name, AT), said),)), Place(AT), problems)
    read = option.kind.read(said)
    same = type(read) is type(value) and read == value
    return same and {problem.code for problem in problems} <= {"E0232"}


def by_json(cls: type[Options], name: str, value: Any) -> bool:
    """Whether JSON may say it."""
    try:
        cls.model_validate_json(json.dumps({name: plain(value)}))
    except ValidationError as error:
        return all(item["loc"][0] != name for item in error.errors(include_url=False))
    return True


def plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


@every_option
def test_spec_json_and_python_accept_the_same_values(
    cls: type[Options], option: Option, value_of: Callable[[str], WrittenValue]
) -> None:
    for value in CANDIDATES:
        found = (
            by_spec(cls, option, value, value_of),
            by_json(cls, option.name, value),
            accepts(cls, option.name, value),
        )
        assert found in [(True, True, True), (False, False, False)], value
    if not isinstance(text_kind(option.kind), FilePath):
        for value in ("a\nb", "a\x01b", "\x01", "\n", "\u202e", ("a\nb",), ("\x7f",)):
            assert not accepts(cls, option.name, value), value
            assert not by_json(cls, option.name, value), value
    for value in (*UNWRITABLE, (nan, nan, nan), (inf, inf, inf)):
        assert not accepts(cls, option.name, value), value
        assert not by_json(cls, option.name, value), value


LONG = {
    "1e18": 10**18,
    "-1e18": -(10**18),
    "1e300": 10**300,
    "1e18ep": Quantity(10**18, "ep"),
    "1e18it": Quantity(10**18, "it"),
    "(1e18, 1e18)": (10**18, 10**18),
    "(1e18ep,)": (Quantity(10**18, "ep"),),
}
"""Whole numbers of more than 18 digits, as powers of ten: with their digits the grammar refuses
them."""


@every_option
def test_whole_numbers_have_at_most_18_digits(
    cls: type[Options], option: Option, value_of: Callable[[str], WrittenValue]
) -> None:
    takes_reals = accepts(cls, option.name, 1e18) or accepts(cls, option.name, (1e18, 1e18))
    for text, value in LONG.items():
        said = value_of(text)
        read = option.kind.read(said)
        assert takes_reals or not accepts(cls, option.name, value), text
        assert takes_reals or isinstance(read, Misread) or not accepts(cls, option.name, read), text
    longest = 10**18 - 1
    if accepts(cls, option.name, longest):
        assert option.kind.read(value_of(str(longest))) == longest
