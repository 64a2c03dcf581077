"""What a loaded data set is: arrays in parts, and the facts that a run prints and checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .preparation import Step

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """One part of a set: `x` of shape (N, ...) float32; `y` of shape (N,) int64 with class
    indices, or (N, T) float32 with measured targets."""

    x: Floats
    y: Labels | Floats

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: slice | NDArray[np.int64]) -> Split:
        """Some of its samples."""
        return Split(self.x[rows], self.y[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """A set before it is divided: everything, and the published test part if it has one."""

    samples: Split
    test: Split | None = None
    classes: tuple[str, ...] | None = None
    """The names of the classes in index order; None for measured targets."""
    mixed: bool = False
    """True when the published order is already random, so that a part may be cut off its end."""
    hashes: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A set that is ready to train on."""

    name: str
    train: Split
    validation: Split | None
    test: Split | None
    sample_shape: tuple[int, ...]
    classes: int | None
    """How many classes; None when the targets are measured numbers."""
    class_names: tuple[str, ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)
    """File name to the SHA-256 of its (decompressed) content."""
    note: str = ""
    """What a reader should know: "not the published files"."""
    raw_shape: tuple[int, ...] = ()
    """Of a sample before it was prepared."""
    steps: tuple[Step, ...] = ()
    """The preparations as fitted on the training part, in order."""
