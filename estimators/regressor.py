"""`NetRegressor`: a spec with a loss for numbers, as a scikit-learn regressor."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_array, column_or_1d

from ..compiler.losses.loss import Loss
from ..runtime.array_types import Array
from .estimator import NetEstimator


class NetRegressor(RegressorMixin, NetEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A spec as a scikit-learn regressor.

    The spec has one output and a loss for numbers (`mse`, `mae` or `huber`). `input ?` and
    `dense ?` leave the numbers of features and targets to the data. Parameters and attributes are
    those of `NetClassifier`, without `classes_`.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Trains from the beginning, on (N,) or (N, K) targets. `sample_weight` is what each sample
        counts in the loss.

        Raises `CompileError` for a spec with an error, `DataError` (a `ValueError`) for samples
        that do not fit it, and `TrainingError` for a loss that becomes NaN or infinite.
        """
        model = self.compiled()
        samples = self._samples(X, model, reset=True)
        return self._fit(model, samples, self._targets(y, samples), sample_weight)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Trains for one more epoch, on these samples."""
        first = not hasattr(self, "model_")
        model = self.compiled() if first else self._trained()
        samples = self._samples(X, model, reset=first)
        return self._partial_fit(model, samples, self._targets(y, samples), sample_weight)

    def predict(self, X: Any) -> Array:
        """The numbers of each sample, (N,) or (N, K) as in `fit`."""
        model = self._trained()
        return model.predict(self._samples(X, model, reset=False))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _check_losses(self, losses: list[Loss]) -> None:
        if len(losses) != 1 or not losses[0].learns_numbers():
            words = " and ".join(f"`loss {loss.word}`" for loss in losses) or "no loss"
            raise ValueError(
                "NetRegressor needs one loss for numbers, such as `loss mse` after a linear "
                f"layer; the spec has {words}"
            )

    def _targets(self, y: Any, x: Any) -> Array:
        """The targets of samples as (N,) or (N, K) numbers. Raises ValueError for anything else."""
        self._need_targets(y)
        found = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
        check_consistent_length(x, found)
        single = found.ndim == 2 and found.shape[1] == 1
        numbers: Array = column_or_1d(found, warn=True) if single else found
        return numbers
