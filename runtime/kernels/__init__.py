"""The kernels: for every row of the instruction set the NumPy calls that carry it out.

A kernel is a function that gets the arrays of one instruction by the names of its pattern, and
its attributes, and gives the bound calls to run at every step. Nothing is allocated in a call.
"""

from __future__ import annotations

from . import (
    activation,
    arithmetic,
    arrangement,
    batch_innermost_convolution,
    collective,
    convolution,
    depthwise,
    fused,
    loss,
    margin_loss,
    matrix,
    noise,
    normalization,
    optimizer,
    pooling,
    winograd,
)
from .kernel import Kernel

KERNELS: dict[str, Kernel] = {
    name: kernel
    for family in (
        matrix,
        arithmetic,
        activation,
        convolution,
        depthwise,
        batch_innermost_convolution,
        winograd,
        pooling,
        arrangement,
        collective,
        normalization,
        fused,
        noise,
        loss,
        margin_loss,
        optimizer,
    )
    for name, kernel in family.KERNELS.items()
}
