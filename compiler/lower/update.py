"""Emits the optimizer: in-place passes over the flat vectors, segment by segment."""

from __future__ import annotations

from dataclasses import replace

from ..optimizers.optimizer import Optimizer, Stepping
from .layout import ParameterLayout, Segment
from .program import Emitter
from .vectors import Lasting, Vectors

FLUSH_EVERY = 64
"""Steps between two looks for numbers that have become too small: 0.9 to the power of 64 is a
thousandth, so none gets far below the limit before it is found."""
LEAST = {"f32": 1e-30, "f64": 1e-290}
"""What is smaller counts as zero. It is far above the smallest normal number, and its square root
far below any `eps` in a denominator."""


def emit_update(
    optimizer: Optimizer, layout: ParameterLayout, e: Emitter, *, precision: str
) -> Lasting:
    """Emits penalties and the optimizer's rule for every segment."""
    lr = e.new_value((), dtype="f64", region="cells", name="lr")
    lasting = Lasting({"lr": lr})
    e.layer = f"opt {optimizer.word}"
    clip = optimizer.clip if isinstance(optimizer, Stepping) else None
    segments = layout.segments
    if clip is not None and layout.trained_size:
        segments = _clip(layout, e, lasting, clip)
    for index, segment in enumerate(segments):
        vectors = _vectors(segment, e, lasting)
        optimizer.update(vectors, first=index == 0)
        if vectors.own:
            _flush(vectors, precision, first=index == 0)
    return lasting


def _vectors(segment: Segment, e: Emitter, lasting: Lasting) -> Vectors:
    return Vectors(
        e,
        e.new_value((segment.size,), region="parameters", offset=segment.start),
        e.new_value((segment.size,), region="gradients", offset=segment.start),
        segment.treatment,
        lasting,
    )


def _clip(
    layout: ParameterLayout, e: Emitter, lasting: Lasting, most: float
) -> tuple[Segment, ...]:
    """Scales all gradients together to a norm of at most so much; gives the segments without the
    penalties, which are part of the loss: their gradients are clipped with the others."""
    for segment in layout.segments:
        if segment.treatment.l1 or segment.treatment.l2:
            vectors = _vectors(segment, e, lasting)
            with vectors.loop():
                vectors.add_penalties(weight_decay=0.0)
    whole = e.new_value((layout.trained_size,), region="gradients", offset=0)
    factor = e.emit("clip_factor", whole, most=most)
    for segment in layout.segments:
        vectors = _vectors(segment, e, lasting)
        with vectors.loop():
            e.emit_many("scale_gradient", vectors.gradients, factor)
    return tuple(
        replace(segment, treatment=replace(segment.treatment, l1=0.0, l2=0.0))
        for segment in layout.segments
    )


def _flush(vectors: Vectors, precision: str, *, first: bool) -> None:
    """Sets to zero what has decayed to almost nothing in the state of a segment."""
    steps = vectors.cell("steps", 0.0)
    if first:
        vectors.e.emit_many("count_step", steps)
    with vectors.loop():
        for vector in vectors.own:
            vectors.e.emit_many("flush", vector, steps, least=LEAST[precision], every=FLUSH_EVERY)
