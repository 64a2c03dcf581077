"""What `netc diff` finds, as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...compiler.graph import GraphNode
from ...compiler.language.calls import call_text
from ...compiler.shapes import shape_text
from ...compiler.structure import LayerChange, StructureChanges
from ..terminal.figures import number
from ..terminal.fit import fit_lines, table_lines
from ..terminal.screen import Screen

if TYPE_CHECKING:
    from ...runtime.storage.tensor_changes import TensorChange

SIGNS = {"added": "+", "removed": "-", "changed": "~", "rewired": "~", "renamed": "~"}


def diff_text(
    names: tuple[str, str],
    structure: StructureChanges | None,
    tensors: Sequence[TensorChange] | None,
    screen: Screen,
) -> str:
    """What differs, below the two names."""
    blocks: list[list[str]] = []
    if structure is not None:
        blocks += _structure(structure, screen)
    if tensors:
        blocks.append(_tensors(tensors, screen))
    if not blocks:
        return "no differences\n"
    head = [
        screen.paint(screen.clean(f"- {names[0]}"), "removed"),
        screen.paint(screen.clean(f"+ {names[1]}"), "added"),
    ]
    return "\n\n".join("\n".join(block) for block in (head, *blocks)) + "\n"


def _structure(found: StructureChanges, screen: Screen) -> list[list[str]]:
    blocks: list[list[str]] = []
    if found.layers:
        blocks.append([line for one in found.layers for line in _layer(one, screen)])
    costs = (("parameters", found.parameters), ("multiply-adds", found.multiply_adds))
    rows = [[name, *map(_count, pair), _more(pair)] for name, pair in costs if pair[0] != pair[1]]
    if rows:
        blocks.append(table_lines(rows, "lrrr", screen))
    if found.settings:
        settings = [
            [name, *("-" if text is None else screen.clean(text) for text in pair)]
            for name, pair in found.settings.items()
        ]
        blocks.append(table_lines([["setting", "-", "+"], *settings], "lll", screen, head="faint"))
    return blocks


def _layer(one: LayerChange, screen: Screen) -> list[str]:
    """A line for an added or removed layer, two for one that has changed."""
    if one.change in ("added", "removed"):
        node = one.first or one.second
        assert node is not None
        style = one.change
        return [_painted(f"{SIGNS[one.change]} {_described(node)}", style, screen)]
    assert one.first is not None
    assert one.second is not None
    if one.change == "changed":
        return [
            _painted(f"- {_described(one.first)}", "removed", screen),
            _painted(f"+ {_described(one.second)}", "added", screen),
        ]
    if one.change == "rewired":
        inputs = (" and ".join(node.inputs) for node in (one.first, one.second))
        here, there = inputs
        text = f"~ {one.second.name}  {call_text(one.second.layer)}  of {there}, not of {here}"
        return [fit_lines(screen.clean(text), screen, 2)]
    return [fit_lines(f"~ {one.second.name}  was called {one.first.name}", screen, 2)]


def _described(node: GraphNode) -> str:
    count = node.parameter_count()
    own = f"  {count:,} parameters" if count else ""
    return f"{node.name}  {call_text(node.layer)}  to {shape_text(node.shape)}{own}"


def _painted(text: str, style: str, screen: Screen) -> str:
    lines = fit_lines(screen.clean(text), screen, 2).split("\n")
    return "\n".join(screen.paint(line, style) for line in lines)


def _count(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"


def _more(pair: tuple[int | None, int | None]) -> str:
    """`+12.5%`."""
    first, second = pair
    return f"{100 * (second - first) / first:+.1f}%" if first and second is not None else ""


def _tensors(tensors: Sequence[TensorChange], screen: Screen) -> list[str]:
    rows = [["tensor", "shape", "largest difference", "relative"]]
    for one in tensors:
        if one.first == one.second and one.first is not None:
            shape = shape_text(one.first) if one.first else "1"
        else:
            shapes = ("none" if s is None else shape_text(s) for s in (one.first, one.second))
            shape = ", then ".join(shapes)
        figures = [
            "" if value is None else number(value) for value in (one.difference, one.relative)
        ]
        rows.append([screen.clean(one.name), shape, *figures])
    return table_lines(rows, "llrr", screen, head="faint")
