"""scikit-learn's MLPClassifier with the same weights, batches and optimizer."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

import numpy as np

from ...compiler.optimizers.adam import Adam
from ...compiler.optimizers.sgd import Sgd
from ..array_types import Array
from .case import Case, TwinError
from .dense_chain import DenseChain, dense_chain

ACTIVATIONS = {"relu": "relu", "tanh": "tanh", "sigmoid": "logistic"}


class SklearnSide:
    """MLPClassifier at work on a case."""

    def __init__(self, case: Case, parameters: dict[str, Array], *, threads: int) -> None:
        """Raises TwinError with the reason when MLPClassifier cannot be this network."""
        chain = dense_chain(case)
        network = import_module("sklearn.neural_network")
        if len(set(chain.activations)) > 1:
            raise TwinError("its hidden layers have different activations")
        optimizer = case.model.optimizer
        if optimizer is None or optimizer.weight_decay or case.model.regularizers:
            raise TwinError("it has a penalty, or no `opt`")
        self.threads = threads
        self._case = case
        self._x = next(iter(case.inputs.values()))
        self._y = next(iter(case.classes.values()))
        self._classes = np.arange(chain.sizes[-1])
        self._net = network.MLPClassifier(
            hidden_layer_sizes=chain.sizes[1:-1],
            activation=ACTIVATIONS[chain.activations[0]] if chain.activations else "identity",
            alpha=0.0,
            batch_size=case.batch,
            learning_rate_init=case.rate,
            shuffle=False,
            **_solver(optimizer),
        )
        self._at = 0
        self._learn(1)
        self._copy(chain, parameters)

    def _copy(self, chain: DenseChain, parameters: dict[str, Array]) -> None:
        for number, name in enumerate(chain.names):
            self._net.coefs_[number][...] = parameters[f"{name}.w"]
            self._net.intercepts_[number][...] = parameters[f"{name}.b"]

    def run(self, steps: int) -> None:
        while steps:
            now = min(steps, self._case.batches - self._at)
            self._learn(now)
            steps -= now

    def _learn(self, batches: int) -> None:
        """One pass over some batches, each a step."""
        rows = slice(self._at * self._case.batch, (self._at + batches) * self._case.batch)
        self._at = (self._at + batches) % self._case.batches
        with warnings.catch_warnings():
            # training on random labels may well not converge
            warnings.simplefilter("ignore")
            self._net.partial_fit(self._x[rows], self._y[rows], classes=self._classes)

    def rest(self) -> None:
        """It has nothing to stop."""

    def wake(self) -> None: ...

    def close(self) -> None: ...

    def answers(self) -> Array:
        """The probabilities for the first batch: its gradients are not public."""
        found: Array = self._net.predict_proba(self._x[: self._case.batch])
        return found


def _solver(optimizer: Any) -> dict[str, Any]:
    match optimizer:
        case Sgd():
            return {
                "solver": "sgd",
                "momentum": optimizer.momentum,
                "nesterovs_momentum": optimizer.nesterov,
            }
        case Adam():
            return {
                "solver": "adam",
                "beta_1": optimizer.beta1,
                "beta_2": optimizer.beta2,
                "epsilon": optimizer.eps,
            }
        case _:
            raise TwinError(f"it has no solver like `opt {optimizer.word}`")
