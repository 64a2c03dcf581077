"""What a statement mentions, found without expanding anything.

Written with a list of what is still to visit instead of recursion, so that a text of any depth
can be surveyed; the statements that lie too deep for the stages after this one are marked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...grammar import ast
from ...grammar.source import Span
from ..language.statements import LOOPS
from ..language.values import Number
from .limits import DEEPEST


@dataclass(slots=True)
class Survey:
    """The names in one statement, in no particular order."""

    called: list[ast.Name] = field(default_factory=list)
    """Words where a layer or a block may be called."""
    parameters: list[ast.Parameter] = field(default_factory=list)
    too_deep: Span | None = None
    """The first part that lies deeper than `DEEPEST`."""


def survey(root: ast.Pipe | ast.Value) -> Survey:  # noqa: PLR0912  one match over all kinds of nodes
    """Everything that a pipe or a value mentions.

    A word as a value (`pad=same`) is not a call, though a block may read it as `$pad` and call it:
    blocks that contain each other in this way are stopped by how deep they are.
    """
    found = Survey()
    waiting: list[tuple[object, int]] = [(root, 0)]
    while waiting:
        part, depth = waiting.pop()
        if depth > DEEPEST:
            if found.too_deep is None:
                found.too_deep = part.span  # type: ignore[attr-defined]
            continue
        match part:
            case ast.Pipe():
                waiting.extend((stage, depth) for stage in part.stages)
            case ast.Call():
                found.called.append(part.name)
                found.called += [item for item in part.arguments if isinstance(item, ast.Name)]
                waiting.extend((argument, depth) for argument in part.arguments)
            case ast.Branches():
                waiting.extend((pipe, depth + 1) for pipe in part.pipes)
            case ast.Parameter():
                found.parameters.append(part)
            case ast.Keyword() | ast.Comparison():
                waiting.append((part.value, depth))
            case ast.Group() | ast.Unary():
                inner = part.value if isinstance(part, ast.Group) else part.operand
                waiting.append((inner, depth + 1))
            case ast.Binary():
                # A long sum is nested to the left: its length is not depth.
                waiting.append((part.left, depth))
                waiting.append((part.right, depth + 1))
            case ast.List():
                waiting.extend((item, depth + 1) for item in part.items)
            case ast.Function():
                waiting.extend((item, depth + 1) for item in part.arguments)
            case _:
                pass
    return found


def least_calls(
    pipe: ast.Pipe, sizes: Mapping[str, int], constants: Mapping[str, object], most: int
) -> int:
    """How many calls a pipe expands to at least, or `most` when they are more.

    Loops count with their rounds where these are written, in place or as a constant; a loop whose
    rounds only its expansion tells counts for nothing.
    """
    total = 0
    waiting: list[tuple[ast.Pipe, int, int, frozenset[str]]] = [(pipe, 1, 0, frozenset())]
    while waiting and total < most:
        part, times, depth, hidden = waiting.pop()
        for stage in part.stages:
            if not isinstance(stage, ast.Call):
                continue
            rounds = times * min(_rounds(stage, constants, hidden), most)
            keys = {item.key.text for item in stage.arguments if isinstance(item, ast.Keyword)}
            total += times * (1 + sizes.get(stage.name.text, 0))
            for argument in stage.arguments:
                if isinstance(argument, ast.Name):
                    total += times * (1 + sizes.get(argument.text, 0))
                elif isinstance(argument, ast.Branches) and rounds and depth < DEEPEST:
                    within = hidden | keys
                    waiting += [(inner, rounds, depth + 1, within) for inner in argument.pipes]
    return min(total, most)


def _rounds(call: ast.Call, constants: Mapping[str, object], hidden: frozenset[str]) -> int:
    """How often what is in the brackets of a call is expanded, as far as that is plain.

    A variable of a loop around it may be what a constant's name means: those are `hidden`.
    """
    if call.name.text not in LOOPS:
        return 1
    count: object = call.arguments[0] if call.arguments else None
    if call.name.text == "each":
        if isinstance(count, ast.Keyword) and isinstance(count.value, ast.List):
            return len(count.value.items)
        return 0
    if isinstance(count, ast.Parameter) and count.name not in hidden:
        count = constants.get(count.name)
    if isinstance(count, ast.Number | Number) and count.unit is None:
        return count.value if isinstance(count.value, int) and count.value > 0 else 0
    return 0


def labels_written(pipe: ast.Pipe) -> list[ast.Reference]:
    """The labels that a pipe writes once each time it is expanded, in source order.

    Those in the branches of a merge count; those in the brackets of `repeat` and `each` belong to
    each round of it.
    """
    found: list[ast.Reference] = []
    waiting = [pipe]
    while waiting:
        for index, stage in enumerate(waiting.pop().stages):
            if isinstance(stage, ast.Reference):
                if index > 0:
                    found.append(stage)
            elif stage.name.text not in LOOPS:
                for argument in stage.arguments:
                    if isinstance(argument, ast.Branches):
                        waiting.extend(argument.pipes)
    found.sort(key=lambda label: label.span.start)
    return found


def hidden_labels(pipe: ast.Pipe) -> list[ast.Reference]:
    """The labels that are written in the brackets of a `repeat` or `each`, at any depth."""
    found: list[ast.Reference] = []
    waiting = [(pipe, False)]
    while waiting:
        part, inside = waiting.pop()
        for index, stage in enumerate(part.stages):
            if isinstance(stage, ast.Reference):
                if index > 0 and inside:
                    found.append(stage)
                continue
            for argument in stage.arguments:
                if isinstance(argument, ast.Branches):
                    within = inside or stage.name.text in LOOPS
                    waiting.extend((branch, within) for branch in argument.pipes)
    return found
