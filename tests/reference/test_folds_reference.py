"""Mean accuracy over the folds beside the same network in scikit-learn."""

from __future__ import annotations

from pathlib import Path

import netc
import numpy as np
import pytest
from netc.grammar.problem import Problems
from netc.runtime.training.cross_validation import cross_validate
from netc.runtime.training.spec import RunOptions

datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is missing")
model_selection = pytest.importorskip("sklearn.model_selection")
neural_network = pytest.importorskip("sklearn.neural_network")
pipeline = pytest.importorskip("sklearn.pipeline")
preprocessing = pytest.importorskip("sklearn.preprocessing")


@pytest.mark.parametrize(("name", "features", "classes"), [("iris", 4, 3), ("digits", 64, 10)])
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")  # of scikit-learn, after 40 epochs
def test_the_mean_accuracy_is_within_two_deviations(name: str, features: int, classes: int) -> None:
    spec = netc.compile(
        f"data {name}; kfold 5; prep standardize\n"
        f"input {features} -> dense 16 relu -> dense {classes} softmax\n"
        "loss ce; opt adam lr=0.01; train epochs=40 batch=32"
    ).as_spec()
    problems = Problems()
    report = cross_validate(
        spec, RunOptions(), root=Path(), problems=problems, reporter=lambda event: None
    )
    assert report is not None, list(problems)
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    network = pipeline.make_pipeline(
        preprocessing.StandardScaler(),
        neural_network.MLPClassifier(
            (16,), learning_rate_init=0.01, max_iter=40, batch_size=32, alpha=0, random_state=0
        ),
    )
    folds = model_selection.StratifiedKFold(5, shuffle=True, random_state=0)
    scores = model_selection.cross_val_score(network, x, y, cv=folds)
    # different initial weights and folds: the mean may differ by what folds differ among themselves
    allowed = 2 * max(float(np.std(scores)), report.deviation["val_acc"])
    assert abs(report.mean["val_acc"] - scores.mean()) <= allowed
