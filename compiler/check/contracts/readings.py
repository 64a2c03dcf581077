"""In which ways an output can be compared with the targets, as far as a spec says it.

`target_encoding.py` of the runtime decides between them when it sees the targets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from ...shapes import elements, may_be_equal
from .network import CheckedNetwork, Head

if TYPE_CHECKING:
    from ...data.source import Facts
    from ...losses.loss import Loss

MANY = 1000
"""Classes or labels of which the number is not known: enough for every metric."""


class Reading(NamedTuple):
    """What the targets of an output may be."""

    compares: Literal["classes", "labels", "numbers"]
    classes: int | None = None
    """How many classes or labels; None for numbers."""

    def metrics(self) -> tuple[str, ...]:
        """The metrics that apply."""
        from ...training.metrics import fitting

        return fitting(self.classes, several=self.compares == "labels")


def facts_of(network: CheckedNetwork, loss: Loss) -> Facts:
    """What the spec says of the targets that a loss compares with."""
    data = network.model.data
    if data is None:
        from ...data.source import NOTHING

        return NOTHING
    losses = [other for other in network.model.losses if other.target is None]
    facts: Facts = data.facts_for(loss, {other.on or "" for other in losses})
    return facts


def readings_of(network: CheckedNetwork, head: Head) -> tuple[Reading, ...]:
    """The ways in which a run may read the targets; none where they cannot fit the output."""
    loss = head.loss
    if loss.target is not None:
        return (Reading("numbers"),) if _is_input(network, loss.target) else ()
    facts = facts_of(network, loss)
    found = []
    units = None if head.shape is None else head.shape[-1]
    one_class = loss.needs_one_class(units)
    if _may_be_classes(network, head, facts):
        found.append(Reading("classes", MANY if units is None else max(2, units)))
    if not one_class and facts.compares != "classes" and _is_value_for_each_output(head, facts):
        # numbers that are known before they are loaded are measured ones, not from 0 to 1
        bits = loss.of_bits() and facts.compares is None
        if bits and units != 1:
            found.append(Reading("labels", units or MANY))
        if bits or loss.learns_numbers():
            found.append(Reading("numbers"))
    return tuple(found)


def _is_input(network: CheckedNetwork, label: str) -> bool:
    """Whether a label is on an input, or on another view of it."""
    name = network.model.labels.get(label, "")
    while name in network.nodes and network.layer(name).is_view and network.nodes[name].inputs:
        name = network.nodes[name].inputs[0]
    return name in network.nodes and not network.nodes[name].inputs


def _may_be_classes(network: CheckedNetwork, head: Head, facts: Facts) -> bool:
    loss, shape, target = head.loss, head.shape, facts.target
    if facts.compares == "numbers":
        return False
    # a loss of numbers reads texts as classes: a column, and no `on=target`
    if loss.learns_numbers() and (target or _prepares(network, facts)):
        return False
    if shape is None:
        return True
    units, positions = shape[-1], shape[:-1]
    if facts.classes is not None and units not in (None, facts.classes):
        return units == 1 and facts.classes == 2 and not loss.of_distribution and not positions
    if target is None or may_be_equal(positions, target):
        return True
    # a label that is ignored is an index
    rows = not loss.of_bits() and loss.ignored() is None
    one_hot = facts.compares is None and rows and units != 1
    return bool(target) and one_hot and _is_value_for_each_output(head, facts)


def _is_value_for_each_output(head: Head, facts: Facts) -> bool:
    if head.shape is None or facts.target is None:
        return True
    outputs, values = elements(head.shape), elements(facts.target)
    return outputs is None or values is None or outputs == values


def _prepares(network: CheckedNetwork, facts: Facts) -> bool:
    """Whether targets are numbers that a `prep` prepares."""
    return bool(network.model.target_preps) and facts.compares is None
