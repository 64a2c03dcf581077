"""The parts of a set become a data set: every input is prepared as the network reads it."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

import numpy as np

from ...compiler.data.preparations import (
    Center,
    Impute,
    OneHot,
    PadPictures,
    Prep,
    Scale,
    Standardize,
    Whiten,
)
from ...compiler.problems.data import PrepDoesNotFit
from ...compiler.problems.numbers import DigitsLost, NumberTooLarge
from ...compiler.problems.running import CannotRunYet
from ...compiler.problems.tables import CategoryUnknown
from ...compiler.shapes import Shape, elements
from ...compiler.spans import Place, Spans
from ...grammar.problem import Problems
from ...grammar.source import Source, Span
from ..array_types import FLOAT, Array, precision_of
from .dataset import Dataset, RawDataset, Split
from .fitted_prep import Categories, FittedPrep, ZeroPadding, unknown_category
from .pixel_scale import scale_of
from .preparation import (
    Fit,
    FitSamples,
    first_unresolved,
    fit_and_apply,
    fit_categories,
    fit_center,
    fit_fill,
    fit_scale,
    fit_standardize,
    fit_whiten,
)
from .splits import Splits
from .streamed import streamed


def assemble(
    name: str,
    raw: RawDataset,
    parts: Splits,
    preps: tuple[Prep, ...] | None,
    spans: Spans,
    problems: Problems,
    *,
    dtype: np.dtype[Any] = FLOAT,
    shapes: tuple[Shape, ...] = (),
) -> Dataset | None:
    """The parts of a set, every input prepared on its own, as a data set; None after a problem.
    `shapes`: in which shape each input of the network reads a sample. Without `preps` the samples
    stay as they were read."""
    scales = tuple(scale_of(x) for x in parts.train.inputs)
    unprepared = tuple(split for split in _splits(parts) if split is not None)
    if preps:
        parts = _as_read(parts, preps, shapes)
    prepared: list[Splits] = []
    steps: list[tuple[FittedPrep, ...]] = []
    for index in range(len(parts.train.inputs)):
        one = _only(parts, index)
        changed = (
            (one, ()) if preps is None else _prepare(one, preps, name, raw, spans, problems, dtype)
        )
        if changed is None:
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
        target_columns=raw.target_columns,
        categories=raw.categories,
        scales=scales,
        unprepared=unprepared,
    )


def _prepare(
    parts: Splits,
    preps: tuple[Prep, ...],
    name: str,
    raw: RawDataset,
    spans: Spans,
    problems: Problems,
    dtype: np.dtype[Any],
) -> tuple[Splits, tuple[FittedPrep, ...]] | None:
    """One input, prepared, and its fitted preparations; None after a problem."""
    fits = _fits(parts.train.x.shape[1:], preps, raw, spans, problems)
    if fits is None or _needs_memory(parts.train.x, preps, spans, problems):
        return None
    categories = raw.categories if parts.train.x.ndim == 2 else ()
    texts = tuple(index for index, names in enumerate(categories) if names is not None)
    changed = fit_and_apply(parts, fits, dtype, texts, later=raw.later)
    if not isinstance(changed, int) and categories:
        for split in _splits(parts):
            found = None if split is None else unknown_category(split.x, changed[1])
            if split is not None and found is not None:
                row = int(split.numbers()[found[0]])
                file = split.file_of(row)
                problems.add(
                    category_unknown(
                        file or name,
                        raw.columns,
                        categories,
                        changed[1],
                        split.x,
                        found,
                        split.name_of_row(row).removesuffix(f" of `{file}`"),
                        _data_place(name, spans),
                    )
                )
                return None
    if isinstance(changed, int):
        problems.add(too_large(name, preps[changed], changed, spans, dtype))
        return None
    samples = FitSamples(parts.train.x, changed[1])
    lost = first_unresolved(samples, dtype)
    if lost is not None:
        problems.add(_digits_lost(name, raw, samples, lost, spans))
        return None
    return changed


def category_unknown(
    name: str,
    columns: tuple[str, ...],
    categories: tuple[tuple[str, ...] | None, ...],
    steps: tuple[FittedPrep, ...],
    x: Array,
    found: tuple[int, int],
    row: str,
    at: Place,
) -> CategoryUnknown:
    """The category of a row and a column that training did not have."""
    names = categories[found[1]] or ()
    kept = next(step.kept for step in steps if isinstance(step, Categories))[found[1]]
    return CategoryUnknown(
        at=at,
        path=name,
        column=columns[found[1]],
        found=names[int(x[found])],
        row=row,
        known=tuple(names[code] for code in kept),
    )


def too_large(
    name: str, prep: Prep, index: int, spans: Spans, dtype: np.dtype[Any]
) -> NumberTooLarge:
    """A preparation whose numbers are not finite."""
    place = place_in(spans, f"preps.{index}")
    return NumberTooLarge(
        at=place,
        path=name,
        where=f"after `prep {prep.word}`",
        found="a number",
        precision=precision_of(dtype),
    )


def _digits_lost(
    name: str, raw: RawDataset, samples: FitSamples, column: int, spans: Spans
) -> DigitsLost:
    """A feature whose values cannot be told apart in single precision."""
    values = np.concatenate([part[:, column] for part in samples.parts()])
    return DigitsLost(
        at=_data_place(name, spans),
        data=name,
        feature=raw.columns[column] if raw.columns else str(column + 1),
        named=bool(raw.columns),
        values=len(np.unique(values)),
        kept=len(np.unique(values.astype(np.float32))),
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


def _as_read(parts: Splits, preps: tuple[Prep, ...], shapes: tuple[Shape, ...]) -> Splits:
    """The parts with each input in the shape in which `prep` sees its samples."""
    if len(shapes) != len(parts.train.inputs):
        return parts
    train, validation, test = (
        None
        if split is None
        else split.with_inputs(
            tuple(
                x.reshape(len(x), *seen_shape(x.shape[1:], preps, shape))
                for x, shape in zip(split.inputs, shapes, strict=True)
            )
        )
        for split in _splits(parts)
    )
    assert train is not None
    return Splits(train, validation, test)


def seen_shape(sample: tuple[int, ...], preps: tuple[Prep, ...], read: Shape) -> tuple[int, ...]:
    """In which shape `prep` sees samples that the network reads as `read`: an image is one however
    it is stored. Two axes that are read as one vector are a grey image."""
    seen: tuple[int, ...] = ()
    if len(sample) == 2 and len(read) in (1, 3):
        seen = (*sample, 1)
    elif len(sample) == 1 and len(read) > 1:
        seen = tuple(size or 0 for size in read)
    shape: Shape | None = seen
    for prep in preps:
        shape = None if shape is None else prep.output(shape)
    if not seen or shape is None or prod(seen) != prod(sample):
        return sample
    made = shape if len(read) > 1 else (elements(shape),)
    fits = len(made) == len(read) and all(
        there in (None, here) for here, there in zip(made, read, strict=True)
    )
    return seen if fits else sample


def _needs_memory(x: Array, preps: tuple[Prep, ...], spans: Spans, problems: Problems) -> bool:
    """Whether a step cannot be fitted to samples that are read by batches: a rotation rounds
    otherwise for other numbers of samples at a time."""
    for index, prep in enumerate(preps):
        if streamed(x) is not None and isinstance(prep, Whiten):
            reason = "it needs all samples in memory, and these are read by batches"
            place = place_in(spans, f"preps.{index}")
            sample = x.shape[1:]
            problems.add(PrepDoesNotFit(at=place, prep=prep.word, sample=sample, reason=reason))
            return True
    return False


def _fits(
    sample: tuple[int, ...],
    preps: tuple[Prep, ...],
    raw: RawDataset,
    spans: Spans,
    problems: Problems,
) -> list[Fit] | None:
    """What fits each preparation, for samples of this shape."""
    shape: tuple[int | None, ...] = sample
    fits: list[Fit] = []
    for index, prep in enumerate(preps):
        place = place_in(spans, f"preps.{index}")
        after = prep.output(shape)
        if after is None:
            sample = tuple(size or 0 for size in shape)
            reason = "a vector has no border"
            problems.add(PrepDoesNotFit(at=place, prep=prep.word, sample=sample, reason=reason))
            return None
        fit = _fit_of(prep, raw)
        if fit is None:
            what = f"prep {prep.word}"
            problems.add(CannotRunYet(at=place, what=what))
            return None
        fits.append(fit)
        shape = after
    return fits


def _fit_of(prep: Prep, raw: RawDataset) -> Fit | None:
    match prep:
        case Scale():
            return fit_scale
        case Standardize():
            return fit_standardize
        case Center():
            return fit_center
        case Whiten(kind=kind):
            return partial(fit_whiten, kind=kind)
        case Impute(kind=kind, value=value):
            return partial(fit_fill, kind=kind, value=value)
        case OneHot(unknown=unknown):
            return partial(fit_categories, strict=unknown == "error", kept=raw.encoded)
        case PadPictures(pad=size):
            return lambda samples: ZeroPadding(size)
    return None


def _data_place(name: str, spans: Spans) -> Place:
    """Where the data is written; arrays of a program may come without a `data` in the spec."""
    at = spans.get("data")
    return Place(Span(Source(f"<{name}>", ""), 0, 0)) if at is None else at


def place_in(spans: Spans, path: str) -> Place:
    """Where a part of the spec is written."""
    place = spans.get(path)
    if place is None:
        raise ValueError(f"the model has no place for `{path}`")
    return place
