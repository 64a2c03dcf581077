"""What must hold of the native engine for every spec that `check` accepts."""

from __future__ import annotations

import numpy as np
from generated_models import Generated
from laws import BATCH, CLOSE, copies, digits_lost, engine_of, feeds_of, fill, set_parameters, start
from native_engines import native_engine, plan_compiler
from netc.compiler.lower.context import Choices
from netc.compiler.lower.verify import verify
from netc.compiler.pipeline import Checked

SINGLE = 2e-4
"""The largest share of the largest number by which results in single precision may differ: some
thousand roundings of 6e-8, and normalisations divide by small numbers."""


def native_engine_agrees(model: Generated, checked: Checked) -> None:
    """It evaluates, trains and updates as the NumPy engine does, up to the order of sums."""
    numpy = engine_of(checked, Choices(inspect=verify))
    native = native_engine(checked, plan_compiler(quick=True), batch=BATCH, seed=3)
    rng = np.random.default_rng(0)
    feeds = feeds_of(numpy, model, checked.graph, rng)
    start(numpy, rng)
    set_parameters(native, copies(numpy.parameters()))
    close = CLOSE if checked.model.train.precision == "f64" else SINGLE
    close *= digits_lost(checked)
    try:
        for engine in (numpy, native):
            fill(engine, feeds, BATCH)
            engine.evaluate_step()
        _agree("evaluate", native.outputs, numpy.outputs, close)
        for engine in (numpy, native):
            engine.train_step(1e-3)
        _agree("train", native.outputs, numpy.outputs, close)
        _agree("gradients", native.gradients(), numpy.gradients(), close)
    finally:
        native.close()


def _agree(
    where: str, found: dict[str, np.ndarray], wanted: dict[str, np.ndarray], close: float
) -> None:
    assert found.keys() == wanted.keys()
    largest = max((abs(value).max(initial=0) for value in wanted.values()), default=0.0)
    for name, value in wanted.items():
        error = abs(found[name] - value).max(initial=0)
        assert error <= close * max(1.0, largest), f"{where}, {name}: {error} of {largest}"
