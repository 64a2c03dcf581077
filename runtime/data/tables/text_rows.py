"""The rows of a text, and the lines that they are read from."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import IO, Any

LONGEST = 1 << 24
"""Characters of a line."""

TOGETHER = 1 << 26
"""Characters that are taken together."""

TableRow = tuple[int, list[str]]
"""The number of its first line, and its cells."""


class UnreadRows:
    """The rows of a text, without empty ones. Lines can be taken before they become rows."""

    def __init__(
        self, lines: Iterator[str], sep: str, skipped: int, names: tuple[str, ...]
    ) -> None:
        self.sep = sep
        self.before = skipped
        """Lines before the next row."""
        self._lines = lines
        self._returned: deque[str] = deque()
        self._rows = self._read(names)

    def __iter__(self) -> Iterator[TableRow]:
        """Raises one of `BROKEN`."""
        return self._rows

    def take(self, count: int) -> list[str]:
        """The next lines, as long as there are some; fewer where they are long."""
        lines: list[str] = []
        size = 0
        try:
            for line in islice(self._feed(), count):
                lines.append(line)
                size += len(line)
                if size >= TOGETHER:
                    break
        except csv.Error as error:
            raise csv.Error(f"line {self.before + len(lines) + 1}: {error}") from error
        self.before += len(lines)
        return lines

    def give_back(self, lines: list[str]) -> None:
        """Undoes `take`."""
        self._returned.extendleft(reversed(lines))
        self.before -= len(lines)

    def _feed(self) -> Iterator[str]:
        while True:
            line = self._returned.popleft() if self._returned else next(self._lines, "")
            if not line:
                return
            yield line

    def _read(self, names: tuple[str, ...]) -> Iterator[TableRow]:
        reader = csv_reader(self._feed(), self.sep, strict=True)
        if names:
            yield self.before, list(names)
        read = 0
        try:
            for row in reader:
                first = self.before + 1
                self.before, read = self.before + reader.line_num - read, reader.line_num
                if any(map(str.strip, row)):
                    yield first, row
        except csv.Error as error:
            reason = next((ours for text, ours in CSV_ERRORS if text in str(error)), str(error))
            raise csv.Error(f"line {self.before + 1}: {reason}") from error


CSV_ERRORS = (
    ("unexpected end of data", "a quote is opened and never closed"),
    ("field limit", "a quote is never closed, or a cell has more than 131,072 characters"),
    ("expected after", "text follows a closing quote: write a quote within quotes twice"),
)
"""What Python says, and what it means."""


def bounded_lines(text: IO[str]) -> Iterator[str]:
    """The lines of a text. Raises csv.Error for one that is longer than `LONGEST`."""
    for line in iter(partial(text.readline, LONGEST), ""):
        if len(line) == LONGEST:
            raise csv.Error(f"a line has more than {LONGEST:,} characters")
        yield line


def csv_reader(lines: Iterator[str], sep: str, *, strict: bool) -> Any:
    """Rows of cells; any blanks are one where they separate cells."""
    if sep == " ":
        lines = (" ".join(line.split()) + "\n" for line in lines)
    return csv.reader(lines, delimiter=sep, skipinitialspace=True, strict=strict)
