"""What each layer of Keras is in netc."""

from __future__ import annotations

from . import activations, arrange, merges, norms, vectors, windows
from .piece import LayerReader

LAYERS: dict[str, LayerReader] = {
    **vectors.LAYERS,
    **windows.LAYERS,
    **norms.LAYERS,
    **arrange.LAYERS,
    **merges.LAYERS,
    **activations.LAYERS,
}
"""By class of `keras.layers`."""

OPERATIONS: dict[str, LayerReader] = {**activations.OPERATIONS, **merges.OPERATIONS}
"""By class of `keras.ops`: what an expression such as `x + y` or `keras.ops.relu(x)` leaves in a
functional model."""
