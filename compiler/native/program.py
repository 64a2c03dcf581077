"""What a lowering to C gives: the texts, and which functions run a program in which order."""

from __future__ import annotations

from dataclasses import dataclass

from ..lower.plan import Step

REGIONS = (
    "arena", "parameters", "gradients", "kept", "state", "cells", "constants", "prepared",
)  # fmt: skip
"""The regions whose addresses every function gets, in this order. Feeds have an address each."""
WORKSPACE = "workspace"
"""The memory in which a function works."""
EXCHANGE = "exchange"
"""What the shards of a batch leave for each other: a row of numbers for each."""
CLOCKS = "clocks"
"""Seconds that each part of a timed program took, in double precision."""
SHARD_GRADIENTS = "shard gradients"
"""The address of a list of the gradient vectors of all shards."""


@dataclass(frozen=True, slots=True)
class NativeUnit:
    """A stretch of instructions that is one C function,
    `void NAME(char **at, int64_t part, int64_t parts)`. `at` has the addresses of
    `NativePlan.pointers`; a program of a shard runs for part 0, 1, ... of the batch, and `update`
    for each worker's part of the flat vectors."""

    function: str
    steps: tuple[Step, ...]
    divided: bool = False
    """Whether it is called for each part of the work of an instruction, each with a workspace of
    its own."""


@dataclass(frozen=True, slots=True)
class KernelUnit:
    """Instructions without a template, which run as NumPy kernels."""

    steps: tuple[Step, ...]


ProgramUnit = NativeUnit | KernelUnit
Phase = tuple[ProgramUnit, ...]


@dataclass(frozen=True, slots=True)
class NativePlan:
    """A plan as C text."""

    sources: tuple[str, ...]
    """Translation units, to be linked to one library."""
    pointers: tuple[str, ...]
    """What the addresses are that every function gets: regions, `feed:NAME`, `output:NAME`,
    `stream:NAME`, and what the constants of this module name."""
    programs: dict[str, tuple[Phase, ...]]
    """By program, cut where all shards of the batch meet."""
    workspace_bytes: int
    exchanged: int
    """Numbers that a shard leaves for the others in a step."""
    functions: int = 0
    """In C, besides those of the programs."""
    loops: tuple[tuple[str, ...], ...] = ()
    """The rows of instructions that share a loop over their elements, loop by loop."""
    clocks: tuple[tuple[Step, ...], ...] = ()
    """Of a timed plan, the instructions of every clock."""

    def kernel_rows(self) -> dict[str, int]:
        """How many instructions still run as NumPy kernels, by row."""
        found: dict[str, int] = {}
        for phases in self.programs.values():
            for unit in (unit for phase in phases for unit in phase):
                if isinstance(unit, KernelUnit):
                    for step in unit.steps:
                        found[step.row] = found.get(step.row, 0) + 1
        return found
