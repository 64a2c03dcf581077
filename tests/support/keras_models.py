"""Models that Keras builds and saves, and the networks that netc reads of their files."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from imported_files import outputs_of
from netc.compiler.language.builtin import BUILTIN
from netc.grammar.problem import Problems
from netc.runtime.interchange.importing import import_network

# Keras looks for TensorFlow where nothing else is said.
os.environ.setdefault("KERAS_BACKEND", "torch")


def keras_package() -> Any:
    """The package; the test is skipped where it, or PyTorch, is missing."""
    pytest.importorskip("torch")
    pytest.importorskip("h5py")
    return pytest.importorskip("keras")


def randomize(model: Any, seed: int = 0) -> None:
    """Other numbers in all variables, also where Keras starts with zeros and ones."""
    random = np.random.default_rng(seed)
    for variable in model.variables:
        # outputs as large as inputs: larger ones have larger errors
        inputs = math.prod(variable.shape[:-1]) if len(variable.shape) > 1 else 11
        values = random.normal(0, inputs**-0.5, variable.shape)
        if "variance" in variable.path:
            values = 0.5 + np.abs(values)
        elif "gamma" in variable.path:
            values = 1 + values
        if "seed" not in variable.path and "count" not in variable.path:
            variable.assign(values.astype(np.float32))


def compare(
    model: Any, folder: Path, tokens: int | None = None, *, file: str = "model.keras"
) -> None:
    """Gives a model other weights, saves it, reads the file, and compares all outputs for a batch
    of 1 and one of 7. Its inputs are tokens where it is said how many there are."""
    randomize(model)
    model.save(folder / file)
    problems = Problems()
    found = import_network(folder / file, BUILTIN, problems)
    assert found is not None, [problem.message() for problem in problems]
    random = np.random.default_rng(1)
    for batch in (1, 7):
        feeds = [
            random.normal(size=(batch, *own.shape[1:])).astype(np.float32)
            if tokens is None
            else random.integers(0, tokens, (batch, *own.shape[1:]))
            for own in model.inputs
        ]
        expected = model.predict_on_batch(feeds if len(feeds) > 1 else feeds[0])
        expected = list(expected.values()) if isinstance(expected, dict) else expected
        expected = expected if isinstance(expected, list) else [expected]
        for theirs, mine in zip(expected, outputs_of(found, feeds), strict=True):
            assert mine.shape == theirs.shape
            np.testing.assert_allclose(mine, theirs, 1e-5, 1e-5 * max(1, np.abs(theirs).max()))
