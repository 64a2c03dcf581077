"""Which of the processes that `torchrun` has started this one is. Needs no torch."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple


class Launched(NamedTuple):
    """The place of this process among those that train together."""

    rank: int = 0
    world: int = 1
    local_rank: int = 0
    """Its number among those of its machine: which device it takes."""

    @property
    def leads(self) -> bool:
        """Whether it is the one that writes files and shows the run."""
        return self.rank == 0


ALONE = Launched()


def launched(environment: Mapping[str, str] = os.environ) -> Launched:
    """As `torchrun` and its likes say in RANK, WORLD_SIZE and LOCAL_RANK; alone without them."""
    try:
        rank, world = int(environment["RANK"]), int(environment["WORLD_SIZE"])
        local = int(environment.get("LOCAL_RANK", "0"))
    except (KeyError, ValueError):
        return ALONE
    return Launched(rank, world, local) if 0 <= rank < world else ALONE
