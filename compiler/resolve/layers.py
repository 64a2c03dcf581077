"""The call of a layer: its arguments become options, what flows in becomes its inputs."""

from __future__ import annotations

from ...grammar import ast
from ...grammar.problem import Problems
from ...grammar.tokens import ENOUGH
from ..language.bind import bind
from ..language.call import Arguments, Bound
from ..language.values import LabelValue, UnknownValue, WordValue, WrittenValue
from ..layers.layer import Arity, Layer
from ..layers.missing import Missing, MissingKeeper
from .arguments import Sorted
from .context import Expansion, Feed
from .draft import UNKNOWN, Draft, Tensor
from .evaluate import evaluate


def bind_layer(
    context: Expansion,
    cls: type[Layer],
    call: ast.Call,
    arguments: Sorted,
    words: list[WordValue],
) -> Bound[Layer] | None:
    """The options of a layer that is not a merge, worked out once where they are always the same.
    Words that come out of `$` values go to `words`."""
    if not arguments.fixed:
        return _bind(context, cls, arguments, words, None)
    known = context.work.bound
    key = (call.name.text, call.span if call.arguments else None)
    if key in known:
        return known[key]
    bound = _bind(context, cls, arguments, words, None)
    if bound is not None or call.arguments:  # What is missing is said at every call.
        known[key] = bound
    return bound


def bind_merge(
    context: Expansion,
    cls: type[Layer],
    arguments: Sorted,
    words: list[WordValue],
    labels: list[Tensor],
) -> Bound[Layer] | None:
    """The options of a merge. The labels among its values go to `labels`."""
    return _bind(context, cls, arguments, words, labels)


def inputs_of(
    context: Expansion, cls: type[Layer], call: ast.Call, arguments: Sorted, flow: Feed
) -> tuple[Tensor, ...]:
    """The input of a layer that is not a merge."""
    if cls.arity is Arity.NONE:
        context.reads_nothing(cls.word, call.name.span, flow)
        return ()
    if flow is not None:
        return (flow,)
    if any(isinstance(value, ast.Reference) for value in arguments.values):
        return (UNKNOWN,)  # The label was meant to flow in, which is said already.
    return (context.no_input(cls.word, call.name.span),)


def report_nothing_to_merge(
    context: Expansion, call: ast.Call, arguments: Sorted, count: int
) -> None:
    """Says that a merge gets fewer than two inputs."""
    from ..problems.flow import NothingToMerge

    branches = None
    calls = all(isinstance(word, ast.Call) for word in arguments.words)
    if len(arguments.words) > 1 and calls and arguments.holds_only_words:
        branches = " | ".join(word.span.text for word in arguments.words)
    context.report(
        NothingToMerge(
            at=arguments.head, word=call.name.text, count=count, branches=branches, whole=call.span
        )
    )


def _has_late_value(context: Expansion, arguments: Sorted) -> bool:
    """Whether a `$name` among the words after a call is no word, which is reported in its turn."""
    later = (word for word in arguments.words if isinstance(word, ast.Parameter))
    return any(
        not isinstance(evaluate(word, context.scope, Problems()), WordValue) for word in later
    )


def _bind(
    context: Expansion,
    cls: type[Layer],
    arguments: Sorted,
    words: list[WordValue],
    labels: list[Tensor] | None,
) -> Bound[Layer] | None:
    """The options of a layer. Labels among the values of a merge go to `labels`."""
    scope, problems = context.scope, context.problems
    positional: list[WrittenValue | UnknownValue] = []
    failed = arguments.incomplete or (labels is None and bool(arguments.branches))
    errors, structural = len(problems), failed
    for written in arguments.values[: max(arguments.in_order, len(cls.positional))]:
        if len(problems) - errors >= ENOUGH:
            break
        value = evaluate(written, scope, problems)
        if value is None and labels is not None and isinstance(written, ast.Reference):
            labels.append(UNKNOWN)
            structural = True
        elif value is None:
            positional.append(UnknownValue(written.span))
        elif isinstance(value, WordValue):
            words.append(value)
        elif isinstance(value, LabelValue) and labels is not None:
            labels.append(context.labelled(value.name, value.span))
        elif isinstance(value, LabelValue):
            from ..problems.flow import LabelAsInput

            context.report(LabelAsInput(at=value.span, word=cls.word, name=value.name))
            failed = structural = True
        else:
            positional.append(value)
    keywords = [
        (
            WordValue(keyword.key.text, keyword.key.span),
            evaluate(keyword.value, scope, problems) or UnknownValue(keyword.value.span),
        )
        for keyword in arguments.keywords
    ]
    if failed or _has_late_value(context, arguments):
        positional.append(UnknownValue(arguments.head))  # Which may be what is missing otherwise.
    place = scope.place(arguments.head)
    given = Arguments(tuple(positional), tuple(keywords), scope.defines)
    bound = bind(cls, given, place, problems)
    if not structural:
        context.count_local(errors)
    return bound


def place_unknown(context: Expansion, call: ast.Call, nearest: str | None, flow: Tensor) -> str:
    """Adds the layer that represents an unknown word, which may be near a known one."""
    is_layer = nearest is not None and context.kind_of(nearest) == "layer"
    layer = _stand_in(context.layer(nearest)) if is_layer and nearest else Missing()
    name = context.scope.names.number(layer.word, call.span)
    place = context.scope.place(call.name.span)
    context.target.network.drafts.append(Draft(name, layer, (flow,), place, {}))
    return name


def _stand_in(cls: type[Layer]) -> Missing:
    """The layer that represents a wrong call."""
    return MissingKeeper() if cls.keeps_shape else Missing()


def place_layer(
    context: Expansion,
    cls: type[Layer],
    arguments: Sorted,
    bound: Bound[Layer] | None,
    inputs: tuple[Tensor, ...],
) -> str:
    """Adds a layer to the network under its name."""
    place = context.scope.place(arguments.head)
    if bound is None or bound.options.name is None:
        name = context.scope.names.number(cls.word, place)
    else:
        name = context.choose_name(bound.options.name, place, bound.spans["name"])
    layer = _stand_in(cls) if bound is None else bound.options
    options = {} if bound is None else bound.spans
    context.target.network.drafts.append(Draft(name, layer, inputs, place, options))
    return name
