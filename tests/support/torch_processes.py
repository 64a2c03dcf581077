"""Processes that train together, started as `torchrun` would start them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SECONDS = 240


@dataclass
class Group:
    """Processes that train together."""

    processes: Sequence[subprocess.Popen[str]]

    def end(self) -> list[tuple[int, str, str]]:
        """Status, output and errors of each."""
        found = [process.communicate(timeout=SECONDS) for process in self.processes]
        return [
            (process.returncode, *said) for process, said in zip(self.processes, found, strict=True)
        ]

    def kill(self, *ranks: int) -> None:
        for rank in ranks:
            self.processes[rank].send_signal(signal.SIGKILL)


def start_python(folder: Path, arguments: Sequence[str], world: int, *, nodes: int = 1) -> Group:
    """Starts Python with these arguments in so many processes, on so many nodes, which are this
    machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    each = world // nodes

    def environment(rank: int) -> dict[str, str]:
        return os.environ | {
            "RANK": str(rank),
            "WORLD_SIZE": str(world),
            "LOCAL_RANK": str(rank % each),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
            "OMP_NUM_THREADS": "1",
        }

    return Group(
        [
            subprocess.Popen(
                [sys.executable, *arguments],
                cwd=folder, env=environment(rank), text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
            for rank in range(world)
        ]
    )  # fmt: skip
