"""The shapes of layers that stand in no text."""

from __future__ import annotations

from collections.abc import Sequence

from ...grammar.problem import Problem
from ...grammar.source import Source, Span
from ..layers.layer import Layer
from ..shapes import Shape


class _Nowhere:
    """The place of a layer that stands in no text: what it reports is kept."""

    def __init__(self) -> None:
        self.span = Span(Source("", ""), 0, 0)
        self.problems: list[Problem] = []

    def option(self, name: str) -> Span:
        return self.span

    def source(self, index: int) -> Span:
        return self.span

    def is_open(self) -> bool:
        return False

    def report(self, problem: Problem) -> None:
        self.problems.append(problem)


def output_shape(layer: Layer, inputs: Sequence[Shape]) -> tuple[Shape | None, str]:
    """The shape that a layer gives, or why it gives none."""
    site = _Nowhere()
    shape = layer.infer(inputs, site)
    if shape is not None and not site.problems:
        return shape, ""
    return None, site.problems[0].message() if site.problems else "its output has no shape"
