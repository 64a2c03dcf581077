"""Expands pipes: blocks, `repeat`, `each`, branches and words become layers, one after the other.

A failed call gives an unknown tensor, and expansion goes on, so that every independent mistake is
found in one pass. Here is all the recursion: the modules beside this one read one call each, and
call nothing back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from ...grammar import ast
from ...grammar.tokens import ENOUGH
from ..language.statements import DIRECTIVES
from ..language.values import WordValue, WrittenValue
from ..layers.layer import Arity, Layer
from ..spans import Spans
from ..suggest.calls import intended_call
from .arguments import Sorted, move, sort_arguments
from .blocks import enter_block
from .context import CallKind, Destination, Expansion, Feed
from .definitions import report_depth, report_twice
from .draft import UNKNOWN, NetworkDraft, Tensor, Written
from .finish import wire
from .layers import (
    bind_layer,
    bind_merge,
    inputs_of,
    place_layer,
    place_unknown,
    report_nothing_to_merge,
)
from .limits import DEEPEST, LIMIT
from .loops import read_loop, scopes_of
from .scope import LayerNames, Scope
from .survey import labels_written
from .trial import call_fits

WordCalls = tuple[ast.Call | ast.Parameter, ...]


def expand_pipe(context: Expansion, pipe: ast.Pipe, flow: Feed, *, is_branch: bool = False) -> Feed:
    """The tensor that comes out of a pipe. A branch need not read what flows in."""
    target = context.target
    if context.level > DEEPEST and target.steps <= LIMIT:
        # Blocks that deep are made by a program or a slip: nothing more is expanded.
        target.steps = LIMIT + 1
        report_depth(context.scope.place(pipe.span), context.problems)
    inner = context.deeper()
    for index, stage in enumerate(pipe.stages):
        if target.steps > LIMIT:
            return UNKNOWN
        if isinstance(stage, ast.Call):
            begins = index == 0 and is_branch and stage.name.text == "input"
            following = pipe.stages[index + 1 : index + 2]
            is_labelled = bool(following) and isinstance(following[0], ast.Reference)
            flow = expand_call(inner, stage, None if begins else flow, is_labelled=is_labelled)
        elif index == 0:
            flow = _read(inner, stage, None if is_branch else flow)
        else:
            _write(inner, stage, flow)
    return flow


def _read(context: Expansion, reference: ast.Reference, flow: Feed) -> Tensor:
    context.reads_nothing(f"@{reference.name}", reference.span, flow)
    name = context.scope.read_label(reference, context.problems)
    return UNKNOWN if name is None else context.labelled(name, reference.span)


def _write(context: Expansion, reference: ast.Reference, flow: Feed) -> None:
    scope, labels = context.scope, context.target.network.labels
    if flow is None:
        flow = context.no_input(f"@{reference.name}", reference.span)
    names = (around.labels.get(reference.name) for around in scope.outward())
    name = next((name for name in names if name is not None), None)
    if name is not None and name not in labels:
        is_local = scope.around is not None
        labels[name] = Written(flow, reference.span, reference.name, is_local)


# Pipes that are not part of the network


def dry_run(context: Expansion, pipe: ast.Pipe, values: Mapping[str, WrittenValue | None]) -> None:
    """Expands a pipe that is not part of the network, only to find what is wrong in it.

    What flows in is unknown, as are values that are None; they silence what depends on them.
    A pipe gets one dry run, and its loops take one round.
    """
    work, scope, target = context.work, context.scope, context.target
    if pipe.span in work.dry_runs:
        return
    work.dry_runs.add(pipe.span)
    labels = [label.name for label in labels_written(pipe)]
    # One dry run may meet another, and what both make lies in one network.
    prefix = f"dry_run{len(work.dry_runs)}."
    inner = Scope(
        scope.home,
        LayerNames(prefix),
        values=dict(values),
        labels={label: f"{prefix}{label}" for label in labels},
        around=scope,
        calls=scope.calls,
    )
    check_labels(context, pipe)
    if target.is_dry_run:
        expand_pipe(context.within(inner), pipe, UNKNOWN)
        return
    own = Destination(NetworkDraft(), work.dry_run_steps, is_dry_run=True)
    expand_pipe(context._replace(target=own, scope=inner), pipe, UNKNOWN)
    wire(own.network, Spans(), context.problems)
    work.dry_run_steps = own.steps


def dry_run_branches(
    context: Expansion,
    branches: Iterable[ast.Branches],
    values: Mapping[str, WrittenValue | None] | None = None,
) -> None:
    """Makes a dry run of every pipe in brackets that the network does not get."""
    for bracket in branches:
        for pipe in bracket.pipes:
            dry_run(context, pipe, values or {})


def check_labels(context: Expansion, pipe: ast.Pipe) -> None:
    """Says which labels of one expansion are written twice."""
    report_twice(labels_written(pipe), context.scope.calls, context.problems)


def _read_names(context: Expansion, call: ast.Call) -> None:
    """Looks up what a call that means nothing mentions, which is right or wrong for itself."""
    for argument in call.arguments:
        if isinstance(argument, ast.Branches):
            dry_run_branches(context, (argument,))
        elif isinstance(argument, ast.Keyword | ast.Comparison):
            context.evaluate(argument.value)
        else:
            context.evaluate(argument)


# Calls


def expand_call(
    context: Expansion, call: ast.Call, flow: Feed, *, is_labelled: bool = False
) -> Feed:
    """One stage with the words that follow it."""
    if not context.step(call):
        return UNKNOWN
    name = call.name.text
    kind = context.kind_of(name)
    if kind is None and (name in DIRECTIVES or (flow is None and context.level == 1)):
        # Most likely a statement, whose arguments follow rules of their own.
        return _misplaced(context, call, flow)
    arguments = _arguments(context, call)
    if kind == "id" and (arguments.own or (is_labelled and not arguments.words)):
        kind = "layer"  # Something refers to it.
    flow = EXPAND[kind](context, call, arguments, flow)
    if kind == "loop" and not arguments.branches:
        return flow  # The words after it were meant to be in brackets.
    for word in _without_statements(context, arguments.words):
        flow = _word(context, call, word, flow)
    return flow


def _arguments(context: Expansion, call: ast.Call) -> Sorted:
    """The arguments of a call, sorted once however often it is expanded."""
    key = (call.name.text, call.span)
    known = context.work.sorted.get(key)
    if known is None:
        intended, problems = intended_call(call, context)
        known = sort_arguments(intended, context.signature, context.may_be_layer)
        context.work.sorted[key] = known
        if not _lacks_brackets(context, call, known):
            problems += known.problems
        for problem in problems[:ENOUGH]:
            context.report(problem)
    return known


def _lacks_brackets(context: Expansion, call: ast.Call, arguments: Sorted) -> bool:
    """Whether what follows a call was meant to be in brackets, or what the call is is not known, so
    that the order of what follows says nothing."""
    kind = context.kind_of(call.name.text)
    if kind is None or arguments.branches:
        return kind is None
    return kind == "loop" or (arguments.holds_only_words and context.is_merge(call.name.text))


def _without_statements(context: Expansion, words: WordCalls) -> list[ast.Call | ast.Parameter]:
    """The words after a call without those that belong to a statement among them, such as the
    `ce` of `dense 10 softmax loss ce`. The statement itself is reported in its turn."""
    kept: list[ast.Call | ast.Parameter] = []
    is_lost = False
    for word in words:
        name = word.name.text if isinstance(word, ast.Call) else ""
        is_statement = name in DIRECTIVES and context.kind_of(name) is None
        is_lost = is_lost or is_statement
        if is_statement or not is_lost:
            kept.append(word)
    return kept


def _word(context: Expansion, call: ast.Call, word: ast.Call | ast.Parameter, flow: Feed) -> Feed:
    if isinstance(word, ast.Call):
        return expand_call(context, word, flow)
    value = context.evaluate(word)
    if isinstance(value, WordValue):
        return _named(context, value, flow)
    if value is not None:
        _report_late_value(context, call, word)
    return UNKNOWN


def _named(context: Expansion, word: WordValue, flow: Feed) -> Feed:
    """A layer whose word came out of a `$name`."""
    return expand_call(context, ast.Call(ast.Name(word.text, word.span), (), word.span), flow)


def _report_late_value(context: Expansion, call: ast.Call, word: ast.Parameter) -> None:
    from ..problems.calls import ArgumentOrder

    arguments = _arguments(context, call)
    fix = move(word.span, arguments.head, f"put `${word.name}` before the words", safe=False)
    preceding = next(item for item in arguments.words if isinstance(item, ast.Call))
    context.report(
        ArgumentOrder(
            at=word.span,
            call=call.name.text,
            text=f"${word.name}",
            preceding=preceding.name.text,
            is_word=True,
            moved=fix,
        )
    )


# What a call may be


def _expand_block(context: Expansion, call: ast.Call, arguments: Sorted, flow: Feed) -> Feed:
    entered = enter_block(context, call, arguments)
    if entered is None:
        return UNKNOWN
    _refuse_brackets(context, call, arguments)
    body, scope, words = entered
    flow = expand_pipe(context.within(scope), body, flow)
    for word in words:
        flow = _named(context, word, flow)
    return flow


def _refuse_brackets(context: Expansion, call: ast.Call, arguments: Sorted) -> None:
    if arguments.branches:
        at = arguments.branches[0].span
        context.wrong_brackets(call.name.text, at, "takes no brackets")
        dry_run_branches(context, arguments.branches)


def _expand_identity(context: Expansion, call: ast.Call, arguments: Sorted, flow: Feed) -> Feed:
    """What flows in, and no layer of its own: nothing refers to it."""
    return context.no_input("id", call.span) if flow is None else flow


def _expand_layer(context: Expansion, call: ast.Call, arguments: Sorted, flow: Feed) -> Feed:
    words: list[WordValue] = []
    cls = context.layer(call.name.text)
    if cls.arity is Arity.MANY:
        result: Feed = _expand_merge(context, cls, call, arguments, flow, words)
    else:
        _refuse_brackets(context, call, arguments)
        bound = bind_layer(context, cls, call, arguments, words)
        inputs = inputs_of(context, cls, call, arguments, flow)
        bound = None if arguments.branches else bound
        result = place_layer(context, cls, arguments, bound, inputs)
    for word in words:
        result = _named(context, word, result)
    return result


def _expand_merge(
    context: Expansion,
    cls: type[Layer],
    call: ast.Call,
    arguments: Sorted,
    flow: Feed,
    words: list[WordValue],
) -> str:
    """A merge of its branches or of what flows in, and of the labels that it names."""
    labels: list[Tensor] = []
    bound = bind_merge(context, cls, arguments, words, labels)
    inputs: list[Tensor] = []
    if arguments.branches:
        first, *others = arguments.branches
        if others:
            word = call.name.text
            wanted = "takes one pair of brackets"
            context.wrong_brackets(word, others[0].span, wanted, f"{word} [p | q]")
            dry_run_branches(context, others)
        for pipe in first.pipes:
            known = context.work.starved
            result = expand_pipe(context, pipe, flow, is_branch=True)
            if flow is None and context.work.starved > known:
                flow = UNKNOWN  # One branch that nothing flows into says it for all.
            inputs += [] if result is None else [result]
    elif flow is not None:
        inputs.append(flow)
    inputs += labels
    if len(inputs) < 2 and bound is not None:
        report_nothing_to_merge(context, call, arguments, len(inputs))
        bound = None
    return place_layer(context, cls, arguments, bound, tuple(inputs))


def _expand_loop(context: Expansion, call: ast.Call, arguments: Sorted, flow: Feed) -> Feed:
    """What comes out after all rounds; with no round, what flowed in."""
    loop = read_loop(context, call, arguments)
    if loop is None or loop.rounds.times == 0:
        unknown = {keyword.key.text: None for keyword in arguments.keywords}
        dry_run_branches(context, arguments.branches, unknown)
        return UNKNOWN if loop is None else flow
    scopes = scopes_of(context, call, loop)
    if scopes is None:
        return UNKNOWN
    check_labels(context, loop.body)
    for scope in scopes:
        flow = expand_pipe(context.within(scope), loop.body, flow)
    return flow


def _misplaced(context: Expansion, call: ast.Call, flow: Feed) -> Feed:
    """A statement in a pipe, or an unknown word that may be one: its words are not layers."""
    if call.name.text in DIRECTIVES:
        from ..problems.flow import StatementInPipe

        context.report(StatementInPipe(at=call.name.span, directive=call.name.text))
        _read_names(context, call)
        return UNKNOWN if flow is None else flow
    _report_unknown(context, call, flow)
    _read_names(context, call)
    return UNKNOWN


def _expand_unknown(context: Expansion, call: ast.Call, arguments: Sorted, flow: Feed) -> Feed:
    """What an unknown word in a pipe leaves: a layer of which only the place is known."""
    known = len(context.problems)
    nearest = _report_unknown(context, call, flow)
    joins = any(isinstance(item, ast.Branches | ast.Reference) for item in call.arguments)
    if not joins:
        context.count_local(known)
    _read_names(context, call)
    return UNKNOWN if flow is None or joins else place_unknown(context, call, nearest, flow)


EXPAND: dict[CallKind | None, Callable[[Expansion, ast.Call, Sorted, Feed], Feed]] = {
    "block": _expand_block,
    "id": _expand_identity,
    "layer": _expand_layer,
    "loop": _expand_loop,
    None: _expand_unknown,
}
"""How each kind of call is expanded; None is an unknown word."""


def _report_unknown(context: Expansion, call: ast.Call, flow: Feed) -> str | None:
    """Reports an unknown word, once however often it is expanded; gives the known one that it was
    meant as, if one is near."""
    name, key = call.name.text, (call.name.span, flow is None)
    if key in context.work.unknown:
        return context.work.unknown[key]
    home = context.spec.definitions.home
    if name in home.lost:
        return None  # It is said already: a broken definition.
    from ..suggest.notes import report_word
    from ..suggest.words import UnknownStage, stage_problem, stages

    begins = flow is None and context.level == 1
    is_statement = begins and context.is_alone
    blocks: Collection[str] = context.spec.definitions.blocks
    blocks = blocks if home.may_compare(len(blocks)) else ()
    problem = stage_problem(
        UnknownStage(
            name,
            context.scope.place(call.name.span),
            context.spec.vocabulary,
            stages(blocks, context.spec.vocabulary, is_statement=is_statement),
            call_fits(context, call, is_statement=is_statement),
            begins=begins,
            text=call.span.text,
            statements=home.statements,
        )
    )
    report_word(problem, context.problems)
    nearest: str | None = getattr(problem, "nearest", None)
    context.work.unknown[key] = nearest
    return nearest
