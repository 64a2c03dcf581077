"""Definitions that nothing reads."""

from __future__ import annotations

from dataclasses import dataclass

from ...grammar import ast
from ...grammar.problem import Problems
from ...grammar.source import Span
from .definitions import Definitions
from .expand import Expander
from .finish import Wired
from .survey import survey


@dataclass(frozen=True, slots=True)
class Unused:
    """A definition that nothing reads: a `let`, a `block` or a label."""

    what: str
    name: str
    at: Span


def find_unused(
    main: ast.File, definitions: Definitions, work: Expander, wired: Wired
) -> tuple[Unused, ...]:
    """What the file itself defines and nothing reads."""
    found: list[Unused] = []
    reached = set(definitions.home.used_lets)
    for statement in main.statements:
        if isinstance(statement, ast.Block) and statement.name.text not in work.blocks_called:
            found.append(Unused("block", statement.name.text, statement.name.span))
            # What such a block reads would be used if it were: only the block is reported.
            reached.update(parameter.name for parameter in survey(statement.body).parameters)
    waiting = list(reached)
    while waiting:
        for name in definitions.reads.get(waiting.pop(), ()):
            if name not in reached:
                reached.add(name)
                waiting.append(name)
    for statement in main.statements:
        if isinstance(statement, ast.Let):
            found += [
                Unused("let", binding.key.text, binding.key.span)
                for binding in statement.bindings
                if binding.key.text not in reached
            ]
    return (*found, *_unused_labels(main, work, wired))


def _unused_labels(main: ast.File, work: Expander, wired: Wired) -> list[Unused]:
    """Labels that nothing reads, except those that name an output of the network."""
    found: list[Unused] = []
    labels = work.network.labels
    used = {labels[name].at for name in work.definitions.home.used_labels if name in labels}
    feeding = {name for node in wired.nodes for name in node.inputs}
    for name, label in labels.items():
        is_output = name in wired.labels and wired.labels[name] not in feeding
        if label.at.source is main.source and label.at not in used and not is_output:
            used.add(label.at)
            found.append(Unused("label", label.text, label.at))
    return found


def report_unused(unused: tuple[Unused, ...], problems: Problems) -> None:
    """Says which definitions nothing reads."""
    for item in unused:
        from ..problems.lints import UnusedBlock, UnusedLabel, UnusedLet

        problem = {"let": UnusedLet, "block": UnusedBlock, "label": UnusedLabel}[item.what]
        problems.add(problem(at=item.at, name=item.name))
