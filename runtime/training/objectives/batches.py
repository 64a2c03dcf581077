"""Brings samples from a split into the buffers of an engine."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ...array_types import Array, Doubles, Labels
from ...data.dataset import IGNORED, Split
from ...data.streamed import (
    Fetched,
    Streamed,
    changed,
    distinct,
    reading_threads,
    streamed,
)
from ...data.target_prep import TargetSteps, apply_target
from ...engine.together import ALONE, Together
from .reweighting import Reweighting

SampleIndices = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class EncodedTarget:
    """What one loss is compared with.

    Sample i of a split wants row `index[i]` of `rows`. For classes `rows` is the code of each
    class, (classes, outputs), and `index` the labels; for measured targets `rows` are the targets
    themselves and `index` is None. Where every position of a sample has a class, `index` is
    (N, positions...).
    """

    feed: str
    rows: Array
    index: Array | None

    def wanted(self) -> Array:
        """What there is of each sample."""
        return self.rows if self.index is None else self.index


@dataclass(frozen=True, slots=True, eq=False)
class EncodedWeights:
    """What the rows of one loss count; see `loss_weights.py`."""

    feed: str
    counts: Doubles
    """(N, ...), or (classes + 1, ...) where there are labels."""
    divisors: Doubles
    labels: Array | None
    """The class of every sample, or of every position of it; -1 is ignored."""
    samples: Doubles | None
    """The weight of every sample."""
    target: str = ""
    """The feed of the target that the rows are compared with, or "" for one in the network."""
    of_class: Labels = field(default_factory=lambda: np.zeros(0, np.int64))
    """How many labels of each class there are."""

    def of(self, rows: SampleIndices, moved: Array | None = None) -> tuple[Doubles, Doubles]:
        """Counts and divisors of the rows of samples, whose labels may have been `moved`."""
        at: Array = rows
        if self.labels is not None:
            at = np.asarray(self.labels[rows]) if moved is None else moved
        counts, divisors = np.asarray(self.counts[at]), self.divisors[at]
        if self.samples is None:
            return counts, divisors
        each = self.samples[rows].reshape(-1, *(1 for _ in counts.shape[1:]))
        return counts * each, divisors * each


@dataclass(frozen=True, slots=True, eq=False)
class EncodedSplit:
    """A split as an engine sees it: each input in its shape and in the engine's float type."""

    inputs: Mapping[str, Array]
    """By input node."""
    targets: tuple[EncodedTarget, ...]
    truths: tuple[Array, ...]
    """What each reading of the task compares outputs with: class indices (N, positions...), -1
    where the label is ignored, or numbers (N, ...)."""
    truth_names: tuple[str, ...] = ()
    """The input node, or the feed of the target, that each of these is, or a name of its own."""
    weights: tuple[EncodedWeights, ...] = ()
    """Of the losses whose rows count differently."""

    def stored(self) -> dict[str, Streamed]:
        """What is on the disk: inputs, and of targets classes or numbers."""
        found = {target.feed: target.wanted() for target in self.targets}
        found |= {**self.inputs, **dict(zip(self.truth_names, self.truths, strict=True))}
        streams = {name: streamed(x) for name, x in found.items()}
        return {name: stream for name, stream in streams.items() if stream is not None}

    def computed_alone(self) -> set[str]:
        """The inputs of which a process needs the samples that it computes: metrics compare
        nothing with them."""
        return set(self.inputs) - set(self.truth_names)

    def truths_of(self, rows: SampleIndices, read: Mapping[str, Array]) -> list[Array]:
        """The truths of some samples; `read` are those that `read_batches` got."""
        pairs = zip(self.truth_names, self.truths, strict=True)
        return [read[name] if name in read else truth[rows] for name, truth in pairs]

    def __len__(self) -> int:
        return len(next(iter(self.inputs.values())))


EncodingKind = Literal["indices", "signs", "one_hot", "bits", "numbers"]
"""How the targets of a set say what is right: by class indices, by -1 and +1, by a 1 in the
place of the class, by a 0 or 1 for each label, or by the numbers themselves."""


@dataclass(frozen=True, slots=True, eq=False)
class TargetEncoding:
    """How a target of the data becomes what a loss reads at one feed."""

    feed: str
    codes: Array | None
    """(classes, outputs); None for measured targets."""
    shape: tuple[int, ...]
    """Of what the loss compares, for one sample."""
    kind: EncodingKind = "indices"
    target: int = 0
    """Which target of the data it is."""
    steps: TargetSteps = ()
    """What prepares its numbers for the loss."""
    reweighting: Reweighting | None = None
    """What changes targets that are no classes."""
    ignores: bool = False
    """Whether the loss has a label that it ignores."""

    def labels(self, y: Array) -> Array:
        """The class of every sample, or of every position of it, (N, positions...); -1 where the
        label is ignored."""
        return changed(y, self._labels)

    def _labels(self, y: Array) -> Array:
        if self.kind == "one_hot":
            labels = y.reshape(len(y), *self.shape).argmax(axis=-1)
        else:
            labels = self._indices(y)
        return np.ascontiguousarray(labels, np.int64).reshape(len(y), *self.shape[:-1])

    def _indices(self, y: Array) -> Array:
        return np.where(y == IGNORED, -1, y > 0 if self.kind == "signs" else y)

    def counts(self, y: Array) -> Labels:
        """How many labels of each class there are, (classes,)."""
        if streamed(y) is None or self.kind == "one_hot":
            labels, repeats = np.asarray(self.labels(y)).ravel(), None
        else:
            values, repeats = distinct(y)
            labels = self._indices(values).astype(np.int64)
        counted = labels >= 0
        classes = 0 if self.codes is None else len(self.codes)
        weights = None if repeats is None else repeats[counted]
        return np.bincount(labels[counted], weights, classes).astype(np.int64)

    def compared(self, y: Array, dtype: np.dtype[Any]) -> Array:
        """Numbers as the loss compares them, (N, *shape)."""

        def change(part: Array) -> Array:
            t = apply_target(self.steps, part)
            t = t if self.reweighting is None else self.reweighting.of_rows(t)[0]
            return np.ascontiguousarray(t, dtype)

        return changed(y.reshape(len(y), *self.shape), change)


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """What the metrics of one output compare it with."""

    encoding: TargetEncoding | None
    """The target of the data, as a loss reads it."""
    source: str = ""
    """Without a coding: the input node that the output should equal."""


def encode_split(
    split: Split,
    *,
    inputs: Mapping[str, tuple[int, ...]],
    dtype: np.dtype[Any],
    encodings: tuple[TargetEncoding, ...],
    truths: tuple[GroundTruth, ...] = (),
) -> EncodedSplit:
    """The split viewed in the shapes of the inputs (row-major, the same number of elements).

    `inputs` are the input nodes in the order of the split's inputs.
    """
    arrays = {}
    for (node, shape), array in zip(inputs.items(), split.inputs, strict=True):
        seen = array.reshape(len(split), *shape)
        arrays[node] = np.ascontiguousarray(seen, dtype) if streamed(seen) is None else seen
    targets = []
    for encoding in encodings:
        y = split.targets[encoding.target]
        if encoding.codes is None:
            targets.append(EncodedTarget(encoding.feed, encoding.compared(y, dtype), None))
        else:
            codes = np.ascontiguousarray(encoding.codes, dtype)
            targets.append(EncodedTarget(encoding.feed, codes, encoding.labels(y)))
    labels = {target.feed: target.index for target in targets}
    true: list[tuple[str, Array]] = []
    for number, truth in enumerate(truths):
        coding, own = truth.encoding, f"truth:{number}"
        if coding is None:
            true.append((truth.source, arrays[truth.source]))
        elif coding.codes is None:
            true.append((own, split.targets[coding.target]))
        else:
            known = labels.get(coding.feed)
            found = coding.labels(split.targets[coding.target]) if known is None else known
            true.append((own if known is None else coding.feed, found))
    names = tuple(name for name, _ in true)
    return EncodedSplit(arrays, tuple(targets), tuple(array for _, array in true), names)


class Fetches(Protocol):
    """Samples that are not ready in memory."""

    def fetch(self, rows: SampleIndices, pool: Executor) -> Fetched:
        """Begins to get some samples; calling what it gives waits for them."""


AHEAD = 1
"""Batches that are read from the disk while one is computed."""


def read_batches(
    part: EncodedSplit,
    order: SampleIndices,
    size: int,
    most: int | None,
    sources: Mapping[str, Fetches] = MappingProxyType({}),
    together: Together = ALONE,
) -> Iterator[tuple[SampleIndices, Mapping[str, Array]]]:
    """The rows of each batch, with what is on the disk of its samples, or has other `sources`, by
    input, feed of a target, or truth. They are got ahead, by threads. Where processes work
    `together`, each gets the samples of inputs that it computes, and the others are 0."""
    end = len(order) if most is None else min(len(order), size * most)
    batches = (order[start : min(start + size, end)] for start in range(0, end, size))
    stored: dict[str, Fetches] = {**part.stored(), **sources}
    if not stored:
        for rows in batches:
            yield rows, {}
        return
    shares = dict.fromkeys(part.computed_alone(), together.share) if together.world > 1 else {}
    with reading_threads() as pool:
        coming: deque[tuple[SampleIndices, dict[str, Callable[[], Array]]]] = deque()
        for rows in batches:
            coming.append(
                (
                    rows,
                    {node: _fetch(x, rows, pool, shares.get(node)) for node, x in stored.items()},
                )
            )
            if len(coming) > AHEAD:
                yield _arrived(*coming.popleft())
        while coming:
            yield _arrived(*coming.popleft())


def _fetch(
    source: Fetches,
    rows: SampleIndices,
    pool: Executor,
    share: Callable[[int], slice] | None,
) -> Callable[[], Array]:
    """Begins to get the samples of a batch, or those of a share of it."""
    if share is None:
        return source.fetch(rows, pool)
    own = share(len(rows))
    coming = source.fetch(rows[own], pool)

    def arrive() -> Array:
        found = coming()
        whole = np.zeros((len(rows), *found.shape[1:]), found.dtype)
        whole[own] = found
        return whole

    return arrive


def _arrived(
    rows: SampleIndices, coming: dict[str, Callable[[], Array]]
) -> tuple[SampleIndices, Mapping[str, Array]]:
    return rows, {node: fetched() for node, fetched in coming.items()}


def fill(
    feeds: Mapping[str, Array],
    part: EncodedSplit,
    rows: SampleIndices,
    count: int,
    read: Mapping[str, Array] = MappingProxyType({}),
    means: Mapping[str, float] | None = None,
) -> float:
    """Copies the samples `rows` (`count` of them) into the first rows of the feeds. What
    `read_batches` got of inputs and targets is in `read`; what else is on the disk is read now.
    Where rows count differently, they are divided by their mean in `means`, or by that of the
    batch.

    Gives what the batch counts in a mean over batches: its samples, times their mean weight.
    `mode="clip"` spares `take` a second pass that checks the indices, and takes any class for what
    is ignored.
    """
    for node, array in part.inputs.items():
        if node in read:
            feeds[node][:count] = read[node]
        elif streamed(array) is not None:
            feeds[node][:count] = np.asarray(array[rows])
        else:
            array.take(rows, axis=0, out=feeds[node][:count], mode="clip")
    for target in part.targets:
        out = feeds[target.feed][:count]
        here = read.get(target.feed)
        if target.index is None and streamed(target.rows) is not None:
            out[...] = np.asarray(target.rows[rows]) if here is None else here
            continue
        wanted = rows if target.index is None else target.index[rows]
        wanted = np.asarray(wanted) if here is None else here
        # a class for each position takes a code for each position
        shape = (*wanted.shape, *target.rows.shape[1:])
        target.rows.take(wanted, axis=0, out=out.reshape(shape), mode="clip")
    share = 0.0
    for item in part.weights:
        counts, divisors = item.of(rows, read.get(item.target))
        mean = float(divisors.mean())
        share += count * mean / len(part.weights)
        mean = mean if means is None else means[item.feed]
        # nothing counts where all labels are ignored: the loss is 0
        feeds[item.feed][:count] = counts / mean if mean > 0 else 0.0
    return share if part.weights else float(count)


def fill_rest(
    feeds: Mapping[str, Array],
    part: EncodedSplit,
    rows: SampleIndices,
    sources: Mapping[str, Fetches],
    together: Together,
) -> None:
    """Fills in what other processes have computed of a batch, for a look at all of it."""
    if together.world > 1:
        ((_, whole),) = read_batches(part, rows, len(rows), 1, sources)
        fill(feeds, part, rows, len(rows), whole)


def epoch_order(seed: int, epoch: int, count: int, *, shuffle: bool) -> SampleIndices:
    """The order of the samples in an epoch: a function of the seed and the epoch alone, so that a
    run can go on at any epoch without knowing the ones before."""
    if not shuffle:
        return np.arange(count)
    bits = np.random.PCG64(np.random.SeedSequence((seed, epoch)))
    return np.random.Generator(bits).permutation(count)
