"""Predicted numbers against the true ones."""

from __future__ import annotations

import numpy as np

from ...analysis.inspection.figures import histogram
from ...analysis.inspection.opening import Inspection
from ...array_types import Doubles
from ..data import PredictedNumbers, ReportHistogram
from .samples import answers_of, number_encoding, number_names, numbers_of

MOST_POINTS = 500
MOST_TARGETS = 4


def predicted_numbers(inspection: Inspection, part: str) -> tuple[PredictedNumbers, ...]:
    """One for each number of the first numeric target; none where a target is a picture."""
    encoding = number_encoding(inspection)
    if encoding is None or int(np.prod(encoding.shape)) > MOST_TARGETS:
        return ()
    count = min(len(inspection.encoded), MOST_POINTS)
    order = np.arange(count) * len(inspection.encoded) // count
    true, given = [], []
    for index, outputs in answers_of(inspection, order):
        pair = numbers_of(inspection, encoding, index, outputs)
        true.append(pair[0])
        given.append(pair[1])
    columns = np.array(true).T, np.array(given).T
    names = number_names(inspection, encoding, len(columns[0]))
    return tuple(
        PredictedNumbers(
            name,
            part,
            tuple(t.tolist()),
            tuple(p.tolist()),
            inspection.total,
            _residuals(name, p - t),
        )
        for name, t, p in zip(names, *columns, strict=True)
    )


def _residuals(name: str, rest: Doubles) -> ReportHistogram | None:
    finite = rest[np.isfinite(rest)]
    if not finite.size:
        return None
    found = histogram(finite)
    return ReportHistogram(
        f"{name}: predicted - true",
        float(found.edges[0]),
        float(found.edges[-1]),
        tuple(map(int, found.counts)),
        float(finite.mean()),
        float(finite.std()),
    )
