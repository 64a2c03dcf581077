"""Where in the text each part of a model was written.

Kept beside the model under the paths that Pydantic uses for its fields, as text joined by dots:
`nodes.3`, `nodes.3.filters`, `losses.0.on`, `train.epochs`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ..grammar.source import Span


class Place(NamedTuple):
    """A span, and the calls of the blocks around it, innermost first."""

    span: Span
    calls: tuple[Span, ...] = ()


@dataclass(slots=True)
class Spans:
    """Paths of a model to places in its text."""

    places: dict[str, Place] = field(default_factory=dict)

    def put(self, path: str, place: Place) -> None:
        self.places[path] = place

    def get(self, path: str) -> Place | None:
        """The place of a path, or of the nearest part around it: an option that was not written
        stands where its call stands."""
        while path not in self.places:
            path, dot, _ = path.rpartition(".")
            if not dot:
                return None
        return self.places[path]
