"""What an engine knows between two steps, and needs to go on to the bit: parameters, the state of
the optimizer, its counters, and how far each random stream has come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...compiler.lower.isa import ROWS
from ...compiler.lower.plan import Plan
from ..array_types import Array

Positions = NDArray[np.uint64]
"""How far random streams have come, (streams, 7): whether the stream has been used, the four words
of SFC64, and the half of a word that a 32-bit draw has left over, with its mark."""

WIDTH = 7


class EngineStateError(ValueError):
    """A state is that of another network, optimizer, or division into shards."""


@dataclass(frozen=True, slots=True, eq=False)
class EngineState:
    """Everything that a step changes."""

    parameters: dict[str, Array]
    """By `node.parameter`, running statistics among them."""
    optimizer: Array
    """The bytes of its moments, laid out like the parameters."""
    cells: Array
    """The bytes of its counters."""
    streams: Positions
    """(shards, streams, 7)."""


def stream_names(plan: Plan) -> tuple[str, ...]:
    """The random streams of a network, in the order of its first training step."""
    names: dict[str, None] = {}
    for program in ("train", "gradients"):
        for step in plan.programs.get(program, ()):
            if ROWS[step.row].random:
                names[str(dict(step.attributes)["stream"])] = None
    return tuple(names)


def position_of(generator: np.random.Generator | None) -> Positions:
    """How far a stream has come, (7,); zeros for one that was never used."""
    position = np.zeros(WIDTH, np.uint64)
    if generator is not None:
        state = generator.bit_generator.state
        position[0] = 1
        position[1:5] = state["state"]["state"]
        position[5:] = state["has_uint32"], state["uinteger"]
    return position


def move_to(generator: np.random.Generator, position: Positions) -> None:
    """Makes a stream go on where it was; one that was never used stays at its beginning."""
    if position[0]:
        generator.bit_generator.state = {
            "bit_generator": "SFC64",
            "state": {"state": position[1:5].copy()},
            "has_uint32": int(position[5]),
            "uinteger": int(position[6]),
        }


def put(here: Array, there: Array, what: str) -> None:
    """Copies a part of a state. Raises EngineStateError."""
    if here.shape != there.shape or here.dtype != there.dtype:
        raise EngineStateError(
            f"{what}: {there.dtype}{there.shape} is not {here.dtype}{here.shape}"
        )
    np.copyto(here, there)
