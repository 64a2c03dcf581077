"""Loads the data set that a spec names: source, parts, preparations."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...compiler.data.files import Csv, Idx, Images, Npy, Npz
from ...compiler.data.preparations import Center, Pad, Prep, Scale, Standardize, Whiten
from ...compiler.data.source import Cifar10, Data
from ...compiler.data.synthetic import Synthetic
from ...compiler.problems.arrays import PartsDiffer
from ...compiler.problems.data import PrepDoesNotFit, SplitLeavesNothing
from ...compiler.problems.numbers import NumberTooLarge
from ...compiler.problems.running import CannotRunYet
from ...compiler.shapes import Shape
from ...compiler.spans import Place, Spans
from ...grammar.problem import Problems
from ..array_types import FLOAT, Array, Floats, precision_of
from ..events import Reporter
from .bundled import load_bundled
from .cifar import load_cifar10
from .data_file import DataFile
from .dataset import DataRequest, Dataset, RawDataset, Split
from .fitted_prep import FittedPrep, ZeroPadding
from .idx_set import load_idx
from .mnist import PUBLISHED, load_published
from .numpy_files import load_npy, load_npz
from .pictures.loading import load_pictures
from .pixel_scale import scale_of
from .preparation import fit_and_apply, fit_center, fit_scale, fit_standardize, fit_whiten
from .splits import Shares, Splits, divide, everything, join
from .synthetic import make
from .table import load_table


@dataclass(frozen=True, slots=True, eq=False)
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
    """What numbers are read as."""
    shuffle: bool = True
    """False: the parts keep the order of the data."""
    undivided: bool = False
    """True: one part of all samples that would be divided, and of the test part."""
    keep_unprepared: bool = False
    """True: the data set also holds the parts as they were before `prep`."""


def load(
    data: Data,
    preps: tuple[Prep, ...],
    options: LoadOptions,
    *,
    spans: Spans,
    problems: Problems,
    reporter: Reporter,
) -> Dataset | None:
    """The data set of a spec; None after a problem."""
    name = _name(data, spans)
    raw = _load_raw(data, preps, options, spans=spans, problems=problems, reporter=reporter)
    if raw is None:
        return None
    if raw.test is not None:
        at = _place(spans, "data")
        if not parts_agree(name, raw, raw.samples, raw.test, "_test", at, problems):
            return None
        raw = replace(raw, test=replace(raw.test, rows=-raw.test.numbers()))
    whole = data.split is not None
    option = "data.split" if whole else "data.val"
    if raw.validation is not None and (whole or options.undivided):
        raw = replace(raw, samples=join(raw.samples, raw.validation), validation=None)
    choose: Callable[..., Splits | str] = partial(everything, raw)
    if not options.undivided:
        shares, strict = Shares(*shares_of(data, raw)), option in spans.places
        choose = partial(divide, raw, shares, strict=strict)
    parts = choose(seed=options.seed, limit=data.limit, whole=whole, shuffle=options.shuffle)
    if raw.validation is not None and option in spans.places:
        parts = f"`{name}` has a validation part of its own: omit `val=`, or use `split=`"
    if isinstance(parts, str):
        at = _place(spans, option)
        problems.add(SplitLeavesNothing(at=at.span, calls=at.calls, reason=parts))
        return None
    if raw.validation is not None:
        parts = replace(parts, validation=raw.validation)
    dataset = assemble(name, raw, parts, preps, spans, problems, dtype=options.dtype)
    if dataset is None or not options.keep_unprepared:
        return dataset
    kept = tuple(part for part in _splits(parts) if part is not None)
    return replace(dataset, unprepared=kept)


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
                    at=at.span,
                    calls=at.calls,
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


def assemble(
    name: str,
    raw: RawDataset,
    parts: Splits,
    preps: tuple[Prep, ...],
    spans: Spans,
    problems: Problems,
    *,
    dtype: np.dtype[Any] = FLOAT,
) -> Dataset | None:
    """The parts of a set, every input prepared on its own, as a data set; None after a problem."""
    scales = tuple(scale_of(x) for x in parts.train.inputs)
    parts = _as_floats(parts, dtype)
    prepared: list[Splits] = []
    steps: list[tuple[FittedPrep, ...]] = []
    for index, array in enumerate(parts.train.inputs):
        fits = _fits(array.shape[1:], preps, spans, problems)
        if fits is None:
            return None
        changed = fit_and_apply(_only(parts, index), fits)
        if isinstance(changed, int):
            problems.add(too_large(name, preps[changed], changed, spans, dtype))
            return None
        prepared.append(changed[0])
        steps.append(changed[1])
    train, validation, test = (
        _join(splits) for splits in zip(*map(_splits, prepared), strict=True)
    )
    assert train is not None
    return Dataset(
        name=name,
        train=train,
        validation=validation,
        test=test,
        sample_shape=train.x.shape[1:],
        classes=None if raw.classes is None else len(raw.classes),
        class_names=raw.classes or (),
        hashes=raw.hashes,
        note=raw.note,
        raw_shape=parts.train.x.shape[1:],
        steps=steps[0],
        input_names=raw.input_names,
        target_names=raw.target_names,
        more_classes=raw.more_classes,
        more_steps=tuple(steps[1:]),
        more_raw_shapes=tuple(array.shape[1:] for array in parts.train.more_x),
        columns=raw.columns,
        target_column=raw.target_column,
        scales=scales,
    )


def too_large(
    name: str, prep: Prep, index: int, spans: Spans, dtype: np.dtype[Any]
) -> NumberTooLarge:
    """A preparation whose numbers are not finite."""
    place = _place(spans, f"preps.{index}")
    return NumberTooLarge(
        at=place.span,
        calls=place.calls,
        path=name,
        where=f"after `prep {prep.word}`",
        found="a number",
        precision=precision_of(dtype),
    )


SplitTriple = tuple[Split, Split | None, Split | None]


def _splits(parts: Splits) -> SplitTriple:
    return parts.train, parts.validation, parts.test


def _only(parts: Splits, index: int) -> Splits:
    """The parts with one of their inputs."""
    splits = [
        None if split is None else split.with_inputs((split.inputs[index],))
        for split in _splits(parts)
    ]
    return Splits(splits[0] or parts.train, splits[1], splits[2])


def _join(splits: tuple[Split | None, ...]) -> Split | None:
    """One part with the inputs of several."""
    first = splits[0]
    if first is None:
        return None
    return first.with_inputs(tuple(split.x for split in splits if split is not None))


def _as_floats(parts: Splits, dtype: np.dtype[Any]) -> Splits:
    """Bytes as byte / 255, 16-bit levels as level / 65535. They were bytes up to here, so that a
    part of a large set is taken before it grows to four times its size."""
    train, validation, test = (
        None if split is None else split.with_inputs(tuple(_floats(x, dtype) for x in split.inputs))
        for split in _splits(parts)
    )
    assert train is not None
    return Splits(train, validation, test)


def _floats(x: Array, dtype: np.dtype[Any]) -> Floats:
    if x.dtype in (np.uint8, np.uint16):
        floats = x.astype(dtype)
        floats /= dtype.type(np.iinfo(x.dtype).max)
        return floats
    return np.asarray(x, dtype)


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
    place = _place(spans, "data")
    if data.word in PUBLISHED:
        published = PUBLISHED[data.word]
        return load_published(published, place=place, problems=problems, reporter=reporter)
    if data.bundled:
        return load_bundled(data.word, options.dtype)
    if isinstance(data, Synthetic):
        return make(data.word, n=data.n, noise=data.noise, seed=data.seed, dtype=options.dtype)
    if isinstance(data, Cifar10):
        return load_cifar10(place=place, problems=problems, reporter=reporter)
    if not isinstance(data, Csv | Npz | Npy | Idx | Images):
        problems.add(CannotRunYet(at=place.span, calls=place.calls, what=f"data {data.word}"))
        return None
    file = DataFile(
        options.root / data.path,
        _name(data, spans),
        _place(spans, "data.path"),
        problems,
        options.dtype,
    )
    match data:
        case Csv():
            return load_table(
                file,
                options.request,
                target=data.target,
                target_place=_place(spans, "data.target"),
                wants_classes=options.wants_classes,
            )
        case Npz():
            return load_npz(file, options.request)
        case Npy():
            target = None if data.target is None else options.root / data.target
            return load_npy(file, options.request, target, data.target or "")
        case Idx():
            return load_idx(file)
        case Images():
            return load_pictures(
                file, data, reporter, _wanted(options.request, preps), options.root
            )


def _wanted(request: DataRequest, preps: tuple[Prep, ...]) -> Shape:
    """The shape that the input reads, before borders are added; empty where nothing is known."""
    shape = request.shapes[0] if request.shapes else ()
    border = 2 * sum(prep.pad for prep in preps if isinstance(prep, Pad))
    if len(shape) < 2 or not border:
        return shape
    *axes, channels = shape
    return (*(None if size is None else max(size - border, 1) for size in axes), channels)


def _fits(
    sample: tuple[int, ...], preps: tuple[Prep, ...], spans: Spans, problems: Problems
) -> list[Callable[[Floats], FittedPrep]] | None:
    """What fits each preparation, for samples of this shape."""
    shape: tuple[int | None, ...] = sample
    fits: list[Callable[[Floats], FittedPrep]] = []
    for index, prep in enumerate(preps):
        place = _place(spans, f"preps.{index}")
        after = prep.output(shape)
        if after is None:
            sample = tuple(size or 0 for size in shape)
            reason = "a vector has no border"
            problems.add(
                PrepDoesNotFit(
                    at=place.span, calls=place.calls, prep=prep.word, sample=sample, reason=reason
                )
            )
            return None
        fit = _fit_of(prep)
        if fit is None:
            what = f"prep {prep.word}"
            problems.add(CannotRunYet(at=place.span, calls=place.calls, what=what))
            return None
        fits.append(fit)
        shape = after
    return fits


def _fit_of(prep: Prep) -> Callable[[Floats], FittedPrep] | None:
    match prep:
        case Scale():
            return fit_scale
        case Standardize():
            return fit_standardize
        case Center():
            return fit_center
        case Whiten(kind=kind):
            return partial(fit_whiten, kind=kind)
        case Pad(pad=size):
            return lambda x: ZeroPadding(size)
    return None


def _name(data: Data, spans: Spans) -> str:
    """The word of a set, or the path of a file as the author wrote it: that of the command line
    has become an absolute one on its way."""
    if not isinstance(data, Csv | Npz | Npy | Idx | Images):
        return data.word
    written = _place(spans, "data.path").span.text[1:-1]
    return written if os.path.abspath(written) == data.path else data.path


def _place(spans: Spans, path: str) -> Place:
    place = spans.get(path)
    if place is None:
        raise ValueError(f"the model has no place for `{path}`")
    return place
