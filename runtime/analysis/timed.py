"""One instruction of a training step, as a profile shows it."""

from __future__ import annotations

from dataclasses import dataclass

from ...compiler.work import Work


@dataclass(frozen=True, slots=True)
class Timed:
    """One instruction of the step."""

    at: int
    """Its number in the listing of the plan."""
    row: str
    layer: str
    calls: int
    """How many NumPy-level calls it is bound to: more than one for slices of a loop. In C one."""
    seconds: float
    work: Work
    floor: float
    """The least seconds for its work on this machine."""
    compiled: bool = False
    """Whether it is in C, maybe in one loop with others that follow it."""
