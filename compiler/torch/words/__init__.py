"""What each layer is in PyTorch, by family. Importing this folder fills `torch_layer`."""

from . import activation, arrangement, convolution, merging, noise, normalization, pooling, vectors

__all__ = [
    "activation",
    "arrangement",
    "convolution",
    "merging",
    "noise",
    "normalization",
    "pooling",
    "vectors",
]
