"""Calls that say something other than was meant, and what it was: `dense width` for `dense $width`,
`add skip` for `add @skip`, `input 3 x 3` for `input 3x3`."""

from __future__ import annotations

from typing import Protocol

from ...grammar import ast
from ...grammar.problem import Problem
from ...grammar.text import shape_text


class Names(Protocol):
    """What names mean at the place of a call."""

    def kind_of(self, name: str) -> object:
        """What a word in a pipe is; None for one that is unknown there."""
        ...

    def is_merge(self, name: str) -> bool: ...

    def is_label(self, name: str) -> bool: ...

    def is_value(self, name: str) -> bool: ...


def intended_call(call: ast.Call, names: Names) -> tuple[ast.Call, tuple[Problem, ...]]:
    """The call of a layer, block or loop as it was meant, and what is wrong with it."""
    if not any(isinstance(argument, ast.Name) for argument in call.arguments):
        return call, ()
    problems: tuple[Problem, ...] = ()
    if _has_x(call) and names.kind_of("x") is None:
        call, problems = join_shapes(call)
    arguments = list(call.arguments)
    for index, argument in enumerate(arguments):
        if not isinstance(argument, ast.Name) or names.kind_of(argument.text) is not None:
            continue
        name, at = argument.text, argument.span
        if names.is_merge(call.name.text) and names.is_label(name):
            arguments[index], mark = ast.Reference(name, at), "@"
        elif names.is_value(name):
            arguments[index], mark = ast.Parameter(name, at), "$"
        else:
            continue
        from ..problems.names import MissingDollar

        problems = (*problems, MissingDollar(at=at, name=name, mark=mark))
    if not problems:
        return call, ()
    return ast.Call(call.name, tuple(arguments), call.span), problems


def _has_x(call: ast.Call) -> bool:
    return any(isinstance(item, ast.Name) and item.text == "x" for item in call.arguments)


def join_shapes(call: ast.Call) -> tuple[ast.Call, tuple[Problem, ...]]:
    """The call with its shapes in one piece, and a problem for each that was not."""
    if not _has_x(call):
        return call, ()
    arguments: list[ast.Argument] = []
    problems: list[Problem] = []
    waiting = list(reversed(call.arguments))
    while waiting:
        argument = waiting.pop()
        first = argument.value if isinstance(argument, ast.Keyword) else argument
        shape = _join(first, waiting)
        if shape is None:
            arguments.append(argument)
            continue
        problems.append(_in_pieces(shape))
        if isinstance(argument, ast.Keyword):
            arguments.append(ast.Keyword(argument.key, shape, argument.span.to(shape.span)))
        else:
            arguments.append(shape)
    return ast.Call(call.name, tuple(arguments), call.span), tuple(problems)


def _join(first: ast.Argument, waiting: list[ast.Argument]) -> ast.Shape | None:
    """The shape that a value makes with the `x` and sizes after it, which are taken away; None
    where none follow. `waiting` ends with what comes next."""
    sizes = _sizes(first)
    whole = first.span
    while sizes is not None and len(waiting) > 1 and _is_x(waiting[-1]):
        more = _sizes(waiting[-2])
        if more is None:
            break
        sizes += more
        whole = first.span.to(waiting[-2].span)
        del waiting[-2:]
    return None if sizes is None or whole == first.span else ast.Shape(sizes, whole)


def _is_x(argument: ast.Argument) -> bool:
    return isinstance(argument, ast.Name) and argument.text == "x"


def _sizes(value: ast.Argument) -> tuple[int | None, ...] | None:
    """The sizes that a value may add to a shape."""
    if isinstance(value, ast.Shape):
        return value.sizes
    is_size = isinstance(value, ast.Number) and isinstance(value.value, int) and value.unit is None
    return (int(value.value),) if is_size and isinstance(value, ast.Number) else None


def _in_pieces(shape: ast.Shape) -> Problem:
    from ...grammar.problems.numbers import MalformedShape

    return MalformedShape(at=shape.span, intended=shape_text(shape.sizes))
