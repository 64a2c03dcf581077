"""Applying the fixes of problems to texts.

Fixes that touch the same characters are not applied together: the first wins, and the text is
checked again before the next one has its turn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ...grammar.problem import Edit, Fix, Problem
from ...grammar.source import Source


def first_fix(problem: Problem, *, unsafe: bool) -> Fix | None:
    """The fix to apply: a safe one if there is one, else, where allowed, the first."""
    fixes = problem.fixes()
    safe = next((fix for fix in fixes if fix.safe), None)
    if safe is not None or not unsafe:
        return safe
    return fixes[0] if fixes else None


class Applied(NamedTuple):
    """What fixes made of texts."""

    texts: dict[str, str]
    """The new ones, by the name of their source."""
    problems: tuple[Problem, ...]
    """Those whose fixes went into them."""
    edits: dict[str, list[Edit]]
    """What was edited in each text."""

    def place_now(self, problem: Problem) -> tuple[str, str, int]:
        """The code of a problem, and where it would be in the new texts if it were still there."""
        at = problem.at
        moved = sum(
            len(edit.text) - (edit.span.end - edit.span.start)
            for edit in self.edits.get(at.source.name, ())
            if edit.span.end <= at.start and edit.span.start < at.start
        )
        return problem.code, at.source.name, at.start + moved

    def not_removed(
        self, before: Iterable[Problem], after: Sequence[Problem]
    ) -> tuple[Problem, ...]:
        """The problems that are still where they were, of codes of which there are more left than
        there should be."""
        less = Counter(problem.code for problem in before)
        less.subtract(problem.code for problem in after)
        wanted = Counter(problem.code for problem in self.problems)
        places = {(item.code, item.at.source.name, item.at.start) for item in after}
        return tuple(
            problem
            for problem in self.problems
            if less[problem.code] < wanted[problem.code] and self.place_now(problem) in places
        )


def apply_fixes(problems: Iterable[Problem], sources: Iterable[Source], *, unsafe: bool) -> Applied:
    """Applies the fix of each problem that has one.

    A fix is applied with all its edits or not at all, and only when all lie in these sources.
    """
    texts = {source.name: source for source in sources}
    chosen: dict[str, list[Edit]] = {}
    applied: list[Problem] = []
    for problem in problems:
        fix = first_fix(problem, unsafe=unsafe)
        if fix is None or not all(_is_free(edit, texts, chosen) for edit in fix.edits):
            continue
        applied.append(problem)
        for edit in fix.edits:
            chosen.setdefault(edit.span.source.name, []).append(edit)
    changed = {name: edited(texts[name].text, edits) for name, edits in chosen.items()}
    return Applied(changed, tuple(applied), chosen)


def _is_free(edit: Edit, texts: dict[str, Source], chosen: dict[str, list[Edit]]) -> bool:
    source = texts.get(edit.span.source.name)
    if source is None or source.text != edit.span.source.text:
        return False
    start, end = edit.span.start, edit.span.end
    return all(
        end < other.span.start or other.span.end < start
        for other in chosen.get(edit.span.source.name, ())
    )


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text after edits that do not overlap. New lines end as those of the text do."""
    newline = "\r\n" if "\r\n" in text else "\n"
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: edit.span.start):
        parts += [text[at : edit.span.start], edit.text.replace("\n", newline)]
        at = edit.span.end
    return "".join([*parts, text[at:]])
