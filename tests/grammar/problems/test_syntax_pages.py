"""The pages of the E01 family: each example gives exactly its code, each way out nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from inspect import cleandoc
from typing import Any

import pytest
from netc.compiler.problems.catalog import all_problem_classes
from netc.grammar.problem import Problem

FENCE = re.compile(r"```(netc|text)\n(.*?)```", re.DOTALL)
PROBLEMS = [cls for cls in all_problem_classes() if cls.code.startswith("E01")]
UNPRINTABLE = ("E0115", "E0123")
"""Whose examples would be too long to print."""


@pytest.mark.parametrize("cls", PROBLEMS, ids=[cls.code for cls in PROBLEMS])
def test_the_example_gives_exactly_this_code(
    cls: type[Problem], read: Callable[[str], tuple[Any, tuple[Problem, ...]]]
) -> None:
    examples = [text for _, text in FENCE.findall(cleandoc(cls.__doc__ or ""))]
    if cls.code in UNPRINTABLE:
        return
    assert [problem.code for problem in read(examples[0])[1]] == [cls.code]
    for right in examples[1:]:
        assert read(right)[1] == ()


@pytest.mark.parametrize("cls", PROBLEMS, ids=[cls.code for cls in PROBLEMS])
def test_the_family_is_the_grammars(cls: type[Problem]) -> None:
    assert cls.__module__.startswith("netc.grammar.problems.")
    assert cls.title == cls.title.lower()
