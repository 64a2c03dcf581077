"""On which device PyTorch computes, and how."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ....compiler.problems.torch import DeviceMissing, PrecisionUnsupported
from ...native.failure import NOWHERE, EngineError
from .launched import Launched


@dataclass(frozen=True, slots=True)
class TorchSettings:
    """How PyTorch computes."""

    precision: str
    """That of the spec, or `bf16`: products and convolutions in bfloat16, the rest in f32."""
    compiles: bool = False
    """Whether `torch.compile` makes one program of the module."""
    threads: int | None = None
    """Of the processor; None: as many as PyTorch takes."""

    def device_name(self, device: torch.device) -> str:
        """The device as a record of a run has it."""
        if device.type == "cuda":
            return f"cuda ({torch.cuda.get_device_name(device)})"
        return str(device.type)


def find_device(name: str, precision: str, place: Launched) -> torch.device:
    """The device of this process; of several GPUs of a machine each process has one. Raises
    EngineError."""
    if name == "cuda":
        count = torch.cuda.device_count()
        if not torch.cuda.is_available():
            built = torch.version.cuda is not None or torch.version.hip is not None
            why = "no GPU answers" if built else "this build of PyTorch has no CUDA"
            raise EngineError(DeviceMissing(at=NOWHERE, device=name, reason=why))
        if place.local_rank >= count:
            why = f"process {place.local_rank} of this machine needs its own, and it has {count}"
            raise EngineError(DeviceMissing(at=NOWHERE, device=name, reason=why))
        return torch.device("cuda", place.local_rank)
    if name == "mps":
        if not torch.backends.mps.is_available():
            why = "it needs a Mac with an Apple chip"
            raise EngineError(DeviceMissing(at=NOWHERE, device=name, reason=why))
        if precision == "f64":
            raise EngineError(PrecisionUnsupported(at=NOWHERE, device=name, precision=precision))
    return torch.device(name)
