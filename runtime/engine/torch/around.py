"""What is around a step: how the device rounds, and where random numbers come from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import torch


@contextmanager
def on_device(device: torch.device, precision: str) -> Iterator[None]:
    """Single precision that is single precision, and sums in one order, on GPUs too. Raises
    MemoryError."""
    with ExitStack() as stack:
        if device.type == "cuda":
            stack.enter_context(torch.cuda.device(device))
            stack.enter_context(
                torch.backends.cudnn.flags(
                    enabled=True,
                    benchmark=False,
                    deterministic=True,
                    allow_tf32=precision == "bf16",
                )
            )
        try:
            yield
        except torch.OutOfMemoryError as error:
            raise MemoryError(str(error).partition("\n")[0]) from error


@contextmanager
def drawing(device: torch.device, place: tuple[int, ...]) -> Iterator[None]:
    """Around what draws random numbers: they are a function of some numbers, and PyTorch's own
    generator stays where it is."""
    (seed,) = np.random.SeedSequence(place).generate_state(1, np.uint64)
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(int(seed) >> 1)
        yield
