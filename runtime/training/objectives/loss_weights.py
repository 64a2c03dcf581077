"""What rows count in a loss: samples, positions or outputs that weigh differently, or not at all.

A loss is the sum over the rows of a batch of c l / the sum of d, with the loss l, the count c and
the divisor d of a row:

| of a row | count c | divisor d |
|---|---|---|
| class k, class weights w | w_k | w_k |
| class k, smoothed by s, as PyTorch | sum over j of w_j ((1 - s) [j = k] + s / K) | w_k |
| probabilities t | sum over j of w_j t_j | 1 |
| an output of `bce`, positive weight p | p t + 1 - t | 1 |
| a label k of several, label weights w | w_k (p t + 1 - t) | 1 |
| an ignored label | 0 | 0 |

and both times the weight of the sample. The target of a row becomes the weighted one divided by c,
so that c times the loss of probabilities is the weighted loss. What is fed is c divided by the mean
of d, which is 1 for rows that all count the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from ....compiler.check.contracts.weighting import one_class_needed
from ....compiler.ir import Model
from ....compiler.losses.cross_entropy import CrossEntropy
from ....compiler.losses.loss import Loss
from ....compiler.lower.network import LossSite
from ...array_types import Array, Doubles, Labels
from ...data.dataset import Split
from ...data.streamed import changed, portions
from .batches import EncodedWeights, TargetEncoding
from .reweighting import Reweighting

Balanced = Mapping[str, tuple[float, ...]]
"""The weights that `balanced` means, by loss and option: `0.weight`."""


def balanced_options(model: Model) -> set[str]:
    """Which of these weights a spec asks for."""
    return {
        f"{index}.{option}"
        for index, loss in enumerate(model.losses)
        for option, value in loss.class_weights().items()
        if value == "balanced"
    }


@dataclass(frozen=True, slots=True, eq=False)
class LossWeighting:
    """What the rows of one loss count, before there are samples."""

    loss: int
    """Its index among the losses of the spec."""
    feed: str
    shape: tuple[int, ...]
    """Of the counts of one sample."""
    encoding: TargetEncoding | None = None
    """The target of the data, where rows depend on it."""
    counts: Doubles | None = None
    """By class, (K,) or (K, outputs); None where targets are no classes."""
    divisors: Doubles | None = None
    target: str = ""
    """The feed of the target; "" for one in the network."""

    def of(self, split: Split) -> EncodedWeights:
        """The counts of the rows of a part. Only their ratio counts, so that they are scaled by
        powers of two, which round nothing: sums of the largest numbers stay finite."""
        samples = None if split.weights is None else _scaled(split.weights, split.weights)
        if self.encoding is not None and self.counts is not None and self.divisors is not None:
            # what is ignored has the index -1: the last row
            labels = self.encoding.labels(split.targets[self.encoding.target])
            zero = ((0, 1), *((0, 0) for _ in self.counts.shape[1:]))
            counts, divisors = (
                np.pad(_scaled(each, self.divisors), zero) for each in (self.counts, self.divisors)
            )
            of_class = self.encoding.counts(split.targets[self.encoding.target])
            return EncodedWeights(
                self.feed, counts, divisors, labels, samples, self.target, of_class
            )
        ones = np.broadcast_to(1.0, (len(split), *self.shape))
        counts = ones
        if self.encoding is not None and self.encoding.reweighting is not None:
            y = split.targets[self.encoding.target].reshape(len(split), *self.encoding.shape)
            reweighting = self.encoding.reweighting
            counts = changed(y, lambda t: reweighting.of_rows(t)[1])
        return EncodedWeights(self.feed, counts, ones, None, samples, self.target)


def _scaled(values: Doubles, by: Doubles) -> Doubles:
    """Numbers divided by the power of two above the largest of others."""
    return np.asarray(np.ldexp(values, -int(np.frexp(by.max())[1])))


def weigh_loss(
    site: LossSite,
    shape: tuple[int, ...],
    encoding: TargetEncoding | None,
    train: Split,
    balanced: dict[str, tuple[float, ...]],
) -> tuple[TargetEncoding | None, LossWeighting]:
    """How a loss reads its target, and what its rows count. `shape` is that of the output for one
    sample. What `balanced` lacks is worked out from the training part and kept there."""
    rows = shape if site.loss.weighs_outputs() else shape[:-1]
    target = "" if encoding is None else site.feed
    weighting = LossWeighting(site.index, site.weight_feed, rows, target=target)
    if encoding is None or not site.loss.is_weighted():
        return encoding, weighting
    change = _reweighting(site, encoding, train, balanced)
    encoding = replace(encoding, feed=site.feed)
    if encoding.codes is None:
        encoding = replace(encoding, reweighting=change)
        return encoding, replace(weighting, encoding=encoding)
    codes = encoding.codes
    each = np.ones(len(codes)) if change.classes is None else change.classes
    counts, divisors = each, each
    if site.loss.weighs_outputs():
        codes, factor = replace(change, outputs=np.ones(codes.shape[-1])).of_rows(codes)
        counts, divisors = each[:, None] * factor, np.broadcast_to(each[:, None], codes.shape)
    elif site.loss.of_distribution and change.classes is not None:
        codes, counts = change.of_rows(codes)
    encoding = replace(encoding, codes=codes)
    return encoding, replace(weighting, encoding=encoding, counts=counts, divisors=divisors)


def _reweighting(
    site: LossSite,
    encoding: TargetEncoding,
    train: Split,
    balanced: dict[str, tuple[float, ...]],
) -> Reweighting:
    """The weights of classes and outputs, as they are written or balanced."""
    found: dict[str, Doubles] = {}
    for option, value in site.loss.class_weights().items():
        if isinstance(value, str):
            key = f"{site.index}.{option}"
            if key not in balanced:
                y = train.targets[encoding.target]
                by = balanced_outputs if option == "pos_weight" else balanced_classes
                balanced[key] = tuple(by(encoding, y).tolist())
            value = balanced[key]
        units = encoding.shape[-1:]
        found[option] = np.array(
            np.broadcast_to(value, units) if isinstance(value, float) else value, np.float64
        )
    smoothing = site.loss.smoothing if isinstance(site.loss, CrossEntropy) else 0.0
    each, positives = found.get("weight"), found.get("pos_weight")
    if encoding.codes is None and site.loss.weighs_labels(encoding.shape[-1]):
        return Reweighting(None, positives, each)
    return Reweighting(each, positives, smoothing=smoothing)


def balanced_classes(encoding: TargetEncoding, y: Array) -> Doubles:
    """n / (K n_k) for the n_k of n labels, where K classes occur, as scikit-learn; 1 for a class
    that does not occur."""
    assert encoding.codes is not None
    counts = encoding.counts(y)
    occurs = counts > 0
    wanted = counts.sum() / max(1, occurs.sum())
    return np.asarray(np.divide(wanted, counts, out=np.ones(len(counts)), where=occurs))


def balanced_outputs(encoding: TargetEncoding, y: Array) -> Doubles:
    """Negatives / positives of each output; 1 for one without positives or without negatives."""
    if encoding.codes is None:
        parts = (part.reshape(-1, encoding.shape[-1]).astype(np.float64) for part in portions(y))
        positive = np.sum([part.sum(axis=0) for part in parts], axis=0)
        count = np.float64(y.size / encoding.shape[-1])
    else:
        counts = encoding.counts(y)
        positive, count = counts @ encoding.codes, np.float64(counts.sum())
    negative = count - positive
    decides = (positive > 0) & (negative > 0)
    return np.asarray(np.divide(negative, positive, out=np.ones(len(positive)), where=decides))


def why_not_weighted(loss: Loss, encoding: TargetEncoding, name: str) -> tuple[str, str] | None:
    """Why the weights of a loss say nothing of its target, and what to do; None where they do."""
    if encoding.codes is not None:
        return None
    weight = loss.class_weights().get("weight")
    if loss.needs_one_class(encoding.shape[-1]):
        return one_class_needed(loss, f"`{name}`", encoding.shape[-1])
    if weight == "balanced" and loss.of_distribution:
        reason = f"`{name}` holds probabilities, so that classes cannot be counted"
        return reason, "write one number per class instead of `weight=balanced`"
    return None


def counts_nothing(weighting: LossWeighting, split: Split) -> bool:
    """Whether every row of a part is ignored or has a weight of 0."""
    weights = weighting.of(split)
    return mean_divisors((weights,), np.arange(len(split)))[weights.feed] == 0


def mean_divisors(weights: tuple[EncodedWeights, ...], rows: Labels) -> dict[str, float]:
    """The mean divisor of each loss over samples, a few at a time."""
    return {item.feed: _mean(item, rows) for item in weights}


def _mean(item: EncodedWeights, rows: Labels) -> float:
    if item.labels is not None and item.samples is None and len(rows) == len(item.labels):
        # what is ignored has the divisor 0
        each = item.divisors[:-1].reshape(len(item.of_class), -1)
        return float(item.of_class @ each.mean(axis=1)) / item.labels.size
    total, count = 0.0, 0
    for some in _portions(item, rows):
        divisors = item.of(some)[1]
        total, count = total + float(divisors.sum()), count + divisors.size
    return total / count


PORTION = 2**20
"""Numbers that are looked at together."""


def _portions(item: EncodedWeights, rows: Labels) -> Iterator[Labels]:
    size = max(1, PORTION // max(1, prod(item.of(rows[:1])[1].shape)))
    return (rows[start : start + size] for start in range(0, len(rows), size))
