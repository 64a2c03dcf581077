"""What a trained network needs besides its weights, as it was fitted on the training part."""

from __future__ import annotations

import numpy as np

from ...array_types import Array
from ...data.dataset import Dataset
from ..trained_state import TrainedState
from .objectives import Objective

Classes = tuple[Array | None, ...]
"""The labels of the classes of each target; None where it is measured numbers."""


def fitted_state(
    weights: dict[str, Array],
    dataset: Dataset,
    objective: Objective,
    classes: Classes | None = None,
) -> TrainedState:
    """Weights with all that was fitted on the training part of a data set. `classes` are those of
    each target, by default as `objective_classes` says."""
    encodings = objective.encodings
    return TrainedState(
        weights,
        (dataset.steps, *dataset.more_steps),
        (dataset.raw_shape, *dataset.more_raw_shapes),
        objective_classes(dataset, objective) if classes is None else classes,
        dataset.columns,
        dataset.target_columns,
        dataset.categories,
        dataset.scales,
        tuple(
            any(item.target == index and item.kind == "bits" for item in encodings)
            for index in range(len(dataset.target_names))
        ),
        {item.feed.removeprefix("target:"): item.steps for item in encodings if item.steps},
        dict(objective.balanced),
    )


def objective_classes(dataset: Dataset, objective: Objective) -> Classes:
    """The classes of every target: by the names that a data set gives them, or, where its numbers
    are classes, those numbers."""
    result: list[Array | None] = []
    for index in range(len(dataset.target_names)):
        names = dataset.classes_of(index)
        encoding = next((item for item in objective.encodings if item.target == index), None)
        if names is not None:
            result.append(np.array(names))
        elif encoding is None or encoding.codes is None:
            result.append(None)
        else:
            signs = encoding.kind == "signs"
            result.append(np.array([-1, 1]) if signs else np.arange(len(encoding.codes)))
    return tuple(result)
