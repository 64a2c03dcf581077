"""From a file of trained weights to a model, or to the weights for a spec."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ...compiler.difference import first_difference
from ...compiler.language.vocabulary import Vocabulary
from ...compiler.load import places_of
from ...compiler.open_widths import has_open_widths, with_widths
from ...compiler.problems.weights import (
    NetworksDiffer,
    SpecNotInFile,
    WeightsReplaced,
    WidthsUndecided,
)
from ...grammar.problem import Problems
from ..storage.files import place_of
from ..storage.weights import compare, read_weights
from ..training.loading.free_sizes import inferred
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


class WeightedSpec(NamedTuple):
    """A spec and the trained state of its network."""

    spec: Spec
    state: TrainedState


def replaced_network(spec: Spec, path: Path, vocabulary: Vocabulary) -> WeightsReplaced | None:
    """A warning where a file has the weights of another network than that of the spec."""
    if not path.is_file():
        return None
    place, problems = place_of(path), Problems()
    content = read_weights(path, str(path), place, problems)
    if content is None or content.record is None:
        return None
    read = read_record(content, content.record, path, vocabulary, problems)
    if read is None:
        return None
    found = first_difference(with_widths(spec.model, read[0]), read[0])
    if found is None:
        return None
    here, there = (f"`{one}`" if one else "no layer" for one in (found.first, found.second))
    why = f"`{found.layer}` is {here} in the spec and {there} in the file"
    return WeightsReplaced(at=place, path=str(path), why=why)


def load_weights_for(
    spec: Spec, path: Path, vocabulary: Vocabulary, problems: Problems
) -> WeightedSpec | None:
    """The weights of a file for a spec, with the widths that the file has where the spec leaves
    them to the data; None after a problem.

    A file of netc must have been written for the same network. One from elsewhere has weights
    alone: its `steps` and `classes` are empty, and are those of the data.
    """
    place, shown = place_of(path), str(path)
    content = read_weights(path, shown, place, problems)
    if content is None:
        return None
    state = TrainedState(content.parameters(), (), (), ())
    bound: Spec | None = spec
    if content.record is None and has_open_widths(spec.model):
        problems.add(WidthsUndecided(at=spec.place("nodes.0")))
        return None
    if content.record is not None:
        read = read_record(content, content.record, path, vocabulary, problems)
        if read is None:
            return None
        other, _, state = read
        model = with_widths(spec.model, other)
        found = first_difference(model, other)
        if found is not None:
            index = next((i for i, n in enumerate(spec.model.nodes) if n.name == found.layer), None)
            at = place if index is None else spec.spans.get(f"nodes.{index}") or place
            problems.add(
                NetworksDiffer(
                    at=at, path=shown, layer=found.layer, here=found.first, there=found.second
                )
            )
            return None
        bound = inferred(spec, model, problems)
    if bound is None:
        return None
    if not compare(state.weights, bound.model, bound.graph, shown, place, problems):
        return None
    return WeightedSpec(bound, state)
