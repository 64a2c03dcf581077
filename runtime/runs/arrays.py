"""The arrays of a program, as far as the record of a run tells them from others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ..array_types import Array
from ..data.dataset import Dataset, Split
from .record import ArrayFingerprint

BLOCK = 2**16
"""Samples that are hashed at a time."""


def array_fingerprints(dataset: Dataset) -> list[ArrayFingerprint]:
    """What tells the samples of a training from others: as they were divided and prepared."""
    found = _of_split(dataset, dataset.train, "training")
    if dataset.validation is not None:
        found += _of_split(dataset, dataset.validation, "validation")
    return found


def weights_fingerprint(weights: Mapping[str, Array]) -> ArrayFingerprint:
    """What tells weights that a training starts from, from others."""
    total = hashlib.sha256()
    count = 0
    for name in sorted(weights):
        total.update(name.encode() + b"\0" + np.ascontiguousarray(weights[name]).tobytes())
        count += weights[name].size
    return ArrayFingerprint(
        name="weights", part="start", shape=[count], type="", sha256=total.hexdigest()
    )


def array_changes(
    before: Sequence[ArrayFingerprint], now: Sequence[ArrayFingerprint]
) -> Iterator[str]:
    """What differs, as lines for a person."""
    if now and not before:
        yield "it was trained on the data of its spec, not on arrays"
        return
    if before and not now:
        yield "it was trained on arrays in Python: continue it with `resume=` of `Model.fit`"
        return
    known = {(item.part, item.name): item for item in now}
    for item in before:
        other = known.pop((item.part, item.name), None)
        what = f"`{item.name}`, {item.part} part"
        if other is None:
            yield f"{what}: it is not given"
        elif (item.shape, item.type) != (other.shape, other.type):
            yield f"{what}: {_kind(item)} then, {_kind(other)} now"
        elif item.sha256 != other.sha256:
            yield f"{what}: its content or its division into parts differs"
    for part, name in known:
        yield f"`{name}`, {part} part: there was none"


def _kind(item: ArrayFingerprint) -> str:
    return f"{'x'.join(map(str, item.shape))} {item.type}"


def _of_split(dataset: Dataset, split: Split, part: str) -> list[ArrayFingerprint]:
    inputs, targets = split.inputs, split.targets[: len(dataset.target_names)]
    named = [
        *zip(("x",) if len(inputs) == 1 else dataset.input_names, inputs, strict=True),
        *zip(("y",) if len(targets) == 1 else dataset.target_names, targets, strict=True),
    ]
    if split.weights is not None:
        named.append(("sample_weight", split.weights))
    targeted = named[len(inputs) : len(inputs) + len(targets)]
    classes = {name: dataset.classes_of(index) for index, (name, _) in enumerate(targeted)}
    return [
        ArrayFingerprint(
            name=name,
            part=part,
            shape=list(array.shape),
            type=str(array.dtype),
            sha256=_digest(array, classes.get(name)),
        )
        for name, array in named
    ]


def _digest(array: Array, classes: Sequence[str] | None) -> str:
    """Of the numbers, and of what they stand for."""
    total = hashlib.sha256(repr(classes).encode() if classes else b"")
    for start in range(0, len(array), BLOCK):
        total.update(np.ascontiguousarray(array[start : start + BLOCK]).tobytes())
    return total.hexdigest()
