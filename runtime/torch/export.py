"""From a network to a file of PyTorch and one of weights: `netc export`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors.numpy import save as encode_tensors

from ...compiler.torch.source import TorchSource
from ..array_types import Array
from ..storage.files import write_atomically
from .weights import state_of


def encode_state(source: TorchSource, weights: Mapping[str, Array]) -> bytes:
    """The bytes of a safetensors file with the `state_dict` of a module, from netc's weights."""
    return bytes(encode_tensors(state_of(source, weights)))


def write_torch_files(text: str, output: Path, state: bytes | None, weights: Path) -> None:
    """Writes the weights, if there are any, then the text that needs them. Raises OSError."""
    if state is not None:
        write_atomically(weights, state)
    write_atomically(output, text.encode())
