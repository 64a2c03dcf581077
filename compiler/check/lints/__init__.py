"""What is allowed but probably not meant: one function for each W code.

That a `let`, a `block` or a label is never used is seen where names are resolved.
"""

from __future__ import annotations

from collections.abc import Callable

from ....grammar.problem import Problems
from ..contracts.network import CheckedNetwork
from .layers import (
    find_batch_of_one,
    find_bias_before_bn,
    find_deep_saturation,
    find_dropout_before_bn,
    find_rectifier_before_softmax,
    find_rectifier_with_xavier,
    find_softmax_twice,
)
from .steps import find_step_problems
from .training import (
    find_large_batch,
    find_output_without_loss,
    find_unusual_rate,
    find_whitened_pictures,
)
from .weights import find_linear_pair, find_zero_weights

LINTS: tuple[Callable[[CheckedNetwork, Problems], None], ...] = (
    find_unusual_rate,
    find_large_batch,
    find_deep_saturation,
    find_rectifier_with_xavier,
    find_rectifier_before_softmax,
    find_softmax_twice,
    find_output_without_loss,
    find_whitened_pictures,
    find_bias_before_bn,
    find_dropout_before_bn,
    find_batch_of_one,
    find_zero_weights,
    find_linear_pair,
    find_step_problems,
)


def lint(network: CheckedNetwork, problems: Problems) -> None:
    """Reports every lint of a network."""
    for find in LINTS:
        find(network, problems)
