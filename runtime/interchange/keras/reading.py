"""A file of Keras -> a network of netc and its weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ....compiler.importing.keras.reading import KerasNetwork, KerasRefusal, read_keras_model
from ....compiler.problems.interchange import FileNotImported, LayerNotImported, NotTakenOver
from ....grammar.problem import Problem, Problems
from ....grammar.text import listed
from ...data.bounded_reading import RefusedError
from ...storage.files import place_of
from ..imported import ReadNetwork
from .files import read_keras_file
from .variables import read_variables

NAMED = 3
"""So many layers are named that one note is about."""


def read_keras(path: Path, problems: Problems) -> ReadNetwork | None:
    """The network of a `.keras` or `.h5` file, or of the JSON of a model, which has no weights;
    None after a problem, of which there is one for each layer that netc has no counterpart of.
    Raises `ImportError` where there are weights and the package `h5py` is missing."""
    try:
        file = read_keras_file(path)
        found = read_keras_model(file.model)
        if found.network is None:
            problems.found.extend(_refused(path, refusal) for refusal in found.refusals)
            return None
        weights = None
        if file.weights is not None:
            weights = read_variables(file.weights, found.arrays, is_legacy=file.is_legacy)
    except RefusedError as error:
        problems.add(FileNotImported(at=place_of(path), path=str(path), reason=str(error)))
        return None
    for text in _notes(found):
        problems.add(NotTakenOver(at=place_of(path), note=text))
    return ReadNetwork(found.network, weights, (f"Read from {path.name}",))


def _refused(path: Path, refusal: KerasRefusal) -> Problem:
    at, place, advice = place_of(path), refusal.place, refusal.advice
    if not refusal.layer:
        reason = f"{refusal.reason}, at `{place}` of its JSON"
        return FileNotImported(at=at, path=str(path), reason=reason)
    return LayerNotImported(
        at=at, layer=refusal.layer, place=place, reason=refusal.reason, advice=advice
    )


def _notes(found: KerasNetwork) -> Iterator[str]:
    """One text for all layers that have the same to say."""
    layers: dict[str, list[str]] = {}
    for note in found.notes:
        layers.setdefault(note.text, []).append(note.layer)
    for text, named in layers.items():
        whose = list(dict.fromkeys(name for name in named if name))
        yield f"{listed(whose, 'and', most=NAMED)}: {text}" if whose else text
