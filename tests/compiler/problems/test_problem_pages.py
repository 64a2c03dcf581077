"""The pages of `netc explain`: each example gives exactly its code, each way out gives nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from inspect import cleandoc
from string import Formatter

import pytest
from netc.compiler.problems.catalog import all_problem_classes
from netc.grammar.problem import Problem

FAMILIES = (
    "options", "contracts", "expectations", "targets", "training", "lints", "layer_lints",
    "weight_lints",
)  # fmt: skip
CLASSES = [cls for cls in all_problem_classes() if cls.__module__.rpartition(".")[2] in FAMILIES]
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
    codes = [cls.code for cls in all_problem_classes()]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("cls", all_problem_classes(), ids=lambda cls: cls.code)
def test_templates_name_fields(cls: type[Problem]) -> None:
    """What stands in braces is a field or a property, and a text has one source: a template or a
    method."""
    places = {field.name for field in fields(cls)}
    known = places | {name for name in dir(cls) if isinstance(getattr(cls, name), property)}
    assert cls.place_texts.keys() <= places
    texts = (getattr(cls, "message_text", ""), cls.label_text, cls.fix_text)
    for template in (*texts, *cls.place_texts.values(), *cls.help_texts):
        named = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
        assert {name.partition(".")[0] for name in named} <= known, template
    both = [
        name
        for name, text in (
            ("message", "message_text"),
            ("label", "label_text"),
            ("labels", "place_texts"),
            ("help", "help_texts"),
            ("fixes", "fix_text"),
        )
        if {name, text} <= vars(cls).keys()
    ]
    assert both == []
    assert cls.message is not Problem.message or cls.message_text
