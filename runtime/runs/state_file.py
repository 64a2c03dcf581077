"""The state of a training as one file: tensors, and a record of the rest, under one checksum.

| tensor | what |
|---|---|
| `weights:NODE.NAME` | the parameters |
| `best:NODE.NAME` | those of the best epoch, where it is not the last one |
| `optimizer`, `cells` | the bytes of the optimizer's state and of its counters |
| `streams` | how far the random streams have come |
| `metrics:...` | what the metrics of the epoch in work have gathered |
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import TypeAdapter
from safetensors import SafetensorError
from safetensors.numpy import load

from ..array_types import Array
from ..data.bounded_reading import DAMAGE
from ..engine.state import EngineState
from ..events import FoldDone
from ..storage.weights import KEY, encode, open_record
from ..training.loop.progress import TrainingProgress, TrainingState

FORMAT = 1

BROKEN: tuple[type[Exception], ...] = (SafetensorError, *DAMAGE)
"""What reading a damaged file raises."""


@dataclass(frozen=True, slots=True, eq=False)
class KeptState:
    """What a run needs to go on."""

    training: TrainingState
    folds: tuple[FoldDone, ...] | None
    """Those of a cross-validation that are done; None for another run."""


def encode_state(kept: KeptState) -> bytes:
    """The bytes of the file."""
    state = kept.training
    tensors: dict[str, Array] = {
        "optimizer": state.engine.optimizer,
        "cells": state.engine.cells,
        "streams": state.engine.streams,
    }
    tensors |= {f"weights:{name}": array for name, array in state.engine.parameters.items()}
    tensors |= {f"metrics:{name}": array for name, array in state.metrics.items()}
    if state.best_weights is not None and not state.best_is_last:
        tensors |= {f"best:{name}": array for name, array in state.best_weights.items()}
    record = {
        "format": FORMAT,
        "progress": asdict(state.progress),
        "folds": None if kept.folds is None else [asdict(fold) for fold in kept.folds],
        "has_best": state.best_weights is not None,
    }
    # as it will be read: JSON has texts for keys, and the checksum is that of the JSON
    return encode(tensors, json.loads(json.dumps(record)))


def decode_state(data: bytes) -> KeptState | str:
    """The state in a file, or why there is none."""
    try:
        tensors = load(data)
        (length,) = struct.unpack("<Q", data[:8])
        metadata = json.loads(data[8 : 8 + length]).get("__metadata__", {})
    except BROKEN:
        return "it is not a file of a state"
    record = open_record(str(metadata.get(KEY, "")), tensors)
    if record is None:
        return "its checksum differs"
    if record.get("format") != FORMAT:
        return "another version of netc wrote it"
    try:
        return _state(tensors, record)
    except DAMAGE:
        return "another version of netc wrote it"


def _state(tensors: dict[str, Array], record: dict[str, Any]) -> KeptState:
    def part(prefix: str) -> dict[str, Array]:
        return {n.removeprefix(prefix): a for n, a in tensors.items() if n.startswith(prefix)}

    progress = TypeAdapter(TrainingProgress).validate_python(record["progress"])
    folds = record["folds"]
    weights, best = part("weights:"), part("best:")
    engine = EngineState(weights, tensors["optimizer"], tensors["cells"], tensors["streams"])
    if record["has_best"] and not best:
        best = {name: array.copy() for name, array in weights.items()}
    training = TrainingState(
        progress, engine, best if record["has_best"] else None, part("metrics:")
    )
    done = None if folds is None else TypeAdapter(tuple[FoldDone, ...]).validate_python(folds)
    return KeptState(training, done)
