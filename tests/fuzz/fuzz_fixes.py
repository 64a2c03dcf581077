"""Fixes end, remove what they are for, add nothing, and leave nothing to a second run."""

from __future__ import annotations

from collections import Counter

from fuzz_checker import examined
from netc.cli.specs.checking import Request
from netc.cli.specs.fixing import edited
from netc.cli.specs.inputs import Document
from netc.cli.specs.repair import Repair, repair_all
from netc.grammar.parser import parse
from netc.grammar.problem import Problem, Problems
from netc.grammar.source import Source
from spec_mutations import document_seeds, mutated_spec
from target import Target

MOST_PROBLEMS = 60
"""Texts with more are left to the fuzzer of the checker: each problem is fixed alone here."""


def run(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    problems = examined(text).problems
    if len(problems) > MOST_PROBLEMS:
        return
    for problem in problems:
        for fix in problem.fixes():
            inside = all(edit.span.source.text == text for edit in fix.edits)
            if inside:
                _holds_alone(text, problems, problem, edited(text, fix.edits))
    for unsafe in (False, True):
        once = repaired(text, unsafe=unsafe)
        fixed = once.after[0].source.text
        again = repaired(fixed, unsafe=unsafe)
        kind = "unsafe" if unsafe else "safe"
        changed = again.after[0].source.text
        assert not again.applied, f"{kind} fixes do not end: {fixed!r} becomes {changed!r}"


def _holds_alone(text: str, before: tuple[Problem, ...], problem: Problem, fixed: str) -> None:
    """What must hold of one fix. Where there is an error some things are unknown, and a fix may
    bring them to light; a text without errors hides nothing."""
    code = problem.code
    assert fixed != text, f"a fix of {code} changes nothing: {text!r}"
    if _parses(text):
        assert _parses(fixed), f"a fix of {code} breaks the syntax: {fixed!r}"
    after = examined(fixed).problems
    if any(other.is_error for other in before):
        return
    left, had = _counts(after), _counts(before)
    assert left[code] < had[code], f"a fix of {code} does not remove it: {fixed!r}"
    assert not left - had, f"a fix of {code} adds problems: {dict(left - had)} in {fixed!r}"


def _counts(problems: tuple[Problem, ...]) -> Counter[str]:
    return Counter(problem.code for problem in problems)


def _parses(text: str) -> bool:
    problems = Problems()
    parse(Source("s.net", text), problems)
    return not problems.has_errors()


def repaired(text: str, *, unsafe: bool) -> Repair:
    """What `netc check --fix` makes of a text."""
    document = Document(Source("s.net", text), is_file=False)
    return repair_all((document,), examined(text).problems, Request(), unsafe=unsafe)


TARGET = Target(document_seeds, mutated_spec, run, seconds=6.0)
