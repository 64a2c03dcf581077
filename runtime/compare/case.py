"""What is compared: one network, one size of the batch, and samples for all sides alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle
from math import prod
from typing import Protocol

import numpy as np
from numpy.typing import DTypeLike

from ...compiler.graph import Graph, token_inputs
from ...compiler.ir import Model
from ...compiler.language.frozen import change
from ...compiler.losses.loss import Loss, Target
from ...compiler.lower.network import LossSite, loss_sites
from ...compiler.training.directives import Train
from ..array_types import Array

MOST_BATCHES = 64
MOST_ELEMENTS = 2**23
"""Of all samples together: more than any cache holds, and soon drawn."""


class TwinError(Exception):
    """A part of the network that a library, or our model of it, has no equivalent of; says why."""


class Side(Protocol):
    """One library at work on a case."""

    @property
    def threads(self) -> int:
        """How many threads NumPy's matrix products may use while it works."""
        ...

    def run(self, steps: int) -> None:
        """This many training steps, or predictions for this many batches."""
        ...

    def rest(self) -> None:
        """Leaves the cores to the others until it is woken."""
        ...

    def wake(self) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A network with everything known, and random samples in its shapes."""

    model: Model
    graph: Graph
    batch: int
    trains: bool
    """False: inference only."""
    inputs: dict[str, Array]
    targets: dict[str, Array]
    """By feed (`target:NODE`), as netc reads them: a number for each output."""
    classes: dict[str, Array]
    """By feed, where a target is a class: the indices."""

    @property
    def batches(self) -> int:
        return len(next(iter(self.inputs.values()))) // self.batch

    def slices(self) -> Iterator[slice]:
        """The batches in turn, without end."""
        return cycle([slice(at * self.batch, (at + 1) * self.batch) for at in range(self.batches)])

    @property
    def rate(self) -> float:
        return float(self.model.optimizer.lr) if self.model.optimizer is not None else 0.0

    def site(self) -> LossSite:
        """The one loss. Raises TwinError for several."""
        sites = loss_sites(self.model, self.graph)
        if len(sites) != 1:
            raise TwinError(f"it has {len(sites)} losses, not one")
        return sites[0]

    def without_noise(self) -> Case:
        """The same without random numbers, so that gradients can be compared."""
        nodes = tuple(node._replace(layer=node.layer.without_noise()) for node in self.graph.nodes)
        return replace(self, graph=replace(self.graph, nodes=nodes))

    def in_double(self) -> Case:
        """The same in double precision and by direct sums."""
        train = change(self.model.train, precision="f64", exact=True)
        return replace(self, model=change(self.model, train=train))


def make_case(model: Model, graph: Graph, batch: int, *, trains: bool, seed: int = 0) -> Case:
    """Draws samples: normal numbers, tokens where an `embed` looks them up, and for losses of
    classes a class each.

    Every size of the graph must be known.
    """
    random = np.random.default_rng(seed)
    feeds = [node for node in graph.nodes if not node.inputs]
    elements = sum(prod(_sizes(node.shape)) for node in feeds)
    batches = min(MOST_BATCHES, max(2, MOST_ELEMENTS // (elements * batch)))
    count = batches * batch
    dtype = np.float64 if _precision(model) == "f64" else np.float32
    tokens = token_inputs(graph)
    inputs = {
        node.name: _draw_input(random, (count, *_sizes(node.shape)), tokens.get(node.name), dtype)
        for node in feeds
    }
    targets: dict[str, Array] = {}
    classes: dict[str, Array] = {}
    for site in loss_sites(model, graph) if trains else ():
        if site.weighted:
            shape = _sizes(graph.node(site.output).shape)
            rows = shape if site.loss.weighs_outputs() else shape[:-1]
            targets[site.weight_feed] = np.ones((count, *rows), dtype)
        if site.target is not None:
            continue
        name = site.feed
        shape = (count, *_sizes(graph.node(site.prediction).shape))
        if _is_class(site.loss, shape[-1]):
            classes[name] = random.integers(shape[-1], size=shape[:-1])
            targets[name] = np.eye(shape[-1], dtype=dtype)[classes[name]]
        else:
            targets[name] = _draw_target(random, site.loss.targets[0], shape).astype(dtype)
    return Case(model, graph, batch, trains, inputs, targets, classes)


def _draw_input(
    random: np.random.Generator, shape: tuple[int, ...], tokens: int | None, dtype: DTypeLike
) -> Array:
    if tokens is not None:
        return random.integers(tokens, size=shape).astype(dtype)
    return random.standard_normal(shape, np.float32).astype(dtype)


def _is_class(loss: Loss, units: int) -> bool:
    """Whether the target is one of several classes."""
    first, *others = loss.targets
    signs = first is Target.SIGN and Target.CLASS in others
    return units > 1 and (first is Target.CLASS or signs)


def _draw_target(random: np.random.Generator, kind: Target, shape: tuple[int, ...]) -> Array:
    """Numbers that a loss may be compared with; a class of one output is 0 or 1."""
    if kind in (Target.BITS, Target.CLASS):
        return random.integers(2, size=shape)
    if kind is Target.SIGN:
        return 2 * random.integers(2, size=shape) - 1
    if kind is Target.SHARES:
        shares: Array = random.random(shape) + 0.01
        shares /= shares.sum(-1, keepdims=True)
        return shares
    return random.standard_normal(shape)


def _sizes(shape: tuple[int | None, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size is not None)


def _precision(model: Model) -> str:
    return str(model.train.precision)


def usual_batch(model: Model) -> int:
    """What the spec trains with; where that is all samples, the default of `train`."""
    batch = model.train.batch
    return int(Train.model_fields["batch"].default) if batch == "all" else int(batch)
