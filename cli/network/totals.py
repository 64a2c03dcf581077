"""The sums below a network's table."""

from __future__ import annotations

from ...compiler.graph import Graph
from ...compiler.ir import Model
from ...grammar.text import counted
from ..terminal.figures import multiply_adds_text, size_text
from ..terminal.screen import Screen
from .table import parameter_count

BYTES = {"f32": 4, "f64": 8}


def totals_line(graph: Graph, model: Model, screen: Screen) -> str:
    """`61,706 parameters, 241.0 KiB as f32 · 0.42 M multiply-adds per sample`."""
    parts = [_parameters(graph, model)]
    kept = [parameter_count(node, trained=False) for node in graph.nodes]
    if any(kept) and None not in kept:
        parts.append(f"{sum(count or 0 for count in kept):,} running statistics")
    costs = [node.multiply_adds for node in graph.nodes]
    if None not in costs:
        parts.append(f"{multiply_adds_text(sum(cost or 0 for cost in costs))} per sample")
    return f" {screen.glyphs.dot} ".join(parts)


def _parameters(graph: Graph, model: Model) -> str:
    count = graph.parameter_count()
    if count is None:
        return "number of parameters unknown (a size is `?`)"
    precision = model.train.precision
    size = size_text(count * BYTES[precision])
    return f"{counted(count, 'parameter')}, {size} as {precision}" if count else "no parameters"
