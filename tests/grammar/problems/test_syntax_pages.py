"""The pages of the E01 family: each example gives exactly its code, each way out nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from inspect import cleandoc
from typing import Any

import pytest
from netc.grammar.problem import Problem
from netc.grammar.problems.syntax import PROBLEMS

FENCE = re.compile(r"```(netc|text)\n(.*?)```", re.DOTALL)
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


def test_codes_are_sorted_once_and_of_this_family() -> None:
    codes = [cls.code for cls in PROBLEMS]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch("E01[0-9]{2}", code) for code in codes)
    assert all(cls.title and cls.title == cls.title.lower() for cls in PROBLEMS)
