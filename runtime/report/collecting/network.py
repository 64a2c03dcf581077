"""The layers of a network as rows, and its picture."""

from __future__ import annotations

from ....compiler.draw.svg import svg_element
from ....compiler.graph import Graph, GraphNode
from ....compiler.language.calls import call_text
from ....compiler.shapes import shape_text
from ..data import NetworkRow, ReportedNetwork

LARGEST_PICTURE = 400_000
"""Characters of a picture. A larger one nobody can read."""


MOST_LAYERS = 1000
"""Rows of the table."""


def network_of(graph: Graph, title: str) -> ReportedNetwork:
    """The layers, also those that only arrange numbers."""
    costs = [node.multiply_adds for node in graph.nodes]
    places = any(len(node.shape) > 1 for node in graph.nodes)
    return ReportedNetwork(
        tuple(_row(node, places=places) for node in graph.nodes[:MOST_LAYERS]),
        graph.parameter_count(),
        None if None in costs else sum(cost or 0 for cost in costs),
        picture_of(graph, title),
        max(0, len(graph.nodes) - MOST_LAYERS),
    )


def picture_of(graph: Graph, title: str) -> str:
    """The network as SVG; empty where it would be too large."""
    drawn = svg_element(graph, title=title)
    return drawn if isinstance(drawn, str) and len(drawn) <= LARGEST_PICTURE else ""


def _row(node: GraphNode, *, places: bool) -> NetworkRow:
    return NetworkRow(
        node.name,
        call_text(node.layer),
        shape_text(node.shape),
        node.parameter_count(),
        node.multiply_adds,
        _sees(node) if places else "",
    )


def _sees(node: GraphNode) -> str:
    """The receptive field, in a network that has places to look at."""
    if node.receptive is None:
        return "all"
    sizes = node.receptive.size
    return "" if all(size == 1 for size in sizes) else shape_text(sizes)
