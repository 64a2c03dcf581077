"""Applying the fixes of problems to texts.

Fixes that touch the same characters are not applied together: the first wins, and the text is
checked again before the next one has its turn.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...grammar.problem import Edit, Fix, Problem
from ...grammar.source import Source


def first_fix(problem: Problem, *, unsafe: bool) -> Fix | None:
    """The fix to apply: a safe one if there is one, else, where allowed, the first."""
    fixes = problem.fixes()
    safe = next((fix for fix in fixes if fix.safe), None)
    if safe is not None or not unsafe:
        return safe
    return fixes[0] if fixes else None


def apply_fixes(
    problems: Iterable[Problem], sources: Iterable[Source], *, unsafe: bool
) -> tuple[dict[str, str], int]:
    """New texts by the name of their source, and how many fixes went into them.

    A fix is applied with all its edits or not at all, and only when all lie in these sources.
    """
    texts = {source.name: source for source in sources}
    chosen: dict[str, list[Edit]] = {}
    applied = 0
    for problem in problems:
        fix = first_fix(problem, unsafe=unsafe)
        if fix is None or not all(_is_free(edit, texts, chosen) for edit in fix.edits):
            continue
        applied += 1
        for edit in fix.edits:
            chosen.setdefault(edit.span.source.name, []).append(edit)
    return {name: edited(texts[name].text, edits) for name, edits in chosen.items()}, applied


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
