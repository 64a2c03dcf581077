"""`augment` in training: the samples of each batch are changed on their way to the engine.

The training part is kept as it was read. A batch is changed, prepared as all samples are, and cast
to what the network computes with. Samples in memory are changed before their step: a thread beside
it delays the many short calls of a step by more than the work takes. Those on the disk are changed
by the threads that read them, while the batch before is computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from typing import Any

import numpy as np

from ....compiler.check.contracts.samples import check_crop
from ....compiler.problems.running import TargetsNotMoved
from ....compiler.problems.training import AugmentDoesNotFit
from ....compiler.training.directives import Augment
from ....grammar.problem import Problems
from ...array_types import Array, Doubles, Floats, Labels, float_type
from ...data.assemble import seen_shape
from ...data.dataset import Dataset
from ...data.fitted_prep import LEVELS, FittedPrep, ZeroPadding, prepare
from ...data.pictures.changes import Draws, draw_epoch, movement, recolor
from ...data.streamed import Fetched, reading_threads, streamed
from ..objectives.batches import EncodedSplit, Fetches, SampleIndices
from ..objectives.objectives import Objective
from ..spec import Spec

JOB = 32
"""Samples that are changed at a time."""
BLOCK = 2**13
"""Numbers of pictures that are changed together; arrays of indices have 8 bytes for each."""
SINGLE = np.dtype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class AugmentedInput:
    """The training samples of one input, as they were read, and what becomes of them."""

    samples: Array
    """(N, ...) in memory or on the disk."""
    borders: tuple[FittedPrep, ...]
    """What `prep` adds around an image before anything else."""
    steps: tuple[FittedPrep, ...]
    """The other preparations."""
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    """In which the network reads a sample."""
    black: float
    white: float
    """The values of a black and of a white pixel, as the samples were read."""

    def seen(self) -> tuple[int, ...]:
        """The shape in which a sample is changed."""
        made = self._read(np.arange(1))
        return made.shape[1:]

    def _read(self, rows: SampleIndices) -> Floats:
        raw = np.asarray(self.samples[rows])
        samples = prepare(raw, (), SINGLE) if raw.dtype in LEVELS else raw
        return prepare(samples, self.borders, samples.dtype) if self.borders else samples

    def changed(
        self, rows: SampleIndices, augment: Augment, draws: Draws, random: np.random.Generator
    ) -> Floats:
        """Some samples of an epoch, as the network reads them."""
        samples = self._read(rows)
        if samples.ndim == 4:
            samples = self._change_pictures(samples, augment, draws)
        prepared = prepare(samples, self.steps, self.dtype).reshape(len(rows), *self.shape)
        if augment.noise:
            noise = random.standard_normal(prepared.shape, np.float32)
            prepared = prepared + np.float32(augment.noise) * noise
        return prepared

    def _change_pictures(self, pictures: Floats, augment: Augment, draws: Draws) -> Floats:
        """Changes a few pictures at a time: larger arrays are given back to the system and asked
        for again at every step, which takes three times as long as the work itself."""
        count = max(1, BLOCK // int(np.prod(pictures.shape[1:])))
        changed = np.empty(pictures.shape, pictures.dtype)
        for start in range(0, len(pictures), count):
            block, own = pictures[start : start + count], draws[start : start + count]
            how = movement(augment, own, *block.shape[1:3])
            moved = block if how is None else how.move(block)
            changed[start : start + count] = recolor(augment, own, moved, self.black, self.white)
        return changed


@dataclass(frozen=True, slots=True, eq=False)
class MovingMasks:
    """The labels that move with the images of the training part."""

    labels: Labels
    """(N, H, W)."""
    outside: int
    """The label of what moves in from outside: -1, which is ignored, or the class 0."""


@dataclass(frozen=True, slots=True, eq=False)
class _Epoch:
    """One input or mask in one epoch."""

    change: Any
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    in_memory: bool

    def fetch(self, rows: SampleIndices, pool: Executor) -> Fetched:
        """Changes some samples, or begins to; calling what it gives waits for them."""
        out = np.empty((len(rows), *self.shape), self.dtype)

        def work(start: int) -> None:
            out[start : start + JOB] = self.change(rows[start : start + JOB])

        starts = range(0, len(rows), JOB)
        if self.in_memory:
            for start in starts:
                work(start)
            return Fetched(out, ())
        return Fetched(out, [pool.submit(work, start) for start in starts])


@dataclass(frozen=True, slots=True, eq=False)
class Augmentation:
    """What `augment` does to the training part of a run."""

    augment: Augment
    inputs: Mapping[str, AugmentedInput]
    """By input node."""
    masks: Mapping[str, MovingMasks]
    """By feed."""
    seed: int
    samples: int
    truths: Mapping[int, str] = field(default_factory=dict)
    """The input node that a measured output is compared with, where it is one."""

    def sources(self, epoch: int) -> Mapping[str, Fetches]:
        """The changed samples of an epoch, by input node, and the masks, by feed."""
        draws = draw_epoch(self.samples, self.seed, epoch)
        found: dict[str, Fetches] = {}
        for number, (node, source) in enumerate(self.inputs.items()):
            change = partial(self._change, source, (self.seed, epoch, 2 + number), draws)
            in_memory = streamed(source.samples) is None
            found[node] = _Epoch(change, source.shape, source.dtype, in_memory)
        for feed, masks in self.masks.items():
            move = partial(self._move, masks, draws)
            in_memory = streamed(masks.labels) is None
            found[feed] = _Epoch(move, masks.labels.shape[1:], masks.labels.dtype, in_memory)
        return found

    def _change(
        self, source: AugmentedInput, seed: tuple[int, ...], draws: Draws, rows: SampleIndices
    ) -> Floats:
        seeds = np.random.SeedSequence((*seed, int(rows[0])))
        random = np.random.Generator(np.random.SFC64(seeds))
        return source.changed(rows, self.augment, draws[rows], random)

    def _move(self, masks: MovingMasks, draws: Draws, rows: SampleIndices) -> Labels:
        labels = np.asarray(masks.labels[rows])
        how = movement(self.augment, draws[rows], *labels.shape[1:])
        return labels if how is None else how.move_labels(labels, masks.outside)

    @property
    def mixes(self) -> bool:
        """Whether samples of a batch depend on each other."""
        return bool(self.augment.mixup)

    def first_batch(self, rows: SampleIndices) -> Mapping[str, Array]:
        """Some samples of the first epoch, by input node, and their masks, by feed."""
        with reading_threads() as pool:
            return {name: source.fetch(rows, pool)() for name, source in self.sources(1).items()}

    def finish(
        self,
        feeds: Mapping[str, Array],
        part: EncodedSplit,
        count: int,
        number: tuple[int, int],
    ) -> Mapping[int, Array]:
        """Mixes the samples of a filled batch, where `mixup` says so, and gives what measured
        outputs are compared with that is an input. `number` are the epoch and the batch."""
        if self.augment.mixup:
            seeds = np.random.SeedSequence((self.seed, number[0], 2**32, number[1]))
            random = np.random.Generator(np.random.PCG64(seeds))
            share = random.beta(self.augment.mixup, self.augment.mixup)
            mix(feeds, part, share, random.permutation(count))
        return {index: feeds[name][:count] for index, name in self.truths.items()}


def mix(
    feeds: Mapping[str, Array], part: EncodedSplit, share: float, others: SampleIndices
) -> None:
    """Sample i of a filled batch becomes `share` of itself and the rest of sample `others[i]`.

    Where rows count differently, the loss of a mixture is the sum of w l of the two targets, with
    w = `share` u and (1 - `share`) v for the counts u and v of the two rows. For a loss that is
    linear in its target this is (w + w') times the loss of the mean of the targets with the weights
    w and w'. Counts are divided by the mean of the batch, which mixing does not change.
    """
    count, rest = len(others), 1 - share
    counts: dict[str, tuple[Doubles, Doubles]] = {}
    for item in part.weights:
        w = feeds[item.feed][:count].astype(np.float64)
        own, other = share * w, rest * w[others]
        feeds[item.feed][:count] = own + other
        counts[item.target] = own, other
    for node in part.inputs:
        here = feeds[node][:count]
        here[...] = share * here + rest * here[others]
    for target in part.targets:
        here = feeds[target.feed][:count]
        if target.feed not in counts:
            here[...] = share * here + rest * here[others]
            continue
        own, other = counts[target.feed]
        whole = own + other
        first, second = (
            np.divide(each, whole, out=np.full_like(whole, plain), where=whole > 0)
            .astype(here.dtype)
            .reshape(*whole.shape, *(1 for _ in here.shape[whole.ndim :]))
            for each, plain in ((own, share), (other, rest))
        )
        here[...] = first * here + second * here[others]


def augmentation_of(
    spec: Spec, dataset: Dataset, objective: Objective, problems: Problems
) -> Augmentation | None:
    """What the spec's `augment` does to the training part; None without one, and after a
    problem."""
    augment = spec.model.augment
    if augment is None:
        return None
    dtype = float_type(spec.model)
    inputs = {}
    for index, (node, shape) in enumerate(objective.inputs.items()):
        raw = dataset.unprepared[0].inputs[index]
        steps = (dataset.steps, *dataset.more_steps)[index]
        borders = tuple(takewhile(lambda step: isinstance(step, ZeroPadding), steps))
        samples = raw.reshape(len(raw), *seen_shape(raw.shape[1:], spec.model.preps, shape))
        ends = _ends(raw, dataset.scales[index].white)
        inputs[node] = AugmentedInput(samples, borders, steps[len(borders) :], dtype, shape, *ends)
    shapes = [source.seen() for source in inputs.values()]
    pictures = [shape for shape in shapes if len(shape) == 3]
    unmoved = augment.of_images()
    if unmoved and not pictures:
        problems.add(
            AugmentDoesNotFit(
                at=spec.place(f"augment.{unmoved[0]}"),
                options=unmoved,
                sample=shapes[0],
                data=dataset.name,
            )
        )
        return None
    before = len(problems)
    for shape in pictures[:1]:
        check_crop(spec.place, augment, shape, problems)
    if len(problems) > before:
        return None
    masks: dict[str, MovingMasks] = {}
    for encoding in objective.encodings:
        if not pictures or not augment.moves() or encoding.shape[:2] != pictures[0][:2]:
            continue
        if encoding.codes is None:
            problems.add(TargetsNotMoved(at=spec.place("augment"), data=dataset.name))
            return None
        labels = encoding.labels(dataset.train.targets[encoding.target])
        masks[encoding.feed] = MovingMasks(labels, -1 if encoding.ignores else 0)
    truths = {
        index: truth.source
        for index, truth in enumerate(objective.truths())
        if truth.encoding is None
    }
    seed = spec.model.train.seed
    return Augmentation(augment, inputs, masks, seed, len(dataset.train), truths)


def _ends(samples: Array, white: float | None) -> tuple[float, float]:
    """The values of black and of white; where they are not known, the ends of the training part."""
    if white is not None:
        return 0.0, white
    return min(0.0, float(samples.min())), float(samples.max())
