"""Metrics, expectations, and what `stop`, `plateau` and `tune` watch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ....grammar.problem import Problems
from ....grammar.tokens import ENOUGH
from ...graph import GraphNode
from ...ir import Expectation
from ...spans import Place
from ...training.monitors import COMPARE, STATIC, Measure, expectable, measure, measured, metric
from .network import CheckedNetwork, Head
from .readings import Reading, facts_of, readings_of
from .samples import missing_parts

if TYPE_CHECKING:
    from ...training.metrics import Metric


class Mention(NamedTuple):
    """A place where a spec names a measured quantity."""

    quantity: str
    place: Place


def check_metrics(network: CheckedNetwork, heads: tuple[Head, ...], problems: Problems) -> None:
    """Every metric says something about at least one output."""
    if not heads or len(heads) < len(network.model.losses):
        return
    readings = [(head, readings_of(network, head)) for head in _measured(heads)]
    if any(head.loss.target is None and not found for head, found in readings):
        return  # reported
    possible = _possible([found for _, found in readings])
    for cls, place in _wanted(network):
        if cls.word in possible:
            continue
        from ...problems.expectations import MetricDoesNotFit

        head, found = next((item for item in readings if item[1]), readings[0])
        reason = _reason(network, cls, head, found)
        instead = tuple(word for word in found[0].metrics()) if found else ()
        problems.add(MetricDoesNotFit(at=place, metric=cls.word, reason=reason, instead=instead))


def _measured(heads: tuple[Head, ...]) -> tuple[Head, ...]:
    """The first loss of each output, which decides what is measured there."""
    first: dict[str, Head] = {}
    for head in heads:
        first.setdefault(head.node, head)
    return tuple(first.values())


def _wanted(network: CheckedNetwork) -> list[tuple[type[Metric], Place]]:
    """Every metric that the spec names, in `metric` or elsewhere."""
    wanted: list[tuple[type[Metric], Place]] = [
        (type(item), network.place(f"metrics.{index}"))
        for index, item in enumerate(network.model.metrics)
    ]
    for mention in mentions(network):
        known = measure(mention.quantity)
        cls = None if known is None or known.name in (*STATIC, "loss") else metric(known.name)
        if cls is not None:
            wanted.append((cls, mention.place))
    return wanted


def _reason(
    network: CheckedNetwork, cls: type[Metric], head: Head, found: tuple[Reading, ...]
) -> str:
    """Why a metric says nothing about an output."""
    if not found:
        return f"`@{head.loss.target}` is part of the network, not of the data"
    data, compares = network.model.data, found[0].compares
    known = facts_of(network, head.loss).compares is not None
    if cls.compares == "numbers" or compares == "numbers":
        loss = f"`loss {head.loss.word}`"
        whose = f"`{data.word}`" if data is not None and known else loss
        if head.loss.target is not None:
            whose = f"`loss {head.loss.word} target=@{head.loss.target}`"
        return f"the targets of {whose} are {compares}"
    if cls.needs_labels:
        return "a sample has one class, not several labels"
    if compares == "labels":
        return "a sample has several labels, not one class"
    return f"with {found[0].classes} classes it is always 1"


def mentions(network: CheckedNetwork) -> Iterator[Mention]:
    """Where the spec names a quantity, statement by statement."""
    for index, expectation in enumerate(network.model.expectations):
        yield Mention(expectation.quantity, network.place(f"expectations.{index}"))
    for index, stop in enumerate(network.model.stops):
        watch = stop.watch()
        if watch is not None:
            yield Mention(watch.quantity, network.place(f"stops.{index}.{watch.option}"))
    watch = None if network.model.schedule is None else network.model.schedule.watch()
    if watch is not None:
        yield Mention(watch.quantity, network.place(f"schedule.{watch.option}"))


def check_expectations(
    network: CheckedNetwork, heads: tuple[Head, ...], problems: Problems
) -> None:
    """Every expectation names a quantity, has a bound in its range, and holds where static."""
    for index, expectation in enumerate(network.model.expectations):
        place = network.place(f"expectations.{index}")
        known = measure(expectation.quantity)
        if known is None:
            name = network.place(f"expectations.{index}.quantity")
            _report_unknown(expectation.quantity, name, _fitting(network, heads), problems)
        elif not _out_of_reach(known, expectation.quantity, expectation.bound, place, problems):
            _check_static(network, expectation, place, problems)
    for index, stop in enumerate(network.model.stops):
        watch = stop.watch()
        if watch is not None and watch.bound is not None:
            known = measure(watch.quantity)
            place = network.place(f"stops.{index}.bound")
            if known is not None:
                _out_of_reach(known, watch.quantity, watch.bound, place, problems)


def _fitting(network: CheckedNetwork, heads: tuple[Head, ...]) -> tuple[str, ...]:
    """The loss and the metrics that say something about an output, as far as these are known."""
    names = measured()
    if not heads or len(heads) < len(network.model.losses):
        return names
    possible = _possible([readings_of(network, head) for head in _measured(heads)])
    return tuple(name for name in names if name == "loss" or name in possible)


def _possible(readings: list[tuple[Reading, ...]]) -> set[str]:
    """The metrics that apply to at least one output."""
    return {word for found in readings for one in found for word in one.metrics()}


def _report_unknown(name: str, place: Place, known: tuple[str, ...], problems: Problems) -> None:
    if len(problems) >= ENOUGH:
        return
    from ...problems.expectations import UnknownQuantity
    from ...suggest.foreign import translate_quantity
    from ...suggest.spelling import closest

    possible = expectable(known)
    foreign = translate_quantity(name, possible)
    problems.add(
        UnknownQuantity(
            at=place,
            name=name,
            nearest=foreign.here if foreign else closest(name, possible),
            known=(*STATIC, *known),
            note=foreign.note if foreign else "",
        )
    )


def _out_of_reach(
    known: Measure, quantity: str, bound: float, place: Place, problems: Problems
) -> bool:
    least, most = known.bounds
    if (least is None or bound >= least) and (most is None or bound <= most):
        return False
    from ...problems.expectations import ImpossibleBound

    problems.add(ImpossibleBound(at=place, quantity=quantity, bound=bound, least=least, most=most))
    return True


def _check_static(
    network: CheckedNetwork, expectation: Expectation, place: Place, problems: Problems
) -> None:
    if expectation.quantity not in STATIC or not network.is_complete():
        return
    shares = [(made, _amount(made, expectation.quantity)) for made in network.graph.nodes]
    if any(amount is None for _, amount in shares):
        return
    known = [(made, amount) for made, amount in shares if amount]
    actual = sum(amount for _, amount in known)
    if COMPARE[expectation.operator](actual, expectation.bound):
        return
    from ...problems.expectations import ExpectationBroken

    known.sort(key=lambda share: -share[1])
    problems.add(
        ExpectationBroken(
            at=place,
            quantity=expectation.quantity,
            operator=expectation.operator,
            bound=expectation.bound,
            actual=actual,
            largest=tuple((made.layer.heading(), amount) for made, amount in known[:3]),
        )
    )


def _amount(node: GraphNode, quantity: str) -> int | None:
    """How many parameters or multiply-adds a layer has; None while a size is free."""
    return node.multiply_adds if quantity == "macs" else node.parameter_count()


def check_watched(network: CheckedNetwork, problems: Problems) -> None:
    """What is measured on the validation or test part has one."""
    missing = missing_parts(network)
    path = "data.split" if network.written("data.split") else "data.val"
    in_folds = network.model.kfold is not None
    for mention in mentions(network) if missing else ():
        known = measure(mention.quantity)
        if known is not None and known.part in missing:
            from ...problems.training import PartNotHeldOut

            problems.add(
                PartNotHeldOut(
                    at=mention.place,
                    quantity=mention.quantity,
                    part="validation" if known.part == "val" else "test",
                    data=network.place("kfold" if in_folds else path),
                    in_folds=in_folds,
                )
            )


def check_tuning(network: CheckedNetwork, problems: Problems) -> None:
    """A grid has values to walk through."""
    tune = network.model.tune
    if tune is None or not tune.tuner.enumerates:
        return
    for index, search in enumerate(tune.searches):
        if search.low is not None:
            from ...problems.training import GridOverRange

            problems.add(
                GridOverRange(at=network.place(f"tune.searches.{index}"), name=search.name)
            )
