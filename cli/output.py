"""How text leaves the program."""

from __future__ import annotations

import os
import sys
from typing import IO


def print_text(text: str, stream: IO[str] | None = None) -> None:
    """Writes text to standard output, or to another stream. A reader that went away, as `| head`
    does, is no error: the rest is dropped and the command keeps its exit status."""
    stream = sys.stdout if stream is None else stream
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        silence(stream)


def silence(stream: IO[str]) -> None:
    """Sends what is still buffered, and what may follow, nowhere, so that the interpreter does
    not complain about the broken pipe while it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
