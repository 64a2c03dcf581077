"""The command in this process: the same text and status, without the start of an interpreter."""

from __future__ import annotations

import io
import os
import sys
from contextlib import ExitStack, chdir
from pathlib import Path
from subprocess import CompletedProcess
from unittest.mock import patch

from netc.cli.main import status_of


def run_netc(
    folder: Path, *arguments: str, stdin: str | bytes = b"", **environment: str
) -> CompletedProcess[str]:
    """What `netc` with these arguments prints in a folder, without a terminal, and its status."""
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    data = stdin if isinstance(stdin, bytes) else stdin.encode(encoding)
    given = io.TextIOWrapper(io.BytesIO(data), encoding)
    out = io.TextIOWrapper(io.BytesIO(), encoding, write_through=True)
    err = io.TextIOWrapper(io.BytesIO(), encoding, "backslashreplace", write_through=True)
    with ExitStack() as stack:
        stack.enter_context(chdir(folder))
        stack.enter_context(patch.dict(os.environ, environment))
        for name, stream in (("stdin", given), ("stdout", out), ("stderr", err)):
            stack.enter_context(patch.object(sys, name, stream))
        status = status_of([*arguments])
    printed = [stream.buffer.getvalue().decode(encoding) for stream in (out, err)]  # type: ignore[attr-defined]
    return CompletedProcess(["netc", *arguments], status, *printed)
