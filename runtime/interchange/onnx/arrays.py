"""The stored tensors of an ONNX graph, made of the weights of a network."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from ....compiler.onnx.graph import (
    ArrangedWeight,
    FixedMatrix,
    FixedNumbers,
    FoldedBias,
    NormToFold,
    StoredTensor,
)
from ...array_types import Array, Doubles

TYPES: Mapping[str, np.dtype[Any]] = {
    "float": np.dtype(np.float32),
    "double": np.dtype(np.float64),
    "int64": np.dtype(np.int64),
}


def stored_array(tensor: StoredTensor, weights: Mapping[str, Array]) -> Array:
    """The numbers of a tensor. Weights are stored in single precision, in which runtimes of ONNX
    compute."""
    match tensor:
        case ArrangedWeight(_, parameter, split, axes, shape, norm):
            array = weights[parameter]
            if norm is not None:
                factor, _ = _affine(norm, weights)
                sizes = [1] * array.ndim
                sizes[norm.axis] = -1
                array = array * factor.reshape(sizes)
            turned = array.reshape(split).transpose(axes).reshape(shape)
            return np.ascontiguousarray(turned, np.float32)
        case FoldedBias(_, parameter, norm, shape):
            factor, shift = _affine(norm, weights)
            bias = 0.0 if parameter is None else weights[parameter]
            return np.asarray(bias * factor + shift, np.float32).reshape(shape)
        case FixedNumbers(_, type_, shape, values):
            return np.array(values, TYPES[type_]).reshape(shape)
        case FixedMatrix(_, shape, array):
            return np.frombuffer(array.read(0, prod(shape)), "<f8").reshape(shape)


def _affine(norm: NormToFold, weights: Mapping[str, Array]) -> tuple[Doubles, Doubles]:
    """Factor and shift of a batch normalisation, in double precision."""
    gamma, beta, mean, var = (
        weights[f"{norm.node}.{name}"].astype(np.float64)
        for name in ("gamma", "beta", "mean", "var")
    )
    factor = gamma / np.sqrt(var + norm.eps)
    return factor, beta - mean * factor
