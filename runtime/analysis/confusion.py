"""Which classes a network takes for which, on the test part or, without one, on the validation
part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..array_types import Array
from ..plots.matrix import NamedMatrix, draw_matrix
from ..plots.picture import Picture
from ..training.loop.measurement import evaluate
from ..training.session import Session


@dataclass(frozen=True, slots=True, eq=False)
class ConfusionCounts:
    """Counts of samples."""

    counts: Array
    """(classes, classes): rows are the true classes, columns the predicted ones."""
    names: tuple[str, ...]
    part: str


def confusion_of(session: Session) -> ConfusionCounts | None:
    """Of the first output that answers one class per sample or position; None without one, or
    without a part that was held out."""
    encoded, objective = session.encoded(), session.objective
    part = encoded.validation if encoded.test is None else encoded.test
    if part is None:
        return None
    for index, output in enumerate(objective.measured_outputs):
        if output.classes is None or output.several:
            continue
        alone = replace(output, metrics=(("confusion", "confusion"),))
        with np.errstate(all="ignore"):
            found = evaluate(
                session.engine,
                replace(part, truths=(part.truths[index],)),
                replace(objective, measured_outputs=(alone,)),
                session.settings,
            )
        names = output.names or tuple(map(str, range(output.classes)))
        which = "validation" if encoded.test is None else "test"
        return ConfusionCounts(np.array(found.confusion), names, which)
    return None


def confusion_picture(counts: Array, names: Sequence[str], called: str) -> Picture:
    """A cell per pair of classes, whose colour is the share of the true class."""
    table: dict[str, Sequence[object]] = {"true": names}
    table |= {
        f"predicted {name}": column.tolist() for name, column in zip(names, counts.T, strict=True)
    }
    title = f"{called}: {int(np.trace(counts)):,} of {int(counts.sum()):,} right"
    label = "share of the true class"
    matrix = NamedMatrix(counts, title, "true", "predicted", label, names, names, shares=True)
    return Picture("confusion", partial(draw_matrix, matrix=matrix), table)
