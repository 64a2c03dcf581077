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
from .network import CheckedNetwork
from .outputs import Head
from .samples import has_validation

if TYPE_CHECKING:
    from ...training.metrics import Metric

SEVERAL = 3
"""Classes for which no metric is special: more than two, and at most five."""


class Mention(NamedTuple):
    """A place where a spec names a measured quantity."""

    quantity: str
    place: Place


def check_metrics(network: CheckedNetwork, heads: tuple[Head, ...], problems: Problems) -> None:
    """Every metric says something about at least one output."""
    if not heads or len(heads) < len(network.model.losses):
        return
    for cls, place in _wanted(network):
        reasons = [_unfit(network, cls, head) for head in heads]
        if all(reasons):
            from ...problems.expectations import MetricDoesNotFit

            reason, instead = next(item for item in reasons if item)
            problems.add(
                MetricDoesNotFit(at=place, metric=cls.word, reason=reason, instead=instead)
            )


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


def _unfit(
    network: CheckedNetwork, cls: type[Metric], head: Head
) -> tuple[str, tuple[str, ...]] | None:
    """Why a metric says nothing about an output, and what would; None when it fits."""
    from ...training.metrics import fitting

    data = network.model.data
    compares = None if data is None else data.facts().compares
    whose = "the data" if data is None else f"`{data.word}`"
    loss = head.loss
    if loss.target is not None and not loss.of_distribution:
        compares, whose = "numbers", f"`loss {loss.word} target=@{loss.target}`"
    elif not loss.learns_numbers():
        if compares is None and _may_be_labels(head):
            return None
        compares, whose = "classes", f"`loss {loss.word}`"
    if cls.needs_labels:
        return "there are no several labels per sample", fitting(SEVERAL)
    if compares is not None and cls.compares != compares:
        return f"the targets of {whose} are {compares}", fitting(
            SEVERAL if compares == "classes" else None
        )
    if cls.compares == "numbers" or head.shape is None or head.shape[-1] is None:
        return None
    classes = max(2, head.shape[-1])
    if classes < cls.least_classes:
        return f"with {classes} classes it is always 1", fitting(SEVERAL)
    return None


def _may_be_labels(head: Head) -> bool:
    """Whether only the data says if a sample has several labels, one class, or numbers."""
    several = head.shape is None or len(head.shape) > 1 or head.shape[-1] != 1
    return several and head.loss.of_bits()


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
    return tuple(
        name
        for name in names
        if (cls := metric(name)) is None or not all(_unfit(network, cls, head) for head in heads)
    )


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
    """What waits for the validation part has one."""
    if has_validation(network):
        return
    path = "data.split" if network.written("data.split") else "data.val"
    for mention in mentions(network):
        known = measure(mention.quantity)
        if known is not None and known.part == "val":
            from ...problems.training import NoValidationPart

            problems.add(
                NoValidationPart(
                    at=mention.place, quantity=mention.quantity, data=network.place(path)
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
