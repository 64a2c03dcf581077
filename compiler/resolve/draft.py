"""The network while it is being expanded: layers whose inputs may be known only later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ...grammar.source import Span
from ..language.options import Options


class UnknownTensor:
    """The tensor of a layer that failed. What it flows into says nothing more."""


UNKNOWN: Final = UnknownTensor()


class Late(NamedTuple):
    """A label that is read before the text writes it."""

    label: str
    at: Span


Tensor = str | UnknownTensor | Late
"""The name of the layer that makes it, or why that is not known."""


class Draft(NamedTuple):
    """One layer."""

    name: str
    layer: Options
    """A `Missing` one when its word or its arguments are wrong."""
    inputs: tuple[Tensor, ...]
    place: Span
    options: dict[str, Span]
    """The places of the options that were written."""


class Written(NamedTuple):
    """A label and what it names."""

    tensor: Tensor
    at: Span
    text: str
    """As it was written, without the names of the blocks around it."""
    local: bool
    """Whether it belongs to one expansion of a block or one round of a loop."""


@dataclass(slots=True)
class NetworkDraft:
    """Everything that was expanded so far, in source order."""

    drafts: list[Draft] = field(default_factory=list)
    labels: dict[str, Written] = field(default_factory=dict)
