"""Definitions that nothing reads. A block that nothing calls is checked all the same."""

from __future__ import annotations

from typing import NamedTuple

from ...grammar import ast
from ...grammar.problem import Problems
from ...grammar.source import Span
from ...grammar.tokens import ENOUGH
from ..language.values import WrittenValue
from .context import Expansion
from .evaluate import evaluate
from .expand import dry_run
from .finish import Wired
from .limits import LIMIT
from .scope import LayerNames, Scope


class Unused(NamedTuple):
    """A definition that nothing reads: a `let`, a `block` or a label."""

    what: str
    name: str
    at: Span


def dry_run_blocks(main: ast.File, context: Expansion) -> None:
    """Looks for mistakes in the blocks of a file that nothing called, and in all defaults.

    Parameters without a default are unknown. Callers come first, so that what they give to other
    blocks is checked too.
    """
    spec = context.spec
    definitions = spec.definitions
    if context.target.steps > LIMIT:
        return  # The network is too large or too deep, and so may be what nothing reached.
    for name in reversed(definitions.calls):
        block = definitions.blocks[name]
        if block.span.source is not main.source or name in definitions.broken_blocks:
            continue
        values: dict[str, WrittenValue | None] = {}
        scope = Scope(
            definitions.home, LayerNames(), values=values, around=spec.files[block.span.source]
        )
        for parameter in block.parameters:
            value = parameter.default
            # Set one after the other: a default may read the parameters before it.
            known = None if value is None else evaluate(value, scope, context.problems)
            values[parameter.name.text] = known
        if name not in context.work.blocks_called:
            dry_run(context.within(scope), block.body, values)


def find_unused(
    main: ast.File, called: frozenset[str], context: Expansion, wired: Wired
) -> tuple[Unused, ...]:
    """What the file itself defines and nothing reads.

    `called` are the blocks that the network calls. What only an unused block uses would be used
    if that block were, so only the block is reported.
    """
    definitions = context.spec.definitions
    used = called | context.work.blocks_called
    used |= {inner for name, calls in definitions.calls.items() for inner in calls}
    found = [
        Unused("block", statement.name.text, statement.name.span)
        for statement in main.statements
        if isinstance(statement, ast.Block) and statement.name.text not in used
    ]
    reached = set(definitions.home.used_lets)
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
    return (*found, *_unused_labels(main, context, wired))


def _unused_labels(main: ast.File, context: Expansion, wired: Wired) -> list[Unused]:
    """Labels that nothing reads, at the end of a statement, that name no output of the network.

    Where a pipe continues after a label, the label is a tap, which is read by its name.
    """
    found: list[Unused] = []
    labels = context.target.network.labels
    read = context.spec.definitions.home.used_labels
    used = {labels[name].at for name in read if name in labels}
    ends = {
        statement.stages[-1].span
        for statement in main.statements
        if isinstance(statement, ast.Pipe) and isinstance(statement.stages[-1], ast.Reference)
    }
    feeding = {name for node in wired.nodes for name in node.inputs}
    for name, label in labels.items():
        is_output = name in wired.labels and wired.labels[name] not in feeding
        if label.at in ends and label.at not in used and not is_output:
            used.add(label.at)
            found.append(Unused("label", label.text, label.at))
    return found


def report_unused(unused: tuple[Unused, ...], problems: Problems) -> None:
    """Says which definitions nothing reads, of the first thousand."""
    for item in unused[:ENOUGH]:
        from ..problems.lints import UnusedBlock, UnusedLabel, UnusedLet

        problem = {"let": UnusedLet, "block": UnusedBlock, "label": UnusedLabel}[item.what]
        problems.add(problem(at=item.at, name=item.name))
