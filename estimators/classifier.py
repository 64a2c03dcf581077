"""`NetClassifier`: a spec with a loss for classes, as a scikit-learn classifier."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import check_consistent_length
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call,
    check_classification_targets,
    type_of_target,
)
from sklearn.utils.validation import column_or_1d

from ..compiler.diagnostics import DataError, raise_for
from ..compiler.losses.loss import Loss
from ..compiler.problems.data import ClassesDiffer
from ..grammar.problem import Problems
from ..runtime.array_types import Array
from ..runtime.data.user_arrays import ARRAYS, expected_targets
from ..runtime.model.model import Model
from ..runtime.training.objectives.objectives import wants_classes
from ..runtime.training.objectives.target_encoding import units_of
from .estimator import NetEstimator


def _gives_probabilities(estimator: NetClassifier) -> bool:
    """Whether the last layer gives probabilities. Raises AttributeError where it does not."""
    (loss,) = estimator.network().ir.losses
    if loss.needs not in ("softmax", "sigmoid"):
        raise AttributeError(
            f"`loss {loss.word}` gives margins, not probabilities: use `decision_function`"
        )
    return True


def _gives_margins(estimator: NetClassifier) -> bool:
    """Whether the last layer gives margins. Raises AttributeError where it does not."""
    (loss,) = estimator.network().ir.losses
    if loss.needs in ("softmax", "sigmoid"):
        raise AttributeError(f"`loss {loss.word}` gives probabilities: use `predict_proba`")
    return True


class NetClassifier(ClassifierMixin, NetEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A spec as a scikit-learn classifier.

    `spec` is a text or the path of a file, as for `netc.compile`. It has one output and a loss for
    classes (`ce`, `nll`, `kl`, `bce`, `hinge`, `perceptron` or `logistic`). `input ?` and `dense ?`
    leave the numbers of features and classes to the data. A `data` statement is not read.

    `epochs` and `batch` take the place of what `train` says; `random_state` is its `seed`, by
    default that of the spec, so the same samples give the same bits. `validation` is the share of
    the samples that is held out, or a tuple of samples and targets; a `stop patience` needs one.
    `engine`, `device`, `precision`, `compile`, `workers` and `reporter` are those of `Model.fit`.
    All other parameters are `let`s of the spec: `NetClassifier(spec, width=32)`.

    After `fit`: `classes_`, `n_features_in_`, `feature_names_in_` where the samples have names,
    `n_iter_` (the epochs), and `model_`, the trained `netc.Model`.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Trains from the beginning. `sample_weight` is what each sample counts in the loss.

        Raises `CompileError` for a spec with an error, `DataError` (a `ValueError`) for samples
        that do not fit it, and `TrainingError` for a loss that becomes NaN or infinite.
        """
        model = self.compiled()
        samples = self._samples(X, model, reset=True)
        labels = self._labels(y)
        check_consistent_length(X, labels)
        self.classes_ = np.unique(labels)
        model = self._for_classes(model)
        return self._fit(model, samples, self._indices(labels), sample_weight)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Trains for one more epoch, on these samples. The first call needs all `classes`."""
        first = _check_partial_fit_first_call(self, classes)
        model = self.compiled() if first else self._trained()
        samples = self._samples(X, model, reset=first)
        labels = self._labels(y)
        check_consistent_length(X, labels)
        model = self._for_classes(model) if first else model
        return self._partial_fit(model, samples, self._indices(labels), sample_weight)

    def predict(self, X: Any) -> Array:
        """The class of each sample."""
        model = self._trained()
        found = model.predict(self._samples(X, model, reset=False))
        answers: Array = self.classes_[found.astype(np.int64)]
        return answers

    @available_if(_gives_probabilities)  # type: ignore[untyped-decorator]  # as above
    def predict_proba(self, X: Any) -> Array:
        """The probability of each class, (N, K) in the order of `classes_`. There is none for a
        loss on margins."""
        model = self._trained()
        return model.predict_proba(self._samples(X, model, reset=False))

    @available_if(_gives_margins)  # type: ignore[untyped-decorator]  # as above
    def decision_function(self, X: Any) -> Array:
        """The margin of each class, (N, K), or (N,) for two classes, where the second class has
        positive numbers. There is none for a loss on probabilities."""
        model = self._trained()
        (found,) = model.outputs(self._samples(X, model, reset=False)).values()
        return found[:, 0] if found.shape[1] == 1 else found

    def network(self) -> Model:
        """The trained network, or before `fit` the untrained one."""
        return self.model_ if hasattr(self, "model_") else self.compiled()

    def _check_losses(self, losses: list[Loss]) -> None:
        if len(losses) != 1 or not wants_classes(losses):
            words = " and ".join(f"`loss {loss.word}`" for loss in losses) or "no loss"
            raise ValueError(
                "NetClassifier needs one loss for classes, such as `loss ce` after a softmax; "
                f"the spec has {words}"
            )

    def _for_classes(self, model: Model) -> Model:
        """The network with outputs for all classes. Raises `DataError` where it cannot have
        them."""
        count = len(self.classes_)
        if count < 2:
            found = f"only one class: {self.classes_.tolist()[0]!r}" if count else "none"
            raise ValueError(
                "This NetClassifier estimator needs samples of at least 2 classes in the data, "
                f"but the data contains {found}"
            )
        names = tuple(map(str, self.classes_.tolist()))
        (loss,) = model.ir.losses
        model = self._with_outputs(model, units_of(loss, np.arange(count), names))
        (target,) = expected_targets(model.ir, model.graph)
        if target.classes != count:
            problems = Problems()
            problems.add(
                ClassesDiffer(
                    at=model.as_spec().place("losses.0"),
                    outputs=target.shape[-1] or 0,
                    data=ARRAYS,
                    wanted=count,
                    what="classes",
                    names=names,
                    loss=loss.word,
                )
            )
            raise_for(DataError, problems)
        return model

    def _targets(self, y: Any, x: Any) -> Array:
        labels = self._labels(y)
        check_consistent_length(x, labels)
        return self._indices(labels)

    def _indices(self, labels: Array) -> Array:
        """The position of each label among the classes. Raises ValueError for one that is none."""
        strange = np.setdiff1d(labels, self.classes_)
        if len(strange):
            raise ValueError(
                f"`y` has the label {strange.tolist()[0]!r}, which is not among the classes "
                f"{self.classes_.tolist()}"
            )
        return np.searchsorted(self.classes_, labels)

    def _labels(self, y: Any) -> Array:
        """One label per sample. Raises ValueError for anything else."""
        self._need_targets(y)
        check_classification_targets(y)
        if type_of_target(y).startswith("multilabel"):
            raise ValueError("NetClassifier takes one label per sample; netc.compile takes several")
        labels: Array = column_or_1d(y, warn=True)
        return labels
