"""A network as the file of another tool has it, in the words of netc.

Readers of formats make it, and the writer of specs reads it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..data.preparations import Prep
from ..language.options import Options
from ..layers.layer import Layer
from ..losses.loss import Loss
from ..optimizers.optimizer import Optimizer
from ..shapes import Shape


@dataclass(frozen=True, slots=True)
class ImportedInput:
    """What flows into the network from outside."""

    name: str
    """As the file has it, which may be no name of the language."""
    shape: Shape
    """Of one sample in netc's order, channels last; None where the size is free."""


@dataclass(frozen=True, slots=True)
class ImportedStep:
    """One layer of netc, made of one operation of the file or of several."""

    name: str
    """As the file has it, and unlike every other."""
    layer: Layer
    """The word with its options, without `name`, `share` and what else refers to names."""
    inputs: tuple[str, ...]
    """The names of the inputs and of the earlier steps that it reads, in the order of a merge."""
    shares: str | None = None
    """The step whose parameters it uses."""


@dataclass(frozen=True, slots=True)
class ImportedLoss:
    """A loss that the file names, and the output that it is of."""

    output: str
    """A step, or an input."""
    loss: Loss
    """Without `on` and `target`."""


@dataclass(frozen=True, slots=True)
class ImportedNetwork:
    """A network that a file holds."""

    inputs: tuple[ImportedInput, ...]
    steps: tuple[ImportedStep, ...]
    """Every step after those that it reads."""
    outputs: tuple[str, ...]
    """The steps that the file gives out, in its order."""
    preps: tuple[Prep, ...] = ()
    losses: tuple[ImportedLoss, ...] = ()
    optimizer: Optimizer | None = None
    metrics: tuple[Options, ...] = ()
