"""A network as a table: one row per layer, headings for the blocks, equal neighbours once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from ...compiler.graph import Graph, GraphNode
from ...compiler.language.calls import call_text
from ...compiler.shapes import Shape, shape_text
from ..terminal.columns import width_of
from ..terminal.figures import short
from ..terminal.fit import wrapped
from ..terminal.screen import Screen

HEADINGS = ("name", "layer", "output", "parameters", "mult-adds", "sees")
RIGHT = (False, False, True, True, True, True)
NAME, LAYER, COSTS, SEES = 0, 1, 4, 5
NARROWEST = 16
"""How far the column of the layers may shrink in a narrow page."""
READABLE = 24
"""On a terminal a column is dropped before the layers have less than this."""


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer of the table."""

    depth: int
    node: GraphNode


@dataclass(frozen=True, slots=True)
class Heading:
    """The name of a block's expansion, and how many equal ones follow each other."""

    depth: int
    name: str
    last: str
    times: int
    end: str
    """The last layer of the last of them."""


Line = LayerRow | Heading


def network_table(graph: Graph, screen: Screen) -> str:
    """The whole table, without totals."""
    lines = list(table_lines(graph))
    cells = list(_cells(lines, graph, screen))
    layers = [row for row, line in zip(cells, lines, strict=True) if isinstance(line, LayerRow)]
    widths = {
        n: max(width_of(row[n]) for row in [HEADINGS, *layers])
        for n in range(len(HEADINGS))
        if n != SEES or any(row[SEES] for row in cells)
    }
    hidden = _fit_columns(widths, screen)
    text = [screen.paint(_aligned(HEADINGS, widths, screen), "faint")]
    for line, row in zip(lines, cells, strict=True):
        if isinstance(line, Heading):
            text.append(screen.paint(f"  {row[0]}", "faint"))
        else:
            text += _rows(row, widths, screen)
    if hidden:
        text += ["", screen.paint(f"  hidden on a narrow terminal: {hidden}", "faint")]
    return "\n".join(text) + "\n"


def _fit_columns(widths: dict[int, int], screen: Screen) -> str:
    """Makes the table as wide as the screen at most, and names the columns that are lost by it: on
    a terminal what a layer sees, and its costs."""
    hidden = []
    for column, least in ((SEES, widths[LAYER]), (COSTS, min(READABLE, widths[LAYER]))):
        if screen.terminal and column in widths and widths[LAYER] + _spare(widths, screen) < least:
            hidden.append(HEADINGS[column])
            del widths[column]
    spare = _spare(widths, screen)
    if spare < 0:
        widths[LAYER] = max(widths[LAYER] + spare, min(widths[LAYER], NARROWEST))
    return ", ".join(hidden)


def _spare(widths: dict[int, int], screen: Screen) -> int:
    return min(0, screen.width - 2 * len(widths) - sum(widths.values()))


def _rows(row: Sequence[str], widths: dict[int, int], screen: Screen) -> list[str]:
    """A layer as one line; on a terminal as many as its call needs."""
    if not screen.terminal:
        return [_aligned(row, widths, screen)]
    calls = wrapped(row[LAYER], widths[LAYER], 2)
    first = _aligned([*row[:LAYER], calls[0], *row[LAYER + 1 :]], widths, screen)
    indent = " " * (widths[NAME] + 4)
    return [first, *(f"{indent}{call}" for call in calls[1:])]


def _aligned(row: Sequence[str], widths: dict[int, int], screen: Screen) -> str:
    parts = []
    for number, width in widths.items():
        cell = row[number] if screen.terminal else _cut(row[number], width, screen)
        space = " " * (width - width_of(cell))
        parts.append(space + cell if RIGHT[number] else cell + space)
    return ("  " + "  ".join(parts)).rstrip()


def table_lines(graph: Graph) -> Iterator[Line]:
    """The rows and headings in order. Consecutive blocks with equal layers, shapes and
    parameters are shown once."""
    yield from _group(graph.nodes, 0)


def _group(nodes: Sequence[GraphNode], depth: int) -> Iterator[Line]:
    parts = _parts(nodes, depth)
    at = 0
    while at < len(parts):
        name, members = parts[at]
        if name is None:
            yield LayerRow(depth, members[0])
            at += 1
            continue
        times = 1
        looks = [_look(node, depth + 1) for node in members]
        while at + times < len(parts) and parts[at + times][0] is not None:
            if [_look(node, depth + 1) for node in parts[at + times][1]] != looks:
                break
            times += 1
        last, others = parts[at + times - 1]
        yield Heading(depth, name, last or name, times, others[-1].name)
        yield from _group(members, depth + 1)
        at += times


def _parts(nodes: Sequence[GraphNode], depth: int) -> list[tuple[str | None, list[GraphNode]]]:
    """Neighbours with the same name at this depth, and single layers under None."""
    parts: list[tuple[str | None, list[GraphNode]]] = []
    for node in nodes:
        path = node.name.split(".")
        name = path[depth] if len(path) > depth + 1 else None
        if name is not None and parts and parts[-1][0] == name:
            parts[-1][1].append(node)
        else:
            parts.append((name, [node]))
    return parts


def _look(node: GraphNode, depth: int) -> tuple[object, ...]:
    """What makes two layers look alike: all but the names of the blocks around them."""
    name = ".".join(node.name.split(".")[depth:])
    return (name, node.layer, node.shape, parameter_count(node), node.multiply_adds)


def parameter_count(node: GraphNode, *, trained: bool = True) -> int | None:
    """The number of trained (or untrained) parameters; None if a size is unknown."""
    total = 0
    for parameter in node.parameters:
        if parameter.trained != trained:
            continue
        if any(size is None for size in parameter.shape):
            return None
        total += prod(size for size in parameter.shape if size is not None)
    return total


def _cells(lines: Sequence[Line], graph: Graph, screen: Screen) -> Iterator[tuple[str, ...]]:
    labels: dict[str, list[str]] = {}
    for label, name in graph.labels.items():
        labels.setdefault(name, []).append(f"@{label}")
    inputs = {node.name for node in graph.nodes if not node.inputs}
    previous = ""
    around: list[Heading] = []
    places = any(len(node.shape) > 1 for node in graph.nodes)
    for line in lines:
        while around and line.depth <= around[-1].depth:
            # What follows equal blocks reads the last of them, not the one that is shown.
            previous = around.pop().end
        indent = "  " * line.depth
        if isinstance(line, Heading):
            around.append(line)
            yield (indent + heading_text(line), "", "", "", "", "")
            continue
        node = line.node
        words = [call_text(node.layer)]
        if node.inputs and node.inputs != (previous,) and node.name not in inputs:
            words.append("<- " + ", ".join(_relative(name, node.name) for name in node.inputs))
        words += [f"-> {label}" for label in labels.get(node.name, ())]
        previous = node.name
        count = parameter_count(node)
        yield (
            indent + node.name.split(".")[-1],
            "  ".join(words),
            shape_text(node.shape),
            f"as {node.shares}" if node.shares else _number(count),
            short(node.multiply_adds) if node.multiply_adds != 0 else "",
            _sees(node) if places else "",
        )


def heading_text(heading: Heading) -> str:
    """`basic1`, or `basic x 3` for three equal blocks."""
    if heading.times == 1:
        return heading.name
    return f"{heading.name.rstrip('0123456789')} x {heading.times}"


def _relative(name: str, reader: str) -> str:
    """A node's name as seen from a layer: without the blocks that hold both."""
    path, around = name.split("."), reader.split(".")[:-1]
    shared = 0
    while shared < min(len(path) - 1, len(around)) and path[shared] == around[shared]:
        shared += 1
    return ".".join(path[shared:])


def _number(count: int | None) -> str:
    if count is None:
        return "?"
    return f"{count:,}" if count else ""


def _sees(node: GraphNode) -> str:
    """The receptive field of a layer, in a network that has places to look at."""
    if node.receptive is None:
        return "all"
    sizes: Shape = node.receptive.size
    return "" if all(size == 1 for size in sizes) else shape_text(sizes)


def _cut(text: str, width: int, screen: Screen) -> str:
    if width_of(text) <= width:
        return text
    ellipsis = screen.glyphs.ellipsis
    return text[: width - len(ellipsis)].rstrip() + ellipsis
