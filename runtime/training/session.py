"""A spec bound to its data and an engine: all that training needs, and what is left after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...compiler.ir import Model
from ...compiler.language.frozen import change
from ...compiler.language.options import Options
from ...compiler.language.outside import fault_of, word_at_fault
from ...compiler.lower.context import Purpose
from ...compiler.optimizers.exact import Exact
from ...compiler.problems.data import TargetDoesNotFit
from ...compiler.problems.outside import WordFailed
from ...grammar.problem import Problem, Problems
from ..array_types import Array
from ..data.dataset import Dataset, Split
from ..data.streamed import reporting_unreadable
from ..engine.selection import AnyEngine, Build, EngineOptions, build_engine
from ..engine.slices import BatchSizes
from ..events import (
    Reporter,
)
from ..native.failure import EngineError
from .diagnosis.run_warnings import run_warnings
from .engine_choice import build_of, engine_problem
from .loading.free_sizes import bind_sizes
from .loading.spec_data import load_data
from .loop.adversarial import adversarial_bounds
from .loop.augmentation import Augmentation, augmentation_of
from .loop.initial_weights import load_initial_weights
from .loop.settings import Settings
from .loop.stopping import watched_by
from .loop.train import EncodedData
from .objectives.batches import EncodedSplit, encode_split
from .objectives.fitted_state import Classes
from .objectives.loss_weights import counts_nothing
from .objectives.objectives import Objective, resolve_objective
from .prerequisites import report_missing_prerequisites
from .spec import DEFAULT_TORCH, RunOptions, Spec, TorchOptions
from .trained_state import TrainedState

DEFAULT = RunOptions()
FAST_EPOCHS = 2
FAST_BATCHES = 4


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """A spec bound to its data: all that training needs, and all that is left after it."""

    spec: Spec
    dataset: Dataset
    objective: Objective
    engine: AnyEngine
    settings: Settings
    fast: bool
    augmentation: Augmentation | None = None
    """What happens to the training part."""
    bounds: Mapping[str, Array] = field(default_factory=dict)
    """What adversarial training reads besides the batches."""
    warnings: tuple[Problem, ...] = ()
    """What is suspicious about a training."""
    goes_on: bool = False
    """Whether a training that had ended by a `stop` takes its other epochs."""
    classes: Classes | None = None
    """Those of each target, as the arrays of a program have them."""
    torch: TorchOptions = DEFAULT_TORCH
    """Of the engine `torch`."""

    def encoded(self) -> EncodedData:
        """The parts of the data as the engine reads them."""
        dtype = np.dtype(next(iter(self.engine.feeds.values())).dtype)
        encoded = _encode(self.dataset, self.objective, dtype)
        return replace(encoded, augmentation=self.augmentation, bounds=self.bounds)


def prepare_run(
    spec: Spec,
    options: RunOptions = DEFAULT,
    *,
    root: Path,
    problems: Problems,
    reporter: Reporter,
) -> Session | None:
    """Loads the data that the spec names and binds the engine to it; None after a problem."""
    report_missing_prerequisites(spec, problems)
    if problems.has_errors():
        return None
    dataset = load_data(spec, root=root, problems=problems, reporter=reporter, keep_unprepared=True)
    if dataset is None:
        return None
    build = build_of(options, reporter)
    return open_session(spec, dataset, problems, options, build=build)


def open_session(
    spec: Spec,
    dataset: Dataset,
    problems: Problems,
    options: RunOptions = DEFAULT,
    *,
    build: Build = build_engine,
    purpose: Purpose = "train",
    state: TrainedState | None = None,
) -> Session | None:
    """Binds a spec that is ready to a data set; None after a problem. What only training would
    watch or read counts for nothing where the purpose is another. `state` is what an earlier run
    left."""
    with reporting_unreadable(dataset.name, spec.place("data"), problems):
        return _open_session(spec, dataset, problems, options, build, purpose, state)
    return None


def _open_session(
    spec: Spec,
    dataset: Dataset,
    problems: Problems,
    options: RunOptions,
    build: Build,
    purpose: Purpose,
    state: TrainedState | None,
) -> Session | None:
    trains = purpose in ("step", "train")
    if not trains:
        spec = spec.with_model(change(spec.model, stops=(), schedule=None))
    bound = bind_sizes(spec, dataset, problems)
    if bound is None:
        return None
    model = bound.model
    fitted = (None, None) if state is None else (state.target_steps, state.balanced)
    objective = resolve_objective(bound, dataset, problems, *fitted)
    if objective is None:
        return None
    settings = _settings(model, dataset, objective, options)
    augmentation, bounds = None, dict[str, Array]()
    if trains:
        _check_counts(bound, dataset, objective, problems)
        augmentation = augmentation_of(bound, dataset, objective, problems)
        if problems.has_errors():
            return None
        bounds = adversarial_bounds(bound, dataset, objective)
    wanted = EngineOptions(
        batch=settings.batch,
        largest=max(settings.batch, settings.evaluation_batch),
        seed=settings.seed,
        # a direct solution takes no steps
        purpose="evaluate" if isinstance(model.optimizer, Exact) and trains else purpose,
        sample_weights=dataset.train.weights is not None,
        algorithms=options.algorithms,
        shards=options.shards,
        expected=_expected_batches(dataset, settings, model, trains=trains),
    )
    engine = _built(build, bound, wanted, problems)
    if engine is None:
        return None
    outside, odd = options.allow_outside, None
    if trains:
        odd = load_initial_weights(engine, bound, dataset, problems, allow_outside=outside)
        if odd is None:
            return None
    told = purpose == "train" and not options.fast
    warnings = (*run_warnings(bound, dataset, objective), *(odd or ())) if told else ()
    if not options.keeps_samples:
        dataset = replace(dataset, unprepared=())
    more = augmentation, bounds, warnings
    return Session(
        bound, dataset, objective, engine, settings, options.fast, *more, torch=options.torch
    )


def _built(
    build: Build, spec: Spec, options: EngineOptions, problems: Problems
) -> AnyEngine | None:
    """The engine; None after a problem with its compiler, or in a word of an installed package."""
    try:
        return build(spec.model, spec.graph, options)
    except EngineError as error:
        problems.add(engine_problem(error))
    except Exception as error:
        word = word_at_fault(error)
        if word is None:
            raise
        problems.add(_failure_of(spec, word, error))
    return None


def _expected_batches(
    dataset: Dataset, settings: Settings, model: Model, *, trains: bool
) -> BatchSizes:
    """The sizes of the batches of a run, or of a measurement of its training part."""
    steps = trains and not isinstance(model.optimizer, Exact)
    measured = [dataset.validation, dataset.test, *(() if steps else (dataset.train,))]
    return BatchSizes(
        settings.batch_sizes(len(dataset.train), evaluation=False) if steps else (),
        tuple(
            dict.fromkeys(
                size
                for part in measured
                if part is not None
                for size in settings.batch_sizes(len(part), evaluation=True)
            )
        ),
    )


def _check_counts(spec: Spec, dataset: Dataset, objective: Objective, problems: Problems) -> None:
    """Something counts in every loss."""
    for item in objective.weightings:
        if counts_nothing(item, dataset.train):
            index = int(item.feed.removeprefix("weight:"))
            problems.add(
                TargetDoesNotFit(
                    at=spec.place(f"losses.{index}"),
                    loss=spec.model.losses[index].word,
                    data=dataset.name,
                    reason="every training sample is ignored or has a weight of 0",
                    advice="give some classes and samples a weight above 0",
                )
            )


def _settings(
    model: Model, dataset: Dataset, objective: Objective, options: RunOptions
) -> Settings:
    directive = model.train
    samples = len(dataset.train)
    batch = samples if directive.batch == "all" else min(directive.batch, samples)
    named = watched_by(model.stops)
    if named is not None:
        watched = named
    elif dataset.validation is None:
        watched = "train_loss"
    else:
        watched = "val_acc" if "acc" in objective.measured() else "val_loss"
    epochs = 1 if isinstance(model.optimizer, Exact) else directive.epochs
    return Settings(
        min(epochs, FAST_EPOCHS) if options.fast else epochs,
        batch,
        directive.seed,
        directive.shuffle,
        watched,
        keep_best=named is not None if directive.keep is None else directive.keep == "best",
        most_batches=FAST_BATCHES if options.fast else None,
        drop_last=directive.last == "drop",
        log_steps=options.log_steps,
    )


def _encode(dataset: Dataset, objective: Objective, dtype: np.dtype[Any]) -> EncodedData:
    def encoded(split: Split) -> EncodedSplit:
        found = encode_split(
            split,
            inputs=objective.inputs,
            dtype=dtype,
            encodings=objective.encodings,
            truths=objective.truths(),
        )
        return replace(found, weights=tuple(item.of(split) for item in objective.weightings))

    validation, test = (
        None if split is None else encoded(split) for split in (dataset.validation, dataset.test)
    )
    return EncodedData(encoded(dataset.train), validation, test, dataset.class_names)


def _failure_of(spec: Spec, word: Options, error: Exception) -> WordFailed:
    """A word of an installed package that failed, at the first place of the spec that has it."""
    model = spec.model
    layers = [node.layer for node in model.nodes]
    parts = [("nodes", layers), ("losses", model.losses)]
    paths = (f"{part}.{layers.index(word)}" for part, layers in parts if word in layers)
    return WordFailed(
        at=spec.place(next(paths, word.category)),
        word=word.word,
        category=word.category,
        package=word.package,
        error=fault_of(error),
    )
