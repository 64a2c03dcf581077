"""Laws of kinds and of the binder, on values that are drawn at random."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from netc.compiler.data.tables import CharacterInQuotes, ColumnNameKind
from netc.compiler.language.bind import bind
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.language.call import Arguments
from netc.compiler.language.compound import AnyOf, Extents, ListOf
from netc.compiler.language.initializers import PLAIN, SCALED, Initializer, Rules
from netc.compiler.language.kinds import (
    Choice,
    Flag,
    Kind,
    LabelName,
    Name,
    Quoted,
    Real,
    Whole,
)
from netc.compiler.language.numbers import fraction
from netc.compiler.language.options import Options, options_of
from netc.compiler.language.quantities import WHOLE, Quantity, Units
from netc.compiler.language.values import WordValue, WrittenValue
from netc.compiler.spans import Place
from netc.compiler.training.monitors import AfterEpochs, watchable
from netc.grammar.problem import Problems
from netc.grammar.source import Source, Span

AT = Span(Source("call", "call"), 0, 4)
WORDS = st.from_regex(r"\A[a-z][a-z0-9_]{0,8}\Z").filter(
    lambda word: word not in ("netc", "let", "use", "block", "true", "false", "id")
)
BRIEF = settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def values_of(kind: Kind) -> st.SearchStrategy[Any]:
    """Python values that a kind can give."""
    match kind:
        case Whole():
            least = int(kind.bounds.ge or 0)
            return st.integers(least, least + 5_000)
        case Real():
            ge, gt, le, lt = kind.bounds
            low = ge if ge is not None else gt
            high = le if le is not None else lt
            return st.floats(
                -1e6 if low is None else low,
                1e6 if high is None else high,
                exclude_min=gt is not None,
                exclude_max=lt is not None,
                allow_subnormal=False,
            )
        case Choice():
            return st.sampled_from(kind.choices)
        case Flag():
            return st.booleans()
        case Extents():
            size = st.integers(int(kind.least), 99)
            sizes = st.none() | size if kind.free else size
            least, most = (kind.count, kind.count) if kind.count else (1, 4)
            return st.lists(sizes, min_size=least, max_size=most).map(tuple)
        case CharacterInQuotes():
            return st.sampled_from((*kind.names, ",", ";", "|", " "))
        case Quoted():
            return st.from_regex(r"\A[a-z./ -]{1,12}\Z")
        case Name() | LabelName():
            return WORDS
        case ColumnNameKind():
            return WORDS | st.from_regex(r"\A[A-Z][a-z ]{1,9}\Z")
        case AfterEpochs():
            return st.sampled_from(watchable())
        case Units():
            return st.sampled_from(kind.units).flatmap(_quantity)
        case Rules():
            scaled = st.builds(Initializer, st.sampled_from(sorted(SCALED)), st.floats(0.001, 10))
            return st.sampled_from(sorted(PLAIN)).map(Initializer) | scaled
        case AnyOf():
            return st.one_of([values_of(inner) for inner in kind.kinds])
        case ListOf():
            count = kind.count
            items = st.lists(values_of(kind.item), min_size=count or 1, max_size=count or 4)
            return items.map(tuple)
    raise TypeError(f"no values for {type(kind).__name__}")


def _quantity(unit: str) -> st.SearchStrategy[Quantity]:
    number: st.SearchStrategy[int | float] = st.integers(1, 100)
    if unit not in WHOLE:
        number = number | st.floats(0.5, 99.5).filter(lambda value: not value.is_integer())
    return number.map(lambda value: Quantity(value, unit))


KINDS = {
    f"{type(option.kind).__name__}: {option.kind.describe()}": option.kind
    for entry in BUILTIN.entries
    for option in options_of(BUILTIN.get(entry.category, entry.word))
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_what_a_kind_writes_it_reads_again(
    kind: Kind, value_of: Callable[[str], WrittenValue]
) -> None:
    @BRIEF
    @given(values_of(kind))
    def law(value: Any) -> None:
        assert kind.read(value_of(kind.write(value))) == value

    law()


ENTRIES = [(entry.category, entry.word) for entry in BUILTIN.entries]


@pytest.mark.parametrize(("category", "word"), ENTRIES, ids=[" ".join(pair) for pair in ENTRIES])
def test_spec_json_and_python_make_equal_options(
    category: Any, word: str, value_of: Callable[[str], WrittenValue]
) -> None:
    cls = BUILTIN.get(category, word)

    @BRIEF
    @given(st.data())
    def law(data: st.DataObject) -> None:
        arguments, expected = _call(cls, data, value_of)
        problems = Problems()
        bound = bind(cls, arguments, Place(AT), problems)
        assert bound is not None, [problem.message() for problem in problems]
        for name, value in expected.items():
            assert getattr(bound.options, name) == value
        assert set(bound.spans) == set(expected)
        assert cls(**expected) == bound.options
        assert cls.model_validate_json(bound.options.model_dump_json()) == bound.options

    law()


def _call(
    cls: type[Options], data: st.DataObject, value_of: Callable[[str], WrittenValue]
) -> tuple[Arguments, dict[str, Any]]:
    """A random right call, with some options and some positional values named."""
    expected: dict[str, Any] = {}
    positional: list[WrittenValue] = []
    keywords: list[tuple[WordValue, WrittenValue]] = []
    for option in options_of(cls):
        if not option.required and data.draw(st.booleans()):
            continue
        value = data.draw(values_of(option.kind), label=option.name)
        expected[option.name] = value
    open_end = False
    for name in cls.positional:
        open_end = open_end or name not in expected or data.draw(st.booleans())
        if not open_end:
            positional.append(value_of(_kind(cls, name).write(expected[name])))
    for name, value in expected.items():
        if name not in cls.positional[: len(positional)]:
            keywords.append((WordValue(name, AT), value_of(_kind(cls, name).write(value))))
    return Arguments(tuple(positional), tuple(keywords)), expected


def _kind(cls: type[Options], name: str) -> Kind:
    return next(option.kind for option in options_of(cls) if option.name == name)


@given(st.integers(0, 100_000))
def test_a_percentage_is_rounded_once(thousandths: int) -> None:
    """99.9% is the number that 0.999 is, which 99.9 / 100 is not."""
    assert fraction(thousandths / 1000) == float(f"{thousandths}e-5")
