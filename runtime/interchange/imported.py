"""What is read of a file of another tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...compiler.importing.network import ImportedNetwork
from ..array_types import Array
from ..data.fitted_prep import FittedPrep


@dataclass(frozen=True, slots=True)
class ReadNetwork:
    """A network with its weights, in the words of netc."""

    network: ImportedNetwork
    weights: Mapping[str, Mapping[str, Array]] | None
    """By step and parameter, in netc's own layout; of steps that share another's, none. None
    where the file has no weights at all."""
    remarks: tuple[str, ...] = ()
    """What is said at the head of the spec."""
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The names of the classes of an output, in the order of its numbers."""
    preparations: Mapping[str, tuple[FittedPrep, ...]] = field(default_factory=dict)
    """What is done to the samples of an input before they flow in."""
