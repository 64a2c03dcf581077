"""What a stream can show: its colours, its characters, its width."""

from __future__ import annotations

import os
from typing import IO, Literal, NamedTuple

from .output import encoding_of

ColorChoice = Literal["auto", "always", "never"]

PLAIN_WIDTH = 120
"""How long a line may be where nobody knows the width: in a pipe, a file, a log."""


NARROWEST = 40
"""Nothing is made for less."""


class Glyphs(NamedTuple):
    """The characters that frames and underlines are drawn with."""

    head: str
    branch: str
    bar: str
    primary: str
    secondary: str
    opening: str
    closing: str
    across: str
    ellipsis: str
    gap: str
    dot: str


UNICODE = Glyphs("╭─", "├─", "│", "^", "─", "╭", "╰", "─", "…", "⋮", "·")
ASCII = Glyphs(",-", "|-", "|", "^", "-", ",", "`", "-", "...", ":", "-")

STYLES = {
    "error": "1;31",
    "warning": "1;33",
    "good": "1;32",
    "frame": "34",
    "note": "1;36",
    "strong": "1",
    "faint": "2",
    "added": "32",
    "removed": "31",
}


class Screen(NamedTuple):
    """Where text goes, as far as its making depends on it."""

    glyphs: Glyphs
    encoding: str
    colored: bool
    width: int
    terminal: bool = False
    """Whether somebody looks at it, and lines are not to be longer than its width."""

    def paint(self, text: str, style: str) -> str:
        """The text in one of `STYLES`, or as it is where colours are off."""
        if not self.colored or not text or not style:
            return text
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m"

    def clean(self, text: str) -> str:
        """The text with everything replaced that the stream cannot show or would obey."""
        return "\n".join(self._clean_line(line) for line in text.split("\n"))

    def _clean_line(self, line: str) -> str:
        if line.isascii() and line.isprintable():
            return line
        return "".join(shown(character, self.encoding) for character in line)


def shown(character: str, encoding: str) -> str:
    """A character as it may be printed: control characters, which a terminal would obey, as
    pictures of themselves; those that the encoding lacks as their escape."""
    if character == "\t":
        return "    "
    picture = character
    if not character.isprintable() and character not in "\u200d\u3000\u00a0":
        code = ord(character)
        picture = chr(0x2400 + code) if code < 0x20 else "\ufffd"
    try:
        picture.encode(encoding)
    except UnicodeEncodeError:
        return character.encode("unicode_escape").decode()
    return picture


def screen_for(stream: IO[str], color: ColorChoice = "auto") -> Screen:
    """What this stream can show. `NO_COLOR` and `TERM=dumb` count only where nobody chose."""
    terminal = stream.isatty()
    encoding = encoding_of(stream)
    if color == "auto":
        wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        colored = terminal and wanted
    else:
        colored = color == "always"
    width = _width(stream) if terminal else None
    return Screen(_glyphs(encoding), encoding, colored, width or PLAIN_WIDTH, width is not None)


def _glyphs(encoding: str) -> Glyphs:
    try:
        "╭├│╰─…⋮·".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return UNICODE


def _width(stream: IO[str]) -> int | None:
    """None where the terminal does not know; some say 0 then."""
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return None
    return max(columns, NARROWEST) if columns else None
