"""Who supervises a training of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .keeping import Interrupts

if TYPE_CHECKING:
    from ...runtime.runs.keeping import RunKeeper
    from ...runtime.training.loop.progress import Supervisor


def supervisor_of(keeper: RunKeeper | None, interrupts: Interrupts, *, alone: bool) -> Supervisor:
    """Who keeps the states of a training. One of several processes may not leave alone: it waits
    for the end of a step to say that it was interrupted."""
    from ...runtime.training.loop.agreement import Listening
    from ...runtime.training.loop.progress import UNSUPERVISED

    if keeper is not None:
        keeper.is_interrupted = interrupts.is_asked
        return keeper
    return UNSUPERVISED if alone else Listening(interrupts.is_asked)
