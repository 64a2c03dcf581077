"""A look inside a network against PyTorch and scikit-learn.

1e-9 of the largest gradient is far above the rounding of double precision in these nets.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from netc.grammar.problem import Problems
from netc.runtime.analysis.inspection.opening import Inspection, open_inspection
from netc.runtime.analysis.inspection.report import inspect_network
from netc.runtime.analysis.inspection.saliency import differentiator, saliency, strength
from netc.runtime.analysis.inspection.scores import score_of_class
from netc.runtime.training.evaluation import load_part

Array = np.ndarray[Any, Any]

TEXT = (
    "data digits; prep standardize; input 8x8x1 name=x -> conv 5 3x3 pad=1 bn relu -> maxpool 2x2 "
    "-> conv 6 3x3 -> tanh -> flatten -> dropout 0.3 -> dense 9 -> sigmoid -> dense 10 softmax; "
    "loss ce; opt adam lr=0.01; train epochs=2 batch=64 seed=3 precision=f64"
)


@pytest.fixture(scope="module")
def model() -> netc.Model:
    return netc.compile(TEXT).fit()


@pytest.fixture(scope="module")
def inspection(model: netc.Model) -> Inspection:
    problems = Problems()
    spec, state = model.as_spec(), model.trained_state()
    loaded = load_part(
        spec, state, root=Path(), part="test", problems=problems, reporter=lambda event: None
    )
    assert loaded is not None
    found = open_inspection(spec, loaded, most=1000, places=(), problems=problems)
    assert found is not None
    return found


def test_saliency_is_that_of_pytorch(model: netc.Model, inspection: Inspection) -> None:
    torch = pytest.importorskip("torch", reason="the reference is PyTorch")
    from torch_words import leaves, walk

    weights = model.weights
    x = np.asarray(inspection.encoded.inputs["x"])
    for index, category in ((0, 3), (17, 9), (101, 0)):
        inputs = {"x": torch.tensor(x[index : index + 1], requires_grad=True)}
        values = walk(model.graph, inputs, leaves(weights, kept=set(weights)), training=False)
        score = values["dense2"][0, category]
        (wanted,) = torch.autograd.grad(score, inputs["x"])
        asked = score_of_class(inspection, category)
        assert asked is not None
        of = differentiator(inspection, asked.logits)
        found = saliency(of, index, asked, (8, 8, 1), seed=0)
        wanted = wanted.numpy()[0]
        assert np.abs(found.gradient - wanted).max() <= 1e-9 * np.abs(wanted).max()
        largest = np.abs(wanted).max(axis=-1)
        np.testing.assert_allclose(strength(found.gradient), largest, atol=1e-9 * largest.max())


def test_the_confusion_matrix_is_that_of_scikit_learn(
    model: netc.Model, inspection: Inspection
) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="the reference is scikit-learn")
    outcomes = inspect_network(inspection, None).outcomes
    assert model.classes_ is not None
    true = model.classes_[inspection.read.y]
    predicted = model.predict(np.asarray(inspection.read.x))
    wanted = metrics.confusion_matrix(true, predicted, labels=model.classes_)
    assert outcomes.confusion is not None
    assert np.array_equal(outcomes.confusion, wanted)
    losses = metrics.log_loss(
        true, model.predict_proba(np.asarray(inspection.read.x)), labels=model.classes_
    )
    assert outcomes.losses.mean() == pytest.approx(losses, rel=1e-9)
