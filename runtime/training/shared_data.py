"""The data of several runs of one spec, which is read once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...grammar.problem import Problems
from ..data.dataset import Dataset
from ..data.load import Fold, load_folds
from ..events import Reporter
from .spec import Spec
from .spec_data import load_data, load_options

Loaded = Dataset | tuple[Fold, ...]
"""The parts, or with `kfold` those of each fold."""


@dataclass(slots=True)
class SharedData:
    """Keeps what was read last, and reads again only for a spec that reads or prepares it in
    another way."""

    root: Path
    """The folder that paths of data are relative to."""
    reporter: Reporter
    _key: Any = None
    _found: Loaded | None = None

    def load(self, spec: Spec, problems: Problems) -> Loaded | None:
        """The data that a spec names; None after a problem."""
        model, options = spec.model, load_options(spec, self.root)
        key = (model.data, model.preps, model.kfold, model.augment, options)
        if self._found is None or self._key != key:
            self._found = None  # what is not needed any more makes room
            self._key, self._found = key, self._read(spec, problems)
        return self._found

    def _read(self, spec: Spec, problems: Problems) -> Loaded | None:
        model = spec.model
        if model.kfold is None:
            return load_data(
                spec,
                root=self.root,
                problems=problems,
                reporter=self.reporter,
                keep_unprepared=True,
            )
        assert model.data is not None
        return load_folds(
            model.data,
            model.preps,
            replace(load_options(spec, self.root), keep_unprepared=True),
            model.kfold.folds,
            spans=spec.spans,
            problems=problems,
            reporter=self.reporter,
        )
