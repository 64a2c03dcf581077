"""What to say of initial weights that make the loss of a run infinite or NaN."""

from __future__ import annotations

from math import sqrt
from operator import itemgetter

from ....compiler.graph import Graph
from ....compiler.language.kinds import number_text
from ....compiler.layers.layer import Parameter
from ....compiler.spans import Place
from ...events import Culprit, Diverged
from ..spec import Spec

FAR_TOO_LARGE = 100
"""So many times the usual size, initial weights are a cause of what fails after some steps."""


def find_start(spec: Spec, event: Diverged) -> tuple[Place, tuple[str, ...]]:
    """Where the initial weights are chosen and what helps with them; the place of the optimizer
    and nothing where they are not the cause."""
    model, culprit = spec.model, event.culprit
    elsewhere = spec.place("optimizer")
    if event.epoch > 1 or (event.untrained and (culprit is None or culprit.kind == "input")):
        return elsewhere, ()
    if model.weights is not None:
        way = f"the weights come from `{model.weights}`: they are too large for this data"
        return (spec.place("weights"), (way,)) if event.untrained else (elsewhere, ())
    positions = {node.name: index for index, node in enumerate(model.nodes)}
    growth = _growth(culprit) if event.untrained else ()
    name, times, rule = _largest_start(spec.graph, culprit)
    if times > (1 if event.untrained else FAR_TOO_LARGE):
        place = spec.place(f"nodes.{positions[name]}.init")
        return place, (
            *growth,
            f"`init={rule}` of `{name}` is {_short(times)} times as large as `he`: omit it, the "
            "default suits the activation",
        )
    if not event.untrained or culprit is None:
        return elsewhere, ()
    at = culprit.name if culprit.kind == "output" else model.nodes[-1].name
    normalise = "`bn` or `ln` between the layers keeps their outputs near 1"
    return spec.place(f"nodes.{positions[at]}"), (*growth, normalise)


def _largest_start(graph: Graph, culprit: Culprit | None) -> tuple[str, float, str]:
    """The layer whose `normal` or `uniform` weights are the largest beside those of `he`, how
    many times, and their rule; of those before the first output that is not finite."""
    found = [("", 0.0, "")]
    for node in graph.nodes:
        found += ((node.name, *_times_he(item)) for item in node.parameters)
        if culprit is not None and node.name == culprit.name:
            break
    return max(found, key=itemgetter(1))


def _times_he(parameter: Parameter) -> tuple[float, str]:
    """The standard deviation of weights, where the spec says it, divided by sqrt(2 / fan_in), that
    of `he`; and the rule."""
    start = parameter.initializer
    if start is None or start.rule not in ("normal", "uniform"):
        return 0.0, ""
    deviation = (start.scale or 0.0) / (sqrt(3) if start.rule == "uniform" else 1)
    return deviation / sqrt(2 / (parameter.fan_in or 1)), str(start)


def _growth(culprit: Culprit | None) -> tuple[str, ...]:
    match () if culprit is None else culprit.growth:
        case ((first, low), (last, high)) if high > low:
            return (
                f"before any training, the outputs grow from {_short(low)} in `{first}` to "
                f"{_short(high)} in `{last}`",
            )
        case ((name, reach), *_):
            return (f"before any training, the outputs of `{name}` reach {_short(reach)}",)
    return ()


def _short(value: float) -> str:
    return number_text(float(f"{value:.2g}"))
