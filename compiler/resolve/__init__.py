"""What a spec means: names are looked up, blocks are expanded, and every call gets its options.

`resolve` turns the trees of a spec and of the files that it uses into a model, which holds
nothing of the text, and the places in the text that the parts of the model came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...grammar import ast
from ...grammar.problem import Problems
from ...grammar.source import Span
from ..ir import Model
from ..language.vocabulary import Vocabulary
from ..spans import Place, Spans
from ..suggest.amend import amend_assignments
from .definitions import Definitions, define, report_depth, report_twice
from .directives import MANY, Reader, Statements, read_statement
from .draft import Network
from .expand import Expander
from .finish import Wired, wire
from .limits import LIMIT, REHEARSED
from .scope import Names, Scope
from .survey import hidden_labels, labels_written, survey
from .tuning import plain
from .unused import Unused, find_unused, rehearse_blocks
from .words import DIRECTIVES


@dataclass(frozen=True, slots=True)
class Resolved:
    """A model, as much of it as could be understood."""

    model: Model
    spans: Spans
    complete: bool
    """False when a layer or a statement failed: the model is a part of what was meant."""
    whole_network: bool
    """Whether it is known which layer feeds which, also where a layer by itself is wrong."""
    failed: frozenset[str]
    """The statements of which one failed: `data`, `prep`."""
    unused: tuple[Unused, ...]
    """What the spec defines and nothing reads; looked for only when all was understood."""


def resolve(
    files: Sequence[ast.File],
    vocabulary: Vocabulary,
    overrides: Sequence[ast.Keyword],
    problems: Problems,
) -> Resolved:
    """The model of the first file, with the blocks and constants of all of them.

    `overrides` are `name=value` pairs that take the place of what `let` says.
    """
    main = files[0]
    before = _errors(problems)
    definitions = define(files, vocabulary, overrides, problems)
    pipes, calls = _statements(main, definitions, problems)
    scopes = {file.source: Scope(definitions.home, Names()) for file in files}
    scope = scopes[main.source]
    written = [label for pipe in pipes for label in labels_written(pipe)]
    scope.labels = {label.name: label.name for label in written}
    report_twice(written, (), problems)
    for pipe in pipes:
        for label in hidden_labels(pipe):
            definitions.home.hidden.setdefault(label.name, label.span)
    work = Expander(definitions, scopes, vocabulary, problems)
    work.input_lost = _mentions_input(main)
    definitions.home.statements = {call.name.text: call.span.text for call in reversed(calls)}
    places = {id(statement): index for index, statement in enumerate(main.statements)}
    last = -1
    for pipe in pipes:
        place = places[id(pipe)]
        work.follows = last == place - 1 and last >= 0
        last = place
        work.pipe(pipe, None, scope)
    called = frozenset(work.blocks_called)
    if work.steps > LIMIT and len(work.network.drafts) > REHEARSED:
        work.network = Network()  # The part of it that was expanded is no network worth checking.
    for lost in main.broken:
        meant = None if lost.word in DIRECTIVES else lost.pipe
        if meant is not None and survey(meant).too_deep is None:
            work.rehearse(meant, scope, {})
    rehearse_blocks(main, work)
    _check_empty(main, has_network=bool(pipes), has_statements=bool(calls), problems=problems)
    spans = Spans()
    wired = wire(work.network, spans, problems)
    errors = _errors(problems) - before
    reader = Reader(
        scope, vocabulary, tuple(definitions.blocks), tuple(definitions.lets), problems, spans
    )
    failed = {broken.word for broken in main.broken if broken.word in DIRECTIVES}
    for call in calls:
        reader.found.failed = False
        read_statement(call, reader)
        if reader.found.failed:
            failed.add(call.name.text)
    amend_assignments(main, vocabulary, definitions.home.statements, problems)
    model = _model(definitions, wired, reader.found, spans)
    broken = [item for file in files for item in file.broken]
    whole = errors == work.local_errors and all(item.word in failed for item in broken)
    complete = whole and wired.complete and not errors and not failed
    unused = find_unused(main, called, work, wired) if pipes and complete else ()
    return Resolved(model, spans, complete, whole, frozenset(failed), unused)


def _errors(problems: Problems) -> int:
    return sum(problem.is_error for problem in problems)


def _statements(
    file: ast.File, definitions: Definitions, problems: Problems
) -> tuple[list[ast.Pipe], list[ast.Call]]:
    """The pipes of the network, and the statements beside it. What lies too deep is left out."""
    pipes: list[ast.Pipe] = []
    calls: list[ast.Call] = []
    for statement in file.statements:
        if not isinstance(statement, ast.Pipe):
            continue
        deep = survey(statement).too_deep
        if deep is not None:
            report_depth(deep, problems)
            continue
        stage = statement.stages[0]
        alone = len(statement.stages) == 1
        if alone and isinstance(stage, ast.Call) and stage.name.text in DIRECTIVES:
            calls.append(stage)
        else:
            pipes.append(statement)
    return pipes, calls


def _mentions_input(file: ast.File) -> bool:
    return any(broken.word == "input" or "input" in broken.mentions for broken in file.broken)


def _check_empty(
    file: ast.File, *, has_network: bool, has_statements: bool, problems: Problems
) -> None:
    """A file without a network is a mistake, unless it is a library of blocks and constants."""
    if has_network or file.broken or problems.has_errors():
        return
    if file.statements and not has_statements:
        return
    from ..problems.flow import EmptySpec

    start = file.statements[0].span if file.statements else Span(file.source, 0, 0)
    problems.add(EmptySpec(at=start, empty=not file.statements))


def _model(definitions: Definitions, wired: Wired, found: Statements, spans: Spans) -> Model:
    lets = {}
    for name, binding in definitions.lets.items():
        value = definitions.home.lets[name]
        if value is not None:
            lets[name] = plain(value)
            spans.put(f"lets.{name}", Place(binding.span))
    many = {field: tuple(found.many.get(field, ())) for field in MANY.values()}
    return Model(
        netc=1,
        lets=lets,
        nodes=wired.nodes,
        labels=wired.labels,
        **{**found.single, **many},
    )


__all__ = ["Resolved", "Unused", "resolve"]
