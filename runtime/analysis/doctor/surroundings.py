"""The machine that netc may use: cores, memory, the library of matrix products, workers."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from threadpoolctl import threadpool_info

from ...data.bounded_reading import available_memory
from ...engine.selection import MOST_SHARDS, count_cores
from ...engine.synchronization import is_sound

MEMORY_LIMITS = (
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
)
"""Files with the limit of memory, of both versions of control groups."""


@dataclass(frozen=True, slots=True)
class BlasLibrary:
    """A library of matrix products that NumPy has loaded."""

    name: str
    version: str | None
    kernels: str | None
    """The processor that its code was chosen for: `SkylakeX`."""
    threads: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the machine gives this process."""

    processor: str
    cores: int
    """Of the machine."""
    allowed: int
    """Those that this process may use."""
    quota: float | None
    """How many cores' time a control group grants; None without a limit."""
    memory: int
    """Bytes that the machine has, or that a control group grants."""
    free: int
    workers: int
    """So many processes, at most, share a batch."""
    forks: bool
    """Whether workers are used at all under this system, on this processor."""
    vectors: frozenset[str]
    """The widest vectors of the processor: `avx2`, `avx512f`; empty where that is not known."""
    blas: tuple[BlasLibrary, ...]


def look_around() -> Surroundings:
    """The machine as it is now."""
    info = _processor_info()
    allowed = count_cores()
    forks = is_sound(platform.system(), platform.machine())
    most = min(allowed, MOST_SHARDS) if forks else 1
    return Surroundings(
        processor=info.get("model name") or platform.processor() or platform.machine(),
        cores=os.cpu_count() or 1,
        allowed=allowed,
        quota=core_quota(Path("/sys/fs/cgroup")),
        memory=_all_memory(),
        free=available_memory(),
        workers=1 << (most.bit_length() - 1),
        forks=forks,
        vectors=frozenset({"avx2", "avx512f"} & set(info.get("flags", "").split())),
        blas=tuple(
            BlasLibrary(
                item["internal_api"],
                item.get("version"),
                item.get("architecture"),
                item["num_threads"],
            )
            for item in threadpool_info()
            if item["user_api"] == "blas"
        ),
    )


def core_quota(groups: Path) -> float | None:
    """The cores' time that a control group grants, of either version; None without a limit."""
    with suppress(OSError, ValueError):
        quota, period = (groups / "cpu.max").read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota = (groups / "cpu" / "cpu.cfs_quota_us").read_text()
        period = (groups / "cpu" / "cpu.cfs_period_us").read_text()
        return None if int(quota) < 0 else int(quota) / int(period)
    return None


def _all_memory() -> int:
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for limit in MEMORY_LIMITS:
        with suppress(OSError, ValueError):
            found.append(int(Path(limit).read_text()))
    return min(found)


def _processor_info() -> dict[str, str]:
    """What Linux says of the first processor."""
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").split("\n\n")[0].splitlines()
        pairs = (line.partition(":") for line in lines)
        return {name.strip(): value.strip() for name, _, value in pairs}
    return {}
