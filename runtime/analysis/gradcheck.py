"""Compares the gradients of the parameters with numerical gradients of the loss.

For a direction v of length 1 in the space of one parameter, the directional derivative of the loss
L at w is

    (L(w + h v) - L(w - h v)) / 2h        the central difference, wrong by about h^2 L'''/6

and must be the inner product of v with the gradient that training computes. Directions are random
ones, which see every entry, and single entries: those with the largest gradients, where a mistake
weighs most, and random ones. Everything is in double precision, and random instructions (dropout,
noise) draw the same numbers every time, so that L is one function.

Where L has a kink between the two points (a relu at 0, a max-pool between two equals) there is no
one slope. Biases that start at 0 put whole layers on one, so every parameter is first moved by a
small random number, and a smaller h avoids most other kinks. Exactly on a kink the slopes to the
left and to the right differ, and any number between them is a valid gradient, not a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Literal

import numpy as np

from ...compiler.graph import Graph
from ...compiler.ir import Model
from ...compiler.language.frozen import change
from ...compiler.losses.loss import Loss, Target
from ...compiler.lower.lower import lower
from ...compiler.lower.network import loss_sites
from ..array_types import Array
from ..engine.engine import Engine

ProbeVerdict = Literal["ok", "kink", "failed"]

STEPS = (1e-5, 1e-6, 1e-7)
"""The distances h, tried in turn until one agrees."""

TOLERANCE = 1e-5
"""The relative difference that rounding and the third derivative may make."""

ROUNDING = 1e-15
"""How far a loss of 1 is off by rounding, generously."""

MOST_SAMPLES = 32
"""Samples of a check, where nothing else is said. From so many on a plan chooses the algorithms
of its convolutions as it does for any larger batch, so that what is checked is what trains."""

JITTER = 0.02
"""The standard deviation of what is added to every parameter at first."""

RANDOM_DIRECTIONS = 3
LARGEST_ENTRIES = 2
RANDOM_ENTRIES = 2


@dataclass(frozen=True, slots=True)
class Probe:
    """One direction: the two slopes that should agree."""

    analytic: float
    numerical: float
    difference: float
    """|analytic - numerical| / the larger of their sizes; 0 where both are nothing but rounding."""
    verdict: ProbeVerdict


@dataclass(frozen=True, slots=True)
class Finding:
    """One parameter, with the probe that agrees least."""

    name: str
    shape: tuple[int, ...]
    probes: int
    worst: Probe


@dataclass(frozen=True, slots=True)
class GradcheckReport:
    """What a check came to."""

    loss: float
    batch: int
    parameters: int
    """Those that are trained, checked or not."""
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        return isfinite(self.loss) and all(item.worst.verdict != "failed" for item in self.findings)


def checkable(model: Model) -> Model:
    """The model whose gradients are checked: in double precision, and nothing is expected."""
    return change(model, expectations=(), train=change(model.train, precision="f64"))


def default_batch(model: Model) -> int:
    """The batch of the model, as far as that is no more than `MOST_SAMPLES`."""
    batch = model.train.batch
    return MOST_SAMPLES if batch == "all" else min(int(batch), MOST_SAMPLES)


def open_engine(model: Model, graph: Graph, *, batch: int, seed: int) -> Engine:
    """The engine of a `checkable` model."""
    return Engine(
        lambda size: lower(model, graph, batch=size, purpose="gradients"), batch=batch, seed=seed
    )


def fill_randomly(engine: Engine, model: Model, graph: Graph, *, seed: int) -> None:
    """Samples of normal numbers (or of tokens, where an `embed` reads them) and targets of the
    kind that each loss learns."""
    random = np.random.Generator(np.random.PCG64(seed))
    tokens = _tokens(graph)
    targets = _targets(model, graph)
    for name, feed in engine.feeds.items():
        if name in targets:
            feed[...] = _draw_target(targets[name], feed.shape, random)
        elif name in tokens:
            feed[...] = random.integers(0, tokens[name], feed.shape)
        elif name.startswith("weight:"):
            feed[...] = random.random(feed.shape)
        else:
            feed[...] = random.standard_normal(feed.shape)


def check_gradients(engine: Engine, *, seed: int, most: int | None = None) -> GradcheckReport:
    """Compares the gradients of the trained parameters, on the batch in the feeds; of more than
    `most`, so many at equal distances from the first to the last."""
    slots = [slot for slot in engine.memory.slots if slot.region == "parameters"]
    kept = engine.memory.regions["kept"].copy()

    def loss() -> float:
        engine.memory.regions["kept"][...] = kept
        engine.memory.reset_streams()
        engine.gradient_step()
        return engine.loss()

    with np.errstate(all="ignore"):
        shake = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
        for slot in slots:
            engine.parameters()[slot.name][...] += shake.normal(0.0, JITTER, slot.shape)
        here = loss()
        gradients = {name: array.copy() for name, array in engine.gradients().items()}
        parameters = engine.parameters()
        findings = []
        for index in spread(len(slots), most):
            slot = slots[index]
            sequence = np.random.SeedSequence(seed, spawn_key=(index,))
            random = np.random.Generator(np.random.PCG64(sequence))
            parameter, gradient = parameters[slot.name], gradients[slot.name]
            probes = [
                _probe(loss, here, parameter, gradient, direction)
                for direction in _directions(gradient, random)
            ]
            order = ("ok", "kink", "failed")
            worst = max(probes, key=lambda item: (order.index(item.verdict), item.difference))
            findings.append(Finding(slot.name, slot.shape, len(probes), worst))
        loss()
    return GradcheckReport(here, engine.plan.batch, len(slots), tuple(findings))


def spread(count: int, most: int | None) -> list[int]:
    """Indices of at most `most` things at equal distances, the first and the last among them."""
    if most is None or count <= most:
        return list(range(count))
    return [round(index) for index in np.linspace(0, count - 1, most)]


def _probe(
    loss: Callable[[], float], here: float, parameter: Array, gradient: Array, direction: Array
) -> Probe:
    analytic = float(np.vdot(gradient, direction))
    kept = parameter.copy()

    def at(distance: float) -> float:
        np.multiply(direction, distance, parameter)
        np.add(parameter, kept, parameter)
        value = loss()
        np.copyto(parameter, kept)
        return value

    best: Probe | None = None
    left = right = 0.0
    for step in STEPS:
        above, below = at(step), at(-step)
        numerical = (above - below) / (2 * step)
        right, left = (above - here) / step, (here - below) / step
        noise = ROUNDING * max(1.0, abs(here)) / step
        apart = abs(analytic - numerical)
        size = max(abs(analytic), abs(numerical))
        difference = apart / size if size > noise else 0.0
        good = apart <= noise + TOLERANCE * size
        found = Probe(analytic, numerical, difference, "ok" if good else "failed")
        if not isfinite(numerical) or not isfinite(analytic):
            return Probe(analytic, numerical, float("inf"), "failed")
        if good:
            return found
        if best is None or difference < best.difference:
            best = found
    assert best is not None
    # the slopes of the last and smallest step: on a kink they stay apart however small it is
    slack = noise + 1e-3 * max(abs(left), abs(right))
    if abs(left - right) > slack and min(left, right) - slack <= analytic <= (
        max(left, right) + slack
    ):
        return Probe(best.analytic, best.numerical, best.difference, "kink")
    return best


def _directions(gradient: Array, random: np.random.Generator) -> Iterator[Array]:
    size = gradient.size
    for _ in range(RANDOM_DIRECTIONS if size > 1 else 0):
        direction = random.standard_normal(gradient.shape)
        yield direction / np.linalg.norm(direction)
    flat = np.abs(gradient).ravel()
    largest = np.argpartition(flat, -min(size, LARGEST_ENTRIES))[-LARGEST_ENTRIES:]
    drawn = random.integers(0, size, RANDOM_ENTRIES)
    for entry in dict.fromkeys((*largest.tolist(), *drawn.tolist())):
        direction = np.zeros(size)
        direction[entry] = 1.0
        yield direction.reshape(gradient.shape)


def _targets(model: Model, graph: Graph) -> dict[str, Loss]:
    """The feed of each target with the loss that reads it."""
    found: dict[str, Loss] = {}
    for site in loss_sites(model, graph):
        if site.target is None:
            found.setdefault(site.feed, site.loss)
    return found


def _draw_target(loss: Loss, shape: tuple[int, ...], random: np.random.Generator) -> Array:
    first = loss.targets[0]
    if first is Target.REALS:
        return random.standard_normal(shape)
    if first is Target.SHARES:
        shares = random.random(shape) + 0.1
        return np.asarray(shares / shares.sum(axis=-1, keepdims=True))
    if first is Target.BITS or shape[-1] == 1:
        bits = random.integers(0, 2, shape).astype(np.float64)
        return 2 * bits - 1 if first is Target.SIGN else bits
    return np.asarray(np.eye(shape[-1])[random.integers(0, shape[-1], shape[:-1])])


def _tokens(graph: Graph) -> dict[str, int]:
    """The inputs whose numbers are tokens, and how many tokens there are."""
    nodes = graph.by_name()
    found: dict[str, int] = {}
    for node in graph.nodes:
        count = node.layer.token_count()
        if count is None:
            continue
        source = nodes[node.inputs[0]]
        while source.layer.is_view:
            source = nodes[source.inputs[0]]
        if not source.inputs:
            found[source.name] = min(count, found.get(source.name, count))
    return found
