"""Makes the nodes of the tree, one function for each named alternative of `netc.lark`.

A part is an index into the tokens, a node, or a list of nodes. Lists are made by `first` and grow
by `another`, so a list of any length costs one node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import ast
from .source import Span
from .tables import RULES
from .tokens import Tokens

Parts = list[Any]


def first(tokens: Tokens, parts: Parts) -> list[Any]:
    return parts


def another(tokens: Tokens, parts: Parts) -> list[Any]:
    items: list[Any] = parts[0]
    items.append(parts[1])
    return items


def another_after(tokens: Tokens, parts: Parts) -> list[Any]:
    """`list sign item`."""
    items: list[Any] = parts[0]
    items.append(parts[2])
    return items


def _around(first: Any, last: Any) -> Span:
    return Span(first.span.source, first.span.start, last.span.end)


def _until(tokens: Tokens, index: int, last: Any) -> Span:
    """From a token to the end of a node."""
    return Span(tokens.source, tokens.starts[index], last.span.end)


# Statements


def version(tokens: Tokens, parts: Parts) -> ast.Version:
    return ast.Version(number(tokens, parts[1:]), tokens.between(parts[0], parts[1]))


def use(tokens: Tokens, parts: Parts) -> ast.Use:
    return ast.Use(string(tokens, parts[1:]), tokens.between(parts[0], parts[1]))


def let(tokens: Tokens, parts: Parts) -> ast.Let:
    bindings = parts[1]
    return ast.Let(tuple(bindings), _until(tokens, parts[0], bindings[-1]))


def plain_block(tokens: Tokens, parts: Parts) -> ast.Block:
    """`block name = pipe`."""
    body = parts[-1]
    return ast.Block(name(tokens, parts[1:]), (), body, _until(tokens, parts[0], body))


def plain_block_parentheses(tokens: Tokens, parts: Parts) -> ast.Block:
    """`block name() = pipe`."""
    body = parts[-1]
    return ast.Block(_function_name(tokens, parts[1]), (), body, _until(tokens, parts[0], body))


def block(tokens: Tokens, parts: Parts) -> ast.Block:
    body = parts[-1]
    return ast.Block(
        _function_name(tokens, parts[1]), tuple(parts[2]), body, _until(tokens, parts[0], body)
    )


def parameter(tokens: Tokens, parts: Parts) -> ast.BlockParameter:
    word = name(tokens, parts)
    return ast.BlockParameter(word, None, word.span)


def parameter_default(tokens: Tokens, parts: Parts) -> ast.BlockParameter:
    return ast.BlockParameter(name(tokens, parts), parts[2], _until(tokens, parts[0], parts[2]))


# Pipes


def pipe(tokens: Tokens, parts: Parts) -> ast.Pipe:
    stages = parts[0]
    return ast.Pipe(tuple(stages), _around(stages[0], stages[-1]))


def plain_call(tokens: Tokens, parts: Parts) -> ast.Call:
    word = name(tokens, parts)
    return ast.Call(word, (), word.span)


def call(tokens: Tokens, parts: Parts) -> ast.Call:
    arguments = parts[1]
    span = _until(tokens, parts[0], arguments[-1])
    return ast.Call(name(tokens, parts), tuple(arguments), span)


def keyword(tokens: Tokens, parts: Parts) -> ast.Keyword:
    return ast.Keyword(name(tokens, parts), parts[2], _until(tokens, parts[0], parts[2]))


def comparison(tokens: Tokens, parts: Parts) -> ast.Comparison:
    span = _until(tokens, parts[0], parts[2])
    return ast.Comparison(name(tokens, parts), tokens.text(parts[1]), parts[2], span)


def branches(tokens: Tokens, parts: Parts) -> ast.Branches:
    return ast.Branches(tuple(parts[1]), tokens.between(parts[0], parts[2]))


# Values


def number(tokens: Tokens, parts: Parts) -> ast.Number:
    return _number(tokens.text(parts[0]), tokens.span(parts[0]))


def negative(tokens: Tokens, parts: Parts) -> ast.Number:
    """`-0.5`."""
    return _number("-" + tokens.text(parts[1]), tokens.between(parts[0], parts[1]))


def _number(text: str, span: Span) -> ast.Number:
    digits = text.rstrip("%epitmnhs")
    unit = text[len(digits) :] or None
    if digits.isdecimal() or (digits[0] == "-" and digits[1:].isdecimal()):
        return ast.Number(int(digits), unit, text, span)
    return ast.Number(float(digits), unit, text, span)


def shape(tokens: Tokens, parts: Parts) -> ast.Shape:
    sizes = tokens.text(parts[0]).split("x")
    return ast.Shape(
        tuple(None if size == "?" else int(size) for size in sizes), tokens.span(parts[0])
    )


def string(tokens: Tokens, parts: Parts) -> ast.String:
    return ast.String(tokens.text(parts[0])[1:-1], tokens.span(parts[0]))


def name(tokens: Tokens, parts: Parts) -> ast.Name:
    return ast.Name(tokens.text(parts[0]), tokens.span(parts[0]))


def reference(tokens: Tokens, parts: Parts) -> ast.Reference:
    return ast.Reference(tokens.text(parts[0])[1:], tokens.span(parts[0]))


def read(tokens: Tokens, parts: Parts) -> ast.Parameter:
    return ast.Parameter(tokens.text(parts[0])[1:], tokens.span(parts[0]))


def _function_name(tokens: Tokens, index: int) -> ast.Name:
    """The word of `name(`."""
    span = Span(tokens.source, tokens.starts[index], tokens.ends[index] - 1)
    return ast.Name(tokens.text(index)[:-1], span)


def plain_function(tokens: Tokens, parts: Parts) -> ast.Function:
    """`name()`."""
    return ast.Function(_function_name(tokens, parts[0]), (), tokens.between(parts[0], parts[1]))


def function(tokens: Tokens, parts: Parts) -> ast.Function:
    span = tokens.between(parts[0], parts[-1])
    return ast.Function(_function_name(tokens, parts[0]), tuple(parts[1]), span)


def empty_list(tokens: Tokens, parts: Parts) -> ast.List:
    return ast.List((), tokens.between(parts[0], parts[1]))


def parentheses(tokens: Tokens, parts: Parts) -> ast.Group | ast.List:
    """One value in parentheses is that value; several are a list."""
    items = parts[1]
    span = tokens.between(parts[0], parts[2])
    return ast.Group(items[0], span) if len(items) == 1 else ast.List(tuple(items), span)


def list_comma(tokens: Tokens, parts: Parts) -> ast.List:
    """With a comma at the end it is a list, even of one."""
    return ast.List(tuple(parts[1]), tokens.between(parts[0], parts[3]))


def binary(tokens: Tokens, parts: Parts) -> ast.Binary:
    left, operator, right = parts
    return ast.Binary(tokens.text(operator), left, right, _around(left, right))


def minus(tokens: Tokens, parts: Parts) -> ast.Unary:
    return ast.Unary(parts[1], _until(tokens, parts[0], parts[1]))


BUILDERS: dict[str, Callable[[Tokens, Parts], Any]] = {
    made.__name__: made
    for made in (
        first, another, another_after, version, use, let, plain_block, plain_block_parentheses,
        block, parameter, parameter_default, pipe, plain_call, call, keyword, comparison, branches,
        number, negative, shape, string, name, reference, read, plain_function, function,
        empty_list, parentheses, list_comma, binary, minus,
    )
}  # fmt: skip

REDUCTIONS = tuple((symbol, length, BUILDERS.get(made)) for symbol, length, made in RULES)
