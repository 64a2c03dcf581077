"""Where in the text each part of a model was written.

Kept beside the model under the paths that Pydantic uses for its fields, as text joined by dots:
`nodes.3`, `nodes.3.filters`, `losses.0.on`, `train.epochs`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..grammar.source import Span


class Place(Span):
    """A span that knows the calls of the blocks around it, innermost first."""

    _calls: tuple[Span, ...]

    def __new__(cls, span: Span, calls: tuple[Span, ...] = ()) -> Place:
        place = tuple.__new__(cls, span)
        place._calls = calls
        return place

    @property
    def calls(self) -> tuple[Span, ...]:
        return self._calls


@dataclass(slots=True)
class Spans:
    """Paths of a model to places in its text."""

    places: dict[str, Span] = field(default_factory=dict)

    def put(self, path: str, place: Span) -> None:
        self.places[path] = place

    def get(self, path: str) -> Place | None:
        """The place of a path, or of the nearest part around it: an option that was not written
        is at the place of its call."""
        while path not in self.places:
            path, dot, _ = path.rpartition(".")
            if not dot:
                return None
        place = self.places[path]
        return place if isinstance(place, Place) else Place(place)
