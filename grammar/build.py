"""Makes the nodes of the tree, one method for each named alternative of `netc.lark`.

A part is a word, a node, or a list of nodes. Lists are made by `first` and grow by `another`, so a
list of any length costs one node.
"""

from __future__ import annotations

from typing import Any

from lark import Transformer

from . import ast
from .source import Span
from .text import unquoted
from .tokens import Word

Parts = list[Any]


class TreeBuilder(Transformer[Any, Any]):
    """What Lark calls with the parts of an alternative, once for each place where it is found."""

    def nothing(self, parts: Parts) -> list[Any]:
        return []

    def first(self, parts: Parts) -> list[Any]:
        return parts

    def another(self, parts: Parts) -> list[Any]:
        """`list item`, and for a statement its end."""
        items: list[Any] = parts[0]
        items.append(parts[1])
        return items

    def another_after(self, parts: Parts) -> list[Any]:
        """`list sign item`."""
        items: list[Any] = parts[0]
        items.append(parts[2])
        return items

    # Statements

    def version(self, parts: Parts) -> ast.Version:
        word, number = parts
        return ast.Version(self.number([number]), word.to(number))

    def use(self, parts: Parts) -> ast.Use:
        word, path = parts
        return ast.Use(self.string([path]), word.to(path))

    def let(self, parts: Parts) -> ast.Let:
        word, bindings = parts
        return ast.Let(tuple(bindings), _until(word, bindings[-1]))

    def plain_block(self, parts: Parts) -> ast.Block:
        """`block name = pipe`."""
        word, name, _, body = parts
        return ast.Block(self.name([name]), (), body, _until(word, body))

    def plain_block_parentheses(self, parts: Parts) -> ast.Block:
        """`block name() = pipe`."""
        body = parts[-1]
        return ast.Block(_function_name(parts[1]), (), body, _until(parts[0], body))

    def block(self, parts: Parts) -> ast.Block:
        body = parts[-1]
        name = _function_name(parts[1])
        return ast.Block(name, tuple(parts[2]), body, _until(parts[0], body))

    def parameter(self, parts: Parts) -> ast.BlockParameter:
        name = self.name(parts)
        return ast.BlockParameter(name, None, name.span)

    def parameter_default(self, parts: Parts) -> ast.BlockParameter:
        word, _, value = parts
        return ast.BlockParameter(self.name(parts), value, _until(word, value))

    # Pipes

    def pipe(self, parts: Parts) -> ast.Pipe:
        stages = parts[0]
        return ast.Pipe(tuple(stages), _around(stages[0], stages[-1]))

    def plain_call(self, parts: Parts) -> ast.Call:
        name = self.name(parts)
        return ast.Call(name, (), name.span)

    def call(self, parts: Parts) -> ast.Call:
        word, arguments = parts
        return ast.Call(self.name(parts), tuple(arguments), _until(word, arguments[-1]))

    def keyword(self, parts: Parts) -> ast.Keyword:
        word, _, value = parts
        return ast.Keyword(self.name(parts), value, _until(word, value))

    def comparison(self, parts: Parts) -> ast.Comparison:
        word, operator, value = parts
        return ast.Comparison(self.name(parts), str(operator), value, _until(word, value))

    def branches(self, parts: Parts) -> ast.Branches:
        return ast.Branches(tuple(parts[1]), parts[0].to(parts[2]))

    # Values

    def number(self, parts: Parts) -> ast.Number:
        return _number(str(parts[0]), parts[0].span)

    def negative(self, parts: Parts) -> ast.Number:
        """`-0.5`."""
        sign, number = parts
        return _number(f"-{number}", sign.to(number))

    def shape(self, parts: Parts) -> ast.Shape:
        sizes = parts[0].split("x")
        return ast.Shape(tuple(None if size == "?" else int(size) for size in sizes), parts[0].span)

    def string(self, parts: Parts) -> ast.String:
        return ast.String(unquoted(parts[0]), parts[0].span)

    def name(self, parts: Parts) -> ast.Name:
        return ast.Name(str(parts[0]), parts[0].span)

    def reference(self, parts: Parts) -> ast.Reference:
        return ast.Reference(parts[0][1:], parts[0].span)

    def read(self, parts: Parts) -> ast.Parameter:
        return ast.Parameter(parts[0][1:], parts[0].span)

    def plain_function(self, parts: Parts) -> ast.Function:
        """`name()`."""
        return ast.Function(_function_name(parts[0]), (), parts[0].to(parts[1]))

    def function(self, parts: Parts) -> ast.Function:
        return ast.Function(_function_name(parts[0]), tuple(parts[1]), parts[0].to(parts[-1]))

    def empty_list(self, parts: Parts) -> ast.List:
        return ast.List((), parts[0].to(parts[1]))

    def parentheses(self, parts: Parts) -> ast.Group | ast.List:
        """One value in parentheses is that value; several are a list."""
        items, span = parts[1], parts[0].to(parts[2])
        return ast.Group(items[0], span) if len(items) == 1 else ast.List(tuple(items), span)

    def list_comma(self, parts: Parts) -> ast.List:
        """With a comma at the end it is a list, even of one."""
        return ast.List(tuple(parts[1]), parts[0].to(parts[3]))

    def binary(self, parts: Parts) -> ast.Binary:
        left, operator, right = parts
        return ast.Binary(str(operator), left, right, _around(left, right))

    def minus(self, parts: Parts) -> ast.Unary:
        return ast.Unary(parts[1], _until(parts[0], parts[1]))


def _around(first: Any, last: Any) -> Span:
    """From the start of a node to the end of another."""
    return Span(first.span.source, first.span.start, last.span.end)


def _until(word: Word, last: Any) -> Span:
    """From a word to the end of a node."""
    return Span(word.source, word.start_pos, last.span.end)


def _number(text: str, span: Span) -> ast.Number:
    digits = text.rstrip("%epitmnhs")
    unit = text[len(digits) :] or None
    if digits.isdecimal() or (digits[0] == "-" and digits[1:].isdecimal()):
        return ast.Number(int(digits), unit, text, span)
    return ast.Number(float(digits), unit, text, span)


def _function_name(word: Word) -> ast.Name:
    """The word of `name(`."""
    return ast.Name(word[:-1], Span(word.source, word.start_pos, word.end_pos - 1))
