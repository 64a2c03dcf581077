"""Loads the data set that a spec names: source, parts, preparations."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...compiler.data.files import Files, FilesOfParts, Idx, Images, Npy, Npz
from ...compiler.data.outside import ArraySource
from ...compiler.data.preparations import PadPictures, Prep
from ...compiler.data.source import Cifar10, Data
from ...compiler.data.synthetic import Synthetic
from ...compiler.data.tables import Table
from ...compiler.problems.arrays import PartsDiffer
from ...compiler.problems.data import SplitLeavesNothing
from ...compiler.problems.running import CannotRunYet
from ...compiler.problems.training import FoldsDoNotFit
from ...compiler.reading import file_in
from ...compiler.shapes import Shape
from ...compiler.spans import Place, Spans
from ...grammar.problem import Problems
from ...grammar.text import unquoted
from ..array_types import FLOAT, Array
from ..events import Reporter
from .assemble import assemble, place_in
from .bundled import load_bundled
from .cifar import load_cifar10
from .data_file import DataFile
from .dataset import DataRequest, Dataset, RawDataset, Split, mark_ignored
from .idx_set import load_idx
from .mnist import PUBLISHED, load_published
from .numpy_files import load_npy, load_npz
from .outside import load_source
from .pictures.loading import load_pictures
from .splits import Chosen, Shares, Splits, choose, divide, everything, fold_parts, join
from .streamed import changed, reporting_unreadable
from .synthetic import make
from .tables.loading import load_table


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How a data set is read, divided and prepared."""

    root: Path
    """The folder that paths are relative to."""
    seed: int
    """Fixes which samples are in which part."""
    wants_classes: bool
    """Whether the loss learns classes, which decides what a column of whole numbers means."""
    request: DataRequest = field(default_factory=DataRequest)
    """What a network with several inputs or targets reads, by name."""
    dtype: np.dtype[Any] = FLOAT
    """What the network computes with."""
    shuffle: bool = True
    """False: the parts keep the order of the data."""
    undivided: bool = False
    """True: one part of all samples that would be divided, and of the test part."""
    joined: bool = False
    """True: a validation part that the set has of its own is divided with the other samples."""
    keep_unprepared: bool = False
    """True: the data set also holds the parts as they were before `prep`."""
    later: bool = False
    """See `RawDataset`."""


def load(
    data: Data,
    preps: tuple[Prep, ...] | None,
    options: LoadOptions,
    *,
    spans: Spans,
    problems: Problems,
    reporter: Reporter,
) -> Dataset | None:
    """The data set of a spec; None after a problem. Without `preps` the samples stay as they
    were read."""
    raw = _read(data, preps, options, spans=spans, problems=problems, reporter=reporter)
    if raw is None:
        return None
    option = "data.split" if data.split is not None else "data.val"
    chosen = _chosen(data, options, raw)
    # what is no longer needed would stay in memory
    raw = replace(raw, samples=chosen.samples)
    if options.undivided:
        parts: Splits | str = everything(chosen)
    else:
        parts = divide(
            chosen,
            Shares(*shares_of(data, raw)),
            strict=option in spans.places,
            stratify=_is_stratified(data, options, raw),
        )
    is_file = isinstance(data.val, str)  # as tables may have it
    if raw.validation is not None and option in spans.places and not is_file:
        name = _name(data, spans)
        parts = f"`{name}` has a validation part of its own: omit `val=`, or use `split=`"
    if isinstance(parts, str):
        problems.add(SplitLeavesNothing(at=place_in(spans, option), reason=parts))
        return None
    if raw.validation is not None:
        parts = replace(parts, validation=raw.validation)
    raw = replace(raw, samples=parts.train)
    del chosen
    return _prepared(data, raw, parts, preps, options, spans, problems)


Fold = Callable[[Problems], Dataset | None]
"""Prepares the parts of one fold; None after a problem."""


def load_folds(
    data: Data,
    preps: tuple[Prep, ...] | None,
    options: LoadOptions,
    folds: int,
    *,
    spans: Spans,
    problems: Problems,
    reporter: Reporter,
) -> tuple[Fold, ...] | None:
    """The data set of a spec in each fold of a cross-validation, whose samples are the validation
    part; None after a problem. Preparations are fitted on the other samples, fold by fold."""
    options = replace(options, joined=True)
    raw = _read(data, preps, options, spans=spans, problems=problems, reporter=reporter)
    if raw is None:
        return None
    stratify = _is_stratified(data, options, raw)
    parts = fold_parts(_chosen(data, options, raw), folds, stratify=stratify)
    if isinstance(parts, str):
        problems.add(FoldsDoNotFit(at=place_in(spans, "kfold"), reason=parts))
        return None
    return tuple(partial(_prepared, data, raw, fold, preps, options, spans) for fold in parts)


def _read(
    data: Data,
    preps: tuple[Prep, ...] | None,
    options: LoadOptions,
    *,
    spans: Spans,
    problems: Problems,
    reporter: Reporter,
) -> RawDataset | None:
    """The set before it is divided; None after a problem."""
    raw = _load_raw(data, preps or (), options, spans=spans, problems=problems, reporter=reporter)
    if raw is None:
        return None
    if not isinstance(data, Table | Npz | Npy | ArraySource):
        raw = _without_ignored(raw, options.request.ignored_label())
    if raw.test is not None:
        at = place_in(spans, "data")
        if not parts_agree(_name(data, spans), raw, raw.samples, raw.test, "_test", at, problems):
            return None
        raw = replace(raw, test=raw.test.of_own_part("test"))
    if raw.validation is not None:
        raw = replace(raw, validation=raw.validation.of_own_part("validation"))
    joins = data.split is not None or options.undivided or options.joined
    if raw.validation is not None and joins:
        raw = replace(raw, samples=join(raw.samples, raw.validation), validation=None)
    return raw


def _is_stratified(data: Data, options: LoadOptions, raw: RawDataset) -> bool:
    return data.stratify and (options.wants_classes or raw.has_classes())


def _chosen(data: Data, options: LoadOptions, raw: RawDataset) -> Chosen:
    """Which samples are divided, and in which order."""
    return choose(
        raw,
        seed=options.seed,
        limit=data.limit,
        whole=data.split is not None,
        shuffle=options.shuffle and data.shuffle,
    )


def _prepared(
    data: Data,
    raw: RawDataset,
    parts: Splits,
    preps: tuple[Prep, ...] | None,
    options: LoadOptions,
    spans: Spans,
    problems: Problems,
) -> Dataset | None:
    name, shapes, dtype = _name(data, spans), options.request.shapes, options.dtype
    raw = replace(raw, later=options.later)
    dataset = None
    with reporting_unreadable(name, place_in(spans, "data"), problems):
        dataset = assemble(name, raw, parts, preps, spans, problems, dtype=dtype, shapes=shapes)
    if dataset is None or options.keep_unprepared:
        return dataset
    return replace(dataset, unprepared=())


def _without_ignored(raw: RawDataset, label: int | None) -> RawDataset:
    """The set with `IGNORED` in place of the label that does not count."""

    def marked_y(y: Array) -> Array:
        return changed(y, partial(mark_ignored, label=label))

    def marked(part: Split | None) -> Split | None:
        return part and part.with_targets(tuple(map(marked_y, part.targets)))

    samples = marked(raw.samples)
    assert samples is not None
    return replace(raw, samples=samples, test=marked(raw.test), validation=marked(raw.validation))


def parts_agree(
    name: str,
    raw_data: RawDataset,
    one: Split,
    other: Split,
    mark: str,
    at: Place,
    problems: Problems,
) -> bool:
    """Whether the samples and targets of two parts have the same shapes; the first that differ
    become a problem. `mark` follows the names of the arrays of the other part."""
    inputs = ("x",) if len(raw_data.input_names) == 1 else raw_data.input_names
    names = (*inputs, *raw_data.target_names)
    pairs = zip(one.inputs + one.targets, other.inputs + other.targets, strict=True)
    for called, (first, second) in zip(names, pairs, strict=True):
        if first.shape[1:] != second.shape[1:]:
            problems.add(
                PartsDiffer(
                    at=at,
                    data=name,
                    first=called,
                    first_shape=first.shape[1:],
                    other=f"{called}{mark}",
                    other_shape=second.shape[1:],
                )
            )
            return False
    return True


def shares_of(data: Data, raw_data: RawDataset) -> tuple[float, float, float]:
    """The shares of the parts. A set that turns out to have parts of its own gives no tenth of
    the rest for a test part, and nothing for the validation part that it has."""
    train, validation, test = data.shares()
    if data.split is not None or (raw_data.test is None and raw_data.validation is None):
        return train, validation, test
    if raw_data.validation is not None:
        return train + validation + test, 0.0, 0.0
    return train + test, validation, 0.0


def _folder_of(
    data: ArraySource, options: LoadOptions, place: Place, problems: Problems
) -> DataFile:
    """The folder of the spec, as a source that has no file of its own."""
    return DataFile(options.root, f"data {data.word}", place, problems, options.dtype)


def _load_raw(
    data: Data,
    preps: tuple[Prep, ...],
    options: LoadOptions,
    *,
    spans: Spans,
    problems: Problems,
    reporter: Reporter,
) -> RawDataset | None:
    """The set as its files hold it, or as its formula makes it."""
    place = place_in(spans, "data")
    if data.word in PUBLISHED:
        published = PUBLISHED[data.word]
        return load_published(published, place=place, problems=problems, reporter=reporter)
    if data.bundled:
        return load_bundled(data.word)
    if isinstance(data, Synthetic):
        return make(data.word, n=data.n, noise=data.noise, seed=data.seed)
    if isinstance(data, ArraySource):
        return load_source(data, _folder_of(data, options, place, problems), options.request)
    if isinstance(data, Cifar10):
        return load_cifar10(place=place, problems=problems, reporter=reporter)
    if not isinstance(data, Table | Npz | Npy | Idx | Images):
        problems.add(CannotRunYet(at=place, what=f"data {data.word}"))
        return None
    root, at = options.root, place_in(spans, "data.path")
    file = DataFile(file_in(root, data.path), _name(data, spans), at, problems, options.dtype)
    parts = {
        option: replace(
            file, path=file_in(root, path), shown=path, place=place_in(spans, f"data.{option}")
        )
        for option, path in (data.part_files().items() if isinstance(data, FilesOfParts) else ())
    }
    match data:
        case Table():
            return load_table(
                file,
                options.request,
                data,
                parts=parts,
                target_place=place_in(spans, "data.target"),
                wants_classes=options.wants_classes,
            )
        case Npz():
            return load_npz(file, options.request, parts, data.groups)
        case Npy():
            target = None if data.target is None else file_in(root, data.target)
            return load_npy(file, options.request, target, data.target or "")
        case Idx():
            return load_idx(file)
        case Images():
            request = options.request
            asked = _wanted(request, preps), options.root, request.ignored_label()
            return load_pictures(file, data, reporter, *asked)


def _wanted(request: DataRequest, preps: tuple[Prep, ...]) -> Shape:
    """The shape that the input reads, before borders are added; empty where nothing is known."""
    shape = request.shapes[0] if request.shapes else ()
    border = 2 * sum(prep.pad for prep in preps if isinstance(prep, PadPictures))
    if len(shape) < 2 or not border:
        return shape
    *axes, channels = shape
    return (*(None if size is None else max(size - border, 1) for size in axes), channels)


def _name(data: Data, spans: Spans) -> str:
    """The word of a set, or the path of a file as the author wrote it: that of the command line
    has become an absolute one on its way."""
    if not isinstance(data, Files):
        return data.word
    written = unquoted(place_in(spans, "data.path").text)
    return written if os.path.abspath(written) == data.path else data.path
