"""Repairing texts by the fixes of their problems, round after round."""

from __future__ import annotations

from dataclasses import dataclass

from ...grammar.problem import Problem
from ...grammar.text import counted
from ..terminal.output import print_document
from .checking import Request, examine_all
from .fixing import apply_fixes
from .inputs import Document
from .writing import unified_diff, write_document

LEAST_ROUNDS, MOST_ROUNDS = 100, 1000
"""How often the texts are checked again: fixes that touch each other take turns, and one may bring
to light what was hidden behind its problem."""
CHARACTERS = 500_000
"""Those that are checked again in all, within these bounds: short texts come to their end."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What became of the texts."""

    before: tuple[Document, ...]
    after: tuple[Document, ...]
    problems: tuple[Problem, ...]
    """Those that are left."""
    applied: int

    @property
    def changed(self) -> tuple[tuple[Document, Document], ...]:
        pairs = zip(self.before, self.after, strict=True)
        return tuple((old, new) for old, new in pairs if old.source.text != new.source.text)

    def line(self, *, written: bool) -> str:
        """What was done, in a line."""
        places = counted(len(self.changed), "file")
        if not self.applied:
            return "nothing can be fixed"
        if not written:
            return f"{counted(self.applied, 'problem')} would be fixed in {places}"
        return f"fixed {counted(self.applied, 'problem')} in {places}"


def repair_all(
    documents: tuple[Document, ...],
    problems: tuple[Problem, ...],
    request: Request,
    *,
    unsafe: bool,
) -> Repair:
    """Applies fixes and checks again until nothing is left to apply. A fix that does not remove
    its problem is not applied: one in a loop may help one pass and harm another."""
    before = documents
    total = 0
    size = sum(len(item.source.text) for item in documents)
    for _ in range(min(max(LEAST_ROUNDS, CHARACTERS // max(size, 1)), MOST_ROUNDS)):
        step = _round(documents, problems, request, unsafe=unsafe)
        if step is None:
            break
        documents, problems, applied = step
        total += applied
    return Repair(before, documents, problems, total)


def _round(
    documents: tuple[Document, ...],
    problems: tuple[Problem, ...],
    request: Request,
    *,
    unsafe: bool,
) -> tuple[tuple[Document, ...], tuple[Problem, ...], int] | None:
    """The documents after one round of fixes, what is wrong then, and how many fixes there were.
    None where no fix removes its problem."""
    tried = problems
    while True:
        done = apply_fixes(tried, [item.source for item in documents], unsafe=unsafe)
        if not done.problems:
            return None
        changed = tuple(
            item.with_text(done.texts.get(item.source.name, item.source.text)) for item in documents
        )
        left = examine_all(changed, request).problems
        failed = set(map(id, done.not_removed(problems, left)))
        if not failed:
            return changed, left, len(done.problems)
        tried = tuple(problem for problem in tried if id(problem) not in failed)


def deliver(repair: Repair, *, diff: bool) -> bool:
    """Writes the files, or shows the differences. Texts that are not files go to standard output,
    changed or not, so that netc can be used in a pipe. True when something was printed."""
    if diff:
        for old, new in repair.changed:
            print_document(unified_diff(old.source.name, old.source.text, new.source.text))
        return bool(repair.changed)
    for _, new in repair.changed:
        if new.is_file:
            write_document(new, new.source.text)
    texts = [new.source.text for new in repair.after if not new.is_file]
    for text in texts:
        print_document(text if text.endswith("\n") else f"{text}\n")
    return bool(texts)
