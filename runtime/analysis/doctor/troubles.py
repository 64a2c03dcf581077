"""What of the machine and of its files keeps netc from working, and what makes it slow."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator

from .installation import Trouble
from .stores import CacheState
from .surroundings import Surroundings

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")
"""Variables that limit the threads of a BLAS library."""
KERNELS = "OPENBLAS_CORETYPE"

OLD_KERNELS = frozenset(
    {"Prescott", "Core2", "Penryn", "Dunnington", "Nehalem", "Sandybridge", "Generic", "generic"}
    | {"Barcelona", "Bobcat", "Opteron", "Atom", "Katmai", "Coppermine", "Northwood", "Banias"}
)
"""Kernels of OpenBLAS for processors without AVX2."""

LITTLE = 1 << 29
"""Bytes of free memory that a small network may need."""


def cache_troubles(cache: CacheState, folder: str) -> Iterator[Trouble]:
    """A cache that cannot be written, and a folder of data sets that is none."""
    if cache.problem:
        text = f"the cache cannot be written: {cache.problem}"
        yield Trouble(text, "name another folder in NETC_CACHE_DIR", True)
    if folder:
        yield Trouble(folder, "name a folder of data sets, or unset it", True)


def machine_troubles(machine: Surroundings) -> Iterator[Trouble]:
    """What makes training slow."""
    chosen = os.environ.get(KERNELS)
    if chosen:
        yield Trouble(
            f"{KERNELS}={chosen} sets the kernels of OpenBLAS, which knows the processor itself",
            "unset it: kernels of an older processor can take twice as long",
            False,
        )
    for item in machine.blas:
        if not chosen and item.kernels in OLD_KERNELS and machine.vectors:
            yield Trouble(
                f"{item.name} uses its kernels for {item.kernels}, without the processor's AVX2",
                "install another NumPy: pip install --upgrade numpy",
                False,
            )
    if not machine.blas and platform.system() != "Darwin":  # whose own library is not listed
        yield Trouble(
            "NumPy has no BLAS library that is known, so matrix products may be slow",
            "install NumPy from PyPI: pip install --upgrade numpy",
            False,
        )
    yield from _thread_troubles(machine)
    if machine.free < LITTLE:
        yield Trouble("hardly any memory is free", "close other programs", False)


def _thread_troubles(machine: Surroundings) -> Iterator[Trouble]:
    for name in THREADS:
        value = os.environ.get(name, "")
        if value.isdecimal() and 0 < int(value) < machine.allowed:
            yield Trouble(
                f"{name}={value} limits matrix products to {value} of {machine.allowed} cores",
                "unset it",
                False,
            )
    if machine.quota is not None and machine.quota < machine.allowed:
        yield Trouble(
            f"a control group grants the time of {machine.quota:g} cores, and netc sees "
            f"{machine.allowed}",
            f"`netc run --workers {max(1, int(machine.quota))}`",
            False,
        )
