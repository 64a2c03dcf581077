"""Loads the data set that a spec names: source, parts, preparations."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ...compiler.problems.data import PrepDoesNotFit, SplitLeavesNothing
from ...compiler.problems.running import CannotRunYet
from ...compiler.spans import Place, Spans
from ...compiler.words.data import Data
from ...compiler.words.files import Csv
from ...compiler.words.preps import Center, Pad, Prep, Scale, Standardize, Whiten
from ...compiler.words.synthetic import Synthetic
from ...grammar.problem import Problems
from .bundled import BUNDLED, load_bundled
from .dataset import Dataset, Floats, Pool
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
from .splits import Parts, Shares, divide
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
    fitted: tuple[Step, ...] | None = None,
) -> Dataset | None:
    """The data set, or None after a problem was put in the bag.

    `root` is the folder that paths are relative to; `seed` fixes the parts; `wants_classes` says
    that the loss learns classes, which decides what a column of whole numbers means. `fitted`
    are preparations of an earlier run, applied as they are.
    """
    name = _name(data)
    pool = _load_pool(
        data,
        root=root,
        wants_classes=wants_classes,
        spans=spans,
        problems=problems,
        reporter=reporter,
    )
    if pool is None:
        return None
    shares, whole = Shares(*data.shares()), data.split is not None
    parts = divide(pool, shares, seed=seed, limit=data.limit, whole=whole)
    if isinstance(parts, str):
        at = _place(spans, "data.split" if data.split is not None else "data.val")
        problems.add(SplitLeavesNothing(at=at.span, calls=at.calls, reason=parts))
        return None
    return assemble(name, pool, parts, preps, spans, problems, fitted=fitted)


def assemble(
    name: str,
    pool: Pool,
    parts: Parts,
    preps: tuple[Prep, ...],
    spans: Spans,
    problems: Problems,
    *,
    fitted: tuple[Step, ...] | None = None,
) -> Dataset | None:
    """The parts of a pool, prepared, as a data set; None after a problem."""
    fits: list[Callable[[Floats], Step]] | None
    if fitted is None:
        fits = _fits(parts.train.x.shape[1:], preps, spans, problems)
    else:
        fits = [partial(_given, step=step) for step in fitted]
    if fits is None:
        return None
    prepared, steps = apply_steps(parts, fits)
    return Dataset(
        name,
        prepared.train,
        prepared.validation,
        prepared.test,
        prepared.train.x.shape[1:],
        None if pool.classes is None else len(pool.classes),
        pool.classes or (),
        pool.hashes,
        pool.note,
        parts.train.x.shape[1:],
        steps,
    )


def _load_pool(
    data: Data,
    *,
    root: Path,
    wants_classes: bool,
    spans: Spans,
    problems: Problems,
    reporter: Reporter,
) -> Pool | None:
    place = _place(spans, "data")
    if data.word in PUBLISHED:
        return load_published(
            PUBLISHED[data.word], place=place, problems=problems, reporter=reporter
        )
    if data.word in BUNDLED:
        return load_bundled(data.word)
    if isinstance(data, Synthetic):
        return make(data.word, n=data.n, noise=data.noise, seed=data.seed)
    if isinstance(data, Csv):
        return load_table(
            root / data.path,
            data.path,
            data.target,
            wants_classes=wants_classes,
            place=_place(spans, "data.path"),
            target_place=_place(spans, "data.target"),
            problems=problems,
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
            reason = "a plain vector has no border"
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


def _name(data: Data) -> str:
    return data.path if isinstance(data, Csv) else data.word


def _place(spans: Spans, path: str) -> Place:
    place = spans.get(path)
    if place is None:
        raise ValueError(f"the model has no place for `{path}`")
    return place
