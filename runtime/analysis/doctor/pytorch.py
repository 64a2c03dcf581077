"""Which PyTorch the torch engine would use, and on which devices."""

from __future__ import annotations

from dataclasses import dataclass

from ...packages import package_trouble


@dataclass(frozen=True, slots=True)
class TorchState:
    """PyTorch as it is installed."""

    version: str
    """Empty where there is none."""
    devices: tuple[str, ...]
    """`cpu`, `cuda (NVIDIA H100)`, `mps`."""
    problem: str
    """Why it cannot be used; empty where it can."""


def look_at_torch() -> TorchState:
    """What is there. Loads PyTorch where it is installed."""
    trouble = package_trouble("torch")
    if trouble is not None:
        return TorchState("", (), trouble.said or "not installed")
    import torch

    devices = ["cpu"]
    if torch.cuda.is_available():
        count = torch.cuda.device_count()
        names = dict.fromkeys(torch.cuda.get_device_name(at) for at in range(count))
        devices.append(f"{count} x cuda ({', '.join(names)})")
    if torch.backends.mps.is_available():
        devices.append("mps")
    return TorchState(str(torch.__version__), tuple(devices), "")
