"""The command in a real pseudo-terminal, and what a person sees there at the end.

The terminal is emulated by `pyte`: escape sequences move its cursor, and a line that is longer than
the terminal breaks as it would there. Lines that did are kept, because netc has none.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

import pyte

ROOT = Path(__file__).resolve().parents[2]
ROWS = 40
ESCAPES = re.compile(r"\x1b(\[[0-9;?>=]*[a-zA-Z]|\][^\x07]*\x07|[=>78])")
LIMIT = 60.0
"""Seconds after which a command hangs."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a command left on a terminal."""

    lines: tuple[str, ...]
    """Everything that was printed, with what has scrolled away, without blanks at the ends."""
    broken: tuple[str, ...]
    """The lines that the terminal broke because they were too long."""
    status: int
    raw: str
    """With all escape sequences."""

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


class _Screen(pyte.HistoryScreen):
    """A terminal that keeps the lines which it breaks."""

    def __init__(self, columns: int) -> None:
        super().__init__(columns, ROWS, history=10_000, ratio=0.5)
        self.broken: list[str] = []

    def draw(self, data: str) -> None:
        for character in data:
            if self.cursor.x >= self.columns:
                self.broken.append(self.display[self.cursor.y].rstrip())
            super().draw(character)

    def all_lines(self) -> list[str]:
        """What scrolled away, and what is to be seen."""
        rows = [*self.history.top, *(self.buffer[y] for y in range(self.lines))]
        texts = ["".join(row[x].data for x in range(self.columns)).rstrip() for row in rows]
        while texts and not texts[-1]:
            texts.pop()
        return texts


def in_terminal(
    folder: Path,
    *arguments: str,
    columns: int = 80,
    program: tuple[str, ...] = (sys.executable, "-m", "netc"),
    dialogue: Sequence[tuple[str, str]] = (),
    **others: str,
) -> Session:
    """Runs `netc` with these arguments in a folder, on a terminal so many columns wide. Of a
    `dialogue`, what is typed follows the text before it on the terminal. `others` are variables of
    the environment."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    names = ("NO_COLOR", "COLUMNS", "LINES", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    environment |= {"TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", **others}
    process = Popen(
        [*program, *arguments],
        cwd=folder,
        env=environment,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    )
    os.close(follower)
    try:
        raw = _read_all(leader, list(dialogue))
        status = process.wait(LIMIT)
    finally:
        process.kill()
        process.wait()
        os.close(leader)
    screen = _Screen(columns)
    pyte.Stream(screen).feed(raw)
    return Session(tuple(screen.all_lines()), tuple(screen.broken), status, raw)


def _read_all(leader: int, dialogue: list[tuple[str, str]]) -> str:
    """What is written to a terminal until nobody has it open."""
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    end, parts, heard = time.monotonic() + LIMIT, list[str](), ""
    while (left := end - time.monotonic()) > 0:
        if not select.select([leader], [], [], left)[0]:
            break
        try:
            data = os.read(leader, 65536)
        except OSError:  # Linux says so that the last process has closed it
            return "".join(parts)
        if not data:
            return "".join(parts)
        parts.append(decode(data))
        heard += parts[-1]
        if dialogue and dialogue[0][0] in ESCAPES.sub("", heard):
            os.write(leader, dialogue.pop(0)[1].encode())
            heard = ""
    waited = f", waiting for {dialogue[0][0]!r}" if dialogue else ""
    raise AssertionError(f"no end after {LIMIT:.0f} s{waited}: {''.join(parts)[-500:]!r}")
