"""Text and tables within the width of a terminal.

A line that is too long breaks between words, a table that is too wide is stacked in parts. In a
pipe or a file every line is as long as it is, so that programs can read it.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from typing import IO, NamedTuple

from .columns import aligned, width_of
from .figures import LABEL
from .output import print_text
from .screen import Screen, screen_for

READABLE = 80
"""Prose is not wider than this, however wide the screen is."""
NARROW = 16
"""The least room that is left for a column of text."""
QUOTED = re.compile(r"(?:`[^`\n]+`|\S)+")
"""A word, or several in backticks: names and commands stay whole."""
NUMBER = re.compile(r"[\d,.]+$")
SINGLE = re.compile(r"\S+")


class _Piece(NamedTuple):
    """What is not broken, and the space before it."""

    gap: str
    text: str


def prose_width(screen: Screen) -> int:
    """How wide a page of text is."""
    return min(READABLE, screen.width) if screen.terminal else READABLE


def fit_lines(text: str, screen: Screen, hang: int = 0) -> str:
    """A text without lines that are longer than the terminal is wide. What follows a break is
    below the start of its line, or at least `hang` columns from the left."""
    if not screen.terminal:
        return text
    lines = (part for line in text.split("\n") for part in wrapped(line, screen.width, hang))
    return "\n".join(lines)


def print_fitted(text: str, stream: IO[str] | None = None, hang: int = LABEL) -> None:
    """Prints a text for a person to standard output, or to another stream."""
    stream = sys.stdout if stream is None else stream
    print_text(fit_lines(text, screen_for(stream, "never"), hang), stream)


def wrapped(line: str, width: int, hang: int = 0) -> list[str]:
    """A line in parts of at most this width, broken between words. Breaks between facts, which two
    spaces or a dot part, go before breaks inside them."""
    if width_of(line) <= width:
        return [line]
    indent = len(line) - len(line.lstrip())
    hang = min(max(indent, hang), width * 2 // 3)
    found, current = list[str](), ""
    for piece in _pieces(line, width - max(indent, hang)):
        if current.strip() and width_of(current + piece.gap + piece.text) > width:
            found.append(current)
            current = " " * hang + piece.text
        else:
            current += piece.gap + piece.text
    return [*found, current]


def _pieces(line: str, room: int) -> Iterator[_Piece]:
    """Short facts whole; of longer ones each word."""
    fact = list[_Piece]()
    for word in (*_words(line, room), None):
        if word is None or not fact or _begins_fact(word, fact):
            text = "".join(gap + text for gap, text in fact).lstrip()
            if width_of(text) <= room:
                yield from [_Piece(fact[0].gap, text)] if fact else []
            else:
                yield from fact
            fact = []
        if word is not None:
            fact.append(word)


def _begins_fact(word: _Piece, fact: list[_Piece]) -> bool:
    """Whether a word goes with another fact than those before it. Numbers between dots, as in
    `40 · 5 · 5, other 30 · 4 · 4`, are one."""
    before = fact[-1].text
    if before == "·":
        return not (len(fact) > 1 and NUMBER.match(fact[-2].text) and NUMBER.match(word.text))
    counted = len(fact) > 1 and fact[-2].text == "·" and NUMBER.match(before)
    return len(word.gap) > 1 or bool(counted and before.endswith(","))


def _words(line: str, room: int) -> Iterator[_Piece]:
    end = 0
    for quoted in QUOTED.finditer(line):
        pattern = QUOTED if width_of(quoted.group()) <= room else SINGLE
        for match in pattern.finditer(line, quoted.start(), quoted.end()):
            yield _Piece(line[end : match.start()], match.group())
            end = match.end()


def command_lines(words: Sequence[str], screen: Screen, label: str) -> str:
    """A command to copy, after a label: on a terminal in lines that a shell reads as one."""
    parts = list[str]()
    for word in words:
        # an option and its value stay together
        if parts and parts[-1].startswith("--") and " " not in parts[-1] and word[:2] != "--":
            parts[-1] += f" {shlex.quote(word)}"
        else:
            parts.append(shlex.quote(word))
    lines, indent = [label], " " * (width_of(label) + 2)
    for number, part in enumerate(parts):
        room = screen.width - (2 if number < len(parts) - 1 else 0)
        if screen.terminal and number and width_of(f"{lines[-1]} {part}") > room:
            lines[-1] += " \\"
            lines.append(indent + part)
        else:
            lines[-1] += f" {part}" if number else part
    return "\n".join(lines)


# Tables


def table_lines(
    rows: Sequence[Sequence[str]],
    right: str,
    screen: Screen,
    *,
    keys: int = 1,
    indent: str = "",
    head: str = "",
) -> list[str]:
    """Rows as lines with columns of equal width, as `aligned` has them. A table that is wider than
    the terminal is stacked in parts, each with the first `keys` columns; text that does not fit
    even so is broken. The first row is painted as `head`."""
    if not screen.terminal:
        return _painted(aligned(rows, right), indent, head, screen)
    room = screen.width - len(indent)
    lines = list[str]()
    for chosen in _parts(rows, keys, room):
        part = [[row[n] for n in chosen] for row in rows]
        sides = "".join(right[n] for n in chosen)
        block = _painted(_within(part, sides, room), indent, head, screen)
        lines += ["", *block] if lines else block
    return lines


def _painted(lines: list[str], indent: str, head: str, screen: Screen) -> list[str]:
    first, *others = (f"{indent}{line}".rstrip() for line in lines)
    return [screen.paint(first, head), *others]


def _parts(rows: Sequence[Sequence[str]], keys: int, room: int) -> Iterator[list[int]]:
    """The columns of each part of a table."""
    wide = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    start = sum(wide[:keys]) + 2 * keys
    chosen, used = list(range(keys)), start
    for number in range(keys, len(wide)):
        if len(chosen) > keys and used + wide[number] > room:
            yield chosen
            chosen, used = list(range(keys)), start
        chosen.append(number)
        used += wide[number] + 2
    yield chosen


def _within(rows: Sequence[Sequence[str]], right: str, room: int) -> list[str]:
    """Rows as lines; the widest column of text has as many lines as it needs."""
    wide = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    over = sum(wide) + 2 * (len(wide) - 1) - room
    texts = [number for number, side in enumerate(right) if side == "l"]
    if over <= 0 or not texts:
        return aligned(rows, right)
    widest = max(texts, key=wide.__getitem__)
    width = max(wide[widest] - over, min(NARROW, wide[widest]))
    tall = list[list[str]]()
    for row in rows:
        for number, part in enumerate(wrapped(row[widest], width)):
            others = row if number == 0 else [""] * len(row)
            tall.append([*others[:widest], part, *others[widest + 1 :]])
    return aligned(tall, right)


class ShownColumn(NamedTuple):
    """A column of a table whose rows are printed one by one."""

    name: str
    width: int
    rank: int
    """The columns with the highest rank are the first to be dropped; those with 0 stay."""


def shown_columns(
    columns: Sequence[ShownColumn], screen: Screen, taken: int
) -> tuple[ShownColumn, ...]:
    """The columns that fit beside what is `taken`; of equal rank the last is dropped first."""
    kept = list(columns)
    while screen.terminal and taken + sum(column.width for column in kept) > screen.width:
        dropped = max(reversed(kept), key=lambda column: column.rank, default=None)
        if dropped is None or not dropped.rank:
            break
        kept.remove(dropped)
    return tuple(kept)
