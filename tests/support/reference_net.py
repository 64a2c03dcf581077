"""Small nets for comparisons: a text becomes an engine whose every tensor a test can set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.lower.context import Choices as Choices
from netc.compiler.lower.lower import lower
from netc.compiler.lower.passes.pipeline import NAMES
from netc.compiler.lower.plan import LOSS
from netc.compiler.lower.verify import verify
from netc.compiler.pipeline import Checked, check
from netc.compiler.reading import read_source, source_of
from netc.runtime.engine.engine import Engine

Array = np.ndarray[Any, Any]

CHOSEN = Choices(inspect=verify)
INNERMOST = Choices(least_innermost=1, inspect=verify)
"""Few channels have their samples innermost, however small the batch of a test is."""
NATIVE = Choices(native=True, inspect=verify)
"""The plan for the native engine, which NumPy runs too."""
PLAIN = Choices(without=NAMES, inspect=verify)
"""Without any pass: what the layers emitted, as they emitted it."""


def understand(text: str) -> Checked:
    """Checks a spec that must be right."""
    checked = check(source_of(text), BUILTIN, read_source)
    wrong = [f"{item.code} {item.message()}" for item in checked.problems if item.is_error]
    assert not wrong, (text, wrong)
    return checked


@dataclass
class Net:
    """A spec, understood and bound."""

    text: str
    batch: int
    choices: Choices = CHOSEN
    checked: Checked = field(init=False)
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.checked = understand(self.text)
        self.engine = Engine(
            lambda batch: lower(
                self.checked.model, self.checked.graph, batch=batch, choices=self.choices
            ),
            batch=self.batch,
        )

    def parameters(self) -> dict[str, Array]:
        return self.engine.parameters()

    def set(self, parameters: dict[str, Array]) -> None:
        """Writes parameters; those that are not named stay."""
        own = self.engine.parameters()
        for name, value in parameters.items():
            own[name][...] = value
        self.engine.parameters_changed()

    def feed(self, feeds: dict[str, Array]) -> None:
        for name, value in feeds.items():
            array = self.engine.feeds[name]
            array[...] = np.asarray(value).reshape(array.shape)

    def train(self, lr: float = 0.0) -> float:
        """One step; gives the loss."""
        self.engine.train_step(lr)
        return self.engine.loss()

    def outputs(self) -> dict[str, Array]:
        """The outputs of the last step, without the loss."""
        return {name: value.copy() for name, value in self.engine.outputs.items() if name != LOSS}

    def gradients(self) -> dict[str, Array]:
        return {name: value.copy() for name, value in self.engine.gradients().items()}


def shake(parameters: dict[str, Array], seed: int) -> dict[str, Array]:
    """Other starting values, so that no bias is zero and no scale one."""
    rng = np.random.default_rng(seed)
    shaken = {}
    for name, value in parameters.items():
        if name.endswith(".var"):
            shaken[name] = value + 0.5 * np.abs(rng.standard_normal(value.shape))
        elif value.std() == 0:
            shaken[name] = value + 0.3 * rng.standard_normal(value.shape)
        else:
            shaken[name] = value.copy()
    return shaken


def distance(found: Any, expected: Any, floor: float = 0.0) -> float:
    """The largest difference over the largest expected number, or over `floor` when that is
    larger: for gradients that vanish in theory and are rounding errors in both."""
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    assert found.shape == expected.shape
    assert np.isfinite(found).all()
    if not found.size:
        return 0.0
    difference = float(np.abs(found - expected).max())
    largest = max(float(np.abs(expected).max()), floor)
    return difference / largest if difference else 0.0
