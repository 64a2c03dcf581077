"""What each row of the instruction set is in C, in the families of `runtime/kernels/`.

The shapes of a row and its formula are in `compiler/lower/isa.py`; a template has a docstring where
it says more. `Template` in `compiler/native/writer.py` says what a template is given.
"""

from __future__ import annotations

from ..writer import Template
from . import (
    activation,
    arrangement,
    batch_innermost_convolution,
    convolution,
    depthwise,
    loss,
    noise,
    normalization,
    optimizer,
    pooling,
    products,
    sums,
    winograd,
)

TEMPLATES: dict[str, Template] = {
    name: template
    for family in (
        products,
        convolution,
        batch_innermost_convolution,
        depthwise,
        winograd,
        sums,
        activation,
        arrangement,
        pooling,
        normalization,
        noise,
        loss,
        optimizer,
    )
    for name, template in family.TEMPLATES.items()
}
"""Every row that is not elementwise, by name."""
