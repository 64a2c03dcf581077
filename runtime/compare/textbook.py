"""The class that every course writes first: a perceptron of several layers in plain NumPy.

Double precision, a new array for every result, plain gradient descent whatever the spec says.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..array_types import Array
from .case import Case
from .dense_chain import dense_chain
from .netc_side import Shown


def sigmoid(z: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-z)))


ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "relu": (lambda z: np.maximum(0, z), lambda a: (a > 0).astype(float)),
    "tanh": (np.tanh, lambda a: 1 - a**2),
    "sigmoid": (sigmoid, lambda a: a * (1 - a)),
}
"""Each with its derivative in terms of what it gave."""


class MultilayerPerceptron:
    """Layers of weights W and biases b; rows are samples."""

    def __init__(self, weights: list[Array], biases: list[Array], activations: tuple[str, ...]):
        self.weights = [np.array(w, float) for w in weights]
        self.biases = [np.array(b, float) for b in biases]
        self.activations = [ACTIVATIONS[name] for name in activations]

    def forward(self, x: Array) -> list[Array]:
        """The inputs, and what every layer gives."""
        values = [x]
        for number, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = values[-1] @ w + b
            if number < len(self.activations):
                values.append(self.activations[number][0](z))
            else:
                e = np.exp(z - z.max(axis=1, keepdims=True))
                values.append(e / e.sum(axis=1, keepdims=True))
        return values

    def gradients(self, x: Array, y: Array) -> tuple[float, list[Array], list[Array]]:
        """The loss on samples x with one-hot targets y, and its gradients."""
        values = self.forward(x)
        loss = float(-np.sum(y * np.log(values[-1] + 1e-300)) / len(x))
        delta = (values[-1] - y) / len(x)
        dw: list[Array] = []
        db: list[Array] = []
        for number in reversed(range(len(self.weights))):
            dw.insert(0, values[number].T @ delta)
            db.insert(0, np.sum(delta, axis=0))
            if number:
                delta = (delta @ self.weights[number].T) * self.activations[number - 1][1](
                    values[number]
                )
        return loss, dw, db

    def step(self, x: Array, y: Array, rate: float) -> None:
        """One step of gradient descent."""
        _, dw, db = self.gradients(x, y)
        for number in range(len(self.weights)):
            self.weights[number] = self.weights[number] - rate * dw[number]
            self.biases[number] = self.biases[number] - rate * db[number]


class TextbookSide:
    """The class at work on a case."""

    def __init__(self, case: Case, parameters: dict[str, Array], *, threads: int) -> None:
        """Raises TwinError when the network is not a chain of dense layers."""
        chain = dense_chain(case)
        self.threads = threads
        self._case, self._chain, self._slices = case, chain, case.slices()
        self._net = MultilayerPerceptron(
            [parameters[f"{name}.w"] for name in chain.names],
            [parameters[f"{name}.b"] for name in chain.names],
            chain.activations,
        )
        self._x = next(iter(case.inputs.values())).astype(float)
        self._y = next(iter(case.targets.values())).astype(float)

    def run(self, steps: int) -> None:
        for _ in range(steps):
            rows = next(self._slices)
            self._net.step(self._x[rows], self._y[rows], self._case.rate)

    def rest(self) -> None:
        """It has nothing to stop."""

    def wake(self) -> None: ...

    def close(self) -> None: ...

    def show(self) -> Shown:
        rows = slice(0, self._case.batch)
        loss, dw, db = self._net.gradients(self._x[rows], self._y[rows])
        values = {"the loss": np.array(loss)}
        for name, w, b in zip(self._chain.names, dw, db, strict=True):
            values |= {f"{name}.w": w, f"{name}.b": b}
        return Shown(values)
