"""Calls that say something else than was meant, and what it was: `dense width` for `dense $width`,
`input 3 x 3` for `input 3x3`, `repeat 3 conv 64 3x3` for `repeat 3 [conv 64 3x3]`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...grammar import ast
from ...grammar.problem import Problems
from ...grammar.source import Span
from ..layers.layer import Arity, Layer
from ..resolve.arguments import Sorted
from ..resolve.scope import Scope
from ..resolve.survey import LOOPS
from ..resolve.words import DIRECTIVES

if TYPE_CHECKING:
    from ..resolve.expand import Expander


def meant_call(work: Expander, call: ast.Call, scope: Scope) -> ast.Call:
    """The call of a layer, block or loop as it was meant, after a report of what is not."""
    if not any(isinstance(argument, ast.Name) for argument in call.arguments):
        return call
    if not work.is_known("x"):
        call = join_shapes(call, scope.calls, work.problems)
    arguments: list[ast.Argument] | None = None
    for index, argument in enumerate(call.arguments):
        if not isinstance(argument, ast.Name) or work.is_known(argument.text):
            continue
        if is_merge(work, call) and scope.labels_here(argument.text):
            from ..problems.names import MissingDollar

            at, name = argument.span, argument.text
            work.report(MissingDollar(at=at, calls=scope.calls, name=name, mark="@"))
            arguments = list(call.arguments) if arguments is None else arguments
            arguments[index] = ast.Reference(name, at)
            continue
        if not scope.defines(argument.text) or work.vocabulary.categories_of(argument.text):
            continue
        from ..problems.names import MissingDollar

        at = argument.span
        work.report(MissingDollar(at=at, calls=scope.calls, name=argument.text))
        arguments = list(call.arguments) if arguments is None else arguments
        arguments[index] = ast.Parameter(argument.text, at)
    return call if arguments is None else ast.Call(call.name, tuple(arguments), call.span)


def lacks_brackets(work: Expander, arguments: Sorted, call: ast.Call) -> bool:
    """Whether what follows a call was to stand in brackets, or what the call is is not known, so
    that the order of what follows says nothing."""
    name = call.name.text
    if not arguments.problems:
        return False
    if not work.is_known(name):
        return True
    if arguments.branches or name in work.definitions.blocks or name == "id":
        return False
    return name in LOOPS or is_merge_of_words(work, arguments, call)


def without_statements(
    work: Expander, words: tuple[ast.Call | ast.Parameter, ...]
) -> list[ast.Call | ast.Parameter]:
    """The words behind a call without those that belong to a statement among them, such as the
    `ce` of `dense 10 softmax loss ce`. The statement itself is reported in its turn."""
    kept: list[ast.Call | ast.Parameter] = []
    is_lost = False
    for word in words:
        name = word.name.text if isinstance(word, ast.Call) else ""
        is_statement = name in DIRECTIVES and not work.is_known(name)
        is_lost = is_lost or is_statement
        if is_statement or not is_lost:
            kept.append(word)
    return kept


def is_merge_of_words(work: Expander, arguments: Sorted, call: ast.Call) -> bool:
    """Whether a merge gets neither brackets nor labels, but words: `add dense 64 id`."""
    if arguments.branches or not arguments.words or not is_merge(work, call):
        return False
    return not any(isinstance(value, ast.Reference) for value in arguments.values)


def is_merge(work: Expander, call: ast.Call) -> bool:
    """Whether a call merges tensors: `add`, `concat`."""
    if not work.vocabulary.has("layer", call.name.text):
        return False
    cls = work.vocabulary.get("layer", call.name.text)
    return issubclass(cls, Layer) and cls.arity is Arity.MANY


def join_shapes(call: ast.Call, calls: tuple[Span, ...], problems: Problems) -> ast.Call:
    """The call with its shapes in one piece, after a report of each."""
    if not any(isinstance(item, ast.Name) and item.text == "x" for item in call.arguments):
        return call
    arguments: list[ast.Argument] = []
    waiting = list(reversed(call.arguments))
    while waiting:
        argument = waiting.pop()
        sizes = _sizes(argument.value if isinstance(argument, ast.Keyword) else argument)
        start = argument.value.span if isinstance(argument, ast.Keyword) else argument.span
        whole = start
        while sizes is not None and len(waiting) > 1 and _is_x(waiting[-1]):
            more = _sizes(waiting[-2])
            if more is None:
                break
            sizes += more
            whole = start.to(waiting[-2].span)
            del waiting[-2:]
        if sizes is None or whole == start:
            arguments.append(argument)
            continue
        _report(sizes, whole, calls, problems)
        shape = ast.Shape(sizes, whole)
        if isinstance(argument, ast.Keyword):
            arguments.append(ast.Keyword(argument.key, shape, argument.span.to(whole)))
        else:
            arguments.append(shape)
    return ast.Call(call.name, tuple(arguments), call.span)


def _is_x(argument: ast.Argument) -> bool:
    return isinstance(argument, ast.Name) and argument.text == "x"


def _sizes(value: ast.Argument) -> tuple[int | None, ...] | None:
    """The sizes that a value may add to a shape."""
    if isinstance(value, ast.Shape):
        return value.sizes
    is_size = isinstance(value, ast.Number) and isinstance(value.value, int) and value.unit is None
    return (int(value.value),) if is_size and isinstance(value, ast.Number) else None


def _report(
    sizes: tuple[int | None, ...], at: Span, calls: tuple[Span, ...], problems: Problems
) -> None:
    from ...grammar.problems.numbers import MalformedShape

    meant = "x".join("?" if size is None else str(size) for size in sizes)
    problems.add(replace(MalformedShape(at=at, meant=meant), calls=calls))
