"""The tree of a text without spans, spelling and sugar: what the formatter must keep."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from netc.grammar import ast
from netc.grammar.format.values import FormatWords


class Words:
    """A small vocabulary."""

    def option_order(self, call: str, word: str | None) -> tuple[str, ...]:
        return ("stride", "pad", "bias", "lr") if call in ("conv", "dense", "add") else ()

    def folds(self, word: str) -> bool:
        return word in ("relu", "bn", "gap")

    def is_layer(self, word: str) -> bool:
        return word in ("dense", "conv", "relu", "bn", "add", "gap", "pool")


def meaning(node: Any, words: FormatWords) -> Any:
    """Nested tuples that are equal when two trees mean the same."""
    match node:
        case ast.File():
            return [meaning(statement, words) for statement in node.statements]
        case ast.Number():
            return ("number", node.value, node.unit)
        case ast.Pipe():
            return ("pipe", [part for stage in node.stages for part in _stage(stage, words)])
        case tuple() if hasattr(node, "span"):
            parts = [part for name, part in node._asdict().items() if name != "span"]
            return (type(node).__name__, *(meaning(part, words) for part in parts))
        case tuple():
            return tuple(meaning(item, words) for item in node)
    return node


def _stage(stage: ast.Stage, words: FormatWords) -> list[Any]:
    """A stage, and a stage for each of its bare words when it is a layer."""
    if isinstance(stage, ast.Reference):
        return [meaning(stage, words)]
    name = stage.name.text
    is_layer = words.is_layer(name)
    arguments = list(stage.arguments)
    first = next((item.text for item in arguments if isinstance(item, ast.Name)), None)
    options: list[Any] = []
    if is_layer or words.option_order(name, first):
        own = _before_words(arguments) if is_layer else arguments
        options = sorted(
            (item for item in own if isinstance(item, ast.Keyword)),
            key=lambda item: item.key.text,
        )
        taken = set(map(id, options))
        arguments = [item for item in arguments if id(item) not in taken]
    after: list[Any] = []
    if is_layer:
        before = _before_words(arguments)
        after = _words_as_stages(arguments[len(before) :], words)
        arguments = before
    values = [meaning(item, words) for item in arguments]
    return [("call", name, values, [meaning(item, words) for item in options]), *after]


def _before_words(arguments: list[ast.Argument]) -> list[ast.Argument]:
    return list(takewhile(lambda item: not isinstance(item, ast.Name), arguments))


def _words_as_stages(arguments: list[ast.Argument], words: FormatWords) -> list[Any]:
    """A call for each word, with what stands behind it."""
    calls: list[Any] = []
    for item in arguments:
        if isinstance(item, ast.Name):
            calls.append(("call", item.text, [], []))
        else:
            part = 3 if isinstance(item, ast.Keyword) else 2
            calls[-1][part].append(meaning(item, words))
    return calls
