"""How the score of a class changes with every pixel, and the input that makes a unit respond most.

Sources: Simonyan, Vedaldi & Zisserman, Deep Inside Convolutional Networks: Visualising Image
Classification Models and Saliency Maps, 2014 (the gradient of a class score); Smilkov, Thorat, Kim,
Viégas & Wattenberg, SmoothGrad: removing noise by adding noise, 2017; Erhan, Bengio, Courville &
Vincent, Visualizing Higher-Layer Features of a Deep Network, 2009 (the input of the largest
activation).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....compiler.lower.request import PlanRequest
from ...array_types import Array, Doubles
from ...engine.engine import Engine
from ...engine.selection import EngineOptions, build_single, set_weights
from .maps import Picture3
from .opening import Inspection
from .scores import Score

NOISY = 50
"""Samples with noise that SmoothGrad takes the mean of."""
NOISE = 0.15
"""The deviation of their noise, as a share of the range of the sample's numbers."""

STEPS = 120
"""Steps uphill."""
STEP = 0.05
"""How far one goes: the root mean square of its change, as a share of the range of the data."""
DECAY = 0.02
"""Of the distance to the mean colour, which each step takes away."""
BLUR_EVERY = 4
BEGIN = 0.02
"""The deviation of the noise at the start, as a share of the range of the data."""


@dataclass(slots=True)
class Differentiator:
    """The gradient of a node's output with respect to an input, in evaluation mode."""

    inspection: Inspection
    node: str
    engine: Engine
    name: str
    """The input."""

    def gradients(self, x: Array, index: int, seed: Array) -> Doubles:
        """That of the sum of output times `seed` (N, ...), for inputs `x` (N, ...); other inputs
        are those of the sample with an index."""
        found = np.empty(x.shape)
        limit = self.inspection.batch
        for start in range(0, len(x), limit):
            some = slice(start, min(start + limit, len(x)))
            self.engine.resize(some.stop - start)
            feeds = self.engine.feeds
            for other, array in self.inspection.encoded.inputs.items():
                feeds[other][:] = np.asarray(array[index])
            feeds[self.name][:] = x[some].reshape(feeds[self.name].shape)
            feed = feeds[f"seed:{self.node}"]
            feed[...] = np.broadcast_to(seed[some] if len(seed) == len(x) else seed, feed.shape)
            with np.errstate(all="ignore"):
                self.engine.gradient_step()
            gradient = self.engine.outputs.get(f"gradient:{self.name}")
            found[some] = 0.0 if gradient is None else gradient.reshape(found[some].shape)
        return found

    def outputs(self) -> Array:
        """What the node gave for the last batch."""
        return self.engine.outputs[self.node]


def differentiator(inspection: Inspection, node: str) -> Differentiator:
    """Binds the trained network for the gradients of a node."""
    session = inspection.session
    name = inspection.input
    request = PlanRequest(outputs=(node,), gradients=(name,), of=node, parameters=False)
    options = EngineOptions(1, inspection.batch, seed=0, purpose="differentiate")
    engine = build_single(session.spec.model, session.spec.graph, options, request=request)
    set_weights(engine, inspection.loaded.state.weights)
    return Differentiator(inspection, node, engine, name)


@dataclass(frozen=True, slots=True, eq=False)
class SaliencyMap:
    """How the score of a class changes with every number of a sample, before the softmax."""

    score: Score
    gradient: Doubles
    """In the shape of the picture, or of the input."""
    smooth: Doubles
    """The mean of the gradients of noisy copies."""


def strength(gradient: Doubles) -> Doubles:
    """The largest absolute gradient of the channels of each pixel, (rows, columns)."""
    strongest: Doubles = np.abs(gradient).max(axis=-1)
    return strongest


def saliency(
    of: Differentiator, index: int, score: Score, shape: tuple[int, ...], *, seed: int
) -> SaliencyMap:
    """The gradient of a score of the node that is differentiated, for the sample with an index,
    and that of SmoothGrad, whose noise is drawn from `seed`."""
    inspection = of.inspection
    x = np.asarray(inspection.encoded.inputs[of.name][index], np.float64).reshape(1, *shape)
    output = inspection.graph.node(score.logits).shape
    direction = np.zeros([size or 0 for size in output])
    direction.ravel()[score.unit] = -1.0 if score.flipped else 1.0
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, index))))
    deviation = NOISE * (float(x.max() - x.min()))
    noisy = x + random.normal(0.0, 1.0, (NOISY, *shape)) * deviation
    gradient = of.gradients(x, index, direction[None])[0]
    smooth: Doubles = of.gradients(noisy, index, direction[None]).mean(axis=0)
    return SaliencyMap(score, gradient, smooth)


@dataclass(frozen=True, slots=True, eq=False)
class OptimalInput:
    """An input that a unit responds to strongly, found by going uphill."""

    unit: int
    pixels: Doubles
    """(rows, columns, channels), in the numbers that the network gets."""
    response: float
    """Of the unit at the end."""


def optimal_inputs(
    inspection: Inspection, node: str, units: tuple[int, ...], picture: Picture3, *, seed: int
) -> tuple[OptimalInput, ...]:
    """For each unit of a node (at the middle of its positions), an input of gradient ascent.

    It begins at the mean colour with a little noise. Each step goes along the gradient, always
    equally far, loses a fiftieth of its distance to the mean colour, and stays within the range of
    the data; every fourth one blurs a little. So the result is one of many such inputs, and smooth.
    """
    of = differentiator(inspection, node)
    low, high, mean = data_range(inspection, of.name, picture)
    shape = tuple(size or 0 for size in inspection.graph.node(node).shape)
    place = tuple(size // 2 for size in shape[:-1])
    direction = np.zeros((len(units), *shape))
    for number, unit in enumerate(units):
        direction[(number, *place, unit)] = 1.0
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    start = random.normal(0.0, BEGIN * (high - low), (1, *picture))
    x = np.repeat(mean + start, len(units), axis=0)
    responses = np.zeros(len(units))
    limit = inspection.batch
    for begin in range(0, len(units), limit):
        some = slice(begin, begin + limit)
        x[some], responses[some] = _climb(of, x[some], direction[some], (low, high), mean)
    return tuple(
        OptimalInput(unit, x[number], float(responses[number])) for number, unit in enumerate(units)
    )


def _climb(
    of: Differentiator, x: Doubles, direction: Array, ends: tuple[float, float], mean: Array
) -> tuple[Doubles, Doubles]:
    low, high = ends
    for step in range(STEPS):
        gradient = of.gradients(x, 0, direction)
        size = np.sqrt(np.square(gradient).mean(axis=(1, 2, 3), keepdims=True))
        x = x + STEP * (high - low) * gradient / np.maximum(size, 1e-12)
        x = mean + (1 - DECAY) * (x - mean)
        if step % BLUR_EVERY == BLUR_EVERY - 1 and step < STEPS - BLUR_EVERY:
            x = blurred(x)
        x = x.clip(low, high)
    of.gradients(x, 0, direction)
    response: Doubles = (of.outputs() * direction).reshape(len(x), -1).sum(axis=1)
    return x, response


def blurred(x: Doubles) -> Doubles:
    """Pictures (N, rows, columns, channels), each pixel mixed with its neighbours as 1 : 2 : 1
    along both axes."""
    for axis in (1, 2):
        edges = [(0, 0)] * 4
        edges[axis] = (1, 1)
        wide = np.moveaxis(np.pad(x, edges, mode="edge"), axis, 0)
        x = np.moveaxis((wide[:-2] + 2 * wide[1:-1] + wide[2:]) / 4, 0, axis)
    return x


def data_range(inspection: Inspection, name: str, picture: Picture3) -> tuple[float, float, Array]:
    """The least and the largest number of the inspected samples, and the mean of each channel."""
    total = np.zeros(picture[2])
    low, high = np.inf, -np.inf
    for start in range(0, len(inspection.encoded), 256):
        part = np.asarray(inspection.encoded.inputs[name][start : start + 256])
        low, high = min(low, float(part.min())), max(high, float(part.max()))
        total += part.reshape(-1, picture[2]).sum(axis=0, dtype=np.float64)
    return low, high, total / (len(inspection.encoded) * picture[0] * picture[1])
