"""Fitted preparations as nodes of ONNX, in double precision as netc computes them."""

from __future__ import annotations

from math import prod

from ..native.export.contents import (
    BackScaling,
    BorderStep,
    FillingStep,
    LinearStep,
    NetworkInput,
    NetworkOutput,
    RotatingStep,
)
from ..shapes import Shape
from .graph import FixedMatrix
from .writer import OnnxWriter

FLOAT, DOUBLE = 1, 11
"""The numbers of the types in ONNX."""


def write_steps(w: OnnxWriter, own: NetworkInput, shape: Shape) -> str:
    """The nodes from an input as the data has it to what the network gets, in a shape."""
    x = w.emit("Cast", own.name, part="double", to=DOUBLE)
    sample = own.shape
    for number, step in enumerate(own.steps, 1):
        part = f"prep{number}"
        match step:
            case LinearStep(shift, factor):
                x = _linear(w, x, part, shift, factor, sample)
            case FillingStep(values):
                missing = w.emit("IsNaN", x, part=f"{part}_missing")
                filling = _repeating(w, f"{part}_values", values, sample)
                x = w.emit("Where", missing, filling, x, part=part)
            case RotatingStep():
                x = _rotated(w, x, part, step, sample)
            case BorderStep(_, size):
                pads = (0, *(size,) * (len(sample) - 1), 0) * 2
                sizes = w.numbers(f"{part}_pads", pads, "int64")
                x = w.emit("Pad", x, sizes, part=part, mode="constant")
                sample = (*(axis + 2 * size for axis in sample[:-1]), sample[-1])
    x = w.emit("Cast", x, part="prepared", to=FLOAT)
    if sample == shape:
        return x
    sizes = w.numbers("shape", (0, *(size or -1 for size in shape)), "int64")
    return w.emit("Reshape", x, sizes, part="shaped")


def write_back_steps(w: OnnxWriter, own: NetworkOutput, value: str) -> str:
    """The nodes from what the network gives to the unit of the target."""
    if not own.steps:
        return value
    x = w.emit("Cast", value, part="double", to=DOUBLE)
    for number, step in enumerate(own.steps, 1):
        part = f"unit{number}"
        if isinstance(step, BackScaling):
            factor = _repeating(w, f"{part}_factor", step.factor, own.shape)
            shift = _repeating(w, f"{part}_shift", step.shift, own.shape)
            divided = w.emit("Div", x, factor, part=f"{part}_divided")
            x = w.emit("Add", divided, shift, part=part)
        else:
            x = w.emit("Exp", x, part=part)
    return w.emit("Cast", x, part="unit", to=FLOAT)


def _linear(
    w: OnnxWriter,
    x: str,
    part: str,
    shift: tuple[float, ...],
    factor: tuple[float, ...],
    sample: tuple[int, ...],
) -> str:
    shifted = w.emit(
        "Sub", x, _repeating(w, f"{part}_shift", shift, sample), part=f"{part}_shifted"
    )
    return w.emit("Mul", shifted, _repeating(w, f"{part}_factor", factor, sample), part=part)


def _rotated(w: OnnxWriter, x: str, part: str, step: RotatingStep, sample: tuple[int, ...]) -> str:
    size = prod(sample)
    flat = w.emit("Flatten", x, part=f"{part}_flat", axis=1)
    mean = _repeating(w, f"{part}_mean", step.mean, (size,))
    centred = w.emit("Sub", flat, mean, part=f"{part}_centred")
    matrix = w.keep(FixedMatrix(f"{w.layer}/{part}_matrix", (size, size), step.matrix))
    product = w.emit("MatMul", centred, matrix, part=part)
    shape = w.numbers(f"{part}_sizes", (0, *sample), "int64")
    return w.emit("Reshape", product, shape, part=f"{part}_shaped")


def _repeating(w: OnnxWriter, part: str, values: tuple[float, ...], sample: tuple[int, ...]) -> str:
    """Numbers that repeat along a sample, in the shape of its last axes."""
    if len(values) == 1:
        return w.number(part, values[0], "double")
    axes = next(n for n in range(1, len(sample) + 1) if prod(sample[-n:]) == len(values))
    return w.numbers(part, values, "double", sample[-axes:])
