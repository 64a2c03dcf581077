"""The blocks and constants of a spec and of the files that it uses, before anything is expanded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ...grammar import ast
from ...grammar.problem import Problems
from ...grammar.source import Span
from ...grammar.tokens import ENOUGH
from ..language.statements import DIRECTIVES, is_word
from ..language.values import extent_of
from ..language.vocabulary import Vocabulary
from ..suggest.spelling import closest
from .evaluate import evaluate
from .limits import DEEPEST, LIMIT
from .scope import Home, LayerNames, Scope
from .survey import Survey, hidden_labels, labels_written, least_calls, survey


@dataclass(slots=True)
class Definitions:
    """Everything that is defined by name."""

    home: Home
    blocks: dict[str, ast.Block] = field(default_factory=dict)
    lets: dict[str, ast.Keyword] = field(default_factory=dict)
    broken_blocks: set[str] = field(default_factory=set)
    """Blocks that cannot be expanded, about which enough was said."""
    sizes: dict[str, int] = field(default_factory=dict)
    """How many calls a block expands to at least."""
    written: dict[str, tuple[ast.Reference, ...]] = field(default_factory=dict)
    """The labels that one expansion of a block writes."""
    calls: dict[str, list[str]] = field(default_factory=dict)
    """Which blocks each block calls, every block after those that it calls."""
    reads: dict[str, list[str]] = field(default_factory=dict)
    """Which constants each constant is computed from."""


def define(
    files: Sequence[ast.File],
    vocabulary: Vocabulary,
    overrides: Sequence[ast.Keyword],
    problems: Problems,
) -> Definitions:
    """Collects blocks and constants, evaluates the constants, finds blocks inside themselves."""
    lost = frozenset(name for file in files for broken in file.broken for name in broken.defines)
    found = Definitions(Home(lost=lost))
    for file in files:
        for statement in file.statements:
            if isinstance(statement, ast.Block):
                _add_block(statement, found, vocabulary, problems)
            elif isinstance(statement, ast.Let):
                for binding in statement.bindings:
                    _add_let(binding, found, problems)
    _override(found, overrides, problems)
    _evaluate_lets(found, problems)
    _survey_blocks(found, problems)
    return found


def _add_block(
    block: ast.Block, found: Definitions, vocabulary: Vocabulary, problems: Problems
) -> None:
    name = block.name.text
    if is_word(name, vocabulary):
        from ..problems.definitions import NameTaken

        what = "a statement" if name in DIRECTIVES else "a netc keyword"
        what = "a layer" if vocabulary.is_own("layer", name) else what
        problems.add(NameTaken(at=block.name.span, name=name, what=what))
        return
    first = found.blocks.get(name)
    if first is not None:
        from ..problems.definitions import DefinedTwice

        problems.add(
            DefinedTwice(at=block.name.span, what="block", name=name, first=first.name.span)
        )
        return
    found.blocks[name] = block
    seen: dict[str, Span] = {}
    for parameter in block.parameters:
        key = parameter.name.text
        if key in seen:
            from ..problems.definitions import DefinedTwice

            problems.add(
                DefinedTwice(at=parameter.name.span, what="parameter", name=key, first=seen[key])
            )
            found.broken_blocks.add(name)
        seen.setdefault(key, parameter.name.span)


def _add_let(binding: ast.Keyword, found: Definitions, problems: Problems) -> None:
    name = binding.key.text
    first = found.lets.get(name)
    if first is None:
        found.lets[name] = binding
        return
    from ..problems.definitions import DefinedTwice

    problems.add(
        DefinedTwice(at=binding.key.span, what="constant", name=name, first=first.key.span)
    )


def _override(found: Definitions, overrides: Sequence[ast.Keyword], problems: Problems) -> None:
    known = tuple(found.lets)
    for binding in overrides:
        name = binding.key.text
        if name in found.lets or f"${name}" in found.home.lost:
            found.lets[name] = binding
            continue
        from ..problems.definitions import UnknownOverride

        problems.add(
            UnknownOverride(
                at=binding.key.span, name=name, known=known, nearest=closest(name, known)
            )
        )


def _evaluate_lets(found: Definitions, problems: Problems) -> None:
    """Every constant after those that it reads, whatever their order in the text."""
    surveys: dict[str, Survey] = {}
    reads: dict[str, list[str]] = {}
    for name, binding in found.lets.items():
        surveys[name] = survey(binding.value)
        reads[name] = [
            parameter.name for parameter in surveys[name].parameters if parameter.name in found.lets
        ]
    order, cycles = _sorted(reads)
    in_cycle = {name for cycle in cycles for name in cycle}
    for cycle in cycles:
        from ..problems.expansion import LetInItself

        at, *others = (found.lets[name].span for name in cycle)
        problems.add(LetInItself(at=at, cycle=(*cycle, cycle[0]), places=tuple(others)))
    scope = Scope(found.home, LayerNames())
    room = LIMIT
    for name in order:
        deep = surveys[name].too_deep
        if name in in_cycle:
            found.home.lets[name] = None
        elif deep is not None:
            found.home.lets[name] = None
            report_depth(deep, problems)
        else:
            value = evaluate(found.lets[name].value, scope, problems) if room >= 0 else None
            if value is not None:
                room -= extent_of(value).weight
            if value is not None and room < 0:
                from ..problems.values import ListTooLong

                # What later constants hold is not computed: they may all read this one.
                problems.add(ListTooLong(at=found.lets[name].span, limit=LIMIT, together=True))
            found.home.lets[name] = value if room >= 0 else None
    found.home.used_lets.clear()
    found.reads = reads


def report_depth(at: Span, problems: Problems) -> None:
    """Says that something lies too deep."""
    from ..problems.expansion import ExpandedTooDeeply

    problems.add(ExpandedTooDeeply(at=at, limit=DEEPEST))


def report_twice(
    labels: Sequence[ast.Reference], calls: tuple[Span, ...], problems: Problems
) -> None:
    """Says which labels are written twice."""
    seen: dict[str, Span] = {}
    for label in labels:
        first = seen.setdefault(label.name, label.span)
        if first is not label.span and len(problems) < ENOUGH:
            from ..problems.definitions import DefinedTwice

            problems.add(
                DefinedTwice(
                    at=label.span, calls=calls, what="label", name=f"@{label.name}", first=first
                )
            )


def _survey_blocks(found: Definitions, problems: Problems) -> None:
    calls: dict[str, list[str]] = {}
    places: dict[tuple[str, str], Span] = {}
    for name, block in found.blocks.items():
        surveyed = survey(block.body)
        deep = [surveyed.too_deep]
        deep += [survey(item.default).too_deep for item in block.parameters if item.default]
        for place in deep:
            if place is not None:
                found.broken_blocks.add(name)
                report_depth(place, problems)
        calls[name] = []
        for called in surveyed.called:
            if called.text in found.blocks:
                calls[name].append(called.text)
                places.setdefault((name, called.text), called.span)
        written = labels_written(block.body)
        found.written[name] = tuple(written)
        report_twice(written, (), problems)
        for label in (*written, *hidden_labels(block.body)):
            found.home.hidden.setdefault(label.name, label.span)
    order, cycles = _sorted(calls)
    for name in order:
        block = found.blocks[name]
        own = {parameter.name.text for parameter in block.parameters}
        lets = found.home.lets
        constants = {key: value for key, value in lets.items() if key not in own} if own else lets
        found.sizes[name] = least_calls(block.body, found.sizes, constants, LIMIT + 1)
    found.calls = {name: calls[name] for name in order}
    for cycle in cycles:
        from ..problems.expansion import BlockInItself

        around = (*cycle, cycle[0])
        problems.add(
            BlockInItself(
                at=found.blocks[cycle[0]].name.span,
                cycle=around,
                places=tuple(places[pair] for pair in pairwise(around)),
            )
        )
        found.broken_blocks.update(cycle)


def _sorted(reads: dict[str, list[str]]) -> tuple[list[str], list[list[str]]]:
    """The names, each after those that it reads; and the circles, each from its first name.

    Depth first, with a stack of its own: a chain of a thousand constants must not recurse deeply.
    """
    places = {name: place for place, name in enumerate(reads)}
    order: list[str] = []
    cycles: list[list[str]] = []
    state: dict[str, int] = {}
    for root in reads:
        if root in state:
            continue
        path = [root]
        rest = [iter(reads[root])]
        state[root] = 1
        while path:
            name = next(rest[-1], None)
            if name is None:
                done = path.pop()
                rest.pop()
                state[done] = 2
                order.append(done)
            elif name not in state:
                state[name] = 1
                path.append(name)
                rest.append(iter(reads[name]))
            elif state[name] == 1:
                cycle = path[path.index(name) :]
                start = cycle.index(min(cycle, key=places.__getitem__))
                cycles.append(cycle[start:] + cycle[:start])
    return order, cycles
