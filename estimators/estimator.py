"""What both estimators share: parameters, among them the `let`s of the spec; samples; training."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from .. import api
from ..compiler.data.preparations import Impute, OneHot
from ..compiler.diagnostics import DataError, raise_for
from ..compiler.language.builtin import INSTALLED
from ..compiler.language.frozen import change
from ..compiler.losses.loss import Loss
from ..compiler.open_widths import open_outputs
from ..compiler.pipeline import check
from ..compiler.reading import ReadFailure, read_source
from ..grammar.problem import Problems
from ..grammar.source import Source
from ..runtime.array_types import Array
from ..runtime.data.tables.samples import is_frame
from ..runtime.events import Event
from ..runtime.model.model import Model
from ..runtime.training.loading.free_sizes import with_sizes
from ..runtime.training.spec import DeviceChoice, EngineChoice, PrecisionChoice


class NetEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """The base of `NetClassifier` and `NetRegressor`."""

    def __init__(
        self,
        spec: str | os.PathLike[str],
        *,
        epochs: int | None = None,
        batch: int | str | None = None,
        random_state: Any = None,
        validation: float | tuple[Any, ...] = 0.0,
        engine: EngineChoice | None = None,
        device: DeviceChoice | None = None,
        precision: PrecisionChoice | None = None,
        compile: bool = False,
        workers: int | None = 1,
        reporter: Callable[[Event], None] | None = None,
        **lets: Any,
    ) -> None:
        self.spec = spec
        self.epochs = epochs
        self.batch = batch
        self.random_state = random_state
        self.validation = validation
        self.engine = engine
        self.device = device
        self.precision = precision
        self.compile = compile
        self.workers = workers
        self.reporter = reporter
        self._lets = lets

    # Parameters

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name, among them every `let` of the spec; None where a `let` keeps the
        value that the spec gives it."""
        own: dict[str, Any] = super().get_params(deep=deep)
        return dict.fromkeys(let_names(self.spec)) | self._lets | own

    def set_params(self, **params: Any) -> Self:
        """Sets parameters by name. Raises `ValueError` for a name that there is not."""
        own = super().get_params(deep=False)
        for name in sorted(params, key=lambda name: name != "spec"):
            if name in own:
                setattr(self, name, params[name])
            elif name in self.get_params(deep=False):
                self._lets[name] = params[name]
            else:
                known = sorted(self.get_params(deep=False))
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {type(self).__name__}. "
                    f"Valid parameters are: {known!r}."
                )
        return self

    # The network

    def compiled(self) -> Model:
        """The untrained network. Raises `CompileError` for a spec with an error."""
        lets = {name: value for name, value in self._lets.items() if value is not None}
        model = api.compile(self.spec, **lets)
        self._check_losses([loss for loss in model.ir.losses if loss.target is None])
        return model

    def _check_losses(self, losses: list[Loss]) -> None:
        """Raises ValueError for losses that the estimator cannot train with."""
        raise NotImplementedError(type(self).__name__)

    def _with_outputs(self, model: Model, units: int) -> Model:
        """The network with so many outputs, where the spec leaves them open."""
        taking = open_outputs(model.ir)
        if not taking:
            return model
        problems = Problems()
        spec = model.as_spec()
        # `data` is not read, and its numbers of classes and features do not count
        spec = spec.with_model(change(spec.model, data=None))
        bound = with_sizes(spec, {}, dict.fromkeys(taking, units), problems)
        raise_for(DataError, problems)
        assert bound is not None  # sizes that do not fit are a problem
        return Model(bound.model, bound.graph, bound.spans, bound.source, model.spec)

    # Samples

    def _samples(self, x: Any, model: Model, *, reset: bool) -> Any:
        """Samples as the network reads them: an array, or a data frame with columns of texts, where
        the spec prepares these."""
        preps = model.ir.preps
        if is_frame(x) and any(isinstance(prep, OneHot) for prep in preps):
            validate_data(self, x, reset=reset, skip_check_array=True)
            return x
        imputes = any(isinstance(prep, Impute) for prep in preps)
        finite = "allow-nan" if imputes else True
        try:
            return validate_data(self, x, reset=reset, ensure_all_finite=finite)
        except ValueError as error:
            if is_frame(x) and "could not convert string" in str(error):
                error.add_note("`prep onehot` in the spec, or a transformer, makes texts numbers")
            raise

    def _counts(self, sample_weight: Any, x: Any) -> Array | None:
        """What each sample counts."""
        if sample_weight is None:
            return None
        counts: Array = _check_sample_weight(sample_weight, np.empty((len(x), 1)), dtype=np.float64)
        return counts

    def _targets(self, y: Any, x: Any) -> Array:
        """The targets of samples as the network learns them. Raises ValueError for others."""
        raise NotImplementedError(type(self).__name__)

    def _need_targets(self, y: Any) -> None:
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target y "
                "is None."
            )

    # Training

    def _fit(self, model: Model, x: Any, y: Array, sample_weight: Any) -> Self:
        model.fit(
            x,
            y,
            epochs=self.epochs,
            batch=self.batch,
            seed=self._seed(),
            validation=self._held_out(model),
            sample_weight=self._counts(sample_weight, x),
            **self._computes(),
        )
        return self._take(model)

    def _held_out(self, model: Model) -> Any:
        """The share of the samples that is held out, or others with their targets as `fit` takes
        them. Raises ValueError for what is none of these."""
        if not isinstance(self.validation, tuple) or len(self.validation) < 2:
            return self.validation
        x, y, *counts = self.validation
        try:
            samples = self._samples(x, model, reset=False)
            return samples, self._targets(y, samples), *counts
        except ValueError as error:
            raise ValueError(f"`validation` cannot be used: {error}") from error

    def _partial_fit(self, model: Model, x: Any, y: Array, sample_weight: Any) -> Self:
        model.partial_fit(
            x,
            y,
            sample_weight=self._counts(sample_weight, x),
            **self._computes(),
        )
        return self._take(model)

    def _computes(self) -> dict[str, Any]:
        """The arguments of `Model.fit` that say how it is computed."""
        return {
            "workers": self.workers,
            "engine": self.engine,
            "device": self.device,
            "precision": self.precision,
            "compile": self.compile,
            "reporter": self.reporter,
        }

    def _take(self, model: Model) -> Self:
        assert model.report is not None  # it was trained
        self.model_ = model
        self.n_iter_ = len(model.report.epochs)
        return self

    def _seed(self) -> int | None:
        """The seed of a training; None: that of the spec."""
        if self.random_state is None or isinstance(self.random_state, int | np.integer):
            return None if self.random_state is None else int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31))

    def _trained(self) -> Model:
        check_is_fitted(self, "model_")
        model: Model = self.model_
        return model


def let_names(spec: str | os.PathLike[str]) -> tuple[str, ...]:
    """The `let`s of a spec, as far as it can be understood; what is no spec is refused by `fit`."""
    if not isinstance(spec, str | os.PathLike):
        return ()
    source = api.spec_source(spec)
    return () if isinstance(source, ReadFailure) else _names_in(source)


@lru_cache(maxsize=64)
def _names_in(source: Source) -> tuple[str, ...]:
    return tuple(check(source, INSTALLED, read_source).model.lets)
