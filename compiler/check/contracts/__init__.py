"""What must fit together across statements: loss, last activation, data, metrics, expectations."""

from __future__ import annotations

from ....grammar.problem import Problems
from ...graph import Graph
from ...ir import Model
from ...spans import Spans
from .adversarial import check_adversarial
from .exact import check_exact
from .measures import (
    check_expectations,
    check_metrics,
    check_tuning,
    check_watched,
)
from .network import CheckedNetwork, Head, read_network
from .outputs import (
    check_activation,
    check_gradients,
    check_softmax,
    check_target,
    check_target_preps,
    read_heads,
)
from .precision import check_precision
from .samples import check_parts, check_samples, check_tokens
from .units import check_units
from .weighting import check_ignored, check_weights


def check_contracts(
    model: Model, graph: Graph, spans: Spans, problems: Problems, *, complete: bool = True
) -> None:
    """Reports what does not fit together in a model of which every statement is there.

    `complete` is False when layers are missing from it.
    """
    check_network(read_network(model, graph, spans, complete=complete), problems)


def check_network(network: CheckedNetwork, problems: Problems) -> None:
    """Reports what does not fit together.

    Works on what is there. Where a shape, a layer or a statement is missing because it was wrong,
    what would follow from it is not looked at.
    """
    check_parts(network, problems)
    check_tokens(network, problems)
    check_precision(network, problems)
    if network.failed.isdisjoint(("data", "prep")):
        check_samples(network, problems)
    if network.failed.isdisjoint(("data", "kfold")):
        check_watched(network, problems)
    check_tuning(network, problems)
    heads = read_heads(network, problems) if network.complete else ()
    check_expectations(network, heads, problems)
    if network.complete:
        _check_heads(network, heads, problems)
        if network.failed.isdisjoint(("data", "prep")):
            check_target_preps(network, problems)
        if "loss" not in network.failed:
            check_units(network, problems)
            check_metrics(network, heads, problems)
            check_exact(network, heads, problems)
            if "prep" not in network.failed:
                check_adversarial(network, problems)


def _check_heads(network: CheckedNetwork, heads: tuple[Head, ...], problems: Problems) -> None:
    constant = check_softmax(network, problems)
    for head in heads:
        if head.node not in constant and check_activation(network, head, problems):
            check_target(network, head, problems)
            check_weights(network, head, problems)
    check_ignored(heads, problems)
    check_gradients(network, heads, problems)
