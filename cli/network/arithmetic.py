"""The arithmetic of a network, layer by layer: shapes and numbers of parameters."""

from __future__ import annotations

from ...compiler.graph import Graph
from ...compiler.language.calls import call_text
from ...compiler.shapes import shape_text
from ..terminal.fit import wrapped
from ..terminal.screen import Screen
from .table import Heading, heading_text, table_lines


def arithmetic_text(graph: Graph, screen: Screen) -> str:
    """Each layer with its input and output shape, and the calculation of the output and the
    parameters. Consecutive equal blocks are shown once."""
    by_name = graph.by_name()
    rows: list[str] = []
    for line in table_lines(graph):
        indent = "  " * line.depth
        if isinstance(line, Heading):
            rows.append(screen.paint(f"{indent}{heading_text(line)}", "faint"))
            continue
        node = line.node
        shapes = [by_name[name].shape for name in node.inputs]
        flow = f"{' and '.join(shape_text(shape) for shape in shapes)} -> " if shapes else ""
        name = node.name.split(".")[-1]
        call = screen.paint(f"{name}: {call_text(node.layer)}", "strong")
        lines = [f"{indent}{call}   {flow}{shape_text(node.shape)}"]
        lines += [f"{indent}    {sum_}" for sum_ in node.layer.arithmetic(shapes, node.shape)]
        if screen.terminal:
            hang = len(indent) + 6
            lines = [part for line in lines for part in wrapped(line, screen.width, hang)]
        rows += lines
    return "\n".join(rows) + "\n"
