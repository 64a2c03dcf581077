"""How text leaves the program."""

from __future__ import annotations

import errno
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedWriter, RawIOBase, TextIOBase, TextIOWrapper
from typing import IO

import click

INPUT_BLOCK = 2**20


def print_text(text: str, stream: IO[str] | None = None) -> None:
    """Writes text to standard output, or to another stream. A closed pipe, as with `| head`,
    is not an error: the rest is dropped and the command keeps its exit status."""
    stream = sys.stdout if stream is None else stream
    encoding = encoding_of(stream)
    with writing(stream):
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()


def print_document(text: str) -> None:
    """Writes what is read again, as a spec or JSON, to standard output: in UTF-8, whatever the
    locale, but on a terminal, which shows what it can."""
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None or sys.stdout.isatty():
        print_text(text)
        return
    with writing(sys.stdout):
        sys.stdout.flush()
        buffer.write(text.encode("utf-8", "surrogateescape"))
        buffer.flush()


def encoding_of(stream: IO[str]) -> str:
    """The encoding that a stream writes; UTF-8 where it keeps texts."""
    return (stream.encoding if isinstance(stream, TextIOBase) else None) or "utf-8"


@contextmanager
def writing(stream: IO[str]) -> Iterator[None]:
    """Around what writes to a stream: says why it cannot. A terminal that was closed stops the
    command as its signal does, which may come later than the failure."""
    try:
        yield
    except BrokenPipeError:
        silence(stream)
    except OSError as error:
        silence(stream)
        if error.errno == errno.EIO:
            raise KeyboardInterrupt from error
        raise cannot_write("the output", error) from error


def cannot_write(what: str, error: OSError) -> click.ClickException:
    """What a command says of something that it could not write."""
    reason = (error.strerror or type(error).__name__).lower()
    return click.ClickException(f"cannot write {what}: {reason}")


def cannot_use(what: str, error: OSError) -> click.ClickException:
    """What a command says of something that the system does not let it use."""
    reason = (error.strerror or type(error).__name__).lower()
    return click.ClickException(f"cannot use {what}: {reason}")


def silence(stream: IO[str]) -> None:
    """Sends what is still buffered, and what may follow, nowhere, so that the interpreter does
    not complain about the broken pipe while it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def open_streams() -> None:
    """Gives a program that was started without standard streams ones that lead nowhere, and one
    that was started without buffers (PYTHONUNBUFFERED) streams with them: without, Python drops
    what the system takes only in part, and says nothing."""
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  open to the end
        elif isinstance(getattr(stream, "buffer", None), RawIOBase):
            encoding, errors = stream.encoding, stream.errors
            raw = BufferedWriter(stream.detach())
            setattr(sys, name, TextIOWrapper(raw, encoding, errors, line_buffering=True))


def standard_input() -> Iterator[bytes]:
    """What is in standard input, in blocks. Another program may have left it not to wait for what
    comes: then it is waited for here."""
    stream = sys.stdin.buffer
    try:
        while (block := stream.read(INPUT_BLOCK)) != b"":
            if block is None:
                select.select([stream], [], [])
            else:
                yield block
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise click.ClickException(f"cannot read standard input: {reason}") from error
