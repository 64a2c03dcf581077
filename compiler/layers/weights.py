"""Small things that every layer with weights says in the same way."""

from __future__ import annotations

from math import prod

from ..language.initializers import Initializer

ZEROS = Initializer("zeros")
ONES = Initializer("constant", 1.0)


def known(size: int | None) -> int:
    """A size of which `infer` has made sure that it is known."""
    assert size is not None, "infer lets no free size through here"
    return size


def parameter_sum(weights: tuple[int, ...], biases: int) -> str:
    """`parameters 5*5*1*6 + 6 = 156`."""
    plus = f" + {biases}" if biases else ""
    factors = "*".join(str(size) for size in weights)
    return f"parameters {factors}{plus} = {prod(weights) + biases:,}"
