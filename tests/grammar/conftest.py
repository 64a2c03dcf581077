"""What the tests of the grammar share: reading a text, and words for the formatter."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from netc.grammar import ast
from netc.grammar.parser import parse
from netc.grammar.problem import Problem, Problems, in_order
from netc.grammar.source import Source


@pytest.fixture(scope="session")
def read() -> Callable[[str], tuple[ast.File, tuple[Problem, ...]]]:
    """The tree of a text and its problems by place."""

    def read_text(text: str) -> tuple[ast.File, tuple[Problem, ...]]:
        problems = Problems()
        file = parse(Source("spec.net", text), problems)
        return file, in_order(problems)

    return read_text
