"""Measuring what was learnt on a part of a data set, without training."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from ...compiler.difference import first_difference
from ...compiler.language.vocabulary import Vocabulary
from ...compiler.lower.layout import lay_out
from ...compiler.problems.running import PartIsEmpty
from ...compiler.problems.samples import LabelUnknown
from ...compiler.problems.weights import NetworksDiffer
from ...compiler.spans import Place
from ...grammar.problem import Problems
from ...grammar.source import Span
from ..data.dataset import Array, Dataset, Split
from ..data.load import too_large
from ..engine.selection import build_engine
from ..model.saved import place_of, read_record
from ..model.trained_state import Learnt
from ..model.weights import compare, read_weights
from .events import Expectation, TestDone
from .fitting import Spec
from .prerequisites import report_unready
from .run import judge_values, load_data, open_session
from .train import Reporter, evaluate

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
    expectations: tuple[Expectation, ...]
    """Those of the test part, when it was measured."""


def read_for(spec: Spec, path: Path, vocabulary: Vocabulary, problems: Problems) -> Learnt | None:
    """The weights of a file for a spec; None after a problem.

    A file of netc must have been written for the same network. One from elsewhere has weights
    alone: its `steps` and `classes` are empty, and are those of the data.
    """
    place, shown = place_of(path), str(path)
    content = read_weights(path, shown, place, problems)
    if content is None:
        return None
    learnt = Learnt(content.parameters(), (), (), ())
    if content.record is not None:
        read = read_record(content, content.record, shown, place, vocabulary, problems)
        if read is None:
            return None
        other, _, learnt = read
        found = first_difference(spec.ir, other)
        if found is not None:
            index = next((i for i, n in enumerate(spec.ir.nodes) if n.name == found.layer), None)
            at = place if index is None else spec.spans.get(f"nodes.{index}") or place
            problems.add(
                NetworksDiffer(
                    at=at.span,
                    calls=at.calls,
                    path=shown,
                    layer=found.layer,
                    here=found.first,
                    there=found.second,
                )
            )
            return None
    layout = lay_out(spec.ir, spec.graph)
    precision = spec.ir.train.precision
    slots = layout.trained + layout.kept
    if not compare(learnt.weights, slots, precision, shown, place, problems):
        return None
    return learnt


def evaluate_on_data(
    spec: Spec,
    learnt: Learnt,
    *,
    root: Path,
    part: PartName,
    workers: int | None = None,
    problems: Problems,
    reporter: Reporter,
) -> Evaluation | None:
    """Measures a part of the data that the spec names; None after a problem. `workers` processes
    share each batch (None: as many as help). Raises WorkerError when one of them has died."""
    report_unready(spec.ir, spec.source, spec.spans, problems, purpose="evaluate")
    if problems.has_errors():
        return None
    loaded = _load(spec, learnt, root, part, problems, reporter)
    if loaded is None:
        return None
    dataset, learnt = loaded
    place = spec.spans.get("data") or Place(Span(spec.source, 0, 0))
    split = {
        "train": dataset.train,
        "all": dataset.train,
        "val": dataset.validation,
        "test": dataset.test,
    }[part]
    if split is None:
        known = tuple(f"--part {name}" for name in ("train", "all"))
        quantity = "val_loss" if part == "val" else "loss"
        problems.add(PartIsEmpty(at=place.span, calls=place.calls, quantity=quantity, known=known))
        return None
    split, names, more = _in_classes(dataset, split, learnt, place, problems)
    if problems.has_errors():
        return None
    prepared = learnt.prepare(split)
    if isinstance(prepared, int):
        prep = spec.ir.preps[prepared]
        dtype = split.x.dtype
        problems.add(too_large(dataset.name, prep, prepared, spec.spans, dtype))
        return None
    split = prepared
    # every part is the one that is measured, so that nothing that an `expect` names is missing
    measured = replace(
        dataset,
        train=split,
        validation=split,
        test=split,
        sample_shape=split.x.shape[1:],
        classes=None if names is None else len(names),
        class_names=names or (),
        more_classes=more,
    )
    session = open_session(
        spec.ir,
        spec.graph,
        spec.spans,
        spec.source,
        measured,
        problems,
        build=partial(build_engine, workers=workers),
        purpose="evaluate",
    )
    if session is None:
        return None
    try:
        for name, array in session.engine.parameters().items():
            np.copyto(array, learnt.weights[name])
        with np.errstate(all="ignore"):
            values, confusion = evaluate(
                session.engine, session.material().train, session.task, session.settings
            )
    finally:
        session.engine.close()
    wanted = spec.ir.expectations if part == "test" else ()
    expectations = judge_values(wanted, values, spec.spans)
    tested = TestDone(values, None, confusion, measured.class_names)
    count = spec.graph.parameter_count() or 0
    return Evaluation(dataset.name, dataset.note, part, len(split), count, tested, expectations)


def _load(
    spec: Spec,
    learnt: Learnt,
    root: Path,
    part: PartName,
    problems: Problems,
    reporter: Reporter,
) -> tuple[Dataset, Learnt] | None:
    """The data, not prepared yet, and what was learnt. Preparations that nobody kept are fitted
    on the training part."""
    if not learnt.steps:
        fitted = load_data(
            spec.ir, spec.spans, root=root, problems=problems, reporter=reporter, learnt=learnt
        )
        if fitted is None:
            return None
        learnt = replace(
            learnt,
            steps=(fitted.steps, *fitted.more_steps),
            samples=(fitted.raw_shape, *fitted.more_raw_shapes),
        )
    bare = tuple(() for _ in learnt.steps)
    dataset = load_data(
        spec.ir,
        spec.spans,
        root=root,
        problems=problems,
        reporter=reporter,
        fitted=bare,
        learnt=learnt,
        undivided=part == "all",
    )
    return None if dataset is None else (dataset, learnt)


def _in_classes(
    dataset: Dataset, split: Split, learnt: Learnt, place: Place, problems: Problems
) -> tuple[Split, tuple[str, ...] | None, tuple[tuple[str, ...] | None, ...]]:
    """The targets as indices of the classes that were learnt: other data may hold only some of
    them, or in another order. Gives the names of the classes of the first target, and of the
    others."""
    targets: list[Array] = []
    names: list[tuple[str, ...] | None] = []
    for index, y in enumerate(split.targets):
        own = dataset.classes_of(index) if index < len(dataset.target_names) else None
        labels = learnt.classes[index] if index < len(learnt.classes) else None
        if own is None or labels is None:
            targets.append(y)
            names.append(own)
            continue
        known = tuple(str(label) for label in labels.tolist())
        strange = [name for name in own if name not in known]
        if strange:
            such = (y == own.index(strange[0])).reshape(len(y), -1).any(axis=1)
            problems.add(
                LabelUnknown(
                    at=place.span,
                    calls=place.calls,
                    name=dataset.name,
                    found=strange[0],
                    sample=split.name_of(split.first_of(np.flatnonzero(such))),
                    classes=known,
                )
            )
            continue
        number = np.array([known.index(name) for name in own], np.int64)
        targets.append(number[y])
        names.append(known)
    if len(targets) < len(split.targets):
        return split, None, ()
    return split.with_targets(tuple(targets)), names[0], tuple(names[1:])
