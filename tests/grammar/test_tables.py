"""The grammar builds without a conflict, and our driver reads what Lark reads."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from netc.grammar import parser, tables
from netc.grammar.brackets import match_brackets
from netc.grammar.lexer import scan
from netc.grammar.problem import Problems
from netc.grammar.source import Source
from netc.grammar.statements import split
from netc.grammar.tokens import Tokens
from spec_strategy import specs

lark = pytest.importorskip("lark", reason="the grammar's tables are built with Lark")


@pytest.fixture(scope="module")
def strict() -> Any:
    from netc.grammar.generate import build_lark

    return build_lark()


def test_the_tables_are_those_of_the_grammar(strict: Any) -> None:
    from netc.grammar.generate import TABLES, render_tables

    assert render_tables(strict) == TABLES.read_text(encoding="utf-8")


def test_no_layer_is_in_the_grammar() -> None:
    from netc.grammar.generate import read_grammar

    code = "\n".join(line.partition("//")[0] for line in read_grammar().splitlines())
    assert not any(word in code for word in ("dense", "conv", "adam", "repeat", "softmax"))


def _trees(tokens: Tokens, statement: list[int]) -> Any:
    result, place = parser.drive(tokens, statement)
    assert place is None
    return result


def _traced(alternative: str) -> Any:
    def make(tokens: Tokens, parts: list[Any]) -> Any:
        texts = [tokens.text(part) if isinstance(part, int) else part for part in parts]
        return (alternative, *texts)

    return make


def _lark_tree(node: Any) -> Any:
    if isinstance(node, lark.Token):
        return str(node)
    return (str(node.data), *(_lark_tree(child) for child in node.children))


@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=list(HealthCheck),
)
@given(text=specs())
def test_our_driver_builds_the_trees_of_lark(text: str, strict: Any) -> None:
    problems = Problems()
    tokens, _ = scan(Source("spec.net", text), problems)
    statements = split(tokens, match_brackets(tokens, problems))
    assert len(problems) == 0
    kept = parser.REDUCTIONS
    parser.REDUCTIONS = tuple(
        (symbol, length, _traced(made)) for symbol, length, made in tables.RULES
    )
    try:
        ours = [_trees(tokens, statement) for statement in statements]
    finally:
        parser.REDUCTIONS = kept
    texts = [tokens.between(statement[0], statement[-1]).text for statement in statements]
    assert ours == [_lark_tree(strict.parse(part)) for part in texts]
