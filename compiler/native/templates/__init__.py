"""What each row of the instruction set is in C, in the families of `runtime/kernels/`."""

from __future__ import annotations

from ..writer import Template
from . import arrangement, convolution, products

TEMPLATES: dict[str, Template] = {
    **arrangement.TEMPLATES,
    **products.TEMPLATES,
    **convolution.TEMPLATES,
}
"""Every row that is not elementwise, by name."""
