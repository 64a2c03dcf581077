"""What training starts from: what the seed draws, or earlier weights (`init "file"`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ....compiler.lower.layout import lay_out
from ....compiler.problems.run_lints import StartBelongsElsewhere
from ....compiler.problems.weights import WeightsOutside
from ....compiler.spans import Place
from ....grammar.problem import Problem, Problems
from ....grammar.source import Source, Span
from ...array_types import Array, float_type
from ...data.dataset import Dataset
from ...engine.initialize import initialize
from ...engine.selection import AnyEngine, set_weights
from ...storage.weights import Tensors, compare, read_weights
from ..saved import state_in
from ..spec import Spec
from ..trained_state import TrainedState


def load_initial_weights(
    engine: AnyEngine, spec: Spec, dataset: Dataset, problems: Problems, *, allow_outside: bool
) -> tuple[Problem, ...] | None:
    """Fills every parameter, those of frozen layers and running moments among them. What is odd
    about the weights for this data; None after a problem."""
    if spec.model.weights is None:
        return ()
    found = _read(spec, problems, allow_outside=allow_outside)
    if found is None:
        return None
    set_weights(engine, found.parameters())
    state = state_in(found)
    return () if state is None else tuple(_other_names(spec, dataset, state))


def _other_names(
    spec: Spec, dataset: Dataset, state: TrainedState
) -> Iterator[StartBelongsElsewhere]:
    """Where columns and classes are others than those that the weights were trained on."""
    labels = state.classes[0] if state.classes else None
    classes = () if labels is None else tuple(map(str, labels.tolist()))
    pairs = [("columns", state.columns, dataset.columns)]
    # labels from 0 on beside names are places, as in arrays of a set whose classes have names
    counted = tuple(map(str, range(len(classes))))
    if counted not in (classes, dataset.class_names) or {*classes} & {*dataset.class_names}:
        pairs.append(("classes", classes, dataset.class_names))
    if state.columns == dataset.columns and len(state.categories) == len(dataset.categories):
        named = zip(dataset.columns, state.categories, dataset.categories, strict=True)
        pairs += [(f"categories of `{name}`", old or (), new or ()) for name, old, new in named]
    for what, before, now in pairs:
        if before and now and before != now:
            at, path = spec.place("weights"), str(spec.model.weights)
            yield StartBelongsElsewhere(at=at, path=path, what=what, before=before, now=now)


def _read(spec: Spec, problems: Problems, *, allow_outside: bool) -> Tensors | None:
    """What the file of `init` holds, which has every parameter; None after a problem. The path is
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
    fits = compare(content.parameters(), spec.model, spec.graph, shown, place, problems)
    return content if fits else None


def initial_weights(spec: Spec, problems: Problems) -> dict[str, Array] | None:
    """What training starts from, by `node.parameter`: the file of `init`, or what the seed draws.
    None after a problem."""
    model = spec.model
    if model.weights is not None:
        found = _read(spec, problems, allow_outside=False)
        return None if found is None else found.parameters()
    layout = lay_out(model, spec.graph)
    slots = layout.trained + layout.kept
    dtype = float_type(model)
    arrays: dict[str, Array] = {slot.name: np.empty(slot.shape, dtype) for slot in slots}
    initialize(arrays, slots, seed=model.train.seed)
    return arrays
