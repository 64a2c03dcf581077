"""The result of training: all that a network needs for inference."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from ..array_types import Array
from ..data.dataset import Split
from ..data.fitted_prep import (
    Affine,
    Categories,
    Fill,
    FittedPrep,
    Rotation,
    ZeroPadding,
)
from ..data.pixel_scale import UNKNOWN, PixelScale
from ..data.streamed import are_finite, first_wrong, prepared
from ..data.target_prep import TargetSteps


@dataclass(frozen=True, slots=True, eq=False)
class TrainedState:
    """Weights, and what is needed to use them."""

    weights: dict[str, Array]
    """Every parameter, kept ones among them, by `node.parameter`."""
    steps: tuple[tuple[FittedPrep, ...], ...]
    """The fitted preparations of each input, in order."""
    samples: tuple[tuple[int, ...], ...]
    """The shape of a sample of each input before it is prepared."""
    classes: tuple[Array | None, ...]
    """The labels of the classes of each target, in index order; None where a target
    is measured numbers."""
    columns: tuple[str, ...] = ()
    """The names of the features, of a network that was trained on a table."""
    target_columns: tuple[str, ...] = ()
    categories: tuple[tuple[str, ...] | None, ...] = ()
    """Those of each column of texts, in the order of their codes; None for numbers."""
    scales: tuple[PixelScale, ...] = ()
    """What the level of a pixel is as a number, for each input."""
    several: tuple[bool, ...] = ()
    """Of each target whether it is several labels of 0 and 1 per sample."""
    target_steps: dict[str, TargetSteps] = field(default_factory=dict)
    """The fitted preparations of numeric targets, by output node."""
    balanced: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """What classes count where the spec says `balanced`, by loss and option."""

    def scale(self, index: int) -> PixelScale:
        """That of one input, also of weights from elsewhere."""
        return self.scales[index] if index < len(self.scales) else UNKNOWN

    def prepare(self, split: Split, dtype: np.dtype[Any]) -> Split | int:
        """Samples as training saw them: in the shape that the preparations were fitted on, then
        prepared, in the type that the network works in. Samples of another size are left as they
        are. Or the number of the first preparation that makes numbers which are not finite."""
        inputs = []
        for index, array in enumerate(split.inputs):
            raw: Array = array
            steps = self.steps[index] if self.steps else ()
            if steps and prod(raw.shape[1:]) == prod(self.samples[index]):
                raw = raw.reshape(len(raw), *self.samples[index])
            else:
                steps = ()
            x = prepared(raw, steps, dtype)
            if steps and not are_finite(x):
                return first_wrong(raw, steps, dtype)
            inputs.append(x)
        return split.with_inputs(tuple(inputs))


def steps_to_tensors(
    steps: tuple[tuple[FittedPrep, ...], ...],
) -> tuple[dict[str, Array], list[Any]]:
    """The numbers of fitted preparations as tensors, and what else there is to say of them."""
    tensors: dict[str, Array] = {}
    record: list[list[dict[str, Any]]] = []
    for index, own in enumerate(steps):
        written: list[dict[str, Any]] = []
        for number, step in enumerate(own):
            base = f"prep:{index}:{number}"
            match step:
                case Affine(shift=shift, factor=factor):
                    written.append({"kind": "affine"})
                    tensors[f"{base}:shift"] = np.asarray(shift)
                    tensors[f"{base}:factor"] = np.asarray(factor)
                case Rotation(mean=mean, matrix=matrix):
                    written.append({"kind": "rotation"})
                    tensors[f"{base}:mean"] = np.asarray(mean)
                    tensors[f"{base}:matrix"] = np.asarray(matrix)
                case Fill(values=values):
                    written.append({"kind": "fill"})
                    tensors[f"{base}:values"] = np.asarray(values)
                case Categories(kept=kept, strict=strict):
                    pairs = [[column, list(codes)] for column, codes in kept.items()]
                    written.append({"kind": "categories", "kept": pairs, "strict": strict})
                case ZeroPadding(size=size):
                    written.append({"kind": "border", "size": size})
        record.append(written)
    return tensors, record


def classes_to_json(classes: tuple[Array | None, ...]) -> list[Any]:
    """Labels with the type of their array, which tells 1 from "1" and from true."""
    return [
        None if labels is None else {"dtype": labels.dtype.str, "labels": labels.tolist()}
        for labels in classes
    ]


def class_names(classes: tuple[Array | None, ...]) -> tuple[str, ...]:
    """What the classes of a single target are called; none for numbers and several targets."""
    if len(classes) != 1 or classes[0] is None:
        return ()
    return tuple(map(str, classes[0].tolist()))
