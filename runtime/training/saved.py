"""A trained network as a file, and back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ... import __version__
from ...compiler.graph import Graph
from ...compiler.ir import Model as Ir
from ...compiler.ir import to_json
from ...compiler.language.vocabulary import Vocabulary
from ...compiler.load import load_model
from ...compiler.problems.weights import CannotWrite, WrittenByAnother
from ...grammar.problem import Problems
from ..data.target_prep import targets_to_tensors
from ..storage.files import place_of, write_atomically
from ..storage.weights import Tensors, encode, read_weights
from .saved_record import SavedRecord, mismatch, state_of
from .trained_state import TrainedState, classes_to_json, steps_to_tensors

FORMAT = 1
"""Counts the changes after which an older netc can no longer read a file."""


def save(path: Path, ir: Ir, spec: str, state: TrainedState, problems: Problems) -> bool:
    """Writes a trained network with everything that is needed to use it again. Weights that are
    no finite numbers are refused here, as reading them would be."""
    for name, array in state.weights.items():
        if not np.isfinite(array).all():
            reason = f"`{name}` holds NaN or infinity, as after a training that diverged"
            problems.add(CannotWrite(at=place_of(path), path=str(path), reason=reason))
            return False
    tensors, preps = steps_to_tensors(state.steps)
    target_tensors, target_preps = targets_to_tensors(state.target_steps)
    record = {
        "format": FORMAT,
        "netc": __version__,
        "spec": spec,
        "model": json.loads(to_json(ir)),
        "preps": preps,
        "samples": [list(shape) for shape in state.samples],
        "classes": classes_to_json(state.classes),
        "columns": list(state.columns),
        "target_columns": list(state.target_columns),
        "categories": [names and list(names) for names in state.categories],
        "several": list(state.several),
        "target_preps": target_preps,
        "balanced": {key: list(weights) for key, weights in state.balanced.items()},
        "scales": [list(scale) for scale in state.scales],
    }
    try:
        write_atomically(path, encode({**state.weights, **tensors, **target_tensors}, record))
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        problems.add(CannotWrite(at=place_of(path), path=str(path), reason=reason))
        return False
    return True


def read_record(
    content: Tensors,
    record: dict[str, Any],
    path: Path,
    vocabulary: Vocabulary,
    problems: Problems,
) -> tuple[Ir, Graph, TrainedState] | None:
    """The network that a file was written for, and its trained state; None after a problem."""
    unreadable = WrittenByAnother(
        at=place_of(path),
        path=str(path),
        version=str(record.get("netc")),
        here=__version__,
    )
    if record.get("format") != FORMAT or not isinstance(record.get("spec"), str):
        problems.add(unreadable)
        return None
    found = Problems()
    try:
        ir, inference = load_model(json.dumps(record["model"]), vocabulary, found)
        state = _state_in(content, record)
    except (ValueError, KeyError, RecursionError):
        # the checksum was right: this is what another program wrote, or another version
        problems.add(unreadable)
        return None
    if found.has_errors() or mismatch(state, ir, inference.graph):
        problems.add(unreadable)
        return None
    return ir, inference.graph, state


def read_state(path: Path) -> TrainedState | None:
    """The trained state in a file, as `state_in`; None where that cannot be read."""
    content = read_weights(path, str(path), place_of(path), Problems())
    return None if content is None else state_in(content)


def state_in(content: Tensors) -> TrainedState | None:
    """The trained state of a file without a look at its network; None for one from elsewhere, or
    with a record of another version."""
    try:
        return None if content.record is None else _state_in(content, content.record)
    except (ValueError, KeyError, RecursionError):
        return None


def _state_in(content: Tensors, record: dict[str, Any]) -> TrainedState:
    """Raises ValueError or KeyError for what netc does not write."""
    saved = SavedRecord.model_validate_json(json.dumps(record))
    return replace(state_of(saved, content.tensors), weights=content.parameters())
