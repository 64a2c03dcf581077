"""The data that a spec names, as training and measuring need it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from ....grammar.problem import Problems
from ...array_types import float_type
from ...data.dataset import Dataset
from ...data.load import Fold, LoadOptions, load, load_folds
from ...events import Reporter
from ..objectives.objectives import data_request, wants_classes
from ..spec import Spec
from ..trained_state import TrainedState, class_names


def load_data(
    spec: Spec,
    *,
    root: Path,
    problems: Problems,
    reporter: Reporter,
    prepare: Literal["at once", "later", "not"] = "at once",
    state: TrainedState | None = None,
    undivided: bool = False,
    keep_unprepared: bool = False,
) -> Dataset | None:
    """The data set that a spec names; None after a problem.

    With `prepare="not"`, the samples stay as they were read; of `later`, see `RawDataset`. `state`
    is what an earlier run left: it names the columns to look for in a table. With `kfold`, the
    parts are those of the first fold.
    `undivided` and `keep_unprepared`: see `LoadOptions`.
    """
    model = spec.model
    assert model.data is not None
    options = replace(
        load_options(spec, root, state),
        undivided=undivided,
        keep_unprepared=keep_unprepared or model.augment is not None,
        later=prepare == "later",
    )
    preps = None if prepare == "not" else model.preps
    if model.kfold is not None and not undivided:
        folds = load_folds(
            model.data,
            preps,
            options,
            model.kfold.folds,
            spans=spec.spans,
            problems=problems,
            reporter=reporter,
        )
        return None if folds is None else folds[0](problems)
    return load(model.data, preps, options, spans=spec.spans, problems=problems, reporter=reporter)


def load_spec_folds(
    spec: Spec, *, root: Path, problems: Problems, reporter: Reporter
) -> tuple[Fold, ...] | None:
    """The data set that a spec with `kfold` names, in each fold, also unprepared; None after a
    problem."""
    model = spec.model
    assert model.data is not None
    assert model.kfold is not None
    return load_folds(
        model.data,
        model.preps,
        replace(load_options(spec, root), keep_unprepared=True),
        model.kfold.folds,
        spans=spec.spans,
        problems=problems,
        reporter=reporter,
    )


def load_options(spec: Spec, root: Path, state: TrainedState | None = None) -> LoadOptions:
    """How the data of a spec is read."""
    model = spec.model
    request = data_request(model)
    if state is not None:
        request = replace(
            request,
            columns=state.columns,
            target_columns=state.target_columns,
            categories=state.categories,
            classes=class_names(state.classes),
        )
    return LoadOptions(
        root,
        model.train.seed,
        wants_classes(model.losses),
        request,
        float_type(model),
        model.train.shuffle,
    )
