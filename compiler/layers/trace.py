"""What passes between a layer's forward and backward emission."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..lower.program import Value


class Flow(NamedTuple):
    """What a forward pass gives: the output, and what the backward pass will read."""

    output: Value
    saved: tuple[Value, ...] = ()


class Trace(NamedTuple):
    """A layer's forward pass as its backward pass sees it."""

    inputs: tuple[Value, ...]
    parameters: dict[str, Value]
    output: Value
    saved: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Gradients:
    """What a backward pass gives: one gradient for each input (None: none flows), and one for
    each trained parameter. Those that nobody needs are removed as dead code."""

    inputs: tuple[Value | None, ...]
    parameters: dict[str, Value] = field(default_factory=dict)
