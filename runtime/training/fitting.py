"""Training and measuring on arrays, by the same loop as `netc run`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...compiler.data.source import Data
from ...compiler.ir import Model
from ...compiler.language.frozen import change
from ...compiler.lower.context import Purpose
from ...compiler.problems.data import SplitLeavesNothing
from ...compiler.problems.running import LossMissing, SeveralNetworks
from ...compiler.spans import Place
from ...grammar.problem import Problems
from ...grammar.source import Source, Span
from ..array_types import Array, float_type
from ..data.assemble import assemble, too_large
from ..data.dataset import Dataset, RawDataset, Split
from ..data.fitted_prep import Categories
from ..data.load import parts_agree
from ..data.splits import Chosen, Shares, Splits, choose, divide
from ..data.tables.samples import TrainedColumns
from ..data.user_arrays import ARRAYS, UserArrays, expected_targets
from ..engine.selection import Build, build_single, closing_after, set_weights
from ..events import Reporter, RunReport
from .engine_choice import build_of
from .loading.free_sizes import bind_to_arrays, bind_widths
from .loading.spec_data import load_data
from .loading.trained_columns import trained_columns
from .loop.measurement import Measurement, evaluate
from .objectives.fitted_state import Classes, fitted_state
from .objectives.objectives import data_request
from .prerequisites import report_missing_prerequisites
from .run import Left, train_session
from .session import Session, open_session
from .spec import RunOptions, Spec
from .trained_state import TrainedState

_NOWHERE = Span(Source(f"<{ARRAYS}>", ""), 0, 0)

DEFAULT_SHARE = Data.model_fields["val"].default


@dataclass(frozen=True, slots=True, eq=False)
class FitData:
    """What a program hands to `fit`."""

    x: Any
    """None: the data that the spec names is used."""
    y: Any
    validation: Any
    """A share of the samples, or samples with their targets; None: the spec's share."""
    groups: Any = None
    """What each sample belongs to."""
    sample_weight: Any = None
    """What each sample counts."""

    def beside(self) -> dict[str, Any]:
        """What only says something about samples."""
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name != "x"}


@dataclass(frozen=True, slots=True, eq=False)
class FitResult:
    """What training came to."""

    state: TrainedState
    report: RunReport
    spec: Spec
    """The spec with the widths that the data have decided."""


TrainSession = Callable[[Session, Problems, Reporter, Left], RunReport | None]
"""Trains what is bound to its data: see `train_session`."""


def train_unkept(
    session: Session, problems: Problems, reporter: Reporter, left: Left
) -> RunReport | None:
    return train_session(session, problems, reporter, left=left)


@dataclass(frozen=True, slots=True, eq=False)
class FitOptions:
    """How a program trains."""

    left: Callable[[FitResult], None]
    """Gets what there is of a training that an interrupt or an exception of the reporter ends."""
    start: dict[str, Array] | None = None
    """Weights to go on from."""
    known: TrainedState | None = None
    """The network whose columns, categories and classes the weights belong to."""
    run: RunOptions = field(default_factory=RunOptions)
    train: TrainSession = train_unkept


def fit(
    spec: Spec, data: FitData, options: FitOptions, *, problems: Problems, reporter: Reporter
) -> FitResult | None:
    """Trains on arrays, or on the data that the spec names; None after a problem. Raises
    WorkerError when a worker has died."""
    classes: Classes | None = None
    report_missing_prerequisites(spec, problems, has_data=data.x is not None)
    kfold = spec.model.kfold
    if kfold is not None:
        way = "`Model.cross_validate` trains and measures every fold"
        problems.add(SeveralNetworks(at=spec.place("kfold"), folds=kfold.folds, way=way))
    if problems.has_errors():
        return None
    if data.x is None:
        root = root_of(spec)
        dataset = load_data(
            spec, root=root, problems=problems, reporter=reporter, keep_unprepared=True
        )
    else:
        # nothing is expected of arrays that the spec does not know
        spec = spec.with_model(change(spec.model, expectations=()))
        taken = dataset_of_arrays(spec, data, problems, options.known)
        if taken is None:
            return None
        dataset, classes = taken
    if dataset is None:
        return None
    wide = (bind_widths if data.x is None else bind_to_arrays)(spec, dataset, problems)
    if wide is None:
        return None
    build = build_of(options.run, reporter)
    session = open_session(wide, dataset, problems, options.run, build=build)
    del dataset  # with its samples as they were read
    if session is None:
        return None
    settings = replace(session.settings, rescue=True)
    session = replace(session, settings=settings, classes=classes)
    work = partial(_train, session, wide, options, problems, reporter)
    return closing_after(session.engine, work)


def _train(
    session: Session, spec: Spec, options: FitOptions, problems: Problems, reporter: Reporter
) -> FitResult | None:
    if options.start is not None:
        set_weights(session.engine, options.start)

    state_of = partial(trained_state_of, session)
    report = options.train(session, problems, reporter, leaving(state_of, spec, options))
    return None if report is None else FitResult(state_of(), report, spec)


def leaving(state_of: Callable[[], TrainedState], spec: Spec, options: FitOptions) -> Left:
    """Hands on what there is of a training that is left, where its weights are numbers."""

    def leave(report: RunReport) -> None:
        state = state_of()
        if all(np.isfinite(array).all() for array in state.weights.values()):
            options.left(FitResult(state, report, spec))

    return leave


def root_of(spec: Spec) -> Path:
    """The folder that the paths of a spec are relative to."""
    return Path(spec.source.path).parent if spec.source.path is not None else Path()


@dataclass(frozen=True, slots=True, eq=False)
class TakenArrays:
    """The arrays of a program before they are divided."""

    arrays: UserArrays
    raw: RawDataset
    classes: Classes
    """Of each target."""


def take_arrays(
    spec: Spec, data: FitData, problems: Problems, trained: TrainedState | None = None
) -> TakenArrays | None:
    """Reads what a program hands over; None after a problem. Columns and classes are those of the
    `trained` network, to whose order its weights belong."""
    table, known = TrainedColumns(data_request(spec.model)), None
    if trained is not None:
        # preparations are fitted again
        table = replace(trained_columns(spec.model, trained), steps=())
        known = known_classes(spec, trained)
    arrays = UserArrays(spec.model, spec.graph, problems, (), table)
    taken = arrays.split(data.x, data.y, known, weights=data.sample_weight)
    if taken is None:
        return None
    split, classes = taken
    if data.groups is not None:
        groups = arrays.per_sample(data.groups, "groups", len(split))
        if groups is None:
            return None
        split = replace(split, groups=groups)
    raw = arrays.raw_data(split, classes)
    if trained is not None:
        raw = replace(raw, encoded=_encoded(trained))
    return TakenArrays(arrays, raw, classes)


def _encoded(trained: TrainedState) -> Mapping[int, tuple[int, ...]] | None:
    """The codes that have columns in a network, by feature."""
    steps = trained.steps[0] if trained.steps else ()
    return next((step.kept for step in steps if isinstance(step, Categories)), None)


def chosen_of(spec: Spec, raw: RawDataset) -> Chosen:
    """The samples in the order in which they are divided, as the spec says of its data."""
    options, data = spec.model.train, spec.model.data or Data()
    return choose(raw, seed=options.seed, shuffle=options.shuffle and data.shuffle)


def is_stratified(spec: Spec, raw: RawDataset) -> bool:
    """Whether every part has its share of every class."""
    return (spec.model.data or Data()).stratify and raw.has_classes()


def prepare_arrays(
    spec: Spec, raw: RawDataset, parts: Splits, problems: Problems
) -> Dataset | None:
    """The parts of arrays, prepared; None after a problem."""
    model = spec.model
    dtype, shapes = float_type(model), data_request(model).shapes
    dataset = assemble(
        ARRAYS, raw, parts, model.preps, spec.spans, problems, dtype=dtype, shapes=shapes
    )
    return None if dataset is None else replace(dataset, unprepared=(parts.train,))


def dataset_of_arrays(
    spec: Spec, data: FitData, problems: Problems, trained: TrainedState | None = None
) -> tuple[Dataset, Classes] | None:
    """The arrays of a program, divided and prepared, with the classes of each target."""
    taken = take_arrays(spec, data, problems, trained)
    if taken is None:
        return None
    arrays, raw, classes = taken.arrays, taken.raw, taken.classes
    if isinstance(data.validation, tuple):
        held_x, held_y, *more = data.validation
        held_weights = more[0] if more else None
        held = arrays.split(held_x, held_y, classes, "_validation", held_weights)
        if held is None or not parts_agree(
            ARRAYS, raw, raw.samples, held[0], "_validation", Place(_NOWHERE), problems
        ):
            return None
        # which may have texts that the training samples lack
        raw = replace(raw, categories=arrays.table.request.categories)
        train = raw.samples
        if held[0].weights is not None and train.weights is None:
            train = replace(train, weights=np.ones(len(train)))
        parts: Splits | str = Splits(train, held[0], None)
    else:
        share = _share(spec.model) if data.validation is None else float(data.validation)
        shares = Shares(1 - share, share, 0)
        parts = divide(chosen_of(spec, raw), shares, stratify=is_stratified(spec, raw))
    if isinstance(parts, str):
        problems.add(SplitLeavesNothing(at=_NOWHERE, reason=parts))
        return None
    dataset = prepare_arrays(spec, raw, parts, problems)
    return None if dataset is None else (dataset, classes)


def measure(
    spec: Spec, state: TrainedState, x: Any, y: Any, weights: Any, problems: Problems
) -> Measurement | None:
    """The loss and the metrics of a trained model on arrays; None after a problem. `weights` are
    what each sample counts in the loss."""
    if not spec.model.losses:
        problems.add(LossMissing(at=_NOWHERE))
        return None
    opened = open_on_arrays(spec, state, FitData(x, y, None, None, weights), problems)
    return None if opened is None else measure_session(opened.session)


class OpenedPart(NamedTuple):
    """A network with its weights, on samples that are its training part."""

    session: Session
    raw: Split
    """The samples before they were prepared."""
    state: TrainedState
    """The weights and what prepares samples."""


def open_on_arrays(
    spec: Spec,
    state: TrainedState,
    data: FitData,
    problems: Problems,
    *,
    build: Build = build_single,
    purpose: Purpose = "evaluate",
) -> OpenedPart | None:
    """A network with its weights on arrays, all of which are the training part; None after a
    problem."""
    model = change(spec.model, expectations=())
    table = trained_columns(model, state)
    arrays = UserArrays(model, spec.graph, problems, state.scales, table)
    known = known_classes(spec, state)
    taken = arrays.split(data.x, data.y, known=known, weights=data.sample_weight)
    if taken is None:
        return None
    dtype = float_type(model)
    split = state.prepare(taken[0], dtype)
    if isinstance(split, int):
        problems.add(too_large("x", model.preps[split], split, spec.spans, dtype))
        return None
    raw = arrays.raw_data(split, taken[1])
    # a training reads them in the order that `fit` would give them
    train = chosen_of(spec, raw).samples if purpose == "train" else split
    parts = Splits(train, None, None)
    dataset = assemble(ARRAYS, raw, parts, (), spec.spans, problems, dtype=dtype)
    if dataset is None:
        return None
    session = open_session(
        spec.with_model(model),
        dataset,
        problems,
        build=build,
        purpose=purpose,
        state=state if state.classes else None,
    )
    if session is None:
        return None
    set_weights(session.engine, state.weights)
    return OpenedPart(session, taken[0], state)


def known_classes(spec: Spec, state: TrainedState) -> Classes | None:
    """The classes of each target of a trained network; None if it has none."""
    if len(state.classes) == 1:
        # several outputs may have been trained on one target of the data
        return state.classes * len(expected_targets(spec.model, spec.graph))
    return state.classes or None


def measure_session(session: Session) -> Measurement:
    """The loss and the metrics of the training part, with the weights in the engine."""
    part = session.encoded().train
    with np.errstate(all="ignore"):
        return evaluate(session.engine, part, session.objective, session.settings)


def weights_of(session: Session) -> dict[str, Array]:
    """Copies of the weights in a session's engine."""
    return {name: array.copy() for name, array in session.engine.parameters().items()}


def trained_state_of(session: Session) -> TrainedState:
    """What a session's engine knows by now."""
    weights = weights_of(session)
    return fitted_state(weights, session.dataset, session.objective, session.classes)


def _share(model: Model) -> float:
    """The share of validation: what the spec's data says, or its default."""
    if model.data is None:
        return float(DEFAULT_SHARE)
    return float(model.data.shares()[1])
