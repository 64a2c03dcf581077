"""Numbers that the floating-point type of the network cannot hold."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from ....grammar.problem import Problems
from ...language.compound import AnyOf, ListOf
from ...language.initializers import Initializer, Rules
from ...language.kinds import Kind, Real
from ...language.options import Options, options_of
from .network import CheckedNetwork

LARGEST = 3.4028234663852886e38
"""Of single precision: (2 - 2^-23) 2^127."""
SMALLEST = 2.0**-126
"""The smallest that has all its digits; smaller ones become 0 or lose digits."""


def check_precision(network: CheckedNetwork, problems: Problems) -> None:
    """Reports options that are too large for single precision, or so small that they become 0.

    Data are prepared in double precision; what they come to is looked at when they are read.
    """
    if network.model.train.precision != "f32":
        return
    for path, options in _computed_with(network):
        for name in _numeric(type(options)):
            for number in _numbers(getattr(options, name)):
                if number and not SMALLEST <= abs(number) <= LARGEST:
                    from ...problems.numbers import OptionOutsidePrecision

                    place = network.place(f"{path}.{name}")
                    problems.add(
                        OptionOutsidePrecision(
                            at=place, word=options.word, option=name, number=float(number)
                        )
                    )


def _computed_with(network: CheckedNetwork) -> Iterator[tuple[str, Options]]:
    """The words whose numbers are computed with in the type of the network, by path."""
    model = network.model
    for index, node in enumerate(model.nodes):
        yield f"nodes.{index}", node.layer
    for index, loss in enumerate(model.losses):
        yield f"losses.{index}", loss
    for index, regularizer in enumerate(model.regularizers):
        yield f"regularizers.{index}", regularizer
    alone = {
        "optimizer": model.optimizer,
        "schedule": model.schedule,
        "augment": model.augment,
    }
    yield from ((path, options) for path, options in alone.items() if options is not None)


@cache
def _numeric(cls: type[Options]) -> tuple[str, ...]:
    """The options of a word that may hold numbers that are not whole."""
    return tuple(option.name for option in options_of(cls) if _may_be_real(option.kind))


def _may_be_real(kind: Kind) -> bool:
    match kind:
        case AnyOf():
            return any(map(_may_be_real, kind.kinds))
        case ListOf():
            return _may_be_real(kind.item)
    return isinstance(kind, Real | Rules)


def _numbers(value: object) -> Iterator[float]:
    match value:
        case float():
            yield value
        case Initializer():
            yield from _numbers(value.scale)
        case tuple():
            for item in value:
                yield from _numbers(item)
