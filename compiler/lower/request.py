"""What a caller reads beside the outputs and losses of a network."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """All of it by the names of nodes."""

    outputs: tuple[str, ...] = ()
    """The nodes whose output can be read."""
    gradients: tuple[str, ...] = ()
    """The nodes whose output's gradient can be read, as the output `gradient:NODE`. There is none
    where nothing that is differentiated depends on the node, or the loss has swallowed it."""
    of: str = ""
    """The node that is differentiated in place of the losses: the sum of its output times the feed
    `seed:NODE`, which says how much each number counts. Only what is asked for is then computed."""
    parameters: bool = True
    """Whether the gradients of parameters are wanted."""
    rows: bool = False
    """Whether the loss of every row can be read, as the output `loss:INDEX`: of every sample, or of
    every position or output of it, without what it counts in the batch."""


NOTHING = PlanRequest()
