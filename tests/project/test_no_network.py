"""netc opens no connection, except to download a published data set that a spec names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

BLOCKED = """\
import socket, sys

def refuse(*_, **__):
    print("a connection is opened", file=sys.stderr)
    raise OSError("there is no network")

socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
socket.getaddrinfo = socket.gethostbyname = socket.create_connection = refuse
from netc.cli.main import main
main()
"""
OPENED = "a connection is opened"
SPEC = "data iris; input 4 -> dense 3 softmax; loss ce; opt adam; train epochs=1"


def blocked(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command for which there is no network."""
    environment = {name: value for name, value in os.environ.items() if name != "NETC_DATA_DIR"}
    return subprocess.run(
        [sys.executable, "-c", BLOCKED, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**environment, "NETC_CACHE_DIR": str(folder / "cache"), "PYTHONIOENCODING": "utf-8"},
    )


def test_a_network_is_checked_trained_and_asked_without_a_connection(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("5.1,3.5,1.4,0.2\n")
    for arguments in (
        ("check", "-e", SPEC),
        ("run", "-e", SPEC, "--out", "kept", "--save", "w.safetensors"),
        ("run", "--resume", "kept", "--epochs", "2"),
        ("eval", "w.safetensors"),
        ("predict", "w.safetensors", "x.csv"),
        ("doctor",),
    ):
        done = blocked(tmp_path, *arguments)
        assert OPENED not in done.stderr, arguments
        assert done.returncode == 0, done.stderr


def test_a_published_data_set_is_what_is_downloaded(tmp_path: Path) -> None:
    spec = "data mnist; input 28x28x1 -> flatten -> dense 10 softmax; loss ce; opt adam"
    assert OPENED not in blocked(tmp_path, "check", "-e", spec).stderr
    done = blocked(tmp_path, "run", "-e", spec)
    assert OPENED in done.stderr
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
