"""What the statements beside the network mean: data, losses, the optimizer, contracts."""

from __future__ import annotations

from typing import Any

from ...grammar import ast
from ...grammar.source import Span
from ..ir import Expectation
from ..language.kinds import value_text
from ..language.numbers import fraction
from ..language.options import options_of
from ..language.statements import CHOOSERS
from ..language.values import FunctionValue, Number, Text, UnknownValue, WordValue, WrittenValue
from ..language.vocabulary import Vocabulary
from .reader import SINGLE, Reader, read_arguments
from .sequences import read_sequence
from .stopping import report_equality
from .trial import options_fit
from .tuning import read_tune


def read_statement(call: ast.Call, reader: Reader) -> None:
    """Reads one statement into the model's fields."""
    name = call.name.text
    if name in SINGLE:
        first = reader.found.first.setdefault(name, call.span)
        if first is not call.span:
            from ..problems.definitions import StatementTwice

            reader.report(StatementTwice(at=call.span, directive=name, first=first))
            return
    if name == "expect":
        _expect(call, reader)
    elif name == "init":
        _init(call, reader)
    elif name in ("prep", "metric"):
        read_sequence(call, reader)
    else:
        values, keywords = read_arguments(call, reader)
        if values is None or keywords is None:
            return
        if name in CHOOSERS:
            _choose(call, values, keywords, reader)
        elif name == "augment" and (word := _prep_in(values, reader)) is not None:
            from ..suggest.words import prep_or_augment

            reader.report(prep_or_augment(name, word.text, word.span, f"prep {word.text}"))
        else:
            bound = reader.bind("directive", name, values, keywords, call.span)
            if bound is not None:
                reader.fill(name, bound, call.span)


def _prep_in(values: list[WrittenValue | UnknownValue], reader: Reader) -> WordValue | None:
    """A word of `prep` among the values of another statement."""
    words = (value for value in values if isinstance(value, WordValue))
    return next((word for word in words if reader.vocabulary.has("prep", word.text)), None)


def _choose(
    call: ast.Call,
    values: list[WrittenValue | UnknownValue],
    keywords: list[tuple[WordValue, WrittenValue | UnknownValue]],
    reader: Reader,
) -> None:
    directive = call.name.text
    category, what = CHOOSERS[directive]
    vocabulary = reader.vocabulary
    first = values[0] if values else None
    if isinstance(first, UnknownValue):
        return
    if isinstance(first, WordValue):
        word, rest = first.text, values[1:]
        if not vocabulary.has(category, word):
            reader.refuse(
                directive,
                first,
                lambda near: options_fit(
                    vocabulary.get(category, near), rest, keywords, call.span, reader.scope
                ),
            )
            return
    elif directive == "stop" and any(key.text == "patience" for key, _ in keywords):
        word, rest = "patience", values
    else:
        from ..problems.names import MissingChoice

        known = vocabulary.words(category)
        instead = _likely(directive, known, first, keywords, vocabulary)
        reader.report(
            MissingChoice(
                at=call.span, directive=directive, what=what, known=known, instead=instead
            )
        )
        return
    if directive == "stop" and word == "when" and not rest and _names_quantity(keywords, reader):
        report_equality(keywords[0], reader)
        return
    if directive == "tune":
        read_tune(call, word, rest, keywords, reader)
        return
    bound = reader.bind(category, word, rest, keywords, call.span)
    if bound is not None:
        reader.fill(directive, bound, call.span)


def _names_quantity(
    keywords: list[tuple[WordValue, WrittenValue | UnknownValue]], reader: Reader
) -> bool:
    """Whether `stop when acc=99%` writes a comparison with `=`, and no option by its name."""
    own = reader.vocabulary.get("stop", "when").positional
    return bool(keywords) and keywords[0][0].text not in own


def _likely(
    directive: str,
    known: tuple[str, ...],
    first: WrittenValue | None,
    keywords: list[tuple[WordValue, WrittenValue | UnknownValue]],
    vocabulary: Vocabulary,
) -> str:
    """What a statement without its word was most likely meant to be, or nothing: `reg l2 1e-4` for
    `reg l2=1e-4`, `opt adam lr=0.1` for `opt adam(0.1)`."""
    category = CHOOSERS[directive].category
    word = ""
    value: WrittenValue | UnknownValue | None = None
    if isinstance(first, FunctionValue):
        word, value = first.name, first.arguments[0] if len(first.arguments) == 1 else None
    elif first is None and keywords:
        word, value = keywords[0][0].text, keywords[0][1]
    elif isinstance(first, Text) and first.text in known:
        return f"{directive} {first.text}"
    elif isinstance(first, Number) and len(known) == 2:
        word, value = known[-1], first
    if word in known:
        cls = vocabulary.get(category, word)
        names = [option.name for option in options_of(cls)]
        if not isinstance(value, Number | Text):
            return ""
        if cls.positional:
            others = "".join(f" {key.text}={item.span.text}" for key, item in keywords[1:])
            return f"{directive} {word} {value_text(value)}{others}"
        return f"{directive} {word} lr={value_text(value)}" if "lr" in names else ""
    has = (
        name
        for name in known
        if any(option.name == word for option in options_of(vocabulary.get(category, name)))
    )
    owner = next(has, None)
    if directive not in ("opt", "loss") or owner is None:
        return ""
    return f"{directive} {owner} " + " ".join(
        f"{key.text}={item.span.text}" for key, item in keywords
    )


def _expect(call: ast.Call, reader: Reader) -> None:
    if not call.arguments:
        _no_comparison(call.span, "", reader)
    arguments = list(call.arguments)
    if [type(argument) for argument in arguments] == [ast.Name, ast.Number]:
        at = arguments[0].span.to(arguments[1].span)
        _no_comparison(at, f"{arguments[0].span.text} {arguments[1].span.text}", reader)
        return
    for argument in arguments:
        if isinstance(argument, ast.Comparison):
            name, operator = argument.name, argument.operator
        elif isinstance(argument, ast.Keyword):
            name, operator = argument.key, "="
        else:
            _no_comparison(argument.span, argument.span.text, reader)
            continue
        value = reader.value(argument.value)
        if value is None:
            continue
        if not isinstance(value, Number) or value.unit not in (None, "%"):
            text = f"{name.text}{operator}{value_text(value)}"
            _no_comparison(value.span, text, reader)
            continue
        bound = fraction(value.value) if value.unit == "%" else float(value.value)
        fields: dict[str, Any] = {"quantity": name.text, "operator": operator, "bound": bound}
        expectation = Expectation(**fields)
        options = {"quantity": name.span, "bound": argument.value.span}
        reader.add("expectations", expectation, argument.span, options)


def _no_comparison(at: Span, text: str, reader: Reader) -> None:
    from ..problems.values import WrongExpectation

    reader.report(WrongExpectation(at=at, text=text))


def _init(call: ast.Call, reader: Reader) -> None:
    from ..problems.values import WrongWeights

    values, keywords = read_arguments(call, reader)
    if values is None or any(isinstance(value, UnknownValue) for value in values):
        return
    if len(values) == 1 and isinstance(values[0], Text) and not keywords:
        reader.put("weights", values[0].text, call.span, {})
        return
    reader.report(WrongWeights(at=call.span))
