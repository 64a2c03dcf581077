"""The gradients of a batch, by parameter."""

from __future__ import annotations

import numpy as np

from ...engine.selection import EngineOptions, set_weights
from ...training.objectives.batches import fill
from .figures import ParameterFigures, parameter_figures
from .opening import Inspection, build_transparent


def gradient_figures(inspection: Inspection) -> tuple[ParameterFigures, ...]:
    """The gradient of the loss for every trained parameter, on one batch of the samples, as a step
    of training computes it."""
    session, part = inspection.session, inspection.encoded
    count = min(inspection.batch, len(part))
    options = EngineOptions(
        count,
        count,
        session.settings.seed,
        "gradients",
        sample_weights=session.dataset.train.weights is not None,
    )
    engine = build_transparent(session.spec.model, session.spec.graph, options)
    set_weights(engine, inspection.loaded.state.weights)
    engine.resize(count)
    rows = np.arange(count) * len(part) // count
    fill(engine.feeds, part, rows, count)
    with np.errstate(all="ignore"):
        engine.gradient_step()
    return tuple(parameter_figures(name, array) for name, array in engine.gradients().items())
