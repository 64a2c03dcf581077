"""The pages of `netc explain`: each example gives exactly its code, each way out gives nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from inspect import cleandoc

import pytest
from netc.compiler.problems import contracts, lints, options, training
from netc.grammar.problem import Problem

CLASSES = [cls for family in (options, contracts, training, lints) for cls in family.PROBLEMS]
FENCE = re.compile(r"```netc[^\n]*\n(.*?)```", re.DOTALL)
every_problem = pytest.mark.parametrize("cls", CLASSES, ids=[cls.code for cls in CLASSES])
Check = Callable[[str], tuple[Problem, ...]]


@every_problem
def test_the_example_gives_exactly_this_code(cls: type[Problem], problems_of: Check) -> None:
    wrong, *_ = FENCE.findall(cleandoc(cls.__doc__ or ""))
    assert [problem.code for problem in problems_of(wrong)] == [cls.code]


@every_problem
def test_the_way_out_is_right(cls: type[Problem], problems_of: Check) -> None:
    _, right = FENCE.findall(cleandoc(cls.__doc__ or ""))
    assert [problem.message() for problem in problems_of(right)] == []


@every_problem
def test_the_texts_keep_their_manners(cls: type[Problem], problems_of: Check) -> None:
    wrong, *_ = FENCE.findall(cleandoc(cls.__doc__ or ""))
    (problem,) = problems_of(wrong)
    texts = [problem.message(), problem.label(), *problem.help()]
    texts += [label.text for label in problem.labels()]
    for text in texts:
        assert not text.endswith("."), text
        assert text.count("`") % 2 == 0, text
        assert "None" not in text, text
        first = text[:1]
        assert first == first.lower() or first == "`", text
    assert cls.title == cls.title.lower()
    assert problem.at.text.strip(), "the place is not empty"


@every_problem
def test_fixes_are_taken_by_the_checker(cls: type[Problem], problems_of: Check) -> None:
    wrong, *_ = FENCE.findall(cleandoc(cls.__doc__ or ""))
    (problem,) = problems_of(wrong)
    for fix in problem.fixes():
        text = wrong
        for edit in sorted(fix.edits, key=lambda edit: -edit.span.start):
            text = text[: edit.span.start] + edit.text + text[edit.span.end :]
        assert cls.code not in [found.code for found in problems_of(text)], fix.title


def test_codes_are_used_once() -> None:
    codes = [cls.code for cls in CLASSES]
    assert len(set(codes)) == len(codes)
