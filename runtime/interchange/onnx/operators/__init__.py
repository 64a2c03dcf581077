"""Each operation of ONNX that has a counterpart, by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..file import FileNode
from ..reader import NetworkReader
from .activations import ACTIVATIONS
from .arrangement import ARRANGEMENTS
from .merges import MERGES
from .normalization import NORMALIZATIONS
from .pools import POOLS
from .products import PRODUCTS
from .windows import WINDOWS

OPERATORS: Mapping[str, Callable[[NetworkReader, FileNode], None]] = {
    **WINDOWS,
    **POOLS,
    **PRODUCTS,
    **NORMALIZATIONS,
    **ACTIVATIONS,
    **ARRANGEMENTS,
    **MERGES,
}
