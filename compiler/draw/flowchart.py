"""A network as the text of a Mermaid flowchart, and of a Graphviz dot file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..graph import Graph
from .diagram import Box, Diagram, diagram_of

Path = tuple[str, ...]


def mermaid_text(graph: Graph) -> str:
    """A Mermaid flowchart, which many wikis and code hosts draw where they find it."""
    diagram = diagram_of(graph)
    ids = _ids(diagram)
    lines = ["flowchart TD"]
    lines += _nested(
        diagram,
        lambda box: f'{ids[box.name]}["{_joined(box, "<br/>", _mermaid)}"]',
        lambda number, text: f'subgraph b{number}["{_mermaid(text)}"]',
        "end",
    )
    lines += [f"  {ids[source]} --> {ids[target]}" for source, target in diagram.links]
    return "\n".join(lines) + "\n"


def dot_text(graph: Graph) -> str:
    """A directed graph in the language of Graphviz."""
    diagram = diagram_of(graph)
    ids = _ids(diagram)
    lines = [
        "digraph network {",
        '  node [shape=box, style=rounded, fontname="monospace", fontsize=11];',
        '  graph [fontname="monospace", fontsize=10, color=gray];',
    ]
    lines += _nested(
        diagram,
        lambda box: f'{ids[box.name]} [label="{_joined(box, chr(92) + "n", _dot)}"];',
        lambda number, text: f'subgraph cluster_{number} {{ label="{_dot(text)}";',
        "}",
    )
    lines += [f"  {ids[source]} -> {ids[target]};" for source, target in diagram.links]
    return "\n".join([*lines, "}"]) + "\n"


def _ids(diagram: Diagram) -> dict[str, str]:
    return {box.name: f"n{number}" for number, box in enumerate(diagram.boxes)}


def _joined(box: Box, separator: str, escaped: Callable[[str], str]) -> str:
    return separator.join(escaped(line) for line in (*box.words, box.facts) if line)


def _nested(
    diagram: Diagram,
    draw: Callable[[Box], str],
    begin: Callable[[int, str], str],
    end: str,
) -> Iterator[str]:
    """The boxes, each within the blocks around it. A block may be opened in several places."""
    texts = {block.name: block.text for block in diagram.blocks}
    inside: dict[Path, list[Box | Path]] = {(): []}
    for box in diagram.boxes:
        around = [box.blocks[:depth] for depth in range(1, len(box.blocks) + 1)]
        parent: Path = ()
        for path in around:
            if path in texts and path not in inside:
                inside[path] = []
                inside[parent].append(path)
            parent = path if path in texts else parent
        inside[parent].append(box)
    numbers = {path: number for number, path in enumerate(inside)}

    def lines_of(path: Path, depth: int) -> Iterator[str]:
        indent = "  " * (depth + 1)
        for item in inside[path]:
            if isinstance(item, Box):
                yield indent + draw(item)
            else:
                yield indent + begin(numbers[item], texts[item])
                yield from lines_of(item, depth + 1)
                yield indent + end

    yield from lines_of((), 0)


def _mermaid(text: str) -> str:
    """Text inside quotes, in which Mermaid knows HTML and entities of its own."""
    for character, entity in (("#", "#35;"), ("&", "#38;"), ("<", "#60;"), (">", "#62;")):
        text = text.replace(character, entity)
    return text.replace('"', "#34;").replace("@", "#64;")


def _dot(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
