"""What a step has computed, fetched from the device when it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import torch

from ...array_types import Array
from .processes import Processes


class LazyOutputs(Mapping[str, Array]):
    """The outputs of a step, by node. The first look at one fetches it, from all processes, which
    therefore must look at the same ones in the same order."""

    def __init__(
        self, values: Mapping[str, Callable[[], torch.Tensor]], processes: Processes, batch: int
    ) -> None:
        self._values, self._processes, self._batch = values, processes, batch
        self._fetched: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        if name not in self._fetched:
            rows = self._processes.gather(self._values[name](), self._batch)
            self._fetched[name] = rows.cpu().contiguous().numpy()
        return self._fetched[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def plain_output(value: torch.Tensor) -> Callable[[], torch.Tensor]:
    """An output that the module gives."""
    return lambda: value


def activated_output(logits: torch.Tensor, word: str | None) -> Callable[[], torch.Tensor]:
    """The softmax or sigmoid of logits."""
    return lambda: torch.softmax(logits, -1) if word == "softmax" else torch.sigmoid(logits)
