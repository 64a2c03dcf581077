"""Emits the optimizer: in-place passes over the flat vectors, segment by segment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from ..ir import Model
from ..optimizers.optimizer import Optimizer, Stepping
from .layout import Layout, Segment, Treatment
from .program import Emitter, Value


@dataclass(slots=True)
class Vectors:
    """What an optimizer's `update` works on: one segment of the flat vectors at a time.

    The state vectors and the cells that it asks for last as long as the run.
    """

    e: Emitter
    parameters: Value
    gradients: Value
    treatment: Treatment
    lr: Value
    state: dict[str, Value] = field(default_factory=dict)
    """All state vectors so far, by name and segment; shared between segments."""
    cells: dict[str, Value] = field(default_factory=dict)
    state_size: list[int] = field(default_factory=lambda: [0])
    own: list[Value] = field(default_factory=list)
    """The state vectors of this segment."""

    def remember(self, name: str) -> Value:
        """A state vector as long as the segment, zero at the start."""
        key = f"{name}:{self.parameters.offset}"
        if key not in self.state:
            size = self.parameters.size
            self.state[key] = self.e.new_value(
                (size,), region="state", offset=self.state_size[0], fill=0.0, name=key
            )
            self.state_size[0] += size
            self.own.append(self.state[key])
        return self.state[key]

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

    def cell(self, name: str, start: float) -> Value:
        """A scalar of the whole optimizer that lasts, in double precision."""
        if name not in self.cells:
            self.cells[name] = self.e.new_value(
                (), dtype="f64", region="cells", offset=len(self.cells), fill=start, name=name
            )
        return self.cells[name]


@dataclass(frozen=True, slots=True)
class Lasting:
    """What the update needs beyond one step."""

    cells: dict[str, Value]
    state_size: int


FLUSH_EVERY = 64
"""Steps between two looks for numbers that have become too small: 0.9 to the power of 64 is a
thousandth, so none gets far below the limit before it is found."""
LEAST = {"f32": 1e-30, "f64": 1e-290}
"""What is smaller counts as zero. It is far above the smallest normal number, and its square root
far below any `eps` in a denominator."""


def _flush(vectors: Vectors, precision: str, *, first: bool) -> None:
    """Sets to zero what has decayed to almost nothing in the state of a segment."""
    steps = vectors.cell("steps", 0.0)
    if first:
        vectors.e.emit_many("count_step", steps)
    with vectors.loop():
        for vector in vectors.own:
            vectors.e.emit_many("flush", vector, steps, least=LEAST[precision], every=FLUSH_EVERY)


def emit_update(model: Model, layout: Layout, e: Emitter) -> Lasting:
    """Emits penalties and the optimizer's rule for every segment."""
    lr = e.new_value((), dtype="f64", region="cells", offset=0, name="lr")
    shared: dict[str, Value] = {}
    cells: dict[str, Value] = {"lr": lr}
    size = [0]
    optimizer: Optimizer | None = model.optimizer
    precision = model.train.precision if model.train is not None else "f32"
    if optimizer is None:
        raise ValueError("a model without an optimizer has no update")
    e.layer = f"opt {optimizer.word}"
    clip = optimizer.clip if isinstance(optimizer, Stepping) else None

    def vectors_of(segment: Segment) -> Vectors:
        return Vectors(
            e,
            e.new_value((segment.size,), region="parameters", offset=segment.start),
            e.new_value((segment.size,), region="gradients", offset=segment.start),
            segment.treatment,
            lr,
            shared,
            cells,
            size,
        )

    segments = layout.segments
    if clip is not None and layout.trained_size:
        # Penalties are part of the loss, so their gradients are clipped with the others.
        for segment in segments:
            if segment.treatment.l1 or segment.treatment.l2:
                vectors = vectors_of(segment)
                with vectors.loop():
                    vectors.add_penalties(weight_decay=0.0)
        segments = tuple(
            replace(segment, treatment=replace(segment.treatment, l1=0.0, l2=0.0))
            for segment in segments
        )
        whole = e.new_value((layout.trained_size,), region="gradients", offset=0)
        factor = e.emit("clip_factor", whole, most=clip)
        for segment in segments:
            vectors = vectors_of(segment)
            with vectors.loop():
                e.emit_many("scale_gradient", vectors.gradients, factor)
    for index, segment in enumerate(segments):
        vectors = vectors_of(segment)
        optimizer.update(vectors, first=index == 0)
        if vectors.own:
            _flush(vectors, precision, first=index == 0)
    return Lasting(cells, size[0])
