"""The positions of the boxes: layers from top to bottom, with few crossings and bends.

Longest paths give the layers; links over several layers get a place in each; sweeps by barycentre
order the layers (Sugiyama, Tagawa & Toda 1981); the places of a layer are then drawn towards their
neighbours by the least squares that keep their order and distance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

BETWEEN_LAYERS = 28.0
BETWEEN_BOXES = 18.0
THREAD = 10.0
"""How wide a link is where it passes a layer."""
PASSING = "\0"
"""What begins the name of a link where it passes a layer."""
SWEEPS = 12
PULLS = 24
STRAIGHT = 8.0
"""How much more a link counts between two layers that it passes: long links stay straight."""

BoxSize = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Placement:
    """The middle of every box from the left, its top, and the places where links pass a layer."""

    centers: dict[str, float]
    tops: dict[str, float]
    threads: dict[tuple[str, str], tuple[tuple[float, float, float], ...]]
    """For each link, for every layer that it passes: x, the top and the bottom of the layer."""
    width: float
    height: float


def lay_out(
    sizes: Mapping[str, BoxSize],
    links: Sequence[tuple[str, str]],
    extra: Mapping[str, float],
) -> Placement:
    """Places boxes of these sizes. `extra` is room that some boxes want above their layer."""
    depths = _depths(list(sizes), links)
    layers: list[list[str]] = [[] for _ in range(max(depths.values(), default=-1) + 1)]
    widths = {name: width for name, (width, _) in sizes.items()}
    for name, depth in depths.items():
        layers[depth].append(name)
    steps: list[tuple[str, str]] = []
    passed: dict[tuple[str, str], list[str]] = {}
    for number, (source, target) in enumerate(links):
        chain = [source]
        for depth in range(depths[source] + 1, depths[target]):
            thread = f"{PASSING}{number}.{depth}"
            layers[depth].append(thread)
            widths[thread] = THREAD
            chain.append(thread)
        passed[source, target] = chain[1:]
        steps += zip(chain, [*chain[1:], target], strict=True)
    above: dict[str, list[str]] = {name: [] for name in widths}
    below: dict[str, list[str]] = {name: [] for name in widths}
    for upper, lower in steps:
        above[lower].append(upper)
        below[upper].append(lower)

    _order(layers, above, below)
    centers = _pull(layers, widths, above, below)
    left = min((centers[name] - width / 2 for name, width in widths.items()), default=0.0)
    centers = {name: x - left for name, x in centers.items()}

    tops: list[float] = []
    heights: list[float] = []
    y = 0.0
    for number, layer in enumerate(layers):
        y += max((extra.get(name, 0.0) for name in layer), default=0.0)
        y += BETWEEN_LAYERS if number else 0.0
        tops.append(y)
        heights.append(max(sizes[name][1] for name in layer if name in sizes))
        y += heights[-1]
    return Placement(
        centers={name: centers[name] for name in sizes},
        tops={
            name: tops[depths[name]] + (heights[depths[name]] - sizes[name][1]) / 2
            for name in sizes
        },
        threads={
            link: tuple(
                (centers[thread], tops[depth], tops[depth] + heights[depth])
                for depth, thread in enumerate(threads, depths[link[0]] + 1)
            )
            for link, threads in passed.items()
        },
        width=max((centers[name] + width / 2 for name, width in widths.items()), default=0.0),
        height=y,
    )


def _depths(names: Sequence[str], links: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The longest path to each box; a box that reads nothing is right above its reader.
    `names` has every box after those it reads."""
    sources: dict[str, list[str]] = {name: [] for name in names}
    readers: dict[str, list[str]] = {name: [] for name in names}
    for source, target in links:
        sources[target].append(source)
        readers[source].append(target)
    depths: dict[str, int] = {}
    for name in names:
        depths[name] = max((depths[source] + 1 for source in sources[name]), default=0)
    for name in names:
        if not sources[name] and readers[name]:
            depths[name] = min(depths[reader] for reader in readers[name]) - 1
    return depths


def _order(
    layers: list[list[str]], above: Mapping[str, list[str]], below: Mapping[str, list[str]]
) -> None:
    """Sorts each layer by the mean place of its neighbours, down and up, and keeps the best."""
    best = [list(layer) for layer in layers]
    fewest = _crossings(layers, above)
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        neighbours = above if downwards else below
        numbers = range(1, len(layers)) if downwards else range(len(layers) - 2, -1, -1)
        for number in numbers:
            fixed = layers[number - 1 if downwards else number + 1]
            rank = {name: at for at, name in enumerate(fixed)}
            means = {
                name: _mean(neighbours[name], rank, at) for at, name in enumerate(layers[number])
            }
            layers[number].sort(key=means.__getitem__)
        crossings = _crossings(layers, above)
        if crossings < fewest:
            fewest, best = crossings, [list(layer) for layer in layers]
    layers[:] = best


def _mean(neighbours: Sequence[str], rank: Mapping[str, int], otherwise: float) -> float:
    if not neighbours:
        return otherwise
    return sum(rank[name] for name in neighbours) / len(neighbours)


def _crossings(layers: Sequence[Sequence[str]], above: Mapping[str, list[str]]) -> int:
    """Pairs of links between neighbouring layers that cross."""
    total = 0
    for upper, lower in pairwise(layers):
        rank = {name: at for at, name in enumerate(upper)}
        seen: list[int] = []
        for name in lower:
            ends = sorted(rank[source] for source in above[name])
            total += sum(earlier > end for end in ends for earlier in seen)
            seen += ends
    return total


def _pull(
    layers: Sequence[Sequence[str]],
    widths: Mapping[str, float],
    above: Mapping[str, list[str]],
    below: Mapping[str, list[str]],
) -> dict[str, float]:
    """Centres from the left."""
    centers: dict[str, float] = {}
    for layer in layers:
        start = -sum(widths[name] + BETWEEN_BOXES for name in layer) / 2
        for name in layer:
            centers[name] = start + widths[name] / 2
            start += widths[name] + BETWEEN_BOXES
    for pull in range(PULLS):
        downwards = pull % 2 == 0
        for layer in layers if downwards else reversed(layers):
            wishes = []
            for name in layer:
                near = above[name] + below[name]
                if pull < PULLS // 2:
                    near = (above if downwards else below)[name] or near
                wishes.append(_wish(name, near, centers))
            centers.update(zip(layer, _spread(layer, widths, wishes), strict=True))
    return centers


def _wish(name: str, near: Sequence[str], centers: Mapping[str, float]) -> float:
    """The mean of the neighbours' centres."""
    total = weighted = 0.0
    for other in near:
        passing = name.startswith(PASSING) and other.startswith(PASSING)
        weight = STRAIGHT if passing else 1.0
        total += weight
        weighted += weight * centers[other]
    return weighted / total if total else centers[name]


def _spread(
    layer: Sequence[str], widths: Mapping[str, float], wishes: Sequence[float]
) -> list[float]:
    """The centres nearest to the wishes, in least squares, in order and apart: pooling of
    adjacent violators on wishes from which the distances are taken out."""
    offsets: list[float] = []
    x = 0.0
    for at, name in enumerate(layer):
        if at:
            x += (widths[layer[at - 1]] + widths[name]) / 2 + BETWEEN_BOXES
        offsets.append(x)
    pools: list[tuple[float, int]] = []
    for wish, offset in zip(wishes, offsets, strict=True):
        value, count = wish - offset, 1
        while pools and pools[-1][0] > value:
            before, many = pools.pop()
            value = (value * count + before * many) / (count + many)
            count += many
        pools.append((value, count))
    flat = [value for value, count in pools for _ in range(count)]
    return [value + offset for value, offset in zip(flat, offsets, strict=True)]
