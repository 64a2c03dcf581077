"""What a plan is made for, and what a caller may decide about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from .network import Network
from .program import Algorithm, Program

Purpose = Literal["evaluate", "sample", "differentiate", "gradients", "step", "train"]
"""What a plan is for: forward passes; those with the noise of training, as dropout has; gradients
in evaluation mode; gradients as training computes them; training steps; or training steps and the
evaluations between them."""

LEAST_INNERMOST = 16
"""Samples that make a run worth the transposition at the edges of a batch-innermost region."""

LOOP_STEP = 32_768
"""Elements of the flat vectors an optimizer handles before it goes on: five such slices of
float32 fit in the 2 MiB second-level cache of a core."""

Inspect = Callable[[str, Network | Program], None]
"""What is called with the name of each pass that has run, and with what it made."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a caller may decide about a plan, none of which changes what it computes."""

    without: frozenset[str] = frozenset()
    """The names of passes that do not run."""
    least_innermost: int = LEAST_INNERMOST
    """The smallest batch for which regions of few channels are laid out batch-innermost."""
    inspect: Inspect | None = None
    """`verify` in tests and in `show --plan --verify`; it runs after each pass."""
    loop_step: int = LOOP_STEP
    algorithms: Mapping[str, Algorithm] = field(default_factory=dict)
    """How the convolutions of training are computed where it was measured, by node."""
    native: bool = False
    """The plan is for the native engine: it has instructions that only pay there, and no scratch
    memory in its arena. NumPy runs it too."""


@dataclass(frozen=True, slots=True)
class Context:
    """What passes and emitters know of the plan that they work for."""

    purpose: Purpose
    batch: int
    """Samples in the arrays of its programs."""
    total_batch: int | None
    """Samples of the batch of which these are a shard; None: these are all."""
    precision: str
    exact: bool
    """True forbids algorithms that round differently from the direct sum."""
    low_memory: bool
    choices: Choices
