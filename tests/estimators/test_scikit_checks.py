"""Everything that scikit-learn expects of an estimator."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("sklearn", reason="the checks are scikit-learn's")

from netc.sklearn import NetClassifier, NetRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

# Weights equal repetitions only where no batch is drawn: scikit-learn's own estimators of
# mini-batches fail this check. Double precision, because it compares to seven digits.
TRAIN = "opt adam lr=0.05; train epochs=60 batch=all precision=f64"
EXPECTED_FAILURES: dict[str, str] = {}
"""By the name of a check: why it fails, and that scikit-learn's own MLP fails it, too."""


@pytest.mark.heavy
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
@parametrize_with_checks(
    [
        NetClassifier(f"input ? -> dense 16 relu -> dense ? softmax; loss ce; {TRAIN}"),
        NetRegressor(f"input ? -> dense 16 relu -> dense ?; loss mse; {TRAIN}"),
    ],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES,
)
def test_scikit_learn_is_content(estimator: Any, check: Any) -> None:
    check(estimator)
