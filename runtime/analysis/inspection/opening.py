"""A trained network with samples of its data, and all that it computes for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ....compiler.graph import Graph
from ....compiler.ir import Model
from ....compiler.lower.request import PlanRequest
from ....compiler.shapes import elements
from ....grammar.problem import Problems
from ...array_types import Array, Labels
from ...data.dataset import Split
from ...engine.engine import Engine
from ...engine.selection import EngineOptions, build_single
from ...training.evaluation import LoadedPart, open_part
from ...training.objectives.batches import EncodedSplit, SampleIndices, fill, read_batches
from ...training.session import Session
from ...training.spec import Spec

MOST_BYTES = 2**26
"""Of the outputs of all layers for one batch."""
LARGEST_BATCH = 256


@dataclass(frozen=True, slots=True, eq=False)
class Inspection:
    """A trained network, bound so that the output of every layer can be read, and samples."""

    session: Session
    encoded: EncodedSplit
    read: Split
    """The samples as they were read."""
    places: Labels
    """The place of each sample in its part, from 1."""
    total: int
    """Samples of the part."""
    loaded: LoadedPart
    batch: int
    """Samples that are computed together."""
    input: str
    """The input that is looked at: its filters, gradients and pictures."""

    @property
    def spec(self) -> Spec:
        return self.session.spec

    @property
    def graph(self) -> Graph:
        return self.session.spec.graph

    @property
    def engine(self) -> Engine:
        engine = self.session.engine
        assert isinstance(engine, Engine)
        return engine

    @property
    def input_number(self) -> int:
        """The place of the input among those of the data."""
        return list(self.encoded.inputs).index(self.input)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its features, where a table has them."""
        return self.loaded.dataset.columns if self.input_number == 0 else ()

    def at_input(self, name: str) -> Inspection:
        """The same, with a look at another input."""
        return replace(self, input=name)

    def index_of(self, place: int) -> int:
        """The index of the sample with a place in its part, which must be there."""
        return int(np.searchsorted(self.places, place))

    def batches(self) -> Iterator[tuple[SampleIndices, Mapping[str, Array]]]:
        """The samples of each batch with the outputs of all nodes, valid until the next one."""
        yield from self.outputs_of(np.arange(len(self.encoded)))

    def outputs_of(
        self, order: SampleIndices
    ) -> Iterator[tuple[SampleIndices, Mapping[str, Array]]]:
        """The same for some samples."""
        for rows, read in read_batches(self.encoded, order, self.batch, None):
            self.engine.resize(len(rows))
            fill(self.engine.feeds, self.encoded, rows, len(rows), read)
            with np.errstate(all="ignore"):
                self.engine.evaluate_step()
            yield rows, self.engine.outputs


def open_inspection(
    spec: Spec, loaded: LoadedPart, *, most: int, places: tuple[int, ...], problems: Problems
) -> Inspection | None:
    """Binds a trained network to at most `most` samples of a part, which are evenly spaced in it,
    and to those at `places` (from 1); None after a problem."""
    total = len(loaded.samples)
    count = min(most, total)
    spaced = np.arange(count) * total // count
    rows = np.union1d(spaced, np.array(places, np.int64) - 1)
    chosen = replace(loaded, samples=loaded.samples.take(rows))
    session = open_part(spec, chosen, problems, build=build_transparent)
    if session is None:
        return None
    encoded = session.encoded().train
    batch = session.engine.plan.batch
    first = next(iter(encoded.inputs))
    return Inspection(session, encoded, chosen.samples, rows + 1, total, loaded, batch, first)


def build_transparent(model: Model, graph: Graph, options: EngineOptions) -> Engine:
    """An engine whose outputs are those of every layer, and the losses of every row. Its batch is
    one for which these outputs take little memory."""
    each = 4 * sum(elements(node.shape) or 0 for node in graph.nodes)
    size = max(1, min(LARGEST_BATCH, MOST_BYTES // max(each, 1)))
    request = PlanRequest(outputs=tuple(node.name for node in graph.nodes), rows=True)
    return build_single(model, graph, replace(options, batch=size, largest=size), request=request)
