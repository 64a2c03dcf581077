"""What each word is in ONNX: a function for each, which writes the nodes of a layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ...graph import GraphNode
from ..graph import AxisOrder
from ..writer import OnnxWriter
from .activation import ACTIVATIONS
from .arrangement import ARRANGEMENTS
from .merge import MERGES
from .normalization import NORMALIZATIONS
from .products import PRODUCTS
from .windows import WINDOWS

OnnxTemplate = Callable[[OnnxWriter, GraphNode], tuple[AxisOrder, str]]
"""Writes a layer; gives the name of its value, and in which order its axes are. Raises
UnwritableLayer."""

TEMPLATES: Mapping[str, OnnxTemplate] = MappingProxyType(
    {
        **PRODUCTS,
        **WINDOWS,
        **ARRANGEMENTS,
        **NORMALIZATIONS,
        **MERGES,
        **ACTIVATIONS,
    }
)
"""By word; `input` is none, because inputs are no nodes."""
