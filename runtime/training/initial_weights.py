"""`init "weights.safetensors"`: training starts from what was learnt before."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...compiler.ir import Model
from ...compiler.lower.plan import Slot
from ...compiler.problems.weights import WeightsOutside
from ...compiler.spans import Place, Spans
from ...grammar.problem import Problems
from ...grammar.source import Source, Span
from ..engine.selection import AnyEngine
from ..model.weights import Array, compare, read_weights


def load_initial_weights(
    engine: AnyEngine, model: Model, spans: Spans, problems: Problems, *, allow_outside: bool
) -> bool:
    """Fills every parameter, those of frozen layers and running moments among them; False after
    a problem."""
    if model.weights is None:
        return True
    memory = engine.memory
    found = read_initial_weights(
        model, spans, memory.slots, memory.precision, problems, allow_outside=allow_outside
    )
    if found is None:
        return False
    for name, array in engine.parameters().items():
        np.copyto(array, found[name])
    return True


def read_initial_weights(
    model: Model,
    spans: Spans,
    slots: Sequence[Slot],
    precision: str,
    problems: Problems,
    *,
    allow_outside: bool,
) -> dict[str, Array] | None:
    """What the file of `init` holds for every parameter; None after a problem. The path is
    relative to the file that names it."""
    shown = model.weights
    assert shown is not None
    place = spans.get("weights") or Place(Span(Source(shown, ""), 0, 0))
    spec = place.span.source.path
    folder = Path(spec).parent if spec is not None else Path()
    path = Path(os.path.realpath(folder / shown))
    if not allow_outside and not path.is_relative_to(os.path.realpath(folder)):
        at, calls = place.span, place.calls
        named = os.path.dirname(place.span.source.name) or "."
        problems.add(WeightsOutside(at=at, calls=calls, path=shown, folder=named))
        return None
    content = read_weights(path, shown, place, problems)
    if content is None:
        return None
    found = content.parameters()
    return found if compare(found, slots, precision, shown, place, problems) else None
