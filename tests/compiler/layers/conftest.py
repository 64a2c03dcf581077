"""One layer at a time: reads a call without the grammar, and a site that remembers problems."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from netc.compiler.language.kinds import Misread
from netc.compiler.language.options import options_of
from netc.compiler.language.values import (
    FunctionValue,
    Number,
    ShapeValue,
    WordValue,
    WrittenValue,
    extent_around,
)
from netc.compiler.language.vocabulary import Vocabulary
from netc.compiler.layers.catalog import LAYERS
from netc.compiler.layers.layer import Layer
from netc.compiler.shapes import Shape, shape_text
from netc.grammar.problem import Problem
from netc.grammar.source import Source, Span

VOCABULARY = Vocabulary(LAYERS)


@dataclass
class Place:
    """A layer behind its inputs in a text, as a `Site`."""

    source_text: Source
    layer: Layer
    span: Span
    makers: list[Span]
    options: dict[str, Span]
    inputs: tuple[Shape, ...]
    found: list[Problem] = field(default_factory=list)
    calls: tuple[Span, ...] = ()

    def is_open(self) -> bool:
        """Whether the data decide a width: never in these tables."""
        return False

    def option(self, name: str) -> Span:
        return self.options.get(name, self.span)

    def source(self, index: int) -> Span:
        return self.makers[index]

    def report(self, problem: Problem) -> None:
        self.found.append(problem)

    def infer(self) -> Shape | None:
        return self.layer.infer(self.inputs, self)


class Reader:
    """Reads calls such as `conv 6 5x5 stride=2`."""

    def layer(self, call: str) -> Layer:
        return self.place(call).layer

    def place(self, call: str, *inputs: str) -> Place:
        """The call behind `input ...` calls that give the shapes."""
        text = "".join(f"input {shape} -> " for shape in inputs) + call
        source = Source("<test>", text)
        start = len(text) - len(call)
        makers = [Span(source, *m.span()) for m in re.finditer(r"input \S+", text[:start])]
        words = [(m.group(), m.span()) for m in re.finditer(r"\S+", call)]
        cls = VOCABULARY.get("layer", words[0][0])
        assert issubclass(cls, Layer)
        kinds = {option.name: option for option in options_of(cls)}
        values: dict[str, Any] = {}
        spans: dict[str, Span] = {}
        positional = iter(cls.positional)
        for word, (_, end) in words[1:]:
            key, mark, written = word.rpartition("=")
            name = key if mark else next(positional)
            span = Span(source, start + end - len(written), start + end)
            value = kinds[name].kind.read(read_value(written, span))
            assert not isinstance(value, Misread), (call, name, value)
            values[name], spans[name] = value, span
        missing = [o.name for o in kinds.values() if o.required and o.name not in values]
        assert not missing, (call, missing)
        layer = cls(**values)
        shapes = tuple(read_shape(shape) for shape in inputs)
        return Place(source, layer, Span(source, start, len(text)), makers, spans, shapes)

    def infer(self, call: str, *inputs: str) -> str | None:
        """The shape as text; fails when something is reported but a shape comes out."""
        place = self.place(call, *inputs)
        shape = place.infer()
        assert (shape is None) == bool(place.found), place.found
        assert len(place.found) <= 1
        return None if shape is None else shape_text(shape)

    def problem(self, call: str, *inputs: str) -> Problem:
        place = self.place(call, *inputs)
        assert place.infer() is None
        (problem,) = place.found
        return problem


def read_shape(text: str) -> Shape:
    return tuple(None if size == "?" else int(size) for size in text.split("x"))


def read_value(text: str, span: Span) -> WrittenValue:
    if match := re.fullmatch(r"(\w+)\((.*)\)", text):
        argument = Number(float(match.group(2)), None, span)
        return FunctionValue(match.group(1), (argument,), span, extent_around((argument,)))
    if re.fullmatch(r"[\d?]+(x[\d?]+)+|\?", text):
        return ShapeValue(read_shape(text), span)
    if match := re.fullmatch(r"(-?[\d.]+(?:e-?\d+)?)(%?)", text):
        number = match.group(1)
        value = int(number) if re.fullmatch(r"-?\d+", number) else float(number)
        return Number(value, match.group(2) or None, span)
    return WordValue(text, span)


@pytest.fixture(scope="session")
def read() -> Reader:
    return Reader()
