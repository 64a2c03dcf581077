"""The base of data sources that packages and programs bring."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .source import Data


class ArraySource(Data):
    """Samples as arrays, which are named as in an archive of `data npz`.

    A subclass has a `word`, a `summary`, options as fields, and `arrays`. What is known before
    anything is loaded are class attributes, by which `netc check` compares the network with the
    data: `sample`, the shape of a sample; `compares`, "classes" or "numbers"; `classes`, their
    number; `train_samples` and `test_samples`.
    """

    def arrays(self, folder: Path) -> Mapping[str, Any]:
        """The arrays by name: `x` and `y`, (N, ...), or those of the inputs and of the labels of
        losses; `x_test` and `y_test` where there is a test part; `sample_weight`; `classes`, the
        names of the classes of `y`. Paths in options are relative to `folder`. Imports what it
        needs only here. Raises OSError or ValueError for data that cannot be had, which becomes an
        error of the spec."""
        raise NotImplementedError(self.word)
