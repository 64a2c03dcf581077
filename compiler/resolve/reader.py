"""What reading a statement needs: its arguments, and the fields of the model that it fills."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...grammar import ast
from ...grammar.problem import Problem, Problems
from ...grammar.source import Span
from ...grammar.tokens import ENOUGH
from ..language.bind import bind
from ..language.call import Arguments, Bound
from ..language.options import Category, Options
from ..language.statements import CHOOSERS
from ..language.values import UnknownValue, WordValue, WrittenValue
from ..language.vocabulary import Vocabulary
from ..spans import Spans
from ..suggest.calls import join_shapes
from .arguments import after_keyword, first_keyword, wrong_comparison
from .evaluate import evaluate
from .scope import Scope
from .trial import Keywords

Values = Sequence[WrittenValue | UnknownValue]
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
"""Statements that are allowed once, and the field of the model that each fills."""

MANY = {
    "loss": "losses",
    "metric": "metrics",
    "prep": "preps",
    "prep on=target": "target_preps",
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
    """The place of each statement that is allowed once."""
    failed: bool = False


@dataclass(slots=True)
class Reader:
    """What reading a statement needs, and what it fills."""

    scope: Scope
    vocabulary: Vocabulary
    lets: tuple[str, ...]
    problems: Problems
    spans: Spans
    found: Statements = field(default_factory=Statements)

    def report(self, problem: Problem) -> None:
        self.problems.add(problem)
        self.found.failed = True

    def refuse(
        self, directive: str, word: WordValue, fits: Callable[[str], bool] = lambda _: True
    ) -> None:
        """Says that a statement does not know a word. `fits` tells of another word whether it would
        take the arguments."""
        self.found.failed = True
        if len(self.problems) >= ENOUGH:
            return
        from ..suggest.notes import report_word
        from ..suggest.words import UnknownStatementWord, choice_problem

        known = self.vocabulary.words(CHOOSERS[directive].category)
        problem = choice_problem(
            UnknownStatementWord(
                word.text, word.span, self.vocabulary, known, fits, directive=directive
            )
        )
        report_word(problem, self.problems)

    def value(self, value: ast.Value) -> WrittenValue | None:
        result = evaluate(value, self.scope, self.problems)
        if result is None:
            self.found.failed = True
        return result

    def fill(self, directive: str, bound: Bound[Options], call: Span) -> None:
        """Fills the field of a statement, or adds to it."""
        if directive == "prep" and getattr(bound.options, "on", "") == "target":
            directive = "prep on=target"
        if directive in MANY:
            self.add(MANY[directive], bound.options, call, bound.spans)
        else:
            self.put(SINGLE[directive], bound.options, call, bound.spans)

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
        self.spans.put(path, call)
        for option, span in options.items():
            self.spans.put(f"{path}.{option}", span)

    def bind(
        self, category: Category, word: str, values: Values, keywords: Keywords, at: Span
    ) -> Bound[Options] | None:
        """The options of a word, or None after a report."""
        arguments = Arguments(tuple(values), tuple(keywords), self.scope.defines)
        bound = bind(self.vocabulary.get(category, word), arguments, at, self.problems)
        if bound is None:
            self.found.failed = True
        return bound


def _is_unit(at: Span, problems: Problems) -> bool:
    """Whether a word comes right after a number, as in `epochs=10px`."""
    note = problems.note_at(at)
    return note is not None and note.code == "E0109"


def read_arguments(
    call: ast.Call, reader: Reader
) -> tuple[
    list[WrittenValue | UnknownValue] | None, list[tuple[WordValue, WrittenValue | UnknownValue]]
]:
    """Values and `key=value`. None when the call cannot be bound for what is wrong in it."""
    values: list[WrittenValue | UnknownValue] = []
    keywords: list[tuple[WordValue, WrittenValue | UnknownValue]] = []
    late: list[ast.Value] = []
    """The values after a `key=value`."""
    failed = False
    call, in_pieces = join_shapes(call)
    for problem in in_pieces:
        reader.problems.add(problem)
    late_from = first_keyword(call)
    for argument in call.arguments:
        match argument:
            case ast.Name() if _is_unit(argument.span, reader.problems):
                from ..suggest.notes import report_unit

                failed = reader.found.failed = True
                report_unit(argument.span, reader.problems)
            case ast.Branches():
                failed = True
                reader.report(brackets(call, argument))
            case ast.Comparison():
                compared = _comparison(call, argument, reader)
                failed = failed or compared is None
                values += compared or ()
            case ast.Keyword():
                value = reader.value(argument.value) or UnknownValue(argument.value.span)
                keywords.append((WordValue(argument.key.text, argument.key.span), value))
            case _:
                values.append(reader.value(argument) or UnknownValue(argument.span))
                if keywords and argument.span.start >= late_from:
                    late.append(argument)
    if late:
        _report_late(call, late, reader)
    return (None if failed else values), keywords


def _comparison(
    call: ast.Call, comparison: ast.Comparison, reader: Reader
) -> tuple[WrittenValue, ...] | None:
    """`stop when val_acc>=99%` reads the three parts of a comparison as three values."""
    if call.name.text != "stop":
        reader.report(wrong_comparison(call.name.text, comparison))
        return None
    bound = reader.value(comparison.value)
    if bound is None:
        return None
    name = comparison.name
    sign = Span(name.span.source, name.span.end, comparison.value.span.start)
    return (WordValue(name.text, name.span), WordValue(comparison.operator, sign), bound)


def brackets(call: ast.Call, branches: ast.Branches) -> Problem:
    from ..problems.calls import WrongBrackets

    word = call.name.text
    return WrongBrackets(at=branches.span, call=word, wanted="takes no brackets")


def _report_late(call: ast.Call, late: list[ast.Value], reader: Reader) -> None:
    """Reports values after a `key=value` that would be right before it. Where a value is
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
        reader.report(after_keyword(call, [item.span for item in late]))
