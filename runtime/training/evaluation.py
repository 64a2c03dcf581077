"""Measuring trained weights on a part of a data set, without training."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from ...compiler.ir import Model
from ...compiler.lower.context import Purpose
from ...compiler.problems.running import PartIsEmpty
from ...compiler.problems.samples import LabelUnknown
from ...compiler.spans import Place
from ...grammar.problem import Problems
from ..array_types import Array, float_type
from ..data.assemble import too_large
from ..data.dataset import Dataset, Split, renumbered
from ..data.pixel_scale import OtherScale, rescaled
from ..data.streamed import portions, reporting_unreadable
from ..data.tables.values import alike
from ..engine.selection import Build, closing_after, set_weights
from ..events import ExpectationResult, Reporter, TestDone
from .engine_choice import build_for, start_workers
from .loading.free_sizes import bind_sizes
from .loading.spec_data import load_data
from .loop.measurement import Measurement, evaluate
from .metrics.expectations import judge_values
from .objectives.fitted_state import fitted_state
from .objectives.loss_weights import balanced_options
from .objectives.objectives import resolve_objective
from .prerequisites import report_missing_prerequisites
from .session import Session, open_session
from .spec import EngineChoice, Spec
from .trained_state import TrainedState

PartName = Literal["train", "val", "test", "all"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured on what."""

    data: str
    note: str
    part: PartName
    samples: int
    parameters: int
    tested: TestDone
    expectations: tuple[ExpectationResult, ...]
    """Those of the test part, when it was measured."""


def evaluate_on_data(
    spec: Spec,
    state: TrainedState,
    *,
    root: Path,
    part: PartName,
    workers: int | None = None,
    engine: EngineChoice = "numpy",
    problems: Problems,
    reporter: Reporter,
) -> Evaluation | None:
    """Measures a part of the data that the spec names; None after a problem. `workers` processes
    share each batch (None: as many as help). Raises WorkerError when one of them has died."""
    report_missing_prerequisites(spec, problems, purpose="evaluate")
    if problems.has_errors():
        return None
    loaded = load_part(spec, state, root=root, part=part, problems=problems, reporter=reporter)
    if loaded is None:
        return None
    session = open_part(spec, loaded, problems, build=build_for(engine, workers, reporter))
    if session is None:
        return None
    dataset, measured = loaded.dataset, session.dataset

    def measure() -> Measurement | None:
        with (
            np.errstate(all="ignore"),
            reporting_unreadable(dataset.name, spec.place("data"), problems),
        ):
            start_workers(session.engine, spec.place("train"), reporter)
            part = session.encoded().train
            return evaluate(session.engine, part, session.objective, session.settings)
        return None

    found = closing_after(session.engine, measure)
    if found is None:
        return None
    wanted = spec.model.expectations if part == "test" else ()
    return Evaluation(
        data=dataset.name,
        note=dataset.note,
        part=part,
        samples=len(measured.train),
        parameters=spec.graph.parameter_count() or 0,
        tested=TestDone(found.values, None, found.confusion, measured.class_names, found.reasons),
        expectations=judge_values(wanted, found.values, found.reasons, spec.spans),
    )


def measure_own_data(spec: Spec, state: TrainedState, problems: Problems) -> Measurement | None:
    """The loss and the metrics on the test part of the data that the spec names; None after a
    problem."""
    root = Path(spec.source.path).parent if spec.source.path is not None else Path()
    found = evaluate_on_data(
        spec,
        state,
        root=root,
        part="test",
        workers=1,
        problems=problems,
        reporter=lambda event: None,
    )
    if found is None:
        return None
    tested = found.tested
    return Measurement(dict(tested.measured), tested.confusion, dict(tested.reasons))


@dataclass(frozen=True, slots=True, eq=False)
class LoadedPart:
    """A part of the data, and the trained state that it is measured with."""

    dataset: Dataset
    part: PartName
    samples: Split
    """As they were read, not prepared, in the classes and the scale of the training data."""
    classes: tuple[tuple[str, ...] | None, ...]
    """The names of the classes of each target."""
    state: TrainedState


def load_part(
    spec: Spec,
    state: TrainedState,
    *,
    root: Path,
    part: PartName,
    problems: Problems,
    reporter: Reporter,
) -> LoadedPart | None:
    """Reads a part of the data that the spec names; None after a problem."""
    loaded = _load(spec, state, root, part, problems, reporter)
    if loaded is None:
        return None
    dataset, state = loaded
    place = spec.place("data")
    split = {
        "train": dataset.train,
        "all": dataset.train,
        "val": dataset.validation,
        "test": dataset.test,
    }[part]
    if split is None:
        known = tuple(f"--part {name}" for name in ("train", "all"))
        quantity = "val_loss" if part == "val" else "loss"
        problems.add(PartIsEmpty(at=place, quantity=quantity, known=known))
        return None
    split, classes = _in_classes(dataset, split, state, place, problems)
    if problems.has_errors():
        return None
    inputs = []
    for x, own, scale in zip(split.inputs, dataset.scales, state.scales, strict=False):
        levels = rescaled(x, own, scale)
        if isinstance(levels, OtherScale):
            problems.add(levels.problem(place, dataset.name))
            return None
        inputs.append(levels)
    split = split.with_inputs(tuple(inputs)) if inputs else split
    return LoadedPart(dataset, part, split, classes, state)


def open_part(
    spec: Spec,
    loaded: LoadedPart,
    problems: Problems,
    *,
    build: Build,
    purpose: Purpose = "evaluate",
) -> Session | None:
    """Prepares a part and binds the trained network to it; None after a problem. All parts of the
    session's data set are the one that is measured, so that nothing that an `expect` names is
    missing."""
    dataset, state = loaded.dataset, loaded.state
    dtype = float_type(spec.model)
    prepared = state.prepare(loaded.samples, dtype)
    if isinstance(prepared, int):
        prep = spec.model.preps[prepared]
        problems.add(too_large(dataset.name, prep, prepared, spec.spans, dtype))
        return None
    measured = replace(
        _with_classes(dataset, loaded.classes),
        train=prepared,
        validation=prepared,
        test=prepared,
        sample_shape=prepared.x.shape[1:],
    )
    session = open_session(spec, measured, problems, build=build, purpose=purpose, state=state)
    if session is not None:
        set_weights(session.engine, state.weights)
    return session


def _load(
    spec: Spec,
    state: TrainedState,
    root: Path,
    part: PartName,
    problems: Problems,
    reporter: Reporter,
) -> tuple[Dataset, TrainedState] | None:
    """The data, not prepared yet, and the trained state with what it lacks."""
    fitted = fit_missing(spec, state, root=root, problems=problems, reporter=reporter)
    if fitted is None:
        return None
    dataset = load_data(
        spec,
        root=root,
        problems=problems,
        reporter=reporter,
        prepare="not",
        state=fitted,
        undivided=part == "all",
    )
    return None if dataset is None else (dataset, fitted)


def lacks_fit(model: Model, state: TrainedState) -> bool:
    """Whether the samples or the loss depend on what the weights came without."""
    prepares = not state.steps and bool(model.preps or model.target_preps)
    return prepares or not balanced_options(model) <= state.balanced.keys()


def fit_missing(
    spec: Spec, state: TrainedState, *, root: Path, problems: Problems, reporter: Reporter
) -> TrainedState | None:
    """The state with all that the weights came without, from the training part of the data that the
    spec names: of weights from elsewhere everything, of those of netc what the spec calls
    `balanced`, where it did not in training. None after a problem."""
    foreign = not state.steps
    if not foreign and not lacks_fit(spec.model, state):
        return state
    dataset = load_data(spec, root=root, problems=problems, reporter=reporter, state=state)
    if dataset is None:
        return None
    train, classes = _in_classes(dataset, dataset.train, state, spec.place("data"), problems)
    if problems.has_errors():
        return None
    dataset = _with_classes(replace(dataset, train=train), classes)
    if not foreign:  # only its targets are looked at
        dataset = replace(dataset, validation=None, test=None)
    bound = bind_sizes(spec, dataset, problems)
    if bound is None:
        return None
    steps = None if foreign else state.target_steps
    objective = resolve_objective(bound, dataset, problems, steps, state.balanced)
    if objective is None:
        return None
    if not foreign:
        return replace(state, balanced=dict(objective.balanced))
    return fitted_state(state.weights, dataset, objective)


def _with_classes(dataset: Dataset, classes: tuple[tuple[str, ...] | None, ...]) -> Dataset:
    """The data set with other names of the classes of its targets."""
    names, *more = classes
    return replace(
        dataset,
        classes=None if names is None else len(names),
        class_names=names or (),
        more_classes=tuple(more),
    )


def _in_classes(
    dataset: Dataset, split: Split, state: TrainedState, place: Place, problems: Problems
) -> tuple[Split, tuple[tuple[str, ...] | None, ...]]:
    """The targets as indices of the classes of training: other data may hold only some of
    them, or in another order. Gives the names of the classes of each target, too."""
    targets: list[Array] = []
    names: list[tuple[str, ...] | None] = []
    for index, y in enumerate(split.targets):
        own = dataset.classes_of(index) if index < len(dataset.target_names) else None
        labels = state.classes[index] if index < len(state.classes) else None
        if own is None or labels is None:
            targets.append(y)
            names.append(own)
            continue
        known = tuple(str(label) for label in labels.tolist())
        codes = {name: code for code, name in enumerate(known)}
        if dataset.target_columns:
            # in a table, another spelling of a number is the same class
            codes = {alike(name): code for name, code in codes.items()} | codes
            own_codes = [codes.get(name, codes.get(alike(name), -1)) for name in own]
        else:
            own_codes = [codes.get(name, -1) for name in own]
        number = np.array(own_codes, np.int64)
        found = _first_unknown(y, split, np.flatnonzero(number < 0))
        if found is not None:
            row, code = found
            problems.add(
                LabelUnknown(
                    at=place,
                    name=dataset.name,
                    found=own[code],
                    sample=split.name_of(row),
                    classes=known,
                )
            )
            continue
        targets.append(renumbered(y, number))
        names.append(known)
    if len(targets) < len(split.targets):
        return split, ()
    return split.with_targets(tuple(targets)), tuple(names)


def _first_unknown(y: Array, split: Split, unknown: Array) -> tuple[int, int] | None:
    """The first sample in the file with one of the unknown classes, and its class; None where no
    sample of the part has one."""
    rows, codes, before = [], [], 0
    for part in portions(y) if len(unknown) else ():
        such = np.isin(part, unknown).reshape(len(part), -1)
        here = np.flatnonzero(such.any(axis=1))
        rows += [before + here]
        codes += [part.reshape(len(part), -1)[here, such[here].argmax(axis=1)]]
        before += len(part)
    found = np.concatenate(rows) if rows else np.empty(0, np.int64)
    if not len(found):
        return None
    first = split.first_of(found)
    return first, int(np.concatenate(codes)[found == first][0])
