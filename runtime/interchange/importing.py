"""From a file of another tool to a spec and a trained network: `netc import`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...compiler.importing.writing import WrittenSpec, write_spec
from ...compiler.language.vocabulary import Vocabulary
from ...grammar.problem import Problems
from ..array_types import Array
from ..data.fitted_prep import FittedPrep
from ..packages import require_package
from ..training.trained_state import TrainedState
from .imported import ReadNetwork

NetworkSource = Callable[[Path, Problems], ReadNetwork | None]


class FileFormat(NamedTuple):
    """A format that networks are read from."""

    tool: str
    package: str
    """What must be installed; empty for nothing."""
    reader: Callable[[], NetworkSource]
    """Imports what reads it."""
    has_weights: bool = True


def _onnx() -> NetworkSource:
    from .onnx.read import read_onnx

    return read_onnx


def _keras() -> NetworkSource:
    from .keras.reading import read_keras

    return read_keras


FORMATS = {
    ".onnx": FileFormat("ONNX", "onnx", _onnx),
    ".keras": FileFormat("Keras", "h5py", _keras),
    ".h5": FileFormat("Keras", "h5py", _keras),
    ".hdf5": FileFormat("Keras", "h5py", _keras),
    ".json": FileFormat("Keras", "", _keras, has_weights=False),
}
"""By the ending of the file."""


@dataclass(frozen=True, slots=True)
class Import:
    """A network of another tool as a spec and its trained weights."""

    spec: WrittenSpec
    state: TrainedState | None
    """None where the file has no weights."""


def import_network(path: Path, vocabulary: Vocabulary, problems: Problems) -> Import | None:
    """The network of a file whose ending is one of `FORMATS`; None after a problem. Raises
    UnusablePackageError."""
    known = FORMATS[path.suffix.lower()]
    if known.package:
        require_package(known.package)
    read = known.reader()(path, problems)
    if read is None:
        return None
    spec = write_spec(read.network, vocabulary, read.remarks)
    problems.found.extend(problem for problem in spec.checked.problems if problem.is_error)
    if problems.has_errors():
        return None
    return Import(spec, _state(read, spec))


def _state(read: ReadNetwork, spec: WrittenSpec) -> TrainedState | None:
    if read.weights is None:
        return None
    weights: dict[str, Array] = {
        f"{spec.nodes[step]}.{parameter}": array
        for step, own in read.weights.items()
        if step in spec.nodes
        for parameter, array in own.items()
    }
    inputs = [node.shape for node in spec.checked.graph.nodes if not node.inputs]
    # of a free size any sample will do
    samples = tuple(tuple(size or 1 for size in shape) for shape in inputs)
    steps = tuple(_steps(read, spec)) if read.preparations else ()
    return TrainedState(weights, steps, samples, (_classes(read, spec),))


def _steps(read: ReadNetwork, spec: WrittenSpec) -> Iterator[tuple[FittedPrep, ...]]:
    """The preparations of each input of the spec."""
    names = {node: name for name, node in spec.nodes.items()}
    for node in spec.checked.graph.nodes:
        if not node.inputs:
            yield read.preparations.get(names[node.name], ())


def _classes(read: ReadNetwork, spec: WrittenSpec) -> Array | None:
    """The labels of the first output, which `predict` gives."""
    first = spec.checked.graph.outputs[0]
    for step, names in read.classes.items():
        if spec.nodes.get(step) == first:
            return np.array(names)
    return None
