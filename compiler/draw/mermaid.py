"""A network as a Mermaid flowchart, which many wikis and code hosts draw where they find it."""

from __future__ import annotations

from collections.abc import Iterator

from ..graph import Graph
from .diagram import Box, Diagram, diagram_of
from .direction import Direction
from .levels import Level, levels_of


def mermaid_text(graph: Graph, *, direction: Direction = "down") -> str:
    """The boxes with their frames, and arrows with the shapes that flow along them."""
    diagram = diagram_of(graph)
    lines = ["flowchart LR" if direction == "right" else "flowchart TD"]
    lines += _within(diagram, levels_of(diagram), None, "  ")
    for source, target in diagram.links:
        label = _escaped(diagram.boxes[source].output)
        lines.append(f'  n{source} -->|"{label}"| n{target}')
    read = {source for source, _ in diagram.links}
    for at, box in enumerate(diagram.boxes):
        if at not in read:
            lines.append(f'  n{at} --> out{at}(["{_escaped(box.output)}"])')
    return "\n".join(lines) + "\n"


def _within(
    diagram: Diagram, levels: dict[int | None, Level], frame: int | None, indent: str
) -> Iterator[str]:
    """What is in a frame, line by line."""
    for box, inner in levels[frame].members:
        if box is not None:
            yield f'{indent}n{box}["{_text(diagram.boxes[box])}"]'
        elif inner is not None:
            yield f'{indent}subgraph b{inner}["{_escaped(diagram.frames[inner].text)}"]'
            yield from _within(diagram, levels, inner, indent + "  ")
            yield f"{indent}end"


def _text(box: Box) -> str:
    return "<br/>".join(_escaped(line) for line in (*box.words, box.facts) if line)


def _escaped(text: str) -> str:
    """Text inside quotes, in which Mermaid knows HTML and entities of its own."""
    for character, entity in (("#", "#35;"), ("&", "#38;"), ("<", "#60;"), (">", "#62;")):
        text = text.replace(character, entity)
    return text.replace('"', "#34;").replace("@", "#64;")
