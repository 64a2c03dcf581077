"""What training starts from: what the seed draws, or earlier weights (`init "file"`)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

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
from ..spec import Spec


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
    return tuple(_other_names(spec, dataset, found.record or {}))


def _other_names(
    spec: Spec, dataset: Dataset, record: Mapping[str, Any]
) -> Iterator[StartBelongsElsewhere]:
    """Where columns and classes are others than those that the weights were trained on."""
    classes = next(iter(record.get("classes") or ()), None)
    pairs = [
        ("columns", record.get("columns"), dataset.columns),
        ("classes", (classes or {}).get("labels"), dataset.class_names),
    ]
    known = record.get("categories") or ()
    if pairs[0][1] == list(dataset.columns) and len(known) == len(dataset.categories):
        named = zip(dataset.columns, known, dataset.categories, strict=True)
        pairs += [(f"categories of `{name}`", old, new or ()) for name, old, new in named]
    for what, before, now in pairs:
        names = tuple(map(str, before or ()))
        if names and now and names != now:
            at, path = spec.place("weights"), str(spec.model.weights)
            yield StartBelongsElsewhere(at=at, path=path, what=what, before=names, now=now)


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
