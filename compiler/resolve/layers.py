"""Expands the call of a layer: its arguments become options, what flows in becomes its inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...grammar import ast
from ..language.bind import bind
from ..language.call import Arguments, Bound
from ..language.values import LabelValue, UnknownValue, Value, Word
from ..layers.layer import Arity, Layer
from ..layers.missing import Missing, MissingKeeper
from ..spans import Place
from ..suggest.meant import is_merge_of_words
from .arguments import Sorted
from .draft import UNKNOWN, Draft, Tensor
from .evaluate import evaluate
from .scope import Scope

if TYPE_CHECKING:
    from .expand import Expander, Flow


def expand_layer(
    work: Expander, call: ast.Call, arguments: Sorted, flow: Flow, scope: Scope
) -> Flow:
    """The tensor that a layer makes, and the words that came out of its values after it."""
    cls = work.vocabulary.get("layer", call.name.text)
    assert issubclass(cls, Layer)
    place = Place(arguments.head, scope.calls)
    words: list[Word] = []
    if cls.arity is Arity.MANY:
        bound, inputs = _merge(work, cls, call, arguments, flow, scope, words)
    else:
        if arguments.branches:
            at = arguments.branches[0]
            work.wrong_brackets(call, at, "takes no brackets", "", scope)
            work.rehearse_branches(arguments.branches, scope)
        if arguments.fixed:
            if id(call) not in work.bound:
                work.bound[id(call)] = _bind(work, cls, arguments, scope, words, None)
            bound = work.bound[id(call)]
        else:
            bound = _bind(work, cls, arguments, scope, words, None)
        bound = None if arguments.branches else bound
        inputs = _inputs(work, cls, call, arguments, flow, scope)
    result: Flow = _draft(work, cls, bound, inputs, place, scope)
    for word in words:
        result = work.named(word, result, scope)
    return result


def _inputs(
    work: Expander,
    cls: type[Layer],
    call: ast.Call,
    arguments: Sorted,
    flow: Flow,
    scope: Scope,
) -> tuple[Tensor, ...]:
    """What flows into a layer that is no merge."""
    if cls.arity is Arity.NONE:
        if flow is not None and flow is not UNKNOWN:
            from ..problems.flow import NothingReads

            work.report(NothingReads(at=call.name.span, calls=scope.calls, word=cls.word))
        return ()
    if flow is not None:
        return (flow,)
    if any(isinstance(value, ast.Reference) for value in arguments.values):
        return (UNKNOWN,)  # The label was meant to flow in, which is said already.
    return (work.nothing_flows(cls.word, call.name.span, scope),)


def _merge(
    work: Expander,
    cls: type[Layer],
    call: ast.Call,
    arguments: Sorted,
    flow: Flow,
    scope: Scope,
    words: list[Word],
) -> tuple[Bound[Layer] | None, tuple[Tensor, ...]]:
    """The options of a merge and its inputs: the branches or what flows in, then the labels."""
    labels: list[Tensor] = []
    bound = _bind(work, cls, arguments, scope, words, labels)
    inputs: list[Tensor] = []
    if arguments.branches:
        first, *others = arguments.branches
        if others:
            wanted = "takes one pair of brackets"
            work.wrong_brackets(call, others[0], wanted, f"{cls.word} [p | q]", scope)
            work.rehearse_branches(others, scope)
        for pipe in first.pipes:
            known = work.starved
            result = work.pipe(pipe, flow, scope, branch=True)
            if flow is None and work.starved > known:
                flow = UNKNOWN  # One branch that nothing flows into says it for all.
            inputs += [] if result is None else [result]
    elif flow is not None:
        inputs.append(flow)
    inputs += labels
    if len(inputs) < 2 and bound is not None:
        from ..problems.flow import NothingToMerge

        at, count = arguments.head, len(inputs)
        branches, whole = None, call.span
        if len(arguments.words) > 1 and is_merge_of_words(work, arguments, call):
            branches = " | ".join(word.span.text for word in arguments.words)
        work.report(
            NothingToMerge(
                at=at,
                calls=scope.calls,
                word=cls.word,
                count=count,
                branches=branches,
                whole=whole,
            )
        )
        bound = None
    return bound, tuple(inputs)


def _bind(
    work: Expander,
    cls: type[Layer],
    arguments: Sorted,
    scope: Scope,
    words: list[Word],
    labels: list[Tensor] | None,
) -> Bound[Layer] | None:
    """The options of a layer. Labels among the values of a merge go to `labels`."""
    positional: list[Value | UnknownValue] = []
    keywords: list[tuple[Word, Value | UnknownValue]] = []
    failed = arguments.incomplete or (labels is None and bool(arguments.branches))
    errors, structural = len(work.problems.found), failed
    for written in arguments.values[: max(arguments.in_order, len(cls.positional))]:
        value = evaluate(written, scope, work.problems)
        if value is None and labels is not None and isinstance(written, ast.Reference):
            labels.append(UNKNOWN)
            structural = True
        elif value is None:
            positional.append(UnknownValue(written.span))
        elif isinstance(value, Word):
            words.append(value)
        elif isinstance(value, LabelValue) and labels is not None:
            labels.append(work.labelled(value.name, value.span))
        elif isinstance(value, LabelValue):
            from ..problems.flow import LabelAsInput

            at, name = value.span, value.name
            work.report(LabelAsInput(at=at, calls=scope.calls, word=cls.word, name=name))
            failed = structural = True
        else:
            positional.append(value)
    for keyword in arguments.keywords:
        value = evaluate(keyword.value, scope, work.problems)
        key = Word(keyword.key.text, keyword.key.span)
        keywords.append((key, UnknownValue(keyword.value.span) if value is None else value))
    if failed:
        positional.append(UnknownValue(arguments.head))  # Which may be what is missing otherwise.
    place = Place(arguments.head, scope.calls)
    given = Arguments(tuple(positional), tuple(keywords), scope.defines)
    bound = bind(cls, given, place, work.problems)
    if not structural:
        work.count_local(errors)
    return bound


def place_unknown(
    work: Expander, call: ast.Call, nearest: str | None, flow: Tensor, scope: Scope
) -> str:
    """Adds what stands for an unknown word, which may be near a known one."""
    layer = Missing()
    if nearest is not None and work.vocabulary.has("layer", nearest):
        cls = work.vocabulary.get("layer", nearest)
        assert issubclass(cls, Layer)
        layer = _stand_in(cls)
    name = scope.names.number(layer.word, call.span)
    place = Place(call.name.span, scope.calls)
    work.network.drafts.append(Draft(name, layer, (flow,), place, {}))
    return name


def _stand_in(cls: type[Layer]) -> Missing:
    """What stands for a call of a layer that is wrong."""
    return MissingKeeper() if cls.keeps_shape else Missing()


def _draft(
    work: Expander,
    cls: type[Layer],
    bound: Bound[Layer] | None,
    inputs: tuple[Tensor, ...],
    place: Place,
    scope: Scope,
) -> str:
    """Adds a layer to the network under its name."""
    if bound is None or bound.options.name is None:
        name = scope.names.number(cls.word, place.span)
    else:
        chosen = bound.options.name
        name, other = scope.names.choose(chosen, place.span)
        if other is not None:
            from ..problems.definitions import DefinedTwice

            work.report(
                DefinedTwice(
                    at=bound.spans["name"],
                    calls=scope.calls,
                    what="layer name",
                    name=chosen,
                    first=other,
                )
            )
    layer: Layer = _stand_in(cls) if bound is None else bound.options
    options = {} if bound is None else bound.spans
    work.network.drafts.append(Draft(name, layer, inputs, place, options))
    return name
