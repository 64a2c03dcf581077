"""What an optimizer works on: segments of the flat vectors, and what it remembers of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .program import Emitter, Value


@dataclass(frozen=True, slots=True)
class Treatment:
    """How an optimizer treats a parameter."""

    rate: float
    decays: bool
    l1: float
    l2: float


@dataclass(slots=True)
class Lasting:
    """What lasts from step to step besides the parameters."""

    cells: dict[str, Value] = field(default_factory=dict)
    """Scalars of the whole optimizer, in double precision: `lr`, and what it counts."""
    state: dict[str, Value] = field(default_factory=dict)
    """All state vectors, by name and segment."""
    state_size: int = 0
    """Elements of all state vectors."""


@dataclass(slots=True)
class Vectors:
    """What an optimizer's `update` works on: one segment of the flat vectors at a time."""

    e: Emitter
    parameters: Value
    gradients: Value
    treatment: Treatment
    lasting: Lasting
    own: list[Value] = field(default_factory=list)
    """The state vectors of this segment."""

    @property
    def lr(self) -> Value:
        return self.lasting.cells["lr"]

    def remember(self, name: str) -> Value:
        """A state vector as long as the segment, zero at the start."""
        lasting, key = self.lasting, f"{name}:{self.parameters.offset}"
        if key not in lasting.state:
            size = self.parameters.size
            lasting.state[key] = self.e.new_value(
                (size,), region="state", offset=lasting.state_size, fill=0.0, name=key
            )
            lasting.state_size += size
            self.own.append(lasting.state[key])
        return lasting.state[key]

    def cell(self, name: str, start: float) -> Value:
        """A scalar of the whole optimizer."""
        cells = self.lasting.cells
        if name not in cells:
            cells[name] = self.e.new_value(
                (), dtype="f64", region="cells", offset=len(cells), fill=start, name=name
            )
        return cells[name]

    @contextmanager
    def loop(self) -> Iterator[None]:
        """The instructions inside run together on one slice of the vectors after another."""
        self.e.begin_loop()
        yield
        self.e.end_loop()

    def add_penalties(self, *, weight_decay: float) -> None:
        """Adds the gradients of the penalties: strength · p for l2 and weight decay, strength ·
        sign(p) for l1. Biases and scales have none."""
        l2 = self.treatment.l2 + (weight_decay if self.treatment.decays else 0.0)
        if l2:
            self.e.emit_many("decay_l2", self.gradients, self.parameters, strength=l2)
        if self.treatment.l1:
            strength = self.treatment.l1
            self.e.emit_many("decay_l1", self.gradients, self.parameters, strength=strength)

    def shrink(self, rate: Value, weight_decay: float) -> None:
        """Decay that goes past the gradient: p - rate · weight_decay · p, where weights decay."""
        if self.treatment.decays:
            self.e.emit_many("shrink", self.parameters, rate, strength=weight_decay)
