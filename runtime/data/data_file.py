"""A file of a user's data, as the loaders get it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...compiler.problems.data import DataFileDamaged, DataFileMissing
from ...compiler.spans import Place
from ...grammar.problem import Problem, Problems
from ..array_types import FLOAT


@dataclass(frozen=True, slots=True, eq=False)
class DataFile:
    """Where the file is, what the author called it, and where the spec names it."""

    path: Path
    shown: str
    place: Place
    problems: Problems
    dtype: np.dtype[Any] = FLOAT
    """What the network computes with, which must be able to hold every number."""

    def report(self, cls: type[Problem], **facts: Any) -> None:
        """Adds a problem at the place of the file."""
        self.problems.add(cls(at=self.place, **facts))

    def report_damage(self, reason: str, shown: str = "") -> None:
        """The file, or the one called `shown` beside it, cannot be used."""
        self.report(DataFileDamaged, path=shown or self.shown, reason=reason)

    def report_missing(self, shown: str = "") -> None:
        """There is no such file."""
        self.report(DataFileMissing, path=shown or self.shown)
