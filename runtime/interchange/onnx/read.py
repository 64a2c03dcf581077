"""From a file of ONNX to a network of netc and its weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ....compiler.data.preparations import Center, Prep, Scale, Standardize
from ....compiler.importing.network import ImportedInput, ImportedNetwork
from ....compiler.problems.interchange import FileNotImported, NotInNetc
from ....grammar.problem import Problems
from ...data.bounded_reading import RefusedError
from ...data.fitted_prep import Affine
from ...storage.files import place_of
from ..imported import ReadNetwork
from .file import FileInput, FileNode, read_onnx_file
from .fusion import fused
from .operators import OPERATORS
from .operators.arrangement import wants_first
from .reader import FileTensor, NetworkReader, NoLayerError, RefusedNode, UnknownValueError, first


def read_onnx(path: Path, problems: Problems) -> ReadNetwork | None:
    """The network of a file; None after a problem, of which there is one for each operation that
    netc does not have."""
    try:
        file = read_onnx_file(path)
        file.nodes = fused(file)
        reader = NetworkReader(file)
        for own in file.inputs:
            _read_input(reader, own)
        refusals = _read_nodes(reader)
        refusals += _check_outputs(reader)
        if any(not np.all(factor) for factor, _ in reader.preparations.values()):
            raise RefusedError("it multiplies an input by 0")
    except RefusedError as error:
        problems.add(FileNotImported(at=place_of(path), path=str(path), reason=str(error)))
        return None
    for refusal in refusals:
        problems.add(
            NotInNetc(
                at=place_of(path),
                operator=refusal.node.op,
                node=refusal.node.name,
                output=next(iter(refusal.node.outputs), ""),
                reason=refusal.reason,
                advice=refusal.advice,
            )
        )
    if refusals:
        return None
    steps = tuple(reader.steps.values())
    outputs = tuple(reader.tensors[name].step for name in file.outputs)
    network = ImportedNetwork(tuple(reader.inputs), steps, outputs, _preps(reader))
    remark = f"Read from {path.name}" + (f", written by {file.producer}" if file.producer else "")
    preparations = {
        name: (Affine(-shift / factor, factor),)
        for name, (factor, shift) in reader.preparations.items()
    }
    return ReadNetwork(network, reader.weights, (remark,), _classes(reader), preparations)


def _preps(reader: NetworkReader) -> tuple[Prep, ...]:
    """The words for what is done to the samples."""
    return tuple(
        Center() if np.all(factor == 1) else Standardize() if np.any(shift) else Scale()
        for factor, shift in reader.preparations.values()
    )


def _read_input(reader: NetworkReader, own: FileInput) -> None:
    rank = len(own.sizes) - 1
    if not 1 <= rank <= 3:
        raise RefusedError(
            f"its input `{own.name}` has {len(own.sizes)} axes; a sample of netc has 1 to 3 "
            "besides the batch"
        )
    if own.type not in REALS and not (own.type in WHOLE and _are_tokens(reader, own.name)):
        raise RefusedError(
            f"its input `{own.name}` takes numbers of the type {own.type}; netc takes real "
            "numbers, or tokens that are looked up in a table"
        )
    sizes = own.sizes[1:]
    channels_first = rank > 1 and wants_first(reader, own.name)
    shape = (*sizes[1:], sizes[0]) if channels_first else sizes
    axes = first(rank) if channels_first else tuple(range(rank))
    reader.inputs.append(ImportedInput(own.name, shape))
    reader.tensors[own.name] = FileTensor(own.name, shape, axes)


REALS = ("FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16")
WHOLE = ("INT64", "INT32")


def _are_tokens(reader: NetworkReader, name: str) -> bool:
    """Whether only look-ups read whole numbers, or casts that make them real."""
    return all(node.op in ("Gather", "Cast") for node in reader.readers.get(name, ()))


def _read_nodes(reader: NetworkReader) -> list[RefusedNode]:
    refusals: list[RefusedNode] = []
    for node in reader.file.nodes:
        try:
            _read_node(reader, node)
        except UnknownValueError:
            continue
        except NoLayerError as error:
            refusals.append(RefusedNode(node, str(error), error.advice))
            _assume(reader, node)
    return refusals


def _read_node(reader: NetworkReader, node: FileNode) -> None:
    read = OPERATORS.get(node.op)
    if read is None:
        raise NoLayerError("no layer computes it")
    try:
        read(reader, node)
    except UNREADABLE as error:
        # what a damaged file says of a node is no number, or one that no option may have
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise NoLayerError(
            f"its attributes or weights are not those of the operator: {reason}"
        ) from None


UNREADABLE = (ValueError, TypeError, LookupError, ArithmeticError)


def _assume(reader: NetworkReader, node: FileNode) -> None:
    """Lets the nodes behind a refused one be looked at, too, where its output seems to be its input
    number by number."""
    shapes = reader.file.shapes
    known = [name for name in node.inputs if name in reader.tensors]
    for output in node.outputs:
        for name in known:
            if output and shapes.get(output) is not None and shapes[output] == shapes.get(name):
                reader.tensors[output] = reader.tensors[name]


def _check_outputs(reader: NetworkReader) -> list[RefusedNode]:
    """Outputs whose numbers would come in another order than the file's."""
    refusals = []
    for name in reader.file.outputs:
        if name in reader.file.constants:
            raise RefusedError(f"its output `{name}` is a constant")
        tensor = reader.tensors.get(name)
        if tensor is not None and tensor.order is not None:
            reason = "it gives the numbers of an image channels-first, as a vector"
            refusals.append(RefusedNode(reader.makers[name], reason, ""))
    return refusals


def _classes(reader: NetworkReader) -> Mapping[str, tuple[str, ...]]:
    """The names of classes that netc writes into the metadata, by step."""
    try:
        said = json.loads(reader.file.metadata.get("classes", "{}"))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(said, dict):
        return {}
    return {
        reader.tensors[name].step: tuple(map(str, names))
        for name, names in said.items()
        if name in reader.file.outputs and isinstance(names, list) and names
    }
