"""The layers of a network as a table, for a terminal and for a notebook."""

from __future__ import annotations

from ...compiler.graph import Graph
from ...compiler.shapes import shape_text
from ..html_tables import html_line, html_table

HEAD = ("layer", "gives", "parameters")


def as_text(graph: Graph, *, trained: bool) -> str:
    """A line per layer, and the total."""
    rows = [HEAD, *_rows(graph)]
    wide = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"{first:<{wide[0]}}  {second:<{wide[1]}}  {third:>{wide[2]}}"
        for first, second, third in rows
    ]
    return "\n".join((*lines, total(graph, trained=trained)))


def as_html(graph: Graph, *, trained: bool) -> str:
    """A row per layer, and the total."""
    return html_table(HEAD, _rows(graph)) + html_line(total(graph, trained=trained))


def total(graph: Graph, *, trained: bool) -> str:
    """The number of parameters, and whether they are trained."""
    count = graph.parameter_count()
    known = "sizes not fixed" if count is None else f"{count:,} parameters"
    return f"{known}, {'trained' if trained else 'not trained'}"


def _rows(graph: Graph) -> list[tuple[str, str, str]]:
    rows = []
    for node in graph.nodes:
        count = node.parameter_count() or 0
        rows.append((node.layer.heading(), shape_text(node.shape), f"{count:,}" if count else ""))
    return rows
