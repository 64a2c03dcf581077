"""What a spec means: names are looked up, blocks are expanded, and every call gets its options.

`resolve` turns the trees of a spec and of the files that it uses into a model, which holds
nothing of the text, and the places in the text that the parts of the model came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ...grammar import ast
from ...grammar.problem import Problems
from ...grammar.source import Span
from ..ir import Model
from ..language.statements import DIRECTIVES
from ..language.vocabulary import Vocabulary
from ..spans import Spans
from .context import Destination, Expansion, Progress, SpecContext
from .definitions import Definitions, define, report_depth, report_twice
from .directives import read_statement
from .draft import NetworkDraft
from .expand import dry_run, expand_pipe
from .finish import Wired, wire
from .limits import DRY_RUN_LAYERS, LIMIT
from .reader import MANY, Reader, Statements
from .scope import LayerNames, Scope
from .survey import hidden_labels, labels_written, survey
from .tuning import plain
from .unused import Unused, dry_run_blocks, find_unused


class Resolved(NamedTuple):
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
    pipes, calls = _statements(main, problems)
    definitions.home.statements = {call.name.text: call.span.text for call in reversed(calls)}
    scopes = {file.source: Scope(definitions.home, LayerNames()) for file in files}
    spec = SpecContext(definitions, scopes, vocabulary, _mentions_input(main))
    context = Expansion(spec, Progress(), Destination(), problems, scopes[main.source])
    called = _expand(context, main, pipes)
    _check_empty(main, has_network=bool(pipes), has_statements=bool(calls), problems=problems)
    spans = Spans()
    wired = wire(context.target.network, spans, problems)
    errors = _errors(problems) - before
    found, failed = _read_statements(context, main, calls, spans)
    if problems.notes():
        from ..suggest.notes import complete_notes

        complete_notes(vocabulary, definitions.home.statements, problems)
    model = _model(definitions, wired, found, spans)
    broken = [item for file in files for item in file.broken]
    whole = (
        errors == context.work.local_errors
        and context.target.steps <= LIMIT
        and all(item.word in failed for item in broken)
    )
    complete = whole and wired.complete and not errors and not failed
    unused = find_unused(main, called, context, wired) if pipes and complete else ()
    return Resolved(model, spans, complete, whole, frozenset(failed), unused)


def _expand(context: Expansion, main: ast.File, pipes: Sequence[Pipe]) -> frozenset[str]:
    """Fills the network, then looks at what is not part of it. Gives the blocks that the network
    calls."""
    scope, target = context.scope, context.target
    hidden = context.spec.definitions.home.hidden
    written = [label for pipe, _ in pipes for label in labels_written(pipe)]
    scope.labels = {label.name: label.name for label in written}
    report_twice(written, (), context.problems)
    for pipe, _ in pipes:
        for label in hidden_labels(pipe):
            hidden.setdefault(label.name, label.span)
    for pipe, follows in pipes:
        is_alone = len(pipe.stages) == 1
        expand_pipe(context._replace(follows=follows, is_alone=is_alone), pipe, None)
    called = frozenset(context.work.blocks_called)
    if target.steps > LIMIT and len(target.network.drafts) > DRY_RUN_LAYERS:
        target.network = NetworkDraft()  # A part of a network is not worth checking.
    for lost in main.broken:
        intended = None if lost.word in DIRECTIVES else lost.pipe
        if intended is not None and survey(intended).too_deep is None:
            dry_run(context, intended, {})
    dry_run_blocks(main, context)
    return called


def _read_statements(
    context: Expansion, main: ast.File, calls: Sequence[ast.Call], spans: Spans
) -> tuple[Statements, set[str]]:
    """What the statements beside the network say, and those of which one failed."""
    lets = tuple(context.spec.definitions.lets)
    reader = Reader(context.scope, context.spec.vocabulary, lets, context.problems, spans)
    failed = {broken.word for broken in main.broken if broken.word in DIRECTIVES}
    for call in calls:
        reader.found.failed = False
        read_statement(call, reader)
        if reader.found.failed:
            failed.add(call.name.text)
    return reader.found, failed


def _errors(problems: Problems) -> int:
    return sum(problem.is_error for problem in problems)


Pipe = tuple[ast.Pipe, bool]
"""A pipe of the network, and whether it comes right after another."""


def _statements(file: ast.File, problems: Problems) -> tuple[list[Pipe], list[ast.Call]]:
    """The pipes of the network, and the statements beside it. What lies too deep is left out."""
    pipes: list[Pipe] = []
    calls: list[ast.Call] = []
    follows = False
    for statement in file.statements:
        was_pipe, follows = follows, False
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
            pipes.append((statement, was_pipe))
            follows = True
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
            spans.put(f"lets.{name}", binding.span)
    many = {field: tuple(found.many.get(field, ())) for field in MANY.values()}
    return Model(
        netc=1,
        lets=lets,
        nodes=wired.nodes,
        labels=wired.labels,
        **{**found.single, **many},
    )


__all__ = ["Resolved", "Unused", "resolve"]
