"""A file of Keras -> a network of netc and its weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ....compiler.importing.keras.reading import KerasNetwork, read_keras_model
from ...array_types import Array
from .files import read_keras_file
from .variables import read_variables


@dataclass(frozen=True, slots=True)
class KerasImport:
    read: KerasNetwork
    weights: dict[str, dict[str, Array]] | None
    """By step and parameter; None where the file has none, or a layer was refused."""


def read_keras(path: Path) -> KerasImport:
    file = read_keras_file(path)
    read = read_keras_model(file.model)
    if read.network is None or file.weights is None:
        return KerasImport(read, None)
    return KerasImport(read, read_variables(file.weights, read.arrays))
