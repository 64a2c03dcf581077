"""The processes that train together, as `torchrun` has started them, and what they tell each other.

All of them read the same data, take the same steps and decide the same; they differ in the samples
of a batch that they compute. Whatever one process learns that others do not, such as a signal or
the time, is agreed here.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from ..slices import divide
from ..together import ProcessLostError
from .launched import Launched

GuardedResult = TypeVar("GuardedResult")

PATIENCE = timedelta(minutes=10)
"""How long a process waits for others that say nothing: reading data may take long."""


class Processes:
    """One process among those that train together."""

    def __init__(self, place: Launched, device: torch.device) -> None:
        """Joins the others, which it waits for. Raises ProcessLostError."""
        self.place, self.device = place, device
        self._alone = place.world == 1
        self._owns = False
        if self._alone or dist.is_initialized():
            return
        # Its functions have the group that there is when they are imported as their default, and
        # DistributedDataParallel imports them. They would keep it, with its threads, for as long as
        # the process lives.
        import_module("torch.distributed.nn")
        backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
        self._told(lambda: dist.init_process_group(backend, timeout=PATIENCE))
        self._owns = True

    @property
    def world(self) -> int:
        """How many processes work on a batch."""
        return 1 if self._alone else self.place.world

    @property
    def leads(self) -> bool:
        """Whether it is the first one, also when it works alone by now."""
        return self.place.leads

    @property
    def rank(self) -> int:
        return 0 if self._alone else self.place.rank

    def rows(self, batch: int) -> slice:
        """The samples of a batch that are this process's: none where there are fewer than
        processes."""
        shares = divide(batch, self.world)
        return shares[self.rank] if self.rank < len(shares) else slice(0, 0)

    def share(self, batch: int) -> slice:
        """The samples that it computes: its own or, where it has none, the first one, which counts
        nowhere."""
        own = self.rows(batch)
        return own if own.stop > own.start else slice(0, 1)

    def sum(self, values: Tensor) -> Tensor:
        """Adds up values of all processes, in place."""
        if not self._alone:
            self._told(lambda: dist.all_reduce(values))
        return values

    def copy_of_first(self, values: Tensor) -> None:
        """Overwrites values with those of the first process."""
        if not self._alone:
            self._told(lambda: dist.broadcast(values, 0))

    def gather(self, rows: Tensor, batch: int) -> Tensor:
        """The rows of the whole batch on each process."""
        if self._alone:
            return rows
        shares = divide(batch, self.world)
        most = shares[0].stop - shares[0].start
        padded = rows.new_zeros((most, *rows.shape[1:]))
        padded[: len(rows)] = rows
        parts = [torch.empty_like(padded) for _ in range(self.world)]
        self._told(lambda: dist.all_gather(parts, padded))
        return torch.cat(
            [part[: own.stop - own.start] for part, own in zip(parts, shares, strict=False)]
        )

    def most(self, number: int) -> int:
        """The largest of a number of each process."""
        if self._alone:
            return number
        found = torch.tensor([number])
        self._told(lambda: dist.all_reduce(found, dist.ReduceOp.MAX))
        return int(found)

    def of_first(self, value: Any) -> Any:
        """What the first process has."""
        if self._alone:
            return value
        box: list[Any] = [value]
        self._told(lambda: dist.broadcast_object_list(box))
        return box[0]

    def leave(self) -> None:
        """Works alone from now on: what follows a training is the first process's."""
        self._alone = True

    def close(self) -> None:
        """Leaves the others for good. The group ends its threads when nobody holds it any more;
        once such a process, whose threads were left to the end of Python, was aborted while another
        one left."""
        self._alone = True
        if self._owns and dist.is_initialized():
            gc.collect()  # a compiled module holds it in a circle of objects
            dist.destroy_process_group()
        self._owns = False

    def guard(self, work: Callable[[], GuardedResult]) -> GuardedResult:
        """What `work` gives, in which processes also wait for each other. Raises
        ProcessLostError."""
        if self._alone:
            return work()
        try:
            return work()
        except RuntimeError as error:
            if not _is_of_connection(error):
                raise
            raise ProcessLostError(_lost_text(self.place, error)) from error

    def _told(self, work: Callable[[], GuardedResult]) -> GuardedResult:
        try:
            return work()
        except RuntimeError as error:
            raise ProcessLostError(_lost_text(self.place, error)) from error


def _is_of_connection(error: RuntimeError) -> bool:
    """Whether a step failed because another process did not answer: gloo says so in words only."""
    said = str(error).lower()
    return isinstance(error, dist.DistError) or any(
        word in said for word in ("gloo", "nccl", "connection")
    )


def _lost_text(place: Launched, error: RuntimeError) -> str:
    """What has become of the others, as far as this process can tell."""
    lines = str(error).strip().splitlines()
    said = lines[0] if lines else type(error).__name__
    address = os.environ.get("MASTER_ADDR", "")
    where = f" (master {address})" if address else ""
    return f"process {place.rank} of {place.world}{where}: {said}"
