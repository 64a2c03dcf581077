"""What processes that train one network together agree on, whatever connects them."""

from __future__ import annotations

from typing import Any, Protocol

from .synchronization import WorkerError


class ProcessLostError(WorkerError):
    """Another process of this training is gone."""


class Together(Protocol):
    """A process among those that train a network together. All of them call the same methods in the
    same order, which raise ProcessLostError where another one is gone."""

    @property
    def world(self) -> int:
        """How many there are."""

    @property
    def leads(self) -> bool:
        """Whether this is the first one, which writes files and shows the run."""

    def share(self, batch: int) -> slice:
        """The samples of a batch that this process computes, at least one."""

    def most(self, number: int) -> int:
        """The largest of a number of each process."""

    def of_first(self, value: Any) -> Any:
        """What the first process has."""

    def leave(self) -> None:
        """Works alone from now on, on whole batches."""


class Alone:
    """The only process."""

    world = 1
    leads = True

    def share(self, batch: int) -> slice:
        return slice(0, batch)

    def most(self, number: int) -> int:
        return number

    def of_first(self, value: Any) -> Any:
        return value

    def leave(self) -> None: ...


ALONE = Alone()
