"""What the statements beside the network mean: data, losses, the optimizer, contracts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...grammar import ast
from ...grammar.problem import Problem, Problems
from ...grammar.source import Span
from ..ir import Expectation
from ..language.bind import bind
from ..language.call import Arguments
from ..language.kinds import fraction
from ..language.options import Category, Options, options_of
from ..language.values import FunctionValue, Number, Text, UnknownValue, Value, Word
from ..language.vocabulary import Vocabulary
from ..spans import Place, Spans
from ..suggest.amend import amend_word, is_respelt, runs_on
from ..suggest.meant import join_shapes
from .arguments import behind_keyword, stands_late, wrong_comparison
from .evaluate import evaluate, value_text
from .scope import Scope
from .words import CHOOSERS, prep_or_augment, unknown_choice

SINGLE = {
    "data": "data",
    "opt": "optimizer",
    "schedule": "schedule",
    "train": "train",
    "augment": "augment",
    "kfold": "kfold",
    "init": "weights",
    "tune": "tune",
}
"""Statements that may stand once, and the field of the model that each fills."""

MANY = {
    "loss": "losses",
    "metric": "metrics",
    "prep": "preps",
    "reg": "regularizers",
    "stop": "stops",
    "expect": "expectations",
}
"""Statements that add to a field of the model."""


@dataclass(slots=True)
class Statements:
    """The fields of the model that statements fill."""

    single: dict[str, Any] = field(default_factory=dict)
    many: dict[str, list[Any]] = field(default_factory=dict)
    first: dict[str, Span] = field(default_factory=dict)
    """Where each statement that may stand once stood."""
    failed: bool = False


@dataclass(slots=True)
class Reader:
    """What reading a statement needs, and what it fills."""

    scope: Scope
    vocabulary: Vocabulary
    blocks: tuple[str, ...]
    lets: tuple[str, ...]
    problems: Problems
    spans: Spans
    found: Statements = field(default_factory=Statements)

    def report(self, problem: Problem) -> None:
        self.problems.add(problem)
        self.found.failed = True

    def refuse(self, directive: str, word: Word) -> None:
        """Says that a statement does not know a word."""
        problem = unknown_choice(directive, word.text, word.span, self.blocks, self.vocabulary)
        if is_respelt(word.text, word.span):
            amend_word(problem, self.problems)
            self.found.failed = True
        else:
            self.report(problem)

    def refuse_unit(self, word: ast.Name) -> None:
        """`epochs=10px`: a word right behind a number, which no statement reads."""
        self.found.failed = True
        amend_word(Problem(at=word.span), self.problems)

    def value(self, value: ast.Value) -> Value | None:
        result = evaluate(value, self.scope, self.problems)
        if result is None:
            self.found.failed = True
        return result

    def add(self, name: str, item: Any, call: Span, options: dict[str, Span]) -> None:
        """Adds to a field that holds several."""
        items = self.found.many.setdefault(name, [])
        self._place(f"{name}.{len(items)}", call, options)
        items.append(item)

    def put(self, name: str, item: Any, call: Span, options: dict[str, Span]) -> None:
        """Fills a field that holds one."""
        self.found.single[name] = item
        self._place(name, call, options)

    def _place(self, path: str, call: Span, options: dict[str, Span]) -> None:
        self.spans.put(path, Place(call))
        for option, span in options.items():
            self.spans.put(f"{path}.{option}", Place(span))

    def bind(
        self, category: Category, word: str, arguments: Arguments, at: Span
    ) -> tuple[Options, dict[str, Span]] | None:
        """The options of a word, or None after a report."""
        cls = self.vocabulary.get(category, word)
        bound = bind(cls, arguments, Place(at), self.problems)
        if bound is None:
            self.found.failed = True
            return None
        return bound.options, bound.spans


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
        from .sequences import read_sequence

        read_sequence(call, reader)
    else:
        values, keywords = _arguments(call, reader)
        if values is None or keywords is None:
            return
        if name in CHOOSERS:
            _choose(call, values, keywords, reader)
        elif name == "augment" and (word := _prep_in(values, reader)) is not None:
            reader.report(prep_or_augment(name, word.text, word.span, f"prep {word.text}"))
        else:
            bound = reader.bind(
                "directive",
                name,
                Arguments(tuple(values), tuple(keywords), reader.scope.defines),
                call.span,
            )
            if bound is not None:
                reader.put(SINGLE[name], bound[0], call.span, bound[1])


def _arguments(
    call: ast.Call, reader: Reader
) -> tuple[list[Value | UnknownValue] | None, list[tuple[Word, Value | UnknownValue]]]:
    """Values and `key=value`. None when the call cannot be bound for what is wrong in it."""
    values: list[Value | UnknownValue] = []
    keywords: list[tuple[Word, Value | UnknownValue]] = []
    late: list[ast.Value] = []
    """The values behind a `key=value`."""
    failed = False
    for argument in join_shapes(call, (), reader.problems).arguments:
        match argument:
            case ast.Name() if runs_on(argument.span):
                failed = True
                reader.refuse_unit(argument)
            case ast.Branches():
                failed = True
                reader.report(brackets(call, argument))
            case ast.Comparison():
                compared = _comparison(call, argument, reader)
                failed = failed or compared is None
                values += compared or ()
            case ast.Keyword():
                value = reader.value(argument.value) or UnknownValue(argument.value.span)
                keywords.append((Word(argument.key.text, argument.key.span), value))
            case _:
                values.append(reader.value(argument) or UnknownValue(argument.span))
                if keywords and stands_late(call, argument):
                    late.append(argument)
    if late:
        _report_late(call, late, reader)
    return (None if failed else values), keywords


def _prep_in(values: list[Value | UnknownValue], reader: Reader) -> Word | None:
    """A word of `prep` among the values of another statement."""
    words = (value for value in values if isinstance(value, Word))
    return next((word for word in words if reader.vocabulary.has("prep", word.text)), None)


def _comparison(
    call: ast.Call, comparison: ast.Comparison, reader: Reader
) -> tuple[Value, ...] | None:
    """`stop when val_acc>=99%` reads the three parts of a comparison as three values."""
    if call.name.text != "stop":
        reader.report(wrong_comparison(call.name.text, comparison))
        return None
    bound = reader.value(comparison.value)
    if bound is None:
        return None
    name = comparison.name
    sign = Span(name.span.source, name.span.end, comparison.value.span.start)
    return (Word(name.text, name.span), Word(comparison.operator, sign), bound)


def brackets(call: ast.Call, branches: ast.Branches) -> Problem:
    from ..problems.calls import WrongBrackets

    word = call.name.text
    return WrongBrackets(at=branches.span, call=word, wanted="takes no brackets")


def _report_late(call: ast.Call, late: list[ast.Value], reader: Reader) -> None:
    """Says which values stand behind a `key=value` and would be right before it. Where a value is
    one too many, that is the mistake, and it is said when the call is bound."""
    name = call.name.text
    plain = (ast.Keyword, ast.Comparison, ast.Branches)
    values = [item for item in call.arguments if not isinstance(item, plain)]
    category: Category = "directive"
    word, places = name, 0
    if name in CHOOSERS:
        category, places = CHOOSERS[name].category, 1
        word = values[0].text if isinstance(values[0], ast.Name) else ""
        if not word:
            late = [item for item in late if isinstance(item, ast.Name)]
    if word:
        if not reader.vocabulary.has(category, word):
            return
        places += len(reader.vocabulary.get(category, word).positional)
        late = [item for item in late if values.index(item) < places]
    if late:
        reader.report(behind_keyword(call, [item.span for item in late]))


def _choose(
    call: ast.Call,
    values: list[Value | UnknownValue],
    keywords: list[tuple[Word, Value | UnknownValue]],
    reader: Reader,
) -> None:
    directive = call.name.text
    category, what = CHOOSERS[directive]
    vocabulary = reader.vocabulary
    first = values[0] if values else None
    if isinstance(first, UnknownValue):
        return
    if isinstance(first, Word):
        word, rest = first.text, values[1:]
        if not vocabulary.has(category, word):
            reader.refuse(directive, first)
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
    if directive == "stop" and word == "when" and not rest and keywords:
        from .stopping import report_equality

        report_equality(keywords[0], reader)
        return
    if directive == "tune":
        from .tuning import read_tune

        read_tune(call, word, rest, keywords, reader)
        return
    bound = reader.bind(
        category, word, Arguments(tuple(rest), tuple(keywords), reader.scope.defines), call.span
    )
    if bound is None:
        return
    if directive in MANY:
        reader.add(MANY[directive], bound[0], call.span, bound[1])
    else:
        reader.put(SINGLE[directive], bound[0], call.span, bound[1])


def _likely(
    directive: str,
    known: tuple[str, ...],
    first: Value | None,
    keywords: list[tuple[Word, Value | UnknownValue]],
    vocabulary: Vocabulary,
) -> str:
    """What a statement without its word was most likely meant to be, or nothing: `reg l2 1e-4` for
    `reg l2=1e-4`, `opt adam lr=0.1` for `opt adam(0.1)`."""
    category = CHOOSERS[directive].category
    word = ""
    value: Value | UnknownValue | None = None
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

    values, keywords = _arguments(call, reader)
    if values is None or any(isinstance(value, UnknownValue) for value in values):
        return
    if len(values) == 1 and isinstance(values[0], Text) and not keywords:
        reader.put("weights", values[0].text, call.span, {})
        return
    reader.report(WrongWeights(at=call.span))
