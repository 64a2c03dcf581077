"""What is suspicious about the data of a run, told before its first step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ....compiler.check.contracts.network import read_network
from ....compiler.check.lints.steps import lint_steps
from ....compiler.problems.data_lints import (
    BytesUnscaled,
    ClassesAlike,
    ColumnDeterminesTarget,
    IdColumn,
    ScalesDiffer,
    TargetsUnscaled,
    TextsHardlyRepeat,
)
from ....grammar.problem import Problem, Problems
from ....grammar.source import Span
from ...data.dataset import Dataset
from ...data.lints import lint_columns, lint_copies
from ...data.statistics import SMALL, hash_rows
from ...data.streamed import streamed
from ...data.user_arrays import ARRAYS
from ..objectives.objectives import Objective
from ..spec import Spec
from .balance import class_warnings, large_targets
from .figures import class_target, column_warnings, input_figures

SPOILS_TRAINING = (BytesUnscaled, ScalesDiffer, ClassesAlike)
FLATTERS = (ColumnDeterminesTarget, IdColumn, TextsHardlyRepeat)
"""What makes figures worthless. It is told of files; the arrays of a program are its own."""
MANY_COPIES = 0.1
"""If more of a part than this is in the training part, too, its figures say little."""
MOST_COMPARED = 200_000
"""Training samples; comparing more takes longer than a fiftieth of a short run."""
ENOUGH = 1 << 20
"""Numbers that are looked at first."""


def run_warnings(spec: Spec, dataset: Dataset, objective: Objective) -> tuple[Problem, ...]:
    """What is suspicious now that the data are known; of columns and copies, where the data set
    has its unprepared parts."""
    problems = Problems()
    network = read_network(spec.model, spec.graph, spec.spans, complete=True)
    lint_steps(network, len(dataset.train), problems)
    large = large_targets(dataset, objective)
    if large is not None:
        place = spec.place("losses.0")
        problems.add(TargetsUnscaled(at=place, mean=large[0], deviation=large[1]))
    at = spec.place("data")
    return (
        *problems,
        *class_warnings(spec, dataset, objective),
        *_odd_columns(spec, dataset, at),
        *_many_copies(dataset, at),
    )


def _odd_columns(spec: Spec, dataset: Dataset, at: Span) -> list[Problem]:
    """Looks at a few samples first, which costs nothing, and at all of them where those are
    odd."""
    if not dataset.unprepared or _is_streamed(dataset):
        return []
    told = SPOILS_TRAINING if dataset.name == ARRAYS else SPOILS_TRAINING + FLATTERS
    found: list[Problem] = []
    for count in (min(SMALL, ENOUGH * len(dataset.train) // _numbers(dataset)), len(dataset.train)):
        found = [one for one in _column_warnings(spec, dataset, count, at) if isinstance(one, told)]
        if not found:
            break
    return found


def _is_streamed(dataset: Dataset) -> bool:
    return any(streamed(x) is not None for x in dataset.train.inputs)


def _numbers(dataset: Dataset) -> int:
    return max(1, sum(x.size for x in dataset.train.inputs))


def _column_warnings(spec: Spec, dataset: Dataset, count: int, at: Span) -> Iterator[Problem]:
    first = slice(count)
    here = replace(
        dataset,
        train=dataset.train.take(first),
        validation=None,
        test=None,
        unprepared=(dataset.unprepared[0].take(first),),
    )
    figures = [input_figures(spec.model, here, index) for index in range(len(here.train.inputs))]
    if dataset.name == ARRAYS:
        return (problem for item in figures for problem in lint_columns(item, at))
    targets = [
        class_target(spec.model, here, ["training"], index)
        for index in range(len(here.train.targets))
    ]
    return column_warnings(here, figures, targets, hash_rows(here.unprepared[0].inputs), at)


def _many_copies(dataset: Dataset, at: Span) -> Iterator[Problem]:
    """Where much of a part is in the training part, too."""
    few = len(dataset.unprepared) > 1 and len(dataset.train) <= MOST_COMPARED
    if dataset.name == ARRAYS or not few or _is_streamed(dataset):
        return
    known, *others = (hash_rows(part.inputs) for part in dataset.unprepared)
    names = [name for name in ("validation", "test") if getattr(dataset, name) is not None]
    for name, hashes in zip(names, others, strict=True):
        for problem in lint_copies(name, hashes, known, dataset.unprepared[0].inputs, at):
            if problem.copies > max(1, MANY_COPIES * problem.samples):
                yield problem
