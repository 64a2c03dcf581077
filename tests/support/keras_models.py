"""Models that Keras builds and saves, and the networks that netc reads of their files."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from netc.compiler.importing.writing import WrittenSpec, write_spec
from netc.compiler.language.builtin import INSTALLED
from netc.runtime.interchange.keras.reading import KerasImport, read_keras
from netc.runtime.training.trained_state import TrainedState

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
        if "seed" not in variable.path:
            variable.assign(values.astype(np.float32))


def model_of(found: KerasImport) -> tuple[netc.Model, WrittenSpec]:
    """The spec of what was read, with its weights."""
    network, weights = found.read.network, found.weights
    assert found.read.refusals == (), found.read.refusals
    assert network is not None
    assert weights is not None
    written = write_spec(network, INSTALLED)
    assert not written.checked.has_errors, written.text
    model = netc.compile(written.text)
    arrays = {
        f"{written.nodes[step]}.{parameter}": array
        for step, own in weights.items()
        for parameter, array in own.items()
    }
    model._set_state(TrainedState(arrays, (), (), ()))
    return model, written


def compare(model: Any, folder: Path, tokens: int | None = None) -> None:
    """Gives a model other weights, saves it, reads the file, and compares all outputs for a batch
    of 1 and one of 7. Its inputs are tokens where it is said how many there are."""
    randomize(model)
    model.save(folder / "model.keras")
    ours, written = model_of(read_keras(folder / "model.keras"))
    names = [node.name for node in ours.graph.nodes if not node.inputs]
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
        given = dict(zip(names, feeds, strict=True))
        outputs = ours.outputs(given if len(feeds) > 1 else feeds[0])
        assert len(outputs) == len(expected), written.text
        labels = {node: label for label, node in ours.graph.labels.items()}
        for theirs, node in zip(expected, written.outputs, strict=True):
            mine = outputs[node] if node in outputs else outputs[labels[node]]
            assert mine.shape == theirs.shape
            np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5)
