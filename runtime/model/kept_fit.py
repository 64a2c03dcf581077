"""How a `fit` is kept in a folder, or goes on from one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ...compiler.diagnostics import DataError, raise_for
from ...grammar.problem import Problems
from ...grammar.source import Source
from ..array_types import Array
from ..runs.earlier import Earlier, find_recorded, read_earlier
from ..runs.fit_run import FitRun
from ..runs.folder import folder_name, runs_folder
from ..runs.opening import KeepOptions, Origin, cannot_keep
from ..training.fitting import root_of
from ..training.spec import Spec
from .arguments import as_path

Folder = str | os.PathLike[str]


def earlier_run(place: Folder, epochs: int | None) -> Earlier:
    """The run that goes on, up to so many epochs. Raises `DataError`."""
    problems = Problems()
    found = find_recorded(str(as_path("resume", place)), runs_folder(), problems)
    raise_for(DataError, problems)
    assert found is not None  # a run that is not found is a problem
    earlier = read_earlier(*found, epochs, problems, program=True)
    raise_for(DataError, problems)
    assert earlier is not None
    return earlier


def train_options(given: Mapping[str, Any], earlier: Earlier | None) -> dict[str, Any]:
    """What takes the place of options of `train`: of a run that goes on, also what it began
    with."""
    asked = {name: value for name, value in given.items() if value is not None}
    if earlier is None:
        return asked
    record = earlier.record
    planned = {"epochs": record.planned_epochs} if record.planned_epochs else {}
    return {**record.spec.train, **planned, **asked}


def fit_run(
    spec: Spec,
    sources: Sequence[Source],
    *,
    has_arrays: bool,
    earlier: Earlier | None,
    options: KeepOptions | None,
    start: Mapping[str, Array] | None,
) -> FitRun | None:
    """How a training is kept; None where it is not. Raises `DataError` for a folder that cannot
    be."""
    if earlier is None and options is None:
        return None
    if options is not None:
        problem = cannot_keep(options)
        raise_for(DataError, Problems([] if problem is None else [problem]))
    origin = Origin(spec, sources, root_of(spec))
    return FitRun(origin, has_arrays, options, earlier, start)


def keep_options(
    folder: Folder, source: Source, lets: Mapping[str, str], train: Mapping[str, Any]
) -> KeepOptions:
    """Where a program keeps a run."""
    path = as_path("keep", folder)
    # numbers of NumPy's are no JSON
    noted = {name: value if isinstance(value, str) else int(value) for name, value in train.items()}
    title = os.path.basename(source.path) if source.path is not None else path.name
    name = folder_name(title)
    return KeepOptions(path.parent, name, path, (), dict(lets), noted, program=True)
