"""What a statement mentions, found without expanding anything.

Written with a list of what is still to visit instead of recursion, so that a text of any depth
can be surveyed; the statements that lie too deep for the stages after this one are marked.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ...grammar import ast
from ...grammar.source import Span
from .limits import DEEPEST

LOOPS = ("repeat", "each")
"""The calls whose brackets may be expanded more than once."""


@dataclass(slots=True)
class Survey:
    """The names in one statement, in no particular order."""

    called: list[ast.Name] = field(default_factory=list)
    """Words that stand where a layer or a block may be called."""
    certain: list[str] = field(default_factory=list)
    """Those of them that are called whatever the values are: not in the brackets of a loop."""
    parameters: list[ast.Parameter] = field(default_factory=list)
    too_deep: Span | None = None
    """The first part that lies deeper than `DEEPEST`."""


def survey(root: ast.Pipe | ast.Value) -> Survey:
    """Everything that a pipe or a value mentions.

    A word as a value (`pad=same`) is no call, though a block may read it as `$pad` and call it:
    blocks that contain each other in this way are stopped by how deep they are.
    """
    found = Survey()
    waiting: list[tuple[object, int, bool]] = [(root, 0, True)]
    while waiting:
        part, depth, certain = waiting.pop()
        if depth > DEEPEST:
            if found.too_deep is None:
                found.too_deep = part.span  # type: ignore[attr-defined]
            continue
        match part:
            case ast.Pipe():
                waiting.extend((stage, depth, certain) for stage in part.stages)
            case ast.Call():
                _call(part, found, certain=certain)
                certain = certain and part.name.text not in LOOPS
                waiting.extend((argument, depth, certain) for argument in part.arguments)
            case ast.Branches():
                waiting.extend((pipe, depth + 1, certain) for pipe in part.pipes)
            case ast.Parameter():
                found.parameters.append(part)
            case ast.Keyword() | ast.Comparison():
                waiting.append((part.value, depth, certain))
            case ast.Group() | ast.Unary():
                inner = part.value if isinstance(part, ast.Group) else part.operand
                waiting.append((inner, depth + 1, certain))
            case ast.Binary():
                # A long sum leans to the left: its length is no depth.
                waiting.append((part.left, depth, certain))
                waiting.append((part.right, depth + 1, certain))
            case ast.List():
                waiting.extend((item, depth + 1, certain) for item in part.items)
            case ast.Function():
                waiting.extend((item, depth + 1, certain) for item in part.arguments)
            case _:
                pass
    return found


def _call(call: ast.Call, found: Survey, *, certain: bool) -> None:
    """The word of a call and the words behind it, which are calls of their own."""
    words = [call.name, *(item for item in call.arguments if isinstance(item, ast.Name))]
    found.called += words
    if certain:
        found.certain += [word.text for word in words]


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
