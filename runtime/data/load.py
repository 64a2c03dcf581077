"""Loads the data set that a spec names: source, parts, preparations."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
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
from ...compiler.spans import Place, Spans
from ...grammar.problem import Problems
from ..engine.precision import name_of
from .arrays import Wanted, load_npy, load_npz
from .bundled import BUNDLED, load_bundled
from .cifar import load_cifar10
from .dataset import FLOAT, Array, Dataset, Floats, Pool, Split
from .idx_set import load_idx
from .pictures import load_pictures
from .preparation import (
    Border,
    Step,
    apply_steps,
    fit_center,
    fit_scale,
    fit_standardize,
    fit_whiten,
)
from .published import PUBLISHED, load_published
from .splits import Parts, Shares, divide, everything
from .store import Reporter
from .synthetic import make
from .table import load_table


def load(
    data: Data,
    preps: tuple[Prep, ...],
    *,
    root: Path,
    seed: int,
    wants_classes: bool,
    spans: Spans,
    problems: Problems,
    reporter: Reporter,
    wanted: Wanted | None = None,
    fitted: tuple[tuple[Step, ...], ...] | None = None,
    dtype: np.dtype[Any] = FLOAT,
    shuffle: bool = True,
    undivided: bool = False,
) -> Dataset | None:
    """The data set, or None after a problem was put in the bag.

    `root` is the folder that paths are relative to; `seed` fixes the parts; `wants_classes` says
    that the loss learns classes, which decides what a column of whole numbers means; `wanted`
    names what a network with several inputs or targets reads. `fitted` are the preparations of
    an earlier run, input by input, applied as they are. `dtype` is what numbers are read as.
    Without `shuffle` the parts keep the order of the data. `undivided` makes one part of all
    samples that would be divided, and of the test part.
    """
    name = _name(data, spans)
    pool = _load_pool(
        data,
        root=root,
        wants_classes=wants_classes,
        spans=spans,
        problems=problems,
        reporter=reporter,
        wanted=wanted or Wanted(),
        dtype=dtype,
    )
    if pool is None:
        return None
    if pool.test is not None:
        at = _place(spans, "data")
        if not parts_agree(name, pool, pool.samples, pool.test, "_test", at, problems):
            return None
        pool = replace(pool, test=replace(pool.test, rows=-pool.test.numbers()))
    whole = data.split is not None
    option = "data.split" if whole else "data.val"
    choose: Callable[..., Parts | str] = partial(everything, pool)
    if not undivided:
        shares, strict = Shares(*shares_of(data, pool)), option in spans.places
        choose = partial(divide, pool, shares, strict=strict)
    parts = choose(seed=seed, limit=data.limit, whole=whole, shuffle=shuffle)
    if isinstance(parts, str):
        at = _place(spans, option)
        problems.add(SplitLeavesNothing(at=at.span, calls=at.calls, reason=parts))
        return None
    return assemble(name, pool, parts, preps, spans, problems, fitted=fitted, dtype=dtype)


def parts_agree(
    name: str, pool: Pool, one: Split, other: Split, mark: str, at: Place, problems: Problems
) -> bool:
    """Whether the samples and targets of two parts have the same shapes; the first that differ
    become a problem. `mark` stands behind the names of the arrays of the other part."""
    inputs = ("x",) if len(pool.input_names) == 1 else pool.input_names
    names = (*inputs, *pool.target_names)
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


def shares_of(data: Data, pool: Pool) -> tuple[float, float, float]:
    """The shares of the parts. A set that turns out to have a test part of its own gives no
    tenth of the rest for another."""
    train, validation, test = data.shares()
    if data.split is None and pool.test is not None:
        return train + test, validation, 0.0
    return train, validation, test


def assemble(
    name: str,
    pool: Pool,
    parts: Parts,
    preps: tuple[Prep, ...],
    spans: Spans,
    problems: Problems,
    *,
    fitted: tuple[tuple[Step, ...], ...] | None = None,
    dtype: np.dtype[Any] = FLOAT,
) -> Dataset | None:
    """The parts of a pool, prepared, as a data set; None after a problem.

    Every input is prepared on its own.
    """
    parts = _as_floats(parts, dtype)
    raw = parts.train
    prepared: list[Parts] = []
    steps: list[tuple[Step, ...]] = []
    fits: list[Callable[[Floats], Step]]
    for index, array in enumerate(raw.inputs):
        if fitted is not None:
            fits = [partial(_given, step=step) for step in fitted[index]]
        else:
            found = _fits(array.shape[1:], preps, spans, problems)
            if found is None:
                return None
            fits = found
        changed = apply_steps(_only(parts, index), fits)
        if isinstance(changed, int):
            problems.add(too_large(name, preps[changed], changed, spans, dtype))
            return None
        one, own = changed
        prepared.append(one)
        steps.append(own)
    done = Parts(*(_join(splits) for splits in zip(*map(_splits, prepared), strict=True)))
    return Dataset(
        name,
        done.train,
        done.validation,
        done.test,
        done.train.x.shape[1:],
        None if pool.classes is None else len(pool.classes),
        pool.classes or (),
        pool.hashes,
        pool.note,
        raw.x.shape[1:],
        steps[0],
        pool.input_names,
        pool.target_names,
        pool.more_classes,
        tuple(steps[1:]),
        tuple(array.shape[1:] for array in raw.more_x),
        pool.columns,
        pool.target_column,
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
        precision=name_of(dtype),
    )


Splits = tuple[Split, Split | None, Split | None]


def _splits(parts: Parts) -> Splits:
    return parts.train, parts.validation, parts.test


def _only(parts: Parts, index: int) -> Parts:
    """The parts with one of their inputs."""
    splits = [
        None if split is None else split.with_inputs((split.inputs[index],))
        for split in _splits(parts)
    ]
    return Parts(splits[0] or parts.train, splits[1], splits[2])


def _join(splits: tuple[Split | None, ...]) -> Any:
    """One part with the inputs of several."""
    first = splits[0]
    if first is None:
        return None
    return first.with_inputs(tuple(split.x for split in splits if split is not None))


def _as_floats(parts: Parts, dtype: np.dtype[Any]) -> Parts:
    """Bytes as byte / 255. They were bytes up to here, so that a part of a large set is taken
    before it grows to four times its size."""
    train, validation, test = (
        None if split is None else split.with_inputs(tuple(_floats(x, dtype) for x in split.inputs))
        for split in _splits(parts)
    )
    assert train is not None
    return Parts(train, validation, test)


def _floats(x: Array, dtype: np.dtype[Any]) -> Floats:
    if x.dtype == np.uint8:
        floats = x.astype(dtype)
        floats /= dtype.type(255)
        return floats
    return np.asarray(x, dtype)


def _load_pool(
    data: Data,
    *,
    root: Path,
    wants_classes: bool,
    spans: Spans,
    problems: Problems,
    reporter: Reporter,
    wanted: Wanted,
    dtype: np.dtype[Any],
) -> Pool | None:
    place, shown = _place(spans, "data"), _name(data, spans)
    if data.word in PUBLISHED:
        return load_published(
            PUBLISHED[data.word], place=place, problems=problems, reporter=reporter
        )
    if data.word in BUNDLED:
        return load_bundled(data.word, dtype)
    if isinstance(data, Synthetic):
        return make(data.word, n=data.n, noise=data.noise, seed=data.seed, dtype=dtype)
    if isinstance(data, Csv):
        return load_table(
            root / data.path,
            shown,
            data.target,
            wants_classes=wants_classes,
            columns=wanted.columns,
            learnt_target=wanted.target_column,
            dtype=dtype,
            place=_place(spans, "data.path"),
            target_place=_place(spans, "data.target"),
            problems=problems,
        )
    if isinstance(data, Cifar10):
        return load_cifar10(place=place, problems=problems, reporter=reporter)
    where = _place(spans, "data.path")
    if isinstance(data, Npz):
        return load_npz(
            root / data.path, shown, wanted, dtype=dtype, place=where, problems=problems
        )
    if isinstance(data, Npy):
        target = None if data.target is None else root / data.target
        return load_npy(
            root / data.path,
            shown,
            target,
            data.target or "",
            wanted,
            dtype=dtype,
            place=where,
            problems=problems,
        )
    if isinstance(data, Idx):
        return load_idx(root / data.path, shown, place=where, problems=problems)
    if isinstance(data, Images):
        return load_pictures(
            root / data.path, shown, place=where, problems=problems, reporter=reporter
        )
    problems.add(CannotRunYet(at=place.span, calls=place.calls, what=f"data {data.word}"))
    return None


def _fits(
    sample: tuple[int, ...], preps: tuple[Prep, ...], spans: Spans, problems: Problems
) -> list[Callable[[Floats], Step]] | None:
    """What fits each preparation, for samples of this shape."""
    shape: tuple[int | None, ...] = sample
    fits: list[Callable[[Floats], Step]] = []
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


def _given(x: Floats, *, step: Step) -> Step:
    """What stands for the fitting of a preparation that is fitted already."""
    return step


def _fit_of(prep: Prep) -> Callable[[Floats], Step] | None:
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
            return lambda x: Border(size)
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
