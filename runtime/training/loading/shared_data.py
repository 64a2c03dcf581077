"""The data of several runs of one spec, which is read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ....grammar.problem import Problems
from ...data.dataset import Dataset
from ...data.load import Fold
from ...events import Reporter
from ..spec import Spec
from .spec_data import load_data, load_options, load_spec_folds

Loaded = Dataset | tuple[Fold, ...]
"""The parts, or with `kfold` those of each fold."""


@dataclass(slots=True)
class SharedData:
    """Keeps what was read last, and reads again only for a spec that reads or prepares it in
    another way."""

    root: Path
    """The folder that paths of data are relative to."""
    without_test: bool = False
    """Leaves the test part out: what is chosen by several runs must not know it."""
    _key: Any = None
    _found: Loaded | None = None

    def load(self, spec: Spec, problems: Problems, reporter: Reporter) -> Loaded | None:
        """The data that a spec names; None after a problem."""
        model, options = spec.model, load_options(spec, self.root)
        key = (model.data, model.preps, model.kfold, model.augment, options)
        if self._found is None or self._key != key:
            self._found = None  # what is not needed any more makes room
            self._key, self._found = key, self._read(spec, problems, reporter)
        return self._found

    def _read(self, spec: Spec, problems: Problems, reporter: Reporter) -> Loaded | None:
        if spec.model.kfold is None:
            dataset = load_data(
                spec, root=self.root, problems=problems, reporter=reporter, keep_unprepared=True
            )
            return self._chosen(dataset)
        folds = load_spec_folds(spec, root=self.root, problems=problems, reporter=reporter)
        return None if folds is None else tuple(partial(self._chosen_of, fold) for fold in folds)

    def _chosen_of(self, fold: Fold, problems: Problems) -> Dataset | None:
        return self._chosen(fold(problems))

    def _chosen(self, dataset: Dataset | None) -> Dataset | None:
        """The parts that runs may see."""
        return dataset.without_test() if dataset is not None and self.without_test else dataset
