"""From a file of trained weights to a model, or to the weights for a spec."""

from __future__ import annotations

from pathlib import Path

from ...compiler.difference import first_difference
from ...compiler.language.vocabulary import Vocabulary
from ...compiler.load import places_of
from ...compiler.problems.weights import NetworksDiffer, SpecNotInFile, WeightsReplaced
from ...grammar.problem import Problems
from ..storage.files import place_of
from ..storage.weights import compare, read_weights
from ..training.saved import read_record
from ..training.spec import Spec
from ..training.trained_state import TrainedState
from .model import Model


def load_trained(path: Path, vocabulary: Vocabulary, problems: Problems) -> Model | None:
    """The trained network of a file; None after a problem."""
    place = place_of(path)
    content = read_weights(path, str(path), place, problems)
    if content is None:
        return None
    if content.record is None:
        problems.add(SpecNotInFile(at=place, path=str(path)))
        return None
    read = read_record(content, content.record, path, vocabulary, problems)
    if read is None:
        return None
    ir, graph, state = read
    if not compare(state.weights, ir, graph, str(path), place, problems):
        return None
    source = place.source
    return Model(ir, graph, places_of(ir, source), source, content.record["spec"], state)


def replaced_network(spec: Spec, path: Path, vocabulary: Vocabulary) -> WeightsReplaced | None:
    """A warning where a file has the weights of another network than that of the spec."""
    if not path.is_file():
        return None
    place, problems = place_of(path), Problems()
    content = read_weights(path, str(path), place, problems)
    if content is None or content.record is None:
        return None
    read = read_record(content, content.record, path, vocabulary, problems)
    found = None if read is None else first_difference(spec.model, read[0])
    if found is None:
        return None
    here, there = (f"`{one}`" if one else "no layer" for one in (found.first, found.second))
    why = f"`{found.layer}` is {here} in the spec and {there} in the file"
    return WeightsReplaced(at=place, path=str(path), why=why)


def load_weights_for(
    spec: Spec, path: Path, vocabulary: Vocabulary, problems: Problems
) -> TrainedState | None:
    """The weights of a file for a spec; None after a problem.

    A file of netc must have been written for the same network. One from elsewhere has weights
    alone: its `steps` and `classes` are empty, and are those of the data.
    """
    place, shown = place_of(path), str(path)
    content = read_weights(path, shown, place, problems)
    if content is None:
        return None
    state = TrainedState(content.parameters(), (), (), ())
    if content.record is not None:
        read = read_record(content, content.record, path, vocabulary, problems)
        if read is None:
            return None
        other, _, state = read
        found = first_difference(spec.model, other)
        if found is not None:
            index = next((i for i, n in enumerate(spec.model.nodes) if n.name == found.layer), None)
            at = place if index is None else spec.spans.get(f"nodes.{index}") or place
            problems.add(
                NetworksDiffer(
                    at=at, path=shown, layer=found.layer, here=found.first, there=found.second
                )
            )
            return None
    if not compare(state.weights, spec.model, spec.graph, shown, place, problems):
        return None
    return state
