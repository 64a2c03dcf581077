"""What training starts from: what the seed draws, or earlier weights (`init "file"`)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ....compiler.lower.layout import lay_out
from ....compiler.problems.weights import WeightsOutside
from ....compiler.spans import Place
from ....grammar.problem import Problems
from ....grammar.source import Source, Span
from ...array_types import Array, float_type
from ...engine.initialize import initialize
from ...engine.selection import AnyEngine, set_weights
from ...storage.weights import compare, read_weights
from ..spec import Spec


def load_initial_weights(
    engine: AnyEngine, spec: Spec, problems: Problems, *, allow_outside: bool
) -> bool:
    """Fills every parameter, those of frozen layers and running moments among them; False after
    a problem."""
    if spec.model.weights is None:
        return True
    found = read_initial_weights(spec, problems, allow_outside=allow_outside)
    if found is None:
        return False
    set_weights(engine, found)
    return True


def read_initial_weights(
    spec: Spec, problems: Problems, *, allow_outside: bool
) -> dict[str, Array] | None:
    """What the file of `init` holds for every parameter; None after a problem. The path is
    relative to the file that names it."""
    shown = spec.model.weights
    assert shown is not None
    place = spec.spans.get("weights") or Place(Span(Source(shown, ""), 0, 0))
    named_in = place.source.path
    folder = Path(named_in).parent if named_in is not None else Path()
    path = Path(os.path.realpath(folder / shown))
    if not allow_outside and not path.is_relative_to(os.path.realpath(folder)):
        named = os.path.dirname(place.source.name) or "."
        problems.add(WeightsOutside(at=place, path=shown, folder=named))
        return None
    content = read_weights(path, shown, place, problems)
    if content is None:
        return None
    found = content.parameters()
    return found if compare(found, spec.model, spec.graph, shown, place, problems) else None


def initial_weights(spec: Spec, problems: Problems) -> dict[str, Array] | None:
    """What training starts from, by `node.parameter`: the file of `init`, or what the seed draws.
    None after a problem."""
    model = spec.model
    if model.weights is not None:
        return read_initial_weights(spec, problems, allow_outside=False)
    layout = lay_out(model, spec.graph)
    slots = layout.trained + layout.kept
    dtype = float_type(model)
    arrays: dict[str, Array] = {slot.name: np.empty(slot.shape, dtype) for slot in slots}
    initialize(arrays, slots, seed=model.train.seed)
    return arrays
