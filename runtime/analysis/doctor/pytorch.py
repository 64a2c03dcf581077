"""Which PyTorch the torch engine would use, and on which devices."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec


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
    if find_spec("torch") is None:
        return TorchState("", (), "not installed")
    try:
        import torch
    except (ImportError, OSError) as error:
        lines = str(error).strip().splitlines()
        return TorchState("", (), lines[0] if lines else type(error).__name__)
    devices = ["cpu"]
    if torch.cuda.is_available():
        count = torch.cuda.device_count()
        names = dict.fromkeys(torch.cuda.get_device_name(at) for at in range(count))
        devices.append(f"{count} x cuda ({', '.join(names)})")
    if torch.backends.mps.is_available():
        devices.append("mps")
    return TorchState(str(torch.__version__), tuple(devices), "")
