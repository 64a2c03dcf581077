"""A trained network as a file, and back."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import __version__
from ...compiler.graph import Graph
from ...compiler.ir import Model as Ir
from ...compiler.ir import to_json
from ...compiler.language.vocabulary import Vocabulary
from ...compiler.load import load_model, places_of
from ...compiler.problems.weights import CannotWrite, SpecNotInFile, WrittenByAnother
from ...compiler.spans import Place
from ...grammar.problem import Problem, Problems
from ...grammar.source import Source, Span
from .atomic import write_atomically
from .trained_state import (
    Learnt,
    classes_from_json,
    classes_to_json,
    steps_from_tensors,
    steps_to_tensors,
)
from .weights import Tensors, compare, encode, read_weights

if TYPE_CHECKING:
    from .model import Model

FORMAT = 1
"""Counts the changes after which an older netc can no longer read a file."""


def save(path: Path, ir: Ir, spec: str, learnt: Learnt, problems: Problems) -> bool:
    """Writes a trained network with everything that is needed to use it again. Weights that are
    no finite numbers are refused here, as reading them would be."""
    for name, array in learnt.weights.items():
        if not np.isfinite(array).all():
            reason = f"`{name}` holds NaN or infinity, as after a training that diverged"
            problems.add(CannotWrite(at=place_of(path).span, path=str(path), reason=reason))
            return False
    tensors, preps = steps_to_tensors(learnt.steps)
    record = {
        "format": FORMAT,
        "netc": __version__,
        "spec": spec,
        "model": json.loads(to_json(ir)),
        "preps": preps,
        "samples": [list(shape) for shape in learnt.samples],
        "classes": classes_to_json(learnt.classes),
        "columns": list(learnt.columns),
        "target_column": learnt.target_column,
    }
    try:
        write_atomically(path, encode({**learnt.weights, **tensors}, record))
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        problems.add(CannotWrite(at=place_of(path).span, path=str(path), reason=reason))
        return False
    return True


def unwritable(path: Path, read: Iterable[Path] = ()) -> Problem | None:
    """Why nothing can be written at a path, as far as that shows before the work is done. What is
    written must not take the place of what is `read`."""
    folder = path.absolute().parent
    reason = ""
    if path.exists() and any(other.exists() and path.samefile(other) for other in read):
        reason = "the command reads it, and its contents would be lost"
    elif path.is_dir():
        reason = "it is a folder"
    elif not folder.is_dir():
        reason = f"there is no folder `{folder}`"
    elif not os.access(folder, os.W_OK):
        reason = f"files cannot be made in `{folder}`"
    if not reason:
        return None
    return CannotWrite(at=place_of(path).span, path=str(path), reason=reason)


def place_of(path: Path) -> Place:
    """Where problems with a file stand that no text names."""
    return Place(Span(Source(str(path), ""), 0, 0))


def load_saved(path: Path, vocabulary: Vocabulary, problems: Problems) -> Model | None:
    """The trained network of a file; None after a problem."""
    place = place_of(path)
    content = read_weights(path, str(path), place, problems)
    if content is None:
        return None
    if content.record is None:
        problems.add(SpecNotInFile(at=place.span, path=str(path)))
        return None
    return _model_of(content, content.record, path, vocabulary, problems)


def _model_of(
    content: Tensors,
    record: dict[str, Any],
    path: Path,
    vocabulary: Vocabulary,
    problems: Problems,
) -> Model | None:
    from ...compiler.lower.layout import lay_out
    from .model import Model

    place = place_of(path)
    read = read_record(content, record, str(path), place, vocabulary, problems)
    if read is None:
        return None
    ir, graph, learnt = read
    layout = lay_out(ir, graph)
    precision = ir.train.precision
    slots = layout.trained + layout.kept
    if not compare(learnt.weights, slots, precision, str(path), place, problems):
        return None
    source = place.span.source
    return Model(ir, graph, places_of(ir, source), source, record["spec"], learnt)


def read_record(
    content: Tensors,
    record: dict[str, Any],
    shown: str,
    place: Place,
    vocabulary: Vocabulary,
    problems: Problems,
) -> tuple[Ir, Graph, Learnt] | None:
    """The network that a file was written for, and what it learnt; None after a problem."""
    unreadable = WrittenByAnother(
        at=place.span,
        calls=place.calls,
        path=shown,
        version=str(record.get("netc")),
        here=__version__,
    )
    if record.get("format") != FORMAT:
        problems.add(unreadable)
        return None
    found = Problems()
    try:
        ir, inference = load_model(json.dumps(record["model"]), vocabulary, found)
        learnt = learnt_of(content)
    except (ValueError, KeyError, TypeError):
        # the checksum was right: this is what another version wrote
        problems.add(unreadable)
        return None
    if found.has_errors():
        problems.add(unreadable)
        return None
    return ir, inference.graph, learnt


def learnt_of(content: Tensors) -> Learnt:
    """What a file with a record says was learnt. Raises KeyError, ValueError or TypeError for a
    record of another version."""
    record = content.record
    if record is None:
        raise ValueError("a file from elsewhere has no record")
    return Learnt(
        content.parameters(),
        steps_from_tensors(content.tensors, record["preps"]),
        tuple(tuple(int(size) for size in shape) for shape in record["samples"]),
        classes_from_json(record["classes"]),
        # files of an older netc have none
        tuple(str(name) for name in record.get("columns", ())),
        record.get("target_column"),
    )
