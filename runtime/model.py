"""A compiled network: what it means, and, once it was trained, what it learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..compiler.graph import Graph
    from ..compiler.ir import Model as Ir
    from ..compiler.spans import Spans
    from ..grammar.source import Source


class Model:
    """A spec that was understood: what it means, and its network with every shape."""

    def __init__(self, ir: Ir, graph: Graph, spans: Spans, source: Source) -> None:
        self.ir = ir
        self.graph = graph
        self._spans = spans
        self._source = source

    @property
    def parameters(self) -> int | None:
        """How many numbers are learnt; None while a size is free."""
        return self.graph.parameter_count()

    def to_json(self) -> str:
        """The intermediate representation as JSON; `schema()` describes it."""
        from ..compiler.ir import to_json

        return to_json(self.ir)
