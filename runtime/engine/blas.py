"""BLAS libraries with one thread each: their number of threads belongs to the process."""

from __future__ import annotations

from threadpoolctl import LibController, ThreadpoolController

from ..held_state import HeldState

Libraries = list[tuple[LibController, int]]
"""Each with its number of threads."""


def _libraries() -> Libraries:
    controller = ThreadpoolController().select(user_api="blas")
    return [(library, library.num_threads) for library in controller.lib_controllers]


def _limit(libraries: Libraries) -> None:
    for library, _ in libraries:
        library.set_num_threads(1)


def _restore(libraries: Libraries) -> None:
    for library, threads in libraries:
        library.set_num_threads(threads)


ONE_BLAS_THREAD = HeldState(_libraries, _limit, _restore)
"""Held by all whose processes are as many as there are cores."""
